//! The sealed file: one submission's compartments in one file, made offline and carried to an
//! upload.
//!
//! It holds ciphertext, names and lengths of compartments, and which office, period and key bundle
//! they are for; whoever finds it learns that much and no more. Nothing authenticates the frame:
//! the manifest inside does that for the office. `docs/FORMAT.md#sealed-file` draws it:
//!
//! ```text
//! "asylia sealed submission v1\n"
//! u32 header length ‖ header {"version","instance","period","bundle_sequence"}
//! a run for each compartment: account, identity, attachment-01, …, manifest:
//!     u8 name length ‖ name ‖ chunks, each u32 length ‖ bytes ‖ u32 zero
//! u8 zero, and nothing after it
//! ```
//!
//! Numbers are big-endian. Every chunk of a compartment but its last has exactly [`CHUNK_BYTES`]
//! bytes, so one submission has one file. The writer holds one chunk at most, the parser no chunk at all.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use crate::{
    ids::InstanceId,
    sealing::CompartmentSink,
    submission::{ATTACHMENTS_LIMIT, CompartmentName, FORMAT_VERSION, ManifestEntry, json_bytes},
};

mod parser;
mod reader;

pub use parser::{SealedFileParser, Step};
pub use reader::{BLOCK_BYTES, SealedFileReader};

/// Most bytes of one chunk of a compartment.
pub const CHUNK_BYTES: usize = 1024 * 1024;
/// Most bytes of the header.
pub const HEADER_LIMIT_BYTES: usize = 512;

/// What a sealed file says in clear: to whose keys it is sealed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedFileHead {
    /// [`FORMAT_VERSION`].
    pub version: u32,
    /// The office's installation.
    pub instance: InstanceId,
    /// The period whose keys it is sealed to; letters, digits, dashes, 1 to 16 of them.
    pub period: String,
    /// Number of the key bundle that the sealer followed.
    pub bundle_sequence: u64,
}

/// Why a sealed file is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealedFileError {
    /// The first line is another.
    #[error("this is not a sealed submission")]
    NotASealedFile,
    /// The header is too long, not of this version, or not written as the writer writes it.
    #[error("the header of the sealed submission is not of this format")]
    Header,
    /// A compartment is missing, unknown, doubled or out of order.
    #[error("the compartments of the sealed submission are not those it must have")]
    Order,
    /// A chunk is too long, short though not the last, or a compartment is empty.
    #[error("a chunk of the sealed submission has a length that it must not have")]
    Chunk,
    /// A compartment is no age file, or its header is damaged.
    #[error("a compartment of the sealed submission is not sealed to an office's key")]
    NotSealed,
    /// A compartment's header names other recipients than one of an office.
    #[error("a compartment of the sealed submission is sealed to others than an office")]
    ForeignRecipients,
    /// A compartment's header does not end where every header of ours has ended.
    #[error("a compartment of the sealed submission begins with more than any of ours")]
    LongAgeHeader,
    /// Bytes follow the end.
    #[error("bytes follow the end of the sealed submission")]
    Trailing,
    /// The source ended early.
    #[error("the sealed submission ends early")]
    Truncated,
    /// The source, or the sink that it is poured into, failed.
    #[error("reading or writing failed")]
    Io(io::ErrorKind),
}

/// Writes a sealed file into `W`, as the sink of a [`crate::sealing::SubmissionSealer`].
pub struct SealedFileWriter<W: Write> {
    out: W,
    order: Order,
    chunk: Vec<u8>,
    state: Writing,
}

#[derive(Clone, Copy, PartialEq)]
enum Writing {
    Between,
    Begun,
    Holding,
}

impl<W: Write> SealedFileWriter<W> {
    /// Writes magic and header to `out`.
    ///
    /// # Errors
    /// Those of the sink; [`io::ErrorKind::InvalidInput`] for a header that no reader would take.
    pub fn start(head: &SealedFileHead, mut out: W) -> io::Result<Self> {
        let json = json_bytes(head);
        if !head.is_well_formed() || json.len() > HEADER_LIMIT_BYTES {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        out.write_all(MAGIC)?;
        write_length(&mut out, json.len())?;
        out.write_all(&json)?;
        Ok(Self {
            out,
            order: Order::default(),
            chunk: Vec::new(),
            state: Writing::Between,
        })
    }

    /// Writes the end and gives the sink back.
    ///
    /// # Errors
    /// Those of the sink; [`io::ErrorKind::InvalidInput`] when compartments are missing.
    pub fn finish(mut self) -> io::Result<W> {
        if self.state != Writing::Between || !self.order.is_complete() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        self.out.write_all(&[0])?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn write_chunk(&mut self) -> io::Result<()> {
        write_length(&mut self.out, self.chunk.len())?;
        self.out.write_all(&self.chunk)?;
        self.chunk.clear();
        Ok(())
    }
}

impl<W: Write> CompartmentSink for SealedFileWriter<W> {
    fn begin(&mut self, name: CompartmentName) -> io::Result<()> {
        if self.state != Writing::Between || !self.order.follows(name) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let name = name.to_string();
        let length = u8::try_from(name.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
        self.out.write_all(&[length])?;
        self.out.write_all(name.as_bytes())?;
        self.state = Writing::Begun;
        Ok(())
    }

    fn write(&mut self, mut ciphertext: &[u8]) -> io::Result<()> {
        if self.state == Writing::Between {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        if !ciphertext.is_empty() {
            self.state = Writing::Holding;
        }
        while !ciphertext.is_empty() {
            let room = CHUNK_BYTES - self.chunk.len();
            let (now, later) = ciphertext.split_at(room.min(ciphertext.len()));
            self.chunk.extend_from_slice(now);
            ciphertext = later;
            if self.chunk.len() == CHUNK_BYTES {
                self.write_chunk()?;
            }
        }
        Ok(())
    }

    fn end(&mut self, _: &ManifestEntry) -> io::Result<()> {
        // No reader takes an empty compartment.
        if self.state != Writing::Holding {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        if !self.chunk.is_empty() {
            self.write_chunk()?;
        }
        self.state = Writing::Between;
        write_length(&mut self.out, 0)
    }
}

impl SealedFileHead {
    fn is_well_formed(&self) -> bool {
        let letters = self
            .period
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        self.version == FORMAT_VERSION && (1..=16).contains(&self.period.len()) && letters
    }
}

/// Which compartment may come next: account, identity, attachments by number without a gap,
/// manifest.
#[derive(Default)]
struct Order {
    last: Option<CompartmentName>,
}

impl Order {
    /// Takes `name` if it may follow.
    fn follows(&mut self, name: CompartmentName) -> bool {
        use CompartmentName::{Account, Attachment, Identity, Manifest};
        let may = match (self.last, name) {
            (None, Account) | (Some(Account), Identity) => true,
            (Some(Identity), Attachment(number)) => number == 1,
            (Some(Attachment(last)), Attachment(number)) => {
                number == last + 1 && number <= ATTACHMENTS_LIMIT
            }
            (Some(Identity | Attachment(_)), Manifest) => true,
            _ => false,
        };
        if may {
            self.last = Some(name);
        }
        may
    }

    fn is_complete(&self) -> bool {
        self.last == Some(CompartmentName::Manifest)
    }
}

fn write_length(out: &mut impl Write, length: usize) -> io::Result<()> {
    let length = u32::try_from(length).map_err(|_| io::ErrorKind::InvalidInput)?;
    out.write_all(&length.to_be_bytes())
}

const MAGIC: &[u8; 28] = b"asylia sealed submission v1\n";
/// `attachment-64`.
const NAME_LIMIT_BYTES: usize = 13;

#[cfg(test)]
#[path = "sealed_file/tests.rs"]
mod tests;
