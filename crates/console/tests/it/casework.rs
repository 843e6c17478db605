//! Cases: made of submissions or of letters, changed by acts, rebuilt at unlock, closed to roles that do no casework.

use asylia_console::{
    access::{Role, Roles},
    casework::{
        acts::{NewCase, change, fill_from_reports, log_unread, make},
        calendar::Calendar,
        case::Case,
        consent::{Cell, CellValue, Entry, Question, in_force},
        deadline::{DeadlineKind, deadlines, level},
        event::{Allegation, Change, Communication, Door, Numbered, Triage},
        number::CaseNumber,
        rules::CaseworkError,
        values::{
            Assessment, End, Hold, Known, LinkKind, NoteFor, Purpose, Stage, StateRole, Test,
            Timing, Urgency, Value,
        },
    },
    vault::{Credentials, NewPerson, Vault, audit::Act, header::KDF_FLOOR_MIB, header::KdfCost},
};

use crate::office::{NOW, Office, Stored, case, story, take};

fn filled(office: &mut Office, keys: &[&str]) -> (Vault, Vec<Stored>) {
    let mut vault = office.vault();
    let records: Vec<Stored> = keys.iter().map(|key| office.seal(&case(key))).collect();
    let bundle = office.pack(&records);
    take(&mut vault, &bundle).expect("it is imported");
    (vault, records)
}

fn of_record(record: &Stored) -> NewCase {
    NewCase {
        records: vec![record.record_id],
        ..NewCase::default()
    }
}

fn triage(level: Urgency, proposed: Urgency, reason: &str) -> Change {
    Change::Triaged(Triage {
        level,
        proposed,
        reason: reason.to_owned(),
    })
}

fn because(text: &str) -> String {
    text.to_owned()
}

fn allegation(number: u16, act: &str, timing: Timing) -> Change {
    Change::Allegation(Numbered {
        number,
        item: Allegation {
            act: act.to_owned(),
            date: "2026-03-24".to_owned(),
            place: String::new(),
            actors: vec!["police".to_owned()],
            involvement: String::new(),
            nature: None,
            timing: Some(timing),
            link: Known::Unknown,
            assessment: Assessment::Unassessed,
            reliability: String::new(),
            follow_up: false,
        },
    })
}

fn found(vault: &Vault, number: CaseNumber) -> &Case {
    vault
        .contents()
        .cases
        .get(number)
        .expect("the case is there")
}

#[test]
#[expect(clippy::too_many_lines, reason = "one case from its report to its end")]
fn a_case_goes_from_its_submission_to_its_end_and_is_the_same_after_the_next_unlock() {
    let mut office = Office::new();
    let (mut vault, records) = filled(&mut office, &["TC-03"]);
    let number = make(&mut vault, of_record(&records[0])).expect("a case is made");
    let case = found(&vault, number);
    assert_eq!((case.stage, case.clock), (Stage::Opened, NOW));
    assert_eq!(
        level(case, NOW),
        Urgency::U1,
        "what the form says of danger"
    );
    assert_eq!(
        case.proposed_acts(),
        [
            "arrest_or_detention",
            "torture_or_ill_treatment",
            "search_or_seizure"
        ]
    );
    let due = deadlines(case, &Calendar::default(), NOW);
    assert_eq!((due[0].kind, due[0].at), (DeadlineKind::Act, NOW + 86_400));
    assert!(!due[0].is_overdue(NOW + 86_400) && due[0].is_overdue(NOW + 86_401));
    let acts = [
        triage(Urgency::U1, Urgency::U1, ""),
        allegation(1, "arrest_or_detention", Timing::Ongoing),
        allegation(2, "torture_or_ill_treatment", Timing::Ongoing),
        Change::Assessed(
            Test::Cooperation,
            Known::Yes,
            because("the Working Group has it"),
        ),
        Change::State("XAR".to_owned(), StateRole::AllegedResponsible, true),
        Change::State("XPL".to_owned(), StateRole::NeverContact, true),
        Change::Hold(Hold::AwaitingSubmitter, true, because("asked for a date")),
        Change::Stage(Stage::Assessed, because("three tests")),
        Change::Note(NoteFor::Casework, "<b>a note</b>".to_owned()),
        Change::Language("ru".to_owned()),
        Change::Communication(Numbered {
            number: 1,
            item: Communication {
                reference: "UA XAR 4/2026".to_owned(),
                addressee: "XAR".to_owned(),
                sent_on: Some(office.day()),
                reply_due: None,
                reply_on: None,
                reply_class: None,
                published_on: None,
                public_copy_redacted: false,
            },
        }),
    ];
    for act in acts {
        change(&mut vault, number, act).expect("it is written");
    }
    vault.close();
    let mut vault = office.reopen();
    let case = found(&vault, number);
    assert_eq!(
        (case.stage, case.urgency),
        (Stage::Assessed, Some(Urgency::U1))
    );
    assert!(case.never_contact("XPL") && !case.never_contact("XAR"));
    assert_eq!(case.allegations.len(), 2);
    assert_eq!(case.tests.get(&Test::Cooperation), Some(&Known::Yes));
    assert_eq!(case.notes[0].text, "<b>a note</b>");
    assert_eq!(case.history.len(), 12);
    let due = deadlines(case, &Calendar::default(), NOW);
    let on = |kind| due.iter().find(|due| due.kind == kind).map(|due| due.at);
    let midnight = office.day().plus_days(1).days_since_1970() * 86_400;
    assert_eq!(on(DeadlineKind::Reply), Some(midnight + 60 * 86_400));
    assert_eq!(
        on(DeadlineKind::AskBeforePublication),
        Some(midnight + 45 * 86_400)
    );
    change(
        &mut vault,
        number,
        Change::Ended(End::Resolved, because("released")),
    )
    .unwrap();
    assert!(deadlines(found(&vault, number), &Calendar::default(), NOW).is_empty());
    let refused = change(&mut vault, number, triage(Urgency::U4, Urgency::U1, "calm"));
    assert!(matches!(refused, Err(CaseworkError::Closed)));
    change(
        &mut vault,
        number,
        Change::Reopened(because("a new message")),
    )
    .unwrap();
    assert_eq!(found(&vault, number).stage, Stage::Opened);
    let log = vault.audit_log().unwrap();
    let of_case = |entry: &&_| {
        let entry: &asylia_console::vault::audit::AuditEntry = entry;
        entry.item.case == Some(number)
    };
    let entries: Vec<_> = log.iter().filter(of_case).collect();
    assert_eq!(entries.len(), 14, "one entry an act");
    assert_eq!(entries[0].item.act, Act::CaseMade);
    assert_eq!(entries[1].item.change.as_deref(), Some("triaged"));
}

#[test]
fn what_is_against_the_order_of_a_case_is_refused_and_leaves_nothing() {
    let mut office = Office::new();
    let (mut vault, records) = filled(&mut office, &["TC-01", "TC-06"]);
    let number = make(&mut vault, of_record(&records[0])).unwrap();
    let other = make(&mut vault, of_record(&records[1])).unwrap();
    assert!(matches!(
        make(&mut vault, of_record(&records[0])),
        Err(CaseworkError::RecordTaken)
    ));
    let before = vault.audit_log().unwrap().len();
    let wrong = |change: Change| change;
    for refused in [
        wrong(Change::Stage(Stage::Decided, because("quick"))),
        wrong(Change::Stage(Stage::Triaged, because("no level"))),
        wrong(triage(Urgency::U4, Urgency::U2, " ")),
        wrong(Change::Hold(Hold::AwaitingConsent, true, String::new())),
        wrong(allegation(1, "landlord_dispute", Timing::Past)),
        wrong(allegation(3, "threat", Timing::Past)),
        wrong(Change::State("Xar".to_owned(), StateRole::Host, true)),
        wrong(Change::Flag("urgent".to_owned(), true)),
        wrong(Change::Linked(LinkKind::DuplicateOf, number)),
        wrong(Change::Reopened(because("it is open"))),
        wrong(Change::RecordAdded(records[1].record_id)),
        wrong(Change::Note(NoteFor::Casework, "x".repeat(256 * 1024 + 1))),
    ] {
        let code = refused.code();
        let refused = change(&mut vault, number, refused);
        let text = refused.expect_err(code).to_string();
        assert_eq!(text.matches(". ").count(), 1, "two sentences: {text}");
    }
    assert_eq!(vault.audit_log().unwrap().len(), before);
    assert_eq!(found(&vault, number).history.len(), 1);
    change(
        &mut vault,
        number,
        Change::Linked(LinkKind::SameVisit, other),
    )
    .unwrap();
    assert_eq!(vault.contents().cases.of_one_visit(other), [other, number]);
}

#[test]
fn a_letter_becomes_a_case_whose_clock_begins_at_entry() {
    let office = Office::new();
    let mut vault = office.vault();
    let door = Door {
        channel: "letter".to_owned(),
        source: "an organisation's letter of 20 November".to_owned(),
        register_row: None,
    };
    let new = NewCase {
        door: Some(door),
        ..NewCase::default()
    };
    let number = make(&mut vault, new).unwrap();
    let case = found(&vault, number);
    assert_eq!((case.clock, case.records.len()), (NOW, 0));
    assert_eq!(level(case, NOW), Urgency::U4);
}

#[test]
fn cases_are_closed_to_custodians_statisticians_and_auditors() {
    let mut office = Office::new();
    let (mut vault, _) = filled(&mut office, &[]);
    let record = office.seal(&story("the word xylograph"));
    let bundle = office.pack(std::slice::from_ref(&record));
    take(&mut vault, &bundle).unwrap();
    let number = make(&mut vault, of_record(&record)).unwrap();
    for (name, role) in [
        ("officer", Role::Officer),
        ("custodian", Role::Custodian),
        ("statistician", Role::Statistician),
        ("auditor", Role::Auditor),
    ] {
        let new = NewPerson {
            credentials: Credentials {
                name: name.to_owned(),
                passphrase: "one two three".into(),
            },
            cost: KdfCost::with_memory(KDF_FLOOR_MIB).unwrap(),
            roles: Roles::from([role]),
        };
        vault.add_person(&new).unwrap();
    }
    vault.close();
    for (name, sees) in [
        ("officer", 1),
        ("custodian", 0),
        ("statistician", 0),
        ("auditor", 0),
    ] {
        let vault = office.open_as(name, "one two three");
        assert_eq!(vault.contents().cases.len(), sees, "{name}");
        assert_eq!(vault.contents().cases.get(number).is_some(), sees == 1);
        assert!(vault.contents().damaged.is_empty());
        vault.close();
    }
}

#[test]
fn a_case_of_one_report_begins_with_what_its_form_permitted() {
    let mut office = Office::new();
    let (mut vault, records) = filled(&mut office, &["TC-01", "TC-03"]);
    for (record, reporter, experts, government) in [
        (&records[0], true, Value::WithIdentity, Value::No),
        (&records[1], false, Value::WithIdentity, Value::WithIdentity),
    ] {
        let number = make(&mut vault, of_record(record)).unwrap();
        fill_from_reports(&mut vault, number).unwrap();
        let case = found(&vault, number);
        assert_eq!(case.persons[&1].reporter, reporter);
        let matrix = in_force(case, 1, office.day());
        assert_eq!(matrix.value(Purpose::MandateHolders, None), experts);
        assert_eq!(matrix.value(Purpose::Government, None), government);
        // Whose they are is known once: a second time is refused.
        assert!(matches!(
            fill_from_reports(&mut vault, number),
            Err(CaseworkError::FirstIsThere)
        ));
    }
}

#[test]
fn a_question_that_stayed_unread_is_written_down_once() {
    let mut office = Office::new();
    let (mut vault, records) = filled(&mut office, &["TC-01"]);
    let number = make(&mut vault, of_record(&records[0])).unwrap();
    fill_from_reports(&mut vault, number).unwrap();
    let cell = Cell::of(Purpose::Senior);
    let question = Question {
        number: 1,
        person: 1,
        asks: vec![CellValue {
            cell,
            value: Value::WithoutIdentity,
        }],
        still_holds: false,
        asked_on: office.day(),
        nonce: None,
    };
    for entry in [
        Entry::Asked(Box::new(question)),
        Entry::Reached(1, office.day()),
    ] {
        change(&mut vault, number, Change::Consent(Box::new(entry))).unwrap();
    }
    assert_eq!(log_unread(&mut vault).unwrap(), 0);
    vault.close();
    office.pass(14);
    let mut vault = office.reopen();
    assert_eq!(log_unread(&mut vault).unwrap(), 1);
    assert_eq!(log_unread(&mut vault).unwrap(), 0, "once");
    let log = vault.audit_log().unwrap();
    let last = log.last().and_then(|entry| entry.item.change.as_deref());
    assert_eq!(last, Some("consent-unread-applied"));
}

#[test]
fn the_figures_of_a_case_are_the_statisticians_without_a_word_of_it() {
    let mut office = Office::new();
    let (mut vault, records) = filled(&mut office, &["TC-06"]);
    let number = make(&mut vault, of_record(&records[0])).unwrap();
    fill_from_reports(&mut vault, number).unwrap();
    change(&mut vault, number, allegation(1, "threat", Timing::Past)).unwrap();
    let note = Change::Note(NoteFor::Casework, "xylograph".to_owned());
    change(&mut vault, number, note).unwrap();
    let new = NewPerson {
        credentials: Credentials {
            name: "statistician".to_owned(),
            passphrase: "one two three".into(),
        },
        cost: KdfCost::with_memory(KDF_FLOOR_MIB).unwrap(),
        roles: Roles::from([Role::Statistician]),
    };
    vault.add_person(&new).unwrap();
    vault.close();
    let vault = office.open_as("statistician", "one two three");
    let row = vault.contents().figures.get(&number).expect("a row");
    assert_eq!(row.included_as.code(), "named");
    assert_eq!(row.acts.len(), 1);
    let json = serde_json::to_string(row).unwrap();
    assert!(
        !json.contains("xylograph") && !json.contains("Harbour"),
        "{json}"
    );
    vault.close();
}
