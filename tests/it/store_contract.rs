//! What the server may expect of a store, whichever engine it is: one suite, run on both.

use anyhow::{Result, ensure};

use asylia::storage::{
    BATCH_BYTES, BundlePin, CHUNK_BYTES, Chunk, Counts, Envelope, Export, RecordId, Store,
    StoreError, TransferState, WINDOW_CHUNKS,
};

use beds::Bed;

mod beds;
mod sqlite_files;

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
    damage_costs_the_damaged_chunk_only
    a_store_belongs_to_one_instance
    key_bundles_do_not_roll_back
    a_newer_schema_is_refused
    the_store_opens_by_address_and_closes
    two_processes_share_a_store
}

async fn every_shared_statement_is_valid(bed: &impl Bed) -> Result<()> {
    ensure!(bed.prepare().await? > 20);
    Ok(())
}

/// A column that is not in this list may be a time, a length or a name: say why it is none of these.
async fn the_schema_has_these_columns_and_no_other(bed: &impl Bed) -> Result<()> {
    bed.open().await?;
    let expected = [
        "chunk.bytes BLOB",
        "chunk.key INTEGER",
        "chunk.number INTEGER",
        "chunk.record BLOB",
        "envelope.bundle_sequence INTEGER",
        "envelope.day INTEGER",
        "envelope.period TEXT",
        "envelope.record BLOB",
        "envelope.state INTEGER",
        "envelope.stored_bytes INTEGER",
        "instance_pin.instance BLOB",
        "instance_pin.one INTEGER",
        "key_bundle_pin.digest BLOB",
        "key_bundle_pin.one INTEGER",
        "key_bundle_pin.sequence INTEGER",
        "schema_version.version INTEGER",
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

async fn the_same_bytes_come_back(bed: &impl Bed) -> Result<()> {
    let store = bed.open().await?;
    let sizes = [
        0,
        1,
        65_535,
        65_536,
        65_537,
        BATCH_BYTES,
        5 * 1024 * 1024 + 7,
    ];
    for (number, size) in (1_u8..).zip(sizes) {
        let bytes = seeded_bytes(number, size);
        upload(&store, [number; 16], &bytes).await?;
        assert_eq!(
            read_all(&store, [number; 16]).await?,
            bytes,
            "{size} by upload"
        );
        if size <= BATCH_BYTES {
            let envelope = envelope([number + 100; 16], size);
            store.put_sealed(envelope, cut(&bytes)).await?;
            assert_eq!(
                read_all(&store, [number + 100; 16]).await?,
                bytes,
                "{size} at once"
            );
        }
    }
    store.close().await?;
    let reopened = bed.open().await?;
    let large = seeded_bytes(7, sizes[6]);
    assert_eq!(read_all(&reopened, [7; 16]).await?, large);
    Ok(())
}

async fn an_upload_cut_off_leaves_nothing(bed: &impl Bed) -> Result<()> {
    let store = bed.open().await?;
    upload(&store, [1; 16], b"kept").await?;
    store.begin_upload([2; 16]).await?;
    for batch in cut(&seeded_bytes(2, 9 * 1024 * 1024)).chunks(16) {
        store.append_chunks([2; 16], batch.to_vec()).await?;
    }
    store.begin_upload([3; 16]).await?;
    // The process ends here; the next one finds what it left.
    drop(store);
    let store = bed.open().await?;
    assert_eq!(store.counts().await?.open_uploads, 2);
    assert_eq!(
        read_all(&store, [2; 16]).await?,
        b"",
        "an upload is not read"
    );
    assert_eq!(store.abandon_all_open().await?, 2);
    assert_eq!(bed.number("SELECT COUNT(*) FROM chunk").await?, 1);
    assert_eq!(bed.number("SELECT COUNT(*) FROM envelope").await?, 1);
    assert_eq!(read_all(&store, [1; 16]).await?, b"kept");
    assert_eq!(store.abandon_all_open().await?, 0);
    assert_eq!(store.abandon([2; 16]).await, Err(StoreError::NoUpload));
    store.begin_upload([2; 16]).await?;
    Ok(())
}

async fn an_upload_is_sealed_only_when_complete(bed: &impl Bed) -> Result<()> {
    let store = bed.open().await?;
    let bytes = seeded_bytes(1, 3 * CHUNK_BYTES);
    let chunks = cut(&bytes);
    store.begin_upload([1; 16]).await?;
    store.append_chunks([1; 16], chunks[2..].to_vec()).await?;
    let envelope = envelope([1; 16], bytes.len());
    let gap = store
        .seal_upload(envelope.clone(), chunks[..1].to_vec())
        .await;
    assert_eq!(gap, Err(StoreError::Incomplete));
    let no_beginning = store
        .seal_upload(envelope.clone(), chunks[1..2].to_vec())
        .await;
    assert_eq!(no_beginning, Err(StoreError::Incomplete));
    let mut longer = envelope.clone();
    longer.stored_bytes += 1;
    let wrong_length = store.seal_upload(longer, chunks[..2].to_vec()).await;
    assert_eq!(wrong_length, Err(StoreError::Incomplete));
    let twice = store.append_chunks([1; 16], chunks[2..].to_vec()).await;
    assert_eq!(twice, Err(StoreError::Exists));
    assert_eq!(
        store.counts().await?,
        Counts {
            open_uploads: 1,
            ..Counts::default()
        }
    );
    // The refusals left the upload as it was, so what is missing still makes it whole.
    store.seal_upload(envelope, chunks[..2].to_vec()).await?;
    assert_eq!(read_all(&store, [1; 16]).await?, bytes);
    Ok(())
}

async fn a_record_cannot_be_changed(bed: &impl Bed) -> Result<()> {
    let store = bed.open().await?;
    upload(&store, [1; 16], b"sealed").await?;
    let more = vec![Chunk {
        number: 1,
        bytes: b"more".to_vec(),
    }];
    assert_eq!(store.begin_upload([1; 16]).await, Err(StoreError::Exists));
    assert_eq!(
        store.append_chunks([1; 16], more.clone()).await,
        Err(StoreError::NoUpload)
    );
    assert_eq!(
        store.seal_upload(envelope([1; 16], 10), more.clone()).await,
        Err(StoreError::NoUpload)
    );
    assert_eq!(
        store.put_sealed(envelope([1; 16], 4), more).await,
        Err(StoreError::Exists)
    );
    assert_eq!(store.abandon([1; 16]).await, Err(StoreError::NoUpload));
    assert_eq!(
        store.append_chunks([2; 16], Vec::new()).await,
        Err(StoreError::NoUpload)
    );
    assert_eq!(read_all(&store, [1; 16]).await?, b"sealed");
    Ok(())
}

async fn oversized_chunks_and_batches_are_refused(bed: &impl Bed) -> Result<()> {
    let store = bed.open().await?;
    store.begin_upload([1; 16]).await?;
    let large_chunk = vec![Chunk {
        number: 0,
        bytes: vec![0; CHUNK_BYTES + 1],
    }];
    assert_eq!(
        store.append_chunks([1; 16], large_chunk).await,
        Err(StoreError::TooLarge)
    );
    let large_batch = cut(&vec![0; BATCH_BYTES + 1]);
    assert_eq!(
        store.append_chunks([1; 16], large_batch).await,
        Err(StoreError::TooLarge)
    );
    let before_zero = vec![Chunk {
        number: -1,
        bytes: Vec::new(),
    }];
    assert_eq!(
        store.append_chunks([1; 16], before_zero).await,
        Err(StoreError::Invalid)
    );
    assert_eq!(bed.number("SELECT COUNT(*) FROM chunk").await?, 0);
    Ok(())
}

async fn a_time_is_no_day(bed: &impl Bed) -> Result<()> {
    let store = bed.open().await?;
    let mut timed = envelope([1; 16], 0);
    timed.day = 1_790_000_000;
    assert_eq!(
        store.put_sealed(timed, Vec::new()).await,
        Err(StoreError::Invalid)
    );
    let mut wordy = envelope([1; 16], 0);
    wordy.period = "2026-10-05T17:04:11.000001+00:00!".to_owned();
    assert_eq!(
        store.put_sealed(wordy, Vec::new()).await,
        Err(StoreError::Invalid)
    );
    assert_eq!(store.counts().await?, Counts::default());
    Ok(())
}

async fn counts_tell_records_from_uploads(bed: &impl Bed) -> Result<()> {
    let store = bed.open().await?;
    assert_eq!(store.counts().await?, Counts::default());
    upload(&store, [1; 16], &[1; 1000]).await?;
    upload(&store, [2; 16], &[2; 70_000]).await?;
    store.begin_upload([3; 16]).await?;
    store.append_chunks([3; 16], cut(&[3; 100])).await?;
    store.start_epoch([9; 16]).await?;
    store.record_export(export(1, &[[2; 16]])).await?;
    let expected = Counts {
        records: 2,
        unexported: 1,
        stored_bytes: 71_000,
        open_uploads: 1,
    };
    assert_eq!(store.counts().await?, expected);
    let listed = store.list_envelopes(None, 10).await?;
    let exports: Vec<_> = listed
        .iter()
        .map(|row| (row.envelope.record, row.exports))
        .collect();
    assert_eq!(exports, [([1; 16], 0), ([2; 16], 1)]);
    assert_eq!(listed[0].envelope, envelope([1; 16], 1000));
    assert_eq!(store.list_envelopes(Some([1; 16]), 10).await?, listed[1..]);
    assert_eq!(store.list_envelopes(None, 1).await?, listed[..1]);
    Ok(())
}

async fn one_bad_write_does_not_cost_its_neighbours(bed: &impl Bed) -> Result<()> {
    let store = bed.open().await?;
    upload(&store, [5; 16], b"first").await?;
    let mut writes = tokio::task::JoinSet::new();
    for number in 0..40_u8 {
        let store = store.clone();
        writes.spawn(async move {
            // 5 is taken; every tenth lacks a byte.
            let bytes = seeded_bytes(number, 16 * 1024);
            let claimed = if number % 10 == 0 {
                bytes.len() + 1
            } else {
                bytes.len()
            };
            let envelope = envelope([number; 16], claimed);
            (number, store.put_sealed(envelope, cut(&bytes)).await)
        });
    }
    for (number, outcome) in writes.join_all().await {
        let expected = match number {
            5 => Err(StoreError::Exists),
            number if number % 10 == 0 => Err(StoreError::Incomplete),
            _ => Ok(()),
        };
        assert_eq!(outcome, expected, "{number}");
    }
    assert_eq!(store.counts().await?.records, 1 + 40 - 1 - 4);
    assert_eq!(read_all(&store, [5; 16]).await?, b"first");
    assert_eq!(
        read_all(&store, [39; 16]).await?,
        seeded_bytes(39, 16 * 1024)
    );
    Ok(())
}

async fn export_takes_new_records_first(bed: &impl Bed) -> Result<()> {
    let store = bed.open().await?;
    // Arrival in another order than the ids.
    for number in [7_u8, 3, 9, 1] {
        upload(&store, [number; 16], &[number; 1000]).await?;
    }
    store.begin_upload([2; 16]).await?;
    assert_eq!(first_bytes(&store, i64::MAX).await?, [1, 3, 7, 9]);
    assert_eq!(first_bytes(&store, 2999).await?, [1, 3]);
    store.start_epoch([9; 16]).await?;
    store.record_export(export(1, &[[1; 16], [3; 16]])).await?;
    assert_eq!(first_bytes(&store, i64::MAX).await?, [7, 9, 1, 3]);
    assert_eq!(first_bytes(&store, 3000).await?, [7, 9, 1]);
    upload(&store, [4; 16], &[4; 1500]).await?;
    upload(&store, [5; 16], &[5; 400]).await?;
    assert_eq!(
        first_bytes(&store, 1400).await?,
        [5, 7],
        "what does not fit is passed over"
    );
    assert_eq!(first_bytes(&store, 0).await?, [0_u8; 0]);
    Ok(())
}

async fn an_export_is_noted_whole_or_not_at_all(bed: &impl Bed) -> Result<()> {
    let store = bed.open().await?;
    upload(&store, [1; 16], b"one").await?;
    store.begin_upload([2; 16]).await?;
    store.start_epoch([9; 16]).await?;
    for unknown in [[2; 16], [8; 16]] {
        let wrong = store.record_export(export(1, &[[1; 16], unknown])).await;
        assert_eq!(
            wrong,
            Err(StoreError::NoUpload),
            "an upload or nothing is no record"
        );
    }
    let untouched = TransferState {
        epoch: [9; 16],
        sequence: 0,
        digest: [0; 32],
    };
    assert_eq!(store.transfer_state().await?, Some(untouched));
    assert_eq!(store.counts().await?.unexported, 1);
    assert_eq!(bed.number("SELECT COUNT(*) FROM transfer_bundle").await?, 0);
    store.record_export(export(1, &[[1; 16]])).await?;
    assert_eq!(store.counts().await?.unexported, 0);
    Ok(())
}

async fn transfer_bundles_are_numbered_without_gap_or_fork(bed: &impl Bed) -> Result<()> {
    let store = bed.open().await?;
    assert_eq!(store.transfer_state().await?, None);
    assert_eq!(
        store.record_export(export(1, &[])).await,
        Err(StoreError::OutOfOrder)
    );
    store.start_epoch([9; 16]).await?;
    assert_eq!(
        store.record_export(export(2, &[])).await,
        Err(StoreError::OutOfOrder)
    );
    store.record_export(export(1, &[])).await?;
    assert_eq!(
        store.record_export(export(1, &[])).await,
        Err(StoreError::OutOfOrder)
    );
    store.record_export(export(2, &[])).await?;
    let state = TransferState {
        epoch: [9; 16],
        sequence: 2,
        digest: [2; 32],
    };
    assert_eq!(store.transfer_state().await?, Some(state));
    assert_eq!(
        store.start_epoch([9; 16]).await,
        Err(StoreError::OutOfOrder)
    );
    store.start_epoch([10; 16]).await?;
    assert_eq!(
        store.record_export(export(3, &[])).await,
        Err(StoreError::OutOfOrder)
    );
    let state = TransferState {
        epoch: [10; 16],
        sequence: 0,
        digest: [0; 32],
    };
    assert_eq!(bed.open().await?.transfer_state().await?, Some(state));
    Ok(())
}

async fn damage_costs_the_damaged_chunk_only(bed: &impl Bed) -> Result<()> {
    let store = bed.open().await?;
    let bytes = seeded_bytes(1, 40 * CHUNK_BYTES);
    upload(&store, [1; 16], &bytes).await?;
    // A hole inside a window, and a hole as large as one.
    let sql = "DELETE FROM chunk WHERE number = 3 OR number BETWEEN 16 AND 33";
    assert_eq!(bed.change(sql).await?, 19);
    assert_eq!(
        first_bytes(&store, i64::MAX).await?,
        [1],
        "it is exported all the same"
    );
    let first = store.read_chunks([1; 16], 0, 1000).await?;
    assert_eq!(first.chunks.len(), WINDOW_CHUNKS as usize - 1);
    assert_eq!(first.next, Some(34), "the reader is led past the hole");
    let chunks = read_chunks(&store, [1; 16]).await?;
    let expected: Vec<Chunk> = cut(&bytes)
        .into_iter()
        .filter(|chunk| chunk.number != 3 && !(16..=33).contains(&chunk.number))
        .collect();
    assert_eq!(chunks, expected);
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
    let (epoch, digest, token_hash) = ([9; 16], [mark; 32], [0xaa; 32]);
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
