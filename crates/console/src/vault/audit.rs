//! The audit log: one entry an act, without contents, in the chain like everything else.

use asylia_envelope::ids::RecordId;
use serde::{Deserialize, Serialize};

use super::item::PersonId;
use crate::casework::number::CaseNumber;

/// One entry; when and by whom stands in the event's outer layer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditItem {
    /// What was done.
    pub act: Act,
    /// To which record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<RecordId>,
    /// To which person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// A number that belongs to the act: of a bundle, of an attachment, of how many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    /// To which case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseNumber>,
    /// Which kind of change, as a code of this program: never anything that somebody wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<String>,
    /// Why an identity part was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub motive: Option<Motive>,
}

/// Why somebody looks at an identity part. One of a list, since the log holds no contents.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Motive {
    /// To reach the person concerned or the submitter.
    Contact,
    /// To see whether two reports speak of the same person.
    Duplicate,
    /// For a routing packet that may name the person.
    Packet,
    /// To list what must stand in no packet.
    DenyList,
    /// The person asked for it.
    Request,
    /// To check that what was sealed can be read.
    Check,
    /// Nobody asked: the verb `show` without `--motive`.
    NotSaid,
}

/// What was done.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// The vault was made.
    VaultMade,
    /// A vault of the first form became this one; the number is that of its records.
    VaultMigrated,
    /// A bundle's import began; its number.
    ImportBegun,
    /// A bundle was imported to its end; its number.
    ImportEnded,
    /// A record was imported, or put into quarantine.
    RecordTaken,
    /// A report was looked at.
    CaseViewed,
    /// An identity part was looked at.
    IdentityViewed,
    /// An identity part was sealed again under the vault's key.
    IdentitySealed,
    /// An attachment was written out; its number.
    AttachmentExported,
    /// A person was added.
    PersonAdded,
    /// A person was removed.
    PersonRemoved,
    /// A person's roles changed.
    RolesChanged,
    /// A person changed the own passphrase.
    PassphraseChanged,
    /// A lost passphrase was replaced with the recovery key.
    PassphraseRecovered,
    /// The recovery key was set.
    RecoveryKeySet,
    /// Keys of roles were made new; how many.
    KeysRenewed,
    /// The vault was copied.
    BackupMade,
    /// The vault was made from a copy.
    Restored,
    /// The audit log was written out.
    LogExported,
    /// The reports were searched for words, which are not kept; how many were found.
    Searched,
    /// Identities of a period were put into the vault; how many.
    IdentitiesAdded,
    /// A newer key bundle was taken; its number.
    BundleTaken,
    /// The identities of a period were destroyed; how many.
    PeriodDestroyed,
    /// The office's signing key was put into the vault.
    OfficeKeyTaken,
    /// A server's key was pinned by pairing.
    ServerPaired,
    /// A server's new count was confirmed.
    NewCountConfirmed,
    /// A reply was written; the number is its place in the mailbox.
    ReplyWritten,
    /// A reply was written though it holds words of the deny-list; how many.
    ReplyWrittenAnyway,
    /// A follow-up counts; the number is its place among those of its code.
    FollowUpAccepted,
    /// A follow-up does not count; likewise.
    FollowUpRefused,
    /// A bundle to the server was fixed; its number.
    BundleMade,
    /// A bundle to the server was written to a stick; its number.
    BundleWritten,
    /// The vault was handed over; to whom, and how many slots are gone.
    HandedOver,
    /// A signed list of the office was taken; its version.
    ListTaken,
    /// A packet was written out; its number in the case, and its target.
    PacketMade,
    /// A notice of a withdrawal was written out; likewise.
    NoticeMade,
    /// A case was made.
    CaseMade,
    /// A case was looked at.
    CaseRead,
    /// A case changed; how.
    CaseChanged,
    /// Damage was seen before something was written; how many faults.
    DamageSeen,
}

/// An entry as it is read back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct AuditEntry {
    /// The event's number in the chain.
    pub sequence: u64,
    /// RFC 3339, UTC.
    pub at: String,
    /// The name of who did it, as it was last known; the number where no name is known.
    pub by: String,
    /// What.
    #[serde(flatten)]
    pub item: AuditItem,
}

impl Act {
    /// Its name in the log and in texts.
    #[must_use]
    pub fn code(self) -> String {
        let name = serde_json::to_value(self).ok();
        name.and_then(|name| name.as_str().map(str::to_owned))
            .unwrap_or_default()
    }
}

impl Motive {
    /// What can be chosen.
    pub const CHOICE: [Self; 6] = [
        Self::Contact,
        Self::Duplicate,
        Self::Packet,
        Self::DenyList,
        Self::Request,
        Self::Check,
    ];

    /// Its name on the command line, in forms and in the log.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::Duplicate => "duplicate",
            Self::Packet => "packet",
            Self::DenyList => "deny-list",
            Self::Request => "request",
            Self::Check => "check",
            Self::NotSaid => "not-said",
        }
    }

    /// The motive of that name, if it can be chosen.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::CHOICE
            .into_iter()
            .find(|motive| motive.code() == code)
    }
}

impl AuditItem {
    /// An entry of an act alone.
    #[must_use]
    pub fn of(act: Act) -> Self {
        Self {
            act,
            record: None,
            person: None,
            number: None,
            motive: None,
            case: None,
            change: None,
        }
    }

    /// With the record it was done to.
    #[must_use]
    pub fn on_record(mut self, record: RecordId) -> Self {
        self.record = Some(record);
        self
    }

    /// With the person it was done to.
    #[must_use]
    pub fn on_person(mut self, person: &PersonId) -> Self {
        self.person = Some(hex::encode(person));
        self
    }

    /// With the reason for a look at an identity part.
    #[must_use]
    pub fn with_motive(mut self, motive: Motive) -> Self {
        self.motive = Some(motive);
        self
    }

    /// With the case it was done to.
    #[must_use]
    pub fn on_case(mut self, case: CaseNumber) -> Self {
        self.case = Some(case);
        self
    }

    /// With the kind of change.
    #[must_use]
    pub fn saying(mut self, change: &str) -> Self {
        self.change = Some(change.to_owned());
        self
    }

    /// With its number.
    #[must_use]
    pub fn with_number(mut self, number: u64) -> Self {
        self.number = Some(number);
        self
    }
}

/// RFC 3339 of seconds since 1970, UTC.
#[must_use]
pub fn rfc3339(at: i64) -> String {
    let day = asylia_envelope::day::Day::from_unix_seconds(at);
    let day = day.map_or_else(|| "0000-00-00".to_owned(), |day| day.to_string());
    let seconds = at.rem_euclid(86_400);
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    format!("{day}T{hours:02}:{minutes:02}:{:02}Z", seconds % 60)
}
