use super::super::{
    BundleContent, Fingerprint,
    tests::{content, note, root},
};
use super::*;

fn before() -> KeyBundle {
    let anchor = Anchor::Fingerprint(content().fingerprint());
    let note = UnverifiedBundle::parse(note(&content(), &[1, 2]).as_bytes()).ok();
    note.unwrap().verify(&anchor, None).unwrap()
}

fn next() -> BundleContent {
    BundleContent {
        sequence: 4,
        previous: Some(before().digest()),
        ..content()
    }
}

/// Holder 3 leaves, holders 4 and 5 come, and three of four must sign.
fn with_new_roots() -> BundleContent {
    let mut roots = [1, 2, 4, 5].map(|byte| root(byte).verifying_key()).to_vec();
    roots.sort_by_key(crate::signing::VerifyingKey::to_bytes);
    BundleContent {
        roots,
        threshold: 3,
        ..next()
    }
}

fn follows(content: &BundleContent, holders: &[u8]) -> Result<u64, BundleError> {
    let anchor: Fingerprint = content.fingerprint();
    let parsed = UnverifiedBundle::parse(note(content, holders).as_bytes())?;
    let bundle = parsed.verify_successor(&Anchor::Fingerprint(anchor), &before())?;
    Ok(bundle.sequence())
}

#[test]
fn a_successor_names_the_one_before_it() {
    assert_eq!(follows(&next(), &[1, 2]), Ok(4));
    let other = BundleContent {
        previous: Some([1; 32]),
        ..next()
    };
    assert_eq!(follows(&other, &[1, 2]), Err(BundleError::NotInChain));
    let older = BundleContent {
        sequence: 2,
        ..next()
    };
    assert_eq!(follows(&older, &[1, 2]), Err(BundleError::RolledBack));
    let demo = BundleContent {
        demo: true,
        ..next()
    };
    assert_eq!(follows(&demo, &[1, 2]), Err(BundleError::DemoAfterReal));
}

#[test]
fn other_root_keys_need_the_old_threshold_as_well_as_the_new() {
    let changed = with_new_roots();
    assert_eq!(follows(&changed, &[1, 2, 4]), Ok(4));
    // The leaving holder's signature counts among the old, never among the new.
    assert_eq!(follows(&changed, &[1, 3, 4, 5]), Ok(4));
    let old = |valid| Err(BundleError::OldRoots { valid, needed: 2 });
    assert_eq!(follows(&changed, &[1, 4, 5]), old(1));
    let new = BundleError::Signatures {
        valid: 2,
        needed: 3,
    };
    assert_eq!(follows(&changed, &[1, 2, 3]), Err(new));
    // A lower threshold alone is such a change.
    let lower = BundleContent {
        threshold: 1,
        ..next()
    };
    assert_eq!(follows(&lower, &[1]), old(1));
    assert_eq!(follows(&lower, &[1, 3]), Ok(4));
}
