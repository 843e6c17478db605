use std::{fs, os::unix::fs::PermissionsExt};

use asylia_envelope::key_bundle::{Anchor, UnverifiedBundle};
use rand_core::OsRng;

use super::*;
use crate::{
    identity::{AnyIdentity, PeriodIdentities},
    signing_file::{open_office, open_root},
};

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

#[test]
fn a_demo_office_is_in_force_today_and_for_at_least_sixty_days() {
    for today in ["2026-01-01", "2026-11-23", "2026-12-31", "2028-02-29"] {
        let office = DemoOffice::generate(day(today), &mut OsRng);
        let unverified = UnverifiedBundle::parse(office.note.as_bytes())
            .ok()
            .unwrap();
        let bundle = unverified.verify(&Anchor::DemoOnly, None).unwrap();
        let period = bundle.period_on(day(today)).unwrap();
        assert!(bundle.period_on(day(today).plus_days(60)).is_ok());
        assert_eq!(period.id, day(today).quarter());
        assert!(bundle.content().demo);
    }
}

#[test]
fn two_demo_offices_share_nothing() {
    let (one, two) = (
        DemoOffice::generate(day("2026-11-23"), &mut OsRng),
        DemoOffice::generate(day("2026-11-23"), &mut OsRng),
    );
    assert_ne!(one.fingerprint(), two.fingerprint());
    assert_ne!(one.content.instance, two.content.instance);
    assert!(one.period.public.intake != two.period.public.intake);
    assert!(one.period.public.account != two.period.public.account);
    assert!(one.period.public.identity != two.period.public.identity);
    assert_ne!(one.office_key.seed(), two.office_key.seed());
    assert_ne!(
        one.passphrase.expose_secret(),
        two.passphrase.expose_secret()
    );
}

#[test]
fn the_files_of_a_demo_office_open_with_their_passphrase() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("demo");
    let office = DemoOffice::generate(day("2026-11-23"), &mut OsRng);
    office.write(&dir).unwrap();

    let words = fs::read_to_string(dir.join("passphrase")).unwrap();
    assert_eq!(words.split_whitespace().count(), 6);
    let passphrase = SecretString::from(words.trim_end());
    let mut set = PeriodIdentities::new(office.content.instance, "2026-Q4");
    for name in ["identity-intake", "identity-account", "identity-identity"] {
        let file = fs::read(dir.join(name)).unwrap();
        let identity = AnyIdentity::open_file(&file, &passphrase).ok().unwrap();
        assert!(identity.fits(&office.period.public), "{name}");
        set.insert(identity).unwrap();
    }
    assert!(set.for_opening().is_some());
    let office_file = fs::read(dir.join("signing-office")).unwrap();
    let (_, key) = open_office(&office_file, &passphrase).ok().unwrap();
    assert!(office.content.office_keys.contains(&key.verifying_key()));
    let root_file = fs::read(dir.join("signing-root")).unwrap();
    let key = open_root(&root_file, &passphrase).ok().unwrap();
    assert!(office.content.roots.contains(&key.verifying_key()));

    for entry in fs::read_dir(&dir).unwrap() {
        let mode = entry.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    assert_eq!(
        office.write(&dir).unwrap_err().kind(),
        io::ErrorKind::AlreadyExists
    );
}
