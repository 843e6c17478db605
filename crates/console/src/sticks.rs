//! Bundles on the sticks that are mounted: looked for by their first line, read and never written.
//!
//! Trusts nothing there: symbolic links are not followed, depth and number of entries are bounded, and a name is
//! shown as a submitter's text is.

use std::{
    fs::{self, File},
    io::{self, Read},
    os::unix::{ffi::OsStrExt, fs::MetadataExt},
    path::{Path, PathBuf},
};

use asylia_envelope::transfer::TRANSFER_MAGIC;
use sha2::{Digest, Sha256};

/// A file that begins as a transfer bundle does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FoundBundle {
    /// Where it is.
    pub path: PathBuf,
    /// Bytes.
    pub size: u64,
}

impl FoundBundle {
    /// A name for a form: 32 hexadecimal digits of the path, which may hold anything.
    #[must_use]
    pub fn code(&self) -> String {
        code(&self.path)
    }

    /// Opens it for reading.
    ///
    /// # Errors
    /// When it is gone, or a link has taken its place.
    pub fn open(&self) -> io::Result<File> {
        if !fs::symlink_metadata(&self.path)?.is_file() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        File::open(&self.path)
    }
}

/// The bundles below these folders, by path. What cannot be read is passed over.
#[must_use]
pub fn bundles(folders: &[PathBuf]) -> Vec<FoundBundle> {
    let mut left: Vec<(PathBuf, usize)> = folders.iter().map(|each| (each.clone(), 0)).collect();
    let (mut found, mut looked) = (Vec::new(), 0);
    while let Some((folder, depth)) = left.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries.flatten() {
            looked += 1;
            if looked > ENTRIES_LIMIT {
                break;
            }
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            if kind.is_dir() && depth < DEPTH_LIMIT {
                left.push((entry.path(), depth + 1));
            } else if kind.is_file() {
                found.extend(bundle(&entry.path()));
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn bundle(path: &Path) -> Option<FoundBundle> {
    let mut file = File::open(path).ok()?;
    let mut begin = [0; TRANSFER_MAGIC.len()];
    file.read_exact(&mut begin).ok()?;
    let size = file.metadata().ok()?.len();
    (begin == TRANSFER_MAGIC).then(|| FoundBundle {
        path: path.to_owned(),
        size,
    })
}

/// A folder that a bundle can be written to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The folder.
    pub path: PathBuf,
}

impl Place {
    /// A name for a form, as [`FoundBundle::code`].
    #[must_use]
    pub fn code(&self) -> String {
        code(&self.path)
    }
}

/// The sticks that are mounted below these folders, by path; with `given`, the folders themselves are places too,
/// since somebody named them.
#[must_use]
pub fn places(folders: &[PathBuf], given: bool) -> Vec<Place> {
    let mut found = Vec::new();
    let mut left: Vec<(PathBuf, usize)> = Vec::new();
    for folder in folders.iter().filter(|folder| folder.is_dir()) {
        if given {
            found.push(Place {
                path: folder.clone(),
            });
        }
        left.push((folder.clone(), 0));
    }
    let device = |path: &Path| {
        fs::symlink_metadata(path)
            .map(|metadata| metadata.dev())
            .ok()
    };
    while let Some((folder, depth)) = left.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries.flatten().take(ENTRIES_LIMIT) {
            let path = entry.path();
            if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                continue;
            }
            if device(&path) != device(&folder) {
                found.push(Place { path });
            } else if depth + 1 < MOUNT_DEPTH_LIMIT {
                left.push((path, depth + 1));
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn code(path: &Path) -> String {
    let digest = Sha256::digest(path.as_os_str().as_bytes());
    hex::encode(digest.get(..16).unwrap_or_default())
}

/// Where the usual desktops and systems mount sticks.
pub const USUAL_FOLDERS: [&str; 3] = ["/media", "/run/media", "/mnt"];
/// `/run/media/NAME/LABEL/FOLDER/FILE`.
const DEPTH_LIMIT: usize = 3;
/// `/run/media/NAME/LABEL`.
const MOUNT_DEPTH_LIMIT: usize = 2;
const ENTRIES_LIMIT: usize = 5000;
