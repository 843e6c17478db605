use rand_core::OsRng;

use super::*;
use crate::identity::PeriodSeed;

fn passphrase() -> SecretString {
    SecretString::from("correct horse battery staple")
}

fn sample() -> KeyText {
    KeyText {
        role: KeyRole::Intake,
        instance: Some(InstanceId([2; 16])),
        period: Some("2026-Q4".to_owned()),
        key: Zeroizing::new("AGE-SECRET-KEY-PQ-1EXAMPLE".to_owned()),
    }
}

fn refusal(file: &[u8]) -> KeyFileError {
    KeyText::open(file, &passphrase()).err().unwrap()
}

#[test]
fn a_key_file_gives_back_its_lines() {
    let file = sample().seal(&passphrase(), WorkFactor::DEMO);
    assert!(file.len() < KEY_FILE_LIMIT_BYTES);
    let opened = KeyText::open(&file, &passphrase()).ok().unwrap();
    assert_eq!(
        *opened.to_text(),
        "asylia identity v1\nrole: intake\ninstance: 02020202020202020202020202020202\n\
         period: 2026-Q4\nkey: AGE-SECRET-KEY-PQ-1EXAMPLE\n"
    );
}

#[test]
fn a_wrong_passphrase_is_told_from_damage() {
    let file = sample().seal(&passphrase(), WorkFactor::DEMO);
    let wrong = KeyText::open(&file, &SecretString::from("correct horse battery stapl"));
    assert_eq!(wrong.err(), Some(KeyFileError::Passphrase));

    let header = file.windows(5).position(|at| at == b"\n--- ").unwrap();
    for at in [header + 60, file.len() - 40, file.len() - 1] {
        let mut altered = file.clone();
        altered[at] ^= 1;
        assert_eq!(refusal(&altered), KeyFileError::Damaged, "byte {at}");
    }
    assert_eq!(refusal(&file[..file.len() - 1]), KeyFileError::Damaged);
    // The MAC holds with the right passphrase, so another MAC is damage too.
    let mut altered = file.clone();
    altered[header + 10] = if altered[header + 10] == b'A' {
        b'B'
    } else {
        b'A'
    };
    assert_eq!(refusal(&altered), KeyFileError::Damaged);
}

#[test]
fn every_flipped_bit_is_refused() {
    let file = sample().seal(&passphrase(), WorkFactor(1));
    for at in 0..file.len() {
        let mut altered = file.clone();
        altered[at] ^= 4;
        assert!(KeyText::open(&altered, &passphrase()).is_err(), "byte {at}");
    }
}

#[test]
fn only_one_scrypt_stanza_of_bounded_work_is_a_key_file() {
    let file = sample().seal(&passphrase(), WorkFactor::DEMO);
    let text = String::from_utf8_lossy(&file).into_owned();
    let (version, rest) = text.split_once('\n').unwrap();
    let stanza: Vec<&str> = rest.lines().take(2).collect();
    let mac = rest.lines().nth(2).unwrap();
    let header = |lines: &[&str]| format!("{}\n{}", lines.join("\n"), "x".repeat(100)).into_bytes();
    let demanding = stanza[0].replace(" 12", " 21");
    assert_ne!(demanding, stanza[0]);

    assert_eq!(
        refusal(&header(&[version, &demanding, stanza[1], mac])),
        KeyFileError::TooMuchWork(21)
    );
    let padded = stanza[0].replace(" 12", " 012");
    let signed = stanza[0].replace(" 12", " +12");
    for lines in [
        vec![version, stanza[0], stanza[1], stanza[0], stanza[1], mac],
        vec![version, "-> x-grease AAAA", "", stanza[0], stanza[1], mac],
        vec![version, &padded, stanza[1], mac],
        vec![version, &signed, stanza[1], mac],
        vec![version, stanza[0], "", mac],
        vec!["age-encryption.org/v2", stanza[0], stanza[1], mac],
        vec![version, stanza[0], stanza[1]],
        vec![version],
        vec![""],
    ] {
        assert_eq!(refusal(&header(&lines)), KeyFileError::NotAKeyFile);
    }
    let recipient = PeriodSeed::generate(&mut OsRng)
        .derive_intake(InstanceId([0; 16]), "p")
        .recipient();
    let sealed = asylia_envelope::seal::seal(&recipient, b"asylia identity v1\n").unwrap();
    assert_eq!(refusal(&sealed), KeyFileError::NotAKeyFile);
    assert_eq!(
        refusal(&[0; KEY_FILE_LIMIT_BYTES + 1]),
        KeyFileError::NotAKeyFile
    );
}

#[test]
fn one_key_has_one_text() {
    let text = sample().to_text();
    assert!(KeyText::parse(&text).is_ok());
    for (from, to) in [
        ("asylia identity v1", "asylia identity v2"),
        ("asylia identity v1", "asylia signing key v1"),
        ("role: intake", "role: root"),
        ("role: intake", "role: Intake"),
        ("role: intake", "role: office-signing"),
        ("instance: 02", "instance: 2"),
        ("period: 2026-Q4\n", ""),
        ("\n", "\r\n"),
        ("EXAMPLE\n", "EXAMPLE"),
        ("EXAMPLE\n", "EXAMPLE\nnote: x\n"),
    ] {
        let altered = text.replace(from, to);
        assert_ne!(altered, *text);
        assert_eq!(
            KeyText::parse(&altered).err(),
            Some(KeyFileError::Content),
            "{to}"
        );
    }
}

#[test]
fn every_error_is_two_sentences() {
    let (wanted, found) = (KeyRole::Intake, KeyRole::Account);
    for error in [
        KeyFileError::NotAKeyFile,
        KeyFileError::TooMuchWork(63),
        KeyFileError::Passphrase,
        KeyFileError::Damaged,
        KeyFileError::Content,
        KeyFileError::OtherRole { wanted, found },
        KeyFileError::NoIdentity(KeyRole::RootSigning),
        KeyFileError::NoSeed(KeyRole::RootSigning),
    ] {
        let text = error.to_string();
        assert_eq!(text.matches(". ").count(), 1, "{text}");
        assert!(text.ends_with('.'), "{text}");
    }
}
