//! Re-sealing: a record out of the period's seals and into the vault's, compartment by compartment, within one
//! transaction; so that the period's keys can be destroyed. Nothing in clear touches the disk.
//!
//! An identity part goes under the identity key. Where the importer has no identity key of the period, the whole
//! record waits as it came, readable in the vault by those who hold the identity key; they seal it again.

use asylia_envelope::{
    day::Day,
    follow_up::FollowUpProof,
    ids::RecordId,
    open::{Identities, OpenedFollowUp, OpenedRecord, Problem, RecordLabel},
    reply::Reply,
    submission::CompartmentName,
};

use super::{
    BlobId, Vault, VaultError, VaultTransaction,
    audit::{Act, AuditItem},
    blob::BlobRef,
    domain::Domain,
    files::Files,
    item::{
        FileItem, Flaw, FlawKind, FollowUpPart, IdentityItem, IdentityState, Imported, Item,
        MailboxItem, Reason, RecordItem, RecordState, ReplyItem,
    },
};
use crate::{
    correspondence::writing,
    opening::{Refused, Survey, open_stored, survey},
};

/// A record that is about to be taken in: its bytes are in the vault as they came.
pub struct Arrived {
    /// What its bundle says of it; the state is set here.
    pub label: RecordLabel,
    /// Builds the entry once the state is known.
    pub entry: RecordEntry,
    /// Its bytes.
    pub raw: BlobRef,
    /// The blob of the entry that this one replaces.
    pub replaces_blob: Option<BlobId>,
}

/// A record's entry but for its state.
#[derive(Clone)]
pub struct RecordEntry {
    /// See [`RecordItem::named_sha256`].
    pub named_sha256: [u8; 32],
    /// See [`RecordItem::stored_sha256`].
    pub stored_sha256: [u8; 32],
    /// See [`RecordItem::size`].
    pub size: u64,
    /// See [`RecordItem::carried_by`].
    pub carried_by: u64,
    /// See [`RecordItem::replaces`].
    pub replaces: Option<u64>,
}

/// What came out of one record.
struct Resealed {
    imported: Imported,
    identity: IdentityState,
    /// The office's first reply, for a report whose mailbox is new here.
    first_reply: Option<Reply>,
}

impl VaultTransaction<'_> {
    /// Takes a record in: sealed again, or into quarantine with a reason; `known` is a reason found before. A decoy is
    /// kept nowhere, and gives `None`.
    ///
    /// # Errors
    /// Those of the database.
    pub fn take_record(
        &mut self,
        arrived: Arrived,
        known: Option<Reason>,
    ) -> Result<Option<RecordState>, VaultError> {
        let resealed = match known {
            Some(reason) => Err(reason),
            None => self.reseal(&arrived.raw, &arrived.label)?,
        };
        let raw = arrived.raw.clone();
        if let Err(Reason::Decoy) = resealed {
            self.discard(&raw.id)?;
            return Ok(None);
        }
        let (state, identity, first_reply) = match resealed {
            Err(reason) => (RecordState::Quarantined(reason, raw.clone()), None, None),
            Ok(resealed) => (
                RecordState::Imported(Box::new(resealed.imported)),
                Some(resealed.identity),
                resealed.first_reply,
            ),
        };
        let mut brings = blobs_of(&state);
        let takes: Vec<BlobId> = arrived.replaces_blob.into_iter().collect();
        for blob in &takes {
            self.discard(blob)?;
        }
        let record = RecordItem {
            instance: arrived.label.instance,
            record_id: arrived.label.record_id,
            period: arrived.label.period.clone(),
            named_sha256: arrived.entry.named_sha256,
            stored_sha256: arrived.entry.stored_sha256,
            size: arrived.entry.size,
            carried_by: arrived.entry.carried_by,
            replaces: arrived.entry.replaces,
            state: state.clone(),
        };
        let record_id = record.record_id;
        self.append_with(
            Domain::Case,
            Item::Record(Box::new(record)),
            &brings,
            &takes,
        )?;
        if let Some(identity) = identity {
            brings = identity_blobs(&identity);
            let keeps_raw = brings.iter().any(|blob| blob.id == raw.id);
            let item = IdentityItem {
                record_id,
                state: identity.clone(),
            };
            self.append_with(
                Domain::Identity,
                Item::Identity(Box::new(item)),
                &brings,
                &[],
            )?;
            if !keeps_raw {
                self.discard(&raw.id)?;
            }
        }
        self.queue_first_reply(record_id, first_reply)?;
        self.log(AuditItem::of(Act::RecordTaken).on_record(record_id))?;
        Ok(Some(state))
    }

    /// Puts the first reply to a report into the vault, in the transaction that takes the report in: there is never
    /// one without the other.
    fn queue_first_reply(
        &mut self,
        report: RecordId,
        reply: Option<Reply>,
    ) -> Result<(), VaultError> {
        let Some(reply) = reply else { return Ok(()) };
        let item = ReplyItem {
            report,
            reply,
            by: None,
        };
        self.append(Domain::Case, Item::Reply(Box::new(item)))?;
        Ok(())
    }

    /// Takes a record in whose bytes lie in quarantine: its entry, event `sequence`, is replaced.
    ///
    /// # Errors
    /// Those of the database.
    pub(super) fn take_record_again(
        &mut self,
        sequence: u64,
        mut record: RecordItem,
        label: RecordLabel,
    ) -> Result<RecordState, VaultError> {
        let RecordState::Quarantined(_, raw) = record.state.clone() else {
            return Ok(record.state);
        };
        let record_id = record.record_id;
        record.replaces = Some(sequence);
        let (identity, first_reply) = match self.reseal(&raw, &label)? {
            Err(reason) => {
                record.state = RecordState::Quarantined(reason, raw.clone());
                (None, None)
            }
            Ok(resealed) => {
                record.state = RecordState::Imported(Box::new(resealed.imported));
                (Some(resealed.identity), resealed.first_reply)
            }
        };
        let state = record.state.clone();
        // What stays as it came was brought by the earlier entry.
        let brings = match &state {
            RecordState::Quarantined(..) => Vec::new(),
            RecordState::Imported(_) => blobs_of(&state),
        };
        let keeps_raw = match &identity {
            None => true,
            Some(identity) => identity_blobs(identity)
                .iter()
                .any(|blob| blob.id == raw.id),
        };
        let takes: Vec<BlobId> = (!keeps_raw).then_some(raw.id).into_iter().collect();
        for blob in &takes {
            self.discard(blob)?;
        }
        let item = Item::Record(Box::new(record));
        self.append_with(Domain::Case, item, &brings, &takes)?;
        if let Some(state) = identity {
            let item = IdentityItem {
                record_id,
                state: state.clone(),
            };
            let item = Item::Identity(Box::new(item));
            self.append_with(Domain::Identity, item, &identity_blobs(&state), &[])?;
        }
        self.queue_first_reply(record_id, first_reply)?;
        self.log(AuditItem::of(Act::RecordTaken).on_record(record_id))?;
        Ok(state)
    }

    fn reseal(
        &self,
        raw: &BlobRef,
        label: &RecordLabel,
    ) -> Result<Result<Resealed, Reason>, VaultError> {
        let identities = self.contents.identities.of(label.instance, &label.period);
        let Some(identities) = identities else {
            return Ok(Err(Reason::NoKey));
        };
        let survey = survey(self.open_blob(raw), &identities);
        let mut files = Files::new(self);
        let opened = open_stored(
            self.open_blob(raw),
            label,
            &identities,
            &mut |number, bytes| files.push(number, bytes),
        );
        let opened = match opened {
            Ok(opened) => opened,
            Err(refused) => {
                files.discard()?;
                return match refused {
                    Refused::Record(reason) => Ok(Err(reason)),
                    Refused::Io(kind) => Err(VaultError::Io(kind.into())),
                };
            }
        };
        let files = files.keep(&opened)?;
        let waits = identities.identity.is_none();
        let mut resealed = self.arrange(&opened, files, &survey, waits.then_some((label, raw)))?;
        resealed.first_reply = self.first_reply(&opened, label);
        Ok(Ok(resealed))
    }

    /// The office's first reply, unless the mailbox is known: a report that was sent twice gets one.
    fn first_reply(&self, opened: &OpenedRecord, label: &RecordLabel) -> Option<Reply> {
        let (account, submission_id) = (opened.account.as_ref()?, opened.submission_id?);
        let lookup_id = &account.mailbox.lookup_id;
        if self.contents.correspondence.mailbox(lookup_id).is_some() {
            return None;
        }
        let day = Day::from_unix_seconds(self.at)?;
        Some(writing::first(account, label.instance, submission_id, day))
    }

    /// Sorts what came out: to casework, and to those who hold the identity key.
    fn arrange(
        &self,
        opened: &OpenedRecord,
        files: Vec<FileItem>,
        survey: &Survey,
        waits: Option<(&RecordLabel, &BlobRef)>,
    ) -> Result<Resealed, VaultError> {
        let apart = |number: u16| survey.not_for_account.contains(&number);
        let (identity_files, files): (Vec<_>, Vec<_>) =
            files.into_iter().partition(|file| apart(file.number));
        let about_identity = |problem: &&Problem| match part_of(problem) {
            Some(CompartmentName::Identity) => true,
            Some(CompartmentName::Attachment(number)) => apart(number),
            _ => false,
        };
        let (identity_problems, problems): (Vec<&Problem>, Vec<&Problem>) =
            opened.problems.iter().partition(about_identity);
        let account = match (&opened.account, &opened.follow_up) {
            (Some(account), _) => Some(self.put_blob(&account.to_json())?),
            (None, Some(opened)) => Some(self.put_blob(&opened.follow_up.to_json())?),
            (None, None) => None,
        };
        let identity = match (waits, &opened.identity) {
            (Some((label, raw)), _) => IdentityState::Waiting {
                instance: label.instance,
                period: label.period.clone(),
                record: raw.clone(),
                files: survey.not_for_account.iter().copied().collect(),
            },
            (None, part) => IdentityState::Sealed {
                part: match part {
                    Some(part) => Some(self.put_blob(&part.to_json())?),
                    None => None,
                },
                files: identity_files,
                problems: identity_problems.into_iter().map(Flaw::of).collect(),
            },
        };
        let imported = Imported {
            received_day: opened.head.day,
            path: opened.head.path,
            bundle_sequence: opened.head.bundle_sequence,
            attachments: u16::try_from(opened.attachments.len()).unwrap_or(u16::MAX),
            submission_id: opened.submission_id,
            page_number: match (&opened.account, &opened.follow_up) {
                (Some(account), _) => account.page_number,
                (None, Some(opened)) => opened.follow_up.page_number,
                (None, None) => None,
            },
            problems: problems.into_iter().map(Flaw::of).collect(),
            compartments: survey.compartments.clone(),
            account,
            files,
            mailbox: opened
                .account
                .as_ref()
                .map(|account| MailboxItem::of(&account.mailbox)),
            follow_up: opened.follow_up.as_ref().map(follow_up_part),
        };
        Ok(Resealed {
            imported,
            identity,
            first_reply: None,
        })
    }
}

impl Vault {
    /// Seals identity parts again that waited for somebody with the identity key of their period.
    pub(super) fn seal_waiting(&mut self) -> Result<(), VaultError> {
        let waiting: Vec<IdentityItem> = self
            .contents
            .identity_parts
            .values()
            .filter(|item| self.can_seal(item))
            .cloned()
            .collect();
        for item in waiting {
            let mut transaction = self.begin()?;
            transaction.seal_part(item)?;
            transaction.commit()?;
        }
        Ok(())
    }

    fn can_seal(&self, item: &IdentityItem) -> bool {
        let IdentityState::Waiting {
            instance, period, ..
        } = &item.state
        else {
            return false;
        };
        let identities = self.contents.identities.of(*instance, period);
        identities.is_some_and(|identities| identities.identity.is_some())
    }
}

impl VaultTransaction<'_> {
    fn seal_part(&mut self, item: IdentityItem) -> Result<(), VaultError> {
        let IdentityState::Waiting {
            instance,
            period,
            record,
            files: numbers,
        } = item.state
        else {
            return Ok(());
        };
        let label = RecordLabel {
            instance,
            record_id: item.record_id,
            period,
        };
        let identities = self.contents.identities.of(instance, &label.period);
        let Some(identities) = identities else {
            return Ok(());
        };
        let apart = Identities {
            account: None,
            ..identities
        };
        let mut files = Files::new(self);
        let opened = open_stored(
            self.open_blob(&record),
            &label,
            &apart,
            &mut |number, bytes| files.push(number, bytes),
        );
        let Ok(opened) = opened else {
            // It opened at import, so the disk is at fault, and `doctor` names the blob: it goes on waiting.
            return files.discard();
        };
        let files = files.keep(&opened)?;
        let state = self.sealed_part(&opened, files, &numbers)?;
        let sealed = IdentityItem {
            record_id: item.record_id,
            state: state.clone(),
        };
        self.discard(&record.id)?;
        let brings = identity_blobs(&state);
        self.append_with(
            Domain::Identity,
            Item::Identity(Box::new(sealed)),
            &brings,
            &[record.id],
        )?;
        self.log(AuditItem::of(Act::IdentitySealed).on_record(item.record_id))
    }

    fn sealed_part(
        &self,
        opened: &OpenedRecord,
        files: Vec<FileItem>,
        numbers: &[u16],
    ) -> Result<IdentityState, VaultError> {
        let own = |problem: &&Problem| part_of(problem) == Some(CompartmentName::Identity);
        let mut problems: Vec<Flaw> = opened.problems.iter().filter(own).map(Flaw::of).collect();
        for number in numbers {
            if !files.iter().any(|file| file.number == *number) {
                problems.push(Flaw {
                    kind: FlawKind::Damaged,
                    part: Some(CompartmentName::Attachment(*number).to_string()),
                });
            }
        }
        Ok(IdentityState::Sealed {
            part: match &opened.identity {
                Some(part) => Some(self.put_blob(&part.to_json())?),
                None => None,
            },
            files,
            problems,
        })
    }
}

/// The blobs that a record's entry brings.
fn blobs_of(state: &RecordState) -> Vec<&BlobRef> {
    match state {
        RecordState::Quarantined(_, raw) => vec![raw],
        RecordState::Imported(imported) => {
            let files = imported.files.iter().map(|file| &file.blob);
            imported.account.iter().chain(files).collect()
        }
    }
}

fn identity_blobs(state: &IdentityState) -> Vec<&BlobRef> {
    match state {
        IdentityState::Waiting { record, .. } => vec![record],
        IdentityState::Sealed { part, files, .. } => part
            .iter()
            .chain(files.iter().map(|file| &file.blob))
            .collect(),
    }
}

fn follow_up_part(opened: &OpenedFollowUp) -> FollowUpPart {
    let proof = opened.proof.as_ref().map(FollowUpProof::to_json);
    FollowUpPart {
        lookup_id: opened.follow_up.lookup_id,
        counter: opened.follow_up.counter,
        proof: proof.map(|json| String::from_utf8_lossy(&json).into_owned()),
        manifest_sha256: opened.manifest_sha256,
    }
}

fn part_of(problem: &Problem) -> Option<CompartmentName> {
    Flaw::of(problem)
        .part
        .as_deref()
        .and_then(CompartmentName::parse)
}
