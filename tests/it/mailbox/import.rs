//! `asylia import`: what the office signed, in its order, whole and once; everything else is refused by name.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use asylia_envelope::{
    ids::RecordId,
    return_code::ReturnCode,
    signing::SigningKey,
    transfer::{OfficeSubject, UntrustedBundle, arrived_list},
};
use rand_core::OsRng;

use super::{
    instance,
    office::{Correspondence, Item, Outbox},
    read,
};
use crate::server::{
    Place, Program, Server,
    http::{Form, Visitor},
};

#[test]
fn a_bundle_is_taken_in_once_and_what_does_not_fit_is_an_alarm_by_number() {
    let place = Place::new();
    let server = place.start(Program::Asylia);
    let code = ReturnCode::generate(&mut OsRng);
    let mut office = Correspondence::with(&place, &code.derive_mailbox(instance(&place)));
    let mut letter = |text: &str| vec![office.message_or_first(text).item()];
    let mut outbox = Outbox::new(&place);
    let one = outbox.write(&letter("One."));
    let mut copy = outbox.copied();
    let two = outbox.write(&letter("Two."));
    let three = outbox.write(&letter("Three."));
    let forked_two = copy.write(&letter("Another two."));
    let forked_three = copy.write(&letter("Another three."));

    let said = taken(&place, &one);
    assert!(
        said.contains("number 1 of the office is taken in: 1 new answers"),
        "{said}"
    );
    let said = taken(&place, &three);
    assert!(
        said.contains("MISSING: bundles of the office that never came here: 2."),
        "{said}"
    );
    assert!(shows(&server, &code, "Three."));
    refused(
        &place,
        &forked_two,
        "ALARM: bundle 2 is older than the newest here",
    );
    refused(&place, &forked_three, "ALARM: bundle 3 tells another story");
    assert!(!shows(&server, &code, "Another"));
    assert_eq!(
        confirmed(&place, "1.asylia"),
        1,
        "a gap is not confirmed to the office"
    );
    let said = taken(&place, &two);
    assert!(
        said.contains("1 new answers") && !said.contains("MISSING"),
        "{said}"
    );
    assert_eq!(confirmed(&place, "2.asylia"), 3);
    assert!(
        ["One.", "Two.", "Three."]
            .iter()
            .all(|text| shows(&server, &code, text))
    );

    // A replay brings nothing back that its reader deleted.
    super::delete(&server, &code.to_digits(), "all");
    for known in [&one, &two, &three] {
        assert!(taken(&place, known).contains("was taken in before. Nothing is new."));
    }
    assert!(!shows(&server, &code, "One."));

    let anew = outbox.restored().write(&letter("After the fire."));
    refused(&place, &anew, "ALARM: bundle 1 begins a new count");
    place.run("import", &[Path::new("--new-count"), &anew]);
    assert!(shows(&server, &code, "After the fire."));
}

#[test]
fn only_the_office_s_own_bundle_for_this_server_is_taken() {
    let place = Place::new();
    let other = Place::new();
    let server = place.start(Program::Asylia);
    drop(other.start(Program::Asylia));
    let code = ReturnCode::generate(&mut OsRng);
    let mut office = Correspondence::with(&place, &code.derive_mailbox(instance(&place)));
    let items = [office.received("Good news.").item()];
    let good = Outbox::new(&place).write(&items);

    let stranger = SigningKey::generate(&mut OsRng);
    let forged = Outbox::new(&place).write_signed_by(&stranger, &items);
    refused(&place, &forged, "signed by no key of the office");
    refused(&other, &good, "signed by no key of the office");
    refused(
        &place,
        &place.export("1.asylia"),
        "This is a bundle for the office",
    );
    refused(&place, Path::new("no-such-file"), "The file cannot be read");
    refused(&place, &place.data(), "The file cannot be read");
    let bytes = fs::read(&good).expect("own file");
    let note = bytes.iter().position(|byte| *byte == b':').expect("a note");
    for (at, says) in [
        (2, "damaged"),
        (note + 20, "nothing was imported"),
        (bytes.len() - 4000, "damaged"),
    ] {
        let mut changed = bytes.clone();
        if let Some(byte) = changed.get_mut(at) {
            *byte ^= 1;
        }
        refused(&place, &written(&place, &changed), says);
    }
    let (cut, _) = bytes.split_at(bytes.len() - 1);
    refused(&place, &written(&place, cut), "damaged");
    assert!(!shows(&server, &code, "Good news."));
    assert!(taken(&place, &good).contains("1 new answers"));
    assert!(shows(&server, &code, "Good news."));
}

#[test]
fn records_that_arrived_are_deleted_and_no_others() {
    let place = Place::new();
    let server = place.start(Program::Asylia);
    (0..3).for_each(|_| report(&server));
    let carried = records(&place, "1.asylia");
    report(&server);
    let (arrived, later) = carried.split_at(2);
    let mut outbox = Outbox::new(&place);
    let list = |records: &[RecordId]| -> Vec<Item> {
        let records = records
            .iter()
            .copied()
            .chain([RecordId([0xee; 16])])
            .collect();
        vec![(OfficeSubject::Arrived, arrived_list(&records))]
    };
    let said = taken(&place, &outbox.write(&list(arrived)));
    assert!(
        said.contains("2 reports that arrived were deleted here"),
        "{said}"
    );
    assert_eq!(records(&place, "2.asylia").len(), 2);
    assert!(records(&place, "3.asylia").contains(later.first().expect("a third")));
    let page = Visitor::connect(server.address())
        .and_then(|mut visitor| visitor.ask("GET /mailbox", None))
        .expect("an answer");
    assert_eq!(page.status, 200);
}

/// Kills the import at random places: the bundle is there whole, or not at all, and the next try ends it.
#[test]
fn an_import_that_is_killed_is_done_or_not_begun() {
    let place = Place::new();
    let server = place.start(Program::Asylia);
    let mut outbox = Outbox::new(&place);
    let rounds = if crate::server::long() { 100 } else { 25 };
    for round in 0..rounds {
        let code = ReturnCode::generate(&mut OsRng);
        let mut office = Correspondence::with(&place, &code.derive_mailbox(instance(&place)));
        let items: Vec<Item> = (1..=4)
            .map(|number| office.message_or_first(&format!("Number {number}.")).item())
            .collect();
        let bundle = outbox.write(&items);
        let mut child = command(&place, &bundle)
            .spawn()
            .expect("the program starts");
        std::thread::sleep(std::time::Duration::from_micros(700 * round));
        drop(child.kill());
        child.wait().expect("our own child");
        let seen = (1..=4)
            .filter(|number| shows(&server, &code, &format!("Number {number}.")))
            .count();
        assert!(seen == 0 || seen == 4, "{seen} of 4 in round {round}");
        let said = taken(&place, &bundle);
        assert_eq!(said.contains("Nothing is new"), seen == 4, "{said}");
        assert!(shows(&server, &code, "Number 4."));
    }
}

fn taken(place: &Place, bundle: &Path) -> String {
    place.run("import", &[bundle])
}

fn refused(place: &Place, bundle: &Path, says: &str) {
    let output: Output = command(place, bundle).output().expect("the program runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(says), "{said}");
    assert!(!said.contains(&place.data().display().to_string()));
}

fn command(place: &Place, bundle: &Path) -> Command {
    let mut command = Command::new(Program::Asylia.path());
    command
        .arg("import")
        .arg("--data")
        .arg(place.data())
        .arg(bundle);
    command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    command
}

fn shows(server: &Server, code: &ReturnCode, text: &str) -> bool {
    read(server, &code.to_digits()).body.contains(text)
}

fn written(place: &Place, bytes: &[u8]) -> std::path::PathBuf {
    let path = place.path("changed.asylia");
    fs::write(&path, bytes).expect("own folder");
    path
}

fn report(server: &Server) {
    let mut visitor = Visitor::connect(server.address()).expect("the server listens");
    let answer = visitor.post(Form::default().text("story", "It happened in March."));
    assert_eq!(answer.expect("an answer").status, 200);
}

/// What the server confirms to the office in its next bundle.
fn confirmed(place: &Place, name: &str) -> u64 {
    let bytes = fs::read(place.export(name)).expect("the bundle is there");
    let bundle = UntrustedBundle::open(bytes.as_slice(), bytes.len() as u64, None);
    bundle.expect("it is signed").note().acknowledged
}

fn records(place: &Place, name: &str) -> Vec<RecordId> {
    let bytes = fs::read(place.export(name)).expect("the bundle is there");
    let bundle = UntrustedBundle::open(bytes.as_slice(), bytes.len() as u64, None);
    let bundle = bundle.expect("it is signed");
    let blobs = bundle.note().blobs.iter();
    blobs.map(|blob| blob.subject.record_id).collect()
}
