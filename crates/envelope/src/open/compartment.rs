//! One compartment: pre-scan, inner seal, head, content, padding.

use std::io::{self, Read};

use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{AttachmentBytes, Identities, OpenedAttachment, Problem, RecordLabel};
use crate::{
    follow_up::{FollowUp, FollowUpProof},
    ids::SubmissionId,
    padding::COMPARTMENT_FLOOR_BYTES,
    seal::{OpensSubmissions, open},
    slices::{SliceReader, StreamName},
    submission::{
        Account, CompartmentHead, CompartmentName, DOCUMENT_LIMIT_BYTES, FORMAT_VERSION, FileEnd,
        FileHead, IdentityPart, Manifest, cut_file_name,
    },
};

/// What a compartment held.
pub(super) enum Content {
    Account(Box<Account>),
    FollowUp(Box<FollowUp>),
    Identity(IdentityPart),
    Attachment(OpenedAttachment),
    Manifest(OpenedManifest),
}

/// The manifest, with what stands behind it in a follow-up.
pub(super) struct OpenedManifest {
    pub(super) manifest: Manifest,
    /// SHA-256 of the manifest's JSON.
    pub(super) sha256: [u8; 32],
    pub(super) proof: Option<FollowUpProof>,
}

/// Why it gives nothing.
pub(super) enum Failure {
    /// Shown to the officer.
    Problem(Problem),
    /// The place where attachments are written failed: no fault of the record.
    Sink(io::ErrorKind),
}

/// Opens one compartment; `submission_id` is set by the first and compared by all others.
pub(super) fn open_compartment(
    ciphertext: impl Read,
    name: CompartmentName,
    label: &RecordLabel,
    identities: &Identities<'_>,
    submission_id: &mut Option<SubmissionId>,
    attachment_bytes: &mut AttachmentBytes<'_>,
) -> Result<Content, Failure> {
    let damaged = || Failure::Problem(Problem::Damaged(name));
    let candidates: Vec<&dyn OpensSubmissions> = match name {
        CompartmentName::Account | CompartmentName::Manifest => {
            identities.account.into_iter().collect()
        }
        CompartmentName::Identity => identities.identity.into_iter().collect(),
        // A file that shows who somebody is may be sealed to the identity key; a stanza does not say.
        CompartmentName::Attachment(_) => identities
            .account
            .into_iter()
            .chain(identities.identity)
            .collect(),
    };
    if candidates.is_empty() {
        return Err(Failure::Problem(Problem::Closed(name)));
    }
    let keys = candidates.iter().map(|identity| identity.age_identity());
    let plaintext = open(ciphertext, keys).map_err(|_| {
        // Without the identity key nobody can tell a file sealed to it from a damaged one; who has the
        // key will see which it is. What was altered on the way shows against the manifest all the same.
        let perhaps_identity = matches!(name, CompartmentName::Attachment(_));
        if perhaps_identity && identities.identity.is_none() {
            Failure::Problem(Problem::Closed(name))
        } else {
            damaged()
        }
    })?;
    let mut slices = SliceReader::new(plaintext);
    let head: CompartmentHead = json(&mut slices, "compartment", 1024).ok_or_else(damaged)?;
    if head.version != FORMAT_VERSION || head.compartment != name.to_string() {
        return Err(damaged());
    }
    let same_submission = *submission_id.get_or_insert(head.submission_id) == head.submission_id;
    if head.instance != label.instance || head.period != label.period || !same_submission {
        return Err(Failure::Problem(Problem::Foreign(name)));
    }
    let content = read_content(&mut slices, name, attachment_bytes)?;
    slices
        .finish(COMPARTMENT_FLOOR_BYTES)
        .map_err(|_| damaged())?;
    Ok(content)
}

fn read_content(
    slices: &mut SliceReader<impl Read>,
    name: CompartmentName,
    attachment_bytes: &mut AttachmentBytes<'_>,
) -> Result<Content, Failure> {
    let damaged = || Failure::Problem(Problem::Damaged(name));
    match name {
        CompartmentName::Account => account_or_follow_up(slices).ok_or_else(damaged),
        CompartmentName::Identity => {
            let document =
                document(slices, "identity", DOCUMENT_LIMIT_BYTES).ok_or_else(damaged)?;
            IdentityPart::parse(&document)
                .map(Content::Identity)
                .map_err(|_| damaged())
        }
        CompartmentName::Manifest => manifest(slices).map(Content::Manifest).ok_or_else(damaged),
        CompartmentName::Attachment(number) => {
            attachment(slices, number, attachment_bytes).map(Content::Attachment)
        }
    }
}

/// The first member says whether it is a report or a follow-up.
fn account_or_follow_up(slices: &mut SliceReader<impl Read>) -> Option<Content> {
    let stream = slices.next_stream().ok()??;
    let document = slices.document(DOCUMENT_LIMIT_BYTES).ok()?;
    if stream == StreamName::meta("account") {
        let account = Account::parse(&document).ok()?;
        return Some(Content::Account(Box::new(account)));
    }
    let follow_up = (stream == StreamName::meta("follow-up")).then(|| FollowUp::parse(&document));
    Some(Content::FollowUp(Box::new(follow_up?.ok()?)))
}

/// The manifest, and behind it the proof of a follow-up.
fn manifest(slices: &mut SliceReader<impl Read>) -> Option<OpenedManifest> {
    let json = document(slices, "manifest", MANIFEST_LIMIT_BYTES)?;
    let proof = match slices.next_stream().ok()? {
        None => None,
        Some(stream) if stream == StreamName::meta("proof") => {
            let proof = slices.document(PROOF_LIMIT_BYTES).ok()?;
            Some(FollowUpProof::parse(&proof).ok()?)
        }
        Some(_) => return None,
    };
    Some(OpenedManifest {
        manifest: serde_json::from_slice(&json).ok()?,
        sha256: Sha256::digest(&*json).into(),
        proof,
    })
}

fn attachment(
    slices: &mut SliceReader<impl Read>,
    number: u16,
    attachment_bytes: &mut AttachmentBytes<'_>,
) -> Result<OpenedAttachment, Failure> {
    let damaged = || Failure::Problem(Problem::Damaged(CompartmentName::Attachment(number)));
    let head: FileHead = json(slices, "file", FILE_HEAD_LIMIT_BYTES).ok_or_else(damaged)?;
    if slices.next_stream().map_err(|_| damaged())? != Some(StreamName::data("file")) {
        return Err(damaged());
    }
    let (mut size, mut digest) = (0_u64, Sha256::new());
    let mut chunk = Zeroizing::new(vec![0; 64 * 1024]);
    loop {
        let read = slices.read(&mut chunk).map_err(|_| damaged())?;
        if read == 0 {
            break;
        }
        let bytes = chunk.get(..read).unwrap_or_default();
        size += read as u64;
        digest.update(bytes);
        attachment_bytes(number, bytes).map_err(|error| Failure::Sink(error.kind()))?;
    }
    let end: FileEnd = json(slices, "end", 1024).ok_or_else(damaged)?;
    let sha256 = hex::encode(digest.finalize());
    if end
        != (FileEnd {
            size,
            sha256: sha256.clone(),
        })
    {
        return Err(damaged());
    }
    let cut = |text: &str| cut_file_name(text).to_owned();
    Ok(OpenedAttachment {
        number,
        name: cut(&head.name),
        media_type: cut(&head.media_type),
        size,
        sha256,
    })
}

fn document(
    slices: &mut SliceReader<impl Read>,
    name: &str,
    limit: usize,
) -> Option<Zeroizing<Vec<u8>>> {
    match slices.next_stream() {
        Ok(Some(stream)) if stream == StreamName::meta(name) => slices.document(limit).ok(),
        _ => None,
    }
}

fn json<T: DeserializeOwned>(
    slices: &mut SliceReader<impl Read>,
    name: &str,
    limit: usize,
) -> Option<T> {
    serde_json::from_slice(&document(slices, name, limit)?).ok()
}

/// 66 entries of at most some 170 bytes.
const MANIFEST_LIMIT_BYTES: usize = 16 * 1024;
/// Two signatures in base64.
const PROOF_LIMIT_BYTES: usize = 1024;
/// Two texts of 1 KiB, every byte of them escaped.
const FILE_HEAD_LIMIT_BYTES: usize = 16 * 1024;
