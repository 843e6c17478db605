//! The public half of a vault's recovery key, with the set in which the key itself is kept.
//!
//! The console makes the vault's recovery slot from it, so the key never comes to the console's computer but
//! as shares, and only when a vault is recovered.

use asylia_envelope::hybrid::HybridRecipient;

use crate::shares::{SET_NOTE_LIMIT_BYTES, ShareSet};

/// Most bytes of its file.
pub const RECOVERY_NOTE_LIMIT_BYTES: usize = SET_NOTE_LIMIT_BYTES + 4096;

/// Recipient and set.
#[derive(Clone, PartialEq, Debug)]
pub struct RecoveryNote {
    recipient: HybridRecipient,
    set: ShareSet,
}

/// The text is no such file, or its set keeps another key. Two sentences.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("This is not the public file of a recovery key. Give the recovery.note of its ceremony.")]
pub struct NotARecoveryNote;

impl RecoveryNote {
    /// Puts both together.
    ///
    /// # Errors
    /// [`NotARecoveryNote`] when the set does not keep the recipient's other half.
    pub fn new(recipient: HybridRecipient, set: ShareSet) -> Result<Self, NotARecoveryNote> {
        if set.keeps_recovery_of(&recipient) {
            Ok(Self { recipient, set })
        } else {
            Err(NotARecoveryNote)
        }
    }

    /// To what the vault's recovery slot is sealed.
    #[must_use]
    pub fn recipient(&self) -> &HybridRecipient {
        &self.recipient
    }

    /// Where the key is kept.
    #[must_use]
    pub fn set(&self) -> &ShareSet {
        &self.set
    }

    /// The file's text.
    #[must_use]
    pub fn to_note(&self) -> String {
        format!(
            "{MAGIC}\nrecipient: {}\n\n{}",
            self.recipient,
            self.set.to_note()
        )
    }

    /// Reads what [`Self::to_note`] wrote.
    ///
    /// # Errors
    /// [`NotARecoveryNote`].
    pub fn parse(note: &[u8]) -> Result<Self, NotARecoveryNote> {
        let text = core::str::from_utf8(note).map_err(|_| NotARecoveryNote)?;
        let (head, set) = text.split_once("\n\n").ok_or(NotARecoveryNote)?;
        let recipient = head
            .strip_prefix(MAGIC)
            .and_then(|rest| rest.strip_prefix("\nrecipient: "))
            .and_then(|recipient| recipient.parse().ok())
            .ok_or(NotARecoveryNote)?;
        let set = ShareSet::parse(set.as_bytes()).map_err(|_| NotARecoveryNote)?;
        let read = Self::new(recipient, set)?;
        match read.to_note() == text {
            true => Ok(read),
            false => Err(NotARecoveryNote),
        }
    }
}

const MAGIC: &str = "asylia recovery key v1";
