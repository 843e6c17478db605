//! Sealing to and opening with hybrid recipients: age files of one stanza.
//!
//! The age crate draws file keys, nonces and encapsulations from the operating system; everything else
//! random is an argument. age authenticates no sender and binds no context (`docs/FORMAT.md#binding`).

use core::iter;
use std::io::{self, BufReader, Chain, Cursor, Read, Write};

use age::stream::{StreamReader, StreamWriter};

use crate::{
    hybrid::{HybridIdentity, HybridRecipient},
    prescan::{PrescanError, prescan},
};

/// Not sealed to this identity, or damaged: the two are not told apart, so that nobody gets an oracle.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not for this identity, or damaged")]
pub struct OpenError;

impl From<PrescanError> for OpenError {
    fn from(_: PrescanError) -> Self {
        Self
    }
}

/// Identities that open parts of submissions.
///
/// Only `keys-tooling` implements this; the server does not depend on it, and so has no code that could
/// open a submission. (The server does open *replies*, with a mailbox identity, which is another type.)
pub trait OpensSubmissions {
    /// The age identity behind the role.
    fn age_identity(&self) -> &dyn age::Identity;
}

/// Seals what is written to one recipient; must be finished.
pub struct Sealer<W: Write>(StreamWriter<W>);

impl<W: Write> Sealer<W> {
    /// Writes the age header to `out` and is ready for plaintext.
    ///
    /// # Errors
    /// Those of the sink; also a recipient with a low-order X25519 key.
    pub fn new(recipient: &HybridRecipient, out: W) -> io::Result<Self> {
        let encryptor =
            age::Encryptor::with_recipients(iter::once(recipient as &dyn age::Recipient))
                .map_err(|_| io::Error::other("the recipient cannot be sealed to"))?;
        encryptor.wrap_output(out).map(Self)
    }

    /// Writes the last chunk; without this call the file is truncated and will not open.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn finish(self) -> io::Result<W> {
        self.0.finish()
    }
}

impl<W: Write> Write for Sealer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Seals a short message whole.
///
/// # Errors
/// A recipient with a low-order X25519 key.
pub fn seal(recipient: &HybridRecipient, plaintext: &[u8]) -> io::Result<Vec<u8>> {
    let mut sealer = Sealer::new(recipient, Vec::new())?;
    sealer.write_all(plaintext)?;
    sealer.finish()
}

/// The plaintext of an age file, as it comes out of its seal.
pub type Opened<R> = StreamReader<BufReader<Chain<Cursor<Vec<u8>>, R>>>;

/// Opens an age file of ours as a stream, after the pre-scan.
///
/// The stream's own error, at any later byte, means damage; nothing read from it may be shown before its end.
///
/// # Errors
/// [`OpenError`] when the header is not one of ours, or not for any of `identities`.
pub fn open<'a, R: Read>(
    source: R,
    identities: impl Iterator<Item = &'a dyn age::Identity>,
) -> Result<Opened<R>, OpenError> {
    let checked = BufReader::with_capacity(OPEN_BUFFER_BYTES, prescan(source)?);
    let decryptor = age::Decryptor::new_buffered(checked).map_err(|_| OpenError)?;
    decryptor.decrypt(identities).map_err(|_| OpenError)
}

/// The same with one identity of our own kind; what opens submissions is an [`OpensSubmissions`] and no such thing.
///
/// # Errors
/// As [`open`].
pub fn open_with<R: Read>(source: R, identity: &HybridIdentity) -> Result<Opened<R>, OpenError> {
    open(source, iter::once(identity as &dyn age::Identity))
}

const OPEN_BUFFER_BYTES: usize = 16 * 1024;

#[cfg(test)]
#[path = "seal/tests.rs"]
mod tests;
