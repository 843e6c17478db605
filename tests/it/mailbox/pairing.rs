//! `asylia pair`: equal words are noted, other words are an alarm, changed keys are told.

use std::{
    io::Write,
    process::{Command, Output, Stdio},
};

use asylia_envelope::{
    pairing::PairingWords,
    signing::{Office, SigningKey, Transfer, VerifyingKey},
};

use crate::server::{Place, Program};

#[test]
fn server_and_office_say_the_same_words_and_others_are_an_alarm() {
    let place = Place::new();
    drop(place.start(Program::Asylia));
    let said = pair(&place, "");
    assert!(said.status.success());
    let printed = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(printed.contains("not noted"), "{printed}");
    // The office computes its words from the key in the bundles that it was given and from its own.
    let key = line(&printed, "server key  ");
    let key = VerifyingKey::<Transfer>::parse(&key).expect("a key");
    let content = &place.office().content;
    let words = PairingWords::of(content.instance, &key, &content.office_keys);
    assert_eq!(line(&printed, "words       "), words.to_string());

    let stranger = SigningKey::<Office>::from_seed(&[9; 32]).verifying_key();
    let others = PairingWords::of(content.instance, &key, &[stranger]);
    let alarm = pair(&place, &others.to_string());
    assert_eq!(alarm.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&alarm.stderr).contains("ALARM"));
    let slip = pair(&place, "one two three");
    assert!(String::from_utf8_lossy(&slip.stderr).contains("twelve words"));
    assert!(!place.data().join("paired").exists());

    let paired = pair(&place, &words.to_string().to_uppercase());
    assert!(String::from_utf8_lossy(&paired.stdout).contains("Paired"));
    assert!(place.data().join("paired").exists());
}

fn pair(place: &Place, typed: &str) -> Output {
    let mut child = Command::new(Program::Asylia.path())
        .args(["pair", "--data"])
        .arg(place.data())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut input = child.stdin.take().expect("piped");
    writeln!(input, "{typed}").expect("it reads");
    drop(input);
    child.wait_with_output().expect("our own child")
}

fn line(printed: &str, begins: &str) -> String {
    let mut lines = printed.lines();
    let line = lines.find_map(|line| line.strip_prefix(begins));
    line.expect("it is printed").to_owned()
}
