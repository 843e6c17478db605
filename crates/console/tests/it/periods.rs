//! Identities of periods: put in, read at unlock, destroyed when nothing needs them and not before.

use asylia_console::{
    report::OpenedReport,
    vault::{
        DestructionNote, NotAStatement, Obstacle, PeriodState, Vault, VaultError,
        audit::Act,
        item::{Reason, RecordState},
    },
};
use asylia_envelope::{
    ids::RecordId,
    key_bundle::{Anchor, KeyBundle, UnverifiedBundle},
};
use asylia_keys::{
    identity::AnyIdentity,
    period::{NewPeriod, Window, new_period},
};
use rand_core::OsRng;

use crate::office::{Office, Stored, story, take};

/// Longer than a period and its overlap.
const A_YEAR: i64 = 365;

#[test]
fn identities_that_come_later_open_what_waited_for_them() {
    let mut office = Office::new();
    let mut vault = office.vault_with(Vec::new());
    let records = ["one", "two"].map(|text| office.seal(&story(text)));
    assert_eq!(
        take(&mut vault, &office.pack(&records))
            .unwrap()
            .quarantined,
        2
    );
    assert_eq!(reason(&vault, &records[0]), Some(Reason::NoKey));
    let added = vault.add_identities(None, &office.identities()).unwrap();
    assert_eq!((added.identities, added.opened), (3, 2));
    let again = vault.add_identities(None, &office.identities()).unwrap();
    assert_eq!((again.identities, again.opened), (0, 0));
    drop(vault);
    let mut vault = office.reopen();
    for (record, text) in records.iter().zip(["one", "two"]) {
        assert_eq!(told(&mut vault, record.record_id), text);
    }
    assert_eq!(vault.contents().identities.count(), 3);
    assert_eq!(vault.contents().records.len(), 2);
    assert!(vault.verify().unwrap().faults.is_empty());
    let acts: Vec<Act> = vault
        .audit_log()
        .unwrap()
        .iter()
        .map(|entry| entry.item.act)
        .collect();
    assert!(acts.contains(&Act::IdentitiesAdded));
}

/// Without the identity's identity the record leaves quarantine all the same, and its identity part waits.
#[test]
fn a_record_is_opened_part_by_part() {
    let mut office = Office::new();
    let mut vault = office.vault_with(Vec::new());
    let record = office.seal(&story("in two steps"));
    take(&mut vault, &office.pack(std::slice::from_ref(&record))).unwrap();
    let mut identities = office.identities();
    let last = identities.pop().unwrap();
    assert_eq!(vault.add_identities(None, &identities).unwrap().opened, 1);
    assert_eq!(only(&vault).waiting, 1);
    assert_eq!(vault.add_identities(None, &[last]).unwrap().identities, 1);
    assert_eq!(only(&vault).waiting, 0);
    assert_eq!(told(&mut vault, record.record_id), "in two steps");
    assert!(vault.verify().unwrap().faults.is_empty());
}

#[test]
fn a_newer_key_bundle_brings_its_periods() {
    let office = Office::new();
    let mut vault = office.vault();
    let (bundle, period) = next_bundle(&office);
    let identities = [
        AnyIdentity::from(period.intake),
        AnyIdentity::from(period.account),
    ];
    vault
        .add_identities(Some((&bundle, &Anchor::DemoOnly)), &identities)
        .unwrap();
    drop(vault);
    let vault = office.reopen();
    assert_eq!(vault.contents().bundle.as_ref().unwrap().sequence(), 2);
    assert_eq!(vault.contents().identities.count(), 5);
    let names: Vec<String> = vault
        .periods()
        .into_iter()
        .map(|state| state.period)
        .collect();
    assert_eq!(names, ["2026-Q4", "2027-Q1"]);
}

#[test]
fn a_period_is_destroyed_when_nothing_needs_it_and_not_before() {
    let mut office = Office::new();
    let mut vault = office.vault();
    let record = office.seal(&story("kept"));
    take(&mut vault, &office.pack(std::slice::from_ref(&record))).unwrap();
    let until = only(&vault).until.unwrap();
    assert_eq!(
        refused(&mut vault, 0),
        [Obstacle::Open(until), Obstacle::Server]
    );
    drop(vault);
    office.pass(A_YEAR);
    let mut vault = office.reopen();
    assert_eq!(refused(&mut vault, 0), [Obstacle::Server]);
    // The server still has it, or has more than it sent.
    take(&mut vault, &office.pack(std::slice::from_ref(&record))).unwrap();
    assert_eq!(refused(&mut vault, 0), [Obstacle::Server]);
    let mut note = office.note(&[]);
    note.waiting = 1;
    let bundle = office.pack_note(&note);
    take(&mut vault, &bundle).unwrap();
    assert_eq!(refused(&mut vault, 0), [Obstacle::Server]);
    take(&mut vault, &office.pack(&[])).unwrap();
    assert_eq!(refused(&mut vault, 1), [Obstacle::Quarantined(0)]);
    assert!(matches!(
        vault.destroy_period("2031-Q1", 0),
        Err(VaultError::NotYet(obstacles)) if obstacles == [Obstacle::Unknown]
    ));
    assert_eq!(
        vault.contents().identities.count(),
        3,
        "a refusal changes nothing"
    );
    let note = vault.destroy_period("2026-Q4", 0).unwrap();
    assert_eq!(
        (note.item.identities, note.item.records, note.item.lost),
        (3, 1, 0)
    );
    assert_eq!(note.item.server_bundle, 4);
    assert!(vault.knows_statement(&note));
    statement(&note);
    assert_eq!(vault.contents().identities.count(), 0);
    drop(vault);
    let mut vault = office.reopen();
    assert_eq!(vault.contents().identities.count(), 0);
    assert_eq!(told(&mut vault, record.record_id), "kept");
    assert!(vault.knows_statement(&note) && vault.verify().unwrap().faults.is_empty());
    let late = office.seal(&story("sealed to a key that is gone"));
    take(&mut vault, &office.pack(std::slice::from_ref(&late))).unwrap();
    assert_eq!(reason(&vault, &late), Some(Reason::NoKey));
    assert!(matches!(
        vault.add_identities(None, &office.identities()),
        Err(VaultError::Destroyed(period, _)) if period == "2026-Q4"
    ));
}

/// The statement reads itself, and no altered one.
fn statement(note: &DestructionNote) {
    let text = note.to_text();
    assert_eq!(DestructionNote::parse(&text).as_ref(), Ok(note));
    for (from, to) in [
        ("records: 1", "records: 2"),
        ("lost: 0", "lost: 00"),
        ("v1", "v2"),
        ("\n", "\n\n"),
    ] {
        assert_eq!(
            DestructionNote::parse(&text.replacen(from, to, 1)),
            Err(NotAStatement),
            "{from}"
        );
    }
}

/// What never opens is given up by number only.
#[test]
fn records_in_quarantine_are_lost_only_when_their_number_is_said() {
    let mut office = Office::new();
    let mut vault = office.vault();
    let mut broken = office.seal(&story("broken"));
    let last = broken.bytes.len() - 1;
    broken.bytes[last] ^= 1;
    take(&mut vault, &office.pack(&[broken])).unwrap();
    drop(vault);
    office.pass(A_YEAR);
    let mut vault = office.reopen();
    take(&mut vault, &office.pack(&[])).unwrap();
    assert_eq!(refused(&mut vault, 0), [Obstacle::Quarantined(1)]);
    assert_eq!(refused(&mut vault, 2), [Obstacle::Quarantined(1)]);
    assert_eq!(vault.destroy_period("2026-Q4", 1).unwrap().item.lost, 1);
}

/// Whoever has the file before and after, and every key of the vault: the sealed identities are in it no more.
#[test]
fn nothing_of_a_destroyed_identity_stays_in_the_file() {
    let mut office = Office::new();
    // Nothing but identities: every piece is one of theirs.
    office.vault().close();
    let pieces = office.rows("SELECT sealed FROM blobs");
    assert_eq!(pieces.len(), 4, "the intake identity lies in two domains");
    let file = office.directory().join("vault.db");
    let middle = |piece: &Vec<u8>| piece[piece.len() / 2..][..64].to_vec();
    let count = |bytes: &[u8]| {
        let held = |piece: &&Vec<u8>| {
            let wanted = middle(piece);
            bytes.windows(wanted.len()).any(|window| window == wanted)
        };
        pieces.iter().filter(held).count()
    };
    assert_eq!(
        count(&std::fs::read(&file).unwrap()),
        4,
        "the search finds what is there"
    );
    office.pass(A_YEAR);
    let mut vault = office.reopen();
    take(&mut vault, &office.pack(&[])).unwrap();
    vault.destroy_period("2026-Q4", 0).unwrap();
    vault.close();
    assert_eq!(office.rows("SELECT sealed FROM blobs").len(), 0);
    assert_eq!(count(&std::fs::read(&file).unwrap()), 0);
    let beside: Vec<_> = std::fs::read_dir(office.directory()).unwrap().collect();
    assert_eq!(beside.len(), 1, "no log lies beside the file");
}

fn refused(vault: &mut Vault, lose: u64) -> Vec<Obstacle> {
    match vault.destroy_period("2026-Q4", lose) {
        Err(VaultError::NotYet(obstacles)) => obstacles,
        _ => Vec::new(),
    }
}

fn only(vault: &Vault) -> PeriodState {
    vault.periods().pop().expect("there is one period")
}

fn reason(vault: &Vault, record: &Stored) -> Option<Reason> {
    match vault.contents().record(record.record_id)?.state {
        RecordState::Quarantined(reason, _) => Some(reason),
        RecordState::Imported(_) => None,
    }
}

fn told(vault: &mut Vault, record: RecordId) -> String {
    let case = OpenedReport::open(vault, record)
        .expect("it opens")
        .expect("it is here");
    case.answers.text("story").unwrap_or_default().to_owned()
}

/// The key bundle after the office's first one, with a period more.
fn next_bundle(office: &Office) -> (KeyBundle, NewPeriod) {
    let day = office.day().next_quarter_start();
    let mut content = office.demo.content.clone();
    let period = new_period(
        content.instance,
        "2027-Q1",
        Window::quarter(day),
        &mut OsRng,
    )
    .expect("the name is one of a period");
    content.sequence += 1;
    content.previous = Some(office.bundle.digest());
    content.not_after = period.public.until;
    content.periods.push(period.public.clone());
    let note = content.to_note(&[content.signature_line(&office.demo.root_key)]);
    let bundle = UnverifiedBundle::parse(note.as_bytes())
        .and_then(|note| note.verify(&Anchor::DemoOnly, None))
        .expect("it verifies");
    (bundle, period)
}
