//! The site manifest: a signed text that names every fixed file of a site and the policy of its pages.
//!
//! A release is the same for every office, so its key is none of an office's: whoever built or checked the
//! release signs, and readers are given the key beforehand. `docs/FORMAT.md#site-manifest`.

use core::fmt;

use base64::{Engine, prelude::BASE64_STANDARD};

use crate::{
    day::Day,
    signing::{SigningKey, Site, VerifyingKey},
};

mod parse;
#[cfg(test)]
mod tests;

/// Most bytes of a manifest with its signatures.
pub const SITE_NOTE_LIMIT_BYTES: usize = 64 * 1024;
/// Most files that a manifest names.
pub const SITE_FILES_LIMIT: usize = 256;
/// Most signatures under a manifest.
pub const SITE_SIGNATURES_LIMIT: usize = 8;
/// Most bytes of the policy.
pub const SITE_POLICY_LIMIT_BYTES: usize = 4096;
/// Most bytes of a path.
pub const SITE_PATH_LIMIT_BYTES: usize = 255;
/// Most characters of a release's name.
pub const SITE_RELEASE_CHARS: usize = 32;

/// What a file is to a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SiteFileKind {
    /// A script that pages may load.
    Script,
    /// Anything else.
    File,
}

impl fmt::Display for SiteFileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Script => "script",
            Self::File => "file",
        })
    }
}

/// One file of a site.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SiteFile {
    /// What it is to a page.
    pub kind: SiteFileKind,
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// Bytes.
    pub size: u64,
    /// Where it is served, from the site's root: `/static/x.js`.
    pub path: String,
}

/// What is signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SiteManifest {
    /// The release that serves these files: 1 to [`SITE_RELEASE_CHARS`] letters, digits, `.`, `+`, `-`.
    pub release: String,
    /// Day on which the manifest was made, UTC.
    pub day: Day,
    /// The Content-Security-Policy of every answer, to the byte.
    pub policy: String,
    /// The files, ascending by path.
    pub files: Vec<SiteFile>,
}

/// Why a manifest is refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum SiteError {
    /// Not this text, not in this version, cut off, or too long.
    #[error("this is not a site manifest of this version, or it is not whole")]
    NotAManifest,
    /// A signature under it is not that of the key beside it.
    #[error("a signature under the site manifest does not verify")]
    Signature,
}

/// A manifest as it was read, with the keys whose signatures under it verify.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SiteNote {
    manifest: SiteManifest,
    signers: Vec<VerifyingKey<Site>>,
    text: String,
}

impl SiteManifest {
    /// The text that is signed, which ends with a line feed.
    #[must_use]
    pub fn to_text(&self) -> String {
        let Self {
            release,
            day,
            policy,
            files,
        } = self;
        let mut text = format!("{SITE_MAGIC}\nrelease: {release}\nday: {day}\npolicy: {policy}\n");
        for file in files {
            let digest = hex::encode(file.sha256);
            text.push_str(&format!(
                "{}: {digest} {} {}\n",
                file.kind, file.size, file.path
            ));
        }
        text
    }

    /// The file at a path.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<&SiteFile> {
        self.files.iter().find(|file| file.path == path)
    }
}

impl SiteNote {
    /// Reads a manifest, signed or not, and checks every signature under the key beside it.
    ///
    /// Which of these keys to believe is the caller's to say, by [`SiteNote::is_signed_by`].
    ///
    /// # Errors
    /// See [`SiteError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, SiteError> {
        parse::note(bytes)
    }

    /// What it says.
    #[must_use]
    pub fn manifest(&self) -> &SiteManifest {
        &self.manifest
    }

    /// Whose signatures verify; none for an unsigned one.
    #[must_use]
    pub fn signers(&self) -> &[VerifyingKey<Site>] {
        &self.signers
    }

    /// Whether this key signed it.
    #[must_use]
    pub fn is_signed_by(&self, key: &VerifyingKey<Site>) -> bool {
        self.signers.contains(key)
    }

    /// The whole text, with its signatures.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text with one signature more; `None` when the key signed already, or no room is left.
    #[must_use]
    pub fn sign(&self, key: &SigningKey<Site>) -> Option<String> {
        let signer = key.verifying_key();
        if self.is_signed_by(&signer) || self.signers.len() >= SITE_SIGNATURES_LIMIT {
            return None;
        }
        let signature = key.sign(&[self.manifest.to_text().as_bytes()]);
        let gap = if self.signers.is_empty() { "\n" } else { "" };
        let text = format!(
            "{}{gap}— {signer} {}\n",
            self.text,
            BASE64_STANDARD.encode(signature)
        );
        (text.len() <= SITE_NOTE_LIMIT_BYTES).then_some(text)
    }
}

/// Whether this is a path as a manifest may name one: `/` and then segments of letters, digits, `.`, `_`, `-`,
/// none of which begins with a dot.
#[must_use]
pub fn is_site_path(path: &str) -> bool {
    let segment = |segment: &str| {
        let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        !segment.is_empty() && !segment.starts_with('.') && segment.bytes().all(letter)
    };
    path.len() <= SITE_PATH_LIMIT_BYTES
        && path
            .strip_prefix('/')
            .is_some_and(|rest| rest.split('/').all(segment))
}

const SITE_MAGIC: &str = "asylia site manifest v1";
