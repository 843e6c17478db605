//! The yearly change of the office: the Committee appoints, both offices sign what was handed over.
//!
//! A focal point never appoints a successor: an appointment needs the signatures of as many root keys as a
//! key bundle does, and names a key that the incoming focal point made alone. What the vault does with it is
//! the console's; here are the two texts, and whose signatures they carry.
//!
//! Reading order: `appointment` (before), `manifest` (of the act itself).

use asylia_envelope::signing::{Role, SigningKey};
use secrecy::SecretString;

use crate::key_file::{KeyFileError, KeyRole, KeyText, WorkFactor};

mod appointment;
mod manifest;

pub use appointment::{
    APPOINTMENT_LIMIT_BYTES, Appointed, Appointment, BadAppointment, MOST_DAYS,
    UnverifiedAppointment,
};
pub use manifest::{
    BadManifest, HandedBy, MANIFEST_LIMIT_BYTES, Manifest, NotAManifest, Outgoing, SignedManifest,
};

/// A member of the Committee, with the same key that signs key bundles: signs appointments.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Appoints {}

impl Role for Appoints {
    const CONTEXT: &'static str = "asylia/v1/root/appointment";
}

/// Whoever takes the vault over: signs the manifest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Incoming {}

impl Role for Incoming {
    const CONTEXT: &'static str = "asylia/v1/hand-over/incoming";
}

/// The key that an appointment names.
pub type IncomingSigningKey = SigningKey<Incoming>;

/// The key file of somebody who will take an office over.
#[must_use]
pub fn seal_incoming(
    key: &IncomingSigningKey,
    passphrase: &SecretString,
    work: WorkFactor,
) -> Vec<u8> {
    let text = KeyText {
        role: KeyRole::IncomingSigning,
        instance: None,
        period: None,
        key: KeyText::key_of_seed(&key.seed()),
    };
    text.seal(passphrase, work)
}

/// Opens the key file of somebody who will take an office over.
///
/// # Errors
/// Every [`KeyFileError`].
pub fn open_incoming(
    file: &[u8],
    passphrase: &SecretString,
) -> Result<IncomingSigningKey, KeyFileError> {
    let text = KeyText::open(file, passphrase)?.of_role(KeyRole::IncomingSigning)?;
    if text.instance.is_some() || text.period.is_some() {
        return Err(KeyFileError::Content);
    }
    Ok(SigningKey::from_seed(&*text.seed()?))
}

#[cfg(test)]
mod tests;
