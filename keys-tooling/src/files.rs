//! Writing once, whole, and for the owner only; reading with a limit.
//!
//! A key that overwrites another is a loss nobody can repair, so nothing here replaces a file but the
//! public ones that a ceremony goes on writing.

use std::{
    fs::{self, DirBuilder, File},
    io::{self, Read, Write},
    os::unix::fs::DirBuilderExt,
    path::Path,
};

use zeroize::Zeroizing;

/// Writes a new file, mode 0600: complete and on disk, or not there at all.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] when something has this name; else those of the file system.
pub fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = folder_of(path);
    // tempfile makes it with mode 0600, and removes it when anything fails.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map_err(|error| error.error)?;
    File::open(folder)?.sync_all()
}

/// Writes a public file that may be there already: the old one or the new one, whole, at any moment.
///
/// # Errors
/// Those of the file system.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = folder_of(path);
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    File::open(folder)?.sync_all()
}

/// Makes `path` a folder of mode 0700, or takes an empty one that is there.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] when it is a file, a link or holds anything; else those of the file system.
pub fn empty_private_folder(path: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let there = fs::symlink_metadata(path)?;
            if !there.is_dir() || fs::read_dir(path)?.next().is_some() {
                return Err(error);
            }
            fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o700))
        }
        made => made,
    }
}

/// Makes `path` a folder of mode 0700, or takes one that is there.
///
/// # Errors
/// Those of the file system.
pub fn private_folder(path: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        made => made,
    }
}

/// Reads a whole file of at most `limit` bytes into a buffer that is cleared when dropped.
///
/// # Errors
/// [`io::ErrorKind::FileTooLarge`] above the limit; else those of the file system.
pub fn read_limited(path: &Path, limit: usize) -> io::Result<Zeroizing<Vec<u8>>> {
    let file = File::open(path)?;
    // One byte more than the limit, so that the buffer never moves and too long is seen.
    let mut bytes = Zeroizing::new(Vec::with_capacity(limit.saturating_add(1)));
    file.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > limit {
        return Err(io::Error::from(io::ErrorKind::FileTooLarge));
    }
    Ok(bytes)
}

/// Why a folder is no place for pages with words. Each text is two sentences: what failed, what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotInMemory {
    /// Nobody can say where it lies.
    #[error("Reading the folder for pages failed: {0}. Check the path.")]
    Unknown(io::ErrorKind),
    /// On a disk words can be found for years, deleted or not.
    #[error(
        "The folder for pages lies on a disk, where deleted words can be found again. \
         Give a folder in memory, such as one under /dev/shm."
    )]
    OnDisk,
    /// Memory may be written to a disk.
    #[error(
        "This computer has swap, so that what lies in memory may reach a disk. \
         Switch it off with `swapoff -a`, and use a computer that is only for ceremonies."
    )]
    Swap,
}

/// Looks whether a folder for pages lies in memory; `danger` permits any.
///
/// # Errors
/// [`NotInMemory`].
pub fn check_memory(folder: &Path, danger: bool) -> Result<(), NotInMemory> {
    if danger {
        return Ok(());
    }
    let looked_at = if folder.exists() {
        folder
    } else {
        folder_of(folder)
    };
    let kind = rustix::fs::statfs(looked_at)
        .map_err(|error| NotInMemory::Unknown(io::Error::from(error).kind()))?
        .f_type;
    let memory = IN_MEMORY
        .iter()
        .any(|magic| u64::try_from(kind) == Ok(*magic));
    if !memory {
        return Err(NotInMemory::OnDisk);
    }
    // The first line is a heading.
    let swaps = fs::read_to_string("/proc/swaps").unwrap_or_default();
    if swaps.lines().count() > 1 {
        return Err(NotInMemory::Swap);
    }
    Ok(())
}

/// tmpfs and ramfs, as statfs(2) names them.
const IN_MEMORY: [u64; 2] = [0x0102_1994, 0x8584_58f6];

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_file_is_written_once_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        write_new(&path, b"one").unwrap();
        assert_eq!(
            (fs::read(&path).unwrap(), mode(&path)),
            (b"one".to_vec(), 0o600)
        );
        let error = write_new(&path, b"two").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"one");
        // Nothing half-written stays beside it.
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn only_a_new_or_empty_folder_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let new = folder.path().join("new");
        empty_private_folder(&new).unwrap();
        assert_eq!(mode(&new), 0o700);
        fs::set_permissions(&new, PermissionsExt::from_mode(0o755)).unwrap();
        empty_private_folder(&new).unwrap();
        assert_eq!(mode(&new), 0o700);
        fs::write(new.join("x"), b"").unwrap();
        assert!(empty_private_folder(&new).is_err());
        assert!(empty_private_folder(&new.join("x")).is_err());
        std::os::unix::fs::symlink(folder.path(), folder.path().join("link")).unwrap();
        assert!(empty_private_folder(&folder.path().join("link")).is_err());
    }

    #[test]
    fn a_longer_file_than_permitted_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        fs::write(&path, [7; 10]).unwrap();
        assert_eq!(read_limited(&path, 10).unwrap().len(), 10);
        let error = read_limited(&path, 9).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
    }
}
