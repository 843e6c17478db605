//! A saved copy of a site against its manifest: every file by its digest, every page by what it loads.
//!
//! Trusts the manifest because the caller checked its signature; trusts nothing of the folder. Nothing in it is
//! executed, no link is followed, and what is neither named by the manifest nor built like our pages is named.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use asylia_envelope::{
    key_bundle::{NOTE_LIMIT_BYTES, UnverifiedBundle},
    site::{SITE_NOTE_LIMIT_BYTES, SiteFile, SiteManifest, SiteNote},
};
use sha2::{Digest, Sha256};

pub mod page;

use page::PageFault;

/// Most files in a folder.
pub const FOLDER_FILES_LIMIT: usize = 10_000;
/// Most folders one in another.
pub const FOLDER_DEPTH_LIMIT: usize = 16;
/// Most bytes of a saved page: several times what ours ever have.
pub const PAGE_LIMIT_BYTES: usize = 1024 * 1024;

/// One path of the manifest or of the folder, and what was found there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// From the root of the site or the folder, beginning with `/`.
    pub path: String,
    /// What it is.
    pub found: Found,
}

/// What stands at a path.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Found {
    /// The very bytes that the manifest names.
    Same,
    /// Other bytes than the manifest names.
    Different,
    /// The manifest names it, and the folder does not have it.
    Missing,
    /// The manifest does not name it, and it is no page.
    NotInManifest,
    /// A page that loads nothing but these scripts of the manifest.
    Page(Vec<String>),
    /// A page that is not built like one of this release.
    BadPage(PageFault),
    /// The office's key bundle, as far as its grammar goes: its signatures have a verifier of their own.
    KeyBundle,
    /// A site manifest that says the same as the one given.
    Manifest,
}

impl Found {
    /// Whether this is as it should be.
    #[must_use]
    pub fn is_good(&self) -> bool {
        matches!(
            self,
            Self::Same | Self::Page(_) | Self::KeyBundle | Self::Manifest
        )
    }
}

/// Why a folder cannot be compared. Each text is two sentences: what failed, what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// It cannot be read, or something in it cannot.
    #[error("The folder cannot be read ({0}). Check its path, and that you may read all of it.")]
    Io(io::ErrorKind),
    /// It holds a link, or something that is neither file nor folder.
    #[error(
        "The folder holds something that is neither a file nor a folder, such as a link. \
         Save the site again into an empty folder."
    )]
    NotAFile,
    /// A name in it is no text.
    #[error("A name in the folder is no text. Save the site again into an empty folder.")]
    Name,
    /// More than [`FOLDER_FILES_LIMIT`] files, or deeper than [`FOLDER_DEPTH_LIMIT`].
    #[error("The folder holds far more than one site. Give the folder of the saved copy alone.")]
    TooMuch,
}

/// Compares a folder with a manifest; the findings ascend by path.
///
/// The folder is the root of the site, as `wget --mirror --no-host-directories` saves it.
///
/// # Errors
/// See [`FolderError`].
pub fn compare(note: &SiteNote, folder: &Path) -> Result<Vec<Finding>, FolderError> {
    let mut files = Vec::new();
    walk(folder, "", 0, &mut files)?;
    let manifest = note.manifest();
    let mut findings = Vec::with_capacity(files.len() + manifest.files.len());
    for (path, place) in &files {
        let found = match manifest.file(path) {
            Some(file) => by_digest(file, place)?,
            None => by_content(note, place)?,
        };
        findings.push(Finding {
            path: path.clone(),
            found,
        });
    }
    let there = |file: &&SiteFile| files.iter().any(|(path, _)| *path == file.path);
    let missing = manifest.files.iter().filter(|file| !there(file));
    findings.extend(missing.map(|file| Finding {
        path: file.path.clone(),
        found: Found::Missing,
    }));
    findings.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(findings)
}

/// Lists every file below `folder`, with its path from the root of the site.
fn walk(
    folder: &Path,
    above: &str,
    depth: usize,
    files: &mut Vec<(String, PathBuf)>,
) -> Result<(), FolderError> {
    // The folder that was given may be reached by a link; nothing inside it may.
    if depth > FOLDER_DEPTH_LIMIT {
        return Err(FolderError::TooMuch);
    }
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry
            .file_name()
            .into_string()
            .map_err(|_| FolderError::Name)?;
        let path = format!("{above}/{name}");
        let kind = entry.file_type().map_err(unreadable)?;
        if kind.is_dir() {
            walk(&entry.path(), &path, depth + 1, files)?;
        } else if kind.is_file() {
            files.push((path, entry.path()));
        } else {
            return Err(FolderError::NotAFile);
        }
        if files.len() > FOLDER_FILES_LIMIT {
            return Err(FolderError::TooMuch);
        }
    }
    Ok(())
}

fn by_digest(file: &SiteFile, place: &Path) -> Result<Found, FolderError> {
    let source = File::open(place).map_err(unreadable)?;
    // No more than one byte over what it may have: a longer file is another one.
    let mut source = source.take(file.size.saturating_add(1));
    let mut digest = Sha256::new();
    let read = io::copy(&mut source, &mut digest).map_err(unreadable)?;
    if read == file.size && digest.finalize().as_slice() == file.sha256 {
        Ok(Found::Same)
    } else {
        Ok(Found::Different)
    }
}

fn by_content(note: &SiteNote, place: &Path) -> Result<Found, FolderError> {
    let limit = PAGE_LIMIT_BYTES
        .max(NOTE_LIMIT_BYTES)
        .max(SITE_NOTE_LIMIT_BYTES);
    let mut bytes = Vec::new();
    File::open(place)
        .and_then(|file| file.take(limit as u64 + 1).read_to_end(&mut bytes))
        .map_err(unreadable)?;
    if bytes.len() > limit {
        return Ok(Found::NotInManifest);
    }
    if page::claims_to_be_one(&bytes) {
        return Ok(of_page(&bytes, note.manifest()));
    }
    // Both are texts with one reading, which no browser takes for a script or a page.
    let says_the_same =
        |other: SiteNote| !other.signers().is_empty() && other.manifest() == note.manifest();
    if SiteNote::parse(&bytes).is_ok_and(says_the_same) {
        return Ok(Found::Manifest);
    }
    match UnverifiedBundle::parse(&bytes) {
        Ok(_) => Ok(Found::KeyBundle),
        Err(_) => Ok(Found::NotInManifest),
    }
}

fn of_page(bytes: &[u8], manifest: &SiteManifest) -> Found {
    match page::check(bytes, manifest) {
        Ok(scripts) => Found::Page(scripts),
        Err(fault) => Found::BadPage(fault),
    }
}

fn unreadable(error: io::Error) -> FolderError {
    FolderError::Io(error.kind())
}

#[cfg(test)]
mod tests;
