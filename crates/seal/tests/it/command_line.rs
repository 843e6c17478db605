//! The program as a person runs it: arguments in, sentences and exit codes out.
#![expect(
    clippy::disallowed_types,
    reason = "the tests start the program; the program starts none"
)]

use std::{
    fs::{self, File},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{SystemTime, UNIX_EPOCH},
};

use asylia_envelope::{day::Day, return_code::ReturnCode};
use asylia_keys::demo::DemoOffice;
use rand_core::OsRng;

/// Exit code, standard output, standard error.
fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_asylia-seal"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        out.status.code().unwrap(),
        text(out.stdout),
        text(out.stderr),
    )
}

/// Refused with exit code 1, nothing shown, two sentences, and no file left.
fn refused(folder: &Path, arguments: &[&str]) -> String {
    let (code, out, err) = run(folder, arguments);
    assert_eq!((code, out.as_str()), (1, ""), "{arguments:?}\n{err}");
    let err = err.trim_end().to_owned();
    assert!(
        err.ends_with('.') && err.contains(". ") && !err.contains('\n'),
        "{err}"
    );
    assert!(!folder.join("out").exists());
    let left = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    assert!(
        left.into_iter()
            .all(|name| !name.to_string_lossy().starts_with(".tmp"))
    );
    err
}

#[expect(
    clippy::disallowed_methods,
    reason = "the program itself reads the clock"
)]
fn today() -> Day {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    Day::from_unix_seconds(i64::try_from(now).unwrap()).unwrap()
}

fn folder(office: &DemoOffice) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    fs::write(path.join("keys.note"), &office.note).unwrap();
    fs::write(path.join("answers.json"), r#"{"story": "What happened"}"#).unwrap();
    fs::write(path.join("photo.png"), [7; 100_000]).unwrap();
    (folder, path)
}

const NEW: [&str; 7] = [
    "new",
    "--keys",
    "keys.note",
    "--answers",
    "answers.json",
    "--out",
    "out",
];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&NEW[..], more].concat()
}

#[test]
fn a_submission_is_sealed_and_its_code_is_shown_once() {
    let office = DemoOffice::generate(today(), &mut OsRng);
    let (_keep, folder) = folder(&office);
    let words = office.fingerprint().to_string();
    let (code, out, err) = run(
        &folder,
        &with(&["--attach", "photo.png", "--office", &words]),
    );
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    let after = |label: &str| {
        let line = out.lines().find_map(|line| line.strip_prefix(label));
        line.unwrap_or_else(|| panic!("{label} in {out}"))
            .trim()
            .to_owned()
    };
    let (words, digits) = (after("Return code in words:"), after("The same in digits:"));
    assert_eq!(words.split(' ').count(), 10);
    assert_eq!(after("Proof words:").split(' ').count(), 3);
    let (words, digits) = (ReturnCode::parse(&words), ReturnCode::parse(&digits));
    assert!(*words.ok().unwrap().to_digits() == *digits.ok().unwrap().to_digits());
    assert!(
        out.contains("DEMO KEYS") && !out.contains('\u{1b}'),
        "colour only on a terminal"
    );
    let until = office.period.public.until.to_string();
    assert_eq!(after("Upload on or before:"), until);

    let mode = fs::metadata(folder.join("out"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let (code, shown, _) = run(&folder, &["inspect", "out"]);
    assert_eq!(code, 0);
    for part in [
        office.content.instance.to_string(),
        "attachment-01".into(),
        "manifest".into(),
    ] {
        assert!(shown.contains(&part), "{part} in {shown}");
    }
    assert!(!shown.contains("photo") && !shown.contains("Upload"));
    let (code, shown, _) = run(&folder, &["inspect", "out", "--keys", "keys.note"]);
    assert!(code == 0 && shown.contains(&format!("Upload on or before: {until}\n")));

    let (code, _, err) = run(&folder, &NEW);
    assert!(
        code == 1 && err.contains("Nothing is ever overwritten"),
        "{err}"
    );
}

#[test]
fn keys_that_nobody_vouches_for_are_refused() {
    let office = DemoOffice::generate(today(), &mut OsRng);
    let other = DemoOffice::generate(today(), &mut OsRng)
        .fingerprint()
        .to_string();
    let (_keep, folder) = folder(&office);
    assert!(refused(&folder, &with(&["--office", &other])).contains("belongs to another office"));

    let note = |text: String| fs::write(folder.join("keys.note"), text).unwrap();
    let mut content = office.content.clone();
    content.demo = false;
    let real = content.to_note(&[content.signature_line(&office.root_key)]);
    note(real.clone());
    assert!(refused(&folder, &NEW).contains("vouches for itself"));
    let words = office.fingerprint().to_string();
    note(real.replace("demo: no", "demo: yes"));
    assert!(refused(&folder, &NEW).contains("0 valid root signatures"));
    note("hello".to_owned());
    assert!(refused(&folder, &NEW).contains("this is not a key bundle"));

    let past = DemoOffice::generate("2020-01-01".parse().unwrap(), &mut OsRng);
    note(past.note);
    assert!(refused(&folder, &NEW).contains("valid from 2020-01-01 to"));
    note(real);
    let (code, out, _) = run(&folder, &with(&["--office", &words]));
    assert!(code == 0 && !out.contains("DEMO"));
}

#[test]
fn answers_and_files_that_do_not_fit_are_refused_by_name() {
    let office = DemoOffice::generate(today(), &mut OsRng);
    let (_keep, folder) = folder(&office);
    let answers = |json: &str| {
        fs::write(folder.join("answers.json"), json).unwrap();
        refused(&folder, &NEW)
    };
    assert!(answers(r#"{"story": "x", "sotry": "y"}"#).contains("no question `sotry`"));
    assert!(answers(r#"{"gender": "woman"}"#).contains("There is no story"));
    assert!(answers(r#"{"story": "x", "gender": "perhaps"}"#).contains("none of its choices"));
    assert!(answers("no JSON").contains("no JSON object (line 1)"));
    fs::write(folder.join("answers.json"), r#"{"story": "x"}"#).unwrap();
    let missing = refused(
        &folder,
        &with(&["--attach", "photo.png", "--attach", "name-of-a-person"]),
    );
    assert!(
        missing.contains("attachment 2") && !missing.contains("name-of-a-person"),
        "{missing}"
    );
    assert!(refused(&folder, &with(&["--attach", "."])).contains("attachment 1"));
    assert!(refused(&folder, &with(&["--language", "e"])).contains("no language tag"));
    fs::remove_file(folder.join("answers.json")).unwrap();
    assert!(refused(&folder, &NEW).contains("Reading the answers file failed"));
}

#[test]
fn a_code_that_could_not_be_shown_leaves_no_file() {
    let office = DemoOffice::generate(today(), &mut OsRng);
    let (_keep, folder) = folder(&office);
    // Writing to this device always fails: a full disk behind a redirection.
    let full = File::options().write(true).open("/dev/full").unwrap();
    let out = Command::new(env!("CARGO_BIN_EXE_asylia-seal"))
        .args(NEW)
        .current_dir(&folder)
        .stdin(Stdio::null())
        .stdout(full)
        .output()
        .unwrap();
    let err = String::from_utf8(out.stderr).unwrap();
    assert_eq!(out.status.code(), Some(1));
    assert!(err.contains("so the sealed file was removed"), "{err}");
    assert!(!folder.join("out").exists());
}

#[test]
fn a_damaged_sealed_file_is_named_and_wrong_usage_is_exit_code_two() {
    let office = DemoOffice::generate(today(), &mut OsRng);
    let (_keep, folder) = folder(&office);
    assert_eq!(run(&folder, &NEW).0, 0);
    let whole = fs::read(folder.join("out")).unwrap();
    fs::remove_file(folder.join("out")).unwrap();
    let inspect = |bytes: &[u8]| {
        fs::write(folder.join("damaged"), bytes).unwrap();
        refused(&folder, &["inspect", "damaged"])
    };
    assert!(inspect(&whole[..whole.len() - 1]).contains("ends early"));
    assert!(inspect(&[&whole[..], b"x"].concat()).contains("bytes follow the end"));
    assert!(inspect(b"%PDF-1.7").contains("this is not a sealed submission"));

    fs::write(folder.join("damaged"), &whole).unwrap();
    let with_keys = |note: &str| {
        fs::write(folder.join("other.note"), note).unwrap();
        refused(&folder, &["inspect", "damaged", "--keys", "other.note"])
    };
    let stranger = DemoOffice::generate(today(), &mut OsRng);
    assert!(with_keys(&stranger.note).contains("another office"));
    let mut later = office.content.clone();
    later.sequence += 1;
    later.periods[0].id = "other".to_owned();
    let later = later.to_note(&[later.signature_line(&office.root_key)]);
    assert!(with_keys(&later).contains("is over"));
    for wrong in [
        &[][..],
        &["new"],
        &["inspect"],
        &with(&["--office", "one two"]),
    ] {
        assert_eq!(run(&folder, wrong).0, 2, "{wrong:?}");
    }
}
