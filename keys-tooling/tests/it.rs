//! The program `asylia-keys` as a person runs it: arguments in, sentences and exit codes out.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]
#![expect(
    clippy::disallowed_types,
    reason = "the tests start the program; the program starts none"
)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

#[path = "it/ceremony.rs"]
mod ceremony;
#[path = "it/change.rs"]
mod change;
#[path = "it/shares.rs"]
mod shares;
#[path = "it/terminal.rs"]
mod terminal;

/// Exit code, standard output, standard error.
fn keys(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_asylia-keys"))
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

fn good(folder: &Path, arguments: &[&str]) -> String {
    let (code, out, err) = keys(folder, arguments);
    assert_eq!(code, 0, "{arguments:?}\n{out}\n{err}");
    out
}

/// Refused with exit code 1, nothing on standard output, and two sentences.
fn refused(folder: &Path, arguments: &[&str]) -> String {
    let (code, out, err) = keys(folder, arguments);
    assert_eq!(code, 1, "{arguments:?}\n{out}\n{err}");
    let err = err.trim_end();
    assert!(
        err.ends_with('.') && err.contains(". ") && !err.contains('\n'),
        "{err}"
    );
    assert!(!err.contains("  ") && !err.contains(".."), "{err}");
    err.to_owned()
}

fn office() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    fs::write(path.join("pw"), "six random words of a list\n").unwrap();
    (folder, path)
}

/// The words after `label` in `text`.
fn after(text: &str, label: &str) -> String {
    text.lines()
        .find_map(|line| line.split_once(label))
        .unwrap_or_else(|| panic!("{label} in {text}"))
        .1
        .trim()
        .to_owned()
}

const INSTANCE: &str = "00112233445566778899aabbccddeeff";

fn root(folder: &Path, name: &str) -> String {
    let out = good(
        folder,
        &["root", "new", "--out", name, "--passphrase-file", "pw"],
    );
    after(&out, "--root`:")
}

fn period(folder: &Path, id: &str, from: &str) {
    #[rustfmt::skip]
    good(folder, &["period", "new", "--id", id, "--from", from, "--instance", INSTANCE,
        "--out", id, "--passphrase-file", "pw"]);
}

#[test]
fn a_demonstration_is_made_once_and_verifies_itself() {
    let (_keep, folder) = office();
    let out = good(&folder, &["demo", "--out", "d"]);
    assert!(
        out.contains("DEMO KEYS") && !out.contains('\u{1b}'),
        "colour only on a terminal"
    );
    let words = after(&out, "Fingerprint:");
    assert_eq!(words.split(' ').count(), 12);
    assert_eq!(good(&folder, &["fingerprint", "d/keys.note"]).trim(), words);
    let passphrase = fs::read_to_string(folder.join("d/passphrase")).unwrap();
    assert!(!out.contains(passphrase.trim()));

    let verified = good(&folder, &["bundle", "verify", "d/keys.note"]);
    assert!(verified.contains("Good. On ") && verified.contains("DEMO KEYS"));
    good(
        &folder,
        &["bundle", "verify", "d/keys.note", "--office", &words],
    );

    let error = refused(&folder, &["demo", "--out", "d"]);
    assert!(error.contains("Nothing is ever overwritten"), "{error}");
    let error = refused(&folder, &["demo", "--out", "no/such/folder"]);
    assert!(error.contains("Check that the folder exists"), "{error}");
}

/// Every way in which a good, signed bundle is refused.
fn refuses_by_name(folder: &Path, words: &str) {
    let refused_on = |note: &str, words: Option<&str>, on: &str| {
        let mut all = vec!["bundle", "verify", note, "--on", on];
        all.extend(words.map(|words| ["--office", words]).into_iter().flatten());
        refused(folder, &all)
    };
    let today = "2026-11-23";
    assert!(refused_on("n2", None, today).contains("vouches for itself"));
    assert!(refused_on("n2", Some(words), "2027-03-02").contains("2026-10-01 to 2027-03-01 only"));
    let demo = good(folder, &["demo", "--out", "d"]);
    let others = after(&demo, "Fingerprint:");
    assert!(refused_on("n2", Some(&others), today).contains("belongs to another office"));
    let note = fs::read_to_string(folder.join("n2")).unwrap();
    fs::write(
        folder.join("altered"),
        note.replace("Focal point", "Vocal point"),
    )
    .unwrap();
    assert!(refused_on("altered", Some(words), today).contains("0 valid root signatures"));
    fs::write(
        folder.join("broken"),
        note.replace("sequence: 1", "sequence: 01"),
    )
    .unwrap();
    assert!(refused_on("broken", Some(words), today).contains("Line "));
    assert!(refused_on("missing", Some(words), today).contains("Reading the key bundle failed"));
}

#[test]
fn a_committee_builds_signs_and_verifies_two_bundles() {
    let (_keep, folder) = office();
    let roots: Vec<String> = ["r1", "r2", "r3"]
        .iter()
        .map(|name| root(&folder, name))
        .collect();
    period(&folder, "2026-Q4", "2026-10-01");
    #[rustfmt::skip]
    let built = good(&folder, &["bundle", "build", "--instance", INSTANCE, "--office-name", "Focal point",
        "--root", &roots[0], "--root", &roots[1], "--root", &roots[2], "--threshold", "2",
        "--period", "2026-Q4/period.note", "--not-before", "2026-10-01", "--not-after", "2027-03-01",
        "--out", "n0"]);
    let words = after(&built, "Fingerprint:");
    let sign = |note: &str, key: &str, out: &str| {
        #[rustfmt::skip]
        let told = good(&folder, &["bundle", "sign", note, "--key", key, "--out", out, "--passphrase-file", "pw"]);
        assert!(told.contains("You are about to sign this") && told.contains("2026-Q4"));
    };
    sign("n0", "r1", "n1");
    let verify = |note: &str, more: &[&str]| {
        let mut all = vec![
            "bundle",
            "verify",
            note,
            "--office",
            &words,
            "--on",
            "2026-11-23",
        ];
        all.extend(more);
        keys(&folder, &all)
    };
    assert!(
        verify("n1", &[])
            .2
            .contains("1 valid root signatures and needs 2")
    );
    sign("n1", "r3", "n2");
    assert!(
        verify("n2", &[])
            .1
            .contains("Good. On 2026-11-23 reports are sealed to period 2026-Q4.")
    );

    refuses_by_name(&folder, &words);

    period(&folder, "2027-Q1", "2027-01-01");
    #[rustfmt::skip]
    good(&folder, &["bundle", "build", "--previous", "n2", "--office", &words, "--period", "2027-Q1/period.note",
        "--not-before", "2026-11-01", "--not-after", "2027-05-30", "--out", "m0"]);
    sign("m0", "r2", "m1");
    sign("m1", "r1", "m2");
    assert!(
        verify("m2", &["--previous", "n2"])
            .1
            .contains("Key bundle number 2")
    );
    // The first one after the second is a rollback.
    assert!(
        verify("n2", &["--previous", "m2"])
            .2
            .contains("older than the one in use")
    );
}

#[test]
fn keys_that_do_not_fit_are_refused_by_name() {
    let (_keep, folder) = office();
    good(&folder, &["demo", "--out", "d"]);
    let sign = |key: &str, passphrase: &str| {
        #[rustfmt::skip]
        let arguments = ["bundle", "sign", "d/keys.note", "--key", key, "--out", "out", "--passphrase-file", passphrase];
        let (code, _, err) = keys(&folder, &arguments);
        assert_eq!(code, 1);
        err
    };
    assert!(sign("d/signing-root", "pw").contains("The passphrase does not open this key file."));
    assert!(
        sign("d/signing-office", "d/passphrase")
            .contains("holds a key for office-signing, not for root-signing")
    );
    assert!(sign("d/identity-account", "d/passphrase").contains("holds a key for account"));
    assert!(sign("d/signing-root", "d/passphrase").contains("has signed the note already"));
    assert!(sign("d/keys.note", "d/passphrase").contains("not a key file under a passphrase"));
    root(&folder, "r1");
    assert!(sign("r1", "pw").contains("none of the root keys"));
    assert!(!folder.join("out").exists());
}

#[test]
fn nothing_is_overwritten_and_wrong_usage_is_exit_code_two() {
    let (_keep, folder) = office();
    root(&folder, "r1");
    let error = refused(
        &folder,
        &["root", "new", "--out", "r1", "--passphrase-file", "pw"],
    );
    assert!(error.contains("Nothing is ever overwritten"), "{error}");
    fs::write(folder.join("short"), "short\n").unwrap();
    let error = refused(
        &folder,
        &["root", "new", "--out", "r2", "--passphrase-file", "short"],
    );
    assert!(error.contains("fewer than 12 characters"), "{error}");
    let error = refused(
        &folder,
        &[
            "period",
            "new",
            "--id",
            "no/slash",
            "--out",
            "p",
            "--passphrase-file",
            "pw",
        ],
    );
    assert!(error.contains("no name of a period"), "{error}");
    assert!(!folder.join("r2").exists() && !folder.join("p").exists());
    for wrong in [
        &["demo"][..],
        &["bundle", "verify", "x", "--office", "one two"],
        &["period", "new", "--from", "tomorrow", "--out", "p"],
        &["root", "new", "--out", "r2", "--passphrase", "words"],
        &[],
    ] {
        assert_eq!(keys(&folder, wrong).0, 2, "{wrong:?}");
    }
}

/// What `asylia site-manifest` prints, shortened.
const SITE: &str = "asylia site manifest v1\nrelease: 1\nday: 2026-11-24\npolicy: default-src 'none'\n\
    script: 0000000000000000000000000000000000000000000000000000000000000000 3 /a.js\n";

#[test]
fn a_site_manifest_is_signed_by_several_each_once() {
    let (_keep, folder) = office();
    let new = |name: &str| {
        let out = good(
            &folder,
            &["site", "new", "--out", name, "--passphrase-file", "pw"],
        );
        after(&out, "--key`:")
    };
    let (one, two) = (new("one"), new("two"));
    fs::write(folder.join("unsigned"), SITE).unwrap();
    let sign = |manifest, key, out| {
        #[rustfmt::skip]
        let arguments = ["site", "sign", manifest, "--key", key, "--out", out, "--passphrase-file", "pw"];
        arguments
    };
    let said = good(&folder, &sign("unsigned", "one", "once"));
    assert!(
        said.contains("script /a.js, 3 bytes") && said.contains("Policy: default-src"),
        "{said}"
    );
    good(&folder, &sign("once", "two", "twice"));
    let text = fs::read_to_string(folder.join("twice")).unwrap();
    assert!(text.starts_with(SITE));
    let signers: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("— "))
        .collect();
    assert!(
        signers[0].starts_with(&one) && signers[1].starts_with(&two),
        "{text}"
    );

    assert!(refused(&folder, &sign("twice", "one", "x")).contains("signed the manifest already"));
    root(&folder, "root");
    assert!(
        refused(&folder, &sign("once", "root", "x")).contains("root-signing, not for site-signing")
    );
    assert!(refused(&folder, &sign("pw", "one", "x")).contains("not a site manifest"));
    fs::write(folder.join("bad"), text.replace("release: 1", "release: 2")).unwrap();
    assert!(refused(&folder, &sign("bad", "one", "x")).contains("does not verify"));
    assert!(!folder.join("x").exists());
}
