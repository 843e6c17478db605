use asylia_envelope::key_bundle::Fingerprint;
use rand_core::OsRng;

use super::*;
use crate::period::{Window, new_period};

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

const INSTANCE: InstanceId = InstanceId([6; 16]);

fn period(instance: InstanceId, id: &str, from: &str) -> (InstanceId, Period) {
    let window = Window::quarter(day(from));
    let made = new_period(instance, id, window, &mut OsRng).ok().unwrap();
    (instance, made.public)
}

fn key(byte: u8) -> RootSigningKey {
    RootSigningKey::from_seed(&[byte; 32])
}

fn first_plan() -> Plan {
    Plan {
        instance: Some(INSTANCE),
        office: Some("Office of the focal point".to_owned()),
        roots: [3, 1, 2].map(|byte| key(byte).verifying_key()).to_vec(),
        threshold: Some(2),
        office_keys: vec![],
        transfer_key: None,
        periods: vec![period(INSTANCE, "2026-Q4", "2026-10-01")],
        not_before: day("2026-10-01"),
        not_after: day("2027-03-01"),
    }
}

fn next_plan() -> Plan {
    Plan {
        instance: None,
        office: None,
        roots: vec![],
        threshold: None,
        periods: vec![period(INSTANCE, "2027-Q1", "2027-01-01")],
        not_before: day("2027-01-01"),
        not_after: day("2027-05-30"),
        ..first_plan()
    }
}

fn signed(content: &BundleContent, holders: &[u8]) -> String {
    holders.iter().fold(content.to_note(&[]), |note, holder| {
        let note = UnverifiedBundle::parse(note.as_bytes()).ok().unwrap();
        sign(&note, None, &key(*holder)).unwrap()
    })
}

fn anchor(content: &BundleContent) -> Anchor {
    Anchor::Fingerprint(content.fingerprint())
}

fn first() -> KeyBundle {
    let content = build(first_plan(), None).unwrap();
    let note = signed(&content, &[1, 2]);
    verify(note.as_bytes(), &anchor(&content), None, day("2026-11-23")).unwrap()
}

#[test]
fn a_bundle_is_built_signed_by_two_of_three_and_verified() {
    let content = build(first_plan(), None).unwrap();
    assert_eq!((content.sequence, content.previous), (1, None));
    let today = day("2026-11-23");
    let one = signed(&content, &[1]);
    let refused = verify(one.as_bytes(), &anchor(&content), None, today).unwrap_err();
    let (valid, needed) = (1, 2);
    assert_eq!(
        refused,
        Refusal::Bundle(BundleError::Signatures { valid, needed })
    );
    let both = signed(&content, &[1, 3]);
    let bundle = verify(both.as_bytes(), &anchor(&content), None, today).unwrap();
    assert_eq!(bundle.note(), both);
}

#[test]
fn the_next_bundle_keeps_what_is_not_given_and_names_the_one_before() {
    let before = first();
    let content = build(next_plan(), Some(&before)).unwrap();
    assert_eq!(
        (content.sequence, content.previous),
        (2, Some(before.digest()))
    );
    assert_eq!(content.fingerprint(), before.content().fingerprint());
    let ids: Vec<&str> = content
        .periods
        .iter()
        .map(|period| period.id.as_str())
        .collect();
    assert_eq!(ids, ["2026-Q4", "2027-Q1"]);

    let note = signed(&content, &[2, 3]);
    let today = day("2027-01-15");
    let next = verify(note.as_bytes(), &anchor(&content), Some(&before), today).unwrap();
    assert_eq!(next.period_on(today).unwrap().id, "2027-Q1");

    // After the old window's last day the old period goes.
    let mut later = next_plan();
    later.not_before = day("2027-03-02");
    let content = build(later, Some(&before)).unwrap();
    assert_eq!(content.periods.len(), 1);
}

#[test]
fn what_is_wrong_with_a_bundle_is_named() {
    let before = first();
    let content = before.content();
    let (note, office) = (before.note().to_owned(), anchor(content));
    let today = day("2026-11-23");
    let check = |note: &str, anchor: &Anchor, in_use: Option<&KeyBundle>, day: Day| {
        verify(note.as_bytes(), anchor, in_use, day)
            .unwrap_err()
            .to_string()
    };
    let altered = note.replace("not after: 2027-03-01", "not after: 2037-03-01");
    assert_eq!(
        check(&altered, &office, None, today),
        "The key bundle carries 0 valid root signatures and needs 2. \
         It was altered, or more holders must sign it: do not use it as it is."
    );
    assert!(check(&note, &office, None, day("2027-03-02")).contains("2026-10-01 to 2027-03-01"));
    assert!(check(&note, &office, None, day("2026-09-30")).contains("valid from"));
    assert!(
        check(&note, &Anchor::DemoOnly, None, today)
            .starts_with("The key bundle vouches for itself")
    );
    let other = Anchor::Fingerprint(Fingerprint::of(INSTANCE, &content.roots, 3));
    assert!(check(&note, &other, None, today).contains("belongs to another office"));
    assert!(check("hello", &office, None, today).starts_with("This is not a key bundle. "));

    let content = build(next_plan(), Some(&before)).unwrap();
    let next = signed(&content, &[1, 2]);
    let next = verify(next.as_bytes(), &office, None, day("2027-01-15")).unwrap();
    assert!(check(&note, &office, Some(&next), today).contains("older than the one in use"));
}

#[test]
fn a_bundle_of_the_next_number_must_name_the_one_in_use() {
    let before = first();
    let mut content = build(next_plan(), Some(&before)).unwrap();
    content.previous = Some([0; 32]);
    let note = signed(&content, &[1, 2]);
    let today = day("2027-01-15");
    let refused = verify(note.as_bytes(), &anchor(&content), Some(&before), today);
    assert_eq!(refused, Err(Refusal::NotInChain));
    // Two bundles of one number are a fork.
    content.sequence = 1;
    let note = signed(&content, &[1, 2]);
    let refused = verify(note.as_bytes(), &anchor(&content), Some(&before), today);
    assert_eq!(refused, Err(Refusal::Bundle(BundleError::Forked)));
}

#[test]
fn parts_that_make_no_bundle_are_refused_before_anybody_signs() {
    let refused = |change: &dyn Fn(&mut Plan)| {
        let mut plan = first_plan();
        change(&mut plan);
        build(plan, None).unwrap_err()
    };
    let missing = |plan: &dyn Fn(&mut Plan)| matches!(refused(plan), Refusal::Missing(_));
    assert!(missing(&|plan| plan.instance = None));
    assert!(missing(&|plan| plan.office = None));
    assert!(missing(&|plan| plan.roots.clear()));
    assert!(missing(&|plan| plan.threshold = None));
    assert_eq!(
        refused(&|plan| plan.not_after = day("2026-09-30")),
        Refusal::Days
    );
    assert_eq!(refused(&|plan| plan.periods.clear()), Refusal::NoPeriod);
    assert!(matches!(
        refused(&|plan| plan.threshold = Some(4)),
        Refusal::Line(_)
    ));
    assert!(matches!(
        refused(&|plan| plan.threshold = Some(0)),
        Refusal::Line(_)
    ));
    assert!(matches!(
        refused(&|plan| plan.office = Some("a\nb".into())),
        Refusal::Line(_)
    ));
    let twice = |plan: &mut Plan| plan.periods.extend(plan.periods.clone());
    assert!(matches!(refused(&twice), Refusal::Line(_)));
    let foreign = |plan: &mut Plan| {
        plan.periods
            .push(period(InstanceId([7; 16]), "2027-Q1", "2027-01-01"));
    };
    assert_eq!(
        refused(&foreign),
        Refusal::ForeignPeriod("2027-Q1".to_owned())
    );
}

#[test]
fn only_a_listed_holder_signs_and_only_once() {
    let content = build(first_plan(), None).unwrap();
    let note = signed(&content, &[1]);
    let note = UnverifiedBundle::parse(note.as_bytes()).ok().unwrap();
    assert_eq!(sign(&note, None, &key(1)), Err(Refusal::SignedAlready));
    assert_eq!(sign(&note, None, &key(9)), Err(Refusal::NotARoot));
}

#[test]
fn the_description_tells_everything_that_is_signed() {
    let content = build(first_plan(), None).unwrap();
    let told = describe(&content);
    for part in [
        content.office.clone(),
        content.fingerprint().to_string(),
        INSTANCE.to_string(),
        content.roots[0].to_string(),
        "3, of which 2 must sign".to_owned(),
        "from 2026-10-01 to 2027-03-01".to_owned(),
        "2026-Q4: reports may be sealed to it from 2026-10-01".to_owned(),
    ] {
        assert!(told.contains(&part), "{part}");
    }
    assert!(!told.contains("DEMO"));
    let demo = BundleContent {
        demo: true,
        ..content
    };
    assert!(describe(&demo).starts_with("DEMO KEYS"));
}
