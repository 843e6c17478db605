//! `backup` and `restore`.

use std::path::PathBuf;

use clap::Args;

use super::{Failure, VaultArgs, desk::Desk, say_demo};
use crate::{access::Verb, l10n::Texts, vault::Vault};

#[derive(Args)]
pub(super) struct BackupArgs {
    #[command(flatten)]
    vault: VaultArgs,
    /// The new file
    #[arg(long, value_name = "F")]
    out: PathBuf,
}

#[derive(Args)]
pub(super) struct RestoreArgs {
    /// The copy; it is only read
    file: PathBuf,
    #[command(flatten)]
    vault: VaultArgs,
}

/// Copies the vault; the signed head of the copy goes to the output, to be kept somewhere else.
pub(super) fn backup(desk: &Desk, args: &BackupArgs) -> Result<(), Failure> {
    let mut vault = desk.open(&args.vault, Verb::Backup)?;
    let head = vault.backup(&args.out)?;
    let texts = Texts::english();
    eprintln!("{}", texts.get("console-cli-backup"));
    print!("{}", head.to_text());
    vault.close();
    Ok(())
}

/// Makes the vault's folder from a copy, after every row of it was checked.
pub(super) fn restore(desk: &Desk, args: &RestoreArgs) -> Result<(), Failure> {
    let who = args.vault.credentials()?;
    let vault = Vault::restore(desk.machine.clone(), &args.file, &args.vault.vault, &who)?;
    say_demo(vault.contents().demo());
    let count = [("count", (vault.contents().records.len() as u64).into())];
    println!("{}", Texts::english().with("console-cli-restore", &count));
    vault.close();
    Ok(())
}
