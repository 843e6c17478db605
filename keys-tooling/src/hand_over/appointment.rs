//! Appointments: who takes the office over, signed by the Committee's root keys.
//!
//! An appointment holds for some days and for one hand-over. It names no person: the key that it names is the
//! incoming focal point's, and its words are compared by people who know each other.

use asylia_envelope::{
    day::Day,
    ids::InstanceId,
    key_bundle::{Fingerprint, KeyBundle},
    signing::{Root, VerifyingKey},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};

use super::{Appoints, Incoming};
use crate::signing_file::RootSigningKey;

/// Most bytes of an appointment.
pub const APPOINTMENT_LIMIT_BYTES: usize = 16 * 1024;
/// For how many days it may hold at most.
pub const MOST_DAYS: i64 = 60;

/// What an appointment says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Appointment {
    /// The installation.
    pub instance: InstanceId,
    /// The office's 12 words, whose root keys sign.
    pub fingerprint: Fingerprint,
    /// The key of whoever takes over.
    pub incoming: VerifyingKey<Incoming>,
    /// First day on which it holds.
    pub not_before: Day,
    /// Last day on which it holds.
    pub not_after: Day,
}

/// An appointment whose signatures nobody has checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnverifiedAppointment {
    appointment: Appointment,
    signatures: Vec<(VerifyingKey<Root>, Vec<u8>)>,
}

/// An appointment that enough root keys signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Appointed(Appointment);

/// Why an appointment does not hold. Each text is two sentences: what failed, what to do.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadAppointment {
    /// Not a text of this version.
    #[error("This is not an appointment. Give the file that `hand-over appoint` or `sign` wrote.")]
    NotAnAppointment,
    /// Its days are out of order, or too many.
    #[error("An appointment holds for 1 to 60 days. Give other days.")]
    Days,
    /// It is for another office, or its root keys have changed.
    #[error(
        "This appointment is for another office, or for other root keys. \
         Compare the 12 words, and ask the Committee for one under today's key bundle."
    )]
    OtherOffice,
    /// Too few root keys signed it.
    #[error(
        "The appointment carries {valid} good signatures of root keys and needs {needed}. \
         Nobody can appoint a successor alone: let more holders sign it."
    )]
    Signatures {
        /// Good ones.
        valid: usize,
        /// The threshold.
        needed: usize,
    },
    /// Before or after its days.
    #[error(
        "The appointment holds from {0} to {1} only. \
         Check this computer's date, or ask the Committee for a new one."
    )]
    NotInForce(Day, Day),
    /// The key is none of the office's root keys.
    #[error("This key is none of the office's root keys. Use the key file of a listed holder.")]
    NotARoot,
    /// The key signed it already.
    #[error("This key has signed the appointment already. Pass it to the next holder.")]
    SignedAlready,
    /// The key is not the one that it names.
    #[error(
        "The appointment names another key than this one. \
         Use the key file that belongs to it, or ask the Committee for a new appointment."
    )]
    OtherPerson,
}

impl Appointment {
    /// An appointment under a key bundle.
    ///
    /// # Errors
    /// [`BadAppointment::Days`].
    pub fn new(
        bundle: &KeyBundle,
        incoming: VerifyingKey<Incoming>,
        not_before: Day,
        not_after: Day,
    ) -> Result<Self, BadAppointment> {
        let days = not_after.days_since_1970() - not_before.days_since_1970() + 1;
        if !(1..=MOST_DAYS).contains(&days) {
            return Err(BadAppointment::Days);
        }
        let content = bundle.content();
        Ok(Self {
            instance: content.instance,
            fingerprint: content.fingerprint(),
            incoming,
            not_before,
            not_after,
        })
    }

    /// The text that is signed.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!(
            "{MAGIC}\nfingerprint: {}\ninstance: {}\nincoming: {}\nnot before: {}\nnot after: {}\n",
            self.fingerprint, self.instance, self.incoming, self.not_before, self.not_after,
        )
    }

    /// SHA-256 of the signed text, by which one appointment is told from another.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.to_text().as_bytes()).into()
    }

    /// As somebody reads it aloud before it is signed; many lines.
    #[must_use]
    pub fn describe(&self) -> String {
        format!(
            "The office with the fingerprint\n  {}\nis handed over to whoever holds the key\n  {}\n\
             This holds from {} to {}, for one hand-over.\n",
            self.fingerprint, self.incoming, self.not_before, self.not_after
        )
    }
}

impl UnverifiedAppointment {
    /// An appointment that nobody has signed.
    #[must_use]
    pub fn unsigned(appointment: Appointment) -> Self {
        Self {
            appointment,
            signatures: Vec::new(),
        }
    }

    /// What it claims.
    #[must_use]
    pub fn claimed(&self) -> &Appointment {
        &self.appointment
    }

    /// How many signature lines it carries, good or not.
    #[must_use]
    pub fn count(&self) -> usize {
        self.signatures.len()
    }

    /// Adds one holder's signature.
    ///
    /// # Errors
    /// [`BadAppointment::OtherOffice`], `NotARoot` and `SignedAlready`.
    pub fn sign(
        mut self,
        bundle: &KeyBundle,
        key: &RootSigningKey,
    ) -> Result<Self, BadAppointment> {
        self.check_office(bundle)?;
        let public = key.verifying_key();
        if !bundle.content().roots.contains(&public) {
            return Err(BadAppointment::NotARoot);
        }
        if self.signatures.iter().any(|(signer, _)| *signer == public) {
            return Err(BadAppointment::SignedAlready);
        }
        let text = self.appointment.to_text();
        let key = asylia_envelope::signing::SigningKey::<Appoints>::from_seed(&key.seed());
        let signature = key.sign(&[text.as_bytes()]).to_vec();
        self.signatures.push((public, signature));
        Ok(self)
    }

    /// Checks office, signatures and day.
    ///
    /// # Errors
    /// [`BadAppointment::OtherOffice`], `Signatures` and `NotInForce`.
    pub fn verify(self, bundle: &KeyBundle, today: Day) -> Result<Appointed, BadAppointment> {
        self.check_office(bundle)?;
        let text = self.appointment.to_text();
        let signed = |root: &&VerifyingKey<Root>| {
            let Ok(key) = VerifyingKey::<Appoints>::from_bytes(&root.to_bytes()) else {
                return false;
            };
            let good = |signature: &[u8]| key.verify(&[text.as_bytes()], signature).is_ok();
            let mut all = self.signatures.iter();
            all.any(|(signer, signature)| signer == *root && good(signature))
        };
        let content = bundle.content();
        let valid = content.roots.iter().filter(signed).count();
        if valid < content.threshold {
            return Err(BadAppointment::Signatures {
                valid,
                needed: content.threshold,
            });
        }
        let days = (self.appointment.not_before, self.appointment.not_after);
        if !(days.0..=days.1).contains(&today) {
            return Err(BadAppointment::NotInForce(days.0, days.1));
        }
        Ok(Appointed(self.appointment))
    }

    fn check_office(&self, bundle: &KeyBundle) -> Result<(), BadAppointment> {
        let content = bundle.content();
        let same = self.appointment.instance == content.instance
            && self.appointment.fingerprint == content.fingerprint();
        same.then_some(()).ok_or(BadAppointment::OtherOffice)
    }

    /// The file's text: what is signed, an empty line, signature lines.
    #[must_use]
    pub fn to_note(&self) -> String {
        let mut note = format!("{}\n", self.appointment.to_text());
        for (key, signature) in &self.signatures {
            note.push_str(&format!("— {key} {}\n", BASE64_STANDARD.encode(signature)));
        }
        note
    }

    /// Reads what [`Self::to_note`] wrote.
    ///
    /// # Errors
    /// [`BadAppointment::NotAnAppointment`] and `Days`.
    pub fn parse(note: &[u8]) -> Result<Self, BadAppointment> {
        let text = core::str::from_utf8(note).map_err(|_| BadAppointment::NotAnAppointment)?;
        let read = Self::read(text).filter(|read| read.to_note() == text);
        let read = read.ok_or(BadAppointment::NotAnAppointment)?;
        let days = read.appointment.not_after.days_since_1970()
            - read.appointment.not_before.days_since_1970();
        if (0..MOST_DAYS).contains(&days) {
            Ok(read)
        } else {
            Err(BadAppointment::Days)
        }
    }

    fn read(text: &str) -> Option<Self> {
        let mut lines = text.lines().skip(1);
        let mut value = |name: &str| lines.next()?.strip_prefix(name);
        let appointment = Appointment {
            fingerprint: Fingerprint::parse(value("fingerprint: ")?).ok()?,
            instance: value("instance: ")?.parse().ok()?,
            incoming: VerifyingKey::parse(value("incoming: ")?).ok()?,
            not_before: value("not before: ")?.parse().ok()?,
            not_after: value("not after: ")?.parse().ok()?,
        };
        lines.next().filter(|line| line.is_empty())?;
        let signature = |line: &str| {
            let (key, signature) = line.strip_prefix("— ")?.split_once(' ')?;
            let signature = BASE64_STANDARD.decode(signature).ok()?;
            Some((VerifyingKey::parse(key).ok()?, signature))
        };
        Some(Self {
            appointment,
            signatures: lines.map(signature).collect::<Option<_>>()?,
        })
    }
}

impl Appointed {
    /// What was signed.
    #[must_use]
    pub fn appointment(&self) -> &Appointment {
        &self.0
    }

    /// Whether it names this key.
    ///
    /// # Errors
    /// [`BadAppointment::OtherPerson`].
    pub fn check_key(&self, key: &VerifyingKey<Incoming>) -> Result<(), BadAppointment> {
        (self.0.incoming == *key)
            .then_some(())
            .ok_or(BadAppointment::OtherPerson)
    }
}

const MAGIC: &str = "asylia appointment v1";
