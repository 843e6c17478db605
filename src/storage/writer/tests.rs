//! The group commit against an engine that only takes notes.

use std::sync::{Arc, Mutex};

use tokio::sync::Semaphore;

use super::*;

/// Commits when allowed to; refuses groups and records as told.
#[derive(Clone)]
struct Notes {
    allowed: Arc<Semaphore>,
    groups: Arc<Mutex<Vec<Vec<u8>>>>,
    full_above: usize,
}

impl Notes {
    fn new(full_above: usize) -> Self {
        let (allowed, groups) = (Arc::new(Semaphore::new(0)), Arc::default());
        Self {
            allowed,
            groups,
            full_above,
        }
    }
}

impl Committer for Notes {
    async fn commit(&self, writes: &[Write]) -> Result<Vec<Result<(), StoreError>>, StoreError> {
        self.allowed.acquire().await.expect("never closed").forget();
        let firsts = writes.iter().map(|write| write.record()[0]).collect();
        self.groups.lock().expect("no panic").push(firsts);
        if writes.iter().map(Write::bytes).sum::<usize>() > self.full_above {
            return Err(StoreError::Full);
        }
        let outcome = |write: &Write| match write.record()[0] {
            13 => Err(StoreError::Exists),
            _ => Ok(()),
        };
        Ok(writes.iter().map(outcome).collect())
    }
}

fn put(number: u8, bytes: usize) -> Write {
    let chunk = Chunk {
        number: 0,
        bytes: vec![0; bytes],
    };
    Write::Append([number; 16], vec![chunk])
}

/// Lets `first` occupy the writer, so that the rest wait and form one group.
async fn in_one_group(notes: &Notes, rest: Vec<Write>) -> Vec<Result<(), StoreError>> {
    let writer = Writer::start(notes.clone());
    let mut tasks = vec![tokio::spawn({
        let writer = writer.clone();
        async move { writer.submit(put(0, 1)).await }
    })];
    tokio::task::yield_now().await;
    tokio::task::yield_now().await;
    for write in rest {
        let writer = writer.clone();
        tasks.push(tokio::spawn(async move { writer.submit(write).await }));
    }
    for _ in 0..8 {
        tokio::task::yield_now().await;
    }
    assert!(
        tasks.iter().all(|task| !task.is_finished()),
        "answered before the commit"
    );
    notes.allowed.add_permits(1000);
    let mut outcomes = Vec::new();
    for task in tasks {
        outcomes.push(task.await.expect("no panic"));
    }
    outcomes
}

#[tokio::test]
async fn what_waits_is_committed_together_and_answered_after() {
    let notes = Notes::new(usize::MAX);
    let rest = vec![put(9, 1), put(13, 1), put(2, 1)];
    let outcomes = in_one_group(&notes, rest).await;
    assert_eq!(outcomes, [Ok(()), Ok(()), Err(StoreError::Exists), Ok(())]);
    // In the order of the ids, not of arrival.
    assert_eq!(*notes.groups.lock().unwrap(), [vec![0], vec![2, 9, 13]]);
}

#[tokio::test]
async fn a_write_that_fills_the_disk_fails_alone() {
    let notes = Notes::new(1000);
    let outcomes = in_one_group(&notes, vec![put(1, 10), put(2, 2000), put(3, 10)]).await;
    assert_eq!(outcomes, [Ok(()), Ok(()), Err(StoreError::Full), Ok(())]);
    let groups = [vec![0], vec![1, 2, 3], vec![1], vec![2], vec![3]];
    assert_eq!(*notes.groups.lock().unwrap(), groups);
}

#[tokio::test]
async fn a_group_is_bounded_in_bytes() {
    let notes = Notes::new(usize::MAX);
    let chunks = (0..16).map(|number| Chunk {
        number,
        bytes: vec![0; CHUNK_BYTES],
    });
    let chunks: Vec<Chunk> = chunks.collect();
    let rest = (1..=12)
        .map(|number| Write::Append([number; 16], chunks.clone()))
        .collect();
    let outcomes = in_one_group(&notes, rest).await;
    assert!(outcomes.iter().all(Result::is_ok));
    let sizes: Vec<usize> = notes.groups.lock().unwrap().iter().map(Vec::len).collect();
    assert_eq!(sizes, [1, 8, 4]);
}
