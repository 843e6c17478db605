//! The bundle's place among the others: gaps, forks and rollbacks, each by its number.

use std::collections::BTreeSet;

use asylia_envelope::transfer::TransferNote;

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
}

/// Compares a verified note with what is known of its server.
///
/// # Errors
/// See [`Alarm`].
pub fn check(pin: Option<&ServerPin>, note: &TransferNote) -> Result<(), Alarm> {
    let Some(pin) = pin else { return Ok(()) };
    if note.epoch != pin.epoch {
        return Err(Alarm::OtherEpoch(note.sequence));
    }
    let newest = pin.bundles.last().map_or(0, |bundle| bundle.sequence);
    if fits(pin, note) {
        return Ok(());
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

/// The pin of a server that was not known before.
pub(super) fn pin(note: &TransferNote) -> ServerPin {
    ServerPin {
        verifying_key: note.signer.to_string(),
        epoch: note.epoch,
        bundles: Vec::new(),
    }
}

/// The pin with one bundle more.
pub(super) fn with(mut pin: ServerPin, note: &TransferNote) -> ServerPin {
    let place = pin
        .bundles
        .binary_search_by_key(&note.sequence, |bundle| bundle.sequence);
    if let Err(place) = place {
        let seen = SeenBundle {
            sequence: note.sequence,
            digest: note.digest(),
            previous: note.previous.map(hex::encode),
            held: Some(held(note)),
        };
        pin.bundles.insert(place, seen);
    }
    pin
}

/// What a note says of the server's store.
fn held(note: &TransferNote) -> Held {
    let periods = note.blobs.iter().map(|blob| blob.subject.period.clone());
    let periods: BTreeSet<String> = periods.collect();
    Held {
        day: note.day,
        waiting: note.waiting,
        periods: periods.into_iter().collect(),
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
