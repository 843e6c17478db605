//! What each command does: read, call the library, write once, say it in words.

use std::{
    io::IsTerminal,
    path::{Path, PathBuf},
};

use asylia_envelope::{day::Day, ids::InstanceId, key_bundle::UnverifiedBundle};
use asylia_keys::{
    demo::DemoOffice,
    dice::Mixed,
    files::{empty_private_folder, write_new},
    key_file::WorkFactor,
    period::{Window, new_period, to_note},
};
use rand_core::{CryptoRng, RngCore};

use crate::{
    bundle_commands, carry_commands, ceremony_commands,
    cli::{Command, NewPeriodArgs, PeriodCommand, RootCommand, SiteCommand},
    combine_command, destroy_command,
    failure::Failure,
    hand_over_commands, passphrase, root_commands, site_commands,
    split_command::{self, read_seed},
};

/// Runs one command.
pub(crate) fn run(
    command: Command,
    today: Day,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<(), Failure> {
    match command {
        Command::Demo { out } => demo(&out, today, rng),
        Command::Root(RootCommand::New { out, passphrase }) => {
            root_commands::new(&out, passphrase.passphrase_file.as_deref(), rng)
        }
        Command::Root(RootCommand::Collect(args)) => root_commands::collect(&args, rng),
        Command::Ceremony(command) => ceremony_commands::run(command, today, rng),
        Command::HandOver(command) => hand_over_commands::run(command, today, rng),
        Command::Site(SiteCommand::New { out, passphrase }) => {
            site_commands::new(&out, passphrase.passphrase_file.as_deref(), rng)
        }
        Command::Site(SiteCommand::Sign {
            manifest,
            key,
            out,
            passphrase,
        }) => site_commands::sign(&manifest, &key, &out, passphrase.passphrase_file.as_deref()),
        Command::Period(PeriodCommand::New(args)) => {
            period_new(&args, today, &mut Mixed::asked(rng, args.dice)?)
        }
        Command::Bundle(command) => bundle_commands::run(command, today),
        Command::Period(PeriodCommand::Restore {
            seed,
            out,
            passphrase,
        }) => period_restore(&seed, &out, passphrase.passphrase_file.as_deref()),
        Command::Split(args) => split_command::run(&args, today, rng),
        Command::Combine(args) => combine_command::combine(*args),
        Command::Drill(args) => combine_command::drill(&args, today, rng),
        Command::Destroy(args) => destroy_command::run(&args, today),
        Command::Qr { file, out } => carry_commands::qr(&file, &out),
        Command::Scan { out } => carry_commands::scan(&out),
        Command::Fingerprint { note } => fingerprint(&note),
    }
}

fn demo(out: &Path, today: Day, rng: &mut (impl RngCore + CryptoRng)) -> Result<(), Failure> {
    let office = DemoOffice::generate(today, rng);
    office
        .write(out)
        .map_err(|error| Failure::writing("the demonstration's folder", &error))?;
    let period = &office.period.public;
    println!("A throwaway office is made.");
    println!("Fingerprint: {}", office.fingerprint());
    println!(
        "Period {}: from {} until {}",
        period.id, period.from, period.until
    );
    println!("All key files are under the words in the file `passphrase`.");
    print_demo_note();
    Ok(())
}

/// Red where it is seen as red.
pub(crate) fn print_demo_note() {
    let text =
        "DEMO KEYS: for trying out only. They protect nobody; never use them for a real report.";
    if std::io::stdout().is_terminal() {
        println!("\u{1b}[1;31m{text}\u{1b}[0m");
    } else {
        println!("{text}");
    }
}

fn period_new(
    args: &NewPeriodArgs,
    today: Day,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<(), Failure> {
    let from = args.from.unwrap_or(today);
    let window = match args.until {
        Some(until) => Window::new(from, until)?,
        None => Window::quarter(from),
    };
    let id = args.id.clone().unwrap_or_else(|| from.quarter());
    let instance = args.instance.unwrap_or_else(|| InstanceId::generate(rng));
    let made = new_period(instance, &id, window, rng)?;
    let passphrase_file = args.passphrase.passphrase_file.as_deref();
    let passphrase = passphrase::new(passphrase_file, "the period's identities")?;
    let of_identity = match args.identity_passphrase_file.as_deref() {
        Some(file) => passphrase::new(Some(file), "the identity key")?,
        None => passphrase.clone(),
    };
    let folder = &args.out;
    empty_private_folder(folder).map_err(|error| Failure::writing("the folder", &error))?;
    let work = WorkFactor::STANDARD;
    let mut files: Vec<(&str, Vec<u8>)> = vec![
        ("identity-intake", made.intake.seal_file(&passphrase, work)),
        (
            "identity-account",
            made.account.seal_file(&passphrase, work),
        ),
        (
            "identity-identity",
            made.identity.seal_file(&of_identity, work),
        ),
        ("period.note", to_note(instance, &made.public).into_bytes()),
    ];
    if args.keep_seeds {
        files.push(("seed-period", made.period_seed.seal_file(&passphrase, work)));
        let seed = made.identity_seed.seal_file(&of_identity, work);
        files.push(("seed-identity", seed));
    }
    for (name, bytes) in &files {
        let path: PathBuf = folder.join(name);
        write_new(&path, bytes).map_err(|error| Failure::writing(name, &error))?;
    }
    println!("Period {id} of installation {instance}");
    println!(
        "Reports may be sealed to it from {} and are accepted until {}.",
        window.from(),
        window.until()
    );
    println!("Carry period.note to `bundle build`; keep the identities offline.");
    Ok(())
}

/// Identity files from a seed: what a period needs when its files are lost.
fn period_restore(seed: &Path, out: &Path, passphrase_file: Option<&Path>) -> Result<(), Failure> {
    let secret = read_seed(seed, passphrase_file)?;
    let identities = secret.derive_identities();
    if identities.is_empty() {
        return Err(Failure::new(
            "A vault's recovery key gives no identity of a period",
            "Give the seed of a period; the console opens a vault",
        ));
    }
    let passphrase = passphrase::new(passphrase_file, "the identity files")?;
    empty_private_folder(out).map_err(|error| Failure::writing("the folder", &error))?;
    for identity in &identities {
        let name = format!("identity-{}", identity.role());
        let file = identity.seal_file(&passphrase, WorkFactor::STANDARD);
        write_new(&out.join(&name), &file).map_err(|error| Failure::writing(&name, &error))?;
    }
    println!(
        "Period {} of installation {}: its identity files are made again.",
        secret.label(),
        secret.instance()
    );
    Ok(())
}

fn fingerprint(note: &Path) -> Result<(), Failure> {
    let note = bundle_commands::read_note(note, "the key bundle")?;
    let note = UnverifiedBundle::parse(&note).map_err(asylia_keys::bundle::Refusal::from)?;
    println!("{}", note.claimed().fingerprint());
    eprintln!("Nobody's signature was checked: `bundle verify` does that.");
    Ok(())
}
