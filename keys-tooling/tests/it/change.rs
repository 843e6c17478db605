//! Appointing who takes an office over, burning sheets that are due, throwing dice, carrying files as codes.

use std::{fs, path::Path};

use asylia_keys::{
    carry,
    destruction::SharesDestroyed,
    hand_over::{Appointment, UnverifiedAppointment},
};

use crate::{after, good, office, refused, shares::with_input};

const DICE: &str = "12345 61234 56123 45612 34561 23456 12345 61234 56123 45612";

#[test]
fn the_committee_appoints_who_takes_the_office_over() {
    let (_keep, folder) = office();
    good(&folder, &["demo", "--out", "d"]);
    let made = good(
        &folder,
        &["hand-over", "key", "--out", "k", "--passphrase-file", "pw"],
    );
    let public = after(&made, "--incoming`:");
    #[rustfmt::skip]
    let appointed = good(&folder, &["hand-over", "appoint", "--keys", "d/keys.note", "--incoming", &public, "--out", "a0"]);
    assert!(
        appointed.contains(&public) && appointed.contains("Unsigned: 1 root keys must sign it")
    );
    let verify = |note| ["hand-over", "verify", note, "--keys", "d/keys.note"];
    let short = refused(&folder, &verify("a0"));
    assert!(short.contains("carries 0 good signatures of root keys and needs 1"));
    #[rustfmt::skip]
    let sign = |note, key, passphrase, out| ["hand-over", "sign", note, "--keys", "d/keys.note", "--key", key, "--out",
        out, "--passphrase-file", passphrase];
    // The key of who comes, or of the office, appoints nobody.
    let own = refused(&folder, &sign("a0", "k", "pw", "x"));
    assert!(
        own.contains("incoming-signing, not for root-signing"),
        "{own}"
    );
    let told = good(&folder, &sign("a0", "d/signing-root", "d/passphrase", "a1"));
    assert!(
        told.contains("You are about to sign this") && told.contains("1 signatures and needs 1")
    );
    assert!(good(&folder, &verify("a1")).contains("Good: enough root keys signed it"));
    let again = refused(&folder, &sign("a1", "d/signing-root", "d/passphrase", "x"));
    assert!(again.contains("has signed the appointment already"));
    let mut late = verify("a1").to_vec();
    late.extend(["--on", "2020-01-01"]);
    assert!(refused(&folder, &late).contains("The appointment holds from"));
    assert!(refused(&folder, &verify("pw")).contains("This is not an appointment."));
    let note = fs::read(folder.join("a1")).unwrap();
    let note = UnverifiedAppointment::parse(&note).unwrap();
    let _: &Appointment = note.claimed();
    assert!(!folder.join("x").exists());

    carried(&folder, "a1");
}

/// The appointment goes as codes from one computer to another.
fn carried(folder: &Path, name: &str) {
    let page = good(folder, &["qr", name, "--out", "page.html"]);
    assert!(page.contains("1 codes."), "{page}");
    let file = fs::read(folder.join(name)).unwrap();
    let lines = carry::parts(&file).unwrap();
    let lines: Vec<&str> = ["noise"]
        .into_iter()
        .chain(lines.iter().map(String::as_str))
        .collect();
    let scan = ["scan", "--out", "scanned"];
    let (code, out, err) = with_input(folder, &scan, &lines[..1]);
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("This is not a part of a file.") && err.contains("nothing was written"));
    assert_eq!(with_input(folder, &scan, &lines).0, 0);
    assert_eq!(fs::read(folder.join("scanned")).unwrap(), file);
    let secret = refused(folder, &["qr", "d/signing-root", "--out", "y"]);
    assert!(
        secret.contains("A key file goes by stick, or not at all."),
        "{secret}"
    );
    assert!(!folder.join("y").exists());
}

#[test]
fn sheets_that_are_due_burn_before_a_witness() {
    let (_keep, folder) = office();
    #[rustfmt::skip]
    let dice = ["period", "new", "--dice", "--id", "2020-Q1", "--from", "2020-01-01", "--out", "p",
        "--passphrase-file", "pw", "--keep-seeds"];
    let (code, _, err) = with_input(&folder, &dice, &["1 2 3 4 5 6"]);
    assert!(code == 1 && err.contains("These are 6 throws"), "{err}");
    assert_eq!(with_input(&folder, &dice, &[DICE]).0, 0);
    #[rustfmt::skip]
    let split = |out, more: &[&str]| {
        let mut all = vec!["split", "--seed", "p/seed-period", "--passphrase-file", "pw", "--threshold", "2",
            "--shares", "3", "--danger-sheets-on-disk", "--out", out];
        all.extend(more);
        good(&folder, &all)
    };
    split("s", &["--sheets", "sheets"]);
    good(
        &folder,
        &[
            "ceremony",
            "witness-new",
            "--out",
            "w",
            "--passphrase-file",
            "pw",
        ],
    );
    #[rustfmt::skip]
    let destroy = ["destroy", "--set", "s/share-set.note", "--key", "w", "--out", "burnt", "--passphrase-file", "pw"];
    let early = refused(&folder, &destroy);
    assert!(early.contains("are to be kept until"), "{early}");
    // Another set of the same seed, whose day has come: yesterday's would be refused when it is made.
    let note = fs::read_to_string(folder.join("s/share-set.note")).unwrap();
    let (made, until) = (after(&note, "made: "), after(&note, "destroy after: "));
    let due = note
        .replace(&made, "2020-01-01")
        .replace(&until, "2020-01-02");
    fs::write(folder.join("s/share-set.note"), due).unwrap();
    let (code, out, err) = with_input(&folder, &destroy, &["burnt", "perhaps", "missing"]);
    assert_eq!(code, 1, "{out}");
    assert!(err.contains("the set in hand has no statement"), "{err}");
    let (code, out, _) = with_input(&folder, &destroy, &["burnt", "missing", "missing"]);
    assert!(
        code == 0 && out.contains("WARNING: the sheets that are missing are enough"),
        "{out}"
    );
    let statement = fs::read_dir(folder.join("burnt")).unwrap().next().unwrap();
    let path = statement.unwrap().path();
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("burnt: 1\nmissing: 2 3\nenough left to recover: yes\n"));
    assert!(SharesDestroyed::is_good(&text));
    // What has its statement is not asked again.
    let again = good(&folder, &destroy);
    assert!(again.contains("has its statement already"), "{again}");
    fs::remove_file(&path).unwrap();
    let (code, out, _) = with_input(&folder, &destroy, &["burnt", "burnt", "missing"]);
    assert!(code == 0 && !out.contains("WARNING"), "{out}");
    let not = refused(&folder, &[&destroy[..], &["--because", "pw"]].concat());
    assert!(not.contains("neither the console's statement"), "{not}");
}
