//! What an officer must be told: altered, cut, swapped, foreign, missing and extra, each by its name.

use std::io::Write;

use rand_core::OsRng;

use super::*;
use crate::{
    answers::{Answer, Answers},
    day::Day,
    hybrid::HybridIdentity,
    key_bundle::Period,
    record::{RecordWriter, SealedBy, stored_frame},
    return_code::ReturnCode,
    sealing::{CompartmentSink, SubmissionSealer},
    slices::SLICE_BYTES,
    submission::{MailboxAddress, ManifestEntry},
    words::{WordList, draw_proof_words},
};

struct Key(HybridIdentity);

impl OpensSubmissions for Key {
    fn age_identity(&self) -> &dyn age::Identity {
        &self.0
    }
}

struct Office {
    intake: Key,
    account: Key,
    identity: Key,
    period: Period,
}

fn office(seed: u8) -> Office {
    let key = |n: u8| Key(HybridIdentity::from_seed(&[seed + n; 32]));
    let (intake, account, identity) = (key(0), key(1), key(2));
    let period = Period {
        id: "2026-Q4".into(),
        from: "2026-10-01".parse().unwrap(),
        until: "2027-03-01".parse().unwrap(),
        intake: intake.0.to_recipient(),
        account: account.0.to_recipient(),
        identity: identity.0.to_recipient(),
    };
    Office {
        intake,
        account,
        identity,
        period,
    }
}

fn label() -> RecordLabel {
    RecordLabel {
        instance: InstanceId([1; 16]),
        record_id: RecordId([2; 16]),
        period: "2026-Q4".into(),
    }
}

fn head() -> RecordHead {
    RecordHead {
        version: 1,
        instance: label().instance,
        record_id: label().record_id,
        period: label().period,
        bundle_sequence: 1,
        day: "2026-11-23".parse::<Day>().unwrap(),
        path: SealedBy::Server,
    }
}

fn answers(story: &str) -> Answers {
    let mut answers = Answers::default();
    answers.add("story", story);
    answers.add("person_names", "Salma\r\nالحجار");
    answers.add("act_place_text", "airport");
    answers.add("groups", "indigenous");
    answers.add("risk_understood", "yes");
    answers
}

fn parts(story: &str) -> (Account, IdentityPart) {
    let keys = ReturnCode::generate(&mut OsRng).derive_mailbox(label().instance);
    let account = Account {
        language: "en".into(),
        page_number: None,
        proof_words: draw_proof_words(WordList::English, &mut OsRng),
        mailbox: MailboxAddress::of(&keys),
        answers: answers(story),
    };
    (
        account,
        IdentityPart {
            answers: answers(story),
        },
    )
}

/// Compartments as a sink keeps them, so that a test can play the malicious server.
#[derive(Default, Clone)]
struct Compartments(Vec<(CompartmentName, Vec<u8>)>);

impl CompartmentSink for Compartments {
    fn begin(&mut self, name: CompartmentName) -> io::Result<()> {
        self.0.push((name, Vec::new()));
        Ok(())
    }

    fn write(&mut self, ciphertext: &[u8]) -> io::Result<()> {
        self.0.last_mut().unwrap().1.extend_from_slice(ciphertext);
        Ok(())
    }

    fn end(&mut self, _: &ManifestEntry) -> io::Result<()> {
        Ok(())
    }
}

fn compartments(office: &Office, story: &str, files: &[&[u8]]) -> Compartments {
    let (account, identity) = parts(story);
    let id = SubmissionId::generate(&mut OsRng);
    let instance = label().instance;
    let sink = Compartments::default();
    let mut sealer =
        SubmissionSealer::start(instance, &office.period, id, &account, &identity, sink).unwrap();
    for file in files {
        sealer
            .begin_attachment("../../é.pdf", "application/pdf")
            .unwrap();
        file.chunks(100_000)
            .for_each(|part| sealer.write_attachment(part).unwrap());
        sealer.end_attachment().unwrap();
    }
    sealer.finish().unwrap()
}

fn entry(name: CompartmentName, ciphertext: &[u8]) -> ManifestEntry {
    let sha256 = hex::encode(Sha256::digest(ciphertext));
    ManifestEntry {
        name: name.to_string(),
        size: ciphertext.len() as u64,
        sha256,
    }
}

fn record(office: &Office, head: &RecordHead, compartments: &Compartments) -> Vec<u8> {
    let mut writer = RecordWriter::start(&office.period.intake, head, Vec::new()).unwrap();
    for (name, ciphertext) in &compartments.0 {
        writer.begin(*name).unwrap();
        CompartmentSink::write(&mut writer, ciphertext).unwrap();
        writer.end(&entry(*name, ciphertext)).unwrap();
    }
    let (ciphertext, class) = writer.finish().unwrap();
    let (length, padding) = stored_frame(ciphertext.len() as u64, class).unwrap();
    let padding = vec![0; usize::try_from(padding).unwrap()];
    [length.as_slice(), &ciphertext, &padding].concat()
}

fn open_with(
    office: &Office,
    stored: &[u8],
    label: &RecordLabel,
) -> Result<OpenedRecord, RecordError> {
    let identities = Identities {
        intake: &office.intake,
        account: Some(&office.account),
        identity: Some(&office.identity),
    };
    open_record(stored, label, &identities, &mut |_, _| Ok(()))
}

fn problems(office: &Office, compartments: &Compartments) -> Vec<Problem> {
    open_with(office, &record(office, &head(), compartments), &label())
        .unwrap()
        .problems
}

#[test]
fn every_answer_and_attachment_comes_out_byte_for_byte() {
    let office = office(10);
    let sizes = [
        0,
        1,
        65_535,
        65_536,
        65_537,
        SLICE_BYTES,
        (1 << 20) - 1,
        (1 << 20) + 1,
    ];
    let files: Vec<Vec<u8>> = sizes
        .iter()
        .map(|size| (0..*size).map(|i| i as u8).collect())
        .collect();
    let files: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
    let stored = record(&office, &head(), &compartments(&office, "a\r\nb", &files));
    let identities = Identities {
        intake: &office.intake,
        account: Some(&office.account),
        identity: Some(&office.identity),
    };
    let mut out = vec![Vec::new(); sizes.len()];
    let mut take = |number: u16, bytes: &[u8]| out[usize::from(number) - 1].write_all(bytes);
    let opened = open_record(stored.as_slice(), &label(), &identities, &mut take).unwrap();
    assert!(opened.problems.is_empty());
    assert!(out == files);
    let (account, identity) = (
        opened.account.unwrap().answers,
        opened.identity.unwrap().answers,
    );
    assert_eq!(account.text("story"), Some("a\nb"));
    assert_eq!(account.text("act_place_text"), Some("airport"));
    assert!(account.answer("risk_understood") == Some(&Answer::Tick(true)));
    // The account does not hold what is for the identity key, and the other way round.
    assert_eq!(account.text("person_names"), None);
    assert_eq!(identity.text("person_names"), Some("Salma\nالحجار"));
    assert_eq!(identity.text("story"), None);
    assert_eq!(opened.attachments[7].number, 8);
    assert_eq!(opened.attachments[0].name, "../../é.pdf");
}

#[test]
fn the_same_class_has_the_same_stored_length() {
    let office = office(10);
    let length = |story: &str| record(&office, &head(), &compartments(&office, story, &[])).len();
    let short = length("x");
    for size in [10, 500, 5_000, 9_000] {
        assert_eq!(length(&"x".repeat(size)), short);
    }
    assert!(crate::padding::is_stored_length(short as u64));
    assert_ne!(length(&"x".repeat(200_000)), short);
}

#[test]
fn a_record_altered_anywhere_is_refused() {
    let office = office(10);
    let good = record(&office, &head(), &compartments(&office, "x", &[b"file"]));
    for at in (0..good.len()).step_by(1_013).chain([good.len() - 1]) {
        let mut bad = good.clone();
        bad[at] ^= 1;
        assert!(
            open_with(&office, &bad, &label()).is_err(),
            "byte {at} altered and not noticed"
        );
    }
    for cut in [0, 7, 8, 2_000, 65_536, good.len() - 1] {
        assert!(
            open_with(&office, &good[..cut], &label()).is_err(),
            "cut to {cut} and not noticed"
        );
    }
    assert_eq!(
        open_with(&office, &[&good[..], &[0]].concat(), &label()).err(),
        Some(RecordError::Frame)
    );
}

#[test]
fn swapped_and_relabelled_records_are_named() {
    let office = office(10);
    let stored = record(&office, &head(), &compartments(&office, "x", &[]));
    let other = |change: &dyn Fn(&mut RecordLabel)| {
        let mut label = label();
        change(&mut label);
        open_with(&office, &stored, &label).err()
    };
    assert_eq!(
        other(&|label| label.record_id = RecordId([9; 16])),
        Some(RecordError::OtherRecord)
    );
    assert_eq!(
        other(&|label| label.period = "2027-Q1".into()),
        Some(RecordError::OtherPeriod)
    );
    assert_eq!(
        other(&|label| label.instance = InstanceId([9; 16])),
        Some(RecordError::OtherInstance)
    );
    assert_eq!(
        open_with(&self::office(40), &stored, &label()).err(),
        Some(RecordError::Seal)
    );
}

#[test]
fn what_is_wrong_inside_is_shown_and_costs_nothing_else() {
    use CompartmentName::{Account, Attachment, Identity, Manifest};
    let office = office(10);
    let good = compartments(&office, "x", &[b"one", b"two"]);
    assert_eq!(problems(&office, &good), []);
    let without = |index: usize| {
        let mut less = good.clone();
        less.0.remove(index);
        problems(&office, &less)
    };
    assert_eq!(without(2), [Problem::NotAsInManifest(Attachment(1))]);
    assert_eq!(
        without(0),
        [Problem::Missing(Account), Problem::NotAsInManifest(Account)]
    );
    assert_eq!(without(4), [Problem::Missing(Manifest)]);
    let other = compartments(&office, "y", &[b"foreign"]);
    let mut replaced = good.clone();
    replaced.0[1] = other.0[1].clone();
    assert_eq!(
        problems(&office, &replaced),
        [
            Problem::Foreign(Identity),
            Problem::NotAsInManifest(Identity)
        ]
    );
    let mut swapped = good.clone();
    (swapped.0[2].1, swapped.0[3].1) = (good.0[3].1.clone(), good.0[2].1.clone());
    assert_eq!(problems(&office, &swapped).len(), 4);
    let mut altered = good.clone();
    altered.0[3].1[5_000] ^= 1;
    assert_eq!(
        problems(&office, &altered),
        [
            Problem::Damaged(Attachment(2)),
            Problem::NotAsInManifest(Attachment(2))
        ]
    );
    let mut extra = good.clone();
    extra.0.insert(4, (Attachment(3), good.0[3].1.clone()));
    assert_eq!(
        problems(&office, &extra),
        [
            Problem::Damaged(Attachment(3)),
            Problem::Extra(Attachment(3))
        ]
    );
    let mut disordered = good.clone();
    disordered.0.swap(2, 3);
    assert!(problems(&office, &disordered).contains(&Problem::Unknown));
}

#[test]
fn an_identity_that_is_not_at_hand_leaves_its_compartment_closed() {
    let office = office(10);
    let stored = record(&office, &head(), &compartments(&office, "x", &[]));
    let identities = Identities {
        intake: &office.intake,
        account: Some(&office.account),
        identity: None,
    };
    let opened = open_record(stored.as_slice(), &label(), &identities, &mut |_, _| Ok(())).unwrap();
    assert_eq!(
        opened.problems,
        [Problem::Closed(CompartmentName::Identity)]
    );
    assert!(opened.identity.is_none() && opened.account.is_some());
    let wrong = Identities {
        identity: Some(&office.account),
        ..identities
    };
    let opened = open_record(stored.as_slice(), &label(), &wrong, &mut |_, _| Ok(())).unwrap();
    assert_eq!(
        opened.problems,
        [Problem::Damaged(CompartmentName::Identity)]
    );
}

#[test]
fn a_file_that_shows_who_opens_with_the_identity_key_alone() {
    use CompartmentName::{Attachment, Identity};

    let office = office(10);
    let (account, identity) = parts("x");
    let id = SubmissionId::generate(&mut OsRng);
    let (instance, sink) = (label().instance, Compartments::default());
    let mut sealer =
        SubmissionSealer::start(instance, &office.period, id, &account, &identity, sink).unwrap();
    assert_eq!(sealer.begin_attachment("a", "b").unwrap(), 1);
    sealer.write_attachment(b"facts").unwrap();
    assert_eq!(sealer.begin_attachment_that_shows_who("a", "b").unwrap(), 2);
    sealer.write_attachment(b"a face").unwrap();
    let sealed = sealer.finish().unwrap();
    // No length says which of the two it is.
    let [(_, facts), (_, face)] = &sealed.0[2..4] else {
        panic!()
    };
    assert!(facts.len().abs_diff(face.len()) <= 205);

    let open = |stored: &[u8], account: Option<&Key>, identity: Option<&Key>| {
        let identities = Identities {
            intake: &office.intake,
            account: account.map(|key| key as _),
            identity: identity.map(|key| key as _),
        };
        let mut bytes = vec![Vec::new(); 2];
        let mut take = |number: u16, part: &[u8]| bytes[usize::from(number) - 1].write_all(part);
        let opened = open_record(stored, &label(), &identities, &mut take).unwrap();
        (opened.problems, bytes)
    };
    let stored = record(&office, &head(), &sealed);
    let both = vec![b"facts".to_vec(), b"a face".to_vec()];
    let (account, identity) = (Some(&office.account), Some(&office.identity));
    assert_eq!(open(&stored, account, identity), (vec![], both));
    let (problems, bytes) = open(&stored, account, None);
    let closed = [Identity, Attachment(2)].map(Problem::Closed);
    assert_eq!((problems, bytes[1].len()), (closed.to_vec(), 0));
    let (problems, bytes) = open(&stored, None, identity);
    assert!(problems.contains(&Problem::Damaged(Attachment(1))) && bytes[1] == b"a face");

    // Altered on the way, it shows even to who has no key for it.
    let mut altered = sealed.clone();
    altered.0[3].1[2_000] ^= 1;
    let (problems, _) = open(&record(&office, &head(), &altered), account, None);
    assert!(problems.contains(&Problem::NotAsInManifest(Attachment(2))));
}

#[test]
fn a_disk_that_fails_is_no_fault_of_the_record() {
    let office = office(10);
    let stored = record(&office, &head(), &compartments(&office, "x", &[b"file"]));
    let identities = Identities {
        intake: &office.intake,
        account: Some(&office.account),
        identity: None,
    };
    let full = &mut |_: u16, _: &[u8]| Err(io::ErrorKind::StorageFull.into());
    let outcome = open_record(stored.as_slice(), &label(), &identities, full);
    assert_eq!(
        outcome.err(),
        Some(RecordError::Io(io::ErrorKind::StorageFull))
    );
}

mod follow_ups;
