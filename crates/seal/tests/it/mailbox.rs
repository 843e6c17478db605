//! `asylia-seal mailbox`: a saved answer is opened offline with a code that is typed, and nothing else is.
#![expect(
    clippy::disallowed_types,
    reason = "the tests start the program; the program starts none"
)]

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

use asylia_envelope::{
    day::Day,
    ids::{QuestionNonce, ReplyDigest, SubmissionId},
    reply::{REPLY_SLOT_BYTES, Reply, ReplyKind, dummy_slot},
    return_code::ReturnCode,
    signing::{Office, SigningKey},
    words::WordList,
};
use asylia_keys::demo::DemoOffice;
use rand_core::OsRng;

struct Desk {
    office: DemoOffice,
    code: ReturnCode,
    previous: Option<ReplyDigest>,
    counter: u64,
}

impl Desk {
    fn new() -> Self {
        let day: Day = "2026-11-28".parse().unwrap();
        Self {
            office: DemoOffice::generate(day, &mut OsRng),
            code: ReturnCode::generate(&mut OsRng),
            previous: None,
            counter: 0,
        }
    }

    fn write(&mut self, kind: ReplyKind, text: &str) -> Vec<u8> {
        let key = SigningKey::<Office>::from_seed(&self.office.office_key.seed());
        self.write_signed_by(&key, kind, text)
    }

    fn write_signed_by(
        &mut self,
        key: &SigningKey<Office>,
        kind: ReplyKind,
        text: &str,
    ) -> Vec<u8> {
        self.counter += 1;
        let instance = self.office.content.instance;
        let keys = self.code.derive_mailbox(instance);
        let reply = Reply {
            version: 1,
            instance,
            lookup_id: keys.lookup_id(),
            submission_id: SubmissionId([1; 16]),
            counter: self.counter,
            previous: self.previous,
            day: "2026-11-28".parse().unwrap(),
            follow_up_counter: 0,
            kind,
            language: "en".to_owned(),
            text: text.to_owned(),
        };
        let sealed = reply.seal(key, &keys.identity.to_recipient());
        let (slot, digest) = sealed.ok().unwrap();
        self.previous = Some(digest);
        slot
    }
}

fn run(folder: &Path, arguments: &[&str], typed: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_asylia-seal"))
        .args(["mailbox", "--keys", "keys.note"])
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    // A program that refuses before it asks does not read.
    drop(writeln!(input, "{typed}"));
    drop(input);
    child.wait_with_output().unwrap()
}

fn place(desk: &Desk, slots: &[Vec<u8>]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("keys.note"), &desk.office.note).unwrap();
    let mut answer = slots.concat();
    while answer.len() < 4 * REPLY_SLOT_BYTES {
        answer.extend(dummy_slot(&mut OsRng).unwrap());
    }
    fs::write(folder.path().join("answer"), answer).unwrap();
    folder
}

#[test]
fn a_saved_answer_is_opened_with_the_code_and_shows_who_wrote_it() {
    let mut desk = Desk::new();
    let proof_words = ["tiger", "lamp", "ocean"].map(str::to_owned);
    let nonce = QuestionNonce([3; 16]);
    let slots = [
        desk.write(ReplyKind::Received { proof_words }, "We have it."),
        desk.write(ReplyKind::Question { nonce }, "May we ask?\u{1b}[2J"),
    ];
    let folder = place(&desk, &slots);
    let words = desk.code.to_words(WordList::English);
    for typed in [words.to_uppercase(), desk.code.to_digits().to_string()] {
        let output = run(folder.path(), &["answer"], &typed);
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{said}");
        for part in [
            "Answer 1, 2026-11-28: the office has opened your report",
            "Proof words: tiger lamp ocean",
            "We have it.",
            "Answer 2, 2026-11-28: a question",
            "May we ask?\\u{001b}[2J",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
        assert!(!said.contains(&*words) && !said.contains("WARNING"));
    }
    let other = ReturnCode::generate(&mut OsRng);
    let output = run(folder.path(), &["answer"], &other.to_digits());
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said, "There is no answer for this code in this file.\n");
}

#[test]
fn what_somebody_else_wrote_is_named_and_not_shown() {
    let mut desk = Desk::new();
    let forger = SigningKey::<Office>::from_seed(&[9; 32]);
    let slot = desk.write_signed_by(&forger, ReplyKind::Message, "Pay me.");
    // A forger may number as he likes; the first has no predecessor.
    let folder = place(&desk, &[slot]);
    let output = run(folder.path(), &["answer"], &desk.code.to_digits());
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        said.contains("WARNING: something lay here") && !said.contains("Pay"),
        "{said}"
    );
}

#[test]
fn the_request_is_the_token_and_a_slip_or_another_file_is_named() {
    let desk = Desk::new();
    let folder = place(&desk, &[]);
    let digits = desk.code.to_digits();
    let output = run(folder.path(), &["--request", "request"], &digits);
    assert!(output.status.success() && output.stdout.is_empty());
    let keys = desk.code.derive_mailbox(desk.office.content.instance);
    assert_eq!(
        fs::read(folder.path().join("request")).unwrap(),
        *keys.lookup_token
    );

    let refused = |arguments: &[&str], typed: &str| {
        let output = run(folder.path(), arguments, typed);
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(refused(&["answer"], "one two three").contains("ten words or 34 digits"));
    fs::write(folder.path().join("short"), [0; 100]).unwrap();
    assert!(refused(&["short"], &digits).contains("32768 bytes"));
    assert!(refused(&["--request", "request"], &digits).contains("Nothing is ever overwritten"));
    let stranger = DemoOffice::generate("2026-11-28".parse().unwrap(), &mut OsRng);
    let words = stranger.fingerprint().to_string();
    assert!(refused(&["--office", &words, "answer"], &digits).contains("another office"));
}
