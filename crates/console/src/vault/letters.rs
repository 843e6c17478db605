//! What events say of letters: replies that wait or went out, follow-ups that came, bundles to the server.

use std::collections::BTreeMap;

use asylia_envelope::{
    day::Day,
    follow_up::{Permission, Purpose},
    ids::{EpochId, InstanceId, LookupId, RecordId},
    reply::Reply,
    submission::MailboxAddress,
};
use serde::{Deserialize, Serialize};

use super::{blob::BlobRef, hexadecimal};

/// The office's key, which signs replies and bundles. Its secret text, as asylia-keys writes it, lies in a blob.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfficeKeyItem {
    /// The installation.
    pub instance: InstanceId,
    /// The secret text.
    pub blob: BlobRef,
}

/// The mailbox of a return code as far as follow-ups need it; where replies are sealed to stands in the account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailboxItem {
    /// Where the server files replies.
    pub lookup_id: LookupId,
    /// What verifies follow-ups, base64.
    pub verifying_key: String,
}

/// What a record that is a follow-up carries beside its text.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FollowUpPart {
    /// The mailbox that it names.
    pub lookup_id: LookupId,
    /// Its place among the follow-ups of that code.
    pub counter: u64,
    /// Its signatures as they came; `None` without any.
    pub proof: Option<String>,
    /// SHA-256 of its manifest, which they cover.
    #[serde(with = "hexadecimal")]
    pub manifest_sha256: [u8; 32],
}

/// A reply of the office, from when it was written. Plaintext: no `Debug`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplyItem {
    /// The report whose submitter it is for.
    pub report: RecordId,
    /// What it says.
    pub reply: Reply,
    /// Who wrote it, 32 hexadecimal digits; `None` for what the console writes by itself.
    pub by: Option<String>,
}

/// What became of a follow-up.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FollowUpItem {
    /// Its own record.
    pub record_id: RecordId,
    /// The report that it belongs to.
    pub report: RecordId,
    /// The mailbox of the code that signs it.
    pub lookup_id: LookupId,
    /// Its place.
    pub counter: u64,
    /// Day of arrival, UTC.
    pub day: Day,
    /// Why it does not count; `None` when it does.
    pub refused: Option<RefusedFollowUp>,
    /// Permissions as they shall be from now on.
    pub permissions: BTreeMap<Purpose, Permission>,
    /// Takes back every permission.
    pub withdraw_all: bool,
    /// Asks the office to delete what it was told.
    pub delete_report: bool,
    /// Whether what is above the permission before may count.
    pub raises: Raises,
    /// The mailbox of a new code, which is the report's from then on.
    pub new_mailbox: Option<MailboxItem>,
    /// Whether code or text passed through the server, by this follow-up or an earlier one.
    pub through_server: bool,
}

/// Whether a follow-up can raise a permission.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Raises {
    /// It answers no fresh question of the office: it can only lower.
    No,
    /// It answers one, but code or answer passed through the server: two officers and a second question.
    Unproven,
    /// It answers one, and came from the holder of the code alone.
    Answered,
}

/// Why a follow-up does not count.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefusedFollowUp {
    /// Its text or its list of parts was altered or does not open.
    Altered,
    /// It carries no signature.
    Unsigned,
    /// The code's key has not signed it.
    NotTheCode,
    /// It names a new code that has not signed, or the reverse.
    NotTheNewCode,
    /// The same one, sent again; it counts once.
    SentTwice,
    /// A later one of this code, or another of this place, was here before.
    OldCounter,
    /// Its place is days ahead: it would shut out every later one.
    FarAhead,
    /// A new code has taken the place of this one.
    EndedCode,
    /// A second new code for one that has been replaced: somebody else has the code.
    SecondNewCode,
    /// Its new code is that of another report.
    TakenCode,
}

impl RefusedFollowUp {
    /// Its name in texts and JSON.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Altered => "altered",
            Self::Unsigned => "unsigned",
            Self::NotTheCode => "not-the-code",
            Self::NotTheNewCode => "not-the-new-code",
            Self::SentTwice => "sent-twice",
            Self::OldCounter => "old-counter",
            Self::FarAhead => "far-ahead",
            Self::EndedCode => "ended-code",
            Self::SecondNewCode => "second-new-code",
            Self::TakenCode => "taken-code",
        }
    }

    /// Every reason.
    pub const ALL: [Self; 10] = [
        Self::Altered,
        Self::Unsigned,
        Self::NotTheCode,
        Self::NotTheNewCode,
        Self::SentTwice,
        Self::OldCounter,
        Self::FarAhead,
        Self::EndedCode,
        Self::SecondNewCode,
        Self::TakenCode,
    ];
}

/// Replies that were sealed together, with dummies, for as long as the server has not confirmed them.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchItem {
    /// In the order of the blob.
    pub slots: Vec<BatchSlot>,
    /// The slots one after the other.
    pub blob: BlobRef,
}

/// One slot of a batch.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchSlot {
    /// The mailbox.
    pub lookup_id: LookupId,
    /// Number of the reply's event; `None` for a dummy.
    pub reply: Option<u64>,
    /// SHA-256 of its bytes.
    #[serde(with = "hexadecimal")]
    pub sha256: [u8; 32],
}

/// A bundle to the server: what it holds is fixed before its first byte is written.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SentItem {
    /// Its number counts within this.
    pub epoch: EpochId,
    /// Its number.
    pub sequence: u64,
    /// SHA-256 of its note, hexadecimal.
    #[serde(with = "hexadecimal")]
    pub digest: [u8; 32],
    /// Day, UTC.
    pub day: Day,
    /// Events of the batches that it carries.
    pub batches: Vec<u64>,
    /// Mailboxes that it ends.
    pub purges: Vec<LookupId>,
    /// How many records it acknowledges.
    pub arrived: u64,
    /// Their list, as it stands in the bundle; `None` for none.
    pub list: Option<BlobRef>,
    /// The signed note.
    pub note: BlobRef,
}

/// What is known of the way of bundles to the server.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SentState {
    /// The bundle of this number lies on a stick, whole.
    Written(u64),
    /// The server has taken in every bundle up to this number.
    Confirmed(u64),
    /// This vault is a copy: its numbers begin anew.
    NewCount,
    /// The server was restored: numbers begin anew, and what its mailboxes held is sent again.
    SendAgain,
}

impl MailboxItem {
    /// Of a mailbox's address.
    #[must_use]
    pub fn of(address: &MailboxAddress) -> Self {
        Self {
            lookup_id: address.lookup_id,
            verifying_key: address.verifying_key.clone(),
        }
    }
}
