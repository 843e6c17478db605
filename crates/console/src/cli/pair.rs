//! `pair`: which server is believed, and what the server's operator must compare of the office.

use clap::Args;
use serde::Serialize;

use super::{Failure, VaultArgs, desk::Desk, import::server_key};
use crate::{
    access::Verb,
    l10n::Texts,
    pairing::{Office, pair},
    vault::WriteLock,
};

#[derive(Args)]
pub(super) struct PairArgs {
    #[command(flatten)]
    vault: VaultArgs,
    /// The server's key, as `asylia status` prints it; compare it with the operator by telephone
    #[arg(long, value_name = "K")]
    server_key: Option<String>,
    /// Take the key in the place of another one: the server was replaced
    #[arg(long, requires = "server_key")]
    replace: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Paired {
    office: Office,
    server_key: Option<String>,
}

/// Pins the key, if one is given; shows both sides.
pub(super) fn run(desk: &Desk, args: &PairArgs) -> Result<(), Failure> {
    let given = args.server_key.as_deref().map(server_key).transpose()?;
    let _lock = WriteLock::take(&args.vault.vault)?;
    let mut vault = desk.open(&args.vault, Verb::Pair)?;
    if let Some(key) = &given {
        pair(&mut vault, key, args.replace)?;
    }
    let office = Office::of(vault.contents());
    let server = vault.contents().server.as_ref();
    let server_key = server.map(|row| row.item.verifying_key.clone());
    vault.close();
    let paired = Paired { office, server_key };
    if args.json {
        let json = serde_json::to_string(&paired).map_err(|error| {
            Failure(format!(
                "The result cannot be printed: {error}. The pairing is done."
            ))
        })?;
        println!("{json}");
        return Ok(());
    }
    let texts = Texts::english();
    for (label, value) in paired.office.lines(texts) {
        println!("{label}: {value}");
    }
    match &paired.server_key {
        Some(key) => println!(
            "{}",
            texts.with("console-pair-server", &[("key", key.as_str().into())])
        ),
        None => println!("{}", texts.get("console-pair-no-server")),
    }
    Ok(())
}
