//! What is remembered of parts that were taken, and of uploads that were completed: enough to answer the same
//! part again when the first answer was lost on the way. Digests and numbers, in memory only.

use std::{collections::VecDeque, time::Duration};

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use super::{Part, Taken, Token};
use crate::{body::BodyError, error::AppError, limits::REMEMBERED_PARTS, refusal::Refusal};

/// The last parts of an upload.
#[derive(Clone, Default)]
pub(super) struct PartsTaken {
    next: u64,
    digests: VecDeque<[u8; 32]>,
}

impl PartsTaken {
    /// The number expected next.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// Notes the next part.
    pub(super) fn push(&mut self, digest: [u8; 32]) {
        if self.digests.len() == REMEMBERED_PARTS {
            self.digests.pop_front();
        }
        self.digests.push_back(digest);
        self.next += 1;
    }

    /// The digest of a part, if it is still remembered.
    pub(super) fn digest(&self, number: u64) -> Option<[u8; 32]> {
        let back = usize::try_from(self.next.checked_sub(number)?).ok()?;
        self.digests
            .get(self.digests.len().checked_sub(back)?)
            .copied()
    }
}

/// A completed upload: its record is durable.
#[derive(Clone)]
pub(super) struct Complete(PartsTaken);

impl Complete {
    /// After all parts.
    pub(super) fn new(parts: PartsTaken) -> Self {
        Self(parts)
    }

    /// The answer to its last part.
    pub(super) fn taken(&self) -> Taken {
        Taken {
            next: self.0.next(),
            complete: true,
        }
    }

    /// The answer to a part that comes again.
    pub(super) async fn again(
        &self,
        part: Part,
        body: impl Stream<Item = Result<Bytes, BodyError>> + Unpin,
    ) -> Result<Taken, AppError> {
        let digest = self.0.digest(part.number).ok_or(Refusal::Complete)?;
        if digest_of(body).await? != digest {
            return Err(Refusal::OtherBytes.into());
        }
        let next = part.number + 1;
        Ok(Taken {
            next,
            complete: next == self.0.next(),
        })
    }
}

/// The completed uploads of the last hour or so, oldest first.
pub(super) struct Completed {
    most: usize,
    kept: Duration,
    all: VecDeque<(Token, Instant, Complete)>,
}

impl Completed {
    pub(super) fn new(most: usize, kept: Duration) -> Self {
        Self {
            most,
            kept,
            all: VecDeque::new(),
        }
    }

    pub(super) fn remember(&mut self, token: Token, complete: Complete) {
        if self.all.len() == self.most {
            self.all.pop_front();
        }
        self.all.push_back((token, Instant::now(), complete));
    }

    pub(super) fn find(&mut self, token: Token, now: Instant) -> Option<Complete> {
        while let Some((_, since, _)) = self.all.front()
            && now.saturating_duration_since(*since) >= self.kept
        {
            self.all.pop_front();
        }
        let mut all = self.all.iter();
        let (_, _, complete) = all.find(|(known, _, _)| *known == token)?;
        Some(complete.clone())
    }
}

/// Reads a part to its end for its digest alone.
pub(super) async fn digest_of(
    mut body: impl Stream<Item = Result<Bytes, BodyError>> + Unpin,
) -> Result<[u8; 32], Refusal> {
    let mut digest = Sha256::new();
    while let Some(bytes) = body.next().await {
        digest.update(bytes.map_err(|_| Refusal::CutOff)?);
    }
    Ok(digest.finalize().into())
}
