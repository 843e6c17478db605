//! From a key bundle and twelve words to a server that serves.

use std::{
    fs,
    io::Write,
    process::{Command, Output, Stdio},
};

use crate::server::{
    Place, Program,
    http::{Form, Visitor},
};

#[test]
fn setup_takes_the_bundle_that_matches_the_words_and_what_it_writes_serves() {
    let place = Place::new();
    let words = place.office().content.fingerprint().to_string();
    let said = setup(&place, &words);
    assert!(said.status.success(), "{said:?}");
    let printed = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(printed.contains("server key"), "{printed}");
    let written = fs::read_to_string(place.path("new.toml")).expect("it is written");
    // Everything but where this machine has no folder for it.
    let sockets = place.path("").display().to_string();
    let written = written
        .replace("/run/asylia/", &sockets)
        .replace("listen = \"none\"\n", "");
    place.configure(&written);
    let server = place.start(Program::Asylia);
    let mut visitor = Visitor::connect(server.address()).expect("the server listens");
    let answer = visitor.post(Form::default().text("story", "It happened."));
    answer.expect("an answer").receipt().expect("a receipt");
}

#[test]
fn setup_refuses_words_of_another_office_and_writes_nothing() {
    let (place, other) = (Place::new(), Place::new());
    for words in [
        other.office().content.fingerprint().to_string(),
        "x".to_owned(),
    ] {
        let said = setup(&place, &words);
        assert!(!said.status.success(), "{said:?}");
        assert!(!place.path("new.toml").exists());
    }
}

fn setup(place: &Place, words: &str) -> Output {
    let mut command = Command::new(Program::Asylia.path());
    command.arg("setup").arg("--data").arg(place.data());
    command.arg("--keys").arg(place.path("keys.note"));
    command.arg("--config").arg(place.path("new.toml"));
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(words.as_bytes()).expect("it reads");
    drop(input);
    child.wait_with_output().expect("it ends")
}
