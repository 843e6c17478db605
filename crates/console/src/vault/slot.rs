//! Slots: a row a person, which the person's passphrase opens, and one row that the recovery key opens.
//!
//! A slot wraps the person's [`Secrets`] and carries the person's sealed [`Ring`]. A checksum tells damage from a
//! wrong passphrase before any work; the ring's authenticator keeps an outsider from putting keys of his own in.

use asylia_envelope::{
    hybrid::{HybridIdentity, HybridRecipient},
    seal,
    signing::framed,
};
use rand_core::{CryptoRng, RngCore};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{
    Credentials, VaultError, VaultId,
    kdf::{KdfCost, name_tag},
    keys::{Ring, SECRETS_BYTES, Secrets, decrypt, encrypt, open_sealed, ring_mac, same},
};

/// A row of the table `slots`.
#[derive(Clone, PartialEq, Eq)]
pub struct Slot {
    /// The person's number, random.
    pub(super) person: [u8; 16],
    /// By which a name finds it; zeros for recovery.
    pub(super) tag: [u8; 16],
    /// Cost of a guess; zero for recovery, whose key needs no stretching.
    pub(super) cost: KdfCost,
    pub(super) salt: Vec<u8>,
    /// Tells a wrong passphrase from damage.
    pub(super) check: Vec<u8>,
    /// The person's secrets.
    pub(super) wrapped: Vec<u8>,
    /// The sealed ring.
    pub(super) ring: Vec<u8>,
    pub(super) ring_mac: Vec<u8>,
    pub(super) checksum: Vec<u8>,
}

impl Slot {
    /// A slot that a person's passphrase opens.
    pub(super) fn of_person(
        vault: &VaultId,
        person: [u8; 16],
        credentials: &Credentials,
        cost: KdfCost,
        secrets: &Secrets,
        ring: &Ring,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Self, VaultError> {
        let Credentials { name, passphrase } = credentials;
        if passphrase.expose_secret().is_empty() {
            return Err(VaultError::EmptyPassphrase);
        }
        let mut salt = vec![0; SALT_BYTES];
        rng.fill_bytes(&mut salt);
        let stretched = cost.stretch(passphrase, &salt)?;
        let tag = name_tag(vault, name)?;
        let slot = Self::empty(person, tag, cost, salt);
        slot.filled(vault, &stretched, secrets, ring, rng)
    }

    /// The slot that the recovery key opens. Its public half makes it, so that the key itself, which is kept in
    /// shares, need never come near this computer.
    pub(super) fn of_recovery(
        vault: &VaultId,
        recovery: &HybridRecipient,
        secrets: &Secrets,
        ring: &Ring,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Self, VaultError> {
        let mut salt = vec![0; SALT_BYTES];
        rng.fill_bytes(&mut salt);
        let mut slot = Self::empty(RECOVERY, [0; 16], NO_COST, salt);
        slot.check = recovery_check(vault, recovery);
        // age binds nothing, so what a person's slot has beside it stands inside here.
        let bound = slot.bound(vault);
        let mut whole = Zeroizing::new(Vec::with_capacity(bound.len() + SECRETS_BYTES));
        whole.extend_from_slice(&bound);
        whole.extend_from_slice(&secrets.to_bytes());
        slot.wrapped = seal::seal(recovery, &whole)?;
        let sealed = ring.seal(&secrets.recipient())?;
        Ok(slot.with_ring(vault, sealed, secrets))
    }

    fn empty(person: [u8; 16], tag: [u8; 16], cost: KdfCost, salt: Vec<u8>) -> Self {
        Self {
            person,
            tag,
            cost,
            salt,
            check: Vec::new(),
            wrapped: Vec::new(),
            ring: Vec::new(),
            ring_mac: Vec::new(),
            checksum: Vec::new(),
        }
    }

    fn filled(
        mut self,
        vault: &VaultId,
        stretched: &[u8; 32],
        secrets: &Secrets,
        ring: &Ring,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Self, VaultError> {
        self.check = self.check_of(vault, stretched);
        let wrapping = digest("asylia/v1/vault/wrapping-key", stretched);
        self.wrapped = encrypt(&wrapping, &self.bound(vault), &secrets.to_bytes(), rng);
        let sealed = ring.seal(&secrets.recipient())?;
        Ok(self.with_ring(vault, sealed, secrets))
    }

    /// The slot with another ring; `keys` is anybody's who knows the chain key.
    pub(super) fn with_ring(mut self, vault: &VaultId, ring: Vec<u8>, keys: &Secrets) -> Self {
        self.ring_mac = ring_mac(keys, vault, &self.person, &ring).to_vec();
        self.ring = ring;
        self.checksum = self.digest();
        self
    }

    /// Opens it with a passphrase.
    pub(super) fn unlock(
        &self,
        vault: &VaultId,
        passphrase: &SecretString,
    ) -> Result<(Secrets, Ring), VaultError> {
        if !self.is_whole() || KdfCost::with_memory(self.cost.mib).ok() != Some(self.cost) {
            return Err(VaultError::Damaged);
        }
        self.open(vault, &*self.cost.stretch(passphrase, &self.salt)?)
    }

    /// Opens it with the recovery key.
    pub(super) fn recover(
        &self,
        vault: &VaultId,
        recovery: &HybridIdentity,
    ) -> Result<(Secrets, Ring), VaultError> {
        if !self.is_whole() {
            return Err(VaultError::Damaged);
        }
        if self.check != recovery_check(vault, &recovery.to_recipient()) {
            return Err(VaultError::WrongRecoveryKey);
        }
        let bound = self.bound(vault);
        let whole = open_sealed(&self.wrapped, recovery).ok_or(VaultError::Damaged)?;
        let secrets = whole
            .strip_prefix(bound.as_slice())
            .and_then(Secrets::parse);
        self.with_secrets(vault, secrets.ok_or(VaultError::Damaged)?)
    }

    fn open(&self, vault: &VaultId, stretched: &[u8; 32]) -> Result<(Secrets, Ring), VaultError> {
        if !same(&self.check_of(vault, stretched), &self.check) {
            return Err(VaultError::WrongPassphrase);
        }
        let wrapping = digest("asylia/v1/vault/wrapping-key", stretched);
        let secrets = decrypt(&wrapping, &self.bound(vault), &self.wrapped)
            .and_then(|bytes| Secrets::parse(&bytes))
            .ok_or(VaultError::Damaged)?;
        self.with_secrets(vault, secrets)
    }

    fn with_secrets(
        &self,
        vault: &VaultId,
        secrets: Secrets,
    ) -> Result<(Secrets, Ring), VaultError> {
        if !same(
            &ring_mac(&secrets, vault, &self.person, &self.ring),
            &self.ring_mac,
        ) {
            return Err(VaultError::Damaged);
        }
        let ring = Ring::open(&self.ring, &secrets).ok_or(VaultError::Damaged)?;
        Ok((secrets, ring))
    }

    /// Whether the row is what was written, as far as its own checksum says.
    pub(super) fn is_whole(&self) -> bool {
        self.checksum == self.digest()
    }

    pub(super) fn is_recovery(&self) -> bool {
        self.person == RECOVERY
    }

    fn check_of(&self, vault: &VaultId, stretched: &[u8; 32]) -> Vec<u8> {
        let parts = framed(
            "asylia/v1/vault/passphrase-check",
            &[vault, &self.person, stretched],
        );
        Sha256::digest(&*parts).to_vec()
    }

    /// What the wrapped secrets are bound to.
    fn bound(&self, vault: &VaultId) -> Zeroizing<Vec<u8>> {
        framed(
            "asylia/v1/vault/slot",
            &[
                vault,
                &self.person,
                &self.tag,
                &self.cost.mib.to_be_bytes(),
                &self.cost.passes.to_be_bytes(),
                &self.salt,
                &self.check,
            ],
        )
    }

    fn digest(&self) -> Vec<u8> {
        let bound = self.bound(&[0; 16]);
        let parts = framed(
            "asylia/v1/vault/slot-checksum",
            &[&bound, &self.wrapped, &self.ring, &self.ring_mac],
        );
        Sha256::digest(&*parts).to_vec()
    }
}

/// Tells a recovery key of another set from damage, before anything is opened.
fn recovery_check(vault: &VaultId, recovery: &HybridRecipient) -> Vec<u8> {
    let text = recovery.to_string();
    let parts = framed("asylia/v1/vault/recovery-check", &[vault, text.as_bytes()]);
    Sha256::digest(&*parts).to_vec()
}

fn digest(context: &str, secret: &[u8; 32]) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(Sha256::digest(&*framed(context, &[secret])).into())
}

/// The number under which the recovery slot stands.
pub(super) const RECOVERY: [u8; 16] = [0; 16];
const NO_COST: KdfCost = KdfCost { mib: 0, passes: 0 };
const SALT_BYTES: usize = 16;
