//! Opening a stored record: the checks of the office's side, in the order that never changes.
//!
//! Frame, pre-scan, outer seal, record head, then every compartment: pre-scan, inner seal, head, content,
//! digest; then manifest, counts, padding. What fails in the outer layer refuses the record; what fails in
//! one compartment is a [`Problem`] that is shown, and costs no other compartment. Nothing may be shown
//! before [`open_record`] has returned.

use std::io::{self, Read};

use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::{
    follow_up::{FollowUp, FollowUpProof, FollowUpStatement, ProofError},
    ids::{InstanceId, RecordId, SubmissionId},
    padding::{LENGTH_PREFIX_BYTES, RECORD_FLOOR_BYTES, stored_bytes},
    record::{DECOY, Nothing, RecordEnd, RecordHead, listing_line},
    seal::{OpenError, OpensSubmissions, open},
    slices::{SliceError, SliceReader, StreamKind, StreamName},
    submission::{
        Account, BadDocument, CompartmentName, DOCUMENT_LIMIT_BYTES, FORMAT_VERSION, IdentityPart,
        MailboxAddress,
    },
};

mod compartment;

/// The identities of one period that are at hand; what is missing stays closed.
pub struct Identities<'a> {
    /// Opens the outer layer.
    pub intake: &'a dyn OpensSubmissions,
    /// Opens account, manifest and attachments.
    pub account: Option<&'a dyn OpensSubmissions>,
    /// Opens the identity compartment, and attachments marked as showing who somebody is.
    pub identity: Option<&'a dyn OpensSubmissions>,
}

/// What the transfer bundle says of a record; compared with what stands inside the seal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordLabel {
    /// The office's installation.
    pub instance: InstanceId,
    /// Number of the record.
    pub record_id: RecordId,
    /// Its period.
    pub period: String,
}

/// A submission as it came out of its seals.
pub struct OpenedRecord {
    /// What the server sealed about it.
    pub head: RecordHead,
    /// Drawn by the sealer.
    pub submission_id: Option<SubmissionId>,
    /// Of a first report: present when its compartment opened.
    pub account: Option<Account>,
    /// Of a follow-up: present when its compartment opened; then there is no account.
    pub follow_up: Option<OpenedFollowUp>,
    /// Present when its compartment opened.
    pub identity: Option<IdentityPart>,
    /// Every attachment that opened, in order.
    pub attachments: Vec<OpenedAttachment>,
    /// What did not verify; empty for a whole submission.
    pub problems: Vec<Problem>,
}

/// A follow-up out of its seals; unproven until [`OpenedRecord::verify_follow_up`]. Plaintext: no `Debug`.
pub struct OpenedFollowUp {
    /// What it says.
    pub follow_up: FollowUp,
    /// Signatures over it; `None` when the manifest did not open, or has none behind it.
    pub proof: Option<FollowUpProof>,
    /// SHA-256 of the manifest, which the signatures cover; zeros when that did not open.
    pub manifest_sha256: [u8; 32],
}

impl OpenedFollowUp {
    /// What its proof must be over.
    #[must_use]
    pub fn statement(
        &self,
        instance: InstanceId,
        submission_id: SubmissionId,
    ) -> FollowUpStatement {
        FollowUpStatement {
            instance,
            submission_id,
            tie: self.follow_up.tie(),
            manifest_sha256: self.manifest_sha256,
        }
    }
}

/// An attachment that opened and whose digest fits. Plaintext: no `Debug`.
#[derive(Clone)]
pub struct OpenedAttachment {
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
}

/// Something inside a record that did not verify.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Problem {
    /// The compartment did not open, or its content is not of this format.
    Damaged(CompartmentName),
    /// No identity for it is at hand.
    Closed(CompartmentName),
    /// It belongs to another submission, instance or period.
    Foreign(CompartmentName),
    /// The manifest knows it and it is not there, or with other bytes.
    NotAsInManifest(CompartmentName),
    /// It is there and the manifest does not know it.
    Extra(CompartmentName),
    /// A compartment with a name that the format does not have, or out of order.
    Unknown,
    /// A compartment that every submission has is missing.
    Missing(CompartmentName),
}

/// Why a record is refused as a whole.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordError {
    /// Too short, too long, or its length is none of a record.
    #[error("the record's frame is not that of a stored record")]
    Frame,
    /// Not sealed to this intake identity, or altered, or cut.
    #[error("the record is not for this intake key, or damaged")]
    Seal,
    /// The content of the outer layer is not of this format.
    #[error("the record's content is not of this format")]
    Format,
    /// The number inside is not the one outside: swapped or re-labelled.
    #[error("the record carries another record's number: swapped or re-labelled")]
    OtherRecord,
    /// The period inside is not the one outside.
    #[error("the record carries another period: re-labelled")]
    OtherPeriod,
    /// It belongs to another installation.
    #[error("the record belongs to another office's installation")]
    OtherInstance,
    /// The server made it so that the number of reports does not show; it opened whole and holds nothing.
    #[error("the record is a decoy: nobody reported anything")]
    Decoy,
    /// The file that is read, or the sink of an attachment, failed.
    #[error("reading or writing failed")]
    Io(io::ErrorKind),
}

/// Takes bytes of attachments as they open: number and bytes. Unverified until [`open_record`] has returned.
pub type AttachmentBytes<'a> = dyn FnMut(u16, &[u8]) -> io::Result<()> + 'a;

/// Opens a stored record whole and checks it against `label`.
///
/// Attachments stream through `attachment_bytes`, everything else is held in memory and bounded.
///
/// # Errors
/// See [`RecordError`]; damage inside one compartment is a [`Problem`] instead.
pub fn open_record(
    mut stored: impl Read,
    label: &RecordLabel,
    identities: &Identities<'_>,
    attachment_bytes: &mut AttachmentBytes<'_>,
) -> Result<OpenedRecord, RecordError> {
    let mut prefix = [0; LENGTH_PREFIX_BYTES as usize];
    stored
        .read_exact(&mut prefix)
        .map_err(|_| RecordError::Frame)?;
    let length = u64::from_be_bytes(prefix);
    let mut ciphertext = (&mut stored).take(length);
    let plaintext = open(
        &mut ciphertext,
        core::iter::once(identities.intake.age_identity()),
    )
    .map_err(|OpenError| RecordError::Seal)?;
    let mut slices = SliceReader::new(plaintext);
    let head: RecordHead = document(&mut slices, "record")?;
    check_label(&head, label)?;
    let mut opening = Opening::new(label, identities, attachment_bytes);
    let mut decoy = false;
    loop {
        let stream = slices
            .next_stream()
            .map_err(outer_error)?
            .ok_or(RecordError::Format)?;
        if stream == StreamName::meta("end") {
            break;
        }
        if stream == StreamName::meta(DECOY) && opening.is_empty() && !decoy {
            read_json::<Nothing>(&mut slices)?;
            decoy = true;
        } else {
            opening.compartment(&stream, &mut slices)?;
        }
    }
    let end: RecordEnd = read_json(&mut slices)?;
    let class = slices.finish(RECORD_FLOOR_BYTES).map_err(outer_error)?;
    check_padding(ciphertext, length, class)?;
    if decoy {
        // Whoever hides a report behind the mark of a decoy has made a record that is none.
        return Err(match opening.is_empty() && end.compartments == 0 {
            true => RecordError::Decoy,
            false => RecordError::Format,
        });
    }
    opening.finish(head, &end)
}

impl OpenedRecord {
    /// Checks that a follow-up was signed with the code of `mailbox`, whole: nothing of it altered or left out.
    ///
    /// Whether its counter is greater than the last, and whether a path without JavaScript makes a raise unproven,
    /// is for the caller, who keeps both.
    ///
    /// # Errors
    /// See [`ProofError`]; also [`ProofError::NotTheCode`] for a record that is no follow-up, carries no proof, or
    /// is not what its manifest says.
    pub fn verify_follow_up(&self, mailbox: &MailboxAddress) -> Result<(), ProofError> {
        let altered = |problem: &Problem| !matches!(problem, Problem::Closed(_));
        if self.problems.iter().any(altered) {
            return Err(ProofError::NotTheCode);
        }
        let (Some(said), Some(id)) = (&self.follow_up, self.submission_id) else {
            return Err(ProofError::NotTheCode);
        };
        let proof = said.proof.as_ref().ok_or(ProofError::NotTheCode)?;
        proof.verify(&said.statement(self.head.instance, id), mailbox)
    }
}

fn check_label(head: &RecordHead, label: &RecordLabel) -> Result<(), RecordError> {
    if head.version != FORMAT_VERSION {
        return Err(RecordError::Format);
    }
    if head.instance != label.instance {
        return Err(RecordError::OtherInstance);
    }
    if head.record_id != label.record_id {
        return Err(RecordError::OtherRecord);
    }
    if head.period != label.period {
        return Err(RecordError::OtherPeriod);
    }
    Ok(())
}

/// Nothing but zero bytes up to the length of the class may follow the ciphertext.
fn check_padding(
    ciphertext: io::Take<impl Read>,
    length: u64,
    class: u64,
) -> Result<(), RecordError> {
    if ciphertext.limit() > 0 {
        return Err(RecordError::Frame);
    }
    let mut stored = ciphertext.into_inner();
    let mut total = LENGTH_PREFIX_BYTES + length;
    let mut block = [0; 4096];
    loop {
        let read = stored
            .read(&mut block)
            .map_err(|error| RecordError::Io(error.kind()))?;
        if read == 0 {
            break;
        }
        if block.iter().take(read).any(|byte| *byte != 0) {
            return Err(RecordError::Frame);
        }
        total += read as u64;
    }
    if total == stored_bytes(class) {
        Ok(())
    } else {
        Err(RecordError::Frame)
    }
}

/// Reads the next stream, which must be the JSON document `name`.
fn document<T: DeserializeOwned>(
    slices: &mut SliceReader<impl Read>,
    name: &str,
) -> Result<T, RecordError> {
    match slices.next_stream().map_err(outer_error)? {
        Some(stream) if stream == StreamName::meta(name) => read_json(slices),
        _ => Err(RecordError::Format),
    }
}

fn read_json<T: DeserializeOwned>(slices: &mut SliceReader<impl Read>) -> Result<T, RecordError> {
    let json = slices.document(SMALL_DOCUMENT_BYTES).map_err(outer_error)?;
    serde_json::from_slice(&json).map_err(|_| RecordError::Format)
}

fn outer_error(error: SliceError) -> RecordError {
    match error {
        // A seal that does not verify arrives as an input error of the stream.
        SliceError::Io(_) => RecordError::Seal,
        _ => RecordError::Format,
    }
}

/// Gathers what the compartments of one record give.
struct Opening<'a, 'b> {
    label: &'a RecordLabel,
    identities: &'a Identities<'a>,
    attachment_bytes: &'a mut AttachmentBytes<'b>,
    seen: Vec<Seen>,
    listing: Sha256,
    size: u64,
    submission_id: Option<SubmissionId>,
    account: Option<Account>,
    follow_up: Option<FollowUp>,
    identity: Option<IdentityPart>,
    manifest: Option<compartment::OpenedManifest>,
    attachments: Vec<OpenedAttachment>,
    problems: Vec<Problem>,
}

struct Seen {
    name: CompartmentName,
    size: u64,
    sha256: String,
}

impl<'a, 'b> Opening<'a, 'b> {
    fn new(
        label: &'a RecordLabel,
        identities: &'a Identities<'a>,
        attachment_bytes: &'a mut AttachmentBytes<'b>,
    ) -> Self {
        Self {
            label,
            identities,
            attachment_bytes,
            seen: Vec::new(),
            listing: Sha256::new(),
            size: 0,
            submission_id: None,
            account: None,
            follow_up: None,
            identity: None,
            manifest: None,
            attachments: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// Takes one stream of the record: opens it as far as it can be, and always digests it to its end.
    fn compartment(
        &mut self,
        stream: &StreamName,
        slices: &mut SliceReader<impl Read>,
    ) -> Result<(), RecordError> {
        if self.seen.len() > usize::from(crate::submission::ATTACHMENTS_LIMIT) + 8 {
            return Err(RecordError::Format);
        }
        let mut digested = Digested {
            source: slices,
            own: Sha256::new(),
            size: 0,
        };
        let name = (stream.kind == StreamKind::Data)
            .then(|| CompartmentName::parse(&stream.name))
            .flatten();
        let expected = name.filter(|name| self.seen.last().is_none_or(|last| last.name < *name));
        let Some(name) = expected else {
            io::copy(&mut digested, &mut io::sink()).map_err(|_| RecordError::Seal)?;
            let (size, sha256) = digested.finish();
            self.list(&stream.name, size, &sha256);
            self.problems.push(Problem::Unknown);
            return Ok(());
        };
        let opened = compartment::open_compartment(
            &mut digested,
            name,
            self.label,
            self.identities,
            &mut self.submission_id,
            &mut *self.attachment_bytes,
        );
        // Whatever became of the inner layer, the outer one must verify to the compartment's end.
        io::copy(&mut digested, &mut io::sink()).map_err(|_| RecordError::Seal)?;
        let (size, sha256) = digested.finish();
        self.list(&stream.name, size, &sha256);
        self.seen.push(Seen { name, size, sha256 });
        match opened {
            Ok(compartment::Content::Account(account)) => self.account = Some(*account),
            Ok(compartment::Content::FollowUp(follow_up)) => self.follow_up = Some(*follow_up),
            Ok(compartment::Content::Identity(identity)) => self.identity = Some(identity),
            Ok(compartment::Content::Manifest(manifest)) => self.manifest = Some(manifest),
            Ok(compartment::Content::Attachment(attachment)) => self.attachments.push(attachment),
            Err(compartment::Failure::Sink(kind)) => return Err(RecordError::Io(kind)),
            Err(compartment::Failure::Problem(problem)) => self.problems.push(problem),
        }
        Ok(())
    }

    /// Whether no compartment was met yet.
    fn is_empty(&self) -> bool {
        self.seen.is_empty() && self.problems.is_empty()
    }

    /// Counts one compartment for the comparison with the record's end.
    fn list(&mut self, name: &str, size: u64, sha256: &str) {
        self.listing.update(listing_line(name, size, sha256));
        self.size += size;
    }

    fn finish(mut self, head: RecordHead, end: &RecordEnd) -> Result<OpenedRecord, RecordError> {
        let digest = hex::encode(self.listing.clone().finalize());
        let counted = self.seen.len()
            + self
                .problems
                .iter()
                .filter(|p| **p == Problem::Unknown)
                .count();
        if end.sha256 != digest
            || end.size != self.size
            || u64::from(end.compartments) != counted as u64
        {
            return Err(RecordError::Format);
        }
        self.check_manifest();
        let (proof, manifest_sha256) = match self.manifest {
            Some(manifest) => (manifest.proof, manifest.sha256),
            None => (None, [0; 32]),
        };
        let follow_up = self.follow_up.map(|follow_up| OpenedFollowUp {
            follow_up,
            proof,
            manifest_sha256,
        });
        Ok(OpenedRecord {
            head,
            submission_id: self.submission_id,
            account: self.account,
            follow_up,
            identity: self.identity,
            attachments: self.attachments,
            problems: self.problems,
        })
    }

    /// Missing, extra or altered compartments are shown, never dropped in silence.
    fn check_manifest(&mut self) {
        for name in [
            CompartmentName::Account,
            CompartmentName::Identity,
            CompartmentName::Manifest,
        ] {
            if !self.seen.iter().any(|seen| seen.name == name) {
                self.problems.push(Problem::Missing(name));
            }
        }
        let Some(opened) = &self.manifest else {
            return;
        };
        if opened.proof.is_some() && self.account.is_some() {
            // Only a follow-up is signed.
            self.problems.push(Problem::Unknown);
        }
        let manifest = &opened.manifest;
        for entry in &manifest.compartments {
            let Some(name) = CompartmentName::parse(&entry.name) else {
                self.problems.push(Problem::Unknown);
                continue;
            };
            let same = |seen: &Seen| {
                seen.name == name && seen.size == entry.size && seen.sha256 == entry.sha256
            };
            if !self.seen.iter().any(same) {
                self.problems.push(Problem::NotAsInManifest(name));
            }
        }
        for seen in self
            .seen
            .iter()
            .filter(|seen| seen.name != CompartmentName::Manifest)
        {
            if !manifest
                .compartments
                .iter()
                .any(|entry| entry.name == seen.name.to_string())
            {
                self.problems.push(Problem::Extra(seen.name));
            }
        }
    }
}

/// Reads a compartment's ciphertext and digests it.
struct Digested<'a, R: Read> {
    source: &'a mut SliceReader<R>,
    own: Sha256,
    size: u64,
}

impl<R: Read> Digested<'_, R> {
    fn finish(self) -> (u64, String) {
        (self.size, hex::encode(self.own.finalize()))
    }
}

impl<R: Read> Read for Digested<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = Read::read(self.source, out)?;
        let bytes = out.get(..read).unwrap_or_default();
        self.own.update(bytes);
        self.size += read as u64;
        Ok(read)
    }
}

impl From<BadDocument> for RecordError {
    fn from(_: BadDocument) -> Self {
        Self::Format
    }
}

const SMALL_DOCUMENT_BYTES: usize = 64 * 1024;
const _: () = assert!(SMALL_DOCUMENT_BYTES < DOCUMENT_LIMIT_BYTES);

#[cfg(test)]
mod tests;
