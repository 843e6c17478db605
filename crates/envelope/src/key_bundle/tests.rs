use rand_core::OsRng;

use super::*;
use crate::hybrid::HybridIdentity;

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

pub(in crate::key_bundle) fn root(byte: u8) -> SigningKey<Root> {
    SigningKey::from_seed(&[byte; 32])
}

fn period(id: &str, from: &str, until: &str, byte: u8) -> Period {
    let recipient = |role: u8| HybridIdentity::from_seed(&[byte ^ role; 32]).to_recipient();
    Period {
        id: id.to_owned(),
        from: day(from),
        until: day(until),
        intake: recipient(1),
        account: recipient(2),
        identity: recipient(4),
    }
}

/// Three roots of which two must sign; two periods whose windows overlap.
pub(in crate::key_bundle) fn content() -> BundleContent {
    let mut roots: Vec<_> = [1, 2, 3].map(|byte| root(byte).verifying_key()).to_vec();
    roots.sort_by_key(VerifyingKey::to_bytes);
    BundleContent {
        instance: InstanceId([7; 16]),
        office: "Office of the focal point".to_owned(),
        sequence: 3,
        previous: Some([9; 32]),
        not_before: day("2026-10-01"),
        not_after: day("2027-05-30"),
        demo: false,
        threshold: 2,
        roots,
        office_keys: vec![SigningKey::from_seed(&[8; 32]).verifying_key()],
        transfer_key: Some(SigningKey::from_seed(&[6; 32]).verifying_key()),
        periods: vec![
            period("2026-Q4", "2026-10-01", "2027-03-01", 0x10),
            period("2027-Q1", "2027-01-01", "2027-05-30", 0x20),
        ],
    }
}

pub(in crate::key_bundle) fn note(content: &BundleContent, holders: &[u8]) -> String {
    let lines: Vec<String> = holders
        .iter()
        .map(|holder| content.signature_line(&root(*holder)))
        .collect();
    content.to_note(&lines)
}

fn verify(note: &str, in_use: Option<(u64, [u8; 32])>) -> Result<KeyBundle, BundleError> {
    let anchor = Anchor::Fingerprint(content().fingerprint());
    UnverifiedBundle::parse(note.as_bytes())?.verify(&anchor, in_use)
}

fn verified() -> KeyBundle {
    verify(&note(&content(), &[1, 2]), None).unwrap()
}

#[test]
fn a_note_comes_back_as_it_was_written() {
    let written = note(&content(), &[1, 2]);
    let unverified = UnverifiedBundle::parse(written.as_bytes()).unwrap_or_else(|_| panic!());
    assert_eq!(*unverified.claimed(), content());
    let bundle = verify(&written, None).unwrap();
    assert_eq!(
        (bundle.content(), bundle.note()),
        (&content(), written.as_str())
    );
    // Pins the text and not its signatures.
    assert_eq!(
        bundle.digest(),
        verify(&note(&content(), &[3, 2, 1]), None)
            .unwrap()
            .digest()
    );
    let first = BundleContent {
        previous: None,
        office_keys: vec![],
        transfer_key: None,
        ..content()
    };
    assert_eq!(
        *verify(&note(&first, &[1, 2]), None).unwrap().content(),
        first
    );
}

#[test]
fn the_fingerprint_stays_through_periods_and_changes_with_roots_threshold_or_instance() {
    let words = content().fingerprint();
    assert_eq!(words.to_string().split(' ').count(), 12);
    let same = |change: &dyn Fn(&mut BundleContent)| {
        let mut changed = content();
        change(&mut changed);
        assert_ne!(changed, content());
        changed.fingerprint() == words
    };
    assert!(same(&|c| c.periods.clear()));
    assert!(same(&|c| c.sequence += 1));
    assert!(same(&|c| c.office.push('!')));
    assert!(same(&|c| c.office_keys.clear()));
    assert!(same(&|c| c.not_after = day("2030-01-01")));
    assert!(same(&|c| c.roots.reverse()), "the order of keys is nothing");
    assert!(!same(&|c| c.threshold = 1));
    assert!(!same(&|c| c.instance.0[15] ^= 1));
    assert!(!same(&|c| c.roots[0] = root(4).verifying_key()));
    assert!(!same(&|c| c.roots.truncate(2)));
    assert!(!same(&|c| c.roots.push(root(4).verifying_key())));
}

#[test]
fn a_typed_fingerprint_is_read_in_any_case_spacing_and_by_four_letters() {
    let words = content().fingerprint();
    let text = words.to_string();
    let four: Vec<String> = text
        .split(' ')
        .map(|word| word.chars().take(4).collect())
        .collect();
    for typed in [
        text.clone(),
        text.to_uppercase(),
        text.replace(' ', "-"),
        format!("  {}\n", text.replace(' ', "   ")),
        four.join(" "),
    ] {
        assert_eq!(Fingerprint::parse(&typed), Ok(words.clone()), "{typed}");
    }
    for bad in [
        String::new(),
        format!("{text} zoo"),
        text.replacen(' ', "x ", 1),
    ] {
        assert_eq!(Fingerprint::parse(&bad), Err(BadFingerprint), "{bad}");
    }
}

#[test]
fn each_altered_line_is_refused() {
    let good = note(&content(), &[1, 2]);
    let lines: Vec<&str> = good.lines().collect();
    let rebuilt = |at: usize, new: &[&str]| {
        let changed: Vec<&str> = [&lines[..at], new, &lines[at + 1..]].concat();
        changed.join("\n") + "\n"
    };
    assert_eq!(rebuilt(0, &[lines[0]]), good);
    for (at, line) in lines.iter().enumerate() {
        // Another value of the same form: letters and digits rotate, each by itself.
        for position in line.char_indices().map(|(position, _)| position) {
            let Some(altered) = rotated(line, position) else {
                continue;
            };
            let outcome = verify(&rebuilt(at, &[&altered]), None);
            assert!(outcome.is_err(), "line {at}, position {position}");
        }
        assert!(
            verify(&rebuilt(at, &[]), None).is_err(),
            "line {at} missing"
        );
        let twice = verify(&rebuilt(at, &[line, line]), None);
        let signature = line.starts_with('—');
        assert_eq!(twice.is_ok(), signature, "line {at} twice");
        assert!(
            verify(&rebuilt(at, &[line, "x: y"]), None).is_err(),
            "a line after {at}"
        );
    }
}

/// `line` with the letter or digit at `position` replaced by its neighbour; long recipients are
/// sampled.
fn rotated(line: &str, position: usize) -> Option<String> {
    let sampled = line.len() < 200 || position.is_multiple_of(97) || position + 8 > line.len();
    let old = *line.as_bytes().get(position)?;
    if !sampled || !old.is_ascii_alphanumeric() {
        return None;
    }
    let new = match old {
        b'9' => '8',
        b'z' => 'y',
        b'Z' => 'Y',
        _ => char::from(old + 1),
    };
    Some(format!(
        "{}{new}{}",
        &line[..position],
        &line[position + 1..]
    ))
}

#[test]
fn a_refused_line_is_named_by_its_number() {
    let good = note(&content(), &[1, 2]);
    let refusal = |from: &str, to: &str| {
        let altered = good.replacen(from, to, 1);
        assert_ne!(altered, good);
        verify(&altered, None).unwrap_err()
    };
    assert_eq!(
        refusal("asylia key bundle v1", "asylia key bundle v2"),
        BundleError::NotABundle
    );
    assert_eq!(
        refusal("asylia key bundle v1", "asylia key bundle v10"),
        BundleError::NotABundle
    );
    assert_eq!(refusal("office: ", "bureau: "), BundleError::Line(2));
    assert_eq!(
        refusal("instance: 07", "instance: x7"),
        BundleError::Line(4)
    );
    assert_eq!(refusal("sequence: 3", "sequence: 0"), BundleError::Line(5));
    assert_eq!(refusal("demo: no", "demo: maybe"), BundleError::Line(9));
    for (from, to) in [
        ("sequence: 3", "sequence: 03"),
        ("sequence: 3", "sequence: +3"),
        ("threshold: 2", "threshold: 4"),
        ("threshold: 2", "threshold: 0"),
        ("not before: 2026-10-01", "not before: 2026-10-1"),
        ("period: 2027-Q1", "period: 2026-Q4"),
        ("period: 2027-Q1 2027-01-01", "period: 2027-Q1 2026-10-01"),
        (
            "2027-Q1 2027-01-01 2027-05-30",
            "2027-Q1 2027-01-01 2026-12-31",
        ),
        ("period: 2027-Q1", "period: a-name-beyond-16-c"),
    ] {
        assert!(matches!(refusal(from, to), BundleError::Line(_)), "{to}");
    }
    assert_eq!(refusal("\n\n", "\n"), BundleError::NotABundle);
    let long = format!("{good}{}", "x".repeat(NOTE_LIMIT_BYTES));
    assert_eq!(verify(&long, None), Err(BundleError::NotABundle));
    assert!(UnverifiedBundle::parse(b"asylia key bundle v1\n\xff").is_err());
}

#[test]
fn two_of_three_roots_must_sign_and_one_that_signs_twice_counts_once() {
    let count = |holders: &[u8]| verify(&note(&content(), holders), None);
    let short = |valid| Err(BundleError::Signatures { valid, needed: 2 });
    assert!(count(&[1, 2]).is_ok() && count(&[3, 1]).is_ok() && count(&[1, 2, 3]).is_ok());
    assert_eq!(count(&[]), short(0));
    assert_eq!(count(&[3]), short(1));
    assert_eq!(count(&[1, 1, 1]), short(1));
    // A key that is no root signs as well as it likes.
    assert_eq!(count(&[1, 4, 5]), short(1));
    // A holder's signature over another text.
    let other = BundleContent {
        sequence: 4,
        ..content()
    };
    let lines = [
        content().signature_line(&root(1)),
        other.signature_line(&root(2)),
    ];
    assert_eq!(verify(&content().to_note(&lines), None), short(1));
    // The name of one holder before the signature of another.
    let (one, two) = (
        root(1).verifying_key().to_string(),
        root(2).verifying_key().to_string(),
    );
    let swapped = content().signature_line(&root(1)).replace(&one, &two);
    let lines = [content().signature_line(&root(1)), swapped];
    assert_eq!(verify(&content().to_note(&lines), None), short(1));
}

#[test]
fn a_note_that_vouches_for_itself_is_refused_unless_it_is_a_demonstration() {
    let parse = |note: &str| UnverifiedBundle::parse(note.as_bytes()).unwrap_or_else(|_| panic!());
    let good = note(&content(), &[1, 2]);
    assert_eq!(
        parse(&good).verify(&Anchor::DemoOnly, None),
        Err(BundleError::NoAnchor)
    );
    let demo = BundleContent {
        demo: true,
        ..content()
    };
    assert!(
        parse(&note(&demo, &[1, 2]))
            .verify(&Anchor::DemoOnly, None)
            .is_ok()
    );
    // The mark alone is not enough: it is signed like everything else.
    let marked = good.replace("demo: no", "demo: yes");
    let refused = parse(&marked).verify(&Anchor::DemoOnly, None);
    assert_eq!(
        refused,
        Err(BundleError::Signatures {
            valid: 0,
            needed: 2
        })
    );

    let stranger = SigningKey::<Root>::generate(&mut OsRng);
    let other = Fingerprint::of(content().instance, &[stranger.verifying_key()], 1);
    let refused = parse(&good).verify(&Anchor::Fingerprint(other), None);
    assert_eq!(
        refused,
        Err(BundleError::OtherOffice(
            content().fingerprint().to_string()
        ))
    );
}

#[test]
fn a_rollback_and_a_fork_are_refused_and_the_same_bundle_is_not() {
    let good = note(&content(), &[1, 2]);
    let digest = verified().digest();
    assert!(verify(&good, Some((3, digest))).is_ok());
    assert!(verify(&good, Some((2, [1; 32]))).is_ok());
    assert_eq!(
        verify(&good, Some((4, digest))),
        Err(BundleError::RolledBack)
    );
    assert_eq!(verify(&good, Some((3, [1; 32]))), Err(BundleError::Forked));
}

#[test]
fn the_period_of_a_day_is_the_newest_whose_window_holds_it() {
    let bundle = verified();
    let on = |text: &str| bundle.period_on(day(text)).map(|period| period.id.as_str());
    assert_eq!(on("2026-10-01"), Ok("2026-Q4"));
    assert_eq!(on("2026-12-31"), Ok("2026-Q4"));
    // Both windows hold these days.
    assert_eq!(on("2027-01-01"), Ok("2027-Q1"));
    assert_eq!(on("2027-03-01"), Ok("2027-Q1"));
    assert_eq!(on("2027-05-30"), Ok("2027-Q1"));
    let (from, until) = (day("2026-10-01"), day("2027-05-30"));
    assert_eq!(
        on("2026-09-30"),
        Err(BundleError::NotInForce { from, until })
    );
    assert_eq!(
        on("2027-05-31"),
        Err(BundleError::NotInForce { from, until })
    );

    let gap = BundleContent {
        not_before: day("2026-01-01"),
        periods: vec![],
        ..content()
    };
    let gap = verify(&note(&gap, &[1, 2]), None).unwrap();
    assert_eq!(gap.check_day(day("2026-02-01")), Ok(()));
    assert_eq!(gap.period_on(day("2026-02-01")), Err(BundleError::NoPeriod));
}
