//! The header: version and number of the vault, with a checksum that tells damage before any work.

use asylia_envelope::signing::framed;
use rand_core::{CryptoRng, RngCore};
use sha2::{Digest, Sha256};

use super::{VaultError, VaultId};

pub use super::kdf::{KDF_CEILING_MIB, KDF_DEFAULT_MIB, KDF_FLOOR_MIB, KDF_PASSES, KdfCost};

/// Version of vaults that this program writes and reads; it migrates version 1.
pub const VAULT_VERSION: i64 = 2;

/// The row of the table `header`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Header {
    pub(super) version: i64,
    pub(super) vault_id: VaultId,
    pub(super) checksum: Vec<u8>,
}

impl Header {
    /// The header of a new vault.
    pub(super) fn make(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        let mut vault_id = [0; 16];
        rng.fill_bytes(&mut vault_id);
        let mut header = Self {
            version: VAULT_VERSION,
            vault_id,
            checksum: Vec::new(),
        };
        header.checksum = header.digest();
        header
    }

    /// Version first, then damage.
    pub(super) fn check(&self) -> Result<(), VaultError> {
        if self.version != VAULT_VERSION {
            return Err(VaultError::UnknownVersion(self.version));
        }
        if self.checksum != self.digest() {
            return Err(VaultError::Damaged);
        }
        Ok(())
    }

    fn digest(&self) -> Vec<u8> {
        Sha256::digest(&*framed(
            "asylia/v1/vault/header",
            &[&self.version.to_be_bytes(), &self.vault_id],
        ))
        .to_vec()
    }
}
