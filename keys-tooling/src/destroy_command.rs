//! `destroy`: the sheets of sets that are due burn before a witness, one holder after another.

use std::{
    io::{self, Write},
    path::Path,
};

use asylia_envelope::day::Day;
use asylia_keys::{
    ceremony::open_witness,
    destruction::{Proof, STATEMENT_LIMIT_BYTES, SharesDestroyed, check_due, enough},
    files::{private_folder, read_limited, write_new},
    key_file::KEY_FILE_LIMIT_BYTES,
    shares::ShareSet,
    terminal::read_line,
};

use crate::{cli::DestroyArgs, combine_command::read_sets, failure::Failure, passphrase};

/// Burns and says so; the same command again goes on with the sets that are left.
pub(crate) fn run(args: &DestroyArgs, today: Day) -> Result<(), Failure> {
    let sets = read_sets(&args.sets)?;
    let read = |path| {
        read_limited(path, STATEMENT_LIMIT_BYTES)
            .map_err(|error| Failure::reading("a proof", &error))
    };
    let mut proofs = Vec::new();
    for path in &args.because {
        proofs.push(Proof::parse(&read(path)?)?);
    }
    for set in &sets {
        check_due(set, &proofs, today)?;
    }
    let file = read_limited(&args.key, KEY_FILE_LIMIT_BYTES)
        .map_err(|error| Failure::reading("the key file", &error))?;
    let passphrase = passphrase::existing(
        args.passphrase.passphrase_file.as_deref(),
        "the witness key",
    )?;
    let witness = open_witness(&file, &passphrase)?;
    private_folder(&args.out).map_err(|error| Failure::writing("the folder", &error))?;
    for set in &sets {
        let path = args.out.join(format!("burnt-{}.txt", set.id()));
        if path.exists() {
            println!("Set {} has its statement already.", set.id());
            continue;
        }
        let burnt = burn(set)?;
        let statement = SharesDestroyed::new(set, &burnt, today, &witness);
        write_new(&path, statement.to_text().as_bytes())
            .map_err(|error| Failure::writing("the statement", &error))?;
        say(set, &burnt, &path);
    }
    println!("{LIMITS}");
    Ok(())
}

fn burn(set: &ShareSet) -> Result<Vec<u8>, Failure> {
    println!("\n{}", set.describe());
    let mut burnt = Vec::new();
    for place in set.scheme().places() {
        loop {
            println!(
                "Holder {} shows the sheet of this set to the witness, and burns it.",
                place.holder
            );
            print!("Type `burnt`, or `missing` when there is no sheet: ");
            let _ = io::stdout().flush();
            let typed = read_line()?.ok_or_else(stopped)?;
            match typed.trim() {
                "burnt" => burnt.push(place.holder),
                "missing" => {}
                _ => continue,
            }
            break;
        }
    }
    Ok(burnt)
}

fn say(set: &ShareSet, burnt: &[u8], path: &Path) {
    let missing: Vec<u8> = set
        .scheme()
        .places()
        .map(|place| place.holder)
        .filter(|holder| !burnt.contains(holder))
        .collect();
    println!("The statement is signed: {}.", path.display());
    if enough(set, &missing) {
        println!("WARNING: the sheets that are missing are enough to recover the secret.");
    }
}

fn stopped() -> Failure {
    Failure::new(
        "You stopped, and the set in hand has no statement",
        "Run the same command again: it goes on with this set",
    )
}

const LIMITS: &str = "\
This covers sheets of paper. Key files of the same keys, on sticks and computers, are destroyed with their media;
what was sealed again into the office's vault stays readable there.";
