//! One record of a bundle: bytes into the vault, digest, seals, entry; one transaction.

use std::io;

use asylia_envelope::{
    open::RecordLabel,
    transfer::{BlobLine, TransferError, TransferNote, UntrustedBundle},
};
use sha2::{Digest, Sha256};

use crate::vault::{
    BlobId, Row, Vault, VaultError, VaultTransaction,
    blob::BlobRef,
    item::{Reason, RecordItem, RecordState},
    resealing::{Arrived, RecordEntry},
};

/// What became of a record.
pub(super) enum Outcome {
    /// It was here already.
    Known,
    /// It is new and opened.
    New { problems: bool, sent_twice: bool },
    /// It is a decoy of the server, and is kept nowhere.
    Decoy,
    /// It is new and does not open.
    Quarantined(Reason),
}

/// Why the import cannot go on.
pub(super) enum Failure {
    Bundle(TransferError),
    Vault(VaultError),
}

impl From<VaultError> for Failure {
    fn from(error: VaultError) -> Self {
        Self::Vault(error)
    }
}

/// Takes the next blob of `bundle`, which `line` names.
pub(super) fn take_in<R: io::Read>(
    vault: &mut Vault,
    bundle: &mut UntrustedBundle<R>,
    note: &TransferNote,
    line: &BlobLine,
) -> Result<Outcome, Failure> {
    let mut transaction = vault.begin()?;
    let earlier = Earlier::find(&transaction.contents().records, line);
    if earlier.whole {
        return match bundle.next_blob(|_| Ok(())) {
            // The copy on the stick may be damaged; the one that is here is whole.
            Ok(_) | Err(TransferError::Blob(_)) => Ok(Outcome::Known),
            Err(error) => Err(Failure::Bundle(error)),
        };
    }
    let (raw, stored_sha256, fits) = store(&transaction, bundle)?;
    if !fits && earlier.digests.contains(&stored_sha256) {
        return Ok(Outcome::Known);
    }
    let known = match (fits, earlier.same_number) {
        (false, _) => Some(Reason::Digest),
        (true, true) => Some(Reason::SameNumber),
        (true, false) => None,
    };
    // A better copy of a record whose bytes were damaged on the stick takes the place of the worse one.
    let arrived = Arrived {
        label: RecordLabel {
            instance: note.instance,
            record_id: line.subject.record_id,
            period: line.subject.period.clone(),
        },
        entry: RecordEntry {
            named_sha256: line.sha256,
            stored_sha256,
            size: line.size,
            carried_by: note.sequence,
            replaces: earlier.replaced.map(|(sequence, _)| sequence),
        },
        raw,
        replaces_blob: earlier.replaced.and_then(|(_, blob)| blob),
    };
    let Some(state) = transaction.take_record(arrived, known)? else {
        return Ok(Outcome::Decoy);
    };
    transaction.commit()?;
    Ok(outcome(vault, line, &state))
}

/// What the vault knows of the record that a line names.
struct Earlier {
    /// It is here, with the bytes that the line names.
    whole: bool,
    /// Another record with this number was imported.
    same_number: bool,
    /// An entry whose bytes were damaged on the way: its event, and where its bytes lie.
    replaced: Option<(u64, Option<BlobId>)>,
    /// Digests of such damaged copies.
    digests: Vec<[u8; 32]>,
}

impl Earlier {
    fn find(records: &[Row<RecordItem>], line: &BlobLine) -> Self {
        let damaged = |row: &&Row<RecordItem>| {
            row.item.named_sha256 == line.sha256 && row.item.record_id == line.subject.record_id
        };
        let replaced = records.iter().find(damaged);
        Self {
            whole: records.iter().any(|row| {
                row.item.stored_sha256 == line.sha256
                    && row.item.record_id == line.subject.record_id
            }),
            same_number: records.iter().any(|row| {
                row.item.record_id == line.subject.record_id && row.item.imported().is_some()
            }),
            replaced: replaced.map(|row| (row.sequence, raw_blob(&row.item))),
            digests: replaced
                .map(|row| row.item.stored_sha256)
                .into_iter()
                .collect(),
        }
    }
}

fn raw_blob(record: &RecordItem) -> Option<BlobId> {
    match &record.state {
        RecordState::Quarantined(_, raw) => Some(raw.id),
        RecordState::Imported(_) => None,
    }
}

/// Writes the blob's bytes; returns their digest and whether it is the one that the note names.
fn store<R: io::Read>(
    transaction: &VaultTransaction<'_>,
    bundle: &mut UntrustedBundle<R>,
) -> Result<(BlobRef, [u8; 32], bool), Failure> {
    let (mut writer, mut digest) = (transaction.blob_writer(), Sha256::new());
    let mut failed = None;
    let taken = bundle.next_blob(|bytes| {
        digest.update(bytes);
        writer.push(bytes).map_err(|error| {
            failed = Some(error);
            io::Error::other("the vault could not be written")
        })
    });
    if let Some(error) = failed {
        return Err(Failure::Vault(error));
    }
    let fits = match taken {
        Ok(_) => true,
        Err(TransferError::Blob(_)) => false,
        Err(error) => return Err(Failure::Bundle(error)),
    };
    Ok((writer.finish()?, digest.finalize().into(), fits))
}

fn outcome(vault: &Vault, line: &BlobLine, state: &RecordState) -> Outcome {
    match state {
        RecordState::Quarantined(reason, _) => Outcome::Quarantined(*reason),
        RecordState::Imported(imported) => Outcome::New {
            problems: vault
                .contents()
                .problem_count(line.subject.record_id, imported)
                > 0,
            sent_twice: vault.contents().copies(imported) > 1,
        },
    }
}
