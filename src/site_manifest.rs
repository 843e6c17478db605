//! The site manifest: what this build serves, as a text that its makers sign elsewhere, and the signed one that an
//! operator publishes. The server has no key for it and vouches for nothing: it refuses to publish what it does not
//! serve, so that a visitor's check fails at the start of a wrong server and not in front of the visitor.

use std::{
    fs::File,
    io::{self, Read, Write},
    path::Path,
};

use asylia_envelope::{
    day::Day,
    site::{SITE_NOTE_LIMIT_BYTES, SiteFile, SiteFileKind, SiteManifest, SiteNote},
};
use sha2::{Digest, Sha256};

use crate::{
    error::Advice,
    headers::ResponseHeaders,
    pages,
    static_files::{MAILBOX_SCRIPT, MAILBOX_SCRIPT_PATH, SCRIPT, SCRIPT_PATH},
};

/// What this build serves, made on `day`.
#[must_use]
pub fn of_this_build(day: Day) -> SiteManifest {
    let scripts = [(SCRIPT_PATH, SCRIPT), (MAILBOX_SCRIPT_PATH, MAILBOX_SCRIPT)];
    let mut files = scripts.map(|(path, bytes)| SiteFile {
        kind: SiteFileKind::Script,
        sha256: Sha256::digest(bytes).into(),
        size: bytes.len() as u64,
        path: path.to_owned(),
    });
    files.sort_by(|one, other| one.path.cmp(&other.path));
    SiteManifest {
        release: env!("CARGO_PKG_VERSION").to_owned(),
        day,
        policy: ResponseHeaders::new(pages::style_hashes())
            .policy()
            .to_owned(),
        files: files.into(),
    }
}

/// Reads a signed manifest and holds it against this build.
///
/// # Errors
/// [`Advice`] when it cannot be read, is none, carries no signature, or names other files or another policy.
pub fn load(path: &Path) -> Result<SiteNote, Advice> {
    let bytes = read(path).map_err(|error| {
        Advice::failed(
            format!("The site manifest cannot be read: {}", error.kind()),
            "Check the path of the key `site_manifest`, or leave the key out",
        )
    })?;
    let note = SiteNote::parse(&bytes).map_err(|error| {
        Advice::failed(
            format!("The site manifest is refused: {error}"),
            "Get it again from those who signed this release, or leave the key `site_manifest` out",
        )
    })?;
    check(&note).map_err(|finding| {
        Advice::failed(
            format!("The site manifest is not one for this server: {finding}"),
            "Publish the manifest of this release, signed, or leave the key `site_manifest` out",
        )
    })?;
    Ok(note)
}

/// Whether a manifest is signed and names what this build serves; says what is wrong, as a clause.
///
/// # Errors
/// The clause.
pub fn check(note: &SiteNote) -> Result<(), String> {
    let named = note.manifest();
    let served = of_this_build(named.day);
    if note.signers().is_empty() {
        Err("nobody signed it".to_owned())
    } else if named.release != served.release {
        Err(format!(
            "it is that of release {}, and this is {}",
            named.release, served.release
        ))
    } else if named.policy != served.policy {
        Err("it names another policy than the pages carry".to_owned())
    } else if named.files != served.files {
        Err("it names other files than this server serves".to_owned())
    } else {
        Ok(())
    }
}

/// `asylia site-manifest`: prints what is to be signed.
///
/// # Errors
/// Those of standard output.
pub fn print(day: Day) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(of_this_build(day).to_text().as_bytes())?;
    out.flush()
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // One byte too many is enough for the parser to refuse it.
    let limit = SITE_NOTE_LIMIT_BYTES as u64 + 1;
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use asylia_envelope::signing::SigningKey;

    use super::*;
    use crate::router::ROUTES;

    fn day() -> Day {
        "2026-11-24".parse().expect("a day")
    }

    fn signed(manifest: &SiteManifest) -> SiteNote {
        let note = SiteNote::parse(manifest.to_text().as_bytes()).expect("our own");
        let text = note.sign(&SigningKey::from_seed(&[1; 32])).expect("once");
        SiteNote::parse(text.as_bytes()).expect("our own")
    }

    #[test]
    fn every_fixed_file_is_named() {
        let manifest = of_this_build(day());
        let fixed = ROUTES.iter().filter(|it| it.path.starts_with("/static/"));
        let mut routed: Vec<&str> = fixed.map(|route| route.path).collect();
        routed.sort_unstable();
        let named: Vec<&str> = manifest.files.iter().map(|it| it.path.as_str()).collect();
        assert_eq!(named, routed);
        assert!(manifest.policy.contains("script-src 'self'"));
        assert_eq!(check(&signed(&manifest)), Ok(()));
    }

    #[test]
    fn a_manifest_that_disagrees_is_told_by_what_it_disagrees_in() {
        let refused = |alter: fn(&mut SiteManifest)| {
            let mut other = of_this_build(day());
            alter(&mut other);
            check(&signed(&other)).expect_err("it is refused")
        };
        assert!(refused(|it| it.release = "0".to_owned()).contains("release 0"));
        assert!(refused(|it| it.policy.push(' ')).contains("another policy"));
        assert!(refused(|it| it.files[0].sha256[0] ^= 1).contains("other files"));
        assert!(refused(|it| it.files[0].kind = SiteFileKind::File).contains("other files"));
        let text = of_this_build(day()).to_text();
        let unsigned = SiteNote::parse(text.as_bytes()).expect("our own");
        assert_eq!(check(&unsigned), Err("nobody signed it".to_owned()));
    }
}
