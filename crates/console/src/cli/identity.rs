//! `identity`: the identities of periods; what is at hand, what comes, what ends.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use asylia_envelope::key_bundle::{Anchor, KeyBundle, UnverifiedBundle};
use clap::{Args, Subcommand};
use serde::Serialize;

use super::{
    Failure, VaultArgs,
    desk::Desk,
    init::{anchor, read_bundle, read_identity, read_signing},
};
use crate::{
    access::Verb,
    l10n::Texts,
    passphrase,
    vault::{PeriodState, Vault, WriteLock},
};

#[derive(Subcommand)]
pub(super) enum IdentityVerb {
    /// Put identities of a period into the vault, and a newer key bundle before them
    Add(AddArgs),
    /// List the periods, their identities and their records
    List(ListArgs),
    /// Destroy the identities of a period whose records are all in the vault
    Destroy(DestroyArgs),
}

#[derive(Args)]
pub(super) struct AddArgs {
    /// Identity files, all under the same passphrase
    #[arg(required_unless_present = "signing")]
    file: Vec<PathBuf>,
    /// The file of the office's signing key, under the same passphrase
    #[arg(long, value_name = "FILE")]
    signing: Option<PathBuf>,
    #[command(flatten)]
    vault: VaultArgs,
    /// A newer signed key bundle, keys.note, which lists their period
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// The office's 12 words, if its root keys have changed
    #[arg(long, value_name = "WORDS", requires = "keys")]
    office: Option<String>,
    /// A file whose line is the passphrase of the identity files; asked for without it
    #[arg(long, value_name = "F")]
    identity_passphrase_file: Option<PathBuf>,
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
pub(super) struct DestroyArgs {
    /// The period's name, as `identity list` shows it
    period: String,
    #[command(flatten)]
    vault: VaultArgs,
    /// The new file for the signed statement
    #[arg(long, value_name = "F")]
    out: PathBuf,
    /// How many of its records are in quarantine and may be lost
    #[arg(long, value_name = "N", default_value_t = 0)]
    lose: u64,
}

/// One element of `identity list --json`.
#[derive(Serialize)]
struct Listed<'a> {
    period: &'a str,
    until: Option<String>,
    identities: Vec<&'static str>,
    records: u64,
    quarantined: u64,
    waiting: u64,
    destroyed: Option<String>,
    /// What stands in the way of destroying them; nothing where they may be, or are.
    obstacles: Vec<String>,
}

/// Runs a verb about identities.
pub(super) fn run(desk: &Desk, verb: &IdentityVerb) -> Result<(), Failure> {
    match verb {
        IdentityVerb::Add(args) => add(desk, args),
        IdentityVerb::List(args) => list(desk, args),
        IdentityVerb::Destroy(args) => destroy(desk, args),
    }
}

fn add(desk: &Desk, args: &AddArgs) -> Result<(), Failure> {
    let _lock = WriteLock::take(&args.vault.vault)?;
    let mut vault = desk.open(&args.vault, Verb::IdentityAdd)?;
    let newer = args
        .keys
        .as_deref()
        .map(|file| newer(&vault, file, args.office.as_deref()))
        .transpose()?;
    let passphrase = passphrase::read(
        args.identity_passphrase_file.as_deref(),
        "Passphrase of the identity files: ",
    )?;
    let mut identities = Vec::new();
    let signing;
    {
        let here = vault.contents().bundle.as_ref();
        let bundle = newer.as_ref().map(|(bundle, _)| bundle).or(here);
        let bundle = bundle.ok_or_else(|| {
            Failure(
                "The vault's copy of the key bundle is damaged. Run `asylia-console doctor`, or give the bundle with `--keys`."
                    .to_owned(),
            )
        })?;
        for file in &args.file {
            identities.push(read_identity(file, &passphrase, bundle)?);
        }
        signing = args
            .signing
            .as_deref()
            .map(|file| read_signing(file, &passphrase, bundle))
            .transpose()?
            .map(|key| (bundle.content().instance, key));
    }
    let newer = newer.as_ref().map(|(bundle, anchor)| (bundle, anchor));
    let added = vault.add_identities(newer, &identities)?;
    if let Some((instance, key)) = &signing {
        vault.put_office_key(*instance, key)?;
        println!("{}", Texts::english().get("console-cli-signing-added"));
    }
    vault.close();
    let said = [
        ("identities", added.identities.into()),
        ("opened", added.opened.into()),
    ];
    println!(
        "{}",
        Texts::english().with("console-cli-identity-added", &said)
    );
    Ok(())
}

/// A key bundle that may follow the one in the vault: of the same office and no older.
fn newer(vault: &Vault, file: &Path, office: Option<&str>) -> Result<(KeyBundle, Anchor), Failure> {
    let here = vault.contents().bundle.as_ref();
    let Some(here) = here else {
        let anchor = anchor(office)?;
        return Ok((read_bundle(file, &anchor)?, anchor));
    };
    let anchor = match office {
        Some(_) => anchor(office)?,
        None if here.content().demo => Anchor::DemoOnly,
        None => Anchor::Fingerprint(here.content().fingerprint()),
    };
    let refused = |error| {
        Failure(format!(
            "The key bundle is not taken: {error}. Check the file; nothing was changed."
        ))
    };
    let note = fs::read(file).map_err(|_| {
        Failure(format!(
            "{} cannot be read. Check the path.",
            file.display()
        ))
    })?;
    let bundle = UnverifiedBundle::parse(&note)
        // Other root keys need the old ones too: whoever sits here must not appoint a Committee.
        .and_then(|note| note.verify_successor(&anchor, here))
        .map_err(refused)?;
    if bundle.content().instance != here.content().instance {
        return Err(Failure(
            "The key bundle belongs to another office's installation. Give the one of this office; nothing was changed."
                .to_owned(),
        ));
    }
    Ok((bundle, anchor))
}

fn list(desk: &Desk, args: &ListArgs) -> Result<(), Failure> {
    let vault = desk.open(&args.vault, Verb::IdentityList)?;
    let periods = vault.periods();
    if args.json {
        let listed: Vec<Listed<'_>> = periods
            .iter()
            .map(|state| Listed::of(&vault, state))
            .collect();
        let json = serde_json::to_string(&listed).map_err(|error| {
            Failure(format!(
                "The list cannot be printed: {error}. Run it without `--json`."
            ))
        })?;
        println!("{json}");
    } else {
        for state in &periods {
            println!("{}", line(Texts::english(), &Listed::of(&vault, state)));
        }
    }
    vault.close();
    Ok(())
}

fn line(texts: &Texts, listed: &Listed<'_>) -> String {
    let identities = match listed.identities.is_empty() {
        true => "-".to_owned(),
        false => listed.identities.join(", "),
    };
    let until = listed.until.as_deref().unwrap_or("?");
    let mut line = texts.with(
        "console-cli-identity-period",
        &[
            ("period", listed.period.into()),
            ("until", until.into()),
            ("identities", identities.as_str().into()),
            ("records", listed.records.into()),
            ("quarantined", listed.quarantined.into()),
            ("waiting", listed.waiting.into()),
        ],
    );
    let end = match (&listed.destroyed, listed.obstacles.is_empty()) {
        (Some(day), _) => texts.with("console-cli-identity-destroyed", &[("day", day.into())]),
        (None, true) => texts.get("console-cli-identity-due"),
        (None, false) => return line,
    };
    line.push(' ');
    line.push_str(&end);
    line
}

fn destroy(desk: &Desk, args: &DestroyArgs) -> Result<(), Failure> {
    let _lock = WriteLock::take(&args.vault.vault)?;
    // Before anything is destroyed: the statement must have a place.
    let mut file = fs::File::create_new(&args.out).map_err(|_| {
        Failure(
            "The file for the statement cannot be made. Name one with `--out` that does not exist, on a stick that can be written; nothing was destroyed."
                .to_owned(),
        )
    })?;
    let destroyed = desk
        .open(&args.vault, Verb::IdentityDestroy)
        .and_then(|mut vault| {
            let note = vault.destroy_period(&args.period, args.lose);
            vault.close();
            Ok(note?)
        });
    let note = destroyed.inspect_err(|_| {
        // Empty, and of no use to anybody; where it cannot be removed it is still empty.
        let _ = fs::remove_file(&args.out);
    })?;
    let written = file
        .write_all(note.to_text().as_bytes())
        .and_then(|()| file.sync_all());
    if written.is_err() {
        eprint!("{}", note.to_text());
        return Err(Failure(
            "The identities are destroyed, and the statement could not be written. It stands above: copy it."
                .to_owned(),
        ));
    }
    let said = [
        ("period", note.item.period.as_str().into()),
        ("identities", u64::from(note.item.identities).into()),
    ];
    let texts = Texts::english();
    println!("{}", texts.with("console-cli-identity-gone", &said));
    println!("{}", texts.get("console-cli-identity-gone-limits"));
    Ok(())
}

impl<'a> Listed<'a> {
    fn of(vault: &Vault, state: &'a PeriodState) -> Self {
        let obstacles = match state.destroyed {
            Some(_) => Vec::new(),
            None => vault.obstacles(state, 0),
        };
        Self {
            period: &state.period,
            until: state.until.map(|day| day.to_string()),
            identities: state.roles.iter().map(|role| role.code()).collect(),
            records: state.records,
            quarantined: state.quarantined,
            waiting: state.waiting,
            destroyed: state.destroyed.map(|day| day.to_string()),
            obstacles: obstacles.iter().map(ToString::to_string).collect(),
        }
    }
}
