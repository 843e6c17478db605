//! `import`: a bundle from the stick, with progress, and three plain lines about it.

use std::{fs::File, io::BufReader};

use asylia_envelope::signing::{Transfer, VerifyingKey};
use indicatif::{ProgressBar, ProgressStyle};

use super::{Failure, ImportArgs, open_vault};
use crate::{
    access::Verb,
    import::{ImportReport, import},
    l10n::Texts,
    machine::Machine,
    vault::{Vault, WriteLock},
    words,
};

/// Takes the bundle in.
pub(super) fn run(machine: &Machine, args: &ImportArgs) -> Result<(), Failure> {
    let given = args.server_key.as_deref().map(server_key).transpose()?;
    // Opened for reading only: nothing is ever written to the stick that is being read.
    let unreadable = |_| {
        Failure("The bundle cannot be read. Check the path and whether the stick is in.".to_owned())
    };
    let file = File::open(&args.file).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    let _lock = WriteLock::take(&args.vault.vault)?;
    let mut vault = open_vault(machine, &args.vault, Verb::Import)?;
    let bar = ProgressBar::new(length).with_style(style());
    let report = import(
        &mut vault,
        BufReader::with_capacity(READ_BYTES, file),
        length,
        given.as_ref(),
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
        print(&vault, &report);
    }
    vault.close();
    Ok(())
}

fn server_key(text: &str) -> Result<VerifyingKey<Transfer>, Failure> {
    VerifyingKey::parse(text.trim()).map_err(|_| {
        Failure(
            "What follows `--server-key` is not a server's key. Copy it from `asylia status`."
                .to_owned(),
        )
    })
}

fn print(vault: &Vault, report: &ImportReport) {
    let texts = Texts::english();
    let counts = [
        ("sequence", report.sequence.into()),
        ("new", report.new.into()),
        ("known", report.known.into()),
        ("quarantined", report.quarantined.into()),
    ];
    println!("{}", texts.with("console-cli-import-count", &counts));
    if report.missing_count == 0 {
        println!("{}", texts.get("console-cli-import-none-missing"));
    } else {
        let list = missing_list(texts, &report.missing, report.missing_count);
        println!(
            "{}",
            texts.with("console-cli-import-missing", &[("list", (&list).into())])
        );
    }
    match &vault.contents().server {
        Some(server) if report.pinned => println!(
            "{}",
            texts.with(
                "console-cli-import-pinned",
                &[("key", (&server.item.verifying_key).into())]
            )
        ),
        _ => println!("{}", texts.get("console-cli-import-same-server")),
    }
    for refused in &report.refused {
        let (reason, advice) = words::reason(texts, refused.reason);
        let record = refused.record.to_string();
        let said = [
            ("record", (&record).into()),
            ("reason", (&reason).into()),
            ("advice", (&advice).into()),
        ];
        println!("{}", texts.with("console-cli-import-refused", &said));
    }
    for (id, records) in [
        ("console-cli-import-problems", &report.with_problems),
        ("console-cli-import-twice", &report.sent_twice),
    ] {
        for record in records {
            let record = record.to_string();
            println!("{}", texts.with(id, &[("record", (&record).into())]));
        }
    }
}

/// Numbers of missing bundles, and a word where not all are listed.
pub(crate) fn missing_list(texts: &Texts, listed: &[u64], count: u64) -> String {
    let shown = listed.iter().take(MISSING_SHOWN);
    let list: Vec<String> = shown.map(u64::to_string).collect();
    let list = list.join(", ");
    if count > MISSING_SHOWN as u64 {
        texts.with("console-inbox-missing-more", &[("list", (&list).into())])
    } else {
        list
    }
}

/// Hidden by itself where the error stream is no terminal.
fn style() -> ProgressStyle {
    ProgressStyle::with_template("{bar:40} {bytes} of {total_bytes}, {eta} left")
        .expect("the template is one of indicatif's")
}

const READ_BYTES: usize = 1024 * 1024;
const MISSING_SHOWN: usize = 50;
