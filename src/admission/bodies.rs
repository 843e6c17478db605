//! Bodies that are under way. There is a place for each as long as there are places; then the slowest that has had
//! time to show itself makes room, since one that only drips is what an attack on the places looks like. A few
//! places are for small bodies only.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use futures_util::task::AtomicWaker;
use tokio::time::Instant;

use crate::{
    limits::{
        BODIES, BODIES_OF_A_PEER, LARGE_BODIES, LARGE_BODY_BYTES_PER_SECOND, LARGE_BODY_GRACE,
        SMALL_BODY_GRACE,
    },
    listen::Peer,
    refusal::Refusal,
};

/// All of them.
#[derive(Default)]
pub(super) struct Bodies(Mutex<Vec<Arc<Meter>>>);

/// One of them.
pub(super) struct Meter {
    peer: Peer,
    large: bool,
    begun: Instant,
    received: AtomicU64,
    cut: AtomicBool,
    waker: AtomicWaker,
}

impl Meter {
    /// Counts bytes; returns how many there were before.
    pub(super) fn count(&self, bytes: u64) -> u64 {
        self.received.fetch_add(bytes, Ordering::Relaxed)
    }

    pub(super) fn poll_cut(&self, cx: &Context<'_>) -> Poll<()> {
        self.waker.register(cx.waker());
        match self.cut.load(Ordering::Acquire) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }

    /// Bytes a second so far, once it had its time; `None` before.
    fn rate(&self, now: Instant) -> Option<u64> {
        let age = now.saturating_duration_since(self.begun);
        let grace = if self.large {
            LARGE_BODY_GRACE
        } else {
            SMALL_BODY_GRACE
        };
        let received = self.received.load(Ordering::Relaxed);
        (age >= grace).then(|| received / age.as_secs().max(1))
    }
}

impl Bodies {
    /// A place for a body.
    pub(super) fn take(
        &self,
        peer: Peer,
        large: bool,
        now: Instant,
    ) -> Result<Arc<Meter>, Refusal> {
        let mut bodies = self.all();
        let of_peer = bodies.iter().filter(|body| body.peer == peer).count();
        if peer != Peer::Unknown && of_peer >= BODIES_OF_A_PEER {
            return Err(Refusal::TooMany);
        }
        let places = if large { LARGE_BODIES } else { BODIES };
        let taken = bodies.iter().filter(|body| body.large || !large).count();
        if taken >= places {
            let slowest = bodies
                .iter()
                .enumerate()
                .filter(|(_, body)| body.large || !large)
                .filter_map(|(at, body)| Some((body.rate(now)?, body.large, at)))
                .min();
            match slowest {
                // An honest large body through Tor is slow too, and no seconds' affair.
                Some((rate, true, _)) if rate >= LARGE_BODY_BYTES_PER_SECOND => {
                    return Err(Refusal::Busy);
                }
                Some((_, _, at)) => {
                    let body = bodies.swap_remove(at);
                    body.cut.store(true, Ordering::Release);
                    body.waker.wake();
                }
                None => return Err(Refusal::Busy),
            }
        }
        let meter = Arc::new(Meter {
            peer,
            large,
            begun: now,
            received: AtomicU64::new(0),
            cut: AtomicBool::new(false),
            waker: AtomicWaker::new(),
        });
        bodies.push(Arc::clone(&meter));
        Ok(meter)
    }

    /// Frees a place.
    pub(super) fn leave(&self, meter: &Arc<Meter>) {
        let mut bodies = self.all();
        if let Some(at) = bodies.iter().position(|body| Arc::ptr_eq(body, meter)) {
            bodies.swap_remove(at);
        }
    }

    fn all(&self) -> MutexGuard<'_, Vec<Arc<Meter>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
