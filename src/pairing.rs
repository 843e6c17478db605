//! `asylia pair`: server and office compare, by twelve words, that each holds the other's keys.
//!
//! The keys themselves come by other ways: the office's in the key bundle, this server's in every bundle that it
//! signs. What is noted here is only that somebody compared them. `docs/FORMAT.md#pairing`.

use std::io::{self, BufRead, IsTerminal, Write};

use anyhow::Context;
use asylia_envelope::pairing::PairingWords;

use crate::{clock::Rng, data_folder::DataFolder, error::Advice};

/// The words of this server and the office whose key bundle is in force.
///
/// # Errors
/// [`Advice`] before a key bundle was accepted, or for one without office keys.
pub fn words(data: &DataFolder, rng: &mut Rng) -> anyhow::Result<PairingWords> {
    let bundle = data.bundle().ok_or_else(|| {
        Advice::failed(
            "The server has accepted no key bundle yet, so there is no office to compare with",
            "Start `asylia serve` with a valid key bundle once, then pair",
        )
    })?;
    let content = bundle.content();
    if content.office_keys.is_empty() {
        return Err(Advice::failed(
            "The key bundle names no key by which the office signs, so nothing can come back from it",
            "Ask the office for a key bundle with its signing key",
        )
        .into());
    }
    let server = data.transfer_key(rng)?.verifying_key();
    Ok(PairingWords::of(
        content.instance,
        &server,
        &content.office_keys,
    ))
}

/// Shows the words, asks for those of the office, and notes that they are the same.
///
/// # Errors
/// [`Advice`] when the typed words are others, or none.
pub fn pair(data: &DataFolder, rng: &mut Rng) -> anyhow::Result<()> {
    let own = words(data, rng)?;
    println!("server key  {}", data.transfer_key(rng)?.verifying_key());
    println!("words       {own}");
    println!(
        "The office's console shows its own words with `asylia-console pair`. Compare them by telephone."
    );
    let typed = ask()?;
    if typed.trim().is_empty() {
        println!("Nothing was typed, so it is not noted that you compared.");
        return Ok(());
    }
    let told = PairingWords::parse(&typed).map_err(|bad| {
        Advice::failed(
            format!("These are not the words of a pairing: {bad}"),
            "Have them read once more, and type all twelve",
        )
    })?;
    if told != own {
        return Err(Advice::failed(
            "ALARM: the office's words are others, so one of you holds a key that is not the other's",
            "Import and export nothing; compare the fingerprint of the key bundle and the server key by telephone first",
        )
        .into());
    }
    data.note_paired(&own)?;
    println!("Paired: both sides hold each other's keys.");
    Ok(())
}

/// For `doctor`: whether the keys in force are those that were compared.
///
/// # Errors
/// What is missing.
pub fn finding(data: &DataFolder, rng: &mut Rng) -> Result<String, String> {
    let own = words(data, rng).map_err(|_| "unknown".to_owned())?;
    match data.paired() {
        Some(paired) if paired == own => {
            Ok("the office's keys and this server's were compared".to_owned())
        }
        Some(_) => Err("keys have changed since they were compared".to_owned()),
        None => Err("keys were never compared".to_owned()),
    }
}

fn ask() -> anyhow::Result<String> {
    let input = io::stdin();
    if input.is_terminal() {
        eprint!("The twelve words that the office reads: ");
        io::stderr().flush()?;
    }
    let mut typed = String::new();
    let read = input.lock().read_line(&mut typed);
    read.context("standard input cannot be read")?;
    Ok(typed)
}
