//! `init`: a new vault from the key bundle and the identity files.

use std::{fs, path::Path};

use asylia_envelope::{
    hybrid::HybridIdentity,
    ids::InstanceId,
    key_bundle::{Anchor, Fingerprint, KeyBundle, NOTE_LIMIT_BYTES, UnverifiedBundle},
};
use asylia_keys::{
    custody::CustodySecret,
    identity::AnyIdentity,
    recovery::{RECOVERY_NOTE_LIMIT_BYTES, RecoveryNote},
    signing_file::{OfficeSigningKey, open_office},
};
use secrecy::SecretString;

use super::{Failure, InitArgs, say_demo};
use crate::{
    identity::belongs_to_bundle,
    l10n::Texts,
    machine::Machine,
    vault::{NewVault, Vault, header::KdfCost},
};

/// Makes the vault; everything is checked before its folder is.
pub(super) fn run(machine: &Machine, args: &InitArgs) -> Result<(), Failure> {
    let cost = KdfCost::with_memory(args.kdf_mib)?;
    let anchor = anchor(args.office.as_deref())?;
    let bundle = read_bundle(&args.keys, &anchor)?;
    let first = args.vault.credentials()?;
    let recovery = args
        .recovery
        .as_deref()
        .map(|file| recovery_note(file, bundle.content().instance))
        .transpose()?
        .map(|note| note.recipient().clone());
    let mut identities = Vec::new();
    for file in &args.identity {
        identities.push(read_identity(file, &first.passphrase, &bundle)?);
    }
    let signing = args
        .signing
        .as_deref()
        .map(|file| read_signing(file, &first.passphrase, &bundle))
        .transpose()?;
    say_demo(bundle.content().demo);
    let instance = bundle.content().instance;
    let (count, sequence) = (identities.len() as u64, bundle.sequence());
    let office = bundle.content().office.clone();
    let new = NewVault {
        first,
        cost,
        bundle,
        anchor,
        identities,
        recovery,
    };
    let mut vault = Vault::create(machine.clone(), &args.vault.vault, new)?;
    if let Some(key) = &signing {
        vault.put_office_key(instance, key)?;
    }
    vault.close();
    let said = [
        ("identities", count.into()),
        ("sequence", sequence.into()),
        ("office", (&office).into()),
    ];
    println!("{}", Texts::english().with("console-cli-init", &said));
    Ok(())
}

pub(super) fn anchor(words: Option<&str>) -> Result<Anchor, Failure> {
    let Some(words) = words else {
        return Ok(Anchor::DemoOnly);
    };
    Fingerprint::parse(words).map(Anchor::Fingerprint).map_err(|error| {
        Failure(format!(
            "The words after `--office` are not right: {error}. Copy them from the office's letterhead."
        ))
    })
}

pub(super) fn read_bundle(file: &Path, anchor: &Anchor) -> Result<KeyBundle, Failure> {
    let note = read(file, NOTE_LIMIT_BYTES as u64)?;
    let verified = UnverifiedBundle::parse(&note).and_then(|note| note.verify(anchor, None));
    verified.map_err(|error| {
        Failure(format!(
            "The key bundle is refused: {error}. Get it again from the office, and compare its 12 words by telephone."
        ))
    })
}

pub(super) fn read_identity(
    file: &Path,
    passphrase: &SecretString,
    bundle: &KeyBundle,
) -> Result<AnyIdentity, Failure> {
    let sealed = read(file, asylia_keys::key_file::KEY_FILE_LIMIT_BYTES as u64)?;
    let identity = AnyIdentity::open_file(&sealed, passphrase)
        .map_err(|error| Failure(format!("{}: {error}", file.display())))?;
    if belongs_to_bundle(&identity, bundle) {
        Ok(identity)
    } else {
        Err(Failure(format!(
            "The identity in {} belongs to no period of this key bundle. Give the files that were made with it.",
            file.display()
        )))
    }
}

/// Opens the file of the office's signing key, which must be one that the key bundle lists.
pub(super) fn read_signing(
    file: &Path,
    passphrase: &SecretString,
    bundle: &KeyBundle,
) -> Result<OfficeSigningKey, Failure> {
    let sealed = read(file, asylia_keys::key_file::KEY_FILE_LIMIT_BYTES as u64)?;
    let (instance, key) = open_office(&sealed, passphrase)
        .map_err(|error| Failure(format!("{}: {error}", file.display())))?;
    let content = bundle.content();
    match instance == content.instance && content.office_keys.contains(&key.verifying_key()) {
        true => Ok(key),
        false => Err(Failure(format!(
            "The signing key in {} is none of those that this key bundle lists. Give the file that was made with it.",
            file.display()
        ))),
    }
}

/// Reads the public half of a recovery key of this installation.
pub(super) fn recovery_note(file: &Path, instance: InstanceId) -> Result<RecoveryNote, Failure> {
    let note = RecoveryNote::parse(&read(file, RECOVERY_NOTE_LIMIT_BYTES as u64)?)?;
    if note.set().instance() == instance {
        Ok(note)
    } else {
        Err(Failure(
            "The recovery key was made for another office's installation. Give the recovery.note of this one; nothing was changed."
                .to_owned(),
        ))
    }
}

/// Opens the recovery key that was put together from its shares.
pub(super) fn recovery_seed(
    file: &Path,
    passphrase: &SecretString,
) -> Result<HybridIdentity, Failure> {
    let sealed = read(file, asylia_keys::key_file::KEY_FILE_LIMIT_BYTES as u64)?;
    let secret = CustodySecret::open_file(&sealed, passphrase)?;
    secret.derive_recovery().ok_or_else(|| {
        Failure(
            "The file holds the seed of a period, and this needs a vault's recovery key. Give what `asylia-keys combine` made of the recovery set's shares."
                .to_owned(),
        )
    })
}

pub(super) fn read(file: &Path, limit_bytes: u64) -> Result<Vec<u8>, Failure> {
    let refused = |what: &str| Failure(format!("{} {what}. Check the path.", file.display()));
    let length = fs::metadata(file)
        .map_err(|_| refused("cannot be read"))?
        .len();
    if length > limit_bytes {
        return Err(refused("is longer than such a file can be"));
    }
    fs::read(file).map_err(|_| refused("cannot be read"))
}
