//! Secrets that are kept in shares: the seeds of a period, and what reopens the vault.
//!
//! Each is 32 bytes that know their purpose, installation and label, and derives identities whose
//! public halves are known beforehand: a recovered secret is compared with these before anybody
//! gets it ([`crate::shares`]). Its file is a key file like others ([`crate::key_file`]).

use core::fmt;

use asylia_envelope::{
    hybrid::{HybridIdentity, HybridRecipient},
    ids::InstanceId,
    key_bundle::Period,
    signing::framed,
};
use hkdf::Hkdf;
use rand_core::{CryptoRng, RngCore};
use secrecy::SecretString;
use sha2::{Digest, Sha256, Sha512};
use zeroize::Zeroizing;

use crate::{
    identity::{
        ACCOUNT_LABEL, AnyIdentity, IDENTITY_CONTEXT, IDENTITY_LABEL, INTAKE_LABEL, IdentitySeed,
        PERIOD_CONTEXT, PeriodSeed,
    },
    key_file::{KeyFileError, KeyRole, KeyText, WorkFactor},
    period::{BadPeriod, is_period_id},
};

/// What a secret is for. One set of shares holds one secret of one purpose.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// Intake and account identities of a period.
    PeriodSeed,
    /// The identity of a period that opens identity compartments.
    IdentitySeed,
    /// Reopens the console's vault.
    VaultRecovery,
}

/// A secret that is kept in shares. No `Debug`; cleared when dropped.
pub struct CustodySecret {
    purpose: Purpose,
    instance: InstanceId,
    label: String,
    seed: Zeroizing<[u8; 32]>,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 3] = [Self::PeriodSeed, Self::IdentitySeed, Self::VaultRecovery];

    /// What a person reads on a sheet.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::PeriodSeed => "the key that opens reports",
            Self::IdentitySeed => "the key that opens the identity part of reports",
            Self::VaultRecovery => "the key that reopens the office's vault",
        }
    }

    /// Salt and labels by which identities derive from a secret of this purpose.
    pub(crate) fn derivation(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::PeriodSeed => (PERIOD_CONTEXT, &[INTAKE_LABEL, ACCOUNT_LABEL]),
            Self::IdentitySeed => (IDENTITY_CONTEXT, &[IDENTITY_LABEL]),
            Self::VaultRecovery => (RECOVERY_CONTEXT, &[RECOVERY_LABEL]),
        }
    }

    fn role(self) -> KeyRole {
        match self {
            Self::PeriodSeed => KeyRole::PeriodSeed,
            Self::IdentitySeed => KeyRole::IdentitySeed,
            Self::VaultRecovery => KeyRole::VaultRecovery,
        }
    }

    /// The digest of the recipients that a secret of this purpose gives.
    pub(crate) fn digest(self, recipients: &[HybridRecipient]) -> [u8; 32] {
        let texts: Vec<String> = recipients.iter().map(ToString::to_string).collect();
        let purpose = self.to_string();
        let mut fields = vec![purpose.as_bytes()];
        fields.extend(texts.iter().map(String::as_bytes));
        Sha256::digest(framed(RECIPIENTS_CONTEXT, &fields)).into()
    }

    /// The recipients of this purpose that a key bundle lists for a period.
    pub(crate) fn listed(self, period: &Period) -> Vec<HybridRecipient> {
        match self {
            Self::PeriodSeed => vec![period.intake.clone(), period.account.clone()],
            Self::IdentitySeed => vec![period.identity.clone()],
            Self::VaultRecovery => Vec::new(),
        }
    }
}

/// As in notes and key files.
impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.role().fmt(f)
    }
}

impl CustodySecret {
    /// The seed of a period's intake and account identities.
    #[must_use]
    pub fn of_period(seed: &PeriodSeed, instance: InstanceId, period: &str) -> Self {
        Self::from_parts(Purpose::PeriodSeed, instance, period, seed.bytes().clone())
    }

    /// The seed of a period's identity for the identity compartment.
    #[must_use]
    pub fn of_identity(seed: &IdentitySeed, instance: InstanceId, period: &str) -> Self {
        let seed = seed.bytes().clone();
        Self::from_parts(Purpose::IdentitySeed, instance, period, seed)
    }

    /// Draws a recovery key of a vault; `label` tells it from earlier ones, such as the year.
    ///
    /// # Errors
    /// [`BadPeriod::Id`]: labels follow the rule of a period's name.
    pub fn generate_recovery(
        instance: InstanceId,
        label: &str,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Self, BadPeriod> {
        if !is_period_id(label) {
            return Err(BadPeriod::Id);
        }
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *seed);
        Ok(Self::from_parts(
            Purpose::VaultRecovery,
            instance,
            label,
            seed,
        ))
    }

    pub(crate) fn from_parts(
        purpose: Purpose,
        instance: InstanceId,
        label: &str,
        seed: Zeroizing<[u8; 32]>,
    ) -> Self {
        Self {
            purpose,
            instance,
            label: label.to_owned(),
            seed,
        }
    }

    /// What it is for.
    #[must_use]
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// The installation it belongs to.
    #[must_use]
    pub fn instance(&self) -> InstanceId {
        self.instance
    }

    /// The period's name, or the label of a recovery key.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.seed
    }

    /// The identities of submissions that derive from it; none from a recovery key.
    #[must_use]
    pub fn derive_identities(&self) -> Vec<AnyIdentity> {
        let (instance, period) = (self.instance, self.label.as_str());
        match self.purpose {
            Purpose::PeriodSeed => {
                let seed = PeriodSeed::from_bytes(self.seed.clone());
                let intake = seed.derive_intake(instance, period);
                vec![intake.into(), seed.derive_account(instance, period).into()]
            }
            Purpose::IdentitySeed => {
                let seed = IdentitySeed::from_bytes(self.seed.clone());
                vec![seed.derive_identity_part(instance, period).into()]
            }
            Purpose::VaultRecovery => Vec::new(),
        }
    }

    /// What the vault's key is sealed to when this is a recovery key: its public half alone can
    /// renew the vault's slot.
    #[must_use]
    pub fn derive_recovery(&self) -> Option<HybridIdentity> {
        if self.purpose != Purpose::VaultRecovery {
            return None;
        }
        let info = framed(RECOVERY_LABEL, &[&self.instance.0, self.label.as_bytes()]);
        let mut key = Zeroizing::new([0; 32]);
        Hkdf::<Sha512>::new(Some(RECOVERY_CONTEXT.as_bytes()), &*self.seed)
            .expand(&info, &mut *key)
            .expect("HKDF-SHA-512 gives up to 16320 bytes");
        Some(HybridIdentity::from_seed(&key))
    }

    /// The public halves of everything that derives from it.
    #[must_use]
    pub fn recipients(&self) -> Vec<HybridRecipient> {
        let identities = self.derive_identities();
        let of_identities = identities.iter().map(AnyIdentity::recipient);
        let recovery = self.derive_recovery();
        of_identities
            .chain(recovery.iter().map(HybridIdentity::to_recipient))
            .collect()
    }

    pub(crate) fn recipients_digest(&self) -> [u8; 32] {
        self.purpose.digest(&self.recipients())
    }

    /// The key file: an age file under `passphrase`.
    #[must_use]
    pub fn seal_file(&self, passphrase: &SecretString, work: WorkFactor) -> Vec<u8> {
        let text = KeyText {
            role: self.purpose.role(),
            instance: Some(self.instance),
            period: Some(self.label.clone()),
            key: KeyText::key_of_seed(&self.seed),
        };
        text.seal(passphrase, work)
    }

    /// Opens the key file of a secret of any purpose.
    ///
    /// # Errors
    /// Every [`KeyFileError`]; [`KeyFileError::NoSeed`] for other keys.
    pub fn open_file(file: &[u8], passphrase: &SecretString) -> Result<Self, KeyFileError> {
        let text = KeyText::open(file, passphrase)?;
        let purpose = Purpose::ALL
            .into_iter()
            .find(|purpose| purpose.role() == text.role)
            .ok_or(KeyFileError::NoSeed(text.role))?;
        let seed = text.seed()?;
        match (text.instance, text.period) {
            (Some(instance), Some(label)) if is_period_id(&label) => {
                Ok(Self::from_parts(purpose, instance, &label, seed))
            }
            _ => Err(KeyFileError::Content),
        }
    }
}

const RECIPIENTS_CONTEXT: &str = "asylia/v1/share-set/recipients";
const RECOVERY_CONTEXT: &str = "asylia/v1/recovery-key";
const RECOVERY_LABEL: &str = "asylia/v1/recovery/vault";

#[cfg(test)]
mod tests {
    use rand_core::OsRng;

    use super::*;
    use crate::{
        period::{Window, new_period},
        signing_file::{RootSigningKey, seal_root},
    };

    const INSTANCE: InstanceId = InstanceId([5; 16]);

    #[test]
    fn a_seed_file_gives_back_what_derives_the_same_recipients() {
        let passphrase = SecretString::from("correct horse");
        let window = Window::quarter("2027-01-01".parse().unwrap());
        let made = new_period(INSTANCE, "2027-Q1", window, &mut OsRng)
            .ok()
            .unwrap();
        let recovery = CustodySecret::generate_recovery(INSTANCE, "2027", &mut OsRng)
            .ok()
            .unwrap();
        let public = &made.public;
        for (secret, listed) in [
            (&made.period_seed, vec![&public.intake, &public.account]),
            (&made.identity_seed, vec![&public.identity]),
        ] {
            let file = secret.seal_file(&passphrase, WorkFactor::DEMO);
            let opened = CustodySecret::open_file(&file, &passphrase).ok().unwrap();
            assert_eq!(opened.purpose(), secret.purpose());
            assert_eq!((opened.instance(), opened.label()), (INSTANCE, "2027-Q1"));
            assert_eq!(opened.recipients().iter().collect::<Vec<_>>(), listed);
            assert!(opened.derive_recovery().is_none());
            assert_eq!(
                opened.recipients_digest(),
                secret.purpose().digest(&secret.purpose().listed(public))
            );
        }
        let file = recovery.seal_file(&passphrase, WorkFactor::DEMO);
        let opened = CustodySecret::open_file(&file, &passphrase).ok().unwrap();
        assert_eq!(opened.recipients().len(), 1);
        assert_eq!(opened.recipients(), recovery.recipients());
        assert!(opened.derive_identities().is_empty());
    }

    #[test]
    fn keys_of_other_roles_are_no_seed_and_seeds_are_no_identity() {
        let passphrase = SecretString::from("correct horse");
        let root = seal_root(
            &RootSigningKey::generate(&mut OsRng),
            &passphrase,
            WorkFactor::DEMO,
        );
        assert_eq!(
            CustodySecret::open_file(&root, &passphrase).err(),
            Some(KeyFileError::NoSeed(KeyRole::RootSigning))
        );
        let seed = CustodySecret::generate_recovery(INSTANCE, "2027", &mut OsRng).ok();
        let file = seed.unwrap().seal_file(&passphrase, WorkFactor::DEMO);
        assert_eq!(
            AnyIdentity::open_file(&file, &passphrase).err(),
            Some(KeyFileError::NoIdentity(KeyRole::VaultRecovery))
        );
        let bad = CustodySecret::generate_recovery(INSTANCE, "a label too long", &mut OsRng);
        assert_eq!(bad.err(), Some(BadPeriod::Id));
    }

    /// One seed under two purposes, installations or labels must never give one key.
    #[test]
    fn what_derives_depends_on_everything() {
        let of = |purpose, instance, label| {
            CustodySecret::from_parts(purpose, instance, label, Zeroizing::new([1; 32]))
                .recipients_digest()
        };
        let mut all = Vec::new();
        for purpose in Purpose::ALL {
            for instance in [INSTANCE, InstanceId([6; 16])] {
                all.extend(["2027", "2028"].map(|label| of(purpose, instance, label)));
            }
        }
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
