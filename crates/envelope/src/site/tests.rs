use proptest::{collection::vec, prelude::*};

use super::*;

fn manifest() -> SiteManifest {
    SiteManifest {
        release: "0.1.0".to_owned(),
        day: "2026-11-24".parse().unwrap(),
        policy: "default-src 'none'; script-src 'self'".to_owned(),
        files: vec![
            file(SiteFileKind::File, "/static/a.png"),
            file(SiteFileKind::Script, "/static/b.js"),
        ],
    }
}

fn file(kind: SiteFileKind, path: &str) -> SiteFile {
    SiteFile {
        kind,
        sha256: [7; 32],
        size: 12,
        path: path.to_owned(),
    }
}

fn key(seed: u8) -> SigningKey<Site> {
    SigningKey::from_seed(&[seed; 32])
}

fn signed() -> String {
    let note = SiteNote::parse(manifest().to_text().as_bytes()).unwrap();
    note.sign(&key(1)).unwrap()
}

#[test]
fn several_sign_one_text_and_each_once() {
    let unsigned = SiteNote::parse(manifest().to_text().as_bytes()).unwrap();
    assert_eq!(unsigned.signers(), []);
    let one = SiteNote::parse(signed().as_bytes()).unwrap();
    assert_eq!(one.sign(&key(1)), None, "it signed already");
    let two = SiteNote::parse(one.sign(&key(2)).unwrap().as_bytes()).unwrap();
    assert_eq!(two.manifest(), &manifest());
    assert!(
        [1, 2]
            .iter()
            .all(|seed| two.is_signed_by(&key(*seed).verifying_key()))
    );
    assert!(!two.is_signed_by(&key(3).verifying_key()));
    let mut full = two;
    for seed in 3..=8 {
        full = SiteNote::parse(full.sign(&key(seed)).unwrap().as_bytes()).unwrap();
    }
    assert_eq!(full.sign(&key(9)), None, "no ninth");
}

#[test]
fn every_flipped_byte_and_every_cut_is_refused() {
    let whole = signed().into_bytes();
    let text = manifest().to_text().len();
    for at in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[at] ^= 1;
        assert!(SiteNote::parse(&flipped).is_err(), "byte {at}");
        let cut = SiteNote::parse(&whole[..at]);
        // The text alone is an unsigned manifest, which nobody vouches for.
        let unsigned = cut.as_ref().is_ok_and(|note| note.signers().is_empty());
        assert!(cut.is_err() || (unsigned && at <= text), "cut at {at}");
    }
}

#[test]
fn what_our_writer_does_not_make_is_refused() {
    let refused = |alter: &dyn Fn(&mut SiteManifest)| {
        let mut other = manifest();
        alter(&mut other);
        let text = other.to_text();
        let error = SiteNote::parse(text.as_bytes()).err();
        assert_eq!(error, Some(SiteError::NotAManifest), "{text}");
    };
    refused(&|it| it.files.reverse());
    refused(&|it| it.files[1].path = it.files[0].path.clone());
    refused(&|it| it.files.clear());
    refused(&|it| it.release.clear());
    refused(&|it| it.release = "1 0".to_owned());
    refused(&|it| it.release = "1".repeat(33));
    refused(&|it| it.policy.clear());
    refused(&|it| it.policy = "default-src 'none';\tx".to_owned());
    refused(&|it| it.policy = "x".repeat(4097));
    for path in [
        "", "/", "x", "//x", "/x/", "/../x", "/x/..", "/./x", "/.x", "/x y", "/x%2e", "/x\\y",
        "/é", "/x?y",
    ] {
        refused(&|it| it.files[0].path = path.to_owned());
    }
    refused(&|it| it.files[0].path = format!("/{}", "x".repeat(255)));
    let many = |it: &mut SiteManifest| {
        let paths = (0..=SITE_FILES_LIMIT).map(|at| format!("/{at:04}"));
        it.files = paths.map(|path| file(SiteFileKind::File, &path)).collect();
    };
    refused(&many);
    for (from, to) in [
        (" 12 ", " 012 "),
        (" 12 ", " +12 "),
        ("0707", "0A07"),
        ("script:", "worker:"),
        ("v1", "v2"),
        ("\n", "\r\n"),
        ("day: 2026-11-24", "day: 2026-1-24"),
    ] {
        let text = manifest().to_text().replacen(from, to, 1);
        assert!(SiteNote::parse(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn a_signature_of_another_role_text_or_key_is_none() {
    let transfer = SigningKey::<crate::signing::Transfer>::from_seed(&[1; 32]);
    let text = manifest().to_text();
    let foreign = BASE64_STANDARD.encode(transfer.sign(&[text.as_bytes()]));
    let note = format!("{text}\n— {} {foreign}\n", transfer.verifying_key());
    assert_eq!(SiteNote::parse(note.as_bytes()), Err(SiteError::Signature));
    let other = signed().replace("0.1.0", "0.1.1");
    assert_eq!(SiteNote::parse(other.as_bytes()), Err(SiteError::Signature));
    let line = signed().lines().last().unwrap().to_owned();
    let twice = format!("{}{line}\n", signed());
    assert_eq!(
        SiteNote::parse(twice.as_bytes()),
        Err(SiteError::NotAManifest)
    );
}

proptest! {
    #[test]
    fn what_is_written_is_read_the_same(
        release in "[A-Za-z0-9.+-]{1,32}",
        policy in "[ -~]{1,200}",
        paths in proptest::collection::btree_set("(/[a-zA-Z0-9_-][a-zA-Z0-9._-]{0,9}){1,4}", 1..20),
        size in any::<u64>(),
        script in any::<bool>(),
    ) {
        let kind = if script { SiteFileKind::Script } else { SiteFileKind::File };
        let files = paths.iter().map(|path| SiteFile { size, ..file(kind, path) }).collect();
        let made = SiteManifest { release, policy, files, ..manifest() };
        let note = SiteNote::parse(made.to_text().as_bytes());
        prop_assert_eq!(note.as_ref().map(SiteNote::manifest), Ok(&made));
        let signed = note.unwrap().sign(&key(5)).unwrap();
        prop_assert!(SiteNote::parse(signed.as_bytes()).unwrap().is_signed_by(&key(5).verifying_key()));
    }

    #[test]
    fn no_bytes_make_it_stumble(bytes in vec(any::<u8>(), 0..300), lines in "[ -~\n—]{0,300}") {
        drop(SiteNote::parse(&bytes));
        let text = format!("{}{lines}", manifest().to_text());
        if let Ok(note) = SiteNote::parse(text.as_bytes()) {
            prop_assert!(text.starts_with(&note.manifest().to_text()));
        }
    }
}
