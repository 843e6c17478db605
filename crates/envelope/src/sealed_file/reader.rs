//! Reading a sealed file: strict, one chunk's bookkeeping at a time, pulled by whoever takes it in.

use std::io::{self, Read};

use sha2::{Digest, Sha256};

use super::{
    CHUNK_BYTES, HEADER_LIMIT_BYTES, MAGIC, NAME_LIMIT_BYTES, Order, SealedFileError,
    SealedFileHead,
};
use crate::{
    prescan::{PrescanError, prescan},
    sealing::CompartmentSink,
    submission::{CompartmentName, ManifestEntry, json_bytes},
};

/// Reads a sealed file from `R`, one compartment after the other.
pub struct SealedFileReader<R: Read> {
    source: R,
    head: SealedFileHead,
    order: Order,
    run: Run,
}

/// Where the source stands.
#[derive(Clone, Copy, PartialEq)]
enum Run {
    /// Before a name or the end.
    Between,
    /// In a chunk, of which so many bytes are left; `last` when it is shorter than a full one.
    Chunk { left: usize, last: bool },
    /// Before the first chunk of a compartment.
    First,
    /// Behind the end.
    Done,
}

impl<R: Read> SealedFileReader<R> {
    /// Reads magic and header; at most some 550 bytes.
    ///
    /// # Errors
    /// [`SealedFileError::NotASealedFile`], `Header`, `Truncated`, `Io`.
    pub fn open(mut source: R) -> Result<Self, SealedFileError> {
        let mut magic = [0; MAGIC.len()];
        match read_exact(&mut source, &mut magic) {
            Ok(()) if magic == *MAGIC => {}
            Ok(()) | Err(SealedFileError::Truncated) => {
                return Err(SealedFileError::NotASealedFile);
            }
            Err(error) => return Err(error),
        }
        let length = read_length(&mut source)?;
        if length > HEADER_LIMIT_BYTES {
            return Err(SealedFileError::Header);
        }
        let mut json = vec![0; length];
        read_exact(&mut source, &mut json)?;
        let head: SealedFileHead =
            serde_json::from_slice(&json).map_err(|_| SealedFileError::Header)?;
        // One header has one text: spaces and other orders of the members end here.
        if !head.is_well_formed() || *json_bytes(&head) != json {
            return Err(SealedFileError::Header);
        }
        Ok(Self {
            source,
            head,
            order: Order::default(),
            run: Run::Between,
        })
    }

    /// The header.
    #[must_use]
    pub fn head(&self) -> &SealedFileHead {
        &self.head
    }

    /// The next compartment; what was not read of the one before is passed over. `None` after the
    /// manifest, when the file ends where it must.
    ///
    /// # Errors
    /// Every [`SealedFileError`] but `Header`, `NotASealedFile` and `NotSealed`.
    pub fn next_compartment(
        &mut self,
    ) -> Result<Option<SealedCompartment<'_, R>>, SealedFileError> {
        while self.run != Run::Between {
            if self.run == Run::Done {
                return Ok(None);
            }
            self.skip_chunk()?;
        }
        let mut length = [0];
        read_exact(&mut self.source, &mut length)?;
        let length = usize::from(u8::from_be_bytes(length));
        if length == 0 {
            return self.end().map(|()| None);
        }
        if length > NAME_LIMIT_BYTES {
            return Err(SealedFileError::Order);
        }
        let mut name = vec![0; length];
        read_exact(&mut self.source, &mut name)?;
        let name = core::str::from_utf8(&name)
            .ok()
            .and_then(CompartmentName::parse)
            .filter(|name| self.order.follows(*name))
            .ok_or(SealedFileError::Order)?;
        self.run = Run::First;
        Ok(Some(SealedCompartment { file: self, name }))
    }

    /// Reads the whole rest: each compartment's age header is scanned before any byte of it goes
    /// into `sink`.
    ///
    /// # Errors
    /// Every [`SealedFileError`]; what the sink got is to be thrown away then.
    pub fn pour_into(&mut self, sink: &mut impl CompartmentSink) -> Result<(), SealedFileError> {
        let mut block = vec![0; POUR_BYTES];
        while let Some(compartment) = self.next_compartment()? {
            let name = compartment.name();
            let mut scanned = compartment.prescan()?;
            let (mut size, mut digest) = (0, Sha256::new());
            let sinking = |error: io::Error| SealedFileError::Io(error.kind());
            sink.begin(name).map_err(sinking)?;
            loop {
                let read = scanned.read(&mut block).map_err(reading)?;
                let Some(bytes) = block.get(..read).filter(|bytes| !bytes.is_empty()) else {
                    break;
                };
                size += bytes.len() as u64;
                digest.update(bytes);
                sink.write(bytes).map_err(sinking)?;
            }
            let sha256 = hex::encode(digest.finalize());
            let entry = ManifestEntry {
                name: name.to_string(),
                size,
                sha256,
            };
            sink.end(&entry).map_err(sinking)?;
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), SealedFileError> {
        if !self.order.is_complete() {
            return Err(SealedFileError::Order);
        }
        match read_exact(&mut self.source, &mut [0]) {
            Err(SealedFileError::Truncated) => {
                self.run = Run::Done;
                Ok(())
            }
            Err(error) => Err(error),
            Ok(()) => Err(SealedFileError::Trailing),
        }
    }

    /// Reads the length of the next chunk; a zero ends the compartment.
    fn next_chunk(&mut self) -> Result<(), SealedFileError> {
        let length = read_length(&mut self.source)?;
        self.run = match (self.run, length) {
            (Run::First, 0) => return Err(SealedFileError::Chunk),
            (_, 0) => Run::Between,
            (Run::Chunk { last: true, .. }, _) => return Err(SealedFileError::Chunk),
            (_, length) if length > CHUNK_BYTES => return Err(SealedFileError::Chunk),
            (_, left) => Run::Chunk {
                left,
                last: left < CHUNK_BYTES,
            },
        };
        Ok(())
    }

    /// Reads bytes of the open compartment; none at its end.
    fn read_bytes(&mut self, out: &mut [u8]) -> Result<usize, SealedFileError> {
        loop {
            match self.run {
                Run::Between | Run::Done => return Ok(0),
                Run::First | Run::Chunk { left: 0, .. } => self.next_chunk()?,
                Run::Chunk { left, last } => {
                    let most = left.min(out.len());
                    let (part, _) = out.split_at_mut(most);
                    if part.is_empty() {
                        return Ok(0);
                    }
                    let read = read_some(&mut self.source, part)?;
                    let left = left.saturating_sub(read);
                    self.run = Run::Chunk { left, last };
                    return Ok(read);
                }
            }
        }
    }

    fn skip_chunk(&mut self) -> Result<(), SealedFileError> {
        let mut block = [0; 4096];
        while self.read_bytes(&mut block)? > 0 {}
        Ok(())
    }
}

/// One compartment's ciphertext, as it stands in the file. Its read errors carry a
/// [`SealedFileError`].
pub struct SealedCompartment<'a, R: Read> {
    file: &'a mut SealedFileReader<R>,
    name: CompartmentName,
}

impl<R: Read> SealedCompartment<'_, R> {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> CompartmentName {
        self.name
    }

    /// Checks the age header and gives the whole ciphertext back, from its first byte.
    ///
    /// # Errors
    /// [`SealedFileError::NotSealed`], or what is wrong with the frame.
    pub fn prescan(self) -> Result<impl Read, SealedFileError> {
        prescan(self).map_err(|error| match error {
            // Ending inside the header is the compartment's end unless the frame itself is broken.
            PrescanError::Io(error)
                if error.kind() != io::ErrorKind::UnexpectedEof || carries_own(&error) =>
            {
                reading(error)
            }
            _ => SealedFileError::NotSealed,
        })
    }
}

impl<R: Read> Read for SealedCompartment<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.file.read_bytes(out).map_err(|error| {
            let kind = match error {
                SealedFileError::Io(kind) => kind,
                SealedFileError::Truncated => io::ErrorKind::UnexpectedEof,
                _ => io::ErrorKind::InvalidData,
            };
            io::Error::new(kind, error)
        })
    }
}

fn read_length(source: &mut impl Read) -> Result<usize, SealedFileError> {
    let mut length = [0; 4];
    read_exact(source, &mut length)?;
    // Beyond what fits is beyond every limit.
    Ok(usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX))
}

fn read_exact(source: &mut impl Read, out: &mut [u8]) -> Result<(), SealedFileError> {
    source.read_exact(out).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => SealedFileError::Truncated,
        kind => SealedFileError::Io(kind),
    })
}

/// Reads at least one byte.
fn read_some(source: &mut impl Read, out: &mut [u8]) -> Result<usize, SealedFileError> {
    loop {
        match source.read(out) {
            Ok(0) => return Err(SealedFileError::Truncated),
            Ok(read) => return Ok(read),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(SealedFileError::Io(error.kind())),
        }
    }
}

fn carries_own(error: &io::Error) -> bool {
    error
        .get_ref()
        .is_some_and(|inner| inner.is::<SealedFileError>())
}

/// The error of a compartment's stream, as it was before it passed through [`Read`].
pub(super) fn reading(error: io::Error) -> SealedFileError {
    let kind = error.kind();
    error
        .downcast::<SealedFileError>()
        .unwrap_or(SealedFileError::Io(kind))
}

const POUR_BYTES: usize = 64 * 1024;
