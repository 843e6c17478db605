//! Readable refusals: an answer given before the whole request was read must still reach the
//! reader. Browsers read the answer only after they have sent everything, and a connection closed
//! with unread bytes in it is reset, which shows an error page instead of ours. So the answer is
//! sent at once and a task reads and discards the rest, bounded in bytes, time without progress,
//! and number of such tasks.

use std::sync::Arc;

use axum::{
    http::{HeaderValue, header},
    response::Response,
};
use tokio::sync::Semaphore;

use crate::body::BodyOwner;

/// Discards the rest of bodies whose requests are answered already.
#[derive(Clone)]
pub struct Drains {
    slots: Arc<Semaphore>,
    cap_bytes: u64,
}

impl Drains {
    /// At most `slots` bodies at once, each read up to `cap_bytes` in all.
    pub fn new(slots: usize, cap_bytes: u64) -> Self {
        Self {
            slots: Arc::new(Semaphore::new(slots)),
            cap_bytes,
        }
    }

    /// Finishes with a body once its response exists. `waits_for_100` is whether the client asked
    /// before sending (`Expect: 100-continue`); such a client sends nothing after a refusal.
    ///
    /// Where there was a body, the response says `Connection: close`: the HTTP library keeps the last
    /// bytes it read as long as a connection lives, so a report's end would outlast its receipt.
    /// Without a free slot what is left is not read, and the client may see a reset: the cap exists
    /// so that this cannot be used to fill the server with refused uploads.
    pub fn settle(
        &self,
        owner: BodyOwner,
        waits_for_100: bool,
        mut response: Response,
    ) -> Response {
        if owner.is_finished() && owner.is_untouched() {
            return response;
        }
        response
            .headers_mut()
            .insert(header::CONNECTION, HeaderValue::from_static("close"));
        let nothing_comes = owner.is_over() || (waits_for_100 && owner.is_untouched());
        if nothing_comes {
            return response;
        }
        if let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() {
            let cap_bytes = self.cap_bytes;
            tokio::spawn(async move {
                owner.discard_rest(cap_bytes).await;
                drop(slot);
            });
        }
        response
    }
}

#[cfg(test)]
mod tests;
