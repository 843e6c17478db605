//! A record on its way into the store: ciphertext in chunks of 64 KiB, committed up to 1 MiB together.
//!
//! Chunk 0 begins with the record's length and so is written last, with the transaction that seals. A small
//! record is one transaction. What is not sealed is abandoned, also when its request is dropped.

use std::{
    future::Future,
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use asylia_envelope::{
    padding::{LENGTH_PREFIX_BYTES, stored_bytes},
    record::{RecordHead, stored_frame},
};

use crate::storage::{AnyStore, CHUNK_BYTES, Chunk, Envelope, Store, StoreError};

/// Where the sealing side writes ciphertext and the upload takes it from.
#[derive(Clone, Default)]
pub(super) struct Outlet(Arc<Mutex<Vec<u8>>>);

impl Outlet {
    /// Gives back the room of a buffer that was emptied.
    pub(super) fn shrink(&self) {
        let mut ciphertext = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ciphertext.shrink_to_fit();
    }
}

impl Write for Outlet {
    fn write(&mut self, ciphertext: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(ciphertext);
        Ok(ciphertext.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// One record's chunks.
pub(super) struct Upload {
    store: AnyStore,
    envelope: Envelope,
    /// Bytes of the first chunk, behind the place for the length.
    first: Vec<u8>,
    /// The chunk that is being filled.
    filling: Vec<u8>,
    /// Full chunks that wait for their transaction.
    waiting: Vec<Chunk>,
    next_number: i64,
    ciphertext_bytes: u64,
    begun: bool,
    sealed: bool,
}

impl Upload {
    /// A record that the store does not know yet.
    pub(super) fn new(store: AnyStore, head: &RecordHead) -> Self {
        let envelope = Envelope {
            record: head.record_id.0,
            day: head.day.days_since_1970(),
            period: head.period.clone(),
            bundle_sequence: i64::try_from(head.bundle_sequence).unwrap_or(i64::MAX),
            stored_bytes: 0,
        };
        Self {
            store,
            envelope,
            first: Vec::new(),
            filling: Vec::new(),
            waiting: Vec::new(),
            next_number: 1,
            ciphertext_bytes: 0,
            begun: false,
            sealed: false,
        }
    }

    /// Takes the ciphertext that has come out so far; commits when 1 MiB of it waits.
    ///
    /// # Errors
    /// Those of the store; the upload must then be dropped.
    pub(super) async fn take(&mut self, outlet: &Outlet) -> Result<(), StoreError> {
        {
            // Emptied in place: a buffer that grew anew each time would scatter the heap.
            let mut ciphertext = outlet.0.lock().unwrap_or_else(PoisonError::into_inner);
            self.ciphertext_bytes += ciphertext.len() as u64;
            self.cut(&ciphertext);
            ciphertext.clear();
        }
        while self.waiting.len() >= CHUNKS_TOGETHER {
            let later = self.waiting.split_off(CHUNKS_TOGETHER);
            let now = std::mem::replace(&mut self.waiting, later);
            self.append(now).await?;
        }
        Ok(())
    }

    /// Commits the full chunks that wait, however few: the record may now rest for minutes.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub(super) async fn commit(&mut self) -> Result<(), StoreError> {
        let now = std::mem::take(&mut self.waiting);
        if now.is_empty() {
            return Ok(());
        }
        self.append(now).await
    }

    async fn append(&mut self, chunks: Vec<Chunk>) -> Result<(), StoreError> {
        if !self.begun {
            self.store.begin_upload(self.envelope.record).await?;
            self.begun = true;
        }
        self.store.append_chunks(self.envelope.record, chunks).await
    }

    /// Removes what the store has of it. Dropping does the same, but is not waited for.
    pub(super) async fn abandon(mut self) {
        if let Some(removal) = self.removal() {
            removal.await;
        }
    }

    fn removal(&mut self) -> Option<impl Future<Output = ()> + Send + 'static> {
        let open = std::mem::take(&mut self.begun) && !self.sealed;
        let (store, record) = (self.store.clone(), self.envelope.record);
        open.then_some(async move {
            let abandoned = async {
                store.abandon(record).await?;
                store.scrub().await
            };
            if let Err(error) = abandoned.await {
                tracing::warn!(%error, "an unfinished upload stays until the next start");
            }
        })
    }

    /// Pads the record to its class and makes it durable.
    ///
    /// # Errors
    /// Those of the store; the upload must then be dropped.
    pub(super) async fn seal(mut self, class: u64) -> Result<(), StoreError> {
        let (length, mut padding) =
            stored_frame(self.ciphertext_bytes, class).map_err(|_| StoreError::Incomplete)?;
        let zeros = vec![0; CHUNK_BYTES];
        while padding > 0 {
            let now = usize::try_from(padding)
                .unwrap_or(usize::MAX)
                .min(CHUNK_BYTES);
            self.cut(zeros.get(..now).unwrap_or(&zeros));
            padding -= now as u64;
        }
        if !self.filling.is_empty() {
            self.close_chunk();
        }
        let first = [length.as_slice(), &self.first].concat();
        let mut chunks = std::mem::take(&mut self.waiting);
        chunks.insert(
            0,
            Chunk {
                number: 0,
                bytes: first,
            },
        );
        let mut envelope = self.envelope.clone();
        envelope.stored_bytes =
            i64::try_from(stored_bytes(class)).map_err(|_| StoreError::TooLarge)?;
        if self.begun {
            // Padding may have filled more than one transaction holds; the last one also carries chunk 0.
            while chunks.len() > CHUNKS_TOGETHER + 1 {
                let now = chunks.drain(1..=CHUNKS_TOGETHER).collect();
                self.store.append_chunks(envelope.record, now).await?;
            }
            self.store.seal_upload(envelope, chunks).await?;
        } else {
            self.store.put_sealed(envelope, chunks).await?;
        }
        self.sealed = true;
        Ok(())
    }

    fn cut(&mut self, mut bytes: &[u8]) {
        let room = FIRST_CHUNK_ROOM - self.first.len();
        let (now, later) = bytes.split_at(room.min(bytes.len()));
        self.first.extend_from_slice(now);
        bytes = later;
        while !bytes.is_empty() {
            self.filling.reserve_exact(CHUNK_BYTES - self.filling.len());
            let (now, later) = bytes.split_at((CHUNK_BYTES - self.filling.len()).min(bytes.len()));
            self.filling.extend_from_slice(now);
            bytes = later;
            if self.filling.len() == CHUNK_BYTES {
                self.close_chunk();
            }
        }
    }

    fn close_chunk(&mut self) {
        let bytes = std::mem::take(&mut self.filling);
        self.waiting.push(Chunk {
            number: self.next_number,
            bytes,
        });
        self.next_number += 1;
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        let Some(removal) = self.removal() else {
            return;
        };
        // Without a runtime the process is ending, and the next start abandons what is open.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(removal);
        }
    }
}

/// 1 MiB.
const CHUNKS_TOGETHER: usize = 16;
const FIRST_CHUNK_ROOM: usize = CHUNK_BYTES - LENGTH_PREFIX_BYTES as usize;
