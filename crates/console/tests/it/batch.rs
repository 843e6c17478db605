//! `batch`: many verbs in one unlock, each under its own rule.

use std::{fs, process::Output};

use serde_json::Value;

use crate::{
    command_line::{Desk, text},
    office::story,
};

/// A vault with one report, and the number of that report.
fn filled() -> (Desk, String) {
    let mut desk = Desk::new();
    assert!(desk.init().status.success());
    let record = desk.office.seal(&story("of the batch"));
    let bundle = desk.bundle("bundle", std::slice::from_ref(&record));
    assert!(desk.run(&["import", &bundle]).status.success());
    (desk, record.record_id.to_string())
}

fn batch(desk: &Desk, lines: &str) -> Output {
    let file = desk.path("lines");
    fs::write(&file, lines).expect("it is written");
    desk.run(&["batch", &file])
}

fn json_lines(output: &Output) -> Vec<Value> {
    assert!(output.status.success(), "{}", text(&output.stderr));
    let lines = text(&output.stdout);
    let json = lines.lines().filter(|line| line.starts_with(['{', '[']));
    json.map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

#[test]
fn the_verbs_of_a_batch_run_in_one_unlock() {
    let (desk, record) = filled();
    let new = desk.path("a new passphrase");
    fs::write(&new, "another passphrase of six words").expect("it is written");
    // After the second line the passphrase file opens nothing: only a vault that stayed open goes on.
    let output = batch(
        &desk,
        &format!(
            "# what the morning needs\n\nlist --json\nusers passphrase --kdf-mib 19 --new-passphrase-file '{new}'\n\
             show {record} --json\naudit verify\nlist --json\n"
        ),
    );
    let said = json_lines(&output);
    assert_eq!(said.len(), 3);
    assert_eq!(said[0], said[2]);
    assert_eq!(said[1]["id"], record);
    assert!(
        !desk.run(&["list"]).status.success(),
        "the old passphrase opens no more"
    );
}

#[test]
fn a_line_that_is_not_right_is_named_and_nothing_is_done() {
    let (desk, _) = filled();
    let before = fs::read(desk.path("vault/vault.db")).expect("it is read");
    for (line, why) in [
        ("shwo 1", "unrecognized subcommand"),
        ("list --jsno", "unexpected argument"),
        ("search --words-file 'x", "a quotation mark is open"),
        ("list --vault elsewhere", "belong to the batch"),
        ("list --as=somebody", "belong to the batch"),
        ("browser", "cannot stand in a batch"),
        ("batch lines", "cannot stand in a batch"),
        ("restore copy", "cannot stand in a batch"),
    ] {
        let output = batch(&desk, &format!("audit head\n{line}\n"));
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{line}");
        assert!(
            said.contains("Line 2 of the batch") && said.contains(why),
            "{said}"
        );
        assert!(output.stdout.is_empty(), "{line}");
    }
    let empty = batch(&desk, "# nothing\n");
    assert!(text(&empty.stderr).contains("There is nothing in this batch."));
    let after = fs::read(desk.path("vault/vault.db")).expect("it is read");
    assert!(before == after, "the vault was touched");
}

#[test]
fn the_first_line_that_is_refused_ends_the_batch_and_is_named() {
    let (desk, record) = filled();
    let absent = "0".repeat(32);
    let output = batch(
        &desk,
        &format!("list --json\nshow {absent}\nshow {record} --json\n"),
    );
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout).lines().count(), 1);
    let said = text(&output.stderr);
    assert!(
        said.contains(&format!("Line 2: There is no record {absent}")),
        "{said}"
    );
    assert!(desk.run(&["audit", "verify"]).status.success());
}

#[test]
fn each_line_of_a_batch_stands_under_its_own_rule() {
    let (desk, _) = filled();
    let passphrase = desk.path("keys/passphrase");
    let added = desk.run(&[
        "users",
        "add",
        "officer",
        "--role",
        "officer",
        "--kdf-mib",
        "19",
        "--new-passphrase-file",
        &passphrase,
    ]);
    assert!(added.status.success(), "{}", text(&added.stderr));
    let file = desk.path("lines");
    fs::write(&file, "list --json\nusers list --json\nlist --json\n").expect("it is written");
    let output = desk.run(&["batch", &file, "--as", "officer"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout).lines().count(), 1);
    assert!(
        text(&output.stderr).contains("Line 2: "),
        "{}",
        text(&output.stderr)
    );
}
