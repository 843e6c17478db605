//! Uploads in parts (`/api/v1/uploads`): which are open, which were completed, and how each of them ends.
//!
//! Trusts nobody: a token is a number that the client drew, and whoever knows it may go on with or give up that
//! one upload. Open uploads are bounded in number and given up when nothing comes; nothing of this is on disk
//! but the chunks of unfinished records, and no token is logged. Flow: `routes/uploads.rs` → here → `open` (a
//! part's bytes) → [`crate::intake::SealedIntake`].

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::Stream;
use tokio::{sync::watch, time::Instant};

use self::{
    complete::{Complete, Completed},
    open::{Ended, OpenUpload},
};
use crate::{
    body::BodyError, clock::Rng, error::AppError, intake::SealedDoor, limits, refusal::Refusal,
};

mod complete;
mod open;
#[cfg(test)]
mod tests;

/// A part as its head declares it.
#[derive(Clone, Copy)]
pub struct Part {
    /// The upload it belongs to.
    pub token: Token,
    /// Its number, from 0.
    pub number: u64,
    /// Its bytes, at least one.
    pub length: u64,
}

/// A client's name for an upload: 128 random bits. Who knows it can interfere, so it has no `Debug`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Token([u8; 16]);

impl Token {
    /// Reads 32 lower-case hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 16];
        let lower = !text.bytes().any(|byte| byte.is_ascii_uppercase());
        (lower && hex::decode_to_slice(text, &mut bytes).is_ok()).then_some(Self(bytes))
    }
}

/// The answer to a part that was taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Taken {
    /// The number expected next.
    pub next: u64,
    /// Whether the report is stored, whole and durable.
    pub complete: bool,
}

/// How many uploads, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Uploads open at once.
    pub open: usize,
    /// Time without a byte after which one is given up.
    pub stale: Duration,
    /// Completed uploads that are remembered.
    pub complete: usize,
    /// Time for which they are.
    pub complete_kept: Duration,
}

impl Default for Bounds {
    /// The bounds of [`crate::limits`].
    fn default() -> Self {
        Self {
            open: limits::OPEN_UPLOADS,
            stale: limits::UPLOAD_STALE,
            complete: limits::COMPLETE_UPLOADS,
            complete_kept: limits::COMPLETE_KEPT,
        }
    }
}

/// All uploads of the server, cheap to clone.
#[derive(Clone)]
pub struct Uploads {
    table: Arc<Mutex<Table>>,
    bounds: Bounds,
}

struct Table {
    open: BTreeMap<Token, Arc<Slot>>,
    complete: Completed,
    closed: bool,
}

/// One open upload. Requests for it take turns; a later one makes an earlier one stop waiting for its client,
/// which may be gone: when Tor drops a circuit, the server does not hear of it for minutes.
struct Slot {
    turn: watch::Sender<u64>,
    turns: AtomicU64,
    /// `None` once it has ended, in whatever way.
    upload: tokio::sync::Mutex<Option<Box<OpenUpload>>>,
    progress: Mutex<Instant>,
    begun: Instant,
    received: AtomicU64,
}

/// Where a token leads.
enum Found {
    Open(Arc<Slot>),
    Complete(Complete),
}

impl Uploads {
    /// None are open.
    #[must_use]
    pub fn new(bounds: Bounds) -> Self {
        let table = Table {
            open: BTreeMap::new(),
            complete: Completed::new(bounds.complete, bounds.complete_kept),
            closed: false,
        };
        Self {
            table: Arc::new(Mutex::new(table)),
            bounds,
        }
    }

    /// Takes one part; the one that ends the file is answered only when its record is durable.
    ///
    /// Dropping the future may leave an upload in the middle of a write: run it in a task of its own.
    ///
    /// # Errors
    /// The refusal. What is wrong with the file ends the upload; what is wrong with the request does not.
    pub async fn take(
        &self,
        door: &SealedDoor<'_>,
        part: Part,
        mut body: impl Stream<Item = Result<bytes::Bytes, BodyError>> + Unpin,
        rng: &mut Rng,
    ) -> Result<Taken, AppError> {
        loop {
            let slot = match self.find(part)? {
                Found::Complete(complete) => return complete.again(part, &mut body).await,
                Found::Open(slot) => slot,
            };
            let turn = slot.begin_turn();
            let mut upload = slot.upload.lock().await;
            let Some(open) = upload.as_mut() else {
                // It ended while this request waited: completed, or given up.
                self.forget(part.token, &slot);
                continue;
            };
            let ended = match open.take(door, part, &mut body, &turn, rng).await {
                Ok(Some(taken)) => return Ok(taken),
                Ok(None) => upload.take().map(|open| open.finish()),
                Err(Ended::Part(refusal)) => return Err(refusal.into()),
                Err(Ended::Upload(error)) => {
                    *upload = None;
                    self.forget(part.token, &slot);
                    return Err(error);
                }
            };
            let Some(finishing) = ended else { continue };
            let finished = finishing.await;
            // Remembered before it is forgotten: a retry finds one or the other.
            if let Ok(complete) = &finished {
                self.table().complete.remember(part.token, complete.clone());
            }
            self.forget(part.token, &slot);
            return finished.map(|complete| complete.taken());
        }
    }

    /// Gives an upload up and removes what there is of it; an unknown or completed one is left alone.
    ///
    /// Dropping the future may leave it until the next start: run it in a task of its own.
    pub async fn cancel(&self, token: Token) {
        let slot = self.table().open.remove(&token);
        if let Some(slot) = slot {
            slot.give_up().await;
        }
    }

    /// Gives up what had no progress for the stale time before `now`.
    pub async fn sweep(&self, now: Instant) {
        let stale: Vec<Arc<Slot>> = {
            let mut table = self.table();
            let oldest = |slot: &Slot| now.saturating_duration_since(slot.last_progress());
            let stale = table
                .open
                .extract_if(.., |_, slot| oldest(slot) >= self.bounds.stale);
            stale.map(|(_, slot)| slot).collect()
        };
        for slot in stale {
            slot.give_up().await;
        }
    }

    /// Sweeps for as long as it is polled.
    pub async fn keep_swept(&self) {
        loop {
            tokio::time::sleep(limits::SWEEP_EVERY).await;
            self.sweep(Instant::now()).await;
        }
    }

    /// Gives all open uploads up and opens no further ones: the server stops.
    pub async fn close(&self) {
        let open = {
            let mut table = self.table();
            table.closed = true;
            std::mem::take(&mut table.open)
        };
        for slot in open.into_values() {
            slot.give_up().await;
        }
    }

    fn find(&self, part: Part) -> Result<Found, Refusal> {
        let mut table = self.table();
        if let Some(slot) = table.open.get(&part.token) {
            return Ok(Found::Open(Arc::clone(slot)));
        }
        if let Some(complete) = table.complete.find(part.token, Instant::now()) {
            return Ok(Found::Complete(complete));
        }
        if part.number != 0 {
            return Err(Refusal::UnknownUpload);
        }
        if table.closed {
            return Err(Refusal::Busy);
        }
        if table.open.len() >= self.bounds.open {
            let slot = table.slowest(Instant::now()).ok_or(Refusal::Busy)?;
            tokio::spawn(async move { slot.give_up().await });
        }
        let slot = Arc::new(Slot::new());
        table.open.insert(part.token, Arc::clone(&slot));
        Ok(Found::Open(slot))
    }

    /// Takes a slot that has ended out of the table, unless another one has its place.
    fn forget(&self, token: Token, slot: &Arc<Slot>) {
        let mut table = self.table();
        if table
            .open
            .get(&token)
            .is_some_and(|open| Arc::ptr_eq(open, slot))
        {
            table.open.remove(&token);
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // Every change of the table is one call of a map: a panic elsewhere leaves it whole.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// Takes out the upload that came slowest so far, of those that had time to show it: one that only drips is
    /// what an attack on the places looks like, and an honest one through a slow circuit may keep its place.
    fn slowest(&mut self, now: Instant) -> Option<Arc<Slot>> {
        let rates = self.open.iter().filter_map(|(token, slot)| {
            let age = now.saturating_duration_since(slot.begun);
            let received = slot.received.load(Ordering::Relaxed);
            let rate = received / age.as_secs().max(1);
            (age >= limits::UPLOAD_GRACE && rate < limits::LARGE_BODY_BYTES_PER_SECOND)
                .then_some((rate, *token))
        });
        let (_, token) = rates.min()?;
        self.open.remove(&token)
    }
}

impl Slot {
    fn new() -> Self {
        Self {
            turn: watch::Sender::new(0),
            turns: AtomicU64::new(0),
            upload: tokio::sync::Mutex::new(Some(Box::default())),
            progress: Mutex::new(Instant::now()),
            begun: Instant::now(),
            received: AtomicU64::new(0),
        }
    }

    /// From here on every earlier request for this upload stops reading.
    fn begin_turn(self: &Arc<Self>) -> Turn {
        let number = self.turns.fetch_add(1, Ordering::Relaxed) + 1;
        let seen = self.turn.subscribe();
        // Never back: of two that begin at once, the later number stays.
        self.turn.send_modify(|turn| *turn = number.max(*turn));
        Turn {
            slot: Arc::clone(self),
            number,
            seen,
        }
    }

    /// Ends the upload, whoever holds it, and waits until nothing of it is left.
    async fn give_up(&self) {
        self.turn.send_replace(u64::MAX);
        if let Some(upload) = self.upload.lock().await.take() {
            upload.abandon().await;
        }
    }

    fn last_progress(&self) -> Instant {
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request's place among those for one upload.
struct Turn {
    slot: Arc<Slot>,
    number: u64,
    seen: watch::Receiver<u64>,
}

impl Turn {
    /// Ready when a later request has come, or the upload is being given up.
    async fn is_over(&self) {
        // The sender lives in the slot that this turn holds.
        let _ = self.seen.clone().wait_for(|turn| *turn > self.number).await;
    }

    /// Notes that so many bytes came.
    fn progress(&self, bytes: usize) {
        self.slot
            .received
            .fetch_add(bytes as u64, Ordering::Relaxed);
        let mut progress = self
            .slot
            .progress
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *progress = Instant::now();
    }
}
