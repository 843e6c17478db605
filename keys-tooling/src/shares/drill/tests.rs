//! A drill proves one share for one challenge, and nothing else.

use asylia_envelope::ids::InstanceId;

use super::{
    super::{NewSet, Scheme, split, testing::SeededRng},
    *,
};
use crate::custody::CustodySecret;

fn new_set(seed: u64) -> NewSet {
    let mut rng = SeededRng::new(seed);
    let secret = CustodySecret::generate_recovery(InstanceId([3; 16]), "2027", &mut rng);
    let (scheme, days) = (Scheme::single(2, 3).unwrap(), ["2026-11-23", "2028-01-22"]);
    let [made, destroy] = days.map(|day| day.parse().unwrap());
    split(&secret.ok().unwrap(), &scheme, made, destroy, &mut rng)
        .ok()
        .unwrap()
}

fn day() -> Day {
    "2027-03-01".parse().unwrap()
}

#[test]
fn a_holder_proves_the_share_and_shows_no_word_of_it() {
    let new = new_set(51);
    let challenge = Challenge::generate(&mut SeededRng::new(1));
    for share in &new.shares {
        let typed = share.words.to_text();
        let answer = new.set.answer_drill(&typed, &[], challenge, day()).unwrap();
        assert_eq!(new.set.verify_drill(&answer, challenge), Ok(share.holder));
        let text = answer.to_text();
        assert_eq!(DrillAnswer::parse(text.as_bytes()), Ok(answer));
        // Base64 holds no word by chance: it has no word boundaries.
        let said: Vec<&str> = text.split([' ', '\n']).collect();
        assert!(share.words.iter().all(|word| !said.contains(&word)));
    }
}

#[test]
fn answers_that_prove_nothing_are_refused_by_name() {
    let (new, other) = (new_set(52), new_set(53));
    let mut rng = SeededRng::new(2);
    let [challenge, last_year] = core::array::from_fn(|_| Challenge::generate(&mut rng));
    let typed = new.shares[1].words.to_text();
    let answer = new.set.answer_drill(&typed, &[], challenge, day()).unwrap();
    let verify = |answer: &DrillAnswer| new.set.verify_drill(answer, challenge);

    assert_eq!(
        new.set.verify_drill(&answer, last_year),
        Err(DrillRefusal::OtherChallenge)
    );
    assert_eq!(
        other.set.verify_drill(&answer, challenge),
        Err(DrillRefusal::OtherSet)
    );
    let with = |change: fn(&mut DrillAnswer)| {
        let mut altered = answer.clone();
        change(&mut altered);
        verify(&altered)
    };
    assert_eq!(
        with(|answer| answer.holder = 1),
        Err(DrillRefusal::Signature(1))
    );
    assert_eq!(
        with(|answer| answer.holder = 0),
        Err(DrillRefusal::NoSuchHolder(0))
    );
    assert_eq!(
        with(|answer| answer.holder = 4),
        Err(DrillRefusal::NoSuchHolder(4))
    );
    assert_eq!(
        with(|answer| answer.day = answer.day.plus_days(1)),
        Err(DrillRefusal::Signature(2))
    );
    assert_eq!(
        with(|answer| answer.signature[9] ^= 1),
        Err(DrillRefusal::Signature(2))
    );
    // Somebody else's share, and a slip.
    let foreign = other.shares[0].words.to_text();
    assert!(
        new.set
            .answer_drill(&foreign, &[], challenge, day())
            .is_err()
    );
    let text = answer.to_text();
    for altered in [
        text.replace("drill v1", "drill v2"),
        text.replace("holder: 2", "holder: 02"),
        text.replace('\n', "\r\n"),
        format!("{text}\n"),
        String::new(),
    ] {
        let parsed = DrillAnswer::parse(altered.as_bytes());
        assert_eq!(parsed, Err(DrillRefusal::NotAnAnswer));
    }
}

#[test]
fn every_share_has_a_drill_key_of_its_own() {
    let new = new_set(54);
    let words = &new.shares[0].words;
    let key = |set, holder| drill_key(set, holder, words).verifying_key().to_bytes();
    let id = new.set.id;
    assert_eq!(key(id, 1), new.set.shares[0].drill_key.to_bytes());
    assert_ne!(key(id, 1), key(id, 2));
    assert_ne!(key(id, 1), key(ShareSetId([0; 16]), 1));
}
