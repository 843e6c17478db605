//! From the stick into the vault: gaps, replays, forks, damage; each by name, none at another record's cost.

use std::io::{self, Cursor, Read};

use asylia_console::{
    import::{ImportError, Known, import, sequence::Alarm},
    vault::item::Reason,
};
use asylia_envelope::{
    ids::{EpochId, InstanceId, RecordId},
    signing::{SigningKey, Transfer},
    transfer::TransferError,
};
use rand_core::OsRng;

use crate::office::{Office, Stored, story, take};

#[test]
fn a_bundle_is_taken_in_once_and_a_replay_changes_nothing() {
    let mut office = Office::new();
    let mut vault = office.vault();
    let records: Vec<Stored> = ["a", "b", "c"]
        .map(|text| office.seal(&story(text)))
        .to_vec();
    let bundle = office.pack(&records);
    let first = take(&mut vault, &bundle).unwrap();
    assert_eq!((first.new, first.known, first.quarantined), (3, 0, 0));
    assert!(first.pinned && first.missing.is_empty());
    let again = take(&mut vault, &bundle).unwrap();
    assert_eq!((again.new, again.known, again.quarantined), (0, 3, 0));
    assert!(!again.pinned);
    drop(vault);
    let mut vault = office.reopen();
    let later = take(&mut vault, &bundle).unwrap();
    assert_eq!((later.new, later.known), (0, 3));
    assert_eq!(vault.contents().records.len(), 3);
}

#[test]
fn numbers_that_never_came_are_listed_until_they_come() {
    let mut office = Office::new();
    let mut vault = office.vault();
    let bundles: Vec<Vec<u8>> = (0..5)
        .map(|number| {
            let record = office.seal(&story(&number.to_string()));
            office.pack(&[record])
        })
        .collect();
    assert_eq!(take(&mut vault, &bundles[2]).unwrap().missing, [1, 2]);
    assert_eq!(take(&mut vault, &bundles[4]).unwrap().missing, [1, 2, 4]);
    assert_eq!(take(&mut vault, &bundles[1]).unwrap().missing, [1, 4]);
    let all = take(&mut vault, &bundles[0]).unwrap();
    assert_eq!((all.new, all.missing), (1, vec![4]));
    assert_eq!(all.missing_count, 1);
}

#[test]
fn forks_rollbacks_and_new_counts_are_alarms_by_number() {
    let mut office = Office::new();
    let mut vault = office.vault();
    let one = office.pack(&[]);
    let past = (office.previous, office.next);
    let two = office.pack(&[]);
    let digest_of_two = office.previous.unwrap();
    let three = office.pack(&[]);
    for bundle in [&one, &two, &three] {
        take(&mut vault, bundle).unwrap();
    }
    // The newest number with other content.
    let record = office.seal(&story("another past"));
    let mut note = office.note(std::slice::from_ref(&record));
    note.sequence = 3;
    note.previous = Some(digest_of_two);
    let forked = office.write(&note, std::slice::from_ref(&record));
    let alarm = take(&mut vault, &forked).unwrap_err();
    assert!(
        matches!(alarm, ImportError::Alarm(Alarm::Fork(3))),
        "{alarm}"
    );
    // The next number, grown from another past.
    let mut note = office.note(&[]);
    note.previous = Some([9; 32]);
    let alarm = take(&mut vault, &office.write(&note, &[])).unwrap_err();
    assert!(
        matches!(alarm, ImportError::Alarm(Alarm::Fork(4))),
        "{alarm}"
    );
    // A server that was set back writes number 2 again.
    (office.previous, office.next) = past;
    let again = office.pack(std::slice::from_ref(&record));
    let alarm = take(&mut vault, &again).unwrap_err();
    let rollback = Alarm::Rollback {
        sequence: 2,
        newest: 3,
    };
    assert!(
        matches!(&alarm, ImportError::Alarm(found) if *found == rollback),
        "{alarm}"
    );
    // A restored server begins a new count.
    office.epoch = EpochId::generate(&mut OsRng);
    let restored = office.pack(&[]);
    let alarm = take(&mut vault, &restored).unwrap_err();
    assert!(matches!(alarm, ImportError::Alarm(Alarm::OtherEpoch(_))));
    assert!(vault.contents().records.is_empty());
}

#[test]
fn a_late_bundle_must_be_the_one_that_its_successor_names() {
    let mut office = Office::new();
    let mut vault = office.vault();
    let mut note = office.note(&[]);
    let one = office.pack(&[]);
    let two = office.pack(&[]);
    take(&mut vault, &two).unwrap();
    note.acknowledged = 5;
    let alarm = take(&mut vault, &office.write(&note, &[])).unwrap_err();
    assert!(matches!(
        alarm,
        ImportError::Alarm(Alarm::Rollback {
            sequence: 1,
            newest: 2
        })
    ));
    assert!(take(&mut vault, &one).unwrap().missing.is_empty());
}

#[test]
fn only_the_pinned_server_of_this_office_is_taken() {
    let mut office = Office::new();
    let mut vault = office.vault();
    let mut foreign = office.note(&[]);
    foreign.instance = InstanceId::generate(&mut OsRng);
    let refused = take(&mut vault, &office.write(&foreign, &[])).unwrap_err();
    assert!(matches!(refused, ImportError::OtherInstance(_)));
    let refused = take(&mut vault, &office.bundle_to_a_server()).unwrap_err();
    assert!(matches!(refused, ImportError::WrongWay));
    // Nothing refused pins a key.
    assert!(vault.contents().server.is_none());
    let one = office.pack(&[]);
    take(&mut vault, &one).unwrap();
    let other = SigningKey::<Transfer>::generate(&mut OsRng);
    let ours = std::mem::replace(&mut office.server, other);
    let replaced = office.pack(&[]);
    let refused = take(&mut vault, &replaced).unwrap_err();
    assert!(matches!(
        refused,
        ImportError::Bundle(TransferError::OtherServer)
    ));
    let given = office.server.verifying_key();
    let refused = import(
        &mut vault,
        Cursor::new(&one),
        one.len() as u64,
        Known {
            key: Some(&given),
            new_count: false,
        },
        &mut |_| {},
    );
    assert!(matches!(refused, Err(ImportError::OtherPin)));
    office.server = ours;
    assert!(take(&mut vault, &one).is_ok());
}

#[test]
fn a_given_server_key_is_held_to_from_the_first_bundle() {
    let mut office = Office::new();
    let mut vault = office.vault();
    let one = office.pack(&[]);
    let mut with = |key: &SigningKey<Transfer>| {
        import(
            &mut vault,
            Cursor::new(&one),
            one.len() as u64,
            Known {
                key: Some(&key.verifying_key()),
                new_count: false,
            },
            &mut |_| {},
        )
    };
    let refused = with(&SigningKey::generate(&mut OsRng));
    assert!(matches!(
        refused,
        Err(ImportError::Bundle(TransferError::OtherServer))
    ));
    assert!(with(&office.server).unwrap().pinned);
}

#[test]
fn a_file_that_was_cut_or_altered_is_refused_as_a_whole() {
    let mut office = Office::new();
    let mut vault = office.vault();
    let record = office.seal(&story("x"));
    let bundle = office.pack(&[record]);
    for length in [0, 10, 100, bundle.len() / 2, bundle.len() - 1] {
        assert!(matches!(
            take(&mut vault, &bundle[..length]),
            Err(ImportError::Bundle(_))
        ));
    }
    let mut signed = bundle.clone();
    let at = signed.windows(9).position(|w| w == b"sequence:").unwrap() + 10;
    signed[at] = b'7';
    assert!(matches!(
        take(&mut vault, &signed),
        Err(ImportError::Bundle(TransferError::Signature))
    ));
    assert!(vault.contents().records.is_empty());
    assert_eq!(take(&mut vault, &bundle).unwrap().new, 1);
}

/// What is altered in the server's store before the export signs it: each is named, and costs no other record.
#[test]
fn altered_cut_swapped_and_relabelled_records_are_named() {
    let mut office = Office::new();
    let mut vault = office.vault();
    let mut records: Vec<Stored> = (0..8)
        .map(|number| office.seal(&story(&number.to_string())))
        .collect();
    let last = records[0].bytes.len() - 1;
    records[0].bytes[last] ^= 1;
    let middle = records[1].bytes.len() / 2;
    records[1].bytes[middle] ^= 1;
    records[2].bytes.truncate(middle);
    let (third, fourth) = (records[3].bytes.clone(), records[4].bytes.clone());
    (records[3].bytes, records[4].bytes) = (fourth, third);
    records[5].record_id = RecordId::generate(&mut OsRng);
    records[6].period = "1999-Q1".to_owned();
    let bundle = office.pack(&records);
    let report = take(&mut vault, &bundle).unwrap();
    assert_eq!((report.new, report.known, report.quarantined), (1, 0, 7));
    let reasons: Vec<(RecordId, Reason)> = report
        .refused
        .iter()
        .map(|refused| (refused.record, refused.reason))
        .collect();
    let expected = [
        Reason::Frame,
        Reason::Seal,
        Reason::Seal,
        Reason::OtherRecord,
        Reason::OtherRecord,
        Reason::OtherRecord,
        Reason::NoKey,
    ];
    let named: Vec<(RecordId, Reason)> = records
        .iter()
        .map(|record| record.record_id)
        .zip(expected)
        .collect();
    assert_eq!(reasons, named);
    // They stay counted, after a replay and a new unlock too.
    let again = take(&mut vault, &bundle).unwrap();
    assert_eq!((again.new, again.known, again.quarantined), (0, 8, 0));
    drop(vault);
    let vault = office.reopen();
    let whole = vault.contents().record(records[7].record_id).unwrap();
    assert!(whole.imported().is_some());
    assert_eq!(vault.contents().records.len(), 8);
}

#[test]
fn a_blob_damaged_on_the_stick_is_named_and_a_better_copy_takes_its_place() {
    let mut office = Office::new();
    let mut vault = office.vault();
    let records = [office.seal(&story("a")), office.seal(&story("b"))];
    let bundle = office.pack(&records);
    let mut damaged = bundle.clone();
    let at = bundle.len() - records[1].bytes.len() - records[0].bytes.len() / 2;
    damaged[at] ^= 1;
    for (new, known, quarantined) in [(1, 0, 1), (0, 2, 0)] {
        let report = take(&mut vault, &damaged).unwrap();
        assert_eq!(
            (report.new, report.known, report.quarantined),
            (new, known, quarantined)
        );
    }
    let refused = vault.contents().record(records[0].record_id).unwrap();
    assert!(refused.imported().is_none());
    let report = take(&mut vault, &bundle).unwrap();
    assert_eq!((report.new, report.known, report.quarantined), (1, 1, 0));
    assert_eq!(vault.contents().records.len(), 2);
    drop(vault);
    let vault = office.reopen();
    assert_eq!(vault.contents().records.len(), 2);
    assert!(
        vault
            .contents()
            .records
            .iter()
            .all(|row| row.item.imported().is_some())
    );
}

#[test]
fn two_records_of_one_number_do_not_both_become_reports() {
    let mut office = Office::new();
    let mut vault = office.vault();
    let record = office.seal(&story("a"));
    let one = office.pack(std::slice::from_ref(&record));
    take(&mut vault, &one).unwrap();
    let mut other = office.seal(&story("b"));
    other.record_id = record.record_id;
    let two = office.pack(&[other]);
    let report = take(&mut vault, &two).unwrap();
    assert_eq!(report.refused[0].reason, Reason::SameNumber);
}

#[test]
fn the_same_submission_twice_stays_twice_and_says_so() {
    let mut office = Office::new();
    let mut vault = office.vault();
    let mut report = story("sent twice");
    report.page_number = Some(asylia_envelope::ids::PageNumber([5; 16]));
    let records = [office.seal(&report), office.seal(&report)];
    let bundle = office.pack(&records);
    let done = take(&mut vault, &bundle).unwrap();
    assert_eq!((done.new, done.sent_twice.len()), (2, 1));
    let imported = vault.contents().records[0].item.imported().unwrap();
    assert_eq!(vault.contents().copies(imported), 2);
}

#[test]
fn without_the_intake_key_records_wait_in_quarantine() {
    let mut office = Office::new();
    let mut vault = office.vault_with(Vec::new());
    let record = office.seal(&story("a"));
    let bundle = office.pack(&[record]);
    let report = take(&mut vault, &bundle).unwrap();
    assert_eq!(report.refused[0].reason, Reason::NoKey);
}

/// A stick that is pulled out: what was taken in is whole, and the same bundle goes on where it stopped.
#[test]
fn an_import_that_breaks_off_goes_on_where_it_stopped() {
    let mut office = Office::new();
    let mut vault = office.vault();
    let records: Vec<Stored> = (0..3)
        .map(|n| office.seal(&story(&n.to_string())))
        .collect();
    let bundle = office.pack(&records);
    let half = bundle.len() - records[2].bytes.len() - records[1].bytes.len() / 2;
    let pulled = import(
        &mut vault,
        Pulled(&bundle[..half]),
        bundle.len() as u64,
        Known::default(),
        &mut |_| {},
    );
    assert!(matches!(
        pulled,
        Err(ImportError::Bundle(TransferError::Io(_)))
    ));
    drop(vault);
    let mut vault = office.reopen();
    assert_eq!(vault.contents().records.len(), 1);
    // The bundle did not come to its end, so it is not counted as one that came.
    assert!(
        vault
            .contents()
            .server
            .as_ref()
            .unwrap()
            .item
            .bundles
            .is_empty()
    );
    let report = take(&mut vault, &bundle).unwrap();
    assert_eq!((report.new, report.known), (2, 1));
    assert!(report.missing.is_empty());
}

/// Gives its bytes and then an error, as a device that is gone.
struct Pulled<'a>(&'a [u8]);

impl Read for Pulled<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.0.is_empty() {
            return Err(io::Error::other("the stick is gone"));
        }
        self.0.read(out)
    }
}
