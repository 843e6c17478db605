//! `reply` and `thread`: writing to the submitter of a report, and what was written and came so far.

use std::{
    fs,
    io::{self, BufWriter, Write},
    path::PathBuf,
};

use asylia_envelope::{ids::RecordId, reply::REPLY_TEXT_LIMIT_BYTES};
use clap::Args;
use zeroize::Zeroizing;

use super::{Failure, VaultArgs, desk::Desk};
use crate::{
    access::Verb,
    correspondence::{
        thread::{Entry, Thread},
        writing::{Letter, write},
    },
    l10n::Texts,
    words,
};

#[derive(Args)]
pub(super) struct ReplyArgs {
    /// The report's number, 32 digits
    id: RecordId,
    #[command(flatten)]
    vault: VaultArgs,
    /// A file with the text, UTF-8
    #[arg(long, value_name = "F")]
    text_file: PathBuf,
    /// It is a question: the answer to one can raise a permission
    #[arg(long)]
    question: bool,
    /// Take it although it holds names of the report
    #[arg(long)]
    anyway: bool,
}

#[derive(Args)]
pub(super) struct ThreadArgs {
    /// The report's number, 32 digits
    id: RecordId,
    #[command(flatten)]
    vault: VaultArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Takes a letter in.
pub(super) fn run(desk: &Desk, args: &ReplyArgs) -> Result<(), Failure> {
    let text = read(&args.text_file)?;
    let mut vault = desk.open(&args.vault, Verb::Reply)?;
    let letter = Letter {
        report: args.id,
        text: &text,
        question: args.question,
        anyway: args.anyway,
    };
    let taken = write(&mut vault, &letter)?;
    vault.close();
    let texts = Texts::english();
    let counter = [("counter", taken.counter.into())];
    println!("{}", texts.with("console-reply-taken", &counter));
    if !taken.names_checked {
        println!("{}", texts.get("console-reply-names-unchecked"));
    }
    Ok(())
}

/// Shows the thread.
pub(super) fn thread(desk: &Desk, args: &ThreadArgs) -> Result<(), Failure> {
    let mut vault = desk.open(&args.vault, Verb::Thread)?;
    let thread = Thread::open(&mut vault, args.id).map_err(|_| {
        Failure(
            "The thread could not be read. Run `asylia-console doctor`, which names what is damaged."
                .to_owned(),
        )
    })?;
    vault.close();
    let thread = thread.ok_or_else(|| {
        Failure(format!(
            "There is no report {} in this vault. `asylia-console list` shows the numbers.",
            args.id
        ))
    })?;
    let mut out = BufWriter::new(io::stdout().lock());
    let written = match args.json {
        true => serde_json::to_writer(&mut out, &thread.to_json())
            .map_err(io::Error::from)
            .and_then(|()| writeln!(out)),
        false => print(&thread, &mut out),
    };
    written.and_then(|()| out.flush()).map_err(|_| {
        Failure("The result could not be printed. Check where the output goes.".to_owned())
    })
}

fn print(thread: &Thread, out: &mut impl Write) -> io::Result<()> {
    let texts = Texts::english();
    if thread.entries.is_empty() {
        return writeln!(out, "{}", texts.get("console-thread-empty"));
    }
    for entry in &thread.entries {
        let (heading, notes, text) = match entry {
            Entry::Out(written) => (
                written.heading(texts),
                Vec::new(),
                Some(written.reply.text.as_str()),
            ),
            Entry::In(received) => (
                received.heading(texts),
                received.notes(texts),
                received.story.as_ref().map(|story| story.as_str()),
            ),
        };
        writeln!(out, "\n== {heading} ==")?;
        for note in notes {
            writeln!(out, "  * {note}")?;
        }
        for line in words::for_terminal(text.unwrap_or_default()).split('\n') {
            writeln!(out, "    {line}")?;
        }
    }
    Ok(())
}

fn read(file: &std::path::Path) -> Result<Zeroizing<String>, Failure> {
    let refused = |what: &str| {
        Failure(format!(
            "{} {what}. Give the path of a text file in UTF-8.",
            file.display()
        ))
    };
    let length = fs::metadata(file)
        .map_err(|_| refused("cannot be read"))?
        .len();
    if length > 2 * REPLY_TEXT_LIMIT_BYTES as u64 {
        return Err(refused("is longer than an answer can be"));
    }
    fs::read_to_string(file)
        .map(Zeroizing::new)
        .map_err(|_| refused("is no text"))
}
