//! What a submitter takes back with the code holds at the gate: from the moment that the follow-up is taken in, and
//! for a case, a report of it or a person of it that comes later.

use asylia_console::{
    casework::{
        acts::fill_from_reports,
        consent::{Cell, CellValue, Entry, Question, in_force},
        event::{Change, Numbered},
        packet::{PacketError, notice},
        rules::CaseworkError,
        values::{End, NamePreset, Preset, Purpose, Urgency, Value},
    },
    vault::{Vault, audit::Act},
};
use asylia_envelope::{
    answers::Answers,
    follow_up::{self, FollowUp, Permission},
    record::SealedBy,
    return_code::{MailboxKeys, ReturnCode},
    submission::MailboxAddress,
};
use rand_core::OsRng;

use crate::{
    office::{Office, Report, case, take},
    packets::{Desk, permits, person},
};

/// Keys of a code of that office; every invented office is the same installation.
fn keys() -> MailboxKeys {
    let instance = Office::new().bundle.content().instance;
    ReturnCode::generate(&mut OsRng).derive_mailbox(instance)
}

fn report(keys: &MailboxKeys) -> Report {
    Report {
        mailbox: Some(MailboxAddress::of(keys)),
        path: Some(SealedBy::Browser),
        ..case("TC-06")
    }
}

fn follow_up(keys: &MailboxKeys, counter: u64) -> FollowUp {
    FollowUp {
        language: "en".to_owned(),
        page_number: None,
        lookup_id: keys.lookup_id(),
        counter,
        answers_reply: None,
        nonce: None,
        permissions: [].into(),
        withdraw_all: false,
        delete_report: false,
        new_mailbox: None,
        answers: Answers::default(),
    }
}

fn withdrawal(keys: &MailboxKeys, counter: u64) -> FollowUp {
    FollowUp {
        withdraw_all: true,
        ..follow_up(keys, counter)
    }
}

fn lowers(keys: &MailboxKeys, purpose: follow_up::Purpose, to: Permission) -> FollowUp {
    FollowUp {
        permissions: [(purpose, to)].into(),
        ..follow_up(keys, 1)
    }
}

fn bring(office: &mut Office, vault: &mut Vault, keys: &MailboxKeys, said: &FollowUp) {
    let record = office.seal_follow_up(said, keys, None, SealedBy::Browser);
    let bundle = office.pack(std::slice::from_ref(&record));
    let taken = take(vault, &bundle).expect("it is imported");
    assert_eq!(taken.followed_up.len(), 1, "it is accepted");
}

/// A case whose packet for the experts left, and the keys of its submitter.
fn packet_left() -> (Desk, MailboxKeys) {
    let keys = keys();
    let mut desk = Desk::of(&report(&keys), |_, _, _| {});
    desk.look();
    let first = permits(Preset::Public, NamePreset::Public);
    desk.prepare(Urgency::U3, first, "XPL");
    desk.summary("An organisation was allegedly struck off the register.");
    desk.recommend("M1@sr-defenders", &[1]).expect("allowed");
    desk.recommend("R5@HC", &[1]).expect("allowed");
    desk.packet("M1@sr-defenders", "before").expect("it leaves");
    (desk, keys)
}

fn value(desk: &Desk, person: u16, purpose: Purpose) -> Value {
    in_force(desk.case(), person, desk.vault.today()).value(purpose, None)
}

#[test]
fn a_withdrawal_from_the_mailbox_stops_the_next_packet_and_opens_a_notice_for_the_last() {
    let (mut desk, keys) = packet_left();
    let second = Numbered {
        number: 2,
        item: person(),
    };
    desk.add(Change::Person(second));
    let first = permits(Preset::Public, NamePreset::Public);
    desk.consent(Entry::First(2, Box::new(first)));
    let said = withdrawal(&keys, 1);
    bring(&mut desk.office, &mut desk.vault, &keys, &said);
    for purpose in Purpose::ALL.iter().skip(1) {
        assert_eq!(value(&desk, 1, *purpose), Value::No, "{purpose:?}");
        assert_eq!(value(&desk, 2, *purpose), Value::No, "{purpose:?}");
    }
    for to in ["M1@sr-defenders", "R5@HC"] {
        let refused = desk.packet(to, "after");
        assert!(matches!(refused, Err(PacketError::Gate(_))), "{to}");
    }
    assert!(!desk.out("after").exists());
    let today = desk.vault.today();
    assert_eq!(notice::open_notices(desk.case(), today), [1]);
    assert_eq!(desk.case().sign_of_life, Some(desk.office.day()));
    let log = desk.vault.audit_log().expect("it is read");
    let logged = |code: &str| {
        let entries = log.iter().filter(|entry| {
            entry.item.act == Act::CaseChanged && entry.item.change.as_deref() == Some(code)
        });
        entries.count()
    };
    assert_eq!(logged("consent-lowered"), 1);
    // The same after the next unlock.
    desk.vault.close();
    desk.vault = desk.office.reopen();
    assert_eq!(value(&desk, 1, Purpose::MandateHolders), Value::No);
    assert_eq!(notice::open_notices(desk.case(), today), [1]);
}

#[test]
fn a_single_permission_lowered_from_the_mailbox_stops_that_use_alone_and_raises_nothing() {
    let (mut desk, keys) = packet_left();
    let mut said = lowers(&keys, follow_up::Purpose::AsgHcHrcPresident, Permission::No);
    let other = follow_up::Purpose::UnFieldPresenceInCountry;
    said.permissions.insert(other, Permission::WithIdentity);
    let before = value(&desk, 1, Purpose::UnFieldPresenceInCountry);
    bring(&mut desk.office, &mut desk.vault, &keys, &said);
    assert_eq!(value(&desk, 1, Purpose::Senior), Value::No);
    assert_eq!(value(&desk, 1, Purpose::UnFieldPresenceInCountry), before);
    let refused = desk.packet("R5@HC", "after");
    assert!(matches!(refused, Err(PacketError::Gate(_))));
    desk.packet("M1@sr-defenders", "experts")
        .expect("as before");
    let today = desk.vault.today();
    assert!(notice::open_notices(desk.case(), today).is_empty());
}

#[test]
fn what_was_taken_back_before_the_case_was_made_holds_in_it_and_for_whoever_is_added_later() {
    let keys = keys();
    let said = withdrawal(&keys, 1);
    let mut desk = Desk::of(&report(&keys), |office, vault, _| {
        bring(office, vault, &keys, &said);
    });
    fill_from_reports(&mut desk.vault, desk.number).expect("it is filled");
    let second = Numbered {
        number: 2,
        item: person(),
    };
    desk.add(Change::Person(second));
    let first = permits(Preset::Public, NamePreset::Public);
    desk.consent(Entry::First(2, Box::new(first)));
    for person in [1, 2] {
        assert_eq!(value(&desk, person, Purpose::MandateHolders), Value::No);
    }
    assert_eq!(desk.case().sign_of_life, Some(desk.office.day()));
    let refused = desk.recommend("M1@sr-defenders", &[1]);
    assert!(matches!(refused, Err(CaseworkError::Gate(_))));
}

#[test]
fn what_was_taken_back_of_a_report_holds_in_the_case_to_which_the_report_is_added() {
    let (mut desk, _) = packet_left();
    let other = keys();
    let record = desk.office.seal(&report(&other));
    let bundle = desk.office.pack(std::slice::from_ref(&record));
    take(&mut desk.vault, &bundle).expect("it is imported");
    let said = withdrawal(&other, 1);
    bring(&mut desk.office, &mut desk.vault, &other, &said);
    assert_eq!(
        value(&desk, 1, Purpose::MandateHolders),
        Value::WithIdentity
    );
    desk.add(Change::RecordAdded(record.record_id));
    assert_eq!(value(&desk, 1, Purpose::MandateHolders), Value::No);
    let today = desk.vault.today();
    assert_eq!(notice::open_notices(desk.case(), today), [1]);
}

#[test]
fn a_follow_up_reaches_a_closed_case_and_ends_the_silence_of_a_question() {
    let (mut desk, keys) = packet_left();
    let asks = vec![CellValue {
        cell: Cell::of(Purpose::MandateHolders),
        value: Value::WithIdentity,
    }];
    let today = desk.office.day();
    desk.consent(Entry::Asked(Box::new(Question {
        number: 1,
        person: 1,
        asks,
        still_holds: true,
        asked_on: today,
        nonce: None,
    })));
    desk.consent(Entry::Reached(1, today));
    let later = today.plus_days(30);
    let then = |desk: &Desk| in_force(desk.case(), 1, later).value(Purpose::MandateHolders, None);
    assert_eq!(then(&desk), Value::AskFirst, "silence");
    let end = End::Resolved;
    desk.add(Change::Ended(end, "it is over".to_owned()));
    let said = follow_up(&keys, 1);
    bring(&mut desk.office, &mut desk.vault, &keys, &said);
    assert_eq!(then(&desk), Value::WithIdentity, "somebody wrote");
    let said = withdrawal(&keys, 2);
    bring(&mut desk.office, &mut desk.vault, &keys, &said);
    assert_eq!(then(&desk), Value::No);
}
