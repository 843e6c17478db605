//! What the office has is deleted on the server: by its words alone, only what it has, without a trace.

use std::{
    fs::{self, File},
    io::{BufReader, Write as _},
    path::Path,
    process::{Command, Output, Stdio},
};

use asylia_envelope::{acknowledgement::AcknowledgementToken, transfer::UntrustedBundle};
use rand_core::OsRng;
use serde_json::Value;

use crate::server::{
    Place, Program, Server,
    http::{Form, Visitor},
};

#[test]
fn the_words_of_the_console_delete_what_its_bundle_carried() {
    let place = Place::new();
    let server = place.start(Program::Asylia);
    (0..3).for_each(|_| report(&server));
    let bundle = place.export("1.asylia");
    // Arrived after the export: the office does not have it.
    report(&server);

    let strange = AcknowledgementToken::generate(&mut OsRng).to_words();
    for (words, says) in [
        (
            strange.as_str(),
            "These words acknowledge no bundle of this server",
        ),
        ("word word", "an acknowledgement has twelve words"),
        ("", "an acknowledgement has twelve words"),
    ] {
        let refused = acknowledge(&place, words);
        assert_eq!(refused.status.code(), Some(1));
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(said.contains(says), "{said}");
    }
    assert_eq!(records(&place), 4);

    let (words, ciphertext) = read(&place, &bundle);
    assert!(
        is_on_disk(&place, &ciphertext),
        "what is searched for can be found"
    );
    let done = acknowledge(&place, &words);
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    assert_eq!(
        said,
        "Bundle number 1 is acknowledged. 3 records were deleted here.\n"
    );
    assert_eq!(records(&place), 1);
    assert!(
        !is_on_disk(&place, &ciphertext),
        "the engine kept a deleted record"
    );

    let again = acknowledge(&place, &words);
    let said = String::from_utf8_lossy(&again.stdout);
    assert!(said.ends_with("0 records were deleted here.\n"), "{said}");
    report(&server);
    assert_eq!(place.open_all(&place.export("2.asylia")).len(), 2);
}

fn report(server: &Server) {
    let mut visitor = Visitor::connect(server.address()).expect("the server listens");
    let answer = visitor.post(Form::default().text("story", "It happened in March."));
    assert_eq!(answer.expect("an answer").status, 200);
}

fn acknowledge(place: &Place, words: &str) -> Output {
    let mut child = Command::new(Program::Asylia.path())
        .arg("acknowledge")
        .arg("--data")
        .arg(place.data())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut input = child.stdin.take().expect("a pipe");
    writeln!(input, "{words}").expect("the program reads");
    drop(input);
    child.wait_with_output().expect("the program ends")
}

/// The words that the console would show, and some bytes of the first record.
fn read(place: &Place, bundle: &Path) -> (String, Vec<u8>) {
    let file = File::open(bundle).expect("the bundle is there");
    let length = file.metadata().expect("an open file").len();
    let mut bundle = UntrustedBundle::open(BufReader::new(file), length, None)
        .expect("the bundle is one, and signed");
    let token = AcknowledgementToken::open(&bundle.note().token, &place.office().period.intake);
    let words = token
        .expect("the token is the office's")
        .to_words()
        .to_string();
    let mut stored = Vec::new();
    bundle
        .next_blob(|bytes| {
            stored.extend_from_slice(bytes);
            Ok(())
        })
        .expect("every blob is as the note says");
    let some = stored.get(20_000..20_064).expect("a record is larger");
    (words, some.to_vec())
}

/// Whether bytes are in the database or its log.
fn is_on_disk(place: &Place, bytes: &[u8]) -> bool {
    let entries = fs::read_dir(place.data()).expect("the data folder is there");
    let files: Vec<_> = entries
        .map(|entry| entry.expect("readable").path())
        .collect();
    assert!(files.len() > 1, "the database is there");
    files.iter().filter(|path| path.is_file()).any(|path| {
        let content = fs::read(path).expect("our own file");
        content.windows(bytes.len()).any(|window| window == bytes)
    })
}

fn records(place: &Place) -> u64 {
    let printed = place.run("status", &[Path::new("--json")]);
    let status: Value = serde_json::from_str(&printed).expect("JSON");
    let records = status.get("records").and_then(Value::as_u64);
    records.expect("a count")
}
