//! The note has one reading, and says nothing of the secret.

use super::{super::testing::SeededRng, *};
use crate::{
    period::{Window, new_period},
    shares::{BadNote, Group},
};

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn new_set(scheme: &Scheme, seed: u64) -> (CustodySecret, Period, NewSet) {
    let mut rng = SeededRng::new(seed);
    let window = Window::quarter(day("2027-01-01"));
    let made = new_period(InstanceId([4; 16]), "2027-Q1", window, &mut rng)
        .ok()
        .unwrap();
    let (from, until) = (day("2026-11-23"), day("2028-01-22"));
    let new = split(&made.period_seed, scheme, from, until, &mut rng);
    (made.period_seed, made.public, new.ok().unwrap())
}

fn three_of_five() -> (CustodySecret, Period, NewSet) {
    new_set(&Scheme::single(3, 5).unwrap(), 41)
}

#[test]
fn a_set_fits_the_period_whose_seed_it_keeps() {
    let (_, period, new) = three_of_five();
    let (_, other, _) = new_set(&Scheme::single(2, 3).unwrap(), 42);
    assert!(new.set.fits(&period));
    assert!(!new.set.fits(&other));
    let renamed = Period {
        id: "2027-Q2".to_owned(),
        ..period
    };
    assert!(!new.set.fits(&renamed));
}

#[test]
fn every_sheet_begins_alike_and_has_the_fixed_number_of_words() {
    let (_, _, new) = three_of_five();
    for share in &new.shares {
        assert_eq!(share.words().count(), SHARE_WORDS);
        let text = share.words().to_text();
        assert!(text.starts_with(&format!("{} ", new.set.first_words())));
    }
    assert_eq!(new.set.fingerprint().split(' ').count(), 12);
}

#[test]
fn a_note_has_one_reading_and_no_word_of_a_share() {
    let group = |threshold, count| Group { threshold, count };
    let groups = Scheme::of_groups(2, vec![group(2, 3), group(1, 1), group(3, 5)]).unwrap();
    for scheme in [Scheme::single(3, 5).unwrap(), groups] {
        let (_, _, new) = new_set(&scheme, 43);
        let note = new.set.to_note();
        assert_eq!(ShareSet::parse(note.as_bytes()), Ok(new.set.clone()));
        for (at, from, to) in [
            ("version", "share set v1", "share set v2"),
            ("purpose", "purpose: period-seed", "purpose: account"),
            ("label", "label: 2027-Q1", "label: 2027 Q1"),
            ("days", "destroy after: 2028", "destroy after: 2025"),
            ("identifier", "identifier: ", "identifier: 9"),
            ("number", "share: 1 ", "share: 2 "),
            ("white space", "share: 1 ", "share:  1 "),
            ("threshold", "groups needed: ", "groups needed: 9"),
            ("digest", "recipients: ", "recipients: A"),
            ("a line more", "\nidentifier", "\nmore: x\nidentifier"),
            ("line ends", "\n", "\r\n"),
        ] {
            let altered = note.replacen(from, to, 1);
            assert_ne!(altered, note, "{at}");
            assert_eq!(ShareSet::parse(altered.as_bytes()), Err(BadNote), "{at}");
        }
        let last = note.trim_end().rfind('\n').unwrap();
        assert_eq!(ShareSet::parse(&note.as_bytes()[..=last]), Err(BadNote));
        let end = note.len() - 1;
        assert_eq!(ShareSet::parse(&note.as_bytes()[..end]), Err(BadNote));
        for share in &new.shares {
            // The first two words are public and the next two tell the place.
            for word in share.words().iter().skip(4) {
                assert!(!note.contains(word), "{word}");
            }
        }
    }
}

#[test]
fn the_fingerprint_covers_every_line() {
    let (_, _, new) = three_of_five();
    let fingerprint = new.set.fingerprint();
    let mut altered = new.set.clone();
    altered.destroy_after = day("2029-01-01");
    assert_ne!(altered.fingerprint(), fingerprint);
    let mut altered = new.set.clone();
    altered.shares[4].digest[31] ^= 1;
    assert_ne!(altered.fingerprint(), fingerprint);
}

#[test]
fn sets_that_are_due_before_they_are_made_are_refused() {
    let (secret, _, _) = three_of_five();
    let scheme = Scheme::single(3, 5).unwrap();
    let (made, before) = (day("2026-11-23"), day("2026-11-22"));
    let refused = split(&secret, &scheme, made, before, &mut SeededRng::new(1));
    assert_eq!(refused.err(), Some(SplitError::Days));
}

/// The proof that is made before shares are given out sees one bad share among five.
#[test]
fn a_bad_share_among_good_ones_keeps_the_whole_set_back() {
    let (secret, _, mut new) = three_of_five();
    assert!(new.every_share_recovers(&secret));
    let (_, _, other) = new_set(&Scheme::single(3, 5).unwrap(), 44);
    for holder in 0..5 {
        let good = new.shares[holder].words.to_text();
        new.shares[holder].words = ShareWords::parse(&other.shares[0].words.to_text()).unwrap();
        assert!(!new.every_share_recovers(&secret), "{holder}");
        new.shares[holder].words = ShareWords::parse(&good).unwrap();
    }
    let another = CustodySecret::from_parts(
        secret.purpose(),
        secret.instance(),
        secret.label(),
        Zeroizing::new([1; 32]),
    );
    assert!(!new.every_share_recovers(&another));
}
