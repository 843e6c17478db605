//! `export`: a bundle for the server onto a stick.

use std::path::PathBuf;

use clap::Args;

use super::{Failure, VaultArgs, desk::Desk};
use crate::{
    access::Verb,
    correspondence::sending::{Target, export, export_again},
    l10n::Texts,
    vault::WriteLock,
};

#[derive(Args)]
pub(super) struct ExportArgs {
    #[command(flatten)]
    vault: VaultArgs,
    /// The new file, on another stick than the one that was imported from
    #[arg(long, value_name = "F")]
    out: PathBuf,
    /// Write this bundle once more, whose stick was lost
    #[arg(long, value_name = "N")]
    again: Option<u64>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Writes the bundle.
pub(super) fn run(desk: &Desk, args: &ExportArgs) -> Result<(), Failure> {
    let _lock = WriteLock::take(&args.vault.vault)?;
    let mut vault = desk.open(&args.vault, Verb::Export)?;
    let target = Target::File(args.out.clone());
    let exported = match args.again {
        None => export(&mut vault, &target),
        Some(number) => export_again(&mut vault, number, &target),
    }?;
    vault.close();
    if args.json {
        let json = serde_json::to_string(&exported).map_err(|error| {
            Failure(format!(
                "The result cannot be printed: {error}. The bundle is written."
            ))
        })?;
        println!("{json}");
        return Ok(());
    }
    for sentence in exported.sentences(Texts::english()) {
        println!("{sentence}");
    }
    Ok(())
}
