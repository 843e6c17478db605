//! What the server may expect of a store, whichever engine it is: one suite, run on both.

use anyhow::{Result, ensure};

use asylia::storage::{
    BundlePin, CHUNK_BYTES, Chunk, Envelope, Export, RecordId, Store, StoreError, WINDOW_CHUNKS,
};

use beds::Bed;
use mailboxes::*;
use transfers::*;
use uploads::*;

mod beds;
mod mailboxes;
mod sqlite_files;
mod transfers;
mod uploads;

macro_rules! contract {
    ($($case:ident)*) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $case() -> anyhow::Result<()> {
                super::$case(&super::beds::SqliteBed::new()?).await
            })*
        }

        mod postgres {
            $(#[tokio::test]
            async fn $case() -> anyhow::Result<()> {
                match super::beds::PostgresBed::new().await? {
                    Some(bed) => super::$case(&bed).await,
                    None => Ok(()),
                }
            })*
        }
    };
}

contract! {
    the_space_grows_with_what_is_stored
    every_shared_statement_is_valid
    the_schema_has_these_columns_and_no_other
    the_same_bytes_come_back
    an_upload_cut_off_leaves_nothing
    an_upload_is_sealed_only_when_complete
    a_record_cannot_be_changed
    oversized_chunks_and_batches_are_refused
    a_time_is_no_day
    counts_tell_records_from_uploads
    one_bad_write_does_not_cost_its_neighbours
    export_takes_new_records_first
    an_export_is_noted_whole_or_not_at_all
    transfer_bundles_are_numbered_without_gap_or_fork
    an_acknowledgement_deletes_what_its_bundle_carried_and_no_more
    an_interrupted_acknowledgement_is_ended_at_the_next_start
    damage_costs_the_damaged_chunk_only
    a_store_belongs_to_one_instance
    key_bundles_do_not_roll_back
    a_newer_schema_is_refused
    the_store_opens_by_address_and_closes
    two_processes_share_a_store
    a_mailbox_keeps_its_newest_replies_and_nothing_twice
    replies_are_deleted_one_by_one_all_at_once_or_by_the_office
    a_bundle_of_the_office_is_taken_in_whole_and_once
    only_records_that_were_exported_can_have_arrived
    the_day_of_the_last_collection_only_grows
}

async fn every_shared_statement_is_valid(bed: &impl Bed) -> Result<()> {
    ensure!(bed.prepare().await? > 20);
    Ok(())
}

/// A column that is not in this list may be a time, a length or a name: say why it is none of these.
async fn the_space_grows_with_what_is_stored(bed: &impl Bed) -> Result<()> {
    let store = bed.open().await?;
    let before = store.space().await?;
    upload(&store, [1; 16], &seeded_bytes(1, 3 << 20)).await?;
    let after = store.space().await?;
    let grown = after.used_bytes - before.used_bytes;
    assert!((3 << 20..6 << 20).contains(&grown), "{grown}");
    assert!(after.allocated_bytes >= after.used_bytes);
    Ok(())
}

async fn the_schema_has_these_columns_and_no_other(bed: &impl Bed) -> Result<()> {
    bed.open().await?;
    let expected = [
        "chunk.bytes BLOB",
        "chunk.key INTEGER",
        "chunk.number INTEGER",
        "chunk.record BLOB",
        "collection.day INTEGER",
        "collection.one INTEGER",
        "envelope.bundle_sequence INTEGER",
        "envelope.day INTEGER",
        "envelope.period TEXT",
        "envelope.record BLOB",
        "envelope.state INTEGER",
        "envelope.stored_bytes INTEGER",
        "incoming_bundle.digest BLOB",
        "incoming_bundle.epoch BLOB",
        "incoming_bundle.previous BLOB",
        "incoming_bundle.sequence INTEGER",
        "incoming_epoch.epoch BLOB",
        "incoming_epoch.one INTEGER",
        "instance_pin.instance BLOB",
        "instance_pin.one INTEGER",
        "key_bundle_pin.digest BLOB",
        "key_bundle_pin.one INTEGER",
        "key_bundle_pin.sequence INTEGER",
        "mailbox_slot.digest BLOB",
        "mailbox_slot.lookup BLOB",
        "mailbox_slot.number INTEGER",
        "mailbox_slot.slot BLOB",
        "schema_version.version INTEGER",
        "transfer_bundle.acknowledged INTEGER",
        "transfer_bundle.digest BLOB",
        "transfer_bundle.epoch BLOB",
        "transfer_bundle.sequence INTEGER",
        "transfer_bundle.token_hash BLOB",
        "transfer_record.epoch BLOB",
        "transfer_record.record BLOB",
        "transfer_record.sequence INTEGER",
        "transfer_state.digest BLOB",
        "transfer_state.epoch BLOB",
        "transfer_state.one INTEGER",
        "transfer_state.sequence INTEGER",
    ];
    assert_eq!(bed.columns().await?, expected);
    Ok(())
}

async fn a_store_belongs_to_one_instance(bed: &impl Bed) -> Result<()> {
    let store = bed.open().await?;
    store.pin_instance([1; 16]).await?;
    store.pin_instance([1; 16]).await?;
    let reopened = bed.open().await?;
    assert_eq!(
        reopened.pin_instance([2; 16]).await,
        Err(StoreError::Foreign)
    );
    reopened.pin_instance([1; 16]).await?;
    Ok(())
}

async fn key_bundles_do_not_roll_back(bed: &impl Bed) -> Result<()> {
    let store = bed.open().await?;
    assert_eq!(store.bundle_pin().await?, None);
    let pin = |sequence, digest| BundlePin {
        sequence,
        digest: [digest; 32],
    };
    store.set_bundle_pin(pin(4, 1)).await?;
    store.set_bundle_pin(pin(4, 1)).await?;
    assert_eq!(
        store.set_bundle_pin(pin(3, 1)).await,
        Err(StoreError::OutOfOrder)
    );
    assert_eq!(
        store.set_bundle_pin(pin(4, 2)).await,
        Err(StoreError::OutOfOrder)
    );
    store.set_bundle_pin(pin(7, 3)).await?;
    assert_eq!(bed.open().await?.bundle_pin().await?, Some(pin(7, 3)));
    Ok(())
}

async fn a_newer_schema_is_refused(bed: &impl Bed) -> Result<()> {
    bed.open().await?.close().await?;
    bed.change("INSERT INTO schema_version (version) VALUES (1000)")
        .await?;
    assert_eq!(bed.open().await.err(), Some(StoreError::Newer));
    Ok(())
}

async fn the_store_opens_by_address_and_closes(bed: &impl Bed) -> Result<()> {
    let store = bed.open_any().await?;
    upload(&store, [1; 16], b"by address").await?;
    assert_eq!(read_all(&store, [1; 16]).await?, b"by address");
    store.close().await?;
    assert!(matches!(store.counts().await, Err(StoreError::Database(_))));
    assert!(matches!(
        store.begin_upload([2; 16]).await,
        Err(StoreError::Database(_))
    ));
    Ok(())
}

/// `export` runs beside `serve`.
async fn two_processes_share_a_store(bed: &impl Bed) -> Result<()> {
    let (serving, exporting) = tokio::join!(bed.open(), bed.open());
    let (serving, exporting) = (serving?, exporting?);
    serving.start_epoch([9; 16]).await?;
    for number in 1..=20_u8 {
        let sequence = i64::from(number);
        let bytes = seeded_bytes(number, 100_000);
        let (uploaded, exported) = tokio::join!(
            upload(&serving, [number; 16], &bytes),
            exporting.record_export(export(sequence, &[])),
        );
        uploaded?;
        exported?;
    }
    assert_eq!(exporting.counts().await?.records, 20);
    Ok(())
}

/// Uploads as the intake does: batches of 1 MiB, chunk 0 last.
async fn upload(store: &impl Store, record: RecordId, bytes: &[u8]) -> Result<()> {
    let mut chunks = cut(bytes);
    let first = chunks.drain(..chunks.len().min(1)).collect();
    store.begin_upload(record).await?;
    for batch in chunks.chunks(WINDOW_CHUNKS as usize) {
        store.append_chunks(record, batch.to_vec()).await?;
    }
    store
        .seal_upload(envelope(record, bytes.len()), first)
        .await?;
    Ok(())
}

async fn read_all(store: &impl Store, record: RecordId) -> Result<Vec<u8>> {
    let chunks = read_chunks(store, record).await?;
    Ok(chunks.into_iter().flat_map(|chunk| chunk.bytes).collect())
}

async fn read_chunks(store: &impl Store, record: RecordId) -> Result<Vec<Chunk>> {
    let mut chunks = Vec::new();
    let mut next = Some(0);
    while let Some(from) = next {
        let mut window = store.read_chunks(record, from, WINDOW_CHUNKS).await?;
        chunks.append(&mut window.chunks);
        next = window.next;
    }
    Ok(chunks)
}

/// The first byte of the id of each record that would be exported.
async fn first_bytes(store: &impl Store, limit_bytes: i64) -> Result<Vec<u8>> {
    let batch = store.take_export_batch(limit_bytes).await?;
    Ok(batch.iter().map(|envelope| envelope.record[0]).collect())
}

fn envelope(record: RecordId, bytes: usize) -> Envelope {
    Envelope {
        record,
        day: 20_780,
        period: "2026-Q4".to_owned(),
        bundle_sequence: 1,
        stored_bytes: i64::try_from(bytes).expect("a test's sizes are small"),
    }
}

fn export(sequence: i64, records: &[RecordId]) -> Export {
    let mark = u8::try_from(sequence).expect("a test's sequences are small");
    let (epoch, digest, token_hash) = ([9; 16], [mark; 32], [0xa0 + mark; 32]);
    Export {
        epoch,
        sequence,
        digest,
        token_hash,
        records: records.to_vec(),
    }
}

fn cut(bytes: &[u8]) -> Vec<Chunk> {
    let pieces = (0_i64..).zip(bytes.chunks(CHUNK_BYTES));
    pieces
        .map(|(number, bytes)| Chunk {
            number,
            bytes: bytes.to_vec(),
        })
        .collect()
}

/// Bytes without structure, the same on every run (xorshift64).
fn seeded_bytes(seed: u8, length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15 ^ u64::from(seed);
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}
