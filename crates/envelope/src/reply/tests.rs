use rand_core::OsRng;

use super::*;
use crate::{return_code::ReturnCode, signing::Root};

const INSTANCE: InstanceId = InstanceId([1; 16]);

struct Desk {
    key: SigningKey<Office>,
    keys: MailboxKeys,
}

impl Desk {
    fn new() -> Self {
        Self {
            key: SigningKey::generate(&mut OsRng),
            keys: ReturnCode::generate(&mut OsRng).derive_mailbox(INSTANCE),
        }
    }

    fn reply(&self, counter: u64, previous: Option<ReplyDigest>, text: &str) -> Reply {
        Reply {
            version: FORMAT_VERSION,
            instance: INSTANCE,
            lookup_id: self.keys.lookup_id(),
            submission_id: SubmissionId([2; 16]),
            counter,
            previous,
            day: "2026-11-23".parse().unwrap(),
            follow_up_counter: 0,
            kind: ReplyKind::Message,
            language: "en".into(),
            text: text.into(),
        }
    }

    fn sealed(&self, reply: &Reply) -> (Vec<u8>, ReplyDigest) {
        reply.seal(&self.key, &self.recipient()).unwrap()
    }

    fn recipient(&self) -> HybridRecipient {
        self.keys.identity.to_recipient()
    }

    fn open(&self, slot: &[u8]) -> Result<OpenedReply, ReplyError> {
        open_slot(slot, &self.keys, INSTANCE, &[self.key.verifying_key()])
    }
}

/// `Reply` has no `Debug`.
fn error(result: Result<OpenedReply, ReplyError>) -> ReplyError {
    result.err().expect("the slot is refused")
}

#[test]
fn what_the_office_writes_is_what_the_code_opens() {
    let desk = Desk::new();
    let mut first = desk.reply(1, None, "");
    first.kind = ReplyKind::Received {
        proof_words: ["river", "stone", "lamp"].map(String::from),
    };
    let (slot, digest) = desk.sealed(&first);
    assert_eq!(first.digest(), Ok(digest), "known without sealing");
    let opened = desk.open(&slot).ok().unwrap();
    assert!(opened.reply == first);
    let second = desk.reply(2, Some(digest), "Как вы?\nهل أنت بخير؟ \"…\" \\ \u{1f58a}");
    let opened_second = desk.open(&desk.sealed(&second).0).ok().unwrap();
    assert!(opened_second.reply == second);
    let thread = Thread::new(vec![opened_second, opened]);
    assert_eq!(thread.problems(), []);
    assert_eq!(thread.replies().len(), 2);
}

#[test]
fn every_slot_has_one_length_and_a_dummy_opens_for_nobody() {
    let desk = Desk::new();
    for length in [0, 1, 1000, REPLY_TEXT_LIMIT_BYTES] {
        let text = "x".repeat(length);
        let slot = desk.sealed(&desk.reply(1, None, &text)).0;
        assert_eq!(slot.len(), REPLY_SLOT_BYTES);
        assert!(
            desk.open(&slot)
                .is_ok_and(|opened| opened.reply.text == text)
        );
    }
    let dummy = dummy_slot(&mut OsRng).unwrap();
    assert_eq!(dummy.len(), REPLY_SLOT_BYTES);
    assert_eq!(error(desk.open(&dummy)), ReplyError::NothingForThisCode);
}

#[test]
fn what_does_not_fit_is_refused_and_nothing_is_cut() {
    let desk = Desk::new();
    let refused = |text: &str| {
        let sealed = desk.reply(1, None, text).seal(&desk.key, &desk.recipient());
        sealed.map(|_| ()).unwrap_err()
    };
    assert_eq!(
        refused(&"x".repeat(REPLY_TEXT_LIMIT_BYTES + 1)),
        ReplyError::TooLong
    );
    // Within the limit of the text, but each takes two bytes in the line.
    assert_eq!(
        refused(&"\"".repeat(REPLY_TEXT_LIMIT_BYTES)),
        ReplyError::TooLong
    );
}

#[test]
fn a_reply_lifted_into_another_mailbox_is_named() {
    let (desk, other) = (Desk::new(), Desk::new());
    let reply = desk.reply(1, None, "for one");
    // Whoever has one code can read its reply and seal the same signed line to another mailbox.
    let (slot, _) = reply.seal(&desk.key, &other.recipient()).unwrap();
    let keys = &[desk.key.verifying_key()];
    let lifted = open_slot(&slot, &other.keys, INSTANCE, keys);
    assert_eq!(error(lifted), ReplyError::ForSomebodyElse);
    let (slot, _) = desk.sealed(&reply);
    let elsewhere = open_slot(&slot, &desk.keys, InstanceId([9; 16]), keys);
    assert_eq!(error(elsewhere), ReplyError::ForSomebodyElse);
    assert_eq!(error(other.open(&slot)), ReplyError::NothingForThisCode);
}

#[test]
fn only_the_office_can_answer() {
    let desk = Desk::new();
    let server = SigningKey::<Office>::generate(&mut OsRng);
    let reply = desk.reply(1, None, "made up");
    let (slot, _) = reply.seal(&server, &desk.recipient()).unwrap();
    assert_eq!(error(desk.open(&slot)), ReplyError::NotTheOffice);
    // The same seed in another role signs other bytes.
    let root = SigningKey::<Root>::from_seed(&desk.key.seed());
    let line = json_bytes(&reply);
    let signature = BASE64_STANDARD.encode(root.sign(&[&line]));
    let mut plain = [&line[..], b"\n", signature.as_bytes(), b"\n"].concat();
    plain.resize(REPLY_PLAIN_BYTES, PADDING);
    let forged = slot_of(&desk, &plain);
    assert_eq!(error(desk.open(&forged)), ReplyError::NotTheOffice);
}

#[test]
fn a_damaged_slot_opens_nowhere() {
    let desk = Desk::new();
    let (good, _) = desk.sealed(&desk.reply(1, None, "x"));
    let mut altered = good.clone();
    altered[4000] ^= 1;
    assert_eq!(error(desk.open(&altered)), ReplyError::NothingForThisCode);
    let mut trailing = good.clone();
    *trailing.last_mut().unwrap() = 1;
    assert_eq!(error(desk.open(&trailing)), ReplyError::Slot);
    assert_eq!(error(desk.open(&good[1..])), ReplyError::Slot);
    assert_eq!(
        error(desk.open(&[0xff; REPLY_SLOT_BYTES])),
        ReplyError::Slot
    );
}

#[test]
fn behind_the_signature_stand_spaces_alone() {
    let desk = Desk::new();
    let line = json_bytes(&desk.reply(1, None, "x"));
    let signature = BASE64_STANDARD.encode(desk.key.sign(&[&line]));
    let mut plain = [&line[..], b"\n", signature.as_bytes(), b"\n"].concat();
    plain.resize(REPLY_PLAIN_BYTES, PADDING);
    assert!(desk.open(&slot_of(&desk, &plain)).is_ok());
    *plain.last_mut().unwrap() = b'x';
    assert_eq!(
        error(desk.open(&slot_of(&desk, &plain))),
        ReplyError::Format
    );
}

#[test]
fn a_reply_has_a_place_that_it_can_have() {
    let desk = Desk::new();
    let digest = Some(ReplyDigest([7; 32]));
    for (counter, previous) in [(0, None), (1, digest), (2, None)] {
        let sealed = desk
            .reply(counter, previous, "x")
            .seal(&desk.key, &desk.recipient());
        assert_eq!(sealed.map(|_| ()).unwrap_err(), ReplyError::Place);
    }
}

#[test]
fn gaps_forks_and_foreign_predecessors_are_named() {
    let desk = Desk::new();
    let opened = |reply: &Reply| desk.open(&desk.sealed(reply).0).ok().unwrap();
    let first = opened(&desk.reply(1, None, "1"));
    let second = opened(&desk.reply(2, Some(first.digest), "2"));
    let third = opened(&desk.reply(3, Some(second.digest), "3"));
    let fork = opened(&desk.reply(3, Some(second.digest), "3, but other"));
    let foreign = opened(&desk.reply(2, Some(third.digest), "2, of another chain"));
    let problems = |replies: &[&OpenedReply]| {
        let thread = Thread::new(replies.iter().map(|reply| (*reply).clone()).collect());
        thread.problems().to_vec()
    };
    assert_eq!(problems(&[&third, &first, &second, &second]), []);
    assert_eq!(problems(&[&second, &third]), []);
    assert_eq!(
        problems(&[&first, &third]),
        [ThreadProblem::MissingBefore(3)]
    );
    assert_eq!(
        problems(&[&second, &third, &fork]),
        [ThreadProblem::Forked(3)]
    );
    assert_eq!(
        problems(&[&first, &foreign]),
        [ThreadProblem::OtherPredecessor(2)]
    );
}

fn slot_of(desk: &Desk, plain: &[u8]) -> Vec<u8> {
    slot(&desk.recipient(), plain).unwrap()
}

#[test]
fn slots_of_another_implementation_open_or_are_refused_as_their_vectors_say() {
    // Its secret is 0123456789abcdef0123456789.
    let code = ReturnCode::parse("0023076874926821455826562230749675").unwrap();
    let instance = InstanceId([0x11; 16]);
    let keys = code.derive_mailbox(instance);
    let office = [SigningKey::<Office>::from_seed(&[7; 32]).verifying_key()];
    let mut seen = 0;
    for line in include_str!("../../testdata/reply.vec").lines() {
        let Some((name, rest)) = line.split_once('|').filter(|_| !line.starts_with('#')) else {
            continue;
        };
        let (expected, slot) = rest.split_once('|').unwrap();
        let slot = BASE64_STANDARD.decode(slot).unwrap();
        let said = match open_slot(&slot, &keys, instance, &office) {
            Err(error) => format!("{error:?}"),
            Ok(OpenedReply { reply, digest }) => {
                let kind = match &reply.kind {
                    ReplyKind::Received { .. } => "received",
                    ReplyKind::Message => "message",
                    ReplyKind::Question { .. } => "question",
                    ReplyKind::Confirmation => "confirmation",
                };
                format!("{} {kind} {}", reply.counter, hex::encode(digest.0))
            }
        };
        assert_eq!(said, expected, "{name}");
        seen += 1;
    }
    assert_eq!(seen, 11);
}
