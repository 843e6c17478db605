//! One open upload: parts in order, each counted and digested as it arrives and handed on at once.
//!
//! A part that breaks off may come again whole: what was taken of it is passed over, after it was compared by
//! its digest, so that no part is ever held in memory.

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use sha2::{Digest, Sha256};

use super::{
    Part, Taken, Turn,
    complete::{Complete, PartsTaken, digest_of},
};
use crate::{
    body::BodyError,
    clock::Rng,
    error::AppError,
    intake::{SealedDoor, SealedIntake},
    refusal::Refusal,
};

/// An upload that is neither completed nor given up.
#[derive(Default)]
pub(super) struct OpenUpload {
    intake: SealedIntake,
    parts: PartsTaken,
    /// Bytes of part 0, and so of every part but the last.
    part_bytes: Option<u64>,
    /// What was taken of the next part.
    begun: Option<Begun>,
}

/// A part of which something was taken.
struct Begun {
    length: u64,
    taken: u64,
    digest: Sha256,
}

/// What a refusal ends.
pub(super) enum Ended {
    /// This request; the upload goes on.
    Part(Refusal),
    /// The upload, of which nothing is kept.
    Upload(AppError),
}

impl From<Refusal> for Ended {
    fn from(refusal: Refusal) -> Self {
        Self::Part(refusal)
    }
}

impl From<AppError> for Ended {
    fn from(error: AppError) -> Self {
        Self::Upload(error)
    }
}

impl OpenUpload {
    /// Takes a part; `None` when it was the last one and [`Self::finish`] is next.
    pub(super) async fn take(
        &mut self,
        door: &SealedDoor<'_>,
        part: Part,
        body: impl Stream<Item = Result<Bytes, BodyError>> + Unpin,
        turn: &Turn,
        rng: &mut Rng,
    ) -> Result<Option<Taken>, Ended> {
        let next = self.parts.next();
        if part.number < next {
            return self.again(part, body, turn).await.map(Some);
        }
        if part.number > next {
            return Err(Refusal::OutOfOrder { next }.into());
        }
        if self.part_bytes.is_some_and(|most| part.length > most) {
            return Err(Refusal::PartTooLarge.into());
        }
        let untouched = self.part_bytes.is_none() && self.begun.is_none();
        match self.read(door, part, body, turn, rng).await {
            // A part 0 of which no byte came would hold a place for nothing.
            Err(Ended::Part(refusal)) if untouched && self.begun.is_none() => {
                return Err(Ended::Upload(refusal.into()));
            }
            read => read?,
        }
        let full = *self.part_bytes.get_or_insert(part.length);
        let Some(begun) = self.begun.take() else {
            return Err(Refusal::CutOff.into());
        };
        self.parts.push(begun.digest.finalize().into());
        if self.intake.is_whole() {
            return Ok(None);
        }
        if part.length < full {
            // Only the part that ends the file may be shorter than the others.
            return Err(Ended::Upload(Refusal::Malformed.into()));
        }
        self.intake.rest().await?;
        Ok(Some(Taken {
            next: self.parts.next(),
            complete: false,
        }))
    }

    /// Makes the record durable.
    pub(super) async fn finish(self: Box<Self>) -> Result<Complete, AppError> {
        self.intake.finish().await?;
        Ok(Complete::new(self.parts))
    }

    /// Removes what was stored.
    pub(super) async fn abandon(self: Box<Self>) {
        self.intake.abandon().await;
    }

    /// Answers a part that was taken before.
    async fn again(
        &self,
        part: Part,
        body: impl Stream<Item = Result<Bytes, BodyError>> + Unpin,
        turn: &Turn,
    ) -> Result<Taken, Ended> {
        let next = self.parts.next();
        let known = self.parts.digest(part.number);
        let known = known.ok_or(Refusal::OutOfOrder { next })?;
        let came = tokio::select! {
            biased;
            () = turn.is_over() => Err(Refusal::CutOff),
            came = digest_of(body) => came,
        }?;
        if came != known {
            return Err(Refusal::OtherBytes.into());
        }
        turn.progress(0);
        Ok(Taken {
            next: part.number + 1,
            complete: false,
        })
    }

    /// Reads the next part to its end.
    async fn read(
        &mut self,
        door: &SealedDoor<'_>,
        part: Part,
        mut body: impl Stream<Item = Result<Bytes, BodyError>> + Unpin,
        turn: &Turn,
        rng: &mut Rng,
    ) -> Result<(), Ended> {
        let earlier = self.begun.as_ref().map_or(0, |begun| begun.taken);
        if self
            .begun
            .as_ref()
            .is_some_and(|begun| begun.length != part.length)
        {
            return Err(Refusal::OtherBytes.into());
        }
        let (mut passed, mut passed_digest) = (0, Sha256::new());
        while passed < part.length {
            let mut bytes = next(&mut body, turn).await?;
            turn.progress(bytes.len());
            if passed < earlier {
                let most = usize::try_from(earlier - passed).unwrap_or(usize::MAX);
                let known = bytes.split_to(most.min(bytes.len()));
                passed += known.len() as u64;
                passed_digest.update(&known);
                if passed == earlier && !self.has_taken(&passed_digest) {
                    return Err(Refusal::OtherBytes.into());
                }
            }
            if bytes.is_empty() {
                continue;
            }
            let begun = self.begun.get_or_insert_with(|| Begun {
                length: part.length,
                taken: 0,
                digest: Sha256::new(),
            });
            // Within the declared length, as the connection's framing is, and beyond doubt.
            passed += bytes.len() as u64;
            if passed > part.length {
                return Err(Ended::Upload(Refusal::Malformed.into()));
            }
            begun.taken = passed;
            begun.digest.update(&bytes);
            self.intake.take(door, &bytes, rng).await?;
        }
        Ok(())
    }

    /// Whether the bytes that were passed over are those that were taken.
    fn has_taken(&self, passed: &Sha256) -> bool {
        self.begun
            .as_ref()
            .is_some_and(|begun| begun.digest.clone().finalize() == passed.clone().finalize())
    }
}

/// The next bytes of a part. Waiting is the only place where a request may be stopped: everything behind it is
/// done whole.
async fn next(
    body: &mut (impl Stream<Item = Result<Bytes, BodyError>> + Unpin),
    turn: &Turn,
) -> Result<Bytes, Refusal> {
    tokio::select! {
        biased;
        () = turn.is_over() => Err(Refusal::CutOff),
        bytes = body.next() => bytes.and_then(Result::ok).ok_or(Refusal::CutOff),
    }
}
