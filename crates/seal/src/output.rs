//! The new file: written beside its name, synchronised, and only then given its name; never over
//! another.

use std::{
    fs::File,
    io::{self, BufWriter},
    path::Path,
};

use tempfile::NamedTempFile;

/// A file without a name as yet, mode 0600; removed when dropped before [`NewFile::keep`].
pub(crate) struct NewFile<'a> {
    path: &'a Path,
    folder: &'a Path,
    file: NamedTempFile,
}

impl<'a> NewFile<'a> {
    /// Begins a file that shall be called `path`.
    pub(crate) fn begin(path: &'a Path) -> io::Result<Self> {
        // Said before the work rather than after it; `keep` looks again.
        if path.symlink_metadata().is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let file = NamedTempFile::new_in(folder)?;
        Ok(Self { path, folder, file })
    }

    /// Where its bytes go.
    pub(crate) fn writer(&self) -> BufWriter<&File> {
        BufWriter::new(self.file.as_file())
    }

    /// Gives it its name, on disk.
    pub(crate) fn keep(self) -> io::Result<()> {
        self.file.as_file().sync_all()?;
        self.file
            .persist_noclobber(self.path)
            .map_err(|error| error.error)?;
        File::open(self.folder)?.sync_all()
    }
}
