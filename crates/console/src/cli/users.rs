//! `users`: who has a slot, with which roles; passphrases, and what to do when one is lost.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use secrecy::SecretString;
use serde::Serialize;

use super::{
    Failure, VaultArgs,
    desk::{Desk, Opened},
    init::{recovery_note, recovery_seed},
    role,
};
use crate::{
    access::{Role, Roles, SMALL_OFFICE, Verb},
    l10n::Texts,
    passphrase,
    vault::{
        Credentials, NewPerson, Vault, VaultError,
        header::{KDF_DEFAULT_MIB, KdfCost},
        item::PersonItem,
    },
};

#[derive(Subcommand)]
pub(super) enum UsersVerb {
    /// List everybody who can unlock the vault
    List(ListArgs),
    /// Add a person
    Add(AddArgs),
    /// Remove a person; the keys of that person's roles are made new
    Remove(NameArgs),
    /// Give a person other roles
    Role(RoleArgs),
    /// Change your own passphrase
    Passphrase(PassphraseArgs),
    /// Set the recovery key, or replace it
    Recovery(RecoveryArgs),
    /// Give a person a new passphrase with the recovery key
    Recover(RecoverArgs),
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
pub(super) struct NameArgs {
    /// The person's name
    name: String,
    #[command(flatten)]
    vault: VaultArgs,
}

#[derive(Args)]
pub(super) struct AddArgs {
    /// The person's name, as it will be typed to unlock
    name: String,
    #[command(flatten)]
    vault: VaultArgs,
    #[command(flatten)]
    new: NewPassphraseArgs,
    #[command(flatten)]
    roles: RolesArgs,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct RolesArgs {
    /// focal-point, officer, custodian, statistician or auditor; may stand several times
    #[arg(long, value_name = "ROLE", value_parser = role)]
    role: Vec<Role>,
    /// The roles of the first, second or third person of an office of three
    #[arg(long, value_name = "1|2|3", value_parser = clap::value_parser!(u8).range(1..=3))]
    small_office: Option<u8>,
}

#[derive(Args)]
struct NewPassphraseArgs {
    /// A file whose line is the new passphrase; asked for without it
    #[arg(long, value_name = "F")]
    new_passphrase_file: Option<PathBuf>,
    /// Memory that one guess of it costs, in MiB
    #[arg(long, value_name = "N", default_value_t = KDF_DEFAULT_MIB)]
    kdf_mib: u32,
}

#[derive(Args)]
pub(super) struct RoleArgs {
    /// The person's name
    name: String,
    #[command(flatten)]
    vault: VaultArgs,
    #[command(flatten)]
    roles: RolesArgs,
}

#[derive(Args)]
pub(super) struct PassphraseArgs {
    #[command(flatten)]
    vault: VaultArgs,
    #[command(flatten)]
    new: NewPassphraseArgs,
}

#[derive(Args)]
pub(super) struct RecoveryArgs {
    #[command(flatten)]
    vault: VaultArgs,
    /// Public file of the recovery key, the recovery.note of its ceremony
    #[arg(long, value_name = "FILE")]
    recovery: PathBuf,
}

#[derive(Args)]
pub(super) struct RecoverArgs {
    /// The name of the person whose passphrase is lost
    name: String,
    /// The vault's folder
    #[arg(long, value_name = "DIR")]
    vault: PathBuf,
    /// The recovery key's seed file, which `asylia-keys combine` made of its shares
    #[arg(long, value_name = "FILE")]
    seed: PathBuf,
    /// A file whose line is the passphrase of the seed file; asked for without it
    #[arg(long, value_name = "F")]
    seed_passphrase_file: Option<PathBuf>,
    #[command(flatten)]
    new: NewPassphraseArgs,
}

/// One element of `users list --json`.
#[derive(Serialize)]
struct Listed<'a> {
    name: &'a str,
    roles: Vec<&'static str>,
}

/// Runs a verb about people.
pub(super) fn run(desk: &Desk, verb: UsersVerb) -> Result<(), Failure> {
    match verb {
        UsersVerb::List(args) => list(desk, &args),
        UsersVerb::Add(args) => add(desk, args),
        UsersVerb::Remove(args) => {
            let mut vault = desk.open(&args.vault, Verb::UsersRemove)?;
            vault.remove_person(&args.name)?;
            done(vault, "console-cli-users-removed", &args.name)
        }
        UsersVerb::Role(args) => {
            let mut vault = desk.open(&args.vault, Verb::UsersRole)?;
            vault.set_roles(&args.name, &args.roles.roles())?;
            done(vault, "console-cli-users-roles", &args.name)
        }
        UsersVerb::Passphrase(args) => {
            let cost = KdfCost::with_memory(args.new.kdf_mib)?;
            let mut vault = desk.open(&args.vault, Verb::UsersPassphrase)?;
            vault.change_passphrase(&args.new.read()?, cost)?;
            done(vault, "console-cli-users-passphrase", &args.vault.person)
        }
        UsersVerb::Recovery(args) => {
            let mut vault = desk.open(&args.vault, Verb::UsersRecovery)?;
            let bundle = vault.contents().bundle.as_ref();
            let instance = bundle.map(|bundle| bundle.content().instance);
            let instance = instance.ok_or(VaultError::Damaged)?;
            let note = recovery_note(&args.recovery, instance)?;
            vault.set_recovery(note.recipient())?;
            done(vault, "console-cli-users-recovery", &args.vault.person)
        }
        UsersVerb::Recover(args) => recover(desk, args),
    }
}

fn list(desk: &Desk, args: &ListArgs) -> Result<(), Failure> {
    let vault = desk.open(&args.vault, Verb::UsersList)?;
    let mut people: Vec<&PersonItem> = vault.contents().people.values().collect();
    people.retain(|person| !person.removed);
    people.sort_by(|a, b| a.name.cmp(&b.name));
    let listed: Vec<Listed<'_>> = people
        .iter()
        .map(|person| Listed {
            name: &person.name,
            roles: person.roles.iter().map(|role| role.code()).collect(),
        })
        .collect();
    if args.json {
        let json = serde_json::to_string(&listed).map_err(|error| {
            Failure(format!(
                "The list cannot be printed: {error}. Run it without `--json`."
            ))
        })?;
        println!("{json}");
    } else {
        for person in listed {
            println!("{}  {}", person.name, person.roles.join(", "));
        }
    }
    Ok(())
}

fn add(desk: &Desk, args: AddArgs) -> Result<(), Failure> {
    let cost = KdfCost::with_memory(args.new.kdf_mib)?;
    let mut vault = desk.open(&args.vault, Verb::UsersAdd)?;
    let new = NewPerson {
        credentials: Credentials {
            name: args.name,
            passphrase: args.new.read()?,
        },
        cost,
        roles: args.roles.roles(),
    };
    vault.add_person(&new)?;
    done(vault, "console-cli-users-added", &new.credentials.name)
}

fn recover(desk: &Desk, args: RecoverArgs) -> Result<(), Failure> {
    let cost = KdfCost::with_memory(args.new.kdf_mib)?;
    let passphrase = passphrase::read(
        args.seed_passphrase_file.as_deref(),
        "Passphrase of the seed file: ",
    )?;
    let recovery = recovery_seed(&args.seed, &passphrase)?;
    let mut vault = Vault::recover(desk.machine.clone(), &args.vault, &recovery)?;
    let credentials = Credentials {
        name: args.name,
        passphrase: args.new.read()?,
    };
    vault.recover_person(&credentials, cost)?;
    vault.close();
    say("console-cli-users-recovered", &credentials.name)
}

fn done(vault: Opened<'_>, text: &str, name: &str) -> Result<(), Failure> {
    vault.close();
    say(text, name)
}

fn say(text: &str, name: &str) -> Result<(), Failure> {
    println!("{}", Texts::english().with(text, &[("name", name.into())]));
    Ok(())
}

impl RolesArgs {
    fn roles(&self) -> Roles {
        let preset = self.small_office.map(|person| usize::from(person) - 1);
        let preset = preset.and_then(|person| SMALL_OFFICE.get(person));
        let preset = preset.into_iter().flat_map(|roles| roles.iter());
        self.role.iter().chain(preset).copied().collect()
    }
}

impl NewPassphraseArgs {
    fn read(&self) -> Result<SecretString, Failure> {
        Ok(passphrase::read(
            self.new_passphrase_file.as_deref(),
            "New passphrase: ",
        )?)
    }
}
