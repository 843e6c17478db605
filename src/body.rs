//! Request bodies as the server lends them to its routes: counted, bounded, timed, and able to be
//! taken back. Trusts nothing about the client. A route (and the multipart parser in it) reads a
//! [`SharedBody`]; when the route answers before the end, [`crate::drain`] takes the rest back and
//! discards it, so the answer can be read.

use std::{
    error::Error,
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::admission::Seat;

/// What a body must do to count as alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Time within which `least_bytes` must arrive; only time spent waiting for the client counts.
    pub window: Duration,
    /// Bytes that start a new window.
    pub least_bytes: u64,
}

/// Why a body could not be read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyError {
    /// Too little arrived for too long.
    Stalled,
    /// More arrived than the route accepts.
    TooLarge,
    /// The client or the connection ended it, or its framing is broken.
    Cut,
    /// The store has no room for more of it.
    NoRoom,
    /// The route has answered already; the rest is being discarded.
    TakenBack,
}

impl BodyError {
    /// Finds the body error below the errors of the libraries that passed it on.
    pub fn in_chain(error: &(dyn Error + 'static)) -> Option<Self> {
        let mut cause = Some(error);
        while let Some(error) = cause {
            if let Some(found) = error.downcast_ref::<Self>() {
                return Some(*found);
            }
            cause = error.source();
        }
        None
    }
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stalled => "the request body stalled",
            Self::TooLarge => "the request body is over its limit",
            Self::Cut => "the request body was cut off",
            Self::NoRoom => "the store has no room for the request body",
            Self::TakenBack => "the request was answered already",
        })
    }
}

impl Error for BodyError {}

/// The body as a route reads it. Dropping it leaves the rest with its [`BodyOwner`].
pub struct SharedBody(Arc<Mutex<Shared>>);

/// Keeps a body while a route reads it, and takes it back afterwards.
pub struct BodyOwner(Arc<Mutex<Shared>>);

/// Splits a body into the part lent to a route and the part that stays.
/// The reader gets at most `limit_bytes`, then [`BodyError::TooLarge`].
pub fn lend(body: Body, limit_bytes: u64, progress: Progress) -> (SharedBody, BodyOwner) {
    let shared = Arc::new(Mutex::new(Shared {
        body,
        received_bytes: 0,
        limit_bytes,
        state: State::Open,
        taken_back: false,
        handed_out_bytes: 0,
        seat: None,
        pulse: Pulse {
            progress,
            budget: progress.window,
            since_bytes: 0,
            waiting: None,
        },
    }));
    (SharedBody(Arc::clone(&shared)), BodyOwner(shared))
}

impl HttpBody for SharedBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let mut shared = lock(&self.0);
        if shared.taken_back {
            return Poll::Ready(Some(Err(BodyError::TakenBack)));
        }
        // The multipart parser reads until it is told to wait, into a buffer of its own without a
        // limit. A client faster than the sealing would fill the memory through it, so it is told
        // to wait after each portion.
        if shared.handed_out_bytes >= PORTION_BYTES {
            shared.handed_out_bytes = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let frame = shared.poll_chunk(cx);
        match &frame {
            Poll::Ready(Some(Ok(bytes))) => shared.handed_out_bytes += byte_count(bytes),
            Poll::Ready(_) | Poll::Pending => shared.handed_out_bytes = 0,
        }
        frame.map(|item| item.map(|result| result.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        lock(&self.0).is_finished()
    }

    fn size_hint(&self) -> SizeHint {
        lock(&self.0).body.size_hint()
    }
}

impl BodyOwner {
    /// Lets the body hold the place that it was given, to its end.
    pub fn hold(&self, seat: Seat) {
        lock(&self.0).seat = Some(seat);
    }

    /// Whether the whole body was read, so nothing of it is left in the connection.
    pub fn is_finished(&self) -> bool {
        lock(&self.0).is_finished()
    }

    /// Whether reading on is pointless: it is finished, or the connection failed.
    pub fn is_over(&self) -> bool {
        let shared = lock(&self.0);
        shared.is_finished() || shared.state == State::Failed
    }

    /// Whether no byte of the body has been read.
    pub fn is_untouched(&self) -> bool {
        lock(&self.0).received_bytes == 0
    }

    /// Reads and discards the rest, until `cap_bytes` of the whole body have been read or it
    /// stalls. From here on the route's half reports [`BodyError::TakenBack`]. True if the end was
    /// reached.
    pub async fn discard_rest(self, cap_bytes: u64) -> bool {
        {
            let mut shared = lock(&self.0);
            shared.taken_back = true;
            shared.seat = None;
            shared.limit_bytes = cap_bytes;
        }
        while let Some(chunk) = std::future::poll_fn(|cx| lock(&self.0).poll_chunk(cx)).await {
            if chunk.is_err() {
                return false;
            }
        }
        true
    }
}

struct Shared {
    body: Body,
    received_bytes: u64,
    limit_bytes: u64,
    state: State,
    taken_back: bool,
    /// Bytes given to the reader since it last had to wait.
    handed_out_bytes: u64,
    /// Its place among the bodies that are under way.
    seat: Option<Seat>,
    pulse: Pulse,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Ended,
    Failed,
}

impl Shared {
    fn is_finished(&self) -> bool {
        self.state == State::Ended || self.body.is_end_stream()
    }

    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        match self.state {
            State::Ended => return Poll::Ready(None),
            State::Failed => return Poll::Ready(Some(Err(BodyError::Cut))),
            State::Open => {}
        }
        if self
            .seat
            .as_ref()
            .is_some_and(|seat| seat.poll_cut(cx).is_ready())
        {
            return Poll::Ready(Some(Err(self.fail(BodyError::Stalled))));
        }
        loop {
            return Poll::Ready(match Pin::new(&mut self.body).poll_frame(cx) {
                Poll::Pending if self.pulse.is_over(cx) => Some(Err(self.fail(BodyError::Stalled))),
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => {
                    self.state = State::Ended;
                    None
                }
                Poll::Ready(Some(Err(_))) => Some(Err(self.fail(BodyError::Cut))),
                Poll::Ready(Some(Ok(frame))) => {
                    // Trailers carry nothing for us; go on to the end.
                    let Ok(bytes) = frame.into_data() else {
                        continue;
                    };
                    Some(self.take(bytes))
                }
            });
        }
    }

    /// Counts a chunk. Being over the limit is no end: the owner may still discard the rest.
    fn take(&mut self, bytes: Bytes) -> Result<Bytes, BodyError> {
        self.received_bytes = self.received_bytes.saturating_add(byte_count(&bytes));
        self.pulse.beat(byte_count(&bytes));
        let room = self
            .seat
            .as_ref()
            .is_none_or(|seat| seat.count(byte_count(&bytes)));
        if self.received_bytes > self.limit_bytes {
            Err(BodyError::TooLarge)
        } else if !room {
            Err(BodyError::NoRoom)
        } else {
            #[cfg(feature = "danger_leak")]
            crate::leak::keep(&bytes);
            Ok(bytes)
        }
    }

    fn fail(&mut self, error: BodyError) -> BodyError {
        self.state = State::Failed;
        error
    }
}

/// The progress time-out. It runs only while somebody waits for the client, so slow storage is not
/// held against it.
struct Pulse {
    progress: Progress,
    /// What is left of the window.
    budget: Duration,
    /// Bytes since the window began.
    since_bytes: u64,
    waiting: Option<Pin<Box<Sleep>>>,
}

impl Pulse {
    fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        let budget = self.budget;
        let waiting = self
            .waiting
            .get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + budget)));
        waiting.as_mut().poll(cx).is_ready()
    }

    fn beat(&mut self, bytes: u64) {
        self.since_bytes = self.since_bytes.saturating_add(bytes);
        let waited = self.waiting.take();
        if self.since_bytes >= self.progress.least_bytes {
            self.since_bytes = 0;
            self.budget = self.progress.window;
        } else if let Some(waited) = waited {
            self.budget = waited.deadline().saturating_duration_since(Instant::now());
        }
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    // A panic while the lock is held can only come from the library's body; its state is then an
    // error anyway.
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn byte_count(bytes: &Bytes) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

/// Bytes a reader gets before it has to let others run.
const PORTION_BYTES: u64 = 64 * 1024;

#[cfg(test)]
mod tests;
