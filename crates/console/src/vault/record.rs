//! What events say of records: where their parts lie, what did not verify, and why some are in quarantine.

use asylia_envelope::{
    day::Day,
    ids::{InstanceId, PageNumber, RecordId, SubmissionId},
    open::{OpenedAttachment, Problem, RecordLabel},
    record::SealedBy,
    submission::CompartmentName,
};
use serde::{Deserialize, Serialize};

use super::{
    blob::BlobRef,
    hexadecimal,
    letters::{FollowUpPart, MailboxItem},
};

/// A record, as those see it who do casework.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordItem {
    /// The office's installation.
    pub instance: InstanceId,
    /// Its number, as the bundle names it.
    pub record_id: RecordId,
    /// Its period, as the bundle names it.
    pub period: String,
    /// SHA-256 that the bundle's note gives.
    #[serde(with = "hexadecimal")]
    pub named_sha256: [u8; 32],
    /// SHA-256 of the bytes that came.
    #[serde(with = "hexadecimal")]
    pub stored_sha256: [u8; 32],
    /// Bytes that came.
    pub size: u64,
    /// Number of the bundle that brought it.
    pub carried_by: u64,
    /// Number of the earlier event of this record that this one replaces.
    pub replaces: Option<u64>,
    /// What became of it.
    pub state: RecordState,
}

/// What became of a record.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordState {
    /// It opened.
    Imported(Box<Imported>),
    /// It did not; its bytes are kept as they came.
    Quarantined(Reason, BlobRef),
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
    /// Attachments that opened, those of the identity part too.
    pub attachments: u16,
    /// Drawn by the sealer.
    pub submission_id: Option<SubmissionId>,
    /// Drawn with the page.
    pub page_number: Option<PageNumber>,
    /// What did not verify.
    pub problems: Vec<Flaw>,
    /// Digests of the compartments as the submitter's side sealed them.
    pub compartments: Vec<CompartmentDigest>,
    /// The account, sealed again.
    pub account: Option<BlobRef>,
    /// The files that casework may see, sealed again.
    pub files: Vec<FileItem>,
    /// The mailbox that a first report opens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mailbox: Option<MailboxItem>,
    /// Set for a follow-up; the account is that of a follow-up then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follow_up: Option<FollowUpPart>,
}

/// One compartment as it came.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompartmentDigest {
    /// Its name in the record.
    pub name: String,
    /// Bytes of its ciphertext.
    pub size: u64,
    /// SHA-256 of its ciphertext.
    #[serde(with = "hexadecimal")]
    pub sha256: [u8; 32],
}

/// One file and where it lies. Plaintext: no `Debug`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileItem {
    /// From 1.
    pub number: u16,
    /// Claimed name; data for display, never a path.
    pub name: String,
    /// Claimed media type.
    pub media_type: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256, 64 hexadecimal digits.
    pub sha256: String,
    /// Its bytes.
    pub blob: BlobRef,
}

/// A record's identity part, as those see it who hold the identity key.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityItem {
    /// The record's number.
    pub record_id: RecordId,
    /// Where it lies.
    pub state: IdentityState,
}

/// What became of an identity part.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum IdentityState {
    /// The importer had no identity key of the period: the whole record as it came waits for a custodian.
    Waiting {
        /// The office's installation.
        instance: InstanceId,
        /// The record's period.
        period: String,
        /// The record's bytes.
        record: BlobRef,
        /// Attachments that are not sealed to the account key.
        files: Vec<u16>,
    },
    /// Sealed again under the vault's identity key.
    Sealed {
        /// The identity document; `None` when it did not open.
        part: Option<BlobRef>,
        /// Files that show who somebody is.
        files: Vec<FileItem>,
        /// What did not verify of these.
        problems: Vec<Flaw>,
    },
}

/// A [`Problem`] as an event keeps it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flaw {
    /// Of which kind.
    pub kind: FlawKind,
    /// The compartment's name, where there is one.
    pub part: Option<String>,
}

/// The kinds of [`Problem`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(
    missing_docs,
    reason = "the names are those of Problem, where they are explained"
)]
pub enum FlawKind {
    Damaged,
    Closed,
    Foreign,
    NotAsInManifest,
    Extra,
    Unknown,
    Missing,
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
    /// It waited for a key, and opened as a decoy of the server: nothing is in it.
    Decoy,
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
            Self::Decoy => "decoy",
        }
    }

    /// Every reason.
    pub const ALL: [Self; 11] = [
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
        Self::Decoy,
    ];
}

impl RecordItem {
    /// What stood inside, if it opened.
    #[must_use]
    pub fn imported(&self) -> Option<&Imported> {
        match &self.state {
            RecordState::Imported(imported) => Some(imported),
            RecordState::Quarantined(..) => None,
        }
    }

    /// Whether the office has what there is of it, so that the server may delete it.
    #[must_use]
    pub fn is_here(&self) -> bool {
        match &self.state {
            RecordState::Imported(_) => true,
            RecordState::Quarantined(reason, _) => *reason == Reason::Decoy,
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

impl FileItem {
    /// The file of an attachment that opened, whose bytes lie in `blob`.
    #[must_use]
    pub fn of(attachment: &OpenedAttachment, blob: BlobRef) -> Self {
        Self {
            number: attachment.number,
            name: attachment.name.clone(),
            media_type: attachment.media_type.clone(),
            size: attachment.size,
            sha256: attachment.sha256.clone(),
            blob,
        }
    }

    /// As the format's own type has it.
    #[must_use]
    pub fn attachment(&self) -> OpenedAttachment {
        OpenedAttachment {
            number: self.number,
            name: self.name.clone(),
            media_type: self.media_type.clone(),
            size: self.size,
            sha256: self.sha256.clone(),
        }
    }
}

impl Flaw {
    /// The flaw of a problem.
    #[must_use]
    pub fn of(problem: &Problem) -> Self {
        let (kind, part) = match problem {
            Problem::Damaged(part) => (FlawKind::Damaged, Some(part)),
            Problem::Closed(part) => (FlawKind::Closed, Some(part)),
            Problem::Foreign(part) => (FlawKind::Foreign, Some(part)),
            Problem::NotAsInManifest(part) => (FlawKind::NotAsInManifest, Some(part)),
            Problem::Extra(part) => (FlawKind::Extra, Some(part)),
            Problem::Missing(part) => (FlawKind::Missing, Some(part)),
            // `Unknown`, and what a later format may add.
            _ => (FlawKind::Unknown, None),
        };
        Self {
            kind,
            part: part.map(ToString::to_string),
        }
    }

    /// The problem again.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let Some(part) = self.part.as_deref().and_then(CompartmentName::parse) else {
            return Problem::Unknown;
        };
        match self.kind {
            FlawKind::Damaged => Problem::Damaged(part),
            FlawKind::Closed => Problem::Closed(part),
            FlawKind::Foreign => Problem::Foreign(part),
            FlawKind::NotAsInManifest => Problem::NotAsInManifest(part),
            FlawKind::Extra => Problem::Extra(part),
            FlawKind::Missing => Problem::Missing(part),
            FlawKind::Unknown => Problem::Unknown,
        }
    }
}
