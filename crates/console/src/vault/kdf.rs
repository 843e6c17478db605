//! From a passphrase to a key: Argon2id, with its cost chosen per slot.

use argon2::{Algorithm, Argon2, Params, Version};
use asylia_envelope::signing::framed;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{VaultError, VaultId};

/// Memory that Argon2id takes where nothing is chosen, in MiB.
pub const KDF_DEFAULT_MIB: u32 = 256;
/// Least memory that may be chosen, in MiB (OWASP's floor for Argon2id).
pub const KDF_FLOOR_MIB: u32 = 19;
/// Most memory that may be chosen, in MiB: a damaged slot must not take the machine's.
pub const KDF_CEILING_MIB: u32 = 4096;
/// Passes over the memory.
pub const KDF_PASSES: u32 = 3;

/// What a guess of the passphrase costs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KdfCost {
    /// Memory in MiB.
    pub mib: u32,
    /// Passes over it.
    pub passes: u32,
}

impl KdfCost {
    /// The cost with `mib` MiB of memory.
    ///
    /// # Errors
    /// [`VaultError::Cost`] out of range.
    pub fn with_memory(mib: u32) -> Result<Self, VaultError> {
        if (KDF_FLOOR_MIB..=KDF_CEILING_MIB).contains(&mib) {
            Ok(Self {
                mib,
                passes: KDF_PASSES,
            })
        } else {
            Err(VaultError::Cost)
        }
    }

    /// Argon2id; its memory is freed through the zeroing allocator.
    pub(super) fn stretch(
        self,
        passphrase: &SecretString,
        salt: &[u8],
    ) -> Result<Zeroizing<[u8; 32]>, VaultError> {
        stretch(passphrase.expose_secret().as_bytes(), salt, self)
    }
}

/// The tag by which a person's slot is found: tells nobody a name who does not guess it, at this cost a guess.
pub(super) fn name_tag(vault: &VaultId, name: &str) -> Result<[u8; 16], VaultError> {
    let stretched = stretch(normal(name).as_bytes(), vault, NAME_COST)?;
    let digest = Sha256::digest(&*framed("asylia/v1/vault/name-tag", &[&*stretched]));
    let mut tag = [0; 16];
    tag.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    Ok(tag)
}

/// A name as it is compared: without outer white space, in lower case.
pub(super) fn normal(name: &str) -> String {
    name.trim().to_lowercase()
}

fn stretch(secret: &[u8], salt: &[u8], cost: KdfCost) -> Result<Zeroizing<[u8; 32]>, VaultError> {
    let params = Params::new(cost.mib * 1024, cost.passes, KDF_LANES, Some(32))
        .map_err(|_| VaultError::Cost)?;
    let mut stretched = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(secret, salt, &mut *stretched)
        .map_err(|_| VaultError::Damaged)?;
    Ok(stretched)
}

const KDF_LANES: u32 = 1;
/// OWASP's least; names are few, so this slows a guess and does not stop it.
const NAME_COST: KdfCost = KdfCost { mib: 19, passes: 2 };
