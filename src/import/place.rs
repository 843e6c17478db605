//! A bundle's place among those that the office sent before: gaps, forks, replays and rollbacks, each by number.

use asylia_envelope::transfer::ToServerNote;

use crate::{
    error::Advice,
    storage::{IncomingBundle, IncomingState},
};

/// What a bundle is, among the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Not taken in before, and fits.
    New,
    /// Taken in before.
    Known,
}

/// The bundle does not fit those that came before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alarm {
    /// The newest number, or a later one, with another past.
    Fork(u64),
    /// An older number with other content.
    Rollback(u64),
    /// Numbers of another epoch.
    OtherEpoch(u64),
}

impl From<Alarm> for Advice {
    fn from(alarm: Alarm) -> Self {
        let keep =
            "Keep the stick and tell the focal point: the console may have been copied or set back";
        match alarm {
            Alarm::Fork(number) => Self::failed(
                format!(
                    "ALARM: bundle {number} tells another story than those imported before it (a fork), and nothing \
                     was imported"
                ),
                keep,
            ),
            Alarm::Rollback(number) => Self::failed(
                format!(
                    "ALARM: bundle {number} is older than the newest here and is not the one that belongs there (a \
                     rollback), and nothing was imported"
                ),
                keep,
            ),
            Alarm::OtherEpoch(number) => Self::failed(
                format!(
                    "ALARM: bundle {number} begins a new count: the console's vault was restored or replaced, and \
                     nothing was imported"
                ),
                "Ask the focal point by telephone, and only if they confirm it import again with --new-count",
            ),
        }
    }
}

impl From<Alarm> for anyhow::Error {
    fn from(alarm: Alarm) -> Self {
        Advice::from(alarm).into()
    }
}

/// Compares a verified note with what was taken in before.
///
/// # Errors
/// See [`Alarm`].
pub fn place(
    state: Option<&IncomingState>,
    note: &ToServerNote,
    new_count: bool,
) -> Result<Place, Alarm> {
    let Some(state) = state else {
        return Ok(Place::New);
    };
    if state.epoch != note.epoch.0 {
        let permitted = new_count.then_some(Place::New);
        return permitted.ok_or(Alarm::OtherEpoch(note.sequence));
    }
    let (digest, previous) = (note.digest(), note.previous.unwrap_or_default());
    let known = |number: Option<u64>| {
        let mut bundles = state.bundles.iter();
        bundles.find(|bundle| Some(number_of(bundle)) == number)
    };
    let alarm = || {
        let newest = state.bundles.last().map_or(0, number_of);
        match note.sequence < newest {
            true => Alarm::Rollback(note.sequence),
            false => Alarm::Fork(note.sequence),
        }
    };
    if let Some(same) = known(Some(note.sequence)) {
        return match same.digest == digest {
            true => Ok(Place::Known),
            false => Err(alarm()),
        };
    }
    let after = known(note.sequence.checked_sub(1)).is_none_or(|before| before.digest == previous);
    let before = known(note.sequence.checked_add(1)).is_none_or(|next| next.previous == digest);
    match after && before {
        true => Ok(Place::New),
        false => Err(alarm()),
    }
}

/// Numbers below the newest that never came, at most [`MISSING_LISTED`] of them.
pub(super) fn missing(state: &IncomingState) -> Vec<i64> {
    let newest = state.bundles.last().map_or(0, |bundle| bundle.sequence);
    let mut here = state
        .bundles
        .iter()
        .map(|bundle| bundle.sequence)
        .peekable();
    (1..=newest)
        .filter(|number| here.next_if_eq(number).is_none())
        .take(MISSING_LISTED)
        .collect()
}

/// The highest number up to which every bundle of the office was taken in; 0 for none.
///
/// This is what the server confirms to the office, so that what a lost stick held is sent again.
#[must_use]
pub fn arrived_without_gap(state: Option<&IncomingState>) -> u64 {
    let bundles = state.map_or(&[][..], |state| &state.bundles);
    let whole = (1_i64..)
        .zip(bundles)
        .take_while(|(number, bundle)| *number == bundle.sequence);
    whole.count() as u64
}

fn number_of(bundle: &IncomingBundle) -> u64 {
    u64::try_from(bundle.sequence).unwrap_or_default()
}

/// Most numbers of missing bundles that are listed.
const MISSING_LISTED: usize = 20;

#[cfg(test)]
mod tests {
    use asylia_envelope::{
        ids::{EpochId, InstanceId},
        signing::{Office, SigningKey},
    };

    use super::*;

    fn note(sequence: u64, previous: Option<[u8; 32]>) -> ToServerNote {
        ToServerNote {
            instance: InstanceId([1; 16]),
            epoch: EpochId([7; 16]),
            sequence,
            previous,
            day: "2026-11-24".parse().expect("a day"),
            acknowledged: 0,
            waiting: 0,
            token: Vec::new(),
            signer: SigningKey::<Office>::from_seed(&[8; 32])
                .for_bundles()
                .verifying_key(),
            blobs: Vec::new(),
        }
    }

    /// Notes 1 to 5, each naming the one before.
    fn chain() -> Vec<ToServerNote> {
        let mut chain: Vec<ToServerNote> = Vec::new();
        for sequence in 1..=5 {
            let previous = chain.last().map(ToServerNote::digest);
            chain.push(note(sequence, previous));
        }
        chain
    }

    fn state(taken: &[&ToServerNote]) -> IncomingState {
        let bundles = taken.iter().map(|note| IncomingBundle {
            sequence: i64::try_from(note.sequence).expect("small"),
            digest: note.digest(),
            previous: note.previous.unwrap_or_default(),
        });
        IncomingState {
            epoch: [7; 16],
            bundles: bundles.collect(),
        }
    }

    #[test]
    fn each_place_is_told_from_the_others() {
        let chain = chain();
        let [one, two, three, four, five] = chain.as_slice() else {
            panic!("five notes")
        };
        assert_eq!(place(None, three, false), Ok(Place::New), "the first ever");
        let here = state(&[one, two, four]);
        for (note, expected) in [
            (one, Ok(Place::Known)),
            (four, Ok(Place::Known)),
            (three, Ok(Place::New)),
            (five, Ok(Place::New)),
            (&note(6, Some([9; 32])), Ok(Place::New)),
            (&note(5, Some([9; 32])), Err(Alarm::Fork(5))),
            (&note(5, None), Err(Alarm::Fork(5))),
            (&note(4, Some([9; 32])), Err(Alarm::Fork(4))),
            (&note(3, two.previous), Err(Alarm::Rollback(3))),
            (&note(2, None), Err(Alarm::Rollback(2))),
        ] {
            assert_eq!(
                place(Some(&here), note, false),
                expected,
                "{}",
                note.sequence
            );
        }
        let mut other = note(1, None);
        other.epoch = EpochId([8; 16]);
        assert_eq!(place(Some(&here), &other, false), Err(Alarm::OtherEpoch(1)));
        assert_eq!(place(Some(&here), &other, true), Ok(Place::New));
    }

    #[test]
    fn gaps_are_listed_and_never_confirmed() {
        let chain = chain();
        let [one, two, three, four, five] = chain.as_slice() else {
            panic!("five notes")
        };
        for (taken, gaps, confirmed) in [
            (vec![one, two], vec![], 2),
            (vec![one, two, five], vec![3, 4], 2),
            (vec![three, four], vec![1, 2], 0),
            (vec![], vec![], 0),
        ] {
            let state = state(&taken);
            assert_eq!(missing(&state), gaps);
            assert_eq!(arrived_without_gap(Some(&state)), confirmed);
        }
        assert_eq!(arrived_without_gap(None), 0);
    }
}
