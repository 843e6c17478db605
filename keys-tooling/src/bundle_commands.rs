//! `bundle build`, `bundle sign`, `bundle verify`.

use std::{io, path::Path};

use asylia_envelope::{
    day::Day,
    ids::InstanceId,
    key_bundle::{Anchor, Fingerprint, KeyBundle, NOTE_LIMIT_BYTES, Period, UnverifiedBundle},
};
use asylia_keys::{
    bundle::{self, Plan, Refusal},
    files::{read_limited, write_new},
    key_file::{KEY_FILE_LIMIT_BYTES, KeyFileError},
    period::{PERIOD_NOTE_LIMIT_BYTES, parse_note},
    signing_file::open_root,
};
use zeroize::Zeroizing;

use crate::{
    cli::{BuildArgs, BundleCommand},
    commands::print_demo_note,
    failure::Failure,
    passphrase,
};

/// Runs one command.
pub(crate) fn run(command: BundleCommand, today: Day) -> Result<(), Failure> {
    match command {
        BundleCommand::Build(args) => build(*args),
        BundleCommand::Sign {
            note,
            key,
            out,
            previous,
            anchor,
            passphrase,
        } => sign(
            &note,
            (previous.as_deref(), anchor.office),
            &key,
            &out,
            passphrase.passphrase_file.as_deref(),
        ),
        BundleCommand::Verify {
            note,
            anchor,
            previous,
            previous_office,
            on,
        } => verify(
            &note,
            anchor.office,
            (previous.as_deref(), previous_office),
            on.unwrap_or(today),
        ),
    }
}

/// Builds an unsigned note and says what its holders will be asked to sign.
fn build(args: BuildArgs) -> Result<(), Failure> {
    let anchor = anchor(args.anchor.office);
    let previous = args
        .previous
        .as_deref()
        .map(|path| verified(path, "the key bundle before", &anchor))
        .transpose()?;
    let periods = args
        .periods
        .iter()
        .map(|path| read_period(path))
        .collect::<Result<Vec<_>, _>>()?;
    let plan = Plan {
        instance: args.instance,
        office: args.office_name,
        roots: args.roots,
        threshold: args.threshold,
        office_keys: args.office_keys,
        transfer_key: args.transfer_key,
        periods,
        not_before: args.not_before,
        not_after: args.not_after,
    };
    let content = bundle::build(plan, previous.as_ref())?;
    write_new(&args.out, content.to_note(&[]).as_bytes())
        .map_err(|error| Failure::writing("the key bundle", &error))?;
    print!("{}", bundle::describe(&content));
    if previous.is_some_and(|before| before.content().fingerprint() != content.fingerprint()) {
        println!(
            "THE FINGERPRINT CHANGES: every program and letterhead must be given the new words."
        );
    }
    println!(
        "Unsigned: {} root keys must sign it with `bundle sign`.",
        content.threshold
    );
    Ok(())
}

/// Shows a note in plain words, then asks for the passphrase, then signs.
fn sign(
    note: &Path,
    (previous, office): (Option<&Path>, Option<Fingerprint>),
    key: &Path,
    out: &Path,
    passphrase_file: Option<&Path>,
) -> Result<(), Failure> {
    let note = read_note(note, "the key bundle")?;
    let note = UnverifiedBundle::parse(&note).map_err(Refusal::from)?;
    let previous = previous
        .map(|path| verified(path, "the key bundle before", &anchor(office)))
        .transpose()?;
    println!("You are about to sign this:\n");
    println!("{}", bundle::describe(note.claimed()));
    let words = note.claimed().fingerprint();
    if previous
        .as_ref()
        .is_some_and(|before| before.content().fingerprint() != words)
    {
        println!("THE ROOT KEYS CHANGE, and with them the 12 words.\n");
    }
    let file = read_limited(key, KEY_FILE_LIMIT_BYTES).map_err(|error| match error.kind() {
        io::ErrorKind::FileTooLarge => KeyFileError::NotAKeyFile.into(),
        _ => Failure::reading("the key file", &error),
    })?;
    let passphrase = passphrase::existing(passphrase_file, "the root key")?;
    let signed = bundle::sign(&note, previous.as_ref(), &open_root(&file, &passphrase)?)?;
    write_new(out, signed.as_bytes())
        .map_err(|error| Failure::writing("the signed key bundle", &error))?;
    let content = note.claimed();
    println!(
        "Signed. The note carries {} signatures and needs {}.",
        note.signature_lines().len() + 1,
        content.threshold
    );
    Ok(())
}

/// Checks a note against the office's words, the bundle in use and a day.
fn verify(
    note: &Path,
    office: Option<Fingerprint>,
    (previous, previous_office): (Option<&Path>, Option<Fingerprint>),
    on: Day,
) -> Result<(), Failure> {
    let anchor = anchor(office);
    let in_use = previous
        .map(|path| {
            let words = previous_office.map_or_else(|| anchor.clone(), Anchor::Fingerprint);
            verified(path, "the key bundle in use", &words)
        })
        .transpose()?;
    let note = read_note(note, "the key bundle")?;
    let bundle = bundle::verify(&note, &anchor, in_use.as_ref(), on)?;
    print!("{}", bundle::describe(bundle.content()));
    match bundle.period_on(on) {
        Ok(period) => println!("Good. On {on} reports are sealed to period {}.", period.id),
        Err(_) => println!("Good, but no period covers {on}: nothing can be sealed on that day."),
    }
    if bundle.content().demo {
        print_demo_note();
    }
    Ok(())
}

/// Reads a note's bytes.
pub(crate) fn read_note(path: &Path, what: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
    read_limited(path, NOTE_LIMIT_BYTES).map_err(|error| Failure::reading(what, &error))
}

/// Without words, only a note that says of itself that it is a demonstration.
pub(crate) fn anchor(office: Option<Fingerprint>) -> Anchor {
    office.map_or(Anchor::DemoOnly, Anchor::Fingerprint)
}

/// A note that may have run out, but is the office's.
pub(crate) fn verified(path: &Path, what: &str, anchor: &Anchor) -> Result<KeyBundle, Failure> {
    let note = read_note(path, what)?;
    let bundle = UnverifiedBundle::parse(&note)
        .and_then(|note| note.verify(anchor, None))
        .map_err(Refusal::from)?;
    Ok(bundle)
}

fn read_period(path: &Path) -> Result<(InstanceId, Period), Failure> {
    let bytes = read_limited(path, PERIOD_NOTE_LIMIT_BYTES)
        .map_err(|error| Failure::reading("a period's note", &error))?;
    Ok(parse_note(
        core::str::from_utf8(&bytes).unwrap_or_default(),
    )?)
}
