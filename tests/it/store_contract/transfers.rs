//! From the sealed record to the stick: counting, choosing, reading, noting.

use anyhow::Result;

use asylia::storage::{
    Acknowledged, CHUNK_BYTES, Chunk, Counts, Store, StoreError, TransferState, WINDOW_CHUNKS,
};

use super::beds::Bed;
use super::{cut, envelope, export, first_bytes, read_chunks, seeded_bytes, upload};

pub(super) async fn counts_tell_records_from_uploads(bed: &impl Bed) -> Result<()> {
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

pub(super) async fn export_takes_new_records_first(bed: &impl Bed) -> Result<()> {
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

pub(super) async fn an_export_is_noted_whole_or_not_at_all(bed: &impl Bed) -> Result<()> {
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

pub(super) async fn transfer_bundles_are_numbered_without_gap_or_fork(
    bed: &impl Bed,
) -> Result<()> {
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

pub(super) async fn damage_costs_the_damaged_chunk_only(bed: &impl Bed) -> Result<()> {
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

pub(super) async fn an_acknowledgement_deletes_what_its_bundle_carried_and_no_more(
    bed: &impl Bed,
) -> Result<()> {
    let store = bed.open().await?;
    assert_eq!(store.oldest_day().await?, None);
    upload(&store, [1; 16], &[1; 70_000]).await?;
    upload(&store, [2; 16], &seeded_bytes(2, 90 * CHUNK_BYTES)).await?;
    upload(&store, [3; 16], &[3; 500]).await?;
    store.start_epoch([9; 16]).await?;
    store.record_export(export(1, &[[1; 16], [3; 16]])).await?;
    store.record_export(export(2, &[[1; 16], [2; 16]])).await?;
    upload(&store, [4; 16], &[4; 500]).await?;
    assert_eq!(store.oldest_day().await?, Some(envelope([1; 16], 1).day));

    let unknown = store.acknowledge([0xee; 32]).await;
    assert_eq!(unknown, Err(StoreError::NoBundle));
    assert_eq!(first_bytes(&store, i64::MAX).await?, [4, 1, 2, 3]);

    let done = store.acknowledge(export(2, &[]).token_hash).await?;
    let expected = Acknowledged {
        sequence: 2,
        records: 2,
    };
    assert_eq!(done, expected);
    assert_eq!(first_bytes(&store, i64::MAX).await?, [4, 3]);
    assert_eq!(store.read_chunks([2; 16], 0, 1).await?.chunks, []);
    assert_eq!(store.counts().await?.open_uploads, 0);
    let again = store.acknowledge(export(2, &[]).token_hash).await?;
    assert_eq!(again.records, 0);

    // What two bundles carried is gone; the other record of the first bundle goes with it.
    let first = store.acknowledge(export(1, &[]).token_hash).await?;
    assert_eq!(first.records, 1);
    assert_eq!(first_bytes(&store, i64::MAX).await?, [4]);
    // The next bundle still follows the last one.
    store.record_export(export(3, &[[4; 16]])).await?;
    Ok(())
}

pub(super) async fn an_interrupted_acknowledgement_is_ended_at_the_next_start(
    bed: &impl Bed,
) -> Result<()> {
    let store = bed.open().await?;
    upload(&store, [1; 16], &seeded_bytes(1, 200 * CHUNK_BYTES)).await?;
    upload(&store, [2; 16], &[2; 500]).await?;
    store.start_epoch([9; 16]).await?;
    store.record_export(export(1, &[[1; 16]])).await?;
    let interrupted = store.acknowledge(export(1, &[]).token_hash);
    // Long enough for the mark, not for 200 chunks.
    drop(tokio::time::timeout(INTERRUPTED_AFTER, interrupted).await);
    store.abandon_all_open().await?;
    assert_eq!(store.counts().await?.open_uploads, 0);
    assert!(first_bytes(&store, i64::MAX).await?.contains(&2));
    let done = store.acknowledge(export(1, &[]).token_hash).await?;
    assert!(done.records <= 1);
    assert_eq!(first_bytes(&store, i64::MAX).await?, [2]);
    assert_eq!(store.counts().await?.open_uploads, 0);
    Ok(())
}

const INTERRUPTED_AFTER: std::time::Duration = std::time::Duration::from_millis(5);
