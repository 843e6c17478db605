//! `ceremony`: the year's meeting at a keyboard or from lines of standard input, and witnesses.

use std::path::Path;

use asylia_envelope::{day::Day, key_bundle::KeyBundle};
use asylia_keys::{
    ceremony::{
        CeremonyError, Place, Recovery, TRANSCRIPT_LIMIT_BYTES, Transcript, WitnessSigningKey,
        Year, YearPlan, desk, open_witness, seal_witness, witness_statement,
    },
    dice::Mixed,
    files::{check_memory, read_limited, write_new},
    key_file::{KEY_FILE_LIMIT_BYTES, WorkFactor},
    root::{ROOT_LIMIT_BYTES, RootDescription},
};
use rand_core::{CryptoRng, RngCore};

use crate::{
    bundle_commands::{anchor, verified},
    cli::{CeremonyCommand, RecoveryArgs, YearArgs},
    failure::Failure,
    passphrase,
};

/// Runs one command.
pub(crate) fn run(
    command: CeremonyCommand,
    today: Day,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<(), Failure> {
    match command {
        CeremonyCommand::Year(args) => year(&args, today, rng),
        CeremonyCommand::Recovery(args) => recovery(&args, today, rng),
        CeremonyCommand::WitnessNew { out, passphrase } => {
            let passphrase =
                passphrase::new(passphrase.passphrase_file.as_deref(), "the witness key")?;
            let key = WitnessSigningKey::generate(rng);
            let file = seal_witness(&key, &passphrase, WorkFactor::STANDARD);
            write_new(&out, &file).map_err(|error| Failure::writing("the key file", &error))?;
            println!(
                "Public half, for `ceremony year --witness`: {}",
                key.verifying_key()
            );
            Ok(())
        }
        CeremonyCommand::WitnessSign {
            transcript,
            key,
            out,
            passphrase,
        } => {
            let transcript = read_transcript(&transcript)?;
            print!("{}", transcript.to_text());
            let file = read_limited(&key, KEY_FILE_LIMIT_BYTES)
                .map_err(|error| Failure::reading("the key file", &error))?;
            let passphrase =
                passphrase::existing(passphrase.passphrase_file.as_deref(), "the witness key")?;
            let key = open_witness(&file, &passphrase)?;
            let statement = witness_statement(&transcript, &key).ok_or_else(|| {
                Failure::new(
                    "The ceremony has not come to its witnesses yet",
                    "Sign when its seeds are removed",
                )
            })?;
            write_new(&out, statement.as_bytes())
                .map_err(|error| Failure::writing("the signature", &error))?;
            println!("Signed: everything above, up to the line `seeds removed`.");
            Ok(())
        }
        CeremonyCommand::Verify { transcript } => {
            let transcript = read_transcript(&transcript)?;
            let (signed, closed) = transcript.check()?;
            print!("{}", transcript.to_text());
            println!(
                "Good: every line follows from those before it. {signed} witnesses signed; the ceremony is {}.",
                if closed { "closed" } else { "not closed yet" }
            );
            if transcript.rehearsal() {
                println!("REHEARSAL: for practising only.");
            }
            Ok(())
        }
    }
}

fn read_transcript(path: &Path) -> Result<Transcript, Failure> {
    let text = read_limited(path, TRANSCRIPT_LIMIT_BYTES)
        .map_err(|error| Failure::reading("the transcript", &error))?;
    Ok(Transcript::parse(&text).map_err(CeremonyError::from)?)
}

fn year(args: &YearArgs, today: Day, rng: &mut (impl RngCore + CryptoRng)) -> Result<(), Failure> {
    check_memory(&args.sheets, args.danger_sheets_on_disk)?;
    let place = Place::new(&args.folder, &args.sheets, args.rehearsal);
    let mut ceremony = if place.is_begun() {
        Year::open(place)?
    } else {
        let (plan, previous) = plan(args, today)?;
        Year::begin(place, plan, previous.as_ref(), today)?
    };
    if ceremony.transcript().rehearsal() != args.rehearsal {
        return Err(Failure::new(
            "This folder's ceremony is a rehearsal and --rehearsal was not given, or the other way round",
            "Give the right folder, and --rehearsal for a rehearsal alone",
        ));
    }
    let mut rng = Mixed::asked(rng, args.dice)?;
    Ok(ceremony.run(desk().as_mut(), &mut rng, today)?)
}

/// A recovery key alone, under the root of the bundle in use.
fn recovery(
    args: &RecoveryArgs,
    today: Day,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<(), Failure> {
    check_memory(&args.sheets, args.danger_sheets_on_disk)?;
    let bundle = verified(
        &args.keys,
        "the key bundle",
        &anchor(args.anchor.office.clone()),
    )?;
    let plan = YearPlan::of_recovery(&bundle, args.holders, args.witnesses.clone(), today)?;
    let place = Place::new(&args.folder, &args.sheets, bundle.content().demo);
    let mut ceremony = Year::begin_or_open(place, plan, today)?;
    let mut rng = Mixed::asked(rng, args.dice)?;
    Ok(ceremony.run(desk().as_mut(), &mut rng, today)?)
}

/// From the root's description, or from the bundle in use.
fn plan(args: &YearArgs, today: Day) -> Result<(YearPlan, Option<KeyBundle>), Failure> {
    let previous = args
        .previous
        .as_deref()
        .map(|path| {
            verified(
                path,
                "the key bundle in use",
                &anchor(args.anchor.office.clone()),
            )
        })
        .transpose()?;
    let root = match (&args.root, &previous) {
        (Some(path), _) => {
            let text = read_limited(path, ROOT_LIMIT_BYTES)
                .map_err(|error| Failure::reading("the description of the root", &error))?;
            RootDescription::parse(&text)?
        }
        (None, Some(before)) => {
            let content = before.content();
            RootDescription::new(
                content.demo,
                content.instance,
                &content.office,
                content.threshold,
                content.roots.clone(),
            )?
        }
        (None, None) => {
            return Err(Failure::new(
                "A new ceremony needs the root or the key bundle in use",
                "Give --root with the file of `root collect`, or --previous with keys.note",
            ));
        }
    };
    if root.rehearsal != args.rehearsal {
        return Err(Failure::new(
            "The root is for rehearsals and --rehearsal was not given, or the other way round",
            "Collect a root with `root collect --rehearsal` for rehearsals alone",
        ));
    }
    let plan = YearPlan {
        root,
        previous: None,
        from: args.from.unwrap_or(today),
        quarters: args.quarters,
        reports: args.reports,
        identities: args.identities.unwrap_or(args.reports),
        hand_over: args.hand_over,
        recovery: args.recovery.map(|holders| Recovery {
            label: today.to_string(),
            holders,
        }),
        office_keys: args.office_keys.clone(),
        transfer_key: args.transfer_key.clone(),
        witnesses: args.witnesses.clone(),
    };
    Ok((plan, previous))
}
