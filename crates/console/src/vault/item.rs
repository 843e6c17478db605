//! What the rows hold, inside their seal.

use std::io;

use asylia_envelope::{
    day::Day,
    ids::{EpochId, InstanceId, PageNumber, RecordId, SubmissionId},
    key_bundle::{Anchor, Fingerprint, KeyBundle, UnverifiedBundle},
    open::RecordLabel,
    record::SealedBy,
    signing::{Transfer, VerifyingKey},
};
use asylia_keys::identity::AnyIdentity;
use serde::{Deserialize, Serialize, Serializer, de::Error as _};
use zeroize::Zeroizing;

use super::{RowId, hexadecimal};

/// One row's content.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Item {
    /// The key bundle.
    Bundle(BundleItem),
    /// An identity.
    Identity(IdentityItem),
    /// The server's pin.
    Server(ServerPin),
    /// A record.
    Record(RecordItem),
}

/// The key bundle as it was verified at `init`; verified again at each unlock.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleItem {
    note: String,
    /// The fingerprint's words; `None` for demo keys, which have no anchor.
    fingerprint: Option<String>,
}

/// An identity's secret text, cleared when dropped. No `Debug`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityItem {
    /// The identity as asylia-keys writes it.
    secret: SecretText,
}

/// Text that is cleared when dropped.
struct SecretText(Zeroizing<String>);

/// The server whose bundles are taken, and what is known of them.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerPin {
    /// The key that signs, base64.
    pub verifying_key: String,
    /// Its numbers count within this.
    pub epoch: EpochId,
    /// Every bundle imported to its end, ascending by number.
    pub bundles: Vec<SeenBundle>,
}

/// One bundle that was imported to its end.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeenBundle {
    /// Its number.
    pub sequence: u64,
    /// SHA-256 of its note.
    #[serde(with = "hexadecimal")]
    pub digest: [u8; 32],
    /// What it named as the digest of the one before it, hexadecimal.
    pub previous: Option<String>,
}

/// A record: where its bytes are and what is known of it without opening it again.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordItem {
    /// The office's installation.
    pub instance: InstanceId,
    /// Its number, as the bundle names it.
    pub record_id: RecordId,
    /// Its period, as the bundle names it.
    pub period: String,
    /// Key of its bytes in `chunks`.
    #[serde(with = "hexadecimal")]
    pub record_key: RowId,
    /// SHA-256 that the bundle's note gives.
    #[serde(with = "hexadecimal")]
    pub named_sha256: [u8; 32],
    /// SHA-256 of the bytes that are stored.
    #[serde(with = "hexadecimal")]
    pub stored_sha256: [u8; 32],
    /// Bytes stored.
    pub size: u64,
    /// Number of the bundle that brought it.
    pub carried_by: u64,
    /// What became of it.
    pub state: RecordState,
}

/// What became of a record.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordState {
    /// It opened.
    Imported(Imported),
    /// It did not; its bytes are kept.
    Quarantined(Reason),
}

/// What stood inside a record that opened.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Imported {
    /// Day of arrival, UTC, as the server sealed it.
    pub received_day: Day,
    /// Which way it came.
    pub path: SealedBy,
    /// The key bundle that the sealer followed.
    pub bundle_sequence: u64,
    /// Attachments that opened.
    pub attachments: u16,
    /// Drawn by the sealer.
    pub submission_id: Option<SubmissionId>,
    /// Drawn with the page.
    pub page_number: Option<PageNumber>,
    /// How many parts did not verify.
    pub problems: u16,
}

/// Why a record is in quarantine.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Its bytes are not those that the bundle's note names.
    Digest,
    /// Its length or padding is none of a record.
    Frame,
    /// The outer seal does not open: altered, cut, or not for this key.
    Seal,
    /// The content of the outer layer is not of this format.
    Format,
    /// It carries another record's number: swapped or re-labelled.
    OtherRecord,
    /// It carries another period: re-labelled.
    OtherPeriod,
    /// It belongs to another installation.
    OtherInstance,
    /// No intake identity of its period is in the vault.
    NoKey,
    /// Another record with this number and other bytes is already here.
    SameNumber,
    /// The program met an error of its own while opening it.
    Panic,
}

impl Reason {
    /// The reason's name in texts and JSON.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Digest => "digest",
            Self::Frame => "frame",
            Self::Seal => "seal",
            Self::Format => "format",
            Self::OtherRecord => "other-record",
            Self::OtherPeriod => "other-period",
            Self::OtherInstance => "other-instance",
            Self::NoKey => "no-key",
            Self::SameNumber => "same-number",
            Self::Panic => "panic",
        }
    }

    /// Every reason.
    pub const ALL: [Self; 10] = [
        Self::Digest,
        Self::Frame,
        Self::Seal,
        Self::Format,
        Self::OtherRecord,
        Self::OtherPeriod,
        Self::OtherInstance,
        Self::NoKey,
        Self::SameNumber,
        Self::Panic,
    ];
}

impl RecordItem {
    /// What stood inside, if it opened.
    #[must_use]
    pub fn imported(&self) -> Option<&Imported> {
        match &self.state {
            RecordState::Imported(imported) => Some(imported),
            RecordState::Quarantined(_) => None,
        }
    }

    /// What its bundle said of it.
    #[must_use]
    pub fn label(&self) -> RecordLabel {
        RecordLabel {
            instance: self.instance,
            record_id: self.record_id,
            period: self.period.clone(),
        }
    }
}

impl ServerPin {
    /// The key that signs; `None` if the row holds none, which its seal excludes.
    #[must_use]
    pub fn key(&self) -> Option<VerifyingKey<Transfer>> {
        VerifyingKey::parse(&self.verifying_key).ok()
    }
}

impl BundleItem {
    pub(super) fn of(bundle: &KeyBundle, anchor: &Anchor) -> Self {
        let fingerprint = match anchor {
            Anchor::Fingerprint(words) => Some(words.to_string()),
            Anchor::DemoOnly => None,
        };
        Self {
            note: bundle.note().to_owned(),
            fingerprint,
        }
    }

    pub(super) fn verify(&self) -> Option<KeyBundle> {
        let anchor = match &self.fingerprint {
            Some(words) => Anchor::Fingerprint(Fingerprint::parse(words).ok()?),
            None => Anchor::DemoOnly,
        };
        let note = UnverifiedBundle::parse(self.note.as_bytes()).ok()?;
        note.verify(&anchor, None).ok()
    }
}

impl IdentityItem {
    pub(super) fn of(identity: &AnyIdentity) -> Self {
        Self {
            secret: SecretText(identity.to_secret_text()),
        }
    }

    pub(super) fn identity(&self) -> Option<AnyIdentity> {
        AnyIdentity::parse_secret_text(&self.secret.0).ok()
    }
}

impl Item {
    /// The JSON, in a buffer that never grows and is cleared.
    pub(super) fn to_json(&self) -> Zeroizing<Vec<u8>> {
        let mut count = Counter(0);
        serde_json::to_writer(&mut count, self).expect("items serialise");
        let mut json = Zeroizing::new(Vec::with_capacity(count.0));
        serde_json::to_writer(&mut *json, self).expect("items serialise");
        json
    }

    pub(super) fn parse(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }
}

impl Serialize for SecretText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer).map_err(|_| D::Error::custom("no text"))?;
        Ok(Self(Zeroizing::new(text)))
    }
}

struct Counter(usize);

impl io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
