//! The bundle's place among the others: gaps, forks and rollbacks, each by its number.

use std::collections::BTreeSet;

use asylia_envelope::{ids::RecordId, transfer::TransferNote};

use crate::vault::item::{Held, SeenBundle, ServerPin};

/// Most numbers of missing bundles that are listed one by one.
pub const MISSING_LISTED: usize = 1000;

/// The bundle does not fit the ones that came before. Each text has two sentences.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Alarm {
    /// The newest number, or the one after it, with another past.
    #[error(
        "ALARM: bundle {0} tells another story than the bundles imported before it (a fork). Nothing was imported; keep the stick and tell the focal point: the server may have been copied or taken over."
    )]
    Fork(u64),
    /// An older number with other content.
    #[error(
        "ALARM: bundle {sequence} is older than bundle {newest}, which is here, and is not the one that belongs there (a rollback). Nothing was imported; keep the stick and tell the focal point: the server may have been set back or taken over."
    )]
    Rollback {
        /// Its number.
        sequence: u64,
        /// The newest number that was imported.
        newest: u64,
    },
    /// Numbers of another epoch.
    #[error(
        "ALARM: bundle {0} begins a new count: the server was restored or replaced. Nothing was imported; ask the operator by telephone, since a new count must be confirmed before its bundles are taken."
    )]
    OtherEpoch(u64),
    /// Numbers of a count that ended.
    #[error(
        "ALARM: bundle {0} is of a count that ended when the server was restored (a replay). Nothing was imported; keep the stick and tell the focal point."
    )]
    FormerEpoch(u64),
}

/// What a bundle is, among the others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Count {
    /// It goes on with the count that is known, or begins the first one.
    Known,
    /// It begins a new count, which somebody has confirmed.
    New,
}

/// Compares a verified note with what is known of its server; `new_count` says that somebody has confirmed with the
/// operator that the server counts anew.
///
/// # Errors
/// See [`Alarm`].
pub fn check(
    pin: Option<&ServerPin>,
    note: &TransferNote,
    new_count: bool,
) -> Result<Count, Alarm> {
    let Some(pin) = pin else {
        return Ok(Count::Known);
    };
    if pin.former.contains(&note.epoch) {
        return Err(Alarm::FormerEpoch(note.sequence));
    }
    match pin.epoch {
        None => return Ok(Count::Known),
        Some(epoch) if epoch == note.epoch => {}
        Some(_) if new_count => return Ok(Count::New),
        Some(_) => return Err(Alarm::OtherEpoch(note.sequence)),
    }
    let newest = pin.bundles.last().map_or(0, |bundle| bundle.sequence);
    if fits(pin, note) {
        return Ok(Count::Known);
    }
    Err(if note.sequence < newest {
        Alarm::Rollback {
            sequence: note.sequence,
            newest,
        }
    } else {
        Alarm::Fork(note.sequence)
    })
}

/// The pin of a server whose count begins with this note; what is known of it stays.
pub(super) fn pin(before: Option<&ServerPin>, note: &TransferNote) -> ServerPin {
    let ended = before.into_iter().flat_map(|pin| {
        let ended = pin.epoch.filter(|epoch| *epoch != note.epoch);
        pin.former.iter().copied().chain(ended)
    });
    ServerPin {
        verifying_key: note.signer.to_string(),
        epoch: Some(note.epoch),
        former: ended.collect(),
        bundles: Vec::new(),
    }
}

/// The pin with one bundle more, in which these records were decoys.
pub(super) fn with(mut pin: ServerPin, note: &TransferNote, decoys: &[RecordId]) -> ServerPin {
    let place = pin
        .bundles
        .binary_search_by_key(&note.sequence, |bundle| bundle.sequence);
    if let Err(place) = place {
        let seen = SeenBundle {
            sequence: note.sequence,
            digest: note.digest(),
            previous: note.previous.map(hex::encode),
            held: Some(held(note, decoys)),
        };
        pin.bundles.insert(place, seen);
    }
    pin.forget_older_lists();
    pin
}

/// What a note says of the server's store.
fn held(note: &TransferNote, decoys: &[RecordId]) -> Held {
    let periods = note.blobs.iter().map(|blob| blob.subject.period.clone());
    let periods: BTreeSet<String> = periods.collect();
    let records = note.blobs.iter().map(|blob| blob.subject.record_id);
    let records: BTreeSet<_> = records.collect();
    Held {
        day: note.day,
        waiting: note.waiting,
        periods: periods.into_iter().collect(),
        count: note.blobs.len() as u64,
        records: records.into_iter().collect(),
        decoys: decoys.to_vec(),
    }
}

/// Numbers below the newest that never came: the first [`MISSING_LISTED`] of them, and how many there are.
pub(crate) fn missing(pin: &ServerPin) -> (Vec<u64>, u64) {
    let mut listed = Vec::new();
    let (mut count, mut next) = (0, 1);
    for bundle in &pin.bundles {
        count += bundle.sequence - next;
        let room = MISSING_LISTED - listed.len();
        listed.extend((next..bundle.sequence).take(room));
        next = bundle.sequence + 1;
    }
    (listed, count)
}

/// Whether number, digest and the digests of its neighbours agree with what is known.
fn fits(pin: &ServerPin, note: &TransferNote) -> bool {
    let known = |sequence: Option<u64>| {
        pin.bundles
            .iter()
            .find(|bundle| Some(bundle.sequence) == sequence)
    };
    let same = known(Some(note.sequence)).is_none_or(|bundle| bundle.digest == note.digest());
    let after = known(note.sequence.checked_sub(1))
        .is_none_or(|bundle| note.previous == Some(bundle.digest));
    let before = known(note.sequence.checked_add(1))
        .is_none_or(|bundle| bundle.previous == Some(hex::encode(note.digest())));
    same && after && before
}
