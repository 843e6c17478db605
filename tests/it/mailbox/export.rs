//! The way out: several bundles where one is full, and a process that is killed in the middle.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use asylia::{
    clock::{Clock, Rng},
    data_folder::DataFolder,
    serve, transfer,
};
use asylia_envelope::{
    acknowledgement::AcknowledgementToken,
    ids::RecordId,
    transfer::{TransferNote, UntrustedBundle},
};

use crate::server::{
    Place, Program, Server,
    http::{Form, Visitor},
    long,
};

/// The limit is that of FAT32; the test's is that of two records.
#[test]
fn what_does_not_fit_one_bundle_goes_into_further_ones_of_the_same_export() {
    let place = Place::new();
    let server = place.start(Program::Asylia);
    (0..5).for_each(|_| report(&server));
    let data = DataFolder::existing(&place.data()).expect("a server's folder");
    let out = place.path("stick.asylia");
    let two = 2 * i64::try_from(asylia_envelope::padding::stored_bytes(65_536)).expect("small");
    let mut rng = Rng::System;
    let exporting = transfer::export_in_bundles_of(two, &data, &out, Clock::System, &mut rng);
    let exported = serve::runtime().expect("a runtime").block_on(exporting);
    let exported = exported.expect("it is written");
    let counts: Vec<usize> = exported.iter().map(|bundle| bundle.records).collect();
    assert_eq!(counts, [2, 2, 1]);
    let notes: Vec<TransferNote> = exported.iter().map(|bundle| note(&bundle.file)).collect();
    let waiting: Vec<u64> = notes.iter().map(|note| note.waiting).collect();
    assert_eq!(waiting, [3, 3, 4]);
    for (number, pair) in (2..).zip(notes.windows(2)) {
        let [before, after] = pair else { panic!("two") };
        assert_eq!(
            (after.sequence, after.previous),
            (number, Some(before.digest()))
        );
    }
    let opened: usize = exported
        .iter()
        .map(|bundle| place.open_all(&bundle.file).len())
        .sum();
    assert_eq!(opened, 5);
    assert!(
        exported
            .iter()
            .any(|bundle| bundle.file == place.path("stick-3.asylia"))
    );
    // Each has a token of its own: what one acknowledgement deletes, the others keep.
    let middle = notes.get(1).expect("three");
    acknowledge(&place, &words(&place, middle))
        .wait_with_output()
        .expect("our own child");
    assert_eq!(place.records(), 3);
}

#[test]
fn an_export_that_is_killed_loses_nothing_and_never_gives_a_number_twice() {
    let place = Place::new();
    let server = place.start(Program::Asylia);
    (0..3).for_each(|_| report(&server));
    let rounds: u32 = if long() { 100 } else { 25 };
    let whole = {
        let begun = std::time::Instant::now();
        place.export("whole.asylia");
        begun.elapsed()
    };
    let mut written = vec![place.path("whole.asylia")];
    for round in 0..rounds {
        let out = place.path(&format!("{round}.asylia"));
        let mut child = verb(&place, "export")
            .arg("--out")
            .arg(&out)
            .spawn()
            .expect("it starts");
        std::thread::sleep(whole * round / rounds);
        drop(child.kill());
        child.wait().expect("our own child");
        if out.exists() {
            written.push(out);
        }
    }
    written.push(place.export("last.asylia"));
    let mut numbers = BTreeMap::new();
    for bundle in &written {
        let note = note(bundle);
        let before = numbers.insert(note.sequence, note.digest());
        assert!(before.is_none(), "number {} twice", note.sequence);
        assert_eq!(
            place.open_all(bundle).len(),
            3,
            "a file that has its name is whole"
        );
        // Its predecessor is the bundle of the number before, where that one reached its name.
        if let (Some(previous), Some(known)) = (note.previous, numbers.get(&(note.sequence - 1))) {
            assert_eq!(previous, *known);
        }
    }
    assert!(
        written.len() > 2,
        "some were killed too early and some too late"
    );
    assert_eq!(place.records(), 3);
}

#[test]
fn an_acknowledgement_that_is_killed_deletes_all_of_its_bundle_in_the_end_and_nothing_else() {
    let rounds: u32 = if long() { 25 } else { 6 };
    let place = Place::new();
    let server = place.start(Program::Asylia);
    for round in 0..rounds {
        (0..3).for_each(|_| report(&server));
        let bundle = place.export(&format!("{round}.asylia"));
        report(&server);
        let words = words(&place, &note(&bundle));
        let mut child = acknowledge(&place, &words);
        std::thread::sleep(Duration::from_millis(2) * round);
        drop(child.kill());
        child.wait().expect("our own child");
        let again = acknowledge(&place, &words)
            .wait_with_output()
            .expect("our own child");
        assert!(again.status.success());
        let left = place.open_all(&place.export(&format!("{round}-left.asylia")));
        assert_eq!(
            left.len(),
            1,
            "what came after the export, in round {round}"
        );
        let rest = note(&place.path(&format!("{round}-left.asylia")));
        let tidy = acknowledge(&place, &self::words(&place, &rest));
        tidy.wait_with_output().expect("our own child");
        assert_eq!(place.records(), 0);
    }
}

/// Forged, reordered, cut, foreign and replayed bundles are refused on the other side; here: what leaves is whole.
#[test]
fn every_record_leaves_in_every_bundle_until_it_is_acknowledged() {
    let place = Place::new();
    let server = place.start(Program::Asylia);
    report(&server);
    let first = ids(&place.export("1.asylia"));
    report(&server);
    let second = ids(&place.export("2.asylia"));
    assert!(
        first.is_subset(&second) && second.len() == 2,
        "a lost stick costs nothing"
    );
}

fn ids(bundle: &Path) -> BTreeSet<RecordId> {
    let note = note(bundle);
    note.blobs
        .iter()
        .map(|blob| blob.subject.record_id)
        .collect()
}

fn note(bundle: &Path) -> TransferNote {
    let bytes = fs::read(bundle).expect("it is there");
    let bundle = UntrustedBundle::open(bytes.as_slice(), bytes.len() as u64, None);
    bundle.expect("it is signed").note().clone()
}

/// What the office's console shows after a full import.
fn words(place: &Place, note: &TransferNote) -> String {
    let token = AcknowledgementToken::open(&note.token, &place.office().period.intake);
    token
        .expect("it is for this office")
        .to_qr_text()
        .to_string()
}

fn acknowledge(place: &Place, words: &str) -> std::process::Child {
    let mut command = verb(place, "acknowledge");
    let mut child = command.stdin(Stdio::piped()).spawn().expect("it starts");
    let mut input = child.stdin.take().expect("piped");
    // A child that was killed does not read.
    drop(writeln!(input, "{words}"));
    child
}

fn verb(place: &Place, verb: &str) -> Command {
    let mut command = Command::new(Program::Asylia.path());
    command.arg(verb).arg("--data").arg(place.data());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn report(server: &Server) {
    let mut visitor = Visitor::connect(server.address()).expect("the server listens");
    let answer = visitor.post(Form::default().text("story", "It happened in March."));
    assert_eq!(answer.expect("an answer").status, 200);
}
