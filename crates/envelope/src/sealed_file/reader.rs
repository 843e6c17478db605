//! The sealed file for whoever has a `Read`: a loop around the parser, and no grammar of its own.

use std::io::{self, Read};

use super::{SealedFileError, SealedFileHead, SealedFileParser};
use crate::sealing::CompartmentSink;

/// Reads a sealed file from `R`.
pub struct SealedFileReader<R: Read> {
    source: R,
    head: SealedFileHead,
    parser: SealedFileParser,
    block: Vec<u8>,
    /// The bytes of `block` that the header did not need.
    rest: (usize, usize),
}

impl<R: Read> SealedFileReader<R> {
    /// Reads first line and header, and at most [`BLOCK_BYTES`] of what follows.
    ///
    /// # Errors
    /// [`SealedFileError::NotASealedFile`], `Header`, `Truncated`, `Io`.
    pub fn open(mut source: R) -> Result<Self, SealedFileError> {
        let mut parser = SealedFileParser::default();
        let mut block = vec![0; BLOCK_BYTES];
        loop {
            let mut bytes = read_some(&mut source, &mut block)?;
            let read = bytes.len();
            if read == 0 {
                // What ends before its header is no whole file.
                return Err(parser.end().err().unwrap_or(SealedFileError::Truncated));
            }
            if let Some(head) = parser.head(&mut bytes)? {
                let rest = (read - bytes.len(), read);
                return Ok(Self {
                    source,
                    head,
                    parser,
                    block,
                    rest,
                });
            }
        }
    }

    /// The header.
    #[must_use]
    pub fn head(&self) -> &SealedFileHead {
        &self.head
    }

    /// Reads the whole rest: each compartment's age header is scanned before any byte of it goes
    /// into `sink`.
    ///
    /// # Errors
    /// Every [`SealedFileError`]; what the sink got is to be thrown away then.
    pub fn pour_into(&mut self, sink: &mut impl CompartmentSink) -> Result<(), SealedFileError> {
        let (from, to) = core::mem::take(&mut self.rest);
        let rest = self.block.get(from..to).unwrap_or_default();
        self.parser.pour(rest, sink)?;
        loop {
            let bytes = read_some(&mut self.source, &mut self.block)?;
            if bytes.is_empty() {
                return self.parser.end();
            }
            self.parser.pour(bytes, sink)?;
        }
    }
}

/// Reads at least one byte, none at the end of the source.
fn read_some<'a>(source: &mut impl Read, block: &'a mut [u8]) -> Result<&'a [u8], SealedFileError> {
    loop {
        match source.read(block) {
            Ok(read) => return Ok(block.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(SealedFileError::Io(error.kind())),
        }
    }
}

/// Most bytes read at once.
pub const BLOCK_BYTES: usize = 64 * 1024;
