use asylia_envelope::{
    day::Day,
    seal::{open, seal},
};
use rand_core::OsRng;

use super::*;
use crate::period::{Window, new_period};

/// Computed apart from this code with HMAC-SHA-512 and bech32 of another language's standard
/// library.
const VECTOR_INTAKE: &str =
    "AGE-SECRET-KEY-PQ-178YSKVXSK2Y8AU58XT0PX2FC5AGZ4XE0TKDM9KK5556CM2EXLU8SH6U48K";
const VECTOR_ACCOUNT: &str =
    "AGE-SECRET-KEY-PQ-1T45R0GWXP42KTZC9NYSG3ZAXL0M6REQRD2F5RD9Y95C9YWAS06VSFUXQAS";
const VECTOR_IDENTITY: &str =
    "AGE-SECRET-KEY-PQ-160UPS2Q8FYNR9GPZHUKWNE34KXAMA02Q0RY392MY0H6PZP0Z53CSQXEVZT";

fn counting<const N: usize>() -> [u8; N] {
    core::array::from_fn(|at| u8::try_from(at).unwrap())
}

#[test]
fn identities_derive_as_the_vectors_say() {
    let instance = InstanceId(counting());
    let period_seed = PeriodSeed::from_bytes(Zeroizing::new(counting()));
    let identity_seed = IdentitySeed::from_bytes(Zeroizing::new(counting()));
    let line = |text: Zeroizing<String>| text.lines().last().unwrap()["key: ".len()..].to_owned();
    let intake = period_seed.derive_intake(instance, "2026-Q4");
    let account = period_seed.derive_account(instance, "2026-Q4");
    let identity = identity_seed.derive_identity_part(instance, "2026-Q4");
    assert_eq!(line(intake.to_secret_text()), VECTOR_INTAKE);
    assert_eq!(line(account.to_secret_text()), VECTOR_ACCOUNT);
    assert_eq!(line(identity.to_secret_text()), VECTOR_IDENTITY);

    let other_period = period_seed.derive_intake(instance, "2027-Q1");
    let other_instance = period_seed.derive_intake(InstanceId([9; 16]), "2026-Q4");
    assert!(other_period.recipient() != intake.recipient());
    assert!(other_instance.recipient() != intake.recipient());
}

fn made() -> crate::period::NewPeriod {
    let day: Day = "2026-11-23".parse().unwrap();
    new_period(
        InstanceId([4; 16]),
        "2026-Q4",
        Window::quarter(day),
        &mut OsRng,
    )
    .ok()
    .unwrap()
}

#[test]
fn an_identity_file_opens_with_its_passphrase_and_then_opens_what_was_sealed() {
    let period = made();
    let passphrase = SecretString::from("six random words of a list");
    let file = period.account.seal_file(&passphrase, WorkFactor::DEMO);
    let identity = AccountIdentity::open_file(&file, &passphrase).ok().unwrap();
    assert_eq!(
        (identity.instance(), identity.period()),
        (InstanceId([4; 16]), "2026-Q4")
    );

    let sealed = seal(&period.public.account, b"for the office").unwrap();
    let keys = core::iter::once(identity.age_identity());
    let plain = std::io::read_to_string(open(sealed.as_slice(), keys).ok().unwrap()).unwrap();
    assert_eq!(plain, "for the office");

    let wrong = AccountIdentity::open_file(&file, &SecretString::from("other words"));
    assert_eq!(wrong.err(), Some(KeyFileError::Passphrase));
}

#[test]
fn an_identity_of_one_role_is_none_of_another() {
    let period = made();
    let passphrase = SecretString::from("six random words of a list");
    let file = period.account.seal_file(&passphrase, WorkFactor::DEMO);
    let other_role = |wanted| KeyFileError::OtherRole {
        wanted,
        found: KeyRole::Account,
    };
    assert_eq!(
        IntakeIdentity::open_file(&file, &passphrase).err(),
        Some(other_role(KeyRole::Intake))
    );
    assert_eq!(
        IdentityPartIdentity::open_file(&file, &passphrase).err(),
        Some(other_role(KeyRole::Identity))
    );
    // Whoever renames the role in the text gets an identity that opens nothing of that role.
    let renamed = period.account.to_secret_text().replace("account", "intake");
    let renamed = AnyIdentity::parse_secret_text(&renamed).ok().unwrap();
    assert!(renamed.role() == KeyRole::Intake && !renamed.fits(&period.public));

    let office = crate::signing_file::OfficeSigningKey::generate(&mut OsRng);
    let file = crate::signing_file::seal_office(
        &office,
        InstanceId([4; 16]),
        &passphrase,
        WorkFactor::DEMO,
    );
    assert_eq!(
        AnyIdentity::open_file(&file, &passphrase).err(),
        Some(KeyFileError::NoIdentity(KeyRole::OfficeSigning))
    );
}

#[test]
fn a_set_takes_the_identities_of_one_period_alone() {
    let period = made();
    let public = period.public.clone();
    let mut set = PeriodIdentities::new(InstanceId([4; 16]), "2026-Q4");
    assert!(set.for_opening().is_none());
    for text in [
        period.intake.to_secret_text(),
        period.account.to_secret_text(),
        period.identity.to_secret_text(),
    ] {
        let identity = AnyIdentity::parse_secret_text(&text).ok().unwrap();
        assert!(identity.fits(&public));
        assert_eq!(*identity.to_secret_text(), *text);
        set.insert(identity).unwrap();
    }
    let opening = set.for_opening().unwrap();
    assert!(opening.account.is_some() && opening.identity.is_some());

    let seed = PeriodSeed::generate(&mut OsRng);
    for (instance, id) in [
        (InstanceId([4; 16]), "2027-Q1"),
        (InstanceId([5; 16]), "2026-Q4"),
    ] {
        assert_eq!(
            set.insert(seed.derive_intake(instance, id)),
            Err(OtherPeriod)
        );
    }
}
