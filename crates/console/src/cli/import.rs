//! `import`: a bundle from the stick, with progress, and three plain lines about it.

use std::{
    fs::File,
    io::{self, BufReader},
};

use asylia_envelope::signing::{Transfer, VerifyingKey};
use indicatif::{ProgressBar, ProgressStyle};

use super::{Failure, ImportArgs, desk::Desk};
use crate::{
    access::Verb,
    import::{ImportReport, Known, import, report::sentences},
    l10n::Texts,
    qr,
    vault::WriteLock,
};

/// Takes the bundle in.
pub(super) fn run(desk: &Desk, args: &ImportArgs) -> Result<(), Failure> {
    let given = args.server_key.as_deref().map(server_key).transpose()?;
    // Opened for reading only: nothing is ever written to the stick that is being read.
    let unreadable = |_| {
        Failure("The bundle cannot be read. Check the path and whether the stick is in.".to_owned())
    };
    let file = File::open(&args.file).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    let _lock = WriteLock::take(&args.vault.vault)?;
    let mut vault = desk.open(&args.vault, Verb::Import)?;
    let bar = ProgressBar::new(length).with_style(style());
    let known = Known {
        key: given.as_ref(),
        new_count: args.new_count,
    };
    let report = import(
        &mut vault,
        BufReader::with_capacity(READ_BYTES, file),
        length,
        known,
        &mut |done| bar.set_position(done),
    );
    bar.finish_and_clear();
    let report = report?;
    if args.json {
        let json = serde_json::to_string(&report).map_err(|error| {
            Failure(format!(
                "The result cannot be printed: {error}. The import is done."
            ))
        })?;
        println!("{json}");
    } else {
        let pinned = vault.contents().server.as_ref();
        let key = pinned.map(|server| server.item.verifying_key.as_str());
        for sentence in sentences(Texts::english(), &report, key) {
            println!("{sentence}");
        }
        print_acknowledgement(&report);
    }
    vault.close();
    Ok(())
}

/// The words, and their code where somebody sees it.
fn print_acknowledgement(report: &ImportReport) {
    let texts = Texts::english();
    let Some(words) = &report.acknowledge else {
        println!("{}", texts.get("console-cli-import-no-words"));
        return;
    };
    let said = [("words", words.expose().into())];
    println!("{}", texts.with("console-cli-import-acknowledge", &said));
    if rustix::termios::isatty(io::stdout())
        && let Some(code) = qr::lines(words.expose())
    {
        print!("{code}");
    }
}

pub(super) fn server_key(text: &str) -> Result<VerifyingKey<Transfer>, Failure> {
    VerifyingKey::parse(text.trim()).map_err(|_| {
        Failure(
            "What follows `--server-key` is not a server's key. Copy it from `asylia status`."
                .to_owned(),
        )
    })
}

/// Hidden by itself where the error stream is no terminal.
fn style() -> ProgressStyle {
    ProgressStyle::with_template("{bar:40} {bytes} of {total_bytes}, {eta} left")
        .expect("the template is one of indicatif's")
}

const READ_BYTES: usize = 1024 * 1024;
