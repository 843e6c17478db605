//! What SQLite leaves in its files, what it does when they are full or damaged, and who may read them.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::{Context as _, Result};

use asylia::storage::{
    CHUNK_BYTES, Chunk, Incoming, IncomingAction, IncomingBundle, SqliteOptions, SqliteStore,
    Store, StoreError,
};

use super::beds::{Bed as _, SqliteBed};
use super::{cut, envelope, read_all, read_chunks, seeded_bytes, upload};

const CANARY: &[u8] = b"canary-0b9f6b1d5e7c48f2a3d4";
/// Pages of the files that the store makes.
const PAGE_BYTES: usize = 16 * 1024;

#[tokio::test]
async fn an_abandoned_upload_leaves_no_trace_in_the_files() -> Result<()> {
    let bed = SqliteBed::new()?;
    let store = bed.open().await?;
    upload(&store, [1; 16], &seeded_bytes(1, 200_000)).await?;
    let planted: Vec<u8> = CANARY
        .iter()
        .copied()
        .cycle()
        .take(2 * 1024 * 1024)
        .collect();
    store.begin_upload([2; 16]).await?;
    for batch in cut(&planted).chunks(16) {
        store.append_chunks([2; 16], batch.to_vec()).await?;
    }
    assert!(
        hits(bed.folder.path())? > 1000,
        "the search finds what is there"
    );
    // Into the main file too, so that its freed pages are put to the test and not only the WAL.
    store.scrub().await?;
    assert!(hits(&bed.path())? > 1000);
    store.abandon([2; 16]).await?;
    store.scrub().await?;
    assert_eq!(
        hits(bed.folder.path())?,
        0,
        "neither in the file nor in the WAL"
    );
    assert_eq!(read_all(&store, [1; 16]).await?, seeded_bytes(1, 200_000));
    Ok(())
}

/// What was deleted goes back to the disk, or the file would stay as large as it ever was.
#[tokio::test]
async fn a_purge_makes_the_file_small_again() -> Result<()> {
    let bed = SqliteBed::new()?;
    let store = bed.open().await?;
    upload(&store, [1; 16], &seeded_bytes(1, 200_000)).await?;
    store.scrub().await?;
    let size = || Ok::<_, anyhow::Error>(std::fs::metadata(bed.path())?.len());
    let small = size()?;
    store.begin_upload([2; 16]).await?;
    for batch in cut(&seeded_bytes(2, 20 << 20)).chunks(16) {
        store.append_chunks([2; 16], batch.to_vec()).await?;
    }
    store.scrub().await?;
    assert!(size()? > small + (20 << 20));
    store.abandon([2; 16]).await?;
    let full = store.space().await?;
    assert!(full.allocated_bytes > full.used_bytes + (20 << 20));
    store.scrub().await?;
    assert!(size()? <= small + (2 << 20), "{} of {small}", size()?);
    assert_eq!(read_all(&store, [1; 16]).await?, seeded_bytes(1, 200_000));
    Ok(())
}

#[tokio::test]
async fn a_deleted_reply_leaves_no_trace_in_the_files() -> Result<()> {
    let bed = SqliteBed::new()?;
    let store = bed.open().await?;
    let planted = |lookup: u8| IncomingAction::Reply {
        lookup: [lookup; 32],
        digest: [lookup; 32],
        slot: CANARY.iter().copied().cycle().take(8192).collect(),
    };
    let bundle = IncomingBundle {
        sequence: 1,
        digest: [1; 32],
        previous: [0; 32],
    };
    store
        .take_incoming(Incoming {
            epoch: [7; 16],
            bundle,
            actions: vec![planted(1), planted(2)],
        })
        .await?;
    store.scrub().await?;
    assert!(hits(&bed.path())? > 500, "the search finds what is there");
    store.delete_replies([1; 32], Some([1; 32])).await?;
    store.delete_replies([2; 32], None).await?;
    store.scrub().await?;
    assert_eq!(hits(bed.folder.path())?, 0);
    Ok(())
}

#[tokio::test]
async fn a_full_store_refuses_and_goes_on() -> Result<()> {
    let bed = SqliteBed::new()?;
    let mut options = bed.options();
    options.max_bytes = Some(3 * 1024 * 1024);
    let store = SqliteStore::open(&options).await?;
    upload(&store, [1; 16], &seeded_bytes(1, 1024 * 1024)).await?;
    // In one group: two that cannot fit beside the first, and small ones that can.
    let mut writes = tokio::task::JoinSet::new();
    for number in 2..=9_u8 {
        let store = store.clone();
        let size = if number <= 5 { 1024 * 1024 } else { 1000 };
        let bytes = seeded_bytes(number, size);
        writes.spawn(async move {
            let outcome = store
                .put_sealed(envelope([number; 16], size), cut(&bytes))
                .await;
            (number, outcome)
        });
    }
    let mut outcomes = writes.join_all().await;
    outcomes.sort_by_key(|(number, _)| *number);
    let refused = outcomes
        .iter()
        .filter(|(_, outcome)| *outcome == Err(StoreError::Full))
        .count();
    assert_eq!(refused, 3, "{outcomes:?}");
    assert!(
        outcomes[4..].iter().all(|(_, outcome)| outcome.is_ok()),
        "{outcomes:?}"
    );
    // The writer's connection survived, or was replaced.
    upload(&store, [10; 16], b"still accepting").await?;
    store.begin_upload([11; 16]).await?;
    let too_much = store
        .append_chunks([11; 16], cut(&seeded_bytes(11, 1024 * 1024)))
        .await;
    assert_eq!(too_much, Err(StoreError::Full));
    store.abandon([11; 16]).await?;
    assert_eq!(store.counts().await?.records, 1 + 1 + 4 + 1);
    assert_eq!(
        read_all(&store, [1; 16]).await?,
        seeded_bytes(1, 1024 * 1024)
    );
    Ok(())
}

#[tokio::test]
async fn a_broken_page_costs_its_chunk_only() -> Result<()> {
    let bed = SqliteBed::new()?;
    let store = bed.open().await?;
    let mut bytes = seeded_bytes(1, 5 * CHUNK_BYTES);
    let marked = 2 * CHUNK_BYTES + 30_000;
    bytes[marked..marked + CANARY.len()].copy_from_slice(CANARY);
    upload(&store, [1; 16], &bytes).await?;
    store.close().await?;
    // The page's first four bytes point to the next page of the chunk.
    let mut file = std::fs::read(bed.path())?;
    let position = file
        .windows(CANARY.len())
        .position(|window| window == CANARY);
    let page = position.context("the canary is in the file")? / PAGE_BYTES * PAGE_BYTES;
    file[page..page + 4].fill(0xff);
    std::fs::write(bed.path(), file)?;
    let store = bed.open().await?;
    let chunks = read_chunks(&store, [1; 16]).await?;
    let expected: Vec<Chunk> = cut(&bytes)
        .into_iter()
        .filter(|chunk| chunk.number != 2)
        .collect();
    assert_eq!(chunks, expected);
    Ok(())
}

#[tokio::test]
async fn a_file_that_is_no_database_is_named_damaged() -> Result<()> {
    let bed = SqliteBed::new()?;
    std::fs::write(bed.path(), seeded_bytes(1, 8192))?;
    assert_eq!(bed.open().await.err(), Some(StoreError::Damaged));
    Ok(())
}

#[tokio::test]
async fn nobody_else_can_read_the_files() -> Result<()> {
    let bed = SqliteBed::new()?;
    let folder = bed.folder.path().join("a/b");
    let path = folder.join("asylia.db");
    let store = SqliteStore::open(&SqliteOptions::new(&path)).await?;
    upload(&store, [1; 16], b"private").await?;
    assert_eq!(mode(&folder)?, 0o700);
    for file in ["asylia.db", "asylia.db-wal", "asylia.db-shm"] {
        assert_eq!(mode(&folder.join(file))?, 0o600, "{file}");
    }
    store.close().await?;
    std::fs::set_permissions(&path, Permissions::from_mode(0o644))?;
    let store = SqliteStore::open(&SqliteOptions::new(&path)).await?;
    assert_eq!(mode(&path)?, 0o600, "a copied file is closed again");
    store.close().await?;
    std::fs::set_permissions(&folder, Permissions::from_mode(0o777))?;
    let exposed = SqliteStore::open(&SqliteOptions::new(&path)).await;
    assert_eq!(exposed.err(), Some(StoreError::Exposed));
    Ok(())
}

/// The WAL would otherwise grow by every byte of a large report, and again when it is abandoned.
#[tokio::test]
async fn the_wal_stays_small_however_large_the_upload() -> Result<()> {
    let bed = SqliteBed::new()?;
    let store = bed.open().await?;
    let wal = bed.folder.path().join("asylia.db-wal");
    store.begin_upload([1; 16]).await?;
    let bytes = seeded_bytes(1, 1024 * 1024);
    let mut largest = 0;
    for round in 0..64_i64 {
        let mut batch = cut(&bytes);
        batch
            .iter_mut()
            .for_each(|chunk| chunk.number += round * 16);
        store.append_chunks([1; 16], batch).await?;
        largest = largest.max(std::fs::metadata(&wal)?.len());
    }
    store.abandon([1; 16]).await?;
    largest = largest.max(std::fs::metadata(&wal)?.len());
    assert!(largest < 16 * 1024 * 1024, "{largest} bytes");
    store.scrub().await?;
    assert_eq!(std::fs::metadata(&wal)?.len(), 0);
    Ok(())
}

/// How often the canary stands in a file, or in the files of a folder.
fn hits(path: &Path) -> Result<usize> {
    if path.is_dir() {
        let files = std::fs::read_dir(path)?.map(|entry| hits(&entry?.path()));
        return files.sum();
    }
    let bytes = std::fs::read(path)?;
    Ok(bytes
        .windows(CANARY.len())
        .filter(|window| *window == CANARY)
        .count())
}

fn mode(path: &Path) -> Result<u32> {
    Ok(std::fs::metadata(path)?.permissions().mode() & 0o777)
}
