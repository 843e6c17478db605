//! A mailbox: four slots for whoever shows a token, opened in memory for whoever types the code instead.
//!
//! Unknown, empty and full mailboxes cost the same work and give the same number of slots; only somebody who has
//! the code can tell a reply from a dummy, by trying. Nothing of a code, token or reply is kept: what is derived
//! is cleared when dropped, and callers run inside [`crate::stack::cleared`].

use std::{future::Future, sync::Arc, time::Duration};

use asylia_envelope::{
    ids::{InstanceId, ReplyDigest},
    reply::{ReplyError, Thread, dummy_slot, open_slot},
    return_code::{MailboxKeys, lookup_id},
    signing::{Office, VerifyingKey},
};
use tokio::{
    sync::{Notify, Semaphore, SemaphorePermit},
    time::Instant,
};

use crate::{
    clock::Rng,
    error::AppError,
    limits::{MAILBOX_STEP, SCRUB_PAUSE},
    storage::{AnyStore, SLOTS, Slot, Store},
};

mod form;

pub use form::{CodeForm, Which};

/// What a mailbox holds, opened. Plaintext: no `Debug`.
pub struct OpenedMailbox {
    /// The replies, oldest first, and what is wrong with them together.
    pub thread: Thread,
    /// By which digest the slot of a reply is deleted.
    slots: Vec<(ReplyDigest, [u8; 32])>,
    /// Slots that open, and hold nothing that the office wrote for this mailbox.
    pub refused: usize,
}

/// Does the work of an answer and waits to the next multiple of [`MAILBOX_STEP`].
///
/// Opening a reply takes a little longer than failing to open a dummy, and deleting one longer than finding none;
/// whoever times answers is to see the step and not the work.
pub async fn levelled<T>(work: impl Future<Output = T>) -> T {
    let begun = Instant::now();
    let done = work.await;
    let steps = (begun.elapsed() + PRECISE).as_nanos() / MAILBOX_STEP.as_nanos() + 1;
    let steps = u32::try_from(steps).unwrap_or(u32::MAX);
    let answer_at = begun + MAILBOX_STEP.saturating_mul(steps);
    tokio::time::sleep_until(answer_at - PRECISE).await;
    // The runtime's timers end on milliseconds counted from when it fell asleep, so they would tell fractions of one.
    let precisely = tokio::task::spawn_blocking(move || {
        std::thread::sleep(answer_at.saturating_duration_since(Instant::now()));
    });
    drop(precisely.await);
    done
}

/// What is slept by a clock of nanoseconds: more than the runtime's timers can be late.
const PRECISE: Duration = Duration::from_millis(3);

/// The slots of a mailbox: always [`SLOTS`], the missing ones dummies that were sealed for this answer.
///
/// # Errors
/// [`AppError::Internal`] if the store does not answer.
pub async fn slots(
    store: &AnyStore,
    token: &[u8; 32],
    rng: &mut Rng,
) -> Result<Vec<Slot>, AppError> {
    // As many dummies whatever is there: the work must not tell.
    let dummies = (0..SLOTS)
        .map(|_| dummy_slot(rng))
        .collect::<Result<Vec<_>, ReplyError>>()
        .map_err(anyhow::Error::from)?;
    let stored = store.mailbox(lookup_id(token).0).await;
    let mut slots = stored.map_err(anyhow::Error::from)?;
    let dummies = dummies.into_iter().map(|bytes| Slot {
        digest: [0; 32],
        bytes,
    });
    slots.extend(dummies);
    slots.truncate(SLOTS);
    Ok(slots)
}

/// Opens what can be opened; `office_keys` are those of the verified key bundle of `instance`.
#[must_use]
pub fn open(
    slots: &[Slot],
    keys: &MailboxKeys,
    instance: InstanceId,
    office_keys: &[VerifyingKey<Office>],
) -> OpenedMailbox {
    let (mut replies, mut digests, mut refused) = (Vec::new(), Vec::new(), 0);
    for slot in slots {
        match open_slot(&slot.bytes, keys, instance, office_keys) {
            Ok(opened) => {
                digests.push((opened.digest, slot.digest));
                replies.push(opened);
            }
            Err(ReplyError::NothingForThisCode) => {}
            Err(_) => refused += 1,
        }
    }
    OpenedMailbox {
        thread: Thread::new(replies),
        slots: digests,
        refused,
    }
}

impl OpenedMailbox {
    /// The digest by which the slot of this reply is deleted.
    #[must_use]
    pub fn slot_of(&self, reply: ReplyDigest) -> Option<[u8; 32]> {
        let mut slots = self.slots.iter();
        slots
            .find(|(digest, _)| *digest == reply)
            .map(|(_, slot)| *slot)
    }
}

/// Lets one mailbox be opened at a time, so that fifty visitors with codes do not keep a report waiting: each takes
/// milliseconds of a core without a pause.
#[derive(Clone)]
pub struct Turns(Arc<Semaphore>);

impl Default for Turns {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(1)))
    }
}

impl Turns {
    /// Waits for a turn, which ends when the answer is dropped.
    ///
    /// # Errors
    /// None in practice: nothing closes the semaphore.
    pub async fn take(&self) -> Result<SemaphorePermit<'_>, AppError> {
        let turn = self.0.acquire().await;
        Ok(turn.map_err(anyhow::Error::from)?)
    }
}

/// Removes the traces of deleted replies soon after, and not more often than the engine bears.
#[derive(Clone, Default)]
pub struct Scrubber(Arc<Notify>);

impl Scrubber {
    /// Asks for it; returns at once.
    pub fn ask(&self) {
        self.0.notify_one();
    }

    /// Scrubs whenever it was asked for; never returns.
    pub async fn keep_scrubbed(&self, store: &AnyStore) {
        loop {
            self.0.notified().await;
            if store.scrub().await.is_err() {
                // A reader was in the way; what was deleted must not stay for that.
                tracing::warn!("the traces of deleted replies could not be removed yet");
                self.ask();
            }
            tokio::time::sleep(SCRUB_PAUSE).await;
        }
    }
}
