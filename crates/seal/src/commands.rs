//! What each command does: check the office's keys, read, seal, keep the file, show the code once.

use std::{
    fs::{self, File},
    io::{self, BufReader, IsTerminal, Read, Write},
    path::{Path, PathBuf},
};

use asylia_envelope::{
    day::Day,
    key_bundle::{Anchor, Fingerprint, KeyBundle, NOTE_LIMIT_BYTES, UnverifiedBundle},
    sealed_file::SealedFileHead,
};
use asylia_seal::{
    answers_file::{self, ANSWERS_FILE_LIMIT_BYTES},
    inspect::inspect,
    sealing::{Attachment, Receipt, Submission, media_type_of, seal_submission},
};
use indicatif::{ProgressBar, ProgressStyle};
use rand_core::{CryptoRng, RngCore};
use zeroize::Zeroizing;

use crate::{
    cli::{Command, InspectArgs, NewArgs},
    failure::Failure,
    mailbox,
    output::NewFile,
    verify_site,
};

/// Runs one command.
pub(crate) fn run(
    command: Command,
    today: Day,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<(), Failure> {
    match command {
        Command::New(args) => new(args, today, rng),
        Command::Inspect(args) => show(args),
        Command::Mailbox(args) => mailbox::run(args),
        Command::VerifySite(args) => verify_site::run(&args),
    }
}

fn new(args: NewArgs, today: Day, rng: &mut (impl RngCore + CryptoRng)) -> Result<(), Failure> {
    let bundle = office_keys(&args.keys, args.office)?;
    let json = read_limited(&args.answers, ANSWERS_FILE_LIMIT_BYTES, "the answers file")?;
    let answers = answers_file::parse(&json)?;
    let (attachments, bytes) = open_attachments(&args.attachments)?;
    let file = NewFile::begin(&args.out).map_err(writing)?;
    let bar = progress_bar(bytes);
    let (receipt, writer) = seal_submission(
        &bundle,
        today,
        Submission {
            language: &args.language,
            answers: &answers,
            attachments,
        },
        &mut |sealed| bar.inc(sealed),
        rng,
        file.writer(),
    )?;
    bar.finish_and_clear();
    writer
        .into_inner()
        .map_err(|error| writing(error.into_error()))?;
    file.keep().map_err(writing)?;
    print_receipt(&receipt, &bundle).map_err(|_| withdraw(&args.out))
}

/// Removes a sealed file whose code nobody has seen: no answer could ever reach the person.
fn withdraw(out: &Path) -> Failure {
    let what = "The return code could not be shown";
    match fs::remove_file(out) {
        Ok(()) => Failure::new(
            &format!("{what}, so the sealed file was removed"),
            "Run this again in a terminal",
        ),
        Err(_) => Failure::new(
            what,
            "Remove the sealed file and run this again in a terminal",
        ),
    }
}

/// The office's keys, checked against the words that the person was given.
pub(crate) fn office_keys(path: &Path, office: Option<Fingerprint>) -> Result<KeyBundle, Failure> {
    let note = read_limited(path, NOTE_LIMIT_BYTES, "the office's keys")?;
    let anchor = office.map_or(Anchor::DemoOnly, Anchor::Fingerprint);
    Ok(UnverifiedBundle::parse(&note)?.verify(&anchor, None)?)
}

/// Opens every attachment before anything is sealed; returns them with the bytes of all.
fn open_attachments(paths: &[PathBuf]) -> Result<(Vec<Attachment<'static>>, u64), Failure> {
    let mut attachments = Vec::with_capacity(paths.len());
    let mut bytes = 0_u64;
    for (at, path) in paths.iter().enumerate() {
        // By its place, since a file's name may name a person.
        let what = format!("attachment {}", at + 1);
        let reading = |error: io::Error| Failure::reading(&what, &error);
        let file = File::open(path).map_err(reading)?;
        let metadata = file.metadata().map_err(reading)?;
        if !metadata.is_file() {
            return Err(reading(io::ErrorKind::IsADirectory.into()));
        }
        bytes = bytes.saturating_add(metadata.len());
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        attachments.push(Attachment {
            media_type: media_type_of(&name).to_owned(),
            name,
            source: Box::new(BufReader::new(file)),
        });
    }
    Ok((attachments, bytes))
}

/// A bar on a terminal, for what takes longer than a glance.
fn progress_bar(bytes: u64) -> ProgressBar {
    if bytes < PROGRESS_FROM_BYTES || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style =
        ProgressStyle::with_template("Sealing {bar:40} {bytes} of {total_bytes}, {eta} left")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(bytes).with_style(style)
}

/// The only place where a code is written, to standard output.
fn print_receipt(receipt: &Receipt, bundle: &KeyBundle) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let content = bundle.content();
    if content.demo {
        let note = "DEMO KEYS: nobody reads this report. For trying out only.";
        if io::stdout().is_terminal() {
            writeln!(out, "\u{1b}[1;31m{note}\u{1b}[0m")?;
        } else {
            writeln!(out, "{note}")?;
        }
    }
    writeln!(
        out,
        "Sealed to: {}, period {}",
        content.office, receipt.period
    )?;
    writeln!(out, "Upload on or before: {}", receipt.upload_until)?;
    writeln!(out)?;
    writeln!(out, "Return code in words: {}", *receipt.words)?;
    writeln!(out, "The same in digits:   {}", *groups(&receipt.digits))?;
    let [first, second, third] = &receipt.proof_words;
    writeln!(
        out,
        "Proof words:          {} {} {}",
        **first, **second, **third
    )?;
    writeln!(out)?;
    writeln!(
        out,
        "Write the return code and the proof words down now: they are shown once, stored nowhere.\n\
         The code is the only way to the office's answers; the first repeats the proof words.\n\
         Then clear this window, and remove answers and attachments if nobody may find them here."
    )?;
    out.flush()
}

/// Digits in groups of four.
fn groups(digits: &str) -> Zeroizing<String> {
    let mut grouped = Zeroizing::new(String::with_capacity(digits.len() * 2));
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && at.is_multiple_of(4) {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    grouped
}

fn show(args: InspectArgs) -> Result<(), Failure> {
    let file =
        File::open(&args.file).map_err(|error| Failure::reading("the sealed file", &error))?;
    let inspection = inspect(BufReader::new(file))?;
    let until = match &args.keys {
        Some(keys) => {
            let bundle = office_keys(keys, args.office)?;
            Some(upload_until(&inspection.head, &bundle)?)
        }
        None => None,
    };
    println!("Installation: {}", inspection.head.instance);
    println!("Period: {}", inspection.head.period);
    println!("Key bundle number: {}", inspection.head.bundle_sequence);
    println!("Compartments, with the bytes of their ciphertext:");
    for (name, bytes) in &inspection.compartments {
        println!("  {:<13} {bytes:>12}", name.to_string());
    }
    if let Some(until) = until {
        println!("Upload on or before: {until}");
    }
    Ok(())
}

/// The last day on which a site with this bundle takes the file; it refuses for the same reasons.
fn upload_until(head: &SealedFileHead, bundle: &KeyBundle) -> Result<Day, Failure> {
    let content = bundle.content();
    if head.instance != content.instance {
        return Err(Failure::new(
            "The file is sealed to another office than these keys belong to",
            "Hand it in at that office's site, or give that office's keys",
        ));
    }
    if head.bundle_sequence > bundle.sequence() {
        return Err(Failure::new(
            "The file was sealed with newer keys than these",
            "Fetch keys.note again from the office",
        ));
    }
    let period = content.periods.iter().find(|it| it.id == head.period);
    let period = period.ok_or_else(|| {
        Failure::new(
            "The period that the file is sealed to is over",
            "Fetch keys.note again from the office, and seal again with `asylia-seal new`",
        )
    })?;
    Ok(period.until.min(content.not_after))
}

pub(crate) fn read_limited(
    path: &Path,
    limit: usize,
    what: &str,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let read = || -> io::Result<Zeroizing<Vec<u8>>> {
        let mut bytes = Zeroizing::new(Vec::new());
        File::open(path)?
            .take(limit as u64 + 1)
            .read_to_end(&mut bytes)?;
        if bytes.len() > limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(bytes)
    };
    read().map_err(|error| Failure::reading(what, &error))
}

fn writing(error: io::Error) -> Failure {
    Failure::writing("the sealed file", &error)
}

const PROGRESS_FROM_BYTES: u64 = 8 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_in_groups_of_four() {
        assert_eq!(*groups("1234567890"), "1234 5678 90");
        assert_eq!(*groups(""), "");
    }
}
