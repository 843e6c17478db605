//! Everything that may be wrong with a share, by its name, and no wrong secret with `Ok`.

use asylia_envelope::ids::InstanceId;
use proptest::prelude::*;

use super::{
    super::{
        scheme::{Group, Scheme},
        set::{NewSet, split},
        testing::SeededRng,
    },
    *,
};

fn secret(label: &str, seed: u64) -> CustodySecret {
    let mut rng = SeededRng::new(seed);
    CustodySecret::generate_recovery(InstanceId([3; 16]), label, &mut rng)
        .ok()
        .unwrap()
}

fn new_set(secret: &CustodySecret, scheme: &Scheme, seed: u64) -> NewSet {
    let made = "2026-11-23".parse().unwrap();
    let destroy = "2028-01-22".parse().unwrap();
    let new = split(secret, scheme, made, destroy, &mut SeededRng::new(seed));
    new.ok().unwrap()
}

fn three_of_five(label: &str, seed: u64) -> (CustodySecret, NewSet) {
    let secret = secret(label, seed);
    let new = new_set(&secret, &Scheme::single(3, 5).unwrap(), seed + 1000);
    (secret, new)
}

fn words(new: &NewSet, holder: usize) -> Vec<&'static str> {
    new.shares[holder - 1].words.iter().collect()
}

fn text(new: &NewSet, holder: usize) -> String {
    words(new, holder).join(" ")
}

fn refusal(set: &ShareSet, others: &[ShareSet], typed: &str) -> ShareRefusal {
    Gathering::new(set, others).add(typed).unwrap_err()
}

#[test]
fn enough_shares_in_any_order_give_the_secret() {
    let (secret, new) = three_of_five("2027", 1);
    for holders in [[1, 2, 3], [5, 1, 4], [3, 5, 2]] {
        let mut gathering = Gathering::new(&new.set, &[]);
        for holder in holders {
            assert!(gathering.missing().is_some());
            let typed = text(&new, holder).to_uppercase();
            assert_eq!(usize::from(gathering.add(&typed).unwrap()), holder);
        }
        assert!(gathering.missing().is_none());
        let found = gathering.combine().ok().unwrap();
        assert_eq!(found.bytes(), secret.bytes());
        // More than enough does no harm.
        let more = (1..=5).find(|holder| !holders.contains(holder)).unwrap();
        gathering.add(&text(&new, more)).unwrap();
        assert!(gathering.combine().is_ok());
    }
}

#[test]
fn too_few_names_the_holders_that_are_missing() {
    let (_, new) = three_of_five("2027", 2);
    let mut gathering = Gathering::new(&new.set, &[]);
    assert_eq!(
        gathering.combine().err().unwrap().to_string(),
        "There are too few shares: none, and it takes 3 of 5 holders. \
         Ask holders 1, 2, 3, 4 and 5 for more."
    );
    gathering.add(&text(&new, 4)).unwrap();
    gathering.add(&text(&new, 2)).unwrap();
    let Err(CombineError::TooFew(few)) = gathering.combine() else {
        panic!("two are too few");
    };
    assert_eq!((few.given, few.missing), (vec![2, 4], vec![1, 3, 5]));
    assert_eq!(
        gathering.add(&text(&new, 4)),
        Err(ShareRefusal::Duplicate(4))
    );
}

#[test]
fn groups_say_which_holders_would_help() {
    let group = |threshold, count| Group { threshold, count };
    let scheme = Scheme::of_groups(2, vec![group(2, 3), group(1, 1), group(3, 5)]).unwrap();
    let secret = secret("2027", 3);
    let new = new_set(&secret, &scheme, 4);
    let mut gathering = Gathering::new(&new.set, &[]);
    // Holders 1 to 3, 4, 5 to 9.
    for holder in [1, 2, 3] {
        gathering.add(&text(&new, holder)).unwrap();
    }
    let few = gathering.missing().unwrap();
    assert_eq!(few.missing, [4, 5, 6, 7, 8, 9]);
    gathering.add(&text(&new, 9)).unwrap();
    assert!(gathering.combine().is_err());
    gathering.add(&text(&new, 4)).unwrap();
    assert_eq!(gathering.combine().ok().unwrap().bytes(), secret.bytes());
    for holder in [5, 6] {
        gathering.add(&text(&new, holder)).unwrap();
    }
    // All three groups are complete now, and two of them are used.
    assert_eq!(gathering.combine().ok().unwrap().bytes(), secret.bytes());
}

#[test]
fn a_slip_of_the_pen_is_named_with_its_word() {
    let (_, new) = three_of_five("2027", 5);
    let good = words(&new, 2);
    let with = |place: usize, word: &'static str| {
        let mut typed = good.clone();
        typed[place - 1] = word;
        refusal(&new.set, &[], &typed.join(" "))
    };
    for place in [1, 2, 3, 4, 5, 17, 30, 31, 33] {
        let other = if good[place - 1] == "zero" {
            "mule"
        } else {
            "zero"
        };
        assert_eq!(with(place, other), ShareRefusal::Typo(place));
        assert_eq!(with(place, "zerro"), ShareRefusal::NotAWord(place));
    }
    for place in [3, 10, 32] {
        let mut typed = good.clone();
        typed.swap(place - 1, place);
        assert_ne!(typed, good);
        let error = refusal(&new.set, &[], &typed.join(" "));
        assert_eq!(error, ShareRefusal::Swapped(place));
    }
    let mut typed = good.clone();
    (typed[6], typed[20]) = (typed[20], typed[6]);
    assert_ne!(typed, good);
    assert_eq!(
        refusal(&new.set, &[], &typed.join(" ")),
        ShareRefusal::Typos
    );
    assert_eq!(
        refusal(&new.set, &[], &good[1..].join(" ")),
        ShareRefusal::Count(32)
    );
    assert_eq!(refusal(&new.set, &[], ""), ShareRefusal::Count(0));
    let doubled = format!("{} {}", good.join(" "), good[32]);
    assert_eq!(refusal(&new.set, &[], &doubled), ShareRefusal::Count(34));
}

#[test]
fn shares_of_another_year_purpose_or_unknown_set_are_told_apart() {
    let (_, new) = three_of_five("2027", 6);
    let (_, last_year) = three_of_five("2026", 7);
    let (_, unknown) = three_of_five("2027", 8);
    let again = new_set(&secret("2027", 6), &Scheme::single(3, 5).unwrap(), 9);
    let mut rng = SeededRng::new(10);
    let window = crate::period::Window::quarter("2027-01-01".parse().unwrap());
    let period = crate::period::new_period(InstanceId([3; 16]), "2027-Q1", window, &mut rng);
    let seed = period.ok().unwrap().period_seed;
    let of_period = new_set(&seed, &Scheme::single(3, 5).unwrap(), 11);
    let others = [
        last_year.set.clone(),
        again.set.clone(),
        of_period.set.clone(),
    ];
    let error = |typed: &str| refusal(&new.set, &others, typed);

    assert_eq!(
        error(&text(&last_year, 1)),
        ShareRefusal::OtherYear("2026".to_owned())
    );
    assert_eq!(
        error(&text(&again, 1)),
        ShareRefusal::OtherSet(Purpose::VaultRecovery, "2027".to_owned())
    );
    assert_eq!(
        error(&text(&of_period, 5)),
        ShareRefusal::OtherSet(Purpose::PeriodSeed, "2027-Q1".to_owned())
    );
    assert_eq!(
        error(&text(&unknown, 1)),
        ShareRefusal::UnknownSet(new.set.first_words())
    );
    // A slip on a foreign sheet is a slip first.
    let mut typed = words(&last_year, 1);
    typed[9] = if typed[9] == "zero" { "mule" } else { "zero" };
    assert_eq!(error(&typed.join(" ")), ShareRefusal::Typo(10));
}

/// What a forger who knows the standard and the public note can make: good checksum, right set.
fn forged(new: &NewSet, change: impl FnOnce(&mut Mnemonic)) -> String {
    let mut mnemonic = Mnemonic::from_words(&new.shares[0].words).ok().unwrap();
    change(&mut mnemonic);
    mnemonic.to_words().to_text().to_string()
}

#[test]
fn forged_shares_are_called_so() {
    let (_, new) = three_of_five("2027", 12);
    for bit in 0..256 {
        let typed = forged(&new, |share| share.value[bit / 8] ^= 1 << (bit % 8));
        assert_eq!(refusal(&new.set, &[], &typed), ShareRefusal::Forged);
    }
    for typed in [
        forged(&new, |share| share.member_index = 1),
        forged(&new, |share| share.member_index = 9),
        forged(&new, |share| share.member_threshold = 2),
        forged(&new, |share| share.group_index = 3),
    ] {
        assert_eq!(refusal(&new.set, &[], &typed), ShareRefusal::Forged);
    }
    // Of another set by its own words: that it is not the set's is all that can be said.
    let typed = forged(&new, |share| share.common.exponent = 1);
    assert!(matches!(
        refusal(&new.set, &[], &typed),
        ShareRefusal::UnknownSet(_)
    ));
}

/// Who makes up a whole note with commitments of his own still cannot make a secret pass as one
/// with other recipients.
#[test]
fn a_made_up_note_gives_no_secret() {
    let (_, new) = three_of_five("2027", 13);
    let (_, attackers) = three_of_five("2027", 14);
    let mut set = attackers.set.clone();
    set.recipients = new.set.recipients;
    let mut gathering = Gathering::new(&set, &[]);
    for holder in 1..=3 {
        gathering.add(&text(&attackers, holder)).unwrap();
    }
    assert_eq!(gathering.combine().err(), Some(CombineError::WrongSecret));

    // Commitments in another order: a share that claims another place.
    let mut set = new.set.clone();
    let moved = super::super::set::Commitment::of(
        set.id,
        &super::super::Share {
            holder: 2,
            words: ShareWords::parse(&text(&new, 1)).unwrap(),
        },
    );
    set.shares[1] = moved;
    set.shares[0].digest = [0; 32];
    assert_eq!(refusal(&set, &[], &text(&new, 1)), ShareRefusal::Forged);
}

#[test]
fn every_refusal_is_two_sentences() {
    let (_, new) = three_of_five("2027", 15);
    let too_few = Gathering::new(&new.set, &[]).missing().unwrap();
    let texts = [
        ShareRefusal::NotAWord(3).to_string(),
        ShareRefusal::Count(32).to_string(),
        ShareRefusal::Typo(7).to_string(),
        ShareRefusal::Swapped(7).to_string(),
        ShareRefusal::Typos.to_string(),
        ShareRefusal::OtherYear("2026".to_owned()).to_string(),
        ShareRefusal::OtherSet(Purpose::IdentitySeed, "2026-Q1".to_owned()).to_string(),
        ShareRefusal::UnknownSet("one two".to_owned()).to_string(),
        ShareRefusal::Forged.to_string(),
        ShareRefusal::Duplicate(2).to_string(),
        CombineError::TooFew(too_few).to_string(),
        CombineError::WrongSecret.to_string(),
    ];
    for text in texts {
        assert_eq!(text.matches(". ").count(), 1, "{text}");
        assert!(text.ends_with('.'), "{text}");
    }
    assert!(ShareRefusal::Swapped(7).to_string().contains("7 and 8"));
}

#[test]
fn three_of_five_combine_within_a_second() {
    let (_, new) = three_of_five("2027", 16);
    let typed: Vec<String> = (1..=3).map(|holder| text(&new, holder)).collect();
    let start = std::time::Instant::now();
    let mut gathering = Gathering::new(&new.set, &[]);
    for typed in &typed {
        gathering.add(typed).unwrap();
    }
    assert!(gathering.combine().is_ok());
    assert!(start.elapsed().as_secs_f64() < 1.0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever is done to the words of three good shares, the secret or a refusal comes out.
    #[test]
    fn no_mutation_gives_a_wrong_secret(
        seed in 0_u64..4,
        edits in prop::collection::vec((0_usize..3, 0_usize..33, 0_u16..1024, 0_u8..6), 0..5),
    ) {
        let (secret, new) = three_of_five("2027", 100 + seed);
        let mut typed: Vec<Vec<&'static str>> = (1..=3).map(|holder| words(&new, holder)).collect();
        let good = typed.clone();
        for (share, place, word, kind) in edits {
            let share = &mut typed[share];
            let place = place % share.len();
            match kind {
                0 => share[place] = super::super::words::word(word),
                1 => { let other = usize::from(word) % share.len(); share.swap(place, other); }
                2 if share.len() > 1 => { share.remove(place); }
                3 => share.insert(place, super::super::words::word(word)),
                _ => share[place] = good[2][place % 33],
            }
        }
        let mut gathering = Gathering::new(&new.set, &[]);
        for (typed, good) in typed.iter().zip(&good) {
            let taken = gathering.add(&typed.join(" ")).is_ok();
            prop_assert!(!taken || typed == good || *typed == words(&new, 3));
        }
        if let Ok(found) = gathering.combine() {
            prop_assert_eq!(found.bytes(), secret.bytes());
        }
    }
}
