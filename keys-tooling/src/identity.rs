//! Identities of a period: what opens submissions. No other crate has such a type.
//!
//! One type for each role and no way from one to another: an identity is derived from a seed, or
//! read from text or a file that names its role. Derivation: HKDF-SHA-512 over a 32-byte seed, with
//! a label and the length-prefixed instance and period (`docs/FORMAT.md#period-seeds`). No `Debug`;
//! cleared when dropped.

use asylia_envelope::{
    hybrid::{HybridIdentity, HybridRecipient},
    ids::InstanceId,
    key_bundle::Period,
    open::Identities,
    seal::OpensSubmissions,
    signing::framed,
};
use hkdf::Hkdf;
use rand_core::{CryptoRng, RngCore};
use secrecy::SecretString;
use sha2::Sha512;
use zeroize::Zeroizing;

use crate::key_file::{KeyFileError, KeyRole, KeyText, WorkFactor};

/// 32 bytes from which a period's intake and account identities derive.
pub struct PeriodSeed(Zeroizing<[u8; 32]>);

/// 32 bytes from which a period's identity for the identity compartment derives; may have other
/// holders.
pub struct IdentitySeed(Zeroizing<[u8; 32]>);

macro_rules! seed {
    ($name:ident) => {
        impl $name {
            /// Draws a fresh seed from `rng`.
            pub fn generate(rng: &mut (impl RngCore + CryptoRng)) -> Self {
                let mut seed = Zeroizing::new([0; 32]);
                rng.fill_bytes(&mut *seed);
                Self(seed)
            }

            /// A seed put together again from its shares.
            #[must_use]
            pub fn from_bytes(seed: Zeroizing<[u8; 32]>) -> Self {
                Self(seed)
            }

            pub(crate) fn bytes(&self) -> &Zeroizing<[u8; 32]> {
                &self.0
            }
        }
    };
}

seed!(PeriodSeed);
seed!(IdentitySeed);

macro_rules! identity {
    ($(#[$doc:meta])* $name:ident, $role:expr, $any:ident) => {
        $(#[$doc])*
        pub struct $name {
            instance: InstanceId,
            period: String,
            key: HybridIdentity,
        }

        impl $name {
            /// The installation it belongs to.
            #[must_use]
            pub fn instance(&self) -> InstanceId {
                self.instance
            }

            /// The period it belongs to.
            #[must_use]
            pub fn period(&self) -> &str {
                &self.period
            }

            /// Its public half, as the key bundle lists it.
            #[must_use]
            pub fn recipient(&self) -> HybridRecipient {
                self.key.to_recipient()
            }

            /// The text of its key file, for a place that is itself encrypted.
            #[must_use]
            pub fn to_secret_text(&self) -> Zeroizing<String> {
                self.key_text().to_text()
            }

            /// Reads what [`Self::to_secret_text`] made.
            ///
            /// # Errors
            /// [`KeyFileError::Content`] and [`KeyFileError::OtherRole`].
            pub fn parse_secret_text(text: &str) -> Result<Self, KeyFileError> {
                Self::from_key_text(KeyText::parse(text)?)
            }

            /// The key file: an age file under `passphrase`.
            #[must_use]
            pub fn seal_file(&self, passphrase: &SecretString, work: WorkFactor) -> Vec<u8> {
                self.key_text().seal(passphrase, work)
            }

            /// Opens a key file of this role.
            ///
            /// # Errors
            /// Every [`KeyFileError`].
            pub fn open_file(file: &[u8], passphrase: &SecretString) -> Result<Self, KeyFileError> {
                Self::from_key_text(KeyText::open(file, passphrase)?)
            }

            fn key_text(&self) -> KeyText {
                KeyText {
                    role: $role,
                    instance: Some(self.instance),
                    period: Some(self.period.clone()),
                    key: self.key.to_secret_text(),
                }
            }

            fn from_key_text(text: KeyText) -> Result<Self, KeyFileError> {
                let text = text.of_role($role)?;
                let (Some(instance), Some(period)) = (text.instance, text.period) else {
                    return Err(KeyFileError::Content);
                };
                let key = text.key.parse().map_err(|_| KeyFileError::Content)?;
                Ok(Self { instance, period, key })
            }
        }

        impl OpensSubmissions for $name {
            fn age_identity(&self) -> &dyn age::Identity {
                &self.key
            }
        }

        impl From<$name> for AnyIdentity {
            fn from(identity: $name) -> Self {
                Self::$any(identity)
            }
        }
    };
}

identity! {
    /// Opens the outer layer of records, and no compartment.
    IntakeIdentity, KeyRole::Intake, Intake
}
identity! {
    /// Opens account, manifest and attachments.
    AccountIdentity, KeyRole::Account, Account
}
identity! {
    /// Opens the identity compartment, and files marked as showing who somebody is.
    IdentityPartIdentity, KeyRole::Identity, Identity
}

impl PeriodSeed {
    /// Derives the intake identity of a period.
    #[must_use]
    pub fn derive_intake(&self, instance: InstanceId, period: &str) -> IntakeIdentity {
        IntakeIdentity {
            instance,
            period: period.to_owned(),
            key: derive(&self.0, PERIOD_CONTEXT, INTAKE_LABEL, instance, period),
        }
    }

    /// Derives the account identity of a period.
    #[must_use]
    pub fn derive_account(&self, instance: InstanceId, period: &str) -> AccountIdentity {
        AccountIdentity {
            instance,
            period: period.to_owned(),
            key: derive(&self.0, PERIOD_CONTEXT, ACCOUNT_LABEL, instance, period),
        }
    }
}

impl IdentitySeed {
    /// Derives the identity of a period that opens identity compartments.
    #[must_use]
    pub fn derive_identity_part(&self, instance: InstanceId, period: &str) -> IdentityPartIdentity {
        IdentityPartIdentity {
            instance,
            period: period.to_owned(),
            key: derive(&self.0, IDENTITY_CONTEXT, IDENTITY_LABEL, instance, period),
        }
    }
}

/// An identity of a role that only its file knows.
pub enum AnyIdentity {
    /// Opens the outer layer.
    Intake(IntakeIdentity),
    /// Opens account, manifest and attachments.
    Account(AccountIdentity),
    /// Opens the identity compartment.
    Identity(IdentityPartIdentity),
}

impl AnyIdentity {
    /// Opens an identity file of any role.
    ///
    /// # Errors
    /// Every [`KeyFileError`]; [`KeyFileError::NoIdentity`] for signing keys.
    pub fn open_file(file: &[u8], passphrase: &SecretString) -> Result<Self, KeyFileError> {
        Self::from_key_text(KeyText::open(file, passphrase)?)
    }

    /// Reads the `to_secret_text` of any role.
    ///
    /// # Errors
    /// [`KeyFileError::Content`] and [`KeyFileError::NoIdentity`].
    pub fn parse_secret_text(text: &str) -> Result<Self, KeyFileError> {
        Self::from_key_text(KeyText::parse(text)?)
    }

    /// The text of its key file, for a place that is itself encrypted.
    #[must_use]
    pub fn to_secret_text(&self) -> Zeroizing<String> {
        match self {
            Self::Intake(identity) => identity.to_secret_text(),
            Self::Account(identity) => identity.to_secret_text(),
            Self::Identity(identity) => identity.to_secret_text(),
        }
    }

    /// The key file: an age file under `passphrase`.
    #[must_use]
    pub fn seal_file(&self, passphrase: &SecretString, work: WorkFactor) -> Vec<u8> {
        match self {
            Self::Intake(identity) => identity.seal_file(passphrase, work),
            Self::Account(identity) => identity.seal_file(passphrase, work),
            Self::Identity(identity) => identity.seal_file(passphrase, work),
        }
    }

    /// Its role.
    #[must_use]
    pub fn role(&self) -> KeyRole {
        match self {
            Self::Intake(_) => KeyRole::Intake,
            Self::Account(_) => KeyRole::Account,
            Self::Identity(_) => KeyRole::Identity,
        }
    }

    /// The installation and the period it belongs to.
    #[must_use]
    pub fn belongs_to(&self) -> (InstanceId, &str) {
        match self {
            Self::Intake(identity) => (identity.instance, &identity.period),
            Self::Account(identity) => (identity.instance, &identity.period),
            Self::Identity(identity) => (identity.instance, &identity.period),
        }
    }

    /// Its public half.
    #[must_use]
    pub fn recipient(&self) -> HybridRecipient {
        match self {
            Self::Intake(identity) => identity.recipient(),
            Self::Account(identity) => identity.recipient(),
            Self::Identity(identity) => identity.recipient(),
        }
    }

    /// Whether it is the private half of its role's recipient in `period`.
    #[must_use]
    pub fn fits(&self, period: &Period) -> bool {
        let listed = match self {
            Self::Intake(_) => &period.intake,
            Self::Account(_) => &period.account,
            Self::Identity(_) => &period.identity,
        };
        self.recipient() == *listed
    }

    fn from_key_text(text: KeyText) -> Result<Self, KeyFileError> {
        match text.role {
            KeyRole::Intake => IntakeIdentity::from_key_text(text).map(Self::Intake),
            KeyRole::Account => AccountIdentity::from_key_text(text).map(Self::Account),
            KeyRole::Identity => IdentityPartIdentity::from_key_text(text).map(Self::Identity),
            signing => Err(KeyFileError::NoIdentity(signing)),
        }
    }
}

/// The identities of one period that are at hand: any of the three.
pub struct PeriodIdentities {
    instance: InstanceId,
    period: String,
    /// Opens the outer layer.
    intake: Option<IntakeIdentity>,
    account: Option<AccountIdentity>,
    identity: Option<IdentityPartIdentity>,
}

/// An identity was added to those of another installation or period.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("This identity belongs to another installation or period. Keep the files of each apart.")]
pub struct OtherPeriod;

impl PeriodIdentities {
    /// An empty set for one period of one installation.
    #[must_use]
    pub fn new(instance: InstanceId, period: &str) -> Self {
        Self {
            instance,
            period: period.to_owned(),
            intake: None,
            account: None,
            identity: None,
        }
    }

    /// Adds an identity, in place of one of the same role.
    ///
    /// # Errors
    /// [`OtherPeriod`].
    pub fn insert(&mut self, identity: impl Into<AnyIdentity>) -> Result<(), OtherPeriod> {
        let identity = identity.into();
        if identity.belongs_to() != (self.instance, self.period.as_str()) {
            return Err(OtherPeriod);
        }
        match identity {
            AnyIdentity::Intake(identity) => self.intake = Some(identity),
            AnyIdentity::Account(identity) => self.account = Some(identity),
            AnyIdentity::Identity(identity) => self.identity = Some(identity),
        }
        Ok(())
    }

    /// The installation.
    #[must_use]
    pub fn instance(&self) -> InstanceId {
        self.instance
    }

    /// The period.
    #[must_use]
    pub fn period(&self) -> &str {
        &self.period
    }

    /// Opens the outer layer, if at hand.
    #[must_use]
    pub fn intake(&self) -> Option<&IntakeIdentity> {
        self.intake.as_ref()
    }

    /// Opens account, manifest and attachments, if at hand.
    #[must_use]
    pub fn account(&self) -> Option<&AccountIdentity> {
        self.account.as_ref()
    }

    /// Opens the identity compartment, if at hand.
    #[must_use]
    pub fn identity(&self) -> Option<&IdentityPartIdentity> {
        self.identity.as_ref()
    }

    /// The view that opens records; `None` without an intake identity.
    #[must_use]
    pub fn for_opening(&self) -> Option<Identities<'_>> {
        Some(Identities {
            intake: self.intake.as_ref()?,
            account: self.account.as_ref().map(|identity| identity as _),
            identity: self.identity.as_ref().map(|identity| identity as _),
        })
    }
}

fn derive(
    seed: &[u8; 32],
    context: &str,
    label: &str,
    instance: InstanceId,
    period: &str,
) -> HybridIdentity {
    let mut key = Zeroizing::new([0; 32]);
    Hkdf::<Sha512>::new(Some(context.as_bytes()), seed)
        .expand(&framed(label, &[&instance.0, period.as_bytes()]), &mut *key)
        .expect("HKDF-SHA-512 gives up to 16320 bytes");
    HybridIdentity::from_seed(&key)
}

pub(crate) const PERIOD_CONTEXT: &str = "asylia/v1/period-seed";
pub(crate) const IDENTITY_CONTEXT: &str = "asylia/v1/identity-seed";
pub(crate) const INTAKE_LABEL: &str = "asylia/v1/period/intake";
pub(crate) const ACCOUNT_LABEL: &str = "asylia/v1/period/account";
pub(crate) const IDENTITY_LABEL: &str = "asylia/v1/period/identity";

#[cfg(test)]
#[path = "identity/tests.rs"]
mod tests;
