//! `asylia-seal mailbox`: opens a saved answer of a mailbox offline, so that no server sees code or replies.
//!
//! The code is typed or piped in, never an argument. `--request` writes what another computer sends to fetch the
//! answer; it can be used to fetch and to delete replies, never to open one.

use std::io::{self, BufRead, IsTerminal, Write};

use asylia_envelope::{
    key_bundle::BundleContent,
    reply::{
        OpenedReply, REPLY_SLOT_BYTES, ReplyError, ReplyKind, Thread, ThreadProblem, open_slot,
    },
    return_code::{MailboxKeys, ReturnCode},
};
use zeroize::Zeroizing;

use crate::{
    cli::MailboxArgs,
    commands::{office_keys, read_limited},
    failure::Failure,
    output::NewFile,
};

/// Opens the saved answer, or writes the request for one.
pub(crate) fn run(args: MailboxArgs) -> Result<(), Failure> {
    let bundle = office_keys(&args.keys, args.office)?;
    let keys = typed_code()?.derive_mailbox(bundle.content().instance);
    if let Some(path) = &args.request {
        let writing = |error: io::Error| Failure::writing("the request", &error);
        let file = NewFile::begin(path).map_err(writing)?;
        let written = file.writer().write_all(&*keys.lookup_token);
        written.and_then(|()| file.keep()).map_err(writing)?;
    }
    let Some(path) = &args.answer else {
        return Ok(());
    };
    let answer = read_limited(path, ANSWER_BYTES, "the saved answer")?;
    if answer.len() != ANSWER_BYTES {
        return Err(Failure::new(
            "The file is no saved answer: it does not have 32768 bytes",
            "Fetch it again, and save it as it comes",
        ));
    }
    let opened = open(&answer, &keys, bundle.content());
    show(&opened).map_err(|error| Failure::writing("the replies", &error))
}

/// What opened of an answer, and how many slots hold something that the office did not write for this code.
struct Opened {
    thread: Thread,
    refused: usize,
}

fn open(answer: &[u8], keys: &MailboxKeys, office: &BundleContent) -> Opened {
    let (mut replies, mut refused) = (Vec::new(), 0);
    for slot in answer.chunks(REPLY_SLOT_BYTES) {
        match open_slot(slot, keys, office.instance, &office.office_keys) {
            Ok(opened) => replies.push(opened),
            Err(ReplyError::NothingForThisCode) => {}
            Err(_) => refused += 1,
        }
    }
    Opened {
        thread: Thread::new(replies),
        refused,
    }
}

fn typed_code() -> Result<ReturnCode, Failure> {
    let input = io::stdin();
    if input.is_terminal() {
        eprint!("Return code, words or digits: ");
    }
    let mut typed = Zeroizing::new(String::with_capacity(CODE_BYTES));
    let read = input.lock().read_line(&mut typed);
    read.map_err(|error| Failure::reading("the code", &error))?;
    ReturnCode::parse(&typed).map_err(|bad| {
        Failure::new(
            &format!("This is not a return code: {bad}"),
            "Compare it with what you wrote down, and type it again",
        )
    })
}

fn show(opened: &Opened) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let replies = opened.thread.replies();
    if replies.is_empty() {
        writeln!(out, "There is no answer for this code in this file.")?;
    }
    for reply in replies {
        show_reply(&mut out, reply)?;
    }
    let contradicts = |problem: &ThreadProblem| !matches!(problem, ThreadProblem::MissingBefore(_));
    if opened.thread.problems().iter().any(contradicts) {
        writeln!(
            out,
            "WARNING: two answers do not fit together. Do not do what they ask."
        )?;
    }
    if opened.refused > 0 {
        writeln!(
            out,
            "WARNING: something lay here that the office did not write for you. It is not shown."
        )?;
    }
    out.flush()
}

fn show_reply(out: &mut impl Write, opened: &OpenedReply) -> io::Result<()> {
    let reply = &opened.reply;
    let kind = match &reply.kind {
        ReplyKind::Received { .. } => "the office has opened your report",
        ReplyKind::Message => "a message",
        ReplyKind::Question { .. } => "a question",
        ReplyKind::Confirmation => "a change of yours has taken effect",
    };
    writeln!(out, "Answer {}, {}: {kind}", reply.counter, reply.day)?;
    if let ReplyKind::Received { proof_words } = &reply.kind {
        let words = Zeroizing::new(proof_words.join(" "));
        writeln!(out, "Proof words: {}", *readable(&words))?;
        writeln!(
            out,
            "If these are not the words of your receipt, this is not from the office."
        )?;
    }
    writeln!(out, "\n{}\n", *readable(&reply.text))
}

/// The text with everything that steers a terminal shown by its number.
fn readable(text: &str) -> Zeroizing<String> {
    let mut readable = Zeroizing::new(String::with_capacity(text.len() * 8));
    for c in text.chars() {
        if c == '\n' || !(c.is_control() || is_direction(c)) {
            readable.push(c);
        } else {
            readable.push_str(&format!("\\u{{{:04x}}}", u32::from(c)));
        }
    }
    readable
}

/// Characters that turn the direction of what follows them.
fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Four slots.
const ANSWER_BYTES: usize = 4 * REPLY_SLOT_BYTES;
/// A line that is longer moves in memory, and is no code.
const CODE_BYTES: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_shown_by_its_number() {
        assert_eq!(*readable("a\nь ث"), "a\nь ث");
        assert_eq!(*readable("\u{1b}[2J\u{202e}"), "\\u{001b}[2J\\u{202e}");
    }
}
