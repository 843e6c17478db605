//! Follow-ups and decoys: what the office is told of them, and what a server cannot make of them.

use super::*;
use crate::{
    follow_up::{FollowUpKeys, Permission, Purpose},
    ids::ReplyDigest,
    return_code::MailboxKeys,
    signing::{Mailbox, SigningKey},
};

const NONE: &[&[u8]] = &[];

fn code(seed: u8) -> MailboxKeys {
    ReturnCode::generate(&mut Counted(seed)).derive_mailbox(label().instance)
}

/// Repeatable bytes for a code; no secret of anybody.
struct Counted(u8);

impl rand_core::RngCore for Counted {
    fn next_u32(&mut self) -> u32 {
        u32::from_be_bytes([self.0; 4])
    }
    fn next_u64(&mut self) -> u64 {
        u64::from_be_bytes([self.0; 8])
    }
    fn fill_bytes(&mut self, dest: &mut [u8]) {
        dest.fill(self.0);
    }
    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), rand_core::Error> {
        dest.fill(self.0);
        Ok(())
    }
}

impl rand_core::CryptoRng for Counted {}

fn said(new: Option<&MailboxKeys>) -> FollowUp {
    let mut answers = Answers::default();
    answers.add("story", "They came again.");
    answers.add("act_place_text", "market");
    FollowUp {
        language: "en".into(),
        page_number: None,
        lookup_id: code(1).lookup_id(),
        counter: 1_795_000_000,
        answers_reply: Some(ReplyDigest([3; 32])),
        nonce: None,
        permissions: [(Purpose::Government, Permission::No)].into(),
        withdraw_all: false,
        delete_report: false,
        new_mailbox: new.map(MailboxAddress::of),
        answers,
    }
}

fn signing(keys: &MailboxKeys) -> SigningKey<Mailbox> {
    SigningKey::from_seed(&keys.signing_key.seed())
}

fn sealed(
    office: &Office,
    follow_up: &FollowUp,
    keys: FollowUpKeys,
    files: &[&[u8]],
) -> Compartments {
    let id = SubmissionId::generate(&mut OsRng);
    sealed_as(id, office, follow_up, keys, files)
}

fn sealed_as(
    id: SubmissionId,
    office: &Office,
    follow_up: &FollowUp,
    keys: FollowUpKeys,
    files: &[&[u8]],
) -> Compartments {
    let identity = IdentityPart {
        answers: Answers::default(),
    };
    let sink = Compartments::default();
    let mut sealer = SubmissionSealer::start_follow_up(
        label().instance,
        &office.period,
        id,
        follow_up,
        &identity,
        keys,
        sink,
    )
    .unwrap();
    for file in files {
        sealer.begin_attachment("later.jpg", "image/jpeg").unwrap();
        sealer.write_attachment(file).unwrap();
    }
    sealer.finish().unwrap()
}

fn with_code_1(office: &Office, files: &[&[u8]]) -> Compartments {
    sealed(office, &said(None), FollowUpKeys::of(code(1), None), files)
}

fn opened(office: &Office, compartments: &Compartments) -> OpenedRecord {
    open_with(office, &record(office, &head(), compartments), &label()).unwrap()
}

#[test]
fn a_follow_up_opens_and_proves_itself_to_its_own_mailbox_alone() {
    let office = office(10);
    let record = opened(&office, &with_code_1(&office, &[b"one", b"two"]));
    assert!(record.problems.is_empty() && record.account.is_none());
    assert_eq!(record.attachments.len(), 2);
    let own = MailboxAddress::of(&code(1));
    assert_eq!(record.verify_follow_up(&own), Ok(()));
    let follow_up = &record.follow_up.as_ref().unwrap().follow_up;
    assert_eq!(follow_up.answers.text("story"), Some("They came again."));
    assert_eq!(follow_up.answers.text("act_place_text"), Some("market"));
    let other = MailboxAddress::of(&code(2));
    assert_eq!(
        record.verify_follow_up(&other),
        Err(ProofError::OtherMailbox)
    );
    // Somebody else's key under this mailbox's number is none of it either.
    let mixed = MailboxAddress {
        lookup_id: own.lookup_id,
        ..other
    };
    assert_eq!(record.verify_follow_up(&mixed), Err(ProofError::NotTheCode));
    let report = opened(&office, &compartments(&office, "x", NONE));
    assert_eq!(report.verify_follow_up(&own), Err(ProofError::NotTheCode));
}

#[test]
fn a_follow_up_of_which_a_part_was_changed_or_left_out_proves_nothing() {
    let office = office(10);
    let own = MailboxAddress::of(&code(1));
    let good = with_code_1(&office, &[b"one"]);
    let refused = |change: &dyn Fn(&mut Compartments)| {
        let mut changed = good.clone();
        change(&mut changed);
        opened(&office, &changed).verify_follow_up(&own)
    };
    assert_eq!(refused(&|_| ()), Ok(()));
    let not_the_code = Err(ProofError::NotTheCode);
    assert_eq!(refused(&|all| drop(all.0.remove(2))), not_the_code);
    assert_eq!(refused(&|all| drop(all.0.remove(3))), not_the_code);
    let another = with_code_1(&office, &[b"one"]);
    for part in 0..4 {
        let put = |all: &mut Compartments| all.0[part] = another.0[part].clone();
        assert_eq!(refused(&put), not_the_code, "part {part} of another");
    }
    // The identity key may lie elsewhere; that is no change.
    let stored = record(&office, &head(), &good);
    let identities = Identities {
        intake: &office.intake,
        account: Some(&office.account),
        identity: None,
    };
    let closed = open_record(&*stored, &label(), &identities, &mut |_, _| Ok(())).unwrap();
    assert_eq!(closed.verify_follow_up(&own), Ok(()));
}

#[test]
fn somebody_without_the_code_cannot_write_a_follow_up_for_it() {
    let office = office(10);
    let own = MailboxAddress::of(&code(1));
    let forged = sealed(&office, &said(None), FollowUpKeys::of(code(2), None), NONE);
    let forged = opened(&office, &forged);
    assert_eq!(forged.verify_follow_up(&own), Err(ProofError::NotTheCode));
    // Nor take over the mailbox by a new code that only one of them signs.
    let new = code(3);
    let taken = sealed(
        &office,
        &said(Some(&new)),
        FollowUpKeys::of(code(2), Some(code(3))),
        NONE,
    );
    assert_eq!(
        opened(&office, &taken).verify_follow_up(&own),
        Err(ProofError::NotTheCode)
    );
    let half = sealed(
        &office,
        &said(Some(&new)),
        FollowUpKeys::of(code(1), None),
        NONE,
    );
    assert_eq!(
        opened(&office, &half).verify_follow_up(&own),
        Err(ProofError::NotTheNewCode)
    );
    let whole = FollowUpKeys {
        code: signing(&code(1)),
        new_code: Some(signing(&new)),
    };
    let whole = opened(&office, &sealed(&office, &said(Some(&new)), whole, NONE));
    assert_eq!(whole.verify_follow_up(&own), Ok(()));
}

#[test]
fn a_report_and_a_follow_up_have_one_stored_length() {
    let office = office(10);
    for files in [NONE, &[b"a file" as &[u8], b"another"]] {
        let report = record(&office, &head(), &compartments(&office, "x", files));
        let follow_up = record(&office, &head(), &with_code_1(&office, files));
        assert_eq!(report.len(), follow_up.len());
        // A server that takes sealed compartments sees the size of each; headers vary by 205 bytes of grease.
        let report = compartments(&office, "x", files);
        let follow_up = with_code_1(&office, files);
        for (one, other) in report.0.iter().zip(&follow_up.0) {
            assert_eq!(one.0, other.0);
            assert!(one.1.len().abs_diff(other.1.len()) < 300, "{}", one.0);
        }
    }
}

#[test]
fn a_decoy_looks_like_a_report_and_opens_as_nothing() {
    let office = office(10);
    let stored = decoy(&office, |_| ());
    let report = record(&office, &head(), &compartments(&office, "x", NONE));
    assert_eq!(stored.len(), report.len());
    assert_eq!(
        open_with(&office, &stored, &label()).err(),
        Some(RecordError::Decoy)
    );
    // A mark does not make a decoy of a report, which would be dropped unseen.
    let hidden = compartments(&office, "Read me.", NONE);
    let stored = decoy(&office, |writer| put(writer, &hidden));
    assert_eq!(
        open_with(&office, &stored, &label()).err(),
        Some(RecordError::Format)
    );
    let mut writer = RecordWriter::start(&office.period.intake, &head(), Vec::new()).unwrap();
    put(&mut writer, &hidden);
    assert!(writer.decoy().is_err());
}

fn decoy(office: &Office, more: impl Fn(&mut RecordWriter<Vec<u8>>)) -> Vec<u8> {
    let mut writer = RecordWriter::start(&office.period.intake, &head(), Vec::new()).unwrap();
    writer.decoy().unwrap();
    more(&mut writer);
    let (ciphertext, class) = writer.finish().unwrap();
    let (length, padding) = stored_frame(ciphertext.len() as u64, class).unwrap();
    let padding = vec![0; usize::try_from(padding).unwrap()];
    [length.as_slice(), &ciphertext, &padding].concat()
}

fn put(writer: &mut RecordWriter<Vec<u8>>, compartments: &Compartments) {
    for (name, ciphertext) in &compartments.0 {
        writer.begin(*name).unwrap();
        CompartmentSink::write(writer, ciphertext).unwrap();
        CompartmentSink::end(writer, &entry(*name, ciphertext)).unwrap();
    }
}

#[test]
fn a_report_that_carries_a_proof_is_named() {
    let office = office(10);
    let id = SubmissionId::generate(&mut OsRng);
    // The account of a report with the manifest of a follow-up, as no sealer makes them.
    let mut mixed = sealed_as(
        id,
        &office,
        &said(None),
        FollowUpKeys::of(code(1), None),
        NONE,
    );
    let (account, identity) = parts("x");
    let sink = Compartments::default();
    let instance = label().instance;
    let report =
        SubmissionSealer::start(instance, &office.period, id, &account, &identity, sink).unwrap();
    mixed.0[0] = report.finish().unwrap().0[0].clone();
    let record = opened(&office, &mixed);
    assert!(record.account.is_some() && record.follow_up.is_none());
    assert!(record.problems.contains(&Problem::Unknown));
}
