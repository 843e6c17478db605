//! From a report to a sealed packet: what is in it, what is not, who must agree, and what a withdrawal does.

use std::{collections::BTreeMap, fs, path::PathBuf};

use asylia_console::{
    access::{Role, Roles},
    casework::{
        acts::{self, NewCase, NewDecision, change, make, recommend},
        consent::{Cell, CellValue, Entry, First},
        deadline::{DeadlineKind, deadlines},
        event::{Allegation, Change, Numbered, Person, Triage},
        gate::{Checks, Need, Route, Verdict},
        knowledge::DenyIn,
        number::CaseNumber,
        office_data::{self, ListKind, SignedList},
        packet::{self, PacketError, notice},
        rules::CaseworkError,
        values::{
            ActionResult, Assessment, Basis, End, Known, LinkKind, NamePreset, NoteFor, PersonKind,
            Preset, Purpose, StateRole, Timing, Urgency, Value,
        },
    },
    report::OpenedReport,
    vault::{Credentials, NewPerson, Vault, audit::Act, header::KDF_FLOOR_MIB, header::KdfCost},
};
use asylia_envelope::{hybrid::HybridIdentity, packet::open_packet};
use unicode_normalization::UnicodeNormalization;

use crate::office::{Office, Report, Stored, case, take};

const SECOND: &str = "second";
const WORDS: &str = "one two three four";

/// An office with two who do casework, a signed list of addressees, and one report taken as a case.
pub(crate) struct Desk {
    pub(crate) office: Office,
    pub(crate) vault: Vault,
    pub(crate) record: Stored,
    pub(crate) number: CaseNumber,
}

fn addressee() -> HybridIdentity {
    HybridIdentity::from_seed(&[42; 32])
}

impl Desk {
    fn new(key: &str) -> Self {
        Self::of(&case(key), |_, _, _| {})
    }

    /// The same of a report, after which something else came in before a case was made of it.
    pub(crate) fn of(
        report: &Report,
        before: impl FnOnce(&mut Office, &mut Vault, &Stored),
    ) -> Self {
        let mut office = Office::new();
        let mut vault = office.vault();
        let record = office.seal(report);
        let bundle = office.pack(std::slice::from_ref(&record));
        take(&mut vault, &bundle).expect("it is imported");
        before(&mut office, &mut vault, &record);
        let second = NewPerson {
            credentials: Credentials {
                name: SECOND.to_owned(),
                passphrase: WORDS.into(),
            },
            cost: KdfCost::with_memory(KDF_FLOOR_MIB).expect("it is sound"),
            roles: Roles::from([Role::Officer]),
        };
        vault.add_person(&second).expect("a person is added");
        let new = NewCase {
            records: vec![record.record_id],
            door: None,
        };
        let number = make(&mut vault, new).expect("a case is made");
        let mut desk = Self {
            office,
            vault,
            record,
            number,
        };
        desk.list(1);
        desk
    }

    fn list(&mut self, version: u64) {
        let recipient = addressee().to_recipient();
        let json = format!(
            r#"{{"addressees":[
            {{"code":"sr-defenders","name":"Special Rapporteur on defenders","targets":["M1","R1","R2","R3"],"recipient":"{recipient}"}},
            {{"code":"HC","name":"High Commissioner","targets":["R5"],"recipient":"{recipient}"}},
            {{"code":"focal","name":"Focal point","targets":["N0","TR"],"recipient":"{recipient}"}},
            {{"code":"paper","name":"A mandate without a key","targets":["M1"],"recipient":null}}]}}"#
        );
        let instance = self.office.bundle.content().instance;
        let key = &self.office.demo.office_key;
        let note = SignedList::sign(key, instance, ListKind::Addressees, version, &json)
            .expect("it is sound");
        office_data::import(&mut self.vault, &note).expect("the list is taken");
    }

    pub(crate) fn add(&mut self, what: Change) {
        let code = what.code();
        change(&mut self.vault, self.number, what).expect(code);
    }

    pub(crate) fn consent(&mut self, entry: Entry) {
        self.add(Change::Consent(Box::new(entry)));
    }

    /// What an officer does first: level, person, permissions, State, act.
    pub(crate) fn prepare(&mut self, level: Urgency, first: First, state: &str) {
        self.add(Change::Triaged(Triage {
            level,
            proposed: level,
            reason: "as the report says".to_owned(),
        }));
        self.add(Change::Person(Numbered {
            number: 1,
            item: person(),
        }));
        self.consent(Entry::First(1, Box::new(first)));
        self.add(Change::State(
            state.to_owned(),
            StateRole::AllegedResponsible,
            true,
        ));
        self.add(Change::Allegation(Numbered {
            number: 1,
            item: Allegation {
                act: "travel_restriction".to_owned(),
                date: "2026-05-27".to_owned(),
                place: String::new(),
                actors: vec!["intelligence_or_security_service".to_owned()],
                involvement: String::new(),
                nature: None,
                timing: Some(Timing::Ongoing),
                link: Known::Unknown,
                assessment: Assessment::Unassessed,
                reliability: String::new(),
                follow_up: false,
            },
        }));
    }

    pub(crate) fn summary(&mut self, text: &str) {
        self.add(Change::Summary(text.to_owned(), "en".to_owned()));
        self.add(Change::SummaryAgreed("through the mailbox".to_owned()));
    }

    pub(crate) fn recommend(&mut self, to: &str, persons: &[u16]) -> Result<u16, CaseworkError> {
        self.recommend_with(to, persons, Checks::default())
    }

    fn recommend_with(
        &mut self,
        to: &str,
        persons: &[u16],
        checks: Checks,
    ) -> Result<u16, CaseworkError> {
        let new = NewDecision {
            route: to.parse().expect("it is sound"),
            persons: persons.to_vec(),
            checks: Checks {
                not_recognisable: true,
                ..checks
            },
            why: "the mandate should know".to_owned(),
        };
        recommend(&mut self.vault, self.number, new).map(|(action, _)| action)
    }

    /// What is due of packets that one officer made.
    fn countersigns_due(&self) -> usize {
        let office = &self.vault.contents().lists.calendar;
        let due = deadlines(self.case(), office, self.vault.machine().now());
        due.iter()
            .filter(|due| due.kind == DeadlineKind::Countersign)
            .count()
    }

    pub(crate) fn out(&self, name: &str) -> PathBuf {
        self.office.folder.path().join(name)
    }

    pub(crate) fn packet(&mut self, to: &str, name: &str) -> Result<packet::Made, PacketError> {
        let out = self.out(name);
        let route: Route = to.parse().expect("it is sound");
        packet::make(&mut self.vault, self.number, &route, &out)
    }

    /// The members of a packet, as the addressee opens them.
    fn opened(&self, name: &str) -> BTreeMap<String, String> {
        let sealed = fs::read(self.out(name)).expect("the file is there");
        let members = open_packet(&sealed, &addressee()).expect("it opens for its addressee");
        members
            .into_iter()
            .map(|(name, bytes)| (name, String::from_utf8(bytes.to_vec()).expect("UTF-8")))
            .collect()
    }

    /// Somebody with the identity key opens the report once.
    pub(crate) fn look(&mut self) {
        OpenedReport::open(&mut self.vault, self.record.record_id)
            .expect("it is sound")
            .expect("it is sound");
    }

    fn deny(&mut self, place: DenyIn, words: &[String]) {
        acts::deny(&mut self.vault, self.number, place, words.to_vec()).expect("it is written");
    }

    pub(crate) fn case(&self) -> &asylia_console::casework::case::Case {
        self.vault
            .contents()
            .cases
            .get(self.number)
            .expect("the case is there")
    }

    /// The second person at the console.
    fn seen_by_second(mut self) -> Self {
        self.vault.close();
        self.vault = self.office.open_as(SECOND, WORDS);
        self
    }

    fn seen_by_first(mut self) -> Self {
        self.vault.close();
        self.vault = self.office.reopen();
        self
    }
}

pub(crate) fn person() -> Person {
    Person {
        kind: PersonKind::Individual,
        label: "A person".to_owned(),
        reporter: true,
        in_passing: false,
        role: None,
        gender: None,
        age_group: None,
        own_view: None,
        representatives: Vec::new(),
    }
}

pub(crate) fn permits(preset: Preset, names: NamePreset) -> First {
    First {
        preset: Some(preset),
        names: Some(names),
        basis: Some(Basis::MyOwn),
        risk_understood: true,
        ..First::default()
    }
}

fn lowered(purpose: Purpose, value: Value) -> Entry {
    let cell = Cell::of(purpose);
    Entry::Lowered(
        1,
        vec![CellValue { cell, value }],
        "withdrawn".to_owned(),
        None,
    )
}

/// A list of the shared cases.
fn listed(key: &str, list: &str) -> Vec<String> {
    let all: serde_json::Value =
        serde_json::from_str(include_str!("../../../../tests/data/cases.json"))
            .expect("it is sound");
    let cases = all
        .get("cases")
        .and_then(serde_json::Value::as_array)
        .expect("it is sound");
    let case = cases
        .iter()
        .find(|case| case["case_key"] == key)
        .expect("it is sound");
    let list = case
        .get("expected")
        .and_then(|expected| expected.get(list)?.as_array());
    let list = list.expect("it is sound");
    list.iter()
        .map(|word| word.as_str().expect("it is sound").to_owned())
        .collect()
}

/// As the shared cases say it: NFKC and case folding of both sides, then a plain substring.
fn folded(text: &str) -> String {
    text.nfkc().collect::<String>().to_lowercase()
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one packet from its report to its addressee"
)]
fn a_packet_holds_what_was_agreed_and_opens_for_its_addressee_alone() {
    let mut desk = Desk::new("TC-01");
    desk.look();
    desk.prepare(
        Urgency::U2,
        permits(Preset::UnExperts, NamePreset::InsideUn),
        "QQS",
    );
    desk.add(Change::Note(
        NoteFor::Addressees,
        "Do not telephone.".to_owned(),
    ));
    desk.add(Change::Note(
        NoteFor::Casework,
        "an inner thought".to_owned(),
    ));
    desk.summary("A defender's passport was allegedly taken.");
    desk.recommend("M1@sr-defenders", &[1])
        .expect("the gate lets it");
    let made = desk.packet("M1@sr-defenders", "first").expect("it is made");
    assert_eq!(made.decision.verdict, Verdict::Allowed);
    let members = desk.opened("first");
    let names: Vec<&str> = members.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "answer.txt",
            "custody.txt",
            "packet.json",
            "packet.txt",
            "permissions.txt"
        ]
    );
    let page = &members["packet.txt"];
    for part in [
        "alleged travel restriction",
        "2026-05-27",
        "QQS",
        "passport was allegedly taken",
        "Do not telephone.",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let number = desk.number.to_string();
    for (name, text) in &members {
        assert!(
            !text.contains(&number),
            "the case's number stays here: {name}"
        );
        assert!(
            !text.contains("an inner thought") && !text.contains('⟦'),
            "{name}: {text}"
        );
        assert!(text.contains(&made.receipt), "{name}");
    }
    let json: serde_json::Value = serde_json::from_str(&members["packet.json"]).unwrap();
    assert_eq!(
        (&json["identity"], &json["gate_version"]),
        (&true.into(), &2.into())
    );
    assert!(
        members["custody.txt"].contains(&hex::encode(
            desk.vault
                .contents()
                .record(desk.record.record_id)
                .unwrap()
                .stored_sha256
        ))
    );
    assert!(members["permissions.txt"].contains("Do not forward this beyond its addressee."));
    // A second file of the same name is never written over.
    assert!(matches!(
        desk.packet("M1@sr-defenders", "first"),
        Err(PacketError::Exists)
    ));
    desk.packet("M1@sr-defenders", "second")
        .expect("another file");
    let entries = desk.vault.audit_log().unwrap();
    let packets = entries
        .iter()
        .filter(|entry| entry.item.act == Act::PacketMade)
        .count();
    assert_eq!((packets, desk.case().packets.len()), (2, 2));
    let desk = desk.seen_by_second();
    let stored = &desk.case().packets[&1].made;
    assert_eq!(stored.receipt, made.receipt);
    assert_eq!(
        (stored.decision.version, stored.values.as_slice()),
        (2, &[(1, Value::WithIdentity)][..])
    );
}

#[test]
fn no_entry_of_the_deny_list_stands_in_any_byte_of_a_packet_without_identity() {
    for (key, to, state) in [
        ("TC-01", "M1@sr-defenders", "QQS"),
        ("TC-04", "M1@sr-defenders", "XSE"),
    ] {
        let mut desk = Desk::new(key);
        let denied = listed(key, "redaction_deny_list");
        desk.prepare(
            Urgency::U2,
            permits(Preset::UnExperts, NamePreset::Never),
            state,
        );
        desk.summary("A person was allegedly met with a reprisal after a visit.");
        desk.recommend(to, &[1]).expect("the gate lets it");
        let unseen = desk.packet(to, "unseen");
        assert!(matches!(unseen, Err(PacketError::NamesUnknown)), "{key}");
        desk.look();
        desk.deny(DenyIn::WithoutIdentity, &denied);
        desk.packet(to, "clean")
            .unwrap_or_else(|error| panic!("{key}: {error}"));
        for (name, text) in desk.opened("clean") {
            for word in &denied {
                assert!(
                    !folded(&text).contains(&folded(word)),
                    "{key} {name}: {word}"
                );
            }
            assert!(!text.contains("2026-05"), "a date is its year: {name}");
        }
        // Each word, hidden in the summary in another form, is found, and nothing is written.
        for word in &denied {
            let hidden = format!("It was said that {} came.", word.to_uppercase());
            desk.summary(&hidden);
            desk.recommend(to, &[1]).expect("the gate lets it");
            let refused = desk.packet(to, "dirty");
            assert!(
                matches!(refused, Err(PacketError::DenyList("packet.txt", _))),
                "{key} {word}"
            );
            assert!(!desk.out("dirty").exists());
        }
        // And in a note that goes with every packet.
        desk.summary("A clean text.");
        desk.add(Change::Note(NoteFor::Addressees, denied[0].clone()));
        desk.recommend(to, &[1]).expect("the gate lets it");
        assert!(
            matches!(desk.packet(to, "dirty"), Err(PacketError::DenyList(..))),
            "{key}"
        );
        assert_eq!(desk.case().packets.len(), 1);
    }
}

#[test]
fn the_name_of_the_source_never_goes_towards_a_state_even_where_others_are_named() {
    let mut desk = Desk::new("TC-03");
    desk.look();
    let kin = First {
        basis: Some(Basis::CannotReachThePerson),
        ..permits(Preset::Government, NamePreset::Government)
    };
    desk.prepare(Urgency::U1, kin, "XAR");
    desk.add(Change::SourceIdentified(
        true,
        "she wrote her name".to_owned(),
    ));
    let of_source = listed("TC-03", "redaction_deny_list_for_government");
    desk.deny(DenyIn::Outside, &of_source);
    desk.summary("Олег Ларский is allegedly held incommunicado since March.");
    let to = "R2:XAR@sr-defenders";
    desk.recommend(to, &[1])
        .expect("the gate lets it, once both officers stand for it");
    let alone = desk.packet(to, "alone");
    let Err(PacketError::Gate(decision)) = alone else {
        panic!("a second officer is missing");
    };
    assert!(!decision.is_open());
    let mut desk = desk.seen_by_second();
    desk.consent(Entry::Countersigned(1, true));
    desk.add(Change::DecisionSeconded(1, true));
    let mut desk = desk.seen_by_first();
    let made = desk.packet(to, "letter").expect("it is made");
    assert!(desk.opened("letter")["packet.txt"].contains("Олег"));
    assert!(desk.opened("letter")["packet.txt"].contains("Redact the public copy."));
    assert!(!made.receipt.is_empty());
    for name in of_source {
        desk.summary(&format!("{name} wrote that Олег is held."));
        let action = desk.recommend(to, &[1]).expect("the gate lets it");
        desk = desk.seen_by_second();
        desk.add(Change::DecisionSeconded(action, true));
        desk = desk.seen_by_first();
        assert!(
            matches!(desk.packet(to, "dirty"), Err(PacketError::DenyList(..))),
            "{name}"
        );
    }
}

#[test]
fn the_gate_is_asked_again_for_every_packet_and_a_withdrawal_is_told_until_it_is_confirmed() {
    let mut desk = Desk::new("TC-06");
    desk.look();
    desk.prepare(
        Urgency::U3,
        permits(Preset::Public, NamePreset::Public),
        "XPL",
    );
    desk.summary("An organisation was allegedly struck off the register.");
    desk.recommend("M1@sr-defenders", &[1]).unwrap();
    desk.recommend("R5@HC", &[1]).unwrap();
    desk.packet("M1@sr-defenders", "experts").unwrap();
    desk.packet("R5@HC", "hc").unwrap();
    assert!(
        desk.opened("hc")["permissions.txt"].contains("sr-defenders"),
        "the others are named"
    );
    let today = desk.vault.today();
    assert!(notice::open_notices(desk.case(), today).is_empty());
    desk.consent(lowered(Purpose::Senior, Value::No));
    assert_eq!(
        notice::open_notices(desk.case(), today),
        [2],
        "of the experts nothing changed"
    );
    assert!(matches!(
        desk.packet("R5@HC", "late"),
        Err(PacketError::Gate(_))
    ));
    assert!(!desk.out("late").exists());
    let out = desk.out("notice");
    notice::make(&mut desk.vault, desk.number, 2, &out).unwrap();
    let told = &desk.opened("notice")["notice.txt"];
    let receipt = desk.case().packets[&2].made.receipt.clone();
    assert!(
        told.contains(&receipt) && told.contains("no longer permits this use"),
        "{told}"
    );
    assert_eq!(
        notice::open_notices(desk.case(), today),
        [2],
        "until it is confirmed"
    );
    desk.add(Change::NoticeConfirmed(2));
    assert!(notice::open_notices(desk.case(), today).is_empty());
    desk.consent(lowered(Purpose::MandateHolders, Value::WithoutIdentity));
    assert_eq!(
        notice::open_notices(desk.case(), today),
        [1],
        "names are gone"
    );
}

#[test]
fn a_packet_goes_to_nobody_whom_the_signed_list_does_not_have_for_it() {
    let mut desk = Desk::new("TC-06");
    desk.look();
    desk.prepare(
        Urgency::U3,
        permits(Preset::Public, NamePreset::Public),
        "XPL",
    );
    desk.summary("An organisation was allegedly struck off the register.");
    assert!(matches!(
        desk.packet("M1", "x"),
        Err(PacketError::NoAddressee)
    ));
    assert!(matches!(
        desk.packet("M1@nobody", "x"),
        Err(PacketError::UnknownAddressee)
    ));
    assert!(matches!(
        desk.packet("M1@HC", "x"),
        Err(PacketError::NotForTarget)
    ));
    assert!(matches!(
        desk.packet("M1@paper", "x"),
        Err(PacketError::NoKey)
    ));
    assert!(matches!(
        desk.packet("M1@sr-defenders", "x"),
        Err(PacketError::NotDecided)
    ));
    let action = desk.recommend("M1@sr-defenders", &[1]).unwrap();
    let mut desk = desk.seen_by_second();
    desk.add(Change::DecisionSeconded(action, false));
    assert!(matches!(
        desk.packet("M1@sr-defenders", "x"),
        Err(PacketError::Refused)
    ));
    assert!(!desk.out("x").exists());
    let done = asylia_console::casework::event::ActionDone {
        result: ActionResult::Declined,
        on: desk.office.day(),
        reference: String::new(),
        note: String::new(),
    };
    desk.add(Change::Result(action, done));
}

#[test]
fn what_the_gate_does_not_let_is_not_recorded_and_is_said_in_words() {
    use asylia_console::{casework::gate::said, l10n::Texts};
    let mut desk = Desk::new("TC-07");
    desk.prepare(Urgency::U2, First::default(), "XAA");
    let refused = desk.recommend("M1@sr-defenders", &[1]);
    let Err(CaseworkError::Gate(decision)) = refused else {
        panic!("nothing was permitted");
    };
    assert_eq!(decision.verdict, Verdict::AskFirst);
    let texts = Texts::english();
    let said = said::sentences(texts, &decision);
    assert!(
        said[0].contains("must be asked first: mandate holders"),
        "{said:?}"
    );
    assert_eq!(said::questions(texts, &decision).len(), 1);
    assert!(said.iter().all(|sentence| !sentence.contains('⟦')));
    assert!(desk.case().actions.is_empty());
}

#[test]
fn an_officer_without_the_identity_key_is_held_to_the_names_that_a_custodian_saw() {
    let mut desk = Desk::new("TC-01");
    desk.look();
    desk.prepare(
        Urgency::U2,
        permits(Preset::UnExperts, NamePreset::Never),
        "QQS",
    );
    desk.summary("سلمى was allegedly stopped.");
    desk.recommend("M1@sr-defenders", &[1]).unwrap();
    let mut desk = desk.seen_by_second();
    let refused = desk.packet("M1@sr-defenders", "x");
    let Err(error @ PacketError::DenyList(..)) = refused else {
        panic!("the name is found");
    };
    let text = error.to_string();
    assert!(
        !text.contains("سلمى"),
        "it says how many, and not which: {text}"
    );
}

#[test]
fn a_notice_to_the_focal_point_elsewhere_says_that_there_is_a_case_and_nothing_of_it() {
    let mut desk = Desk::new("TC-01");
    desk.look();
    desk.prepare(
        Urgency::U2,
        permits(Preset::FocalPointOnly, NamePreset::Never),
        "QQS",
    );
    desk.summary("A defender's passport was allegedly taken.");
    desk.recommend("N0@focal", &[1])
        .expect("it hangs on no permission");
    desk.packet("N0@focal", "notice").expect("it is made");
    let members = desk.opened("notice");
    assert_eq!(members.len(), 2);
    for (name, text) in &members {
        for word in [
            "QQS",
            "passport",
            "travel",
            "Urgency",
            &desk.number.to_string(),
        ] {
            assert!(!text.contains(word), "{name}: {word}");
        }
    }
    let translator = desk.packet("TR:focal@focal", "x");
    assert!(matches!(translator, Err(PacketError::NoPacket)));
}

#[test]
fn a_packet_of_a_child_named_in_the_identity_part_needs_two_officers() {
    let mut report = case("TC-06");
    let add = ("age_group".to_owned(), "under_18".to_owned());
    report.answers.push(add);
    let mut desk = Desk::of(&report, |_, _, _| {});
    desk.prepare(
        Urgency::U3,
        permits(Preset::Public, NamePreset::Public),
        "XPL",
    );
    desk.recommend("M1@sr-defenders", &[1]).unwrap();
    // From here on the console knows, though no officer wrote it down.
    desk.look();
    assert!(!desk.case().has_child());
    let Err(PacketError::Gate(decision)) = desk.packet("M1@sr-defenders", "x") else {
        panic!("one officer alone told of a child");
    };
    assert_eq!(decision.needs, [Need::SecondOfficer]);
}

#[test]
fn who_made_a_packet_alone_cannot_end_its_countersignature_alone() {
    let mut desk = Desk::new("TC-06");
    desk.look();
    desk.prepare(
        Urgency::U1,
        permits(Preset::Public, NamePreset::Public),
        "XPL",
    );
    let only = Checks {
        one_officer_only: true,
        ..Checks::default()
    };
    desk.recommend_with("M1@sr-defenders", &[1], only).unwrap();
    desk.packet("M1@sr-defenders", "alone").unwrap();
    assert_eq!(desk.countersigns_due(), 1);
    let confirm =
        |desk: &mut Desk| change(&mut desk.vault, desk.number, Change::NoticeConfirmed(1));
    assert!(
        matches!(confirm(&mut desk), Err(CaseworkError::NoNotice)),
        "nobody confirms what nobody was told"
    );
    let out = desk.out("notice");
    notice::make(&mut desk.vault, desk.number, 1, &out).unwrap();
    confirm(&mut desk).unwrap();
    assert!(
        matches!(confirm(&mut desk), Err(CaseworkError::NoNotice)),
        "a notice is confirmed once"
    );
    assert_eq!(desk.countersigns_due(), 1, "a confirmation is no signature");
    desk.add(Change::Ended(End::Resolved, "it is over".to_owned()));
    assert_eq!(desk.countersigns_due(), 1, "nor is the end of the case");
    let mut desk = desk.seen_by_second();
    desk.add(Change::PacketCountersigned(1, true));
    assert_eq!(desk.countersigns_due(), 0);
}

#[test]
fn a_notice_of_an_earlier_withdrawal_confirms_no_later_one() {
    let mut desk = Desk::new("TC-06");
    desk.look();
    desk.prepare(
        Urgency::U3,
        permits(Preset::Public, NamePreset::Public),
        "XPL",
    );
    desk.recommend("M1@sr-defenders", &[1]).unwrap();
    desk.packet("M1@sr-defenders", "experts").unwrap();
    desk.consent(lowered(Purpose::MandateHolders, Value::WithoutIdentity));
    let out = desk.out("notice");
    notice::make(&mut desk.vault, desk.number, 1, &out).unwrap();
    desk.consent(lowered(Purpose::MandateHolders, Value::No));
    let confirmed = change(&mut desk.vault, desk.number, Change::NoticeConfirmed(1));
    assert!(matches!(confirmed, Err(CaseworkError::NoNotice)));
    let today = desk.vault.today();
    assert_eq!(notice::open_notices(desk.case(), today), [1]);
}

#[test]
fn a_note_is_never_kept_from_officers_under_a_key_that_they_have() {
    let note = serde_json::from_str::<Change>(r#"{"note":["casework","text"]}"#);
    assert!(note.is_ok());
    let note = serde_json::from_str::<Change>(r#"{"note":["identity","text"]}"#);
    assert!(note.is_err(), "the case's key opens it to every officer");
}

/// The report of that case, in which the identity part has this one name.
fn of_name(key: &str, name: &str) -> Report {
    let mut report = case(key);
    report.answers.retain(|(id, _)| id != "person_names");
    let name = ("person_names".to_owned(), name.to_owned());
    report.answers.push(name);
    report
}

#[test]
fn who_permits_the_own_name_permits_none_of_another_case_of_the_visit() {
    let mut desk = Desk::of(&of_name("TC-06", "Ada Quorn"), |_, _, _| {});
    desk.look();
    desk.prepare(
        Urgency::U3,
        permits(Preset::Public, NamePreset::Public),
        "XPL",
    );
    let other = desk.office.seal(&of_name("TC-07", "Bela Vask"));
    let bundle = desk.office.pack(std::slice::from_ref(&other));
    take(&mut desk.vault, &bundle).unwrap();
    let new = NewCase {
        records: vec![other.record_id],
        door: None,
    };
    let second = make(&mut desk.vault, new).unwrap();
    desk.add(Change::Linked(LinkKind::SameVisit, second));
    desk.summary("Ada Quorn was visited.");
    desk.recommend("R5@HC", &[1]).unwrap();
    assert!(
        matches!(
            desk.packet("R5@HC", "unseen"),
            Err(PacketError::NamesUnknown)
        ),
        "of the other case nobody knows the names"
    );
    OpenedReport::open(&mut desk.vault, other.record_id)
        .unwrap()
        .unwrap();
    desk.packet("R5@HC", "own").expect("the own name may stand");
    desk.summary("Ada Quorn was visited with Bela.");
    desk.recommend("R5@HC", &[1]).unwrap();
    assert!(matches!(
        desk.packet("R5@HC", "other"),
        Err(PacketError::DenyList(..))
    ));
}

#[test]
fn who_is_not_told_of_is_not_named_where_another_person_of_the_case_is() {
    let mut desk = Desk::of(&of_name("TC-06", "Ada Quorn; Bela Vask"), |_, _, _| {});
    desk.prepare(
        Urgency::U3,
        permits(Preset::Public, NamePreset::Public),
        "XPL",
    );
    desk.add(Change::Person(Numbered {
        number: 2,
        item: person(),
    }));
    desk.summary("A person was visited with Bela Vask.");
    desk.recommend("R5@HC", &[1]).unwrap();
    assert!(matches!(
        desk.packet("R5@HC", "unseen"),
        Err(PacketError::NamesUnknown)
    ));
    desk.look();
    assert!(matches!(
        desk.packet("R5@HC", "one"),
        Err(PacketError::DenyList(..))
    ));
    desk.consent(Entry::First(
        2,
        Box::new(permits(Preset::Public, NamePreset::Public)),
    ));
    desk.recommend("R5@HC", &[1, 2]).unwrap();
    desk.packet("R5@HC", "both").expect("both may be named");
}

#[test]
fn whoever_decides_and_what_is_published_is_told_of_a_withdrawal_too() {
    for (purpose, told) in [
        (Purpose::MandateHolders, "no longer permits this use"),
        (Purpose::PublicCopyOfLetter, "no longer permits this use"),
    ] {
        let mut desk = Desk::new("TC-06");
        desk.look();
        desk.prepare(
            Urgency::U3,
            permits(Preset::Public, NamePreset::Public),
            "XPL",
        );
        desk.add(Change::SourceIdentified(true, "by name".to_owned()));
        desk.summary("An organisation was allegedly struck off the register.");
        let to = "R2:XPL@sr-defenders";
        desk.recommend(to, &[1]).unwrap();
        desk.packet(to, "letter").unwrap();
        desk.consent(lowered(purpose, Value::No));
        let today = desk.vault.today();
        assert_eq!(notice::open_notices(desk.case(), today), [1], "{purpose:?}");
        let out = desk.out("notice");
        notice::make(&mut desk.vault, desk.number, 1, &out).unwrap();
        let said = &desk.opened("notice")["notice.txt"];
        assert!(said.contains(told), "{purpose:?}: {said}");
        desk.add(Change::NoticeConfirmed(1));
        assert!(notice::open_notices(desk.case(), today).is_empty());
    }
}

#[test]
fn a_look_for_recognition_holds_for_the_texts_that_were_looked_at() {
    let mut desk = Desk::new("TC-06");
    desk.look();
    desk.prepare(
        Urgency::U3,
        permits(Preset::UnExperts, NamePreset::Never),
        "XPL",
    );
    desk.summary("An organisation was allegedly struck off the register.");
    desk.recommend("M1@sr-defenders", &[1]).unwrap();
    desk.packet("M1@sr-defenders", "first").unwrap();
    desk.summary("The only organisation of its kind in the valley was struck off.");
    let Err(PacketError::Gate(decision)) = desk.packet("M1@sr-defenders", "second") else {
        panic!("nobody looked at the new text");
    };
    assert_eq!(decision.needs, [Need::Recognition]);
    desk.recommend("M1@sr-defenders", &[1]).unwrap();
    desk.packet("M1@sr-defenders", "second").unwrap();
}
