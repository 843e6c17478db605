//! `consent`, `decide`, `packet` and `data`: what is permitted, what is recommended, what leaves.

use std::{
    io::{self, BufWriter, Write},
    path::PathBuf,
};

use asylia_keys::signing_file::open_office;
use clap::{Args, Subcommand};
use serde_json::json;

use super::{
    Failure, VaultArgs,
    case::{json as read_json, printing, read, shown, text},
    desk::Desk,
    passphrase_of,
};
use crate::{
    access::Verb,
    casework::{
        acts::{self, NewDecision},
        consent::Entry,
        event::Change,
        gate::{Checks, Route, said},
        number::CaseNumber,
        office_data::{self, ListKind, SignedList},
        packet,
        rules::CaseworkError,
    },
    l10n::Texts,
    words::coded,
};

#[derive(Args)]
pub(super) struct ConsentArgs {
    /// The case's number
    case: CaseNumber,
    #[command(flatten)]
    vault: VaultArgs,
    /// A file with an entry to be added, one JSON value; without it the permissions are shown
    #[arg(long, value_name = "F")]
    file: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct DecideArgs {
    /// The case's number
    case: CaseNumber,
    #[command(flatten)]
    vault: VaultArgs,
    /// What, towards whom, to whom: M1@sr-torture, R2:CHE@sr-torture, R5@HC, X1:CAT@CAT
    #[arg(long, value_name = "TARGET", required_unless_present = "second")]
    to: Option<Route>,
    /// Numbers of the persons that it tells of
    #[arg(long, value_name = "N", value_delimiter = ',', default_value = "1")]
    persons: Vec<u16>,
    /// What was ticked: not-recognisable, one-officer-only, more-than-the-report, consulted, translator-note
    #[arg(long, value_name = "TICK", value_delimiter = ',')]
    ticked: Vec<String>,
    /// A file that says why; with it the recommendation is recorded, without it the gate is only asked
    #[arg(long, value_name = "F")]
    why_file: Option<PathBuf>,
    /// As the second officer, stand for the action of that number
    #[arg(long, value_name = "N", conflicts_with_all = ["to", "why_file"])]
    second: Option<u16>,
    /// As the second officer, refuse it instead
    #[arg(long, requires = "second")]
    refuse: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct PacketArgs {
    /// The case's number
    case: CaseNumber,
    #[command(flatten)]
    vault: VaultArgs,
    /// What was decided, written as for `decide`
    #[arg(long, value_name = "TARGET", required_unless_present = "notice")]
    to: Option<Route>,
    /// Make the notice of a withdrawal for the packet of that number instead
    #[arg(long, value_name = "N", conflicts_with = "to")]
    notice: Option<u16>,
    /// The new file
    #[arg(long, value_name = "F")]
    out: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Subcommand)]
pub(super) enum DataVerb {
    /// Take in a signed list of the office
    Import(DataImportArgs),
    /// Show which lists are in force
    Show(DataShowArgs),
    /// Sign a list with the office's key
    Sign(DataSignArgs),
}

#[derive(Args)]
pub(super) struct DataImportArgs {
    /// The signed list
    file: PathBuf,
    #[command(flatten)]
    vault: VaultArgs,
}

#[derive(Args)]
pub(super) struct DataShowArgs {
    #[command(flatten)]
    vault: VaultArgs,
}

#[derive(Args)]
pub(super) struct DataSignArgs {
    /// The list, JSON
    file: PathBuf,
    /// addressees, mandates or calendar
    #[arg(long, value_parser = kind)]
    kind: ListKind,
    /// Counts up with every list of the kind
    #[arg(long, value_name = "N")]
    version: u64,
    /// The office's signing key file
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// A file whose line is the key file's passphrase; asked for without it
    #[arg(long, value_name = "F")]
    passphrase_file: Option<PathBuf>,
    /// The new file
    #[arg(long, value_name = "F")]
    out: PathBuf,
}

fn kind(text: &str) -> Result<ListKind, String> {
    ListKind::parse(text).ok_or_else(|| "the kinds are addressees, mandates, calendar".to_owned())
}

pub(super) fn consent(desk: &Desk, args: &ConsentArgs) -> Result<(), Failure> {
    let entry: Option<Entry> = match &args.file {
        Some(file) => Some(read_json(Some(file))?),
        None => None,
    };
    let mut vault = desk.open(&args.vault, Verb::Consent)?;
    if let Some(entry) = entry {
        let written = acts::change(&mut vault, args.case, Change::Consent(Box::new(entry)));
        vault.close();
        return Ok(written?);
    }
    read(&mut vault, args.case)?;
    let case = vault
        .contents()
        .cases
        .get(args.case)
        .ok_or(CaseworkError::NoSuchCase)?;
    let shown = shown(&vault, case);
    let mut out = BufWriter::new(io::stdout().lock());
    let written = match args.json {
        true => writeln!(out, "{}", shown.consent_json()),
        false => shown.write_consent(Texts::english(), &mut out),
    };
    written.and_then(|()| out.flush()).map_err(printing)?;
    drop(out);
    vault.close();
    Ok(())
}

pub(super) fn decide(desk: &Desk, args: &DecideArgs) -> Result<(), Failure> {
    let why = args
        .why_file
        .as_deref()
        .map(|file| text(Some(file)))
        .transpose()?;
    let checks = ticks(&args.ticked)?;
    let mut vault = desk.open(&args.vault, Verb::Decide)?;
    if let Some(number) = args.second {
        let change = Change::DecisionSeconded(number, !args.refuse);
        let written = acts::change(&mut vault, args.case, change);
        vault.close();
        return Ok(written?);
    }
    let Some(route) = args.to.clone() else {
        return Err(CaseworkError::NoSuchCase.into());
    };
    let today = vault.today();
    let asked = acts::ask_gate(
        vault.contents(),
        args.case,
        &route,
        &args.persons,
        checks,
        today,
    )?;
    let action = match why {
        None => None,
        Some(why) => {
            let new = NewDecision {
                route,
                persons: args.persons.clone(),
                checks,
                why: why.trim().to_owned(),
            };
            match acts::recommend(&mut vault, args.case, new) {
                Ok((action, _)) => Some(action),
                Err(CaseworkError::Gate(decision)) => {
                    print_decision(args.json, &decision, None);
                    vault.close();
                    return Err(CaseworkError::Gate(decision).into());
                }
                Err(error) => return Err(error.into()),
            }
        }
    };
    print_decision(args.json, &asked, action);
    vault.close();
    Ok(())
}

fn print_decision(as_json: bool, decision: &crate::casework::gate::Decision, action: Option<u16>) {
    let texts = Texts::english();
    if as_json {
        println!("{}", json!({"decision": decision, "action": action}));
        return;
    }
    println!("{}", coded(texts, "verdict", decision.verdict.code()));
    for sentence in said::sentences(texts, decision) {
        println!("- {sentence}");
    }
    for question in said::questions(texts, decision) {
        println!("? {question}");
    }
    if let Some(action) = action {
        println!(
            "{}",
            texts.with(
                "console-cli-decided",
                &[("number", u64::from(action).into())]
            )
        );
    }
}

fn ticks(ticked: &[String]) -> Result<Checks, Failure> {
    let mut checks = Checks::default();
    for tick in ticked {
        match tick.as_str() {
            "not-recognisable" => checks.not_recognisable = true,
            "one-officer-only" => checks.one_officer_only = true,
            "more-than-the-report" => checks.more_than_the_report = true,
            "consulted" => checks.consulted = true,
            "translator-note" => checks.translator_note = true,
            other => return Err(CaseworkError::Word(other.to_owned()).into()),
        }
    }
    Ok(checks)
}

pub(super) fn packet(desk: &Desk, args: &PacketArgs) -> Result<(), Failure> {
    let mut vault = desk.open(&args.vault, Verb::Packet)?;
    let made = match (&args.to, args.notice) {
        (_, Some(notice)) => packet::notice::make(&mut vault, args.case, notice, &args.out),
        (Some(route), None) => packet::make(&mut vault, args.case, route, &args.out),
        (None, None) => Err(packet::PacketError::NoAddressee),
    };
    vault.close();
    let made = made?;
    if args.json {
        println!(
            "{}",
            json!({"packet": made.number, "receipt": made.receipt, "sha256": made.sha256,
                "instructions": made.decision.instructions})
        );
        return Ok(());
    }
    println!(
        "{}",
        Texts::english().with("console-cli-packet", &[("receipt", (&made.receipt).into())])
    );
    Ok(())
}

pub(super) fn data(desk: &Desk, verb: &DataVerb) -> Result<(), Failure> {
    match verb {
        DataVerb::Import(args) => {
            let note = text(Some(&args.file))?;
            let mut vault = desk.open(&args.vault, Verb::DataImport)?;
            let taken = office_data::import(&mut vault, &note);
            vault.close();
            let (kind, version) = taken?;
            let said = [("kind", kind.code().into()), ("version", version.into())];
            println!("{}", Texts::english().with("console-cli-data-taken", &said));
            Ok(())
        }
        DataVerb::Show(args) => {
            let vault = desk.open(&args.vault, Verb::DataShow)?;
            let lists = &vault.contents().lists;
            for kind in [ListKind::Addressees, ListKind::Mandates, ListKind::Calendar] {
                let version = lists.versions.get(&kind).copied().unwrap_or(0);
                println!("{}  {version}", kind.code());
            }
            for addressee in &lists.addressees.addressees {
                println!(
                    "{}  {}",
                    addressee.code,
                    crate::words::for_terminal_line(&addressee.name)
                );
            }
            Ok(())
        }
        DataVerb::Sign(args) => sign(args),
    }
}

fn sign(args: &DataSignArgs) -> Result<(), Failure> {
    let list = text(Some(&args.file))?;
    let passphrase = passphrase_of(args.passphrase_file.as_deref())?;
    let file = std::fs::read(&args.key)
        .map_err(|_| Failure("The key file cannot be read. Check its name.".to_owned()))?;
    let (instance, key) = open_office(&file, &passphrase)?;
    let note = SignedList::sign(&key, instance, args.kind, args.version, &list)?;
    let written = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&args.out)
        .and_then(|mut file| file.write_all(note.as_bytes()));
    written.map_err(|_| {
        Failure("The signed list could not be written. Choose a new file name.".to_owned())
    })
}
