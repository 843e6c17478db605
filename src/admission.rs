//! Who may send now. Circuits cost an attacker nothing and every onion visitor has one address, so nothing here
//! protects by locking somebody out: budgets of a circuit are fairness between tabs, the budget of all posts keeps
//! a reserve for small ones, codes and tokens have one of their own, files have an hourly budget of bytes, and where too many bodies are under way the
//! slowest makes room. Text is what all of this keeps open. Reading pages is never refused.
//!
//! In memory only, never logged. The real cost is tor's proof of work (`packaging/torrc`).

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use tokio::time::Instant;

use self::{
    bodies::{Bodies, Meter},
    bucket::{Bucket, Rate},
};
use crate::{
    limits::{
        FILES_BURST_SHARE, LEAST_RECORD_BYTES, MIB, PEER_BURST, PEER_PER_SECOND, PEERS,
        POSTS_BURST, POSTS_KEPT_FOR_SMALL, POSTS_PER_SECOND, SWEEP_EVERY, TEXT_ONLY_BYTES,
        WORDS_BURST, WORDS_PER_SECOND,
    },
    listen::Peer,
    refusal::Refusal,
    room::{Files, Room},
};

mod bodies;
mod bucket;

/// What a request wants to send, as its head says.
#[derive(Clone, Copy)]
pub struct Asked {
    /// Whose it is.
    pub peer: Peer,
    /// Declared bytes; `None` where the client does not know.
    pub declared: Option<u64>,
    /// What they are.
    pub what: What,
}

/// What a body is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    /// A report, or files that are reports: text, perhaps with files.
    Report,
    /// A later part of an upload that was begun before.
    Part,
    /// A code or a token: never stored.
    Word,
}

/// The budgets, cheap to clone.
#[derive(Clone)]
pub struct Admission(Arc<Inner>);

struct Inner {
    room: Room,
    budgets: Mutex<Budgets>,
    bodies: Bodies,
    files: Rate,
}

struct Budgets {
    peers: HashMap<Peer, Bucket>,
    posts: Bucket,
    /// Of codes and tokens: they are never stored, and a flood of them stops no report, nor the reverse.
    words: Bucket,
    files: Bucket,
}

/// A body that was admitted; its place is free again when this is dropped.
pub struct Seat {
    admission: Admission,
    meter: Arc<Meter>,
    /// Whether its bytes count as files from the first on.
    large: bool,
    part: bool,
}

impl Admission {
    /// With `files_per_hour_mib` for files, and the room of the store.
    #[must_use]
    pub fn new(room: Room, files_per_hour_mib: u64) -> Self {
        let per_hour = files_per_hour_mib.saturating_mul(MIB) as f64;
        let files = Rate {
            burst: per_hour * FILES_BURST_SHARE,
            per_second: per_hour / 3600.0,
        };
        let now = Instant::now();
        Self(Arc::new(Inner {
            room,
            budgets: Mutex::new(Budgets {
                peers: HashMap::new(),
                posts: Bucket::full(&POSTS, now),
                words: Bucket::full(&WORDS, now),
                files: Bucket::full(&files, now),
            }),
            bodies: Bodies::default(),
            files,
        }))
    }

    /// Takes a request's body in, or says why not now.
    ///
    /// # Errors
    /// [`Refusal::TooMany`] for one circuit's excess, [`Refusal::TextOnly`], [`Refusal::TooLarge`] and
    /// [`Refusal::FilesLater`] for files that find no room, [`Refusal::Busy`] for the rest.
    pub fn admit(&self, asked: Asked) -> Result<Seat, Refusal> {
        let now = Instant::now();
        let large = asked.declared.is_none_or(|bytes| bytes > TEXT_ONLY_BYTES);
        let files = asked.what != What::Word && (large || asked.what == What::Part);
        if files {
            self.files_have_room(asked)?;
        }
        {
            let mut budgets = self.budgets();
            match asked.what {
                What::Report => budgets.count_post(asked.peer, large, now)?,
                What::Word => budgets.count_word(asked.peer, now)?,
                What::Part => {}
            }
            if files && budgets.files.left(&self.0.files, now) <= 0.0 {
                return Err(Refusal::FilesLater);
            }
        }
        let meter = self.0.bodies.take(asked.peer, large, now)?;
        if asked.what == What::Report {
            self.0.room.note(LEAST_RECORD_BYTES);
        }
        Ok(Seat {
            admission: self.clone(),
            meter,
            large: files,
            part: asked.what == What::Part,
        })
    }

    /// Forgets, every minute, circuits whose budget is full again; never returns.
    pub async fn keep_pruned(&self) {
        loop {
            tokio::time::sleep(SWEEP_EVERY).await;
            self.budgets().prune(Instant::now());
        }
    }

    fn files_have_room(&self, asked: Asked) -> Result<(), Refusal> {
        match (self.0.room.files(), asked.what) {
            (Files::Stopped, _) | (Files::None, What::Report) => Err(Refusal::TextOnly),
            (Files::Small, What::Report) => {
                let limit_mib = Files::Small.limit_mib(u64::MAX);
                let most = limit_mib
                    .saturating_mul(MIB)
                    .saturating_add(TEXT_ONLY_BYTES);
                match asked.declared {
                    Some(declared) if declared > most => Err(Refusal::TooLarge { limit_mib }),
                    _ => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    fn budgets(&self) -> MutexGuard<'_, Budgets> {
        // Every change is one call: a panic elsewhere leaves it whole.
        self.0
            .budgets
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Budgets {
    fn count_post(&mut self, peer: Peer, large: bool, now: Instant) -> Result<(), Refusal> {
        self.count_peer(peer, now)?;
        let kept = if large { POSTS_KEPT_FOR_SMALL } else { 0.0 };
        match self.posts.take(&POSTS, 1.0, kept, now) {
            true => Ok(()),
            false => Err(Refusal::Busy),
        }
    }

    fn count_word(&mut self, peer: Peer, now: Instant) -> Result<(), Refusal> {
        self.count_peer(peer, now)?;
        match self.words.take(&WORDS, 1.0, 0.0, now) {
            true => Ok(()),
            false => Err(Refusal::Busy),
        }
    }

    fn count_peer(&mut self, peer: Peer, now: Instant) -> Result<(), Refusal> {
        if peer != Peer::Unknown {
            if self.peers.len() >= PEERS && !self.peers.contains_key(&peer) {
                self.prune(now);
            }
            // Beyond the bound fairness ends, and nobody is refused for it.
            if self.peers.len() < PEERS || self.peers.contains_key(&peer) {
                let bucket = self.peers.entry(peer);
                let bucket = bucket.or_insert_with(|| Bucket::full(&PEER, now));
                if !bucket.take(&PEER, 1.0, 0.0, now) {
                    return Err(Refusal::TooMany);
                }
            }
        }
        Ok(())
    }

    fn prune(&mut self, now: Instant) {
        self.peers
            .retain(|_, bucket| bucket.left(&PEER, now) < PEER.burst);
        if self.peers.len() < self.peers.capacity() / 4 {
            self.peers.shrink_to_fit();
        }
    }
}

impl Seat {
    /// Counts bytes that arrived; false when no more of this body can be stored.
    pub fn count(&self, bytes: u64) -> bool {
        let before = self.meter.count(bytes);
        let inner = &self.admission.0;
        let files = if self.large {
            bytes
        } else {
            // One that declared little, or nothing, and sends more.
            let after = before.saturating_add(bytes);
            after.saturating_sub(TEXT_ONLY_BYTES.max(before))
        };
        if files == 0 {
            return true;
        }
        inner.room.note(files);
        self.admission
            .budgets()
            .files
            .charge(&inner.files, files as f64, Instant::now());
        inner.room.files() < Files::Stopped || !(self.part || before > TEXT_ONLY_BYTES)
    }

    /// Ready when the body must make room for another.
    pub fn poll_cut(&self, cx: &Context<'_>) -> Poll<()> {
        self.meter.poll_cut(cx)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.admission.0.bodies.leave(&self.meter);
    }
}

const PEER: Rate = Rate {
    burst: PEER_BURST,
    per_second: PEER_PER_SECOND,
};
const POSTS: Rate = Rate {
    burst: POSTS_BURST,
    per_second: POSTS_PER_SECOND,
};
const WORDS: Rate = Rate {
    burst: WORDS_BURST,
    per_second: WORDS_PER_SECOND,
};

#[cfg(test)]
mod tests;
