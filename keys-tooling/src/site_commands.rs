//! `site new` and `site sign`: the key of whoever vouches for a release, and its signature under a site manifest.

use std::{io, path::Path};

use asylia_envelope::site::{SITE_NOTE_LIMIT_BYTES, SiteError, SiteManifest, SiteNote};
use asylia_keys::{
    files::{read_limited, write_new},
    key_file::{KEY_FILE_LIMIT_BYTES, KeyFileError, WorkFactor},
    signing_file::{SiteSigningKey, open_site, seal_site},
};
use rand_core::{CryptoRng, RngCore};

use crate::{failure::Failure, passphrase};

/// Makes a site key and prints its public half.
pub(crate) fn new(
    out: &Path,
    passphrase_file: Option<&Path>,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<(), Failure> {
    let passphrase = passphrase::new(passphrase_file, "the site key")?;
    let key = SiteSigningKey::generate(rng);
    let file = seal_site(&key, &passphrase, WorkFactor::STANDARD);
    write_new(out, &file).map_err(|error| Failure::writing("the key file", &error))?;
    println!(
        "Public half, for `asylia-seal verify-site --key`: {}",
        key.verifying_key()
    );
    println!("Publish it where the site's own server cannot change it.");
    Ok(())
}

/// Shows a manifest in plain words, then asks for the passphrase, then signs.
pub(crate) fn sign(
    manifest: &Path,
    key: &Path,
    out: &Path,
    passphrase_file: Option<&Path>,
) -> Result<(), Failure> {
    let bytes = read_limited(manifest, SITE_NOTE_LIMIT_BYTES)
        .map_err(|error| Failure::reading("the site manifest", &error))?;
    let note = SiteNote::parse(&bytes).map_err(|error| refused(&error))?;
    describe(note.manifest());
    let file = read_limited(key, KEY_FILE_LIMIT_BYTES).map_err(|error| match error.kind() {
        io::ErrorKind::FileTooLarge => KeyFileError::NotAKeyFile.into(),
        _ => Failure::reading("the key file", &error),
    })?;
    let passphrase = passphrase::existing(passphrase_file, "the site key")?;
    let signed = note.sign(&open_site(&file, &passphrase)?).ok_or_else(|| {
        Failure::new(
            "This key signed the manifest already, or it has no room for another signature",
            "Publish it as it is",
        )
    })?;
    write_new(out, signed.as_bytes())
        .map_err(|error| Failure::writing("the signed manifest", &error))?;
    println!(
        "Signed. The manifest carries {} signatures.",
        note.signers().len() + 1
    );
    Ok(())
}

fn describe(manifest: &SiteManifest) {
    println!(
        "You are about to sign that release {} of {} serves these files, and no other:\n",
        manifest.release, manifest.day
    );
    for file in &manifest.files {
        println!("{} {}, {} bytes", file.kind, file.path, file.size);
    }
    println!("\nPolicy: {}", manifest.policy);
    println!("\nCompare it with a build of your own before you sign.");
}

fn refused(error: &SiteError) -> Failure {
    Failure::new(
        &format!("The manifest is refused: {error}"),
        "Make it again with `asylia site-manifest`",
    )
}
