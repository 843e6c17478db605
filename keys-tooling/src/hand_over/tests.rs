use asylia_envelope::{
    day::Day,
    ids::InstanceId,
    key_bundle::{Anchor, BundleContent, KeyBundle, UnverifiedBundle},
    signing::{SigningKey, VerifyingKey},
};
use rand_core::OsRng;

use super::*;
use crate::{
    custody::CustodySecret,
    period::{Window, new_period},
    recovery::{NotARecoveryNote, RecoveryNote},
    shares::{Scheme, split},
    signing_file::{RootSigningKey, seal_root},
};

const INSTANCE: InstanceId = InstanceId([5; 16]);

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn root(byte: u8) -> RootSigningKey {
    RootSigningKey::from_seed(&[byte; 32])
}

/// Roots 1, 2 and 3, of which two must sign.
fn bundle(instance: InstanceId) -> KeyBundle {
    let window = Window::quarter(day("2027-04-01"));
    let made = new_period(instance, "2027-Q2", window, &mut OsRng)
        .ok()
        .unwrap();
    let mut roots = [1, 2, 3].map(|byte| root(byte).verifying_key()).to_vec();
    roots.sort_by_key(VerifyingKey::to_bytes);
    let content = BundleContent {
        instance,
        office: "Focal point".to_owned(),
        sequence: 1,
        previous: None,
        not_before: window.from(),
        not_after: window.until(),
        demo: false,
        threshold: 2,
        roots,
        office_keys: vec![],
        transfer_key: None,
        periods: vec![made.public],
    };
    let lines = [1, 2].map(|byte| content.signature_line(&root(byte)));
    let anchor = Anchor::Fingerprint(content.fingerprint());
    let note = content.to_note(&lines);
    let note = UnverifiedBundle::parse(note.as_bytes()).unwrap();
    note.verify(&anchor, None).unwrap()
}

fn incoming() -> IncomingSigningKey {
    SigningKey::from_seed(&[9; 32])
}

fn appointment(bundle: &KeyBundle) -> Appointment {
    let key = incoming().verifying_key();
    Appointment::new(bundle, key, day("2027-06-01"), day("2027-06-30")).unwrap()
}

#[test]
fn nobody_appoints_a_successor_alone() {
    let bundle = bundle(INSTANCE);
    let today = day("2027-06-15");
    let unsigned = UnverifiedAppointment::unsigned(appointment(&bundle));
    let verify = |note: &UnverifiedAppointment| note.clone().verify(&bundle, today).err();
    let short = |valid| Some(BadAppointment::Signatures { valid, needed: 2 });
    assert_eq!(verify(&unsigned), short(0));
    let once = unsigned.clone().sign(&bundle, &root(1)).unwrap();
    assert_eq!(verify(&once), short(1));
    let again = once.clone().sign(&bundle, &root(1)).err();
    assert_eq!(again, Some(BadAppointment::SignedAlready));
    // The outgoing focal point, or anybody with a key of their own.
    let stranger = once.clone().sign(&bundle, &root(7)).err();
    assert_eq!(stranger, Some(BadAppointment::NotARoot));
    let twice = once.clone().sign(&bundle, &root(3)).unwrap();
    assert_eq!(verify(&twice), None);
    // One holder's line written down twice counts once.
    let note = once.to_note();
    let line = note.lines().last().unwrap();
    let doubled = UnverifiedAppointment::parse(format!("{note}{line}\n").as_bytes()).unwrap();
    assert_eq!(verify(&doubled), short(1));
    // A signature over a key bundle is none over an appointment.
    let text = unsigned.claimed().to_text();
    let signature = root(2).sign(&[text.as_bytes()]);
    let encoded = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, signature);
    let wrong = format!("{note}— {} {encoded}\n", root(2).verifying_key());
    assert_eq!(
        verify(&UnverifiedAppointment::parse(wrong.as_bytes()).unwrap()),
        short(1)
    );
}

#[test]
fn an_appointment_holds_for_its_office_its_days_and_its_key() {
    let ours = bundle(INSTANCE);
    let signed = [1, 3].iter().fold(
        UnverifiedAppointment::unsigned(appointment(&ours)),
        |note, byte| note.sign(&ours, &root(*byte)).unwrap(),
    );
    let verify = |bundle: &KeyBundle, on: &str| signed.clone().verify(bundle, day(on));
    let held = verify(&ours, "2027-06-30").unwrap();
    assert_eq!(held.check_key(&incoming().verifying_key()), Ok(()));
    let other = IncomingSigningKey::from_seed(&[8; 32]).verifying_key();
    assert_eq!(held.check_key(&other), Err(BadAppointment::OtherPerson));
    let days = BadAppointment::NotInForce(day("2027-06-01"), day("2027-06-30"));
    assert_eq!(verify(&ours, "2027-05-31").err(), Some(days));
    let elsewhere = bundle(InstanceId([6; 16]));
    assert_eq!(
        verify(&elsewhere, "2027-06-15").err(),
        Some(BadAppointment::OtherOffice)
    );
    let key = incoming().verifying_key();
    let long = Appointment::new(&ours, key, day("2027-06-01"), day("2027-07-31")).err();
    assert_eq!(long, Some(BadAppointment::Days));
    let text = signed.to_note();
    assert_eq!(
        UnverifiedAppointment::parse(text.as_bytes()).as_ref(),
        Ok(&signed)
    );
    for (from, to) in [
        ("v1", "v2"),
        ("not after: 2027-06-30", "not after: 2028-06-30"),
        ("incoming: ", "incoming:  "),
        ("\n\n", "\n"),
    ] {
        let altered = text.replacen(from, to, 1);
        assert!(altered != text && UnverifiedAppointment::parse(altered.as_bytes()).is_err());
    }
}

fn manifest(appointment: &Appointment) -> Manifest {
    let secret = CustodySecret::generate_recovery(INSTANCE, "2027-06-15", &mut OsRng).ok();
    let scheme = Scheme::single(2, 3).unwrap();
    let (made, until) = (day("2027-06-15"), day("2028-08-15"));
    let new = split(&secret.unwrap(), &scheme, made, until, &mut OsRng).ok();
    let set = new.unwrap().set;
    Manifest {
        vault: [1; 16],
        instance: INSTANCE,
        day: made,
        appointment: appointment.digest(),
        by: HandedBy::FocalPoint,
        events: 7,
        head: [2; 32],
        records: 3,
        quarantined: 0,
        periods: vec!["2027-Q2".to_owned(), "2027-Q3".to_owned()],
        destroyed: vec![],
        slots_gone: 2,
        recovery_set: set.id(),
        recovery_note: Manifest::note_digest(&set),
        outgoing: SigningKey::from_seed(&[4; 32]).verifying_key(),
        incoming: incoming().verifying_key(),
    }
}

#[test]
fn a_manifest_needs_both_signatures_and_the_appointed_key() {
    let appointment = appointment(&bundle(INSTANCE));
    let manifest = manifest(&appointment);
    let text = manifest.to_text();
    let outgoing = SigningKey::<Outgoing>::from_seed(&[4; 32]).sign(&[text.as_bytes()]);
    let signed = manifest.clone().sign(&outgoing, &incoming()).unwrap();
    assert_eq!(signed.check_appointment(&appointment), Ok(()));
    let read = SignedManifest::parse(signed.to_text().as_bytes());
    assert_eq!(read.as_ref(), Ok(&signed));
    // The same key in the other role, another key, no signature at all.
    let roles = SigningKey::<Incoming>::from_seed(&[4; 32]).sign(&[text.as_bytes()]);
    let other = IncomingSigningKey::from_seed(&[8; 32]);
    for refused in [
        manifest.clone().sign(&roles, &incoming()),
        manifest.clone().sign(&outgoing, &other),
        manifest.clone().sign(&[], &incoming()),
    ] {
        assert_eq!(refused.err(), Some(NotAManifest));
    }
    for (from, to) in [
        ("records: 3", "records: 2"),
        ("by: focal point", "by: recovery shares"),
        ("2027-Q2 2027-Q3", "2027-Q2"),
        ("destroyed: none", "destroyed: 2027-Q1"),
    ] {
        let altered = signed.to_text().replacen(from, to, 1);
        assert!(altered != signed.to_text());
        assert_eq!(
            SignedManifest::parse(altered.as_bytes()).err(),
            Some(NotAManifest)
        );
    }
    let mut later = appointment.clone();
    later.not_after = day("2027-07-01");
    assert_eq!(
        signed.check_appointment(&later),
        Err(BadManifest::OtherAppointment)
    );
}

#[test]
fn the_key_of_who_comes_is_no_other_key() {
    let passphrase = SecretString::from("correct horse");
    let file = seal_incoming(&incoming(), &passphrase, WorkFactor::DEMO);
    let opened = open_incoming(&file, &passphrase).ok().unwrap();
    assert_eq!(opened.seed(), incoming().seed());
    let file = seal_root(&root(1), &passphrase, WorkFactor::DEMO);
    assert_eq!(
        open_incoming(&file, &passphrase).err(),
        Some(KeyFileError::OtherRole {
            wanted: KeyRole::IncomingSigning,
            found: KeyRole::RootSigning
        })
    );
}

#[test]
fn a_recovery_note_is_of_its_own_set_alone() {
    let scheme = Scheme::single(2, 2).unwrap();
    let (made, until) = (day("2027-06-15"), day("2028-08-15"));
    let make = |label| {
        let secret = CustodySecret::generate_recovery(INSTANCE, label, &mut OsRng).ok();
        let secret = secret.unwrap();
        let new = split(&secret, &scheme, made, until, &mut OsRng)
            .ok()
            .unwrap();
        (secret.recipients().remove(0), new.set)
    };
    let ((recipient, set), (other, _)) = (make("2027"), make("2028"));
    assert_eq!(
        RecoveryNote::new(other, set.clone()).err(),
        Some(NotARecoveryNote)
    );
    let note = RecoveryNote::new(recipient, set).unwrap();
    let text = note.to_note();
    assert_eq!(RecoveryNote::parse(text.as_bytes()).as_ref(), Ok(&note));
    for (from, to) in [("v1", "v2"), ("\n\n", "\n\n\n"), ("2 of 2", "2 of 3")] {
        let altered = text.replacen(from, to, 1);
        assert_eq!(
            RecoveryNote::parse(altered.as_bytes()).err(),
            Some(NotARecoveryNote)
        );
    }
}
