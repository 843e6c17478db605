//! `batch`: many verbs in one unlock, one a line. Every line is read before the first is run; the first line that
//! is refused ends the batch, and is named.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::{Args, Parser};

use super::{Cli, Failure, VaultArgs, Verb, act, desk::Desk, routing::DataVerb, users::UsersVerb};
use crate::machine::Machine;

#[derive(Args)]
pub(super) struct BatchArgs {
    /// A file with a verb and its arguments on each line, quoted as in a shell, without `--vault`, `--as` and
    /// `--passphrase-file`; empty lines and lines that begin with # are passed over
    file: PathBuf,
    #[command(flatten)]
    vault: VaultArgs,
}

/// Reads all lines, then runs them one after the other.
pub(super) fn run(machine: &Machine, args: BatchArgs) -> Result<(), Failure> {
    let text = fs::read_to_string(&args.file).map_err(|_| {
        Failure(
            "The file of the batch cannot be read. Check the path, and that it is text in UTF-8."
                .to_owned(),
        )
    })?;
    let lines = parse(&text, &args.vault)?;
    let desk = Desk::of_batch(machine.clone());
    let mut done = Ok(());
    for (number, verb) in lines {
        done = act(&desk, verb).map_err(|Failure(why)| {
            Failure(format!(
                "Line {number}: {why} The lines before it are done, and none after it."
            ))
        });
        if done.is_err() {
            break;
        }
    }
    desk.clear();
    done
}

/// The verbs of the lines, each with its number from 1.
fn parse(text: &str, vault: &VaultArgs) -> Result<Vec<(usize, Verb)>, Failure> {
    let mut verbs = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let number = index + 1;
        let verb = parse_line(line, vault).map_err(|why| {
            Failure(format!(
                "Line {number} of the batch is not right: {why}. Correct it and start again; nothing was done."
            ))
        })?;
        verbs.push((number, verb));
    }
    match verbs.is_empty() {
        true => Err(Failure(
            "There is nothing in this batch. Write a verb and its arguments on each line."
                .to_owned(),
        )),
        false => Ok(verbs),
    }
}

fn parse_line(line: &str, vault: &VaultArgs) -> Result<Verb, String> {
    let words = shlex::split(line).ok_or("a quotation mark is open")?;
    let own = |word: &String| OF_THE_BATCH.iter().any(|name| is_option(word, name));
    if words.iter().any(own) {
        return Err(format!(
            "{} belong to the batch as a whole",
            OF_THE_BATCH.join(", ")
        ));
    }
    let mut arguments = vec![PROGRAM.into()];
    arguments.extend(words.into_iter().map(Into::into));
    arguments.extend(["--vault".into(), vault.vault.clone().into_os_string()]);
    arguments.extend(["--as".into(), (&vault.person).into()]);
    if let Some(file) = &vault.passphrase_file {
        arguments.extend(["--passphrase-file".into(), Path::new(file).into()]);
    }
    let parsed = Cli::try_parse_from(arguments).map_err(|error| first_line(&error.to_string()))?;
    match stands_alone(&parsed.verb) {
        true => Err("this verb cannot stand in a batch".to_owned()),
        false => Ok(parsed.verb),
    }
}

fn is_option(word: &str, name: &str) -> bool {
    let rest = word.strip_prefix(name);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
}

/// What clap says first, without its own prefix and advice.
fn first_line(error: &str) -> String {
    let line = error.lines().next().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

/// Verbs that make a vault, open one in their own way, or never end.
fn stands_alone(verb: &Verb) -> bool {
    matches!(
        verb,
        Verb::Init(_)
            | Verb::Browser(_)
            | Verb::Restore(_)
            | Verb::Batch(_)
            | Verb::HandOver(_)
            | Verb::OpenBrowser { .. }
            | Verb::Users(UsersVerb::Recover(_))
            | Verb::Data(DataVerb::Sign(_))
    )
}

const PROGRAM: &str = "asylia-console";
const OF_THE_BATCH: [&str; 3] = ["--vault", "--as", "--passphrase-file"];
