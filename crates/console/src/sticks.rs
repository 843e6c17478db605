//! Bundles on the sticks that are mounted: looked for by their first line, read and never written.
//!
//! Trusts nothing there: symbolic links are not followed, depth and number of entries are bounded, and a name is
//! shown as a submitter's text is.

use std::{
    fs::{self, File},
    io::{self, Read},
    os::unix::ffi::OsStrExt,
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
        let digest = Sha256::digest(self.path.as_os_str().as_bytes());
        hex::encode(digest.get(..16).unwrap_or_default())
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

/// Where the usual desktops and systems mount sticks.
pub const USUAL_FOLDERS: [&str; 3] = ["/media", "/run/media", "/mnt"];
/// `/run/media/NAME/LABEL/FOLDER/FILE`.
const DEPTH_LIMIT: usize = 3;
const ENTRIES_LIMIT: usize = 5000;
