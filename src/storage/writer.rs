//! The group commit: one task drains a bounded channel into one transaction and answers after it.
//!
//! A disk syncs some hundred times a second whatever is synced; under load many reports share one sync.
//! Nobody is answered before the commit that holds their write has returned, and a write that fails
//! takes no other with it.

use std::future::Future;

use tokio::sync::{mpsc, oneshot};

use super::{BATCH_BYTES, CHUNK_BYTES, Chunk, Envelope, RecordId, StoreError};

/// A write that may share its transaction with others.
#[derive(Debug)]
pub(crate) enum Write {
    Begin(RecordId),
    Append(RecordId, Vec<Chunk>),
    Seal(Envelope, Vec<Chunk>),
    Put(Envelope, Vec<Chunk>),
}

/// What an engine does for the writer.
pub(crate) trait Committer: Send + Sync + 'static {
    /// Runs the writes in one durable transaction, each in a savepoint.
    ///
    /// # Errors
    /// An error outside means that the whole transaction was rolled back; one inside, that only this
    /// write was.
    fn commit<'a>(
        &'a self,
        writes: &'a [Write],
    ) -> impl Future<Output = Result<Vec<Result<(), StoreError>>, StoreError>> + Send + 'a;
}

/// The sending side; the task ends when the last clone is dropped.
#[derive(Debug, Clone)]
pub(crate) struct Writer(mpsc::Sender<Request>);

#[derive(Debug)]
struct Request {
    write: Write,
    answer: oneshot::Sender<Result<(), StoreError>>,
}

impl Writer {
    /// Starts the task on the current runtime.
    pub(crate) fn start(committer: impl Committer) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE_WRITES);
        tokio::spawn(serve(committer, receiver));
        Self(sender)
    }

    /// Hands over a write and waits until it is on disk.
    pub(crate) async fn submit(&self, write: Write) -> Result<(), StoreError> {
        write.check()?;
        let (answer, answered) = oneshot::channel();
        self.0
            .send(Request { write, answer })
            .await
            .map_err(|_| stopped())?;
        answered.await.map_err(|_| stopped())?
    }
}

impl Write {
    /// Refuses what is too large before it reaches the queue.
    fn check(&self) -> Result<(), StoreError> {
        let mut sum = 0_usize;
        for chunk in self.chunks() {
            if chunk.bytes.len() > CHUNK_BYTES {
                return Err(StoreError::TooLarge);
            }
            sum = sum.saturating_add(chunk.bytes.len());
        }
        if sum > BATCH_BYTES {
            Err(StoreError::TooLarge)
        } else {
            Ok(())
        }
    }

    fn record(&self) -> &RecordId {
        match self {
            Self::Begin(record) | Self::Append(record, _) => record,
            Self::Seal(envelope, _) | Self::Put(envelope, _) => &envelope.record,
        }
    }

    fn chunks(&self) -> &[Chunk] {
        match self {
            Self::Begin(_) => &[],
            Self::Append(_, chunks) | Self::Seal(_, chunks) | Self::Put(_, chunks) => chunks,
        }
    }

    fn bytes(&self) -> usize {
        self.chunks().iter().map(|chunk| chunk.bytes.len()).sum()
    }
}

async fn serve(committer: impl Committer, mut receiver: mpsc::Receiver<Request>) {
    let mut waiting = Vec::new();
    while receiver.recv_many(&mut waiting, QUEUE_WRITES).await > 0 {
        // Random ids: within a group nothing is written in the order of arrival. The sort is stable,
        // so two writes to one upload keep theirs.
        waiting.sort_by(|a, b| a.write.record().cmp(b.write.record()));
        let mut group: Vec<Request> = Vec::new();
        let mut group_bytes = 0_usize;
        for request in waiting.drain(..) {
            let bytes = request.write.bytes();
            if !group.is_empty() && group_bytes + bytes > GROUP_BYTES {
                commit_group(&committer, std::mem::take(&mut group)).await;
                group_bytes = 0;
            }
            group_bytes += bytes;
            group.push(request);
        }
        commit_group(&committer, group).await;
    }
}

async fn commit_group(committer: &impl Committer, group: Vec<Request>) {
    let (writes, answers): (Vec<_>, Vec<_>) = group
        .into_iter()
        .map(|request| (request.write, request.answer))
        .unzip();
    let outcomes = match committer.commit(&writes).await {
        Ok(outcomes) => outcomes,
        // A full disk ends a transaction whoever filled it; smaller neighbours may still fit. After any
        // other failure the engine itself is in question, and repeating every write would only stall.
        Err(StoreError::Full | StoreError::Damaged) if writes.len() > 1 => {
            commit_singly(committer, &writes).await
        }
        Err(error) => vec![Err(error); writes.len()],
    };
    for (answer, outcome) in answers.into_iter().zip(outcomes) {
        // Nobody listens if the request was dropped; the write stands.
        drop(answer.send(outcome));
    }
}

async fn commit_singly(
    committer: &impl Committer,
    writes: &[Write],
) -> Vec<Result<(), StoreError>> {
    let mut outcomes = Vec::with_capacity(writes.len());
    for write in writes {
        let outcome = committer.commit(std::slice::from_ref(write)).await;
        outcomes.push(outcome.and_then(|mut one| one.pop().unwrap_or(Err(stopped()))));
    }
    outcomes
}

fn stopped() -> StoreError {
    StoreError::Database("that its writer stopped".into())
}

/// Writes that may wait, and that may share a transaction.
const QUEUE_WRITES: usize = 64;

/// Bytes after which a group is closed, so that no transaction grows with the load.
const GROUP_BYTES: usize = 8 * 1024 * 1024;

#[cfg(test)]
mod tests;
