//! Blobs: compartments and files, sealed in pieces of 256 KiB under a key of their own, padded to a class.
//!
//! The key stands in the event that brings the blob; the digest of its sealed bytes stands in that event's outer
//! layer too, so every role notices a changed, missing or added piece. Read as a stream, never whole in memory.

use std::io::{self, Read, Write};

use asylia_envelope::{padding::size_class, signing::framed};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use rand_core::{CryptoRng, RngCore};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{
    BlobId, VaultError, hexadecimal,
    keys::{SecretBytes, random},
};

/// Bytes of a whole piece before it is sealed.
pub const PIECE_BYTES: usize = 256 * 1024;
/// Smallest content of a blob, in bytes: that of a compartment.
pub const BLOB_FLOOR_BYTES: u64 = 16 * 1024;

/// Where a blob is and what opens it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlobRef {
    /// Its number, random.
    #[serde(with = "hexadecimal")]
    pub id: BlobId,
    /// Its key.
    pub(super) key: SecretBytes,
    /// Bytes of its content, without the padding.
    pub size: u64,
    /// SHA-256 of its sealed pieces one after the other.
    #[serde(with = "hexadecimal")]
    pub sha256: [u8; 32],
}

/// Where pieces are put.
pub(crate) trait PutPiece {
    fn put(&self, blob: &BlobId, number: u64, sealed: &[u8]) -> Result<(), VaultError>;
}

/// Where pieces are taken from.
pub trait TakePiece {
    /// A piece; `None` for one that is not there.
    ///
    /// # Errors
    /// Those of the database.
    fn take(&mut self, blob: &BlobId, number: u64) -> Result<Option<Vec<u8>>, VaultError>;
}

/// Seals what is written to it; must be finished.
pub(crate) struct BlobWriter<'a, P> {
    to: &'a P,
    id: BlobId,
    key: Zeroizing<[u8; 32]>,
    number: u64,
    size: u64,
    piece: Zeroizing<Vec<u8>>,
    digest: Sha256,
}

impl<'a, P: PutPiece> BlobWriter<'a, P> {
    pub(super) fn new(to: &'a P, rng: &mut (impl RngCore + CryptoRng)) -> Self {
        let mut id = [0; 16];
        rng.fill_bytes(&mut id);
        Self {
            to,
            id,
            key: random(rng),
            number: 0,
            size: 0,
            piece: Zeroizing::new(Vec::with_capacity(PIECE_BYTES)),
            digest: Sha256::new(),
        }
    }

    pub(super) fn id(&self) -> BlobId {
        self.id
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<(), VaultError> {
        self.size += bytes.len() as u64;
        self.fill(bytes)
    }

    fn fill(&mut self, mut bytes: &[u8]) -> Result<(), VaultError> {
        while !bytes.is_empty() {
            // A whole piece waits until more comes: the last one is sealed as the last.
            if self.piece.len() == PIECE_BYTES {
                self.flush(false)?;
            }
            let room = PIECE_BYTES - self.piece.len();
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.piece.extend_from_slice(now);
            bytes = later;
        }
        Ok(())
    }

    /// Pads it to its class and seals the last piece.
    pub(crate) fn finish(mut self) -> Result<BlobRef, VaultError> {
        let zeros = [0; 4096];
        let mut missing = size_class(self.size, BLOB_FLOOR_BYTES) - self.size;
        while missing > 0 {
            let now = missing.min(zeros.len() as u64);
            self.fill(
                zeros
                    .get(..usize::try_from(now).unwrap_or_default())
                    .unwrap_or_default(),
            )?;
            missing -= now;
        }
        self.flush(true)?;
        Ok(BlobRef {
            id: self.id,
            key: SecretBytes(self.key.clone()),
            size: self.size,
            sha256: self.digest.finalize().into(),
        })
    }

    fn flush(&mut self, last: bool) -> Result<(), VaultError> {
        let payload = Payload {
            msg: &self.piece,
            aad: &bound(&self.id, last),
        };
        let sealed = XChaCha20Poly1305::new((&*self.key).into())
            .encrypt(&nonce(self.number), payload)
            .expect("a piece is far below the cipher's limit");
        self.digest.update(&sealed);
        self.to.put(&self.id, self.number, &sealed)?;
        self.number += 1;
        self.piece.clear();
        Ok(())
    }
}

impl<P: PutPiece> Write for BlobWriter<'_, P> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.push(bytes).map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads a blob's content; a piece that is missing or altered is an error of the kind `InvalidData`.
pub struct BlobReader<T> {
    from: T,
    blob: BlobRef,
    next: u64,
    pieces: u64,
    left: u64,
    piece: Zeroizing<Vec<u8>>,
    at: usize,
    digest: Sha256,
}

impl<T: TakePiece> BlobReader<T> {
    pub(super) fn new(from: T, blob: &BlobRef) -> Self {
        Self {
            from,
            blob: blob.clone(),
            next: 0,
            pieces: pieces(blob.size),
            left: blob.size,
            piece: Zeroizing::default(),
            at: 0,
            digest: Sha256::new(),
        }
    }

    fn fetch(&mut self) -> io::Result<()> {
        let sealed = self
            .from
            .take(&self.blob.id, self.next)
            .map_err(io::Error::other)?;
        let sealed = sealed.ok_or_else(damaged)?;
        self.digest.update(&sealed);
        let payload = Payload {
            msg: &sealed,
            aad: &bound(&self.blob.id, self.next + 1 == self.pieces),
        };
        self.piece = XChaCha20Poly1305::new((&*self.blob.key.0).into())
            .decrypt(&nonce(self.next), payload)
            .map(Zeroizing::new)
            .map_err(|_| damaged())?;
        self.at = 0;
        self.next += 1;
        if self.next == self.pieces && self.digest.clone().finalize().as_slice() != self.blob.sha256
        {
            return Err(damaged());
        }
        Ok(())
    }
}

impl<T: TakePiece> Read for BlobReader<T> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        while self.at == self.piece.len() {
            if self.next == self.pieces {
                return Ok(0);
            }
            self.fetch()?;
        }
        let rest = self.piece.get(self.at..).unwrap_or_default();
        let here = usize::try_from(self.left)
            .unwrap_or(usize::MAX)
            .min(rest.len());
        let count = here.min(out.len());
        if count == 0 {
            // Padding: read on, so that its pieces verify as well.
            self.at = self.piece.len();
            return self.read(out);
        }
        if let (Some(rest), Some(room)) = (rest.get(..count), out.get_mut(..count)) {
            room.copy_from_slice(rest);
        }
        self.at += count;
        self.left -= count as u64;
        Ok(count)
    }
}

/// How many pieces a blob of this content has.
pub(super) fn pieces(size: u64) -> u64 {
    size_class(size, BLOB_FLOOR_BYTES).div_ceil(PIECE_BYTES as u64)
}

/// Each piece has its number as nonce; the key is this blob's alone and never used again.
fn nonce(number: u64) -> XNonce {
    let mut nonce = [0; 24];
    nonce
        .iter_mut()
        .zip(number.to_be_bytes())
        .for_each(|(to, from)| *to = from);
    nonce.into()
}

fn bound(blob: &BlobId, last: bool) -> Zeroizing<Vec<u8>> {
    framed("asylia/v1/vault/blob", &[blob, &[u8::from(last)]])
}

fn damaged() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

/// Whether a key opens the first piece of a blob: for the proof of what each role's keys open.
#[cfg(test)]
pub(super) fn opens_first(blob: &BlobId, key: &[u8; 32], sealed: &[u8]) -> bool {
    [false, true].into_iter().any(|last| {
        let payload = Payload {
            msg: sealed,
            aad: &bound(blob, last),
        };
        XChaCha20Poly1305::new(key.into())
            .decrypt(&nonce(0), payload)
            .is_ok()
    })
}
