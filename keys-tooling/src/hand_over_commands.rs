//! `hand-over`: the key of who comes, the Committee's appointment, and what was handed over. The act itself is the
//! console's, on the office's own computer.

use std::path::Path;

use asylia_envelope::{day::Day, key_bundle::KeyBundle};
use asylia_keys::{
    files::{read_limited, write_new},
    hand_over::{
        APPOINTMENT_LIMIT_BYTES, Appointment, IncomingSigningKey, MANIFEST_LIMIT_BYTES,
        SignedManifest, UnverifiedAppointment, seal_incoming,
    },
    key_file::{KEY_FILE_LIMIT_BYTES, WorkFactor},
    signing_file::open_root,
};
use rand_core::{CryptoRng, RngCore};

use crate::{
    bundle_commands::{anchor, verified},
    cli::{AnchorArg, AppointArgs, HandOverCommand, SignAppointmentArgs},
    failure::Failure,
    passphrase,
};

/// Runs one command.
pub(crate) fn run(
    command: HandOverCommand,
    today: Day,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<(), Failure> {
    match command {
        HandOverCommand::Key { out, passphrase } => {
            key(&out, passphrase.passphrase_file.as_deref(), rng)
        }
        HandOverCommand::Appoint(args) => appoint(*args, today),
        HandOverCommand::Sign(args) => sign(*args),
        HandOverCommand::Verify {
            appointment,
            keys,
            anchor,
            manifest,
            on,
        } => {
            let bundle = bundle(&keys, anchor)?;
            verify(&bundle, &appointment, manifest.as_deref(), on, today)
        }
    }
}

fn key(
    out: &Path,
    passphrase_file: Option<&Path>,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<(), Failure> {
    let passphrase = passphrase::new(passphrase_file, "the key of who takes the office over")?;
    let key = IncomingSigningKey::generate(rng);
    let file = seal_incoming(&key, &passphrase, WorkFactor::STANDARD);
    write_new(out, &file).map_err(|error| Failure::writing("the key file", &error))?;
    println!(
        "Public half, for `hand-over appoint --incoming`: {}",
        key.verifying_key()
    );
    println!("Read it to the Committee yourself: whom it appoints is whose key this is.");
    Ok(())
}

fn appoint(args: AppointArgs, today: Day) -> Result<(), Failure> {
    let bundle = bundle(&args.keys, args.anchor)?;
    let from = args.from.unwrap_or(today);
    let until = args.until.unwrap_or_else(|| from.plus_days(DAYS));
    let appointment = Appointment::new(&bundle, args.incoming, from, until)?;
    print!("{}", appointment.describe());
    write(&args.out, &UnverifiedAppointment::unsigned(appointment))?;
    println!(
        "Unsigned: {} root keys must sign it with `hand-over sign`.",
        bundle.content().threshold
    );
    Ok(())
}

fn sign(args: SignAppointmentArgs) -> Result<(), Failure> {
    let bundle = bundle(&args.keys, args.anchor)?;
    let note = read(&args.appointment)?;
    println!("You are about to sign this:\n");
    println!("{}", note.claimed().describe());
    let file = read_limited(&args.key, KEY_FILE_LIMIT_BYTES)
        .map_err(|error| Failure::reading("the key file", &error))?;
    let file_of_passphrase = args.passphrase.passphrase_file.as_deref();
    let passphrase = passphrase::existing(file_of_passphrase, "the root key")?;
    let signed = note.sign(&bundle, &open_root(&file, &passphrase)?)?;
    write(&args.out, &signed)?;
    println!(
        "Signed. The appointment carries {} signatures and needs {}.",
        signed.count(),
        bundle.content().threshold
    );
    Ok(())
}

fn verify(
    bundle: &KeyBundle,
    appointment: &Path,
    manifest: Option<&Path>,
    on: Option<Day>,
    today: Day,
) -> Result<(), Failure> {
    let signed = match manifest {
        Some(path) => {
            let text = read_limited(path, MANIFEST_LIMIT_BYTES)
                .map_err(|error| Failure::reading("the manifest", &error))?;
            Some(SignedManifest::parse(&text)?)
        }
        None => None,
    };
    let of_manifest = signed.as_ref().map(|signed| signed.manifest().day);
    let on = on.or(of_manifest).unwrap_or(today);
    let appointed = read(appointment)?.verify(bundle, on)?;
    print!("{}", appointed.appointment().describe());
    println!("Good: enough root keys signed it, and on {on} it holds.");
    if let Some(signed) = signed {
        signed.check(&appointed)?;
        print!("\n{}", signed.manifest().describe());
        println!(
            "Good: signed by whoever was appointed, and by the {} that handed the vault over.",
            signed.manifest().by
        );
    }
    Ok(())
}

fn bundle(keys: &Path, office: AnchorArg) -> Result<KeyBundle, Failure> {
    verified(keys, "the key bundle", &anchor(office.office))
}

fn read(path: &Path) -> Result<UnverifiedAppointment, Failure> {
    let note = read_limited(path, APPOINTMENT_LIMIT_BYTES)
        .map_err(|error| Failure::reading("the appointment", &error))?;
    Ok(UnverifiedAppointment::parse(&note)?)
}

fn write(path: &Path, note: &UnverifiedAppointment) -> Result<(), Failure> {
    write_new(path, note.to_note().as_bytes())
        .map_err(|error| Failure::writing("the appointment", &error))
}

/// For how long an appointment holds where nothing is said.
const DAYS: i64 = 30;
