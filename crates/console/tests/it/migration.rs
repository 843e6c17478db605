//! A vault of the first form, made by the program that wrote it, becomes one of today's at its unlock.

use std::fs;

use asylia_console::{
    attachment::write_attachment,
    report::OpenedReport,
    vault::{
        Credentials, Vault, VaultError,
        audit::Act,
        item::{Reason, RecordState},
    },
};
use asylia_envelope::ids::RecordId;

use crate::office::{Office, PASSPHRASE};

const FIRST_FORM: &[u8] = include_bytes!("../data/vault-first-form.db");
const RECORDS: &str = include_str!("../data/vault-first-form.txt");

fn placed() -> (Office, [RecordId; 2]) {
    let office = Office::new();
    fs::create_dir(office.directory()).expect("the folder is made");
    fs::write(office.directory().join("vault.db"), FIRST_FORM).expect("it is written");
    let mut ids = RECORDS
        .lines()
        .map(|line| line.parse().expect("a record's number"));
    let ids = [ids.next(), ids.next()].map(|id| id.expect("two records"));
    (office, ids)
}

#[test]
fn everything_of_the_first_form_is_there_afterwards() {
    let (office, [whole, damaged]) = placed();
    let mut vault = office.open_as("head of office", PASSPHRASE);
    assert_eq!(vault.contents().identities.count(), 3);
    assert!(vault.contents().demo());
    let server = vault
        .contents()
        .server
        .as_ref()
        .expect("the server is pinned");
    assert_eq!(server.item.bundles.len(), 1);
    let case = OpenedReport::open(&mut vault, whole).unwrap().unwrap();
    assert_eq!(
        case.answers.text("story"),
        Some("Fixture story: they came at night.")
    );
    assert_eq!(case.answers.text("person_names"), Some("Fixture Name"));
    assert!(case.problems.is_empty());
    let item = vault.contents().record(whole).unwrap().clone();
    let compartments = &item.imported().unwrap().compartments;
    let names: Vec<&str> = compartments.iter().map(|part| part.name.as_str()).collect();
    assert_eq!(names, ["account", "identity", "attachment-01", "manifest"]);
    let out = office.folder.path().join("out");
    write_attachment(&mut vault, &item, 1, &out).unwrap();
    assert_eq!(fs::read(&out).unwrap(), b"fixture attachment ".repeat(40));
    let refused = vault.contents().record(damaged).unwrap();
    assert!(matches!(
        refused.state,
        RecordState::Quarantined(Reason::Seal, _)
    ));
    let acts: Vec<Act> = vault
        .audit_log()
        .unwrap()
        .iter()
        .map(|entry| entry.item.act)
        .collect();
    assert!(acts.contains(&Act::VaultMigrated));
    assert!(vault.verify().unwrap().faults.is_empty());
    vault.close();
    let left: Vec<_> = fs::read_dir(office.directory())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["vault.db"]);
    office.open_as("head of office", PASSPHRASE).close();
}

#[test]
fn a_wrong_passphrase_and_a_broken_attempt_leave_the_first_form_as_it_was() {
    let (office, [whole, _]) = placed();
    let file = office.directory().join("vault.db");
    let who = Credentials {
        name: "anybody".to_owned(),
        passphrase: "wrong".into(),
    };
    let refused = Vault::open(office.machine(), &office.directory(), &who).err();
    assert!(matches!(refused, Some(VaultError::WrongPassphrase)));
    assert!(fs::read(&file).unwrap() == FIRST_FORM);
    // What an attempt leaves behind when the power goes.
    fs::write(office.directory().join("vault.new"), b"half of it").unwrap();
    let mut vault = office.open_as("anybody", PASSPHRASE);
    assert!(OpenedReport::open(&mut vault, whole).unwrap().is_some());
}

#[test]
fn a_damaged_row_costs_no_other_and_the_old_file_stays() {
    let (office, _) = placed();
    // The smallest row is one of the identities' or the server's; whichever it is, the others come over.
    let sizes = "UPDATE items SET sealed = CAST(substr(sealed, 1, 60) || CASE substr(sealed, 61, 1) WHEN x'00' THEN x'01' ELSE x'00' END || substr(sealed, 62) AS BLOB) WHERE id = (SELECT id FROM items ORDER BY length(sealed), id LIMIT 1)";
    office.rows(sizes);
    let mut vault = office.open_as("anybody", PASSPHRASE);
    let acts: Vec<Act> = vault
        .audit_log()
        .unwrap()
        .iter()
        .map(|entry| entry.item.act)
        .collect();
    assert!(acts.contains(&Act::DamageSeen));
    let contents = vault.contents();
    let there = contents.records.len()
        + contents.identities.count()
        + usize::from(contents.bundle.is_some())
        + usize::from(contents.server.is_some());
    assert_eq!(there, 6);
    assert!(office.directory().join("vault-first-form.db").exists());
}
