//! Casework by page: every form is one act with one entry of the log, refusals are said in words, and what people
//! wrote is text everywhere.

use asylia_console::{
    access::Role,
    casework::{
        acts::{self, NewDecision},
        event::{Change, Triage},
        gate::{Checks, Route},
        number::CaseNumber,
        office_data::{self, ListKind, SignedList},
        packet,
        values::{End, Urgency},
    },
    vault::{Credentials, NewPerson, Vault, audit::Act, header::KdfCost},
};
use asylia_envelope::hybrid::HybridIdentity;
use axum::http::StatusCode;

use super::Site;
use crate::office::{Stored, case};

/// A form of these fields.
fn form(fields: &[(&str, &str)]) -> String {
    let encoded = |text: &str| -> String {
        text.bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => {
                    char::from(byte).to_string()
                }
                other => format!("%{other:02X}"),
            })
            .collect()
    };
    let fields = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", encoded(value)));
    fields.collect::<Vec<_>>().join("&")
}

/// An unlocked site with a case made by page of the first report.
fn with_case(key: &str) -> (Site, Stored, CaseNumber) {
    let (site, records) = Site::open(&[case(key)]);
    let record = records.first().expect("one report").clone();
    let report = site.get(&format!("/report/{}", record.record_id)).text;
    assert!(report.contains("Make a case of this report"));
    let made = site.post(&format!("/report/{}/case", record.record_id), "");
    assert_eq!(made.status, StatusCode::SEE_OTHER);
    let place = made
        .headers
        .get("location")
        .expect("a place")
        .to_str()
        .expect("text")
        .to_owned();
    let number = place
        .strip_prefix("/case/")
        .expect("a case")
        .parse()
        .expect("a number");
    (site, record, number)
}

fn vault(site: &Site) -> Vault {
    site.office.reopen()
}

#[test]
#[expect(clippy::too_many_lines, reason = "every form once")]
fn a_case_is_worked_on_by_forms_and_each_leaves_one_entry() {
    let (site, record, number) = with_case("TC-01");
    let report = site.get(&format!("/report/{}", record.record_id)).text;
    assert!(
        report.contains(&format!("/case/{number}")),
        "the report leads to its case"
    );
    let post = |what: &str, fields: &[(&str, &str)]| {
        let answer = site.post(&format!("/case/{number}/{what}"), &form(fields));
        assert_eq!(
            answer.status,
            StatusCode::SEE_OTHER,
            "{what}: {}",
            answer.text
        );
    };
    post("triage", &[("level", "U2"), ("reason", "")]);
    post(
        "scope",
        &[("known", "yes"), ("reason", "she met the rapporteur")],
    );
    post(
        "assess",
        &[
            ("test", "link"),
            ("known", "yes"),
            ("reason", "words of the officer"),
        ],
    );
    post("stage", &[("to", "assessed"), ("reason", "three tests")]);
    post(
        "allegation",
        &[
            ("act", "travel_restriction"),
            ("date", "2026-05-27"),
            ("timing", "ongoing"),
            ("assessment", "likely"),
        ],
    );
    post(
        "state",
        &[("state", "qqs"), ("role", "alleged_responsible")],
    );
    post(
        "note",
        &[
            ("for", "casework"),
            ("text", "<script>alert(1)</script>\u{202e}gpj"),
        ],
    );
    post(
        "summary",
        &[
            ("text", "A passport was allegedly taken."),
            ("language", "en"),
        ],
    );
    post("summary-agreed", &[("reason", "through the mailbox")]);
    post(
        "deny",
        &[("place", "without_identity"), ("terms", "airport\n27 May")],
    );
    post(
        "deadline",
        &[
            ("at", "2026-12-20 08:00"),
            ("zone", "as told"),
            ("what", "arrest feared"),
        ],
    );
    let page = site.get(&format!("/case/{number}")).text;
    for part in [
        "U2: decide within 5 working days",
        "alleged travel restriction",
        "QQS",
        "A passport was allegedly taken.",
        "&lt;script&gt;",
        "[U+202E]gpj",
        "arrest feared",
        "sr-defenders",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains("<script") && !page.contains('⟦'), "{page}");
    let consent = site.get(&format!("/case/{number}/consent")).text;
    assert!(consent.contains("mandate holders") && consent.contains("with identity"));
    let routing = format!("/case/{number}/routing");
    let asked = site.post(
        &format!("{routing}/decide"),
        &form(&[("to", "R1:QQS@sr-defenders"), ("persons", "1"), ("why", "")]),
    );
    assert!(
        asked.text.contains("Blocked")
            && asked
                .text
                .contains("has not permitted it: a Government, towards QQS.")
    );
    let asked = site.post(
        &format!("{routing}/decide"),
        &form(&[
            ("to", "R5@HC"),
            ("persons", "1"),
            ("why", "they should know"),
        ]),
    );
    assert!(asked.text.contains("Ask first"));
    assert!(
        asked.text.contains("Write the question to the submitter"),
        "one click away"
    );
    let decided = site.post(
        &format!("{routing}/decide"),
        &form(&[
            ("to", "M1@sr-defenders"),
            ("persons", "1"),
            ("why", "they should know"),
        ]),
    );
    assert_eq!(decided.status, StatusCode::SEE_OTHER);
    let page = site.get(&routing).text;
    assert!(
        page.contains("M1@sr-defenders") && page.contains("It sends nothing"),
        "{page}"
    );
    site.app.lock();
    let mut vault = vault(&site);
    let log = vault.audit_log().unwrap();
    let of = |act| log.iter().filter(|entry| entry.item.act == act).count();
    assert_eq!((of(Act::CaseMade), of(Act::CaseChanged)), (1, 14));
    let said = log.iter().all(|entry| {
        let words = serde_json::to_string(&entry.item).unwrap();
        !words.contains("passport") && !words.contains("rapporteur")
    });
    assert!(
        said,
        "the log tells what was done and nothing of what was said"
    );
}

#[test]
fn a_form_that_is_refused_says_why_in_two_sentences_and_writes_nothing() {
    let (site, _, number) = with_case("TC-10");
    for (what, fields, words) in [
        (
            "stage",
            vec![("to", "decided"), ("reason", "x")],
            "cannot go from",
        ),
        (
            "triage",
            vec![("level", "U4"), ("reason", "")],
            "needs a reason",
        ),
        (
            "triage",
            vec![("level", "U9"), ("reason", "")],
            "is not a word of that list",
        ),
        (
            "state",
            vec![("state", "../../etc"), ("role", "addressee")],
            "three capital letters",
        ),
        (
            "consent/first",
            vec![("person", "1")],
            "are recorded already",
        ),
        (
            "consent/countersign",
            vec![("person", "1")],
            "needs a second officer",
        ),
        ("nonsense", vec![("x", "y")], "is not a word of that list"),
        ("deny", vec![("terms", "")], "The text is empty"),
    ] {
        let answer = site.post(&format!("/case/{number}/{what}"), &form(&fields));
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{what}");
        assert!(answer.text.contains(words), "{what}: {}", answer.text);
    }
    assert_eq!(site.get("/case/R-0000-00").status, StatusCode::NOT_FOUND);
    assert_eq!(site.get("/case/nothing").status, StatusCode::NOT_FOUND);
    site.app.lock();
    let vault = vault(&site);
    assert_eq!(vault.contents().cases.get(number).unwrap().history.len(), 3);
}

#[test]
fn a_letter_becomes_a_case_by_page_and_stands_in_the_list_by_what_is_due() {
    let (site, _, urgent) = with_case("TC-03");
    let door = form(&[
        ("channel", "letter"),
        ("source", "=HYPERLINK(\"http://x\") <b>Ms Ω</b>"),
    ]);
    let made = site.post("/cases", &door);
    assert_eq!(made.status, StatusCode::SEE_OTHER);
    let place = made
        .headers
        .get("location")
        .expect("a place")
        .to_str()
        .unwrap()
        .to_owned();
    let page = site.get(&place).text;
    assert!(page.contains("&lt;b&gt;Ms Ω") && page.contains("dir=\"auto\""));
    let list = site.get("/cases").text;
    let at = |text: &str| list.find(text).expect("it is in the list");
    assert!(at(&urgent.to_string()) < at(place.strip_prefix("/case/").unwrap()));
    assert!(list.contains("U1: act within 24 hours") && list.contains("(proposed)"));
}

#[test]
fn the_pages_of_a_case_are_those_of_casework_alone() {
    let (site, _, number) = with_case("TC-06");
    site.app.lock();
    let mut vault = vault(&site);
    let of_role = |role: Role| Credentials {
        name: role.code().to_owned(),
        passphrase: "one two three".into(),
    };
    let roles = [
        Role::Officer,
        Role::Custodian,
        Role::Statistician,
        Role::Auditor,
    ];
    for role in roles {
        let new = NewPerson {
            credentials: of_role(role),
            cost: KdfCost::with_memory(19).unwrap(),
            roles: [role].into(),
        };
        vault.add_person(&new).unwrap();
    }
    vault.close();
    for role in roles {
        site.app.unlock(&of_role(role)).unwrap();
        let expected = match role {
            Role::Officer => StatusCode::OK,
            _ => StatusCode::FORBIDDEN,
        };
        for path in ["", "/consent", "/routing"] {
            let path = format!("/case/{number}{path}");
            assert_eq!(site.get(&path).status, expected, "{role:?} {path}");
        }
        for path in ["note", "consent/review", "routing/packet"] {
            let answer = site.post(&format!("/case/{number}/{path}"), "x=y");
            let refused = answer.status == StatusCode::FORBIDDEN;
            assert_eq!(refused, role != Role::Officer, "{role:?} {path}");
        }
        site.app.lock();
        assert!(
            site.get(&format!("/case/{number}"))
                .text
                .contains("Unlock the vault")
        );
    }
}

#[test]
fn a_packet_that_one_officer_made_is_told_of_on_every_page_of_its_case() {
    let (site, _, number) = with_case("TC-01");
    let mut vault = vault(&site);
    let recipient = HybridIdentity::from_seed(&[42; 32]).to_recipient();
    let json = format!(
        r#"{{"addressees":[{{"code":"sr","name":"A mandate","targets":["M1"],"recipient":"{recipient}"}}]}}"#
    );
    let instance = site.office.bundle.content().instance;
    let key = &site.office.demo.office_key;
    let list = SignedList::sign(key, instance, ListKind::Addressees, 1, &json).unwrap();
    office_data::import(&mut vault, &list).unwrap();
    let level = Triage {
        level: Urgency::U1,
        proposed: Urgency::U1,
        reason: "danger".to_owned(),
    };
    acts::change(&mut vault, number, Change::Triaged(level)).unwrap();
    let route: Route = "M1@sr".parse().unwrap();
    let new = NewDecision {
        route: route.clone(),
        persons: vec![1],
        checks: Checks {
            not_recognisable: true,
            one_officer_only: true,
            ..Checks::default()
        },
        why: "the mandate should know".to_owned(),
    };
    acts::recommend(&mut vault, number, new).unwrap();
    let pages = ["", "/consent", "/routing"];
    let told = |page: &&str| {
        let page = site.get(&format!("/case/{number}{page}"));
        assert_eq!(page.status, StatusCode::OK);
        page.text.contains("One officer alone made a packet")
    };
    assert_eq!(pages.iter().filter(|page| told(page)).count(), 0);
    let out = site.office.folder.path().join("packet");
    packet::make(&mut vault, number, &route, &out).unwrap();
    assert_eq!(pages.iter().filter(|page| told(page)).count(), 3);
    let end = Change::Ended(End::Resolved, "it is over".to_owned());
    acts::change(&mut vault, number, end).unwrap();
    assert_eq!(pages.iter().filter(|page| told(page)).count(), 3);
}
