//! Manifests: what one office handed to the next, signed by both.
//!
//! Holds counts, periods and digests; no name and nothing of any report. Whoever has it later sees what the
//! vault held on that day, up to which event, and under which recovery set.

use core::fmt;

use asylia_envelope::{
    day::Day,
    ids::InstanceId,
    signing::{Role, VerifyingKey},
};
use sha2::{Digest, Sha256};

use super::{Appointed, Appointment, Incoming, IncomingSigningKey};
use crate::shares::{ShareSet, ShareSetId};

/// Most bytes of a signed manifest.
pub const MANIFEST_LIMIT_BYTES: usize = 16 * 1024;

/// Whoever hands the vault over: signs the manifest, with a key that lies in the vault.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Outgoing {}

impl Role for Outgoing {
    const CONTEXT: &'static str = "asylia/v1/hand-over/outgoing";
}

/// Who opened the vault for the hand-over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HandedBy {
    /// The outgoing focal point.
    FocalPoint,
    /// Enough holders of the recovery key, in place of the outgoing focal point.
    RecoveryShares,
}

/// What is handed over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Manifest {
    /// The vault.
    pub vault: [u8; 16],
    /// The installation.
    pub instance: InstanceId,
    /// The day, UTC.
    pub day: Day,
    /// Digest of the appointment.
    pub appointment: [u8; 32],
    /// Who opened the vault.
    pub by: HandedBy,
    /// Number of the last event before it.
    pub events: u64,
    /// That event's authenticator.
    pub head: [u8; 32],
    /// Reports that the vault keeps.
    pub records: u64,
    /// Records in quarantine.
    pub quarantined: u64,
    /// Periods whose identities are handed over, by name.
    pub periods: Vec<String>,
    /// Periods whose identities were destroyed until now, by name.
    pub destroyed: Vec<String>,
    /// Slots that open the vault no more.
    pub slots_gone: u64,
    /// The new set of the recovery key.
    pub recovery_set: ShareSetId,
    /// SHA-256 of that set's note.
    pub recovery_note: [u8; 32],
    /// Verifies the outgoing side's signature.
    pub outgoing: VerifyingKey<Outgoing>,
    /// Verifies the incoming focal point's signature; the key of the appointment.
    pub incoming: VerifyingKey<Incoming>,
}

/// A manifest with both signatures, which are good.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignedManifest {
    manifest: Manifest,
    by_outgoing: Vec<u8>,
    by_incoming: Vec<u8>,
}

/// The text is no manifest, or one of its signatures is not good.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "This is no manifest of a hand-over, or it was altered. Check the file, and ask whoever gave it to you."
)]
pub struct NotAManifest;

/// Why a manifest is not of a hand-over that was permitted. Each text is two sentences.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadManifest {
    /// Another appointment.
    #[error(
        "The manifest names another appointment than this one. Give the appointment of that hand-over."
    )]
    OtherAppointment,
    /// Another key.
    #[error(
        "The manifest is signed by somebody else than the appointment names. Tell the Committee at once."
    )]
    OtherPerson,
}

impl Manifest {
    /// What both sign.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!(
            "{MAGIC}\nvault: {}\ninstance: {}\nday: {}\nappointment: {}\nhanded by: {}\nevents: {}\nhead: {}\n\
             records: {}\nquarantined: {}\nperiods: {}\ndestroyed: {}\nslots gone: {}\nrecovery set: {}\n\
             recovery note: {}\noutgoing: {}\nincoming: {}\n",
            hex::encode(self.vault),
            self.instance,
            self.day,
            hex::encode(self.appointment),
            self.by,
            self.events,
            hex::encode(self.head),
            self.records,
            self.quarantined,
            listed(&self.periods),
            listed(&self.destroyed),
            self.slots_gone,
            self.recovery_set,
            hex::encode(self.recovery_note),
            self.outgoing,
            self.incoming,
        )
    }

    /// Takes the outgoing side's signature and adds the incoming one's.
    ///
    /// # Errors
    /// [`NotAManifest`] when the first is not good or the key is not the one that the manifest names.
    pub fn sign(
        self,
        by_outgoing: &[u8],
        key: &IncomingSigningKey,
    ) -> Result<SignedManifest, NotAManifest> {
        let by_incoming = key.sign(&[self.to_text().as_bytes()]).to_vec();
        SignedManifest {
            manifest: self,
            by_outgoing: by_outgoing.to_vec(),
            by_incoming,
        }
        .checked()
    }

    /// As somebody reads it aloud before it is signed; many lines.
    #[must_use]
    pub fn describe(&self) -> String {
        format!(
            "The vault {} is handed over on {}.\nIt holds {} reports, and {} records in quarantine, up to event {}.\n\
             Identities of these periods pass on: {}.\nIdentities of these periods are destroyed: {}.\n\
             Slots removed, whose holders open the vault no more: {}.\n\
             Recovery set from now on: {}\n",
            hex::encode(self.vault),
            self.day,
            self.records,
            self.quarantined,
            self.events,
            listed(&self.periods),
            listed(&self.destroyed),
            self.slots_gone,
            self.recovery_set,
        )
    }

    /// Digest of a set's note, as manifests have it.
    #[must_use]
    pub fn note_digest(set: &ShareSet) -> [u8; 32] {
        Sha256::digest(set.to_note().as_bytes()).into()
    }
}

impl SignedManifest {
    /// What was signed.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The file's text.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!(
            "{}\noutgoing signature: {}\nincoming signature: {}\n",
            self.manifest.to_text(),
            hex::encode(&self.by_outgoing),
            hex::encode(&self.by_incoming)
        )
    }

    /// Reads a manifest and checks both signatures against the keys that it names.
    ///
    /// # Errors
    /// [`NotAManifest`].
    pub fn parse(text: &[u8]) -> Result<Self, NotAManifest> {
        let text = core::str::from_utf8(text).map_err(|_| NotAManifest)?;
        let read = Self::read(text).filter(|read| read.to_text() == text);
        read.ok_or(NotAManifest)?.checked()
    }

    /// Whether it is of the hand-over that this appointment permitted.
    ///
    /// # Errors
    /// Every [`BadManifest`].
    pub fn check_appointment(&self, appointment: &Appointment) -> Result<(), BadManifest> {
        if self.manifest.appointment != appointment.digest() {
            Err(BadManifest::OtherAppointment)
        } else if self.manifest.incoming != appointment.incoming {
            Err(BadManifest::OtherPerson)
        } else {
            Ok(())
        }
    }

    /// As [`Self::check_appointment`], of one that holds today.
    ///
    /// # Errors
    /// Every [`BadManifest`].
    pub fn check(&self, appointed: &Appointed) -> Result<(), BadManifest> {
        self.check_appointment(appointed.appointment())
    }

    fn checked(self) -> Result<Self, NotAManifest> {
        let text = self.manifest.to_text();
        let fields = [text.as_bytes()];
        let outgoing = self.manifest.outgoing.verify(&fields, &self.by_outgoing);
        let incoming = self.manifest.incoming.verify(&fields, &self.by_incoming);
        match (outgoing, incoming) {
            (Ok(()), Ok(())) => Ok(self),
            _ => Err(NotAManifest),
        }
    }

    fn read(text: &str) -> Option<Self> {
        let mut lines = text.lines().skip(1);
        let mut value = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(": ");
        let manifest = Manifest {
            vault: bytes(value("vault")?)?,
            instance: value("instance")?.parse().ok()?,
            day: value("day")?.parse().ok()?,
            appointment: bytes(value("appointment")?)?,
            by: HandedBy::parse(value("handed by")?)?,
            events: value("events")?.parse().ok()?,
            head: bytes(value("head")?)?,
            records: value("records")?.parse().ok()?,
            quarantined: value("quarantined")?.parse().ok()?,
            periods: unlisted(value("periods")?),
            destroyed: unlisted(value("destroyed")?),
            slots_gone: value("slots gone")?.parse().ok()?,
            recovery_set: value("recovery set")?.parse().ok()?,
            recovery_note: bytes(value("recovery note")?)?,
            outgoing: VerifyingKey::parse(value("outgoing")?).ok()?,
            incoming: VerifyingKey::parse(value("incoming")?).ok()?,
        };
        lines.next().filter(|line| line.is_empty())?;
        let mut signature = |name: &str| hex::decode(lines.next()?.strip_prefix(name)?).ok();
        Some(Self {
            manifest,
            by_outgoing: signature("outgoing signature: ")?,
            by_incoming: signature("incoming signature: ")?,
        })
    }
}

impl HandedBy {
    fn parse(text: &str) -> Option<Self> {
        [Self::FocalPoint, Self::RecoveryShares]
            .into_iter()
            .find(|by| by.to_string() == text)
    }
}

impl fmt::Display for HandedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FocalPoint => "focal point",
            Self::RecoveryShares => "recovery shares",
        })
    }
}

fn listed(periods: &[String]) -> String {
    match periods {
        [] => NONE.to_owned(),
        periods => periods.join(" "),
    }
}

fn unlisted(text: &str) -> Vec<String> {
    match text {
        NONE => Vec::new(),
        text => text.split(' ').map(str::to_owned).collect(),
    }
}

fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(bytes)
}

const MAGIC: &str = "asylia hand-over v1";
const NONE: &str = "none";
