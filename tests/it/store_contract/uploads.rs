//! From the first chunk to the sealed record.

use anyhow::Result;

use asylia::storage::{BATCH_BYTES, CHUNK_BYTES, Chunk, Counts, Store, StoreError};

use super::beds::Bed;
use super::{cut, envelope, read_all, seeded_bytes, upload};

pub(super) async fn the_same_bytes_come_back(bed: &impl Bed) -> Result<()> {
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

pub(super) async fn an_upload_cut_off_leaves_nothing(bed: &impl Bed) -> Result<()> {
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

pub(super) async fn an_upload_is_sealed_only_when_complete(bed: &impl Bed) -> Result<()> {
    let store = bed.open().await?;
    let bytes = seeded_bytes(1, 3 * CHUNK_BYTES);
    let chunks = cut(&bytes);
    store.begin_upload([1; 16]).await?;
    store.append_chunks([1; 16], chunks[2..].to_vec()).await?;
    let envelope = envelope([1; 16], bytes.len());
    // What is there adds up in length each time; only the numbers tell.
    let two_chunks = self::envelope([1; 16], 2 * CHUNK_BYTES);
    let gap = store
        .seal_upload(two_chunks.clone(), chunks[..1].to_vec())
        .await;
    assert_eq!(gap, Err(StoreError::Incomplete));
    let no_beginning = store.seal_upload(two_chunks, chunks[1..2].to_vec()).await;
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

pub(super) async fn a_record_cannot_be_changed(bed: &impl Bed) -> Result<()> {
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

pub(super) async fn oversized_chunks_and_batches_are_refused(bed: &impl Bed) -> Result<()> {
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

pub(super) async fn a_time_is_no_day(bed: &impl Bed) -> Result<()> {
    let store = bed.open().await?;
    let mut timed = envelope([1; 16], 0);
    timed.day = 1_790_000_000;
    assert_eq!(
        store.put_sealed(timed, Vec::new()).await,
        Err(StoreError::Invalid)
    );
    let mut wordy = envelope([1; 16], 0);
    wordy.period = "2026-10-05T17".to_owned();
    assert_eq!(
        store.put_sealed(wordy, Vec::new()).await,
        Err(StoreError::Invalid)
    );
    assert_eq!(store.counts().await?, Counts::default());
    Ok(())
}

pub(super) async fn one_bad_write_does_not_cost_its_neighbours(bed: &impl Bed) -> Result<()> {
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
