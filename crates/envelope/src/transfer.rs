//! The transfer bundle: what crosses the air gap on a stick, one file form both ways.
//!
//! `magic line ‖ note length (u32, big-endian) ‖ note ‖ (blob length (u64) ‖ blob)*`. The note names every
//! blob with its SHA-256, and whoever made it signs it; so injection, omission, swap, replay, fork and rollback
//! show. No archive, no file names, no times. `docs/FORMAT.md#transfer-bundle`.

use core::fmt;
use std::io::{self, Read, Write};

use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};

use crate::{
    day::Day,
    ids::{EpochId, InstanceId},
    signing::{Office, OfficeTransfer, Role, SigningKey, Transfer, VerifyingKey},
};

mod parse;
mod subject;

pub use subject::{
    ARRIVED_LIMIT_BYTES, BadArrivedList, OfficeSubject, RecordSubject, Subject, arrived_list,
    read_arrived_list,
};

/// Most bytes of one bundle file: sticks are FAT32.
pub const BUNDLE_LIMIT_BYTES: u64 = 2 * 1024 * 1024 * 1024;
/// Most bytes of a note.
pub const TRANSFER_NOTE_LIMIT_BYTES: u32 = 16 * 1024 * 1024;
/// The first line of every bundle.
pub const TRANSFER_MAGIC: &[u8] = b"asylia transfer bundle v1\n";

/// Which way a bundle goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// Records, from a server to the office.
    ToOffice,
    /// Replies, from the office to a server.
    ToServer,
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ToOffice => "to-office",
            Self::ToServer => "to-server",
        })
    }
}

/// A role that signs bundles: its direction, and what its blobs are.
///
/// A note of one direction is another type than one of the other, so neither can be taken for it.
pub trait SignsBundles: Role + Clone + PartialEq + Eq + fmt::Debug {
    /// Which way its bundles go.
    const DIRECTION: Direction;
    /// What a blob is.
    type Subject: Subject;
}

impl SignsBundles for Transfer {
    const DIRECTION: Direction = Direction::ToOffice;
    type Subject = RecordSubject;
}

impl SignsBundles for OfficeTransfer {
    const DIRECTION: Direction = Direction::ToServer;
    type Subject = OfficeSubject;
}

/// One blob of a bundle, as its note names it: a record, or with [`OfficeSubject`] what goes to a server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BlobLine<T = RecordSubject> {
    /// SHA-256 of the blob.
    pub sha256: [u8; 32],
    /// What it is.
    pub subject: T,
    /// Bytes.
    pub size: u64,
}

/// The signed note of a bundle: of one to the office, unless `S` says otherwise ([`ToServerNote`]).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TransferNote<S: SignsBundles = Transfer> {
    /// The office's installation.
    pub instance: InstanceId,
    /// Numbers count within one epoch; a restored server or vault begins a new one.
    pub epoch: EpochId,
    /// Counts up from 1.
    pub sequence: u64,
    /// SHA-256 of the note of the bundle before it.
    pub previous: Option<[u8; 32]>,
    /// Day of the export, UTC.
    pub day: Day,
    /// Highest number of the other direction that the signer has seen acknowledged, or taken in whole; 0 for
    /// none.
    pub acknowledged: u64,
    /// To the office: how many records the server holds beside those of this bundle; 0 says that it holds no
    /// others. Not written in a note to a server.
    pub waiting: u64,
    /// A 128-bit token sealed to the intake key, with which the office acknowledges a full import; not
    /// written in a note to a server, and empty in one that was read.
    pub token: Vec<u8>,
    /// The key that signs.
    pub signer: VerifyingKey<S>,
    /// The blobs, in the order of the file.
    pub blobs: Vec<BlobLine<S::Subject>>,
}

/// The signed note of a bundle that the office makes for a server.
pub type ToServerNote = TransferNote<OfficeTransfer>;

/// Why a bundle is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransferError {
    /// It does not begin like one, or its note is not of this version.
    #[error("this is not a transfer bundle of this version")]
    NotABundle,
    /// It is longer than a bundle may be, or its lengths do not add up.
    #[error("the bundle's lengths do not fit together")]
    Lengths,
    /// The signature is not that of the key expected.
    #[error("the bundle's signature does not verify")]
    Signature,
    /// Signed by another server key than the one paired or pinned.
    #[error("the bundle is signed by another server than the one known here")]
    OtherServer,
    /// Signed by a key that the key bundle does not list.
    #[error("the bundle is signed by another office than the one known here")]
    OtherOffice,
    /// It says itself that it goes the other way.
    #[error("the bundle goes the other way")]
    WrongWay,
    /// It ends early.
    #[error("the bundle ends early")]
    Truncated,
    /// A blob's bytes are not those that the note names; counted from 1.
    #[error("blob {0} is not what the note says")]
    Blob(usize),
    /// Reading or writing failed.
    #[error("the bundle could not be read or written")]
    Io(#[from] io::Error),
}

impl<S: SignsBundles> TransferNote<S> {
    /// Count of bytes of all blobs.
    #[must_use]
    pub fn blob_bytes(&self) -> u64 {
        self.blobs
            .iter()
            .fold(0_u64, |sum, blob| sum.saturating_add(blob.size))
    }

    /// The text that is signed, which ends with a line feed.
    #[must_use]
    pub fn to_text(&self) -> String {
        let previous = self
            .previous
            .map_or_else(|| String::from("none"), hex::encode);
        let mut text = format!(
            "asylia transfer note v1\ndirection: {}\ninstance: {}\nepoch: {}\nsequence: {}\nprevious: {previous}\n\
             day: {}\nacknowledged: {}\n{}token: {}\nsigner: {}\ncount: {}\nbytes: {}\n",
            S::DIRECTION,
            self.instance,
            self.epoch,
            self.sequence,
            self.day,
            self.acknowledged,
            self.waiting_line(),
            self.token_text(),
            self.signer,
            self.blobs.len(),
            self.blob_bytes(),
        );
        for blob in &self.blobs {
            let digest = hex::encode(blob.sha256);
            text.push_str(&format!("blob: {digest} {} {}\n", blob.subject, blob.size));
        }
        text
    }

    /// What a server still holds is nothing that the office could say.
    fn waiting_line(&self) -> String {
        match S::DIRECTION {
            Direction::ToOffice => format!("waiting: {}\n", self.waiting),
            Direction::ToServer => String::new(),
        }
    }

    /// Only the server needs to be told that its bundle arrived; it says the same by `acknowledged`.
    fn token_text(&self) -> String {
        match S::DIRECTION {
            Direction::ToOffice => BASE64_STANDARD.encode(&self.token),
            Direction::ToServer => NO_TOKEN.to_owned(),
        }
    }

    /// The note with its signature line.
    #[must_use]
    pub fn to_signed(&self, key: &SigningKey<S>) -> String {
        let text = self.to_text();
        let signature = BASE64_STANDARD.encode(key.sign(&[text.as_bytes()]));
        format!("{text}\n— {signature}\n")
    }

    /// SHA-256 of the signed text: what the next bundle names as `previous`.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.to_text().as_bytes()).into()
    }
}

impl TransferNote {
    /// Reads a signed note of a server and checks its signature.
    ///
    /// `expected` is the key paired or pinned; without one, the note's own key is taken, and the caller pins it.
    ///
    /// # Errors
    /// [`TransferError::NotABundle`], `WrongWay`, `OtherServer`, `Signature`.
    pub fn parse(
        signed: &[u8],
        expected: Option<&VerifyingKey<Transfer>>,
    ) -> Result<Self, TransferError> {
        parse::note(signed, TransferError::OtherServer, |signer| {
            expected.is_none_or(|expected| expected == signer)
        })
    }
}

impl ToServerNote {
    /// Reads a signed note of the office and checks its signature.
    ///
    /// `office_keys` are those of the verified key bundle: without one no note is taken.
    ///
    /// # Errors
    /// [`TransferError::NotABundle`], `WrongWay`, `OtherOffice`, `Signature`.
    pub fn parse_from_office(
        signed: &[u8],
        office_keys: &[VerifyingKey<Office>],
    ) -> Result<Self, TransferError> {
        parse::note(signed, TransferError::OtherOffice, |signer| {
            office_keys.iter().any(|key| key.for_bundles() == *signer)
        })
    }
}

/// Writes the head of a bundle; the blobs follow by [`write_blob_length`] and their bytes.
///
/// # Errors
/// Those of the sink.
pub fn write_head(out: &mut impl Write, signed_note: &str) -> Result<(), TransferError> {
    let length = u32::try_from(signed_note.len()).map_err(|_| TransferError::Lengths)?;
    out.write_all(TRANSFER_MAGIC)?;
    out.write_all(&length.to_be_bytes())?;
    out.write_all(signed_note.as_bytes())?;
    Ok(())
}

/// Writes what stands before each blob.
///
/// # Errors
/// Those of the sink.
pub fn write_blob_length(out: &mut impl Write, size: u64) -> Result<(), TransferError> {
    out.write_all(&size.to_be_bytes())?;
    Ok(())
}

/// Bytes of a bundle file with this note.
#[must_use]
pub fn bundle_bytes<T>(signed_note_bytes: u64, blobs: &[BlobLine<T>]) -> u64 {
    let frames = blobs.iter().fold(0_u64, |sum, blob| {
        sum.saturating_add(blob.size).saturating_add(8)
    });
    (TRANSFER_MAGIC.len() as u64 + 4)
        .saturating_add(signed_note_bytes)
        .saturating_add(frames)
}

/// A bundle off a stick: the note is verified, the blobs not yet.
pub struct UntrustedBundle<R: Read, S: SignsBundles = Transfer> {
    source: R,
    note: TransferNote<S>,
    next: usize,
}

impl<R: Read> UntrustedBundle<R> {
    /// Reads the head of a server's bundle of `length` bytes: caps and signature before anything else is
    /// looked at. `expected` as in [`TransferNote::parse`].
    ///
    /// # Errors
    /// See [`TransferError`].
    pub fn open(
        source: R,
        length: u64,
        expected: Option<&VerifyingKey<Transfer>>,
    ) -> Result<Self, TransferError> {
        Self::open_with(source, length, |signed| {
            TransferNote::parse(signed, expected)
        })
    }
}

impl<R: Read> UntrustedBundle<R, OfficeTransfer> {
    /// As [`UntrustedBundle::open`], for a bundle that the office made; `office_keys` as in
    /// [`ToServerNote::parse_from_office`].
    ///
    /// # Errors
    /// See [`TransferError`].
    pub fn open_from_office(
        source: R,
        length: u64,
        office_keys: &[VerifyingKey<Office>],
    ) -> Result<Self, TransferError> {
        Self::open_with(source, length, |signed| {
            ToServerNote::parse_from_office(signed, office_keys)
        })
    }
}

impl<R: Read, S: SignsBundles> UntrustedBundle<R, S> {
    fn open_with(
        mut source: R,
        length: u64,
        parse: impl FnOnce(&[u8]) -> Result<TransferNote<S>, TransferError>,
    ) -> Result<Self, TransferError> {
        if length > BUNDLE_LIMIT_BYTES {
            return Err(TransferError::Lengths);
        }
        let mut magic = [0; TRANSFER_MAGIC.len()];
        source
            .read_exact(&mut magic)
            .map_err(|_| TransferError::NotABundle)?;
        let mut note_length = [0; 4];
        source
            .read_exact(&mut note_length)
            .map_err(|_| TransferError::NotABundle)?;
        let note_length = u32::from_be_bytes(note_length);
        if magic != TRANSFER_MAGIC || note_length > TRANSFER_NOTE_LIMIT_BYTES {
            return Err(TransferError::NotABundle);
        }
        let mut signed = Vec::new();
        (&mut source)
            .take(u64::from(note_length))
            .read_to_end(&mut signed)?;
        if signed.len() as u64 != u64::from(note_length) {
            return Err(TransferError::Truncated);
        }
        let note = parse(&signed)?;
        if bundle_bytes(signed.len() as u64, &note.blobs) != length {
            return Err(TransferError::Lengths);
        }
        Ok(Self {
            source,
            note,
            next: 0,
        })
    }

    /// The verified note.
    #[must_use]
    pub fn note(&self) -> &TransferNote<S> {
        &self.note
    }

    /// Goes through the next blob: hands its bytes to `take`, then compares length and digest with the note.
    ///
    /// Returns its line, or `None` behind the last. What `take` was given is unverified until this returned;
    /// after [`TransferError::Blob`] the bundle can be read on.
    ///
    /// # Errors
    /// [`TransferError::Blob`], [`TransferError::Truncated`], and what `take` returns.
    pub fn next_blob(
        &mut self,
        mut take: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> Result<Option<BlobLine<S::Subject>>, TransferError> {
        let Some(line) = self.note.blobs.get(self.next).cloned() else {
            return Ok(None);
        };
        self.next += 1;
        let mut length = [0; 8];
        self.source
            .read_exact(&mut length)
            .map_err(|_| TransferError::Truncated)?;
        if u64::from_be_bytes(length) != line.size {
            return Err(TransferError::Lengths);
        }
        let mut digest = Sha256::new();
        let mut left = line.size;
        let mut chunk = vec![0; 256 * 1024];
        while left > 0 {
            let room = usize::try_from(left).unwrap_or(usize::MAX).min(chunk.len());
            let read = self
                .source
                .read(chunk.get_mut(..room).unwrap_or_default())?;
            if read == 0 {
                return Err(TransferError::Truncated);
            }
            let bytes = chunk.get(..read).unwrap_or_default();
            digest.update(bytes);
            take(bytes)?;
            left -= read as u64;
        }
        let same = <[u8; 32]>::from(digest.finalize()) == line.sha256;
        if same {
            Ok(Some(line))
        } else {
            Err(TransferError::Blob(self.next))
        }
    }
}

/// What stands for a token where there is none.
const NO_TOKEN: &str = "none";

#[cfg(test)]
mod tests;
