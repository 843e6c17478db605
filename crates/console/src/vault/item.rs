//! What events say, inside both their layers.

use std::io;

use asylia_envelope::{
    day::Day,
    ids::{EpochId, InstanceId, RecordId},
    key_bundle::{Anchor, Fingerprint, KeyBundle, UnverifiedBundle},
    padding::size_class,
    signing::{Transfer, VerifyingKey},
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{audit::AuditItem, blob::BlobRef, domain::Domain, hexadecimal, keys::HeadSigner};
use crate::{
    access::Roles,
    casework::{
        event::CaseItem,
        figures::{Figures, IdentityFigures},
        knowledge::{DenyItem, ExtractItem},
    },
    identity::IdentityRole,
};

pub use super::letters::{
    BatchItem, BatchSlot, FollowUpItem, FollowUpPart, MailboxItem, OfficeKeyItem, Raises,
    RefusedFollowUp, ReplyItem, SentItem, SentState,
};
pub use super::record::{
    CompartmentDigest, FileItem, Flaw, FlawKind, IdentityItem, IdentityState, Imported, Reason,
    RecordItem, RecordState,
};

/// Number of a person, random.
pub type PersonId = [u8; 16];

/// One event's content; its domain stands in the outer layer.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Item {
    /// Public halves of the domains' keys.
    Keys(KeysItem),
    /// A person, as the person is from now on.
    Person(PersonItem),
    /// The key bundle.
    Bundle(BundleItem),
    /// An identity of a period.
    PeriodKey(PeriodKeyItem),
    /// The identities of a period were destroyed.
    PeriodDestroyed(DestroyedItem),
    /// The vault passes to another office; the last event under the keys of the one before.
    HandOver(HandOverItem),
    /// The server's pin.
    Server(ServerPin),
    /// A record.
    Record(Box<RecordItem>),
    /// A record's identity part.
    Identity(Box<IdentityItem>),
    /// An entry of the audit log.
    Audit(AuditItem),
    /// A signed head of the chain.
    Head(HeadItem),
    /// The office's signing key.
    OfficeKey(OfficeKeyItem),
    /// A reply to a submitter.
    Reply(Box<ReplyItem>),
    /// The verdict on a follow-up.
    FollowUp(Box<FollowUpItem>),
    /// Replies that were sealed together.
    Batch(BatchItem),
    /// A bundle to the server.
    Sent(Box<SentItem>),
    /// What became of bundles to the server.
    SentState(SentState),
    /// Something of a case.
    Case(Box<CaseItem>),
    /// What an identity part tells the gate.
    Extract(Box<ExtractItem>),
    /// That an extract of a record was made, for those who make them.
    ExtractMade(RecordId),
    /// Words of a case's deny list.
    Deny(Box<DenyItem>),
    /// A case in the figures.
    Figures(Box<Figures>),
    /// A signed list of the office, as it was written.
    List(String),
    /// What an identity part tells the figures.
    IdentityFigures(Box<IdentityFigures>),
}

/// Which event, when and by whom: what its outer layer says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stamp {
    /// Number of the event.
    pub sequence: u64,
    /// When it was written, in seconds since 1970.
    pub at: i64,
    /// Who wrote it.
    pub author: PersonId,
}

/// The public halves of one generation; those that are not named stay.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeysItem {
    /// Domain, generation, recipient.
    pub recipients: Vec<(Domain, u16, String)>,
}

/// A person of the vault.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonItem {
    /// The person's number.
    #[serde(with = "hexadecimal")]
    pub id: PersonId,
    /// What the person types to unlock.
    pub name: String,
    /// What the person is to the office.
    pub roles: Roles,
    /// Verifies the person's signed heads.
    pub signs: String,
    /// To whom the person's ring is sealed.
    pub recipient: String,
    /// Checksum of the person's slot.
    pub slot: String,
    /// Whether the person was removed.
    pub removed: bool,
}

/// The head of the chain, as a person signed it; it is the next event.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeadItem {
    /// The last event's number.
    pub sequence: u64,
    /// The last event's authenticator.
    #[serde(with = "hexadecimal")]
    pub mac: [u8; 32],
    /// Who signed.
    #[serde(with = "hexadecimal")]
    pub person: PersonId,
    /// Ed25519 over vault, sequence, authenticator and person.
    #[serde(with = "hexadecimal")]
    pub signature: [u8; 64],
}

/// The key bundle as it was verified at `init`; verified again at each unlock.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleItem {
    note: String,
    /// The fingerprint's words; `None` for demo keys, which have no anchor.
    fingerprint: Option<String>,
}

/// An identity of a period. Its secret text, as asylia-keys writes it, lies in a blob: that can be taken away
/// when the period is destroyed, and the chain of events stays whole.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeriodKeyItem {
    /// The installation.
    pub instance: InstanceId,
    /// The period.
    pub period: String,
    /// What it opens.
    pub role: IdentityRole,
    /// Last day on which the server takes what is sealed to it, as the key bundle says it; `None` where that
    /// lists no such period.
    pub until: Option<Day>,
    /// The secret text.
    pub blob: BlobRef,
}

/// The end of a period: its identities were taken out of the vault.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DestroyedItem {
    /// The installation.
    pub instance: InstanceId,
    /// The period.
    pub period: String,
    /// The day, UTC.
    pub day: Day,
    /// How many identities.
    pub identities: u16,
    /// How many records of the period the vault keeps, sealed anew.
    pub records: u64,
    /// How many records of the period were in quarantine and can be opened no more.
    pub lost: u64,
    /// Number of the server's bundle that says that it holds no record of the period.
    pub server_bundle: u64,
}

/// A hand-over, as both offices signed it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandOverItem {
    /// The signed manifest's text.
    pub manifest: String,
}

/// The server whose bundles are taken, and what is known of them.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerPin {
    /// The key that signs, base64.
    pub verifying_key: String,
    /// Its numbers count within this; `None` for a server that was paired and has sent nothing yet.
    pub epoch: Option<EpochId>,
    /// Counts that ended when the server was restored: their bundles are none of this server's any more.
    #[serde(default)]
    pub former: Vec<EpochId>,
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
    /// What it said of the server's store; `None` in a vault of the first form.
    #[serde(default)]
    pub held: Option<Held>,
}

/// What a server said that it holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Held {
    /// Day of the export.
    pub day: Day,
    /// Records beside those of the bundle.
    pub waiting: u64,
    /// Periods of the bundle's records, ascending.
    pub periods: Vec<String>,
    /// How many records the bundle has.
    #[serde(default)]
    pub count: u64,
    /// They, ascending, for as long as the bundle is one of the newest export: what the server held then.
    #[serde(default)]
    pub records: Vec<RecordId>,
    /// Those of them that were decoys, likewise.
    #[serde(default)]
    pub decoys: Vec<RecordId>,
}

impl PersonItem {
    /// What verifies the person's heads; `None` if the row holds none, which its seal excludes.
    #[must_use]
    pub fn verifying_key(&self) -> Option<VerifyingKey<HeadSigner>> {
        VerifyingKey::parse(&self.signs).ok()
    }
}

impl ServerPin {
    /// The key that signs; `None` if the row holds none, which its seal excludes.
    #[must_use]
    pub fn key(&self) -> Option<VerifyingKey<Transfer>> {
        VerifyingKey::parse(&self.verifying_key).ok()
    }
}

impl ServerPin {
    /// What the bundles of the newest export say, newest first: an export may have several, each of which counts what
    /// the others carry as waiting.
    pub fn held(&self) -> impl Iterator<Item = &Held> {
        let newest = self.bundles.last().and_then(|bundle| bundle.held.as_ref());
        let mut left = newest.map_or(0, |held| held.count.saturating_add(held.waiting));
        let mut first = true;
        let bundles = self
            .bundles
            .iter()
            .rev()
            .map_while(|bundle| bundle.held.as_ref());
        bundles.take_while(move |held| {
            let takes = first || left > 0;
            first = false;
            left = left.saturating_sub(held.count);
            takes
        })
    }

    /// Whether every record that the server held at its newest export is known by its number.
    #[must_use]
    pub fn knows_all_held(&self) -> bool {
        let newest = self.bundles.last().and_then(|bundle| bundle.held.as_ref());
        let listed: u64 = self.held().map(|held| held.records.len() as u64).sum();
        newest.is_some_and(|newest| listed >= newest.count.saturating_add(newest.waiting))
    }

    /// Forgets the lists of older exports.
    pub(crate) fn forget_older_lists(&mut self) {
        let kept = self.held().count();
        let older = self.bundles.len().saturating_sub(kept);
        for held in self
            .bundles
            .iter_mut()
            .take(older)
            .filter_map(|bundle| bundle.held.as_mut())
        {
            held.records = Vec::new();
            held.decoys = Vec::new();
        }
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

impl Item {
    pub(super) fn parse(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }
}

/// `length ‖ json ‖ zeros` up to the class, in a buffer that never grows and is cleared.
pub(super) fn padded_json(value: &impl Serialize, floor: u64) -> Zeroizing<Vec<u8>> {
    let mut count = Counter(0);
    serde_json::to_writer(&mut count, value).expect("what the vault holds serialises");
    let length = u32::try_from(count.0).expect("an event's JSON is far below 4 GiB");
    let class = size_class(u64::from(length) + 4, floor);
    let class = usize::try_from(class).expect("a class is an eighth above its content");
    let mut plaintext = Zeroizing::new(Vec::with_capacity(class));
    plaintext.extend_from_slice(&length.to_be_bytes());
    serde_json::to_writer(&mut *plaintext, value).expect("what the vault holds serialises");
    plaintext.resize(class, 0);
    plaintext
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
