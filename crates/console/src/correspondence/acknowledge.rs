//! The office's word that a bundle arrived: twelve words when all of it is here, else the list that the next export
//! carries. What is in quarantine is never acknowledged: the server keeps it.

use core::fmt;

use asylia_envelope::{
    acknowledgement::AcknowledgementToken,
    ids::RecordId,
    transfer::{BlobLine, TransferNote},
};
use serde::Serialize;
use zeroize::Zeroize;

use crate::vault::{Vault, item::RecordItem};

/// The twelve words. They let a server delete what is here; no `Debug` shows them.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Words(String);

impl Words {
    /// The words, with spaces between them.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Words")
    }
}

impl Drop for Words {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// What may be said to the server of a bundle that was taken in to its end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Acknowledgement {
    /// Every record is here: these words let the server delete them.
    Words(Words),
    /// Every record is here, but the words do not open with the keys at hand: the next export carries the list.
    Closed,
    /// So many records are not here: the next export carries the list of the others.
    Partial(u64),
}

/// Looks which of them holds for the bundle of `note`, in which these records were decoys.
#[must_use]
pub fn of(vault: &Vault, note: &TransferNote, decoys: &[RecordId]) -> Acknowledgement {
    let contents = vault.contents();
    let here = |line: &&BlobLine| {
        let record = contents.record(line.subject.record_id);
        let kept = |record: &RecordItem| record.is_here() && record.stored_sha256 == line.sha256;
        record.is_some_and(kept) || decoys.contains(&line.subject.record_id)
    };
    let missing = note.blobs.iter().filter(|line| !here(line)).count();
    if missing > 0 {
        return Acknowledgement::Partial(missing as u64);
    }
    let mut intakes = contents.identities.intakes();
    let token = intakes.find_map(|intake| AcknowledgementToken::open(&note.token, intake).ok());
    match token {
        Some(token) => Acknowledgement::Words(Words(token.to_words().to_string())),
        None => Acknowledgement::Closed,
    }
}
