//! Heads of the chain that leave the computer: a signed note of a few lines, for paper, a stick or a QR code.
//!
//! Whoever can write to the file and has a slot could cut the chain's end, or write it anew. A head that was
//! carried out before shows it: the chain no longer holds the event that it names.

use asylia_envelope::signing::VerifyingKey;

use super::{
    Vault, VaultError, VaultId,
    chain::Tip,
    database,
    item::{HeadItem, PersonId},
    keys::{HeadSigner, same},
};

/// A signed head as text.
pub struct HeadNote {
    vault: VaultId,
    head: HeadItem,
    signer: VerifyingKey<HeadSigner>,
}

/// Why a carried head does not fit the vault. Each text has two sentences.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HeadError {
    /// Not a note of this kind.
    #[error(
        "This is no signed head of a vault. Choose the file that `audit head` or `audit export` wrote."
    )]
    NotAHead,
    /// Of another vault.
    #[error(
        "This head belongs to another vault. Choose the one that was carried out of this vault."
    )]
    OtherVault,
    /// Not signed by somebody of this vault.
    #[error(
        "The head's signature is not that of a person of this vault. Do not rely on it, and tell the focal point."
    )]
    Signature,
    /// The chain does not hold what was signed.
    #[error(
        "ALARM: event {0}, which was signed when this head was carried out, is not in the vault, or is another one: events were removed or the vault was set back. Keep the computer as it is, and tell the focal point."
    )]
    NotInChain(u64),
    /// The vault failed.
    #[error("{0}")]
    Vault(#[from] VaultError),
}

impl HeadNote {
    /// The note's text.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!(
            "{FIRST_LINE}\nvault: {}\nsequence: {}\nmac: {}\nperson: {}\nsigner: {}\nsignature: {}\n",
            hex::encode(self.vault),
            self.head.sequence,
            hex::encode(self.head.mac),
            hex::encode(self.head.person),
            self.signer,
            hex::encode(self.head.signature),
        )
    }

    /// Reads a note in its only spelling.
    ///
    /// # Errors
    /// [`HeadError::NotAHead`].
    pub fn parse(text: &str) -> Result<Self, HeadError> {
        let note = Self::read(text).ok_or(HeadError::NotAHead)?;
        match note.to_text() == text {
            true => Ok(note),
            false => Err(HeadError::NotAHead),
        }
    }

    fn read(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        if lines.next() != Some(FIRST_LINE) {
            return None;
        }
        let mut value = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(": ");
        let vault = bytes(value("vault")?)?;
        let head = HeadItem {
            sequence: value("sequence")?.parse().ok()?,
            mac: bytes(value("mac")?)?,
            person: bytes(value("person")?)?,
            signature: [0; 64],
        };
        let signer = VerifyingKey::parse(value("signer")?).ok()?;
        let signature = bytes(value("signature")?)?;
        Some(Self {
            vault,
            head: HeadItem { signature, ..head },
            signer,
        })
    }

    /// The number of the event that it signs.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.head.sequence
    }
}

impl Vault {
    /// Signs the chain's head, unless its last event is a signed head already, and gives it as a note.
    ///
    /// # Errors
    /// Those of the database.
    pub fn signed_head(&mut self) -> Result<HeadNote, VaultError> {
        let unchanged = self.contents.heads.last();
        let unchanged = unchanged.filter(|head| head.sequence == self.tip.sequence);
        let head = match unchanged {
            Some(head) => head.item.clone(),
            None => {
                let mut transaction = self.begin()?;
                let head = transaction.sign_head()?;
                transaction.commit()?;
                head
            }
        };
        let signer = self.signer_of(&head).ok_or(VaultError::Damaged)?;
        Ok(HeadNote {
            vault: self.vault_id,
            head,
            signer,
        })
    }

    /// Holds the chain against a head that was carried out earlier.
    ///
    /// # Errors
    /// See [`HeadError`].
    pub fn check_head(&mut self, note: &HeadNote) -> Result<(), HeadError> {
        if note.vault != self.vault_id {
            return Err(HeadError::OtherVault);
        }
        if self.signer_of(&note.head).as_ref() != Some(&note.signer) {
            return Err(HeadError::Signature);
        }
        let sequence = note.head.sequence;
        let read =
            database::read_events(&mut self.connection, sequence.saturating_sub(1), sequence);
        let rows = self.machine.handle.block_on(read)?;
        let there = rows.iter().find_map(|row| match row {
            super::chain::Read::Row(row) if row.sequence == sequence => Some(row),
            _ => None,
        });
        match there.is_some_and(|row| same(&row.mac, &note.head.mac)) {
            true => Ok(()),
            false => Err(HeadError::NotInChain(sequence)),
        }
    }

    /// The key that made a head's signature, among those that its person ever had.
    pub(super) fn signer_of(&self, head: &HeadItem) -> Option<VerifyingKey<HeadSigner>> {
        let known = self.contents.signers.get(&head.person)?;
        let tip = Tip {
            sequence: head.sequence,
            mac: head.mac,
        };
        known
            .iter()
            .filter_map(|key| VerifyingKey::parse(key).ok())
            .find(|key| signed_by(&self.vault_id, &tip, &head.person, key, &head.signature))
    }
}

fn signed_by(
    vault: &VaultId,
    tip: &Tip,
    person: &PersonId,
    key: &VerifyingKey<HeadSigner>,
    signature: &[u8; 64],
) -> bool {
    let sequence = tip.sequence.to_be_bytes();
    key.verify(&[vault, &sequence, &tip.mac, person], signature)
        .is_ok()
}

fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(bytes)
}

const FIRST_LINE: &str = "asylia vault head v1";
