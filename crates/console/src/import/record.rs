//! One record of a bundle: bytes into the vault, digest, seals, entry; one transaction.

use std::io::{self, Read};

use asylia_envelope::{
    open::OpenedRecord,
    transfer::{BlobLine, TransferError, TransferNote, UntrustedBundle},
};
use rand_core::{CryptoRng, RngCore};
use sha2::{Digest, Sha256};

use crate::{
    opening::{Refused, open_stored},
    vault::{
        Row, RowId, Vault, VaultError, VaultTransaction,
        chunks::CHUNK_BYTES,
        item::{Imported, Reason, RecordItem, RecordState},
    },
};

/// What became of a record.
pub(super) enum Outcome {
    /// It was here already.
    Known,
    /// It is new and opened.
    New { problems: bool, sent_twice: bool },
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
pub(super) fn take_in<R: Read>(
    vault: &mut Vault,
    bundle: &mut UntrustedBundle<R>,
    note: &TransferNote,
    line: &BlobLine,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<Outcome, Failure> {
    let earlier = Earlier::find(&vault.contents().records, line);
    if earlier.whole {
        return match bundle.next_blob(|_| Ok(())) {
            // The copy on the stick may be damaged; the one that is here is whole.
            Ok(_) | Err(TransferError::Blob(_)) => Ok(Outcome::Known),
            Err(error) => Err(Failure::Bundle(error)),
        };
    }
    let mut record_key = [0; 16];
    rng.fill_bytes(&mut record_key);
    let mut transaction = vault.begin()?;
    let (stored_sha256, fits) = store(&mut transaction, &record_key, bundle)?;
    let mut record = RecordItem {
        instance: note.instance,
        record_id: line.record_id,
        period: line.period.clone(),
        record_key,
        named_sha256: line.sha256,
        stored_sha256,
        size: line.size,
        carried_by: note.sequence,
        state: RecordState::Quarantined(Reason::Digest),
    };
    if !fits && earlier.digests.contains(&stored_sha256) {
        return Ok(Outcome::Known);
    }
    if fits {
        record.state = match earlier.same_number {
            true => RecordState::Quarantined(Reason::SameNumber),
            false => open(&mut transaction, &record)?,
        };
    }
    // A better copy of a record whose bytes were damaged on the stick takes the place of the worse one.
    if let Some((_, _, old_key)) = &earlier.replaced {
        transaction.delete_chunks(old_key)?;
    }
    let row = earlier.replaced.map(|(id, version, _)| (id, version));
    let state = record.state.clone();
    transaction.put_record(row, record, rng)?;
    transaction.commit()?;
    Ok(outcome(vault, &state))
}

/// What the vault knows of the record that a line names.
struct Earlier {
    /// It is here, with the bytes that the line names.
    whole: bool,
    /// Another record with this number was imported.
    same_number: bool,
    /// An entry whose bytes were damaged on the way: row, version, key.
    replaced: Option<(RowId, i64, RowId)>,
    /// Digests of such damaged copies.
    digests: Vec<[u8; 32]>,
}

impl Earlier {
    fn find(records: &[Row<RecordItem>], line: &BlobLine) -> Self {
        let damaged = |row: &&Row<RecordItem>| {
            row.item.named_sha256 == line.sha256 && row.item.record_id == line.record_id
        };
        let replaced = records.iter().find(damaged);
        Self {
            whole: records.iter().any(|row| {
                row.item.stored_sha256 == line.sha256 && row.item.record_id == line.record_id
            }),
            same_number: records
                .iter()
                .any(|row| row.item.record_id == line.record_id && row.item.imported().is_some()),
            replaced: replaced.map(|row| (row.id, row.version, row.item.record_key)),
            digests: replaced
                .map(|row| row.item.stored_sha256)
                .into_iter()
                .collect(),
        }
    }
}

/// Writes the blob's bytes; returns their digest and whether it is the one that the note names.
fn store<R: Read>(
    transaction: &mut VaultTransaction<'_>,
    record_key: &RowId,
    bundle: &mut UntrustedBundle<R>,
) -> Result<([u8; 32], bool), Failure> {
    let mut digest = Sha256::new();
    let mut pieces = Pieces {
        transaction,
        record_key,
        number: 0,
        piece: Vec::with_capacity(CHUNK_BYTES),
        failed: None,
    };
    let taken = bundle.next_blob(|bytes| {
        digest.update(bytes);
        pieces.push(bytes)
    });
    let flushed = pieces.flush();
    if let Some(error) = pieces.failed.take() {
        return Err(Failure::Vault(error));
    }
    let fits = match taken {
        Ok(_) => true,
        Err(TransferError::Blob(_)) => false,
        Err(error) => return Err(Failure::Bundle(error)),
    };
    flushed.map_err(|error| Failure::Bundle(TransferError::Io(error)))?;
    Ok((digest.finalize().into(), fits))
}

/// Gathers bytes into pieces of [`CHUNK_BYTES`].
struct Pieces<'a, 'b> {
    transaction: &'a mut VaultTransaction<'b>,
    record_key: &'a RowId,
    number: i64,
    piece: Vec<u8>,
    failed: Option<VaultError>,
}

impl Pieces<'_, '_> {
    fn push(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let room = CHUNK_BYTES - self.piece.len();
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.piece.extend_from_slice(now);
            bytes = later;
            if self.piece.len() == CHUNK_BYTES {
                self.flush()?;
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.piece.is_empty() {
            return Ok(());
        }
        let put = self
            .transaction
            .put_chunk(self.record_key, self.number, &self.piece);
        self.piece.clear();
        self.number += 1;
        put.map_err(|error| {
            self.failed = Some(error);
            io::Error::other("the vault could not be written")
        })
    }
}

/// Opens what was just stored, to learn whether it opens; nothing of its content is kept.
fn open(
    transaction: &mut VaultTransaction<'_>,
    record: &RecordItem,
) -> Result<RecordState, Failure> {
    let (stored, identities) = transaction.stored_record(record.record_key);
    let identities = identities.of(record.instance, &record.period);
    let opened = open_stored(
        stored,
        record.stored_sha256,
        &record.label(),
        identities.as_ref(),
        &mut |_, _| Ok(()),
    );
    match opened {
        Ok(opened) => Ok(RecordState::Imported(imported(&opened))),
        Err(Refused::Record(reason)) => Ok(RecordState::Quarantined(reason)),
        Err(Refused::Io(kind)) => Err(Failure::Vault(VaultError::Io(kind.into()))),
    }
}

fn imported(opened: &OpenedRecord) -> Imported {
    let count = |length: usize| u16::try_from(length).unwrap_or(u16::MAX);
    Imported {
        received_day: opened.head.day,
        path: opened.head.path,
        bundle_sequence: opened.head.bundle_sequence,
        attachments: count(opened.attachments.len()),
        submission_id: opened.submission_id,
        page_number: opened
            .account
            .as_ref()
            .and_then(|account| account.page_number),
        problems: count(opened.problems.len()),
    }
}

fn outcome(vault: &Vault, state: &RecordState) -> Outcome {
    match state {
        RecordState::Quarantined(reason) => Outcome::Quarantined(*reason),
        RecordState::Imported(imported) => Outcome::New {
            problems: imported.problems > 0,
            sent_twice: vault.contents().copies(imported) > 1,
        },
    }
}
