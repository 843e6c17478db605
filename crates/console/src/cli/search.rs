//! `search`: the reports in which words occur. The words come from a file or the input, never from an argument:
//! arguments stand in the shell's history and in the list of processes.

use std::{
    fs,
    io::{self, BufRead, Write},
    path::{Path, PathBuf},
};

use asylia_envelope::ids::RecordId;
use clap::Args;
use serde::Serialize;
use zeroize::Zeroizing;

use super::{Failure, VaultArgs, desk::Desk};
use crate::{access::Verb, l10n::Texts, search::search};

#[derive(Args)]
pub(super) struct SearchArgs {
    #[command(flatten)]
    vault: VaultArgs,
    /// A file whose line is the words; read from the input without it
    #[arg(long, value_name = "F")]
    words_file: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What `search --json` prints.
#[derive(Serialize)]
struct Printed<'a> {
    found: &'a [RecordId],
    searched: usize,
    unreadable: usize,
}

/// Searches, and prints the numbers of the reports.
pub(super) fn run(desk: &Desk, args: &SearchArgs) -> Result<(), Failure> {
    let mut vault = desk.open(&args.vault, Verb::Search)?;
    let found = words(args.words_file.as_deref()).and_then(|words| Ok(search(&mut vault, &words)?));
    vault.close();
    let found = found?;
    let texts = Texts::english();
    if args.json {
        let printed = Printed {
            found: &found.records,
            searched: found.searched,
            unreadable: found.unreadable,
        };
        let json = serde_json::to_string(&printed).map_err(|error| {
            Failure(format!(
                "The result cannot be printed: {error}. Run it without `--json`."
            ))
        })?;
        println!("{json}");
        return Ok(());
    }
    let count = |id: &str, count: usize| texts.with(id, &[("count", (count as u64).into())]);
    for record in &found.records {
        println!("{record}");
    }
    eprintln!("{}.", count("console-search-found", found.records.len()));
    eprintln!("{}", count("console-search-searched", found.searched));
    if found.unreadable > 0 {
        eprintln!("{}", count("console-search-unreadable", found.unreadable));
    }
    Ok(())
}

fn words(file: Option<&Path>) -> Result<Zeroizing<String>, Failure> {
    let unreadable = |_: io::Error| {
        Failure(
            "The words to look for cannot be read. Give `--words-file` with one line of text."
                .to_owned(),
        )
    };
    let mut line = Zeroizing::new(String::with_capacity(LIMIT_BYTES));
    match file {
        Some(file) => {
            let mut source = io::BufReader::new(fs::File::open(file).map_err(unreadable)?);
            source.read_line(&mut line).map_err(unreadable)?;
        }
        None => {
            eprint!("{} ", Texts::english().get("console-cli-search-words"));
            io::stderr().flush().map_err(unreadable)?;
            io::stdin().read_line(&mut line).map_err(unreadable)?;
        }
    }
    match line.trim().is_empty() {
        false => Ok(line),
        true => Err(Failure(
            "There are no words to look for. Give one line of text.".to_owned(),
        )),
    }
}

const LIMIT_BYTES: usize = 4096;
