//! `case`: made, listed, shown, changed. What is written of a case comes from a file or the input, never from an
//! argument: arguments stand in the shell's history and in the list of processes.

use std::{
    fs,
    io::{self, BufWriter, Read, Write},
    path::{Path, PathBuf},
};

use asylia_envelope::ids::RecordId;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::Value as Json;
use zeroize::Zeroizing;

use super::{Failure, VaultArgs, desk::Desk};
use crate::{
    access::Verb,
    casework::{
        acts::{self, NewCase},
        event::{Change, Door},
        framework::Framework,
        knowledge::DenyIn,
        number::CaseNumber,
        rules::CaseworkError,
        shown::Shown,
    },
    l10n::Texts,
    vault::{
        Vault,
        audit::{Act, AuditItem},
    },
    words,
};

#[derive(Subcommand)]
pub(super) enum CaseVerb {
    /// Make a case of reports, or of what came by another door
    New(NewArgs),
    /// List the cases
    List(ListArgs),
    /// Show one case
    Show(ShowArgs),
    /// Write a change of a case: one JSON value, such as {"stage":["assessed","why"]}
    Change(ChangeArgs),
    /// Put words on a case's deny list, one a line
    Deny(DenyArgs),
    /// List the codes of acts
    Acts,
}

#[derive(Args)]
pub(super) struct NewArgs {
    /// Numbers of the reports that it is made of
    records: Vec<RecordId>,
    #[command(flatten)]
    vault: VaultArgs,
    /// By which channel it came, where it is made of no report: letter, e_mail, meeting, telephone, …
    #[arg(long, value_name = "CODE")]
    channel: Option<String>,
    /// A file that says who told it
    #[arg(long, value_name = "F")]
    source_file: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    vault: VaultArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct ShowArgs {
    /// The case's number
    case: CaseNumber,
    #[command(flatten)]
    vault: VaultArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct ChangeArgs {
    /// The case's number
    case: CaseNumber,
    #[command(flatten)]
    vault: VaultArgs,
    /// The file with the change; read from the input without it
    #[arg(long, value_name = "F")]
    file: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct DenyArgs {
    /// The case's number
    case: CaseNumber,
    #[command(flatten)]
    vault: VaultArgs,
    /// Where the words must not stand
    #[arg(long, value_enum, default_value = "without-identity")]
    place: Place,
    /// The file with the words; read from the input without it
    #[arg(long, value_name = "F")]
    file: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Place {
    /// In what goes without identity, and in what is public
    WithoutIdentity,
    /// In what is meant for a State or another actor outside the United Nations
    Outside,
    /// In what is public
    Public,
}

pub(super) fn run(desk: &Desk, verb: &CaseVerb) -> Result<(), Failure> {
    match verb {
        CaseVerb::New(args) => new(desk, args),
        CaseVerb::List(args) => list(desk, args),
        CaseVerb::Show(args) => show(desk, args),
        CaseVerb::Change(args) => change(desk, args),
        CaseVerb::Deny(args) => deny(desk, args),
        CaseVerb::Acts => {
            let texts = Texts::english();
            for act in &Framework::shipped().act_codes {
                println!(
                    "{}  {}",
                    act.code,
                    words::coded(texts, "actcode", &act.code)
                );
            }
            Ok(())
        }
    }
}

fn new(desk: &Desk, args: &NewArgs) -> Result<(), Failure> {
    let source = args
        .source_file
        .as_deref()
        .map(|file| text(Some(file)))
        .transpose()?;
    let door = match (&args.channel, args.records.is_empty()) {
        (Some(channel), true) => Some(Door {
            channel: channel.clone(),
            source: source.map_or_else(String::new, |source| source.trim().to_owned()),
            register_row: None,
        }),
        (None, false) => None,
        _ => return Err(CaseworkError::Door.into()),
    };
    let mut vault = desk.open(&args.vault, Verb::CaseNew)?;
    let records = args.records.clone();
    let made = acts::make(&mut vault, NewCase { records, door });
    let filled = made.and_then(|number| {
        acts::fill_from_reports(&mut vault, number)?;
        Ok(number)
    });
    vault.close();
    let number = filled?;
    match args.json {
        true => println!("{}", serde_json::json!({ "case": number })),
        false => println!("{number}"),
    }
    Ok(())
}

fn list(desk: &Desk, args: &ListArgs) -> Result<(), Failure> {
    let mut vault = desk.open(&args.vault, Verb::CaseList)?;
    acts::log_unread(&mut vault)?;
    let texts = Texts::english();
    let shown: Vec<Shown<'_>> = vault
        .contents()
        .cases
        .iter()
        .map(|case| shown(&vault, case))
        .collect();
    let mut out = BufWriter::new(io::stdout().lock());
    let written = match args.json {
        true => {
            let lines: Vec<Json> = shown.iter().map(Shown::line_json).collect();
            writeln!(out, "{}", Json::Array(lines))
        }
        false => shown.iter().try_for_each(|shown| {
            let level = crate::casework::deadline::level(shown.case, shown.now);
            writeln!(
                out,
                "{}  {}  {}",
                shown.case.number,
                words::coded(texts, "urgency", level.code()),
                words::coded(texts, "stage", shown.case.stage.code()),
            )
        }),
    };
    written.and_then(|()| out.flush()).map_err(printing)
}

fn show(desk: &Desk, args: &ShowArgs) -> Result<(), Failure> {
    let mut vault = desk.open(&args.vault, Verb::CaseShow)?;
    read(&mut vault, args.case)?;
    let case = vault
        .contents()
        .cases
        .get(args.case)
        .ok_or(CaseworkError::NoSuchCase)?;
    let shown = shown(&vault, case);
    let mut out = BufWriter::new(io::stdout().lock());
    let written = match args.json {
        true => writeln!(out, "{}", shown.json()),
        false => shown.write_text(Texts::english(), &mut out),
    };
    written.and_then(|()| out.flush()).map_err(printing)?;
    drop(out);
    vault.close();
    Ok(())
}

fn change(desk: &Desk, args: &ChangeArgs) -> Result<(), Failure> {
    let change: Change = json(args.file.as_deref())?;
    if change.is_of_its_own_act() {
        return Err(CaseworkError::OwnAct.into());
    }
    let mut vault = desk.open(&args.vault, Verb::CaseChange)?;
    let written = acts::change(&mut vault, args.case, change);
    vault.close();
    Ok(written?)
}

fn deny(desk: &Desk, args: &DenyArgs) -> Result<(), Failure> {
    let words = text(args.file.as_deref())?;
    let lines = words.lines().map(str::trim).filter(|line| !line.is_empty());
    let terms: Vec<String> = lines.map(str::to_owned).collect();
    let place = match args.place {
        Place::WithoutIdentity => DenyIn::WithoutIdentity,
        Place::Outside => DenyIn::Outside,
        Place::Public => DenyIn::Public,
    };
    let mut vault = desk.open(&args.vault, Verb::CaseChange)?;
    let written = acts::deny(&mut vault, args.case, place, terms);
    vault.close();
    Ok(written?)
}

/// Writes down that a case is looked at.
pub(super) fn read(vault: &mut Vault, number: CaseNumber) -> Result<(), Failure> {
    vault
        .contents()
        .cases
        .get(number)
        .ok_or(CaseworkError::NoSuchCase)?;
    Ok(vault.log(AuditItem::of(Act::CaseRead).on_case(number))?)
}

pub(super) fn shown<'a>(vault: &'a Vault, case: &'a crate::casework::case::Case) -> Shown<'a> {
    Shown {
        case,
        contents: vault.contents(),
        now: vault.machine().now(),
        today: vault.today(),
    }
}

/// One JSON value out of a file or the input.
pub(super) fn json<T: serde::de::DeserializeOwned>(file: Option<&Path>) -> Result<T, Failure> {
    let text = text(file)?;
    // What did not fit may be a name; its place says enough.
    serde_json::from_str(&text).map_err(|error| {
        Failure(format!(
            "What was given is not the JSON of this act (line {}, column {}). docs/CASEWORK.md shows its form.",
            error.line(),
            error.column()
        ))
    })
}

/// A text out of a file or the input.
pub(super) fn text(file: Option<&Path>) -> Result<Zeroizing<String>, Failure> {
    let unreadable = |_: io::Error| {
        Failure("The text cannot be read. Give a file of UTF-8 text, or type it in.".to_owned())
    };
    let mut text = Zeroizing::new(String::with_capacity(16 * 1024));
    match file {
        Some(file) => fs::File::open(file).and_then(|mut file| file.read_to_string(&mut text)),
        None => io::stdin().read_to_string(&mut text),
    }
    .map_err(unreadable)?;
    Ok(text)
}

pub(super) fn printing(_: io::Error) -> Failure {
    Failure("The result could not be printed. Check where the output goes.".to_owned())
}
