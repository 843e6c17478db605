//! The vault's file: what it hides, what damage costs, and that every change of it is named.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use asylia_console::{
    report::OpenedReport,
    vault::{
        Credentials, NewVault, Vault, VaultError, WriteLock,
        chain::Fault,
        head::{HeadError, HeadNote},
        header::KdfCost,
    },
};

use crate::office::{FIRST, Office, PASSPHRASE, Report, Stored, credentials, story, take};

#[test]
fn wrong_passphrase_damage_and_another_version_are_told_apart() {
    let office = Office::new();
    office.vault().close();
    let open_as = |name: &str, passphrase: &str| {
        let who = Credentials {
            name: name.to_owned(),
            passphrase: passphrase.into(),
        };
        Vault::open(office.machine(), &office.directory(), &who).err()
    };
    let open = |passphrase: &str| open_as(FIRST, passphrase);
    assert!(open(PASSPHRASE).is_none());
    assert!(open_as(" Focal-Point ", PASSPHRASE).is_none());
    assert!(matches!(open("another"), Some(VaultError::WrongPassphrase)));
    assert!(matches!(
        open_as("nobody", PASSPHRASE),
        Some(VaultError::WrongPassphrase)
    ));
    for column in [
        "tag",
        "salt",
        "slot_check",
        "wrapped",
        "ring",
        "ring_mac",
        "checksum",
    ] {
        let undo = flip(&office, "slots", column);
        assert!(
            matches!(open(PASSPHRASE), Some(VaultError::Damaged)),
            "{column}"
        );
        assert!(
            matches!(open("another"), Some(VaultError::Damaged)),
            "{column}"
        );
        sql(&office, &undo);
        assert!(open(PASSPHRASE).is_none());
    }
    for column in ["vault_id", "checksum"] {
        let undo = flip(&office, "header", column);
        assert!(
            matches!(open(PASSPHRASE), Some(VaultError::Damaged)),
            "{column}"
        );
        sql(&office, &undo);
    }
}

#[test]
fn another_version_and_files_that_are_no_vault_are_told_apart() {
    let office = Office::new();
    office.vault().close();
    let open = || Vault::open(office.machine(), &office.directory(), &credentials()).err();
    sql(&office, "UPDATE slots SET kdf_mib = 20");
    assert!(matches!(open(), Some(VaultError::Damaged)));
    sql(&office, "UPDATE header SET version = 3");
    assert!(matches!(open(), Some(VaultError::UnknownVersion(3))));
    let file = office.directory().join("vault.db");
    fs::write(
        &file,
        b"this is no database at all, but long enough for one",
    )
    .unwrap();
    assert!(matches!(open(), Some(VaultError::Damaged)));
    fs::remove_file(&file).unwrap();
    assert!(matches!(open(), Some(VaultError::NotAVault)));
}

#[test]
fn a_new_vault_is_its_owners_alone_and_never_written_over_another() {
    let office = Office::new();
    office.vault().close();
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(office.directory()), 0o700);
    assert_eq!(mode(office.directory().join("vault.db")), 0o600);
    let before = fs::read(office.directory().join("vault.db")).unwrap();
    let again = NewVault {
        first: credentials(),
        cost: KdfCost::with_memory(19).unwrap(),
        bundle: office.bundle.clone(),
        anchor: asylia_envelope::key_bundle::Anchor::DemoOnly,
        identities: Vec::new(),
        recovery: None,
    };
    let refused = Vault::create(office.machine(), &office.directory(), again).err();
    assert!(matches!(refused, Some(VaultError::Exists)));
    assert_eq!(
        fs::read(office.directory().join("vault.db")).unwrap(),
        before
    );
}

/// A vault with some records, closed; and how many events it has.
fn filled(office: &mut Office) -> u64 {
    let mut vault = office.vault();
    let records: Vec<Stored> = (0..3)
        .map(|n| office.seal(&story(&n.to_string())))
        .collect();
    take(&mut vault, &office.pack(&records)).expect("it is taken");
    vault.close();
    let events = number(office, "SELECT COUNT(*) FROM events");
    assert!(faults(office).is_empty());
    events
}

fn faults(office: &Office) -> Vec<Fault> {
    let mut vault = office.reopen();
    vault.verify().expect("the file can be read").faults
}

#[test]
fn one_damaged_row_is_named_and_costs_no_other() {
    let mut office = Office::new();
    let events = filled(&mut office);
    let whole = office.reopen().contents().records.len();
    for sequence in 1..=events {
        // One row in every column; of the others what they say, since each look stretches a passphrase.
        let columns: &[&str] = match sequence {
            5 => &["link", "sealed", "mac"],
            _ => &["sealed"],
        };
        for column in columns {
            let row = format!("events WHERE sequence = {sequence}");
            let kept = rows(&office, &format!("SELECT {column} FROM {row}")).remove(0);
            let mut bytes = kept.clone();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            let set = |bytes: &[u8]| {
                format!(
                    "UPDATE events SET {column} = x'{}' WHERE sequence = {sequence}",
                    hex::encode(bytes)
                )
            };
            sql(&office, &set(&bytes));
            assert_eq!(faults(&office), [Fault::Altered(sequence)], "{column}");
            let left = office.reopen().contents().records.len();
            assert!(
                whole - left <= 1,
                "{column} of {sequence} cost {}",
                whole - left
            );
            sql(&office, &set(&kept));
        }
    }
    assert!(faults(&office).is_empty());
}

#[test]
fn removed_moved_copied_and_cut_rows_are_named() {
    let mut office = Office::new();
    let events = filled(&mut office);
    let backup = fs::read(office.directory().join("vault.db")).unwrap();
    let changed = |statements: &[&str]| {
        fs::write(office.directory().join("vault.db"), &backup).unwrap();
        statements
            .iter()
            .for_each(|statement| sql(&office, statement));
        faults(&office)
    };
    assert_eq!(
        changed(&["DELETE FROM events WHERE sequence = 5"]),
        [Fault::Removed(5, 5)]
    );
    assert_eq!(
        changed(&["DELETE FROM events WHERE sequence BETWEEN 5 AND 7"]),
        [Fault::Removed(5, 7)]
    );
    let swap = [
        "UPDATE events SET sequence = -1 WHERE sequence = 5",
        "UPDATE events SET sequence = 5 WHERE sequence = 8",
        "UPDATE events SET sequence = 8 WHERE sequence = -1",
    ];
    assert_eq!(changed(&swap), [Fault::Moved(5, 8), Fault::Moved(8, 5)]);
    let copy = [
        "DELETE FROM events WHERE sequence = 6",
        "INSERT INTO events SELECT 6, link, sealed, mac FROM events WHERE sequence = 5",
    ];
    assert_eq!(changed(&copy), [Fault::Moved(6, 5)]);
    let cut = format!("DELETE FROM events WHERE sequence > {}", events - 2);
    assert_eq!(changed(&[&cut]), [Fault::Removed(events - 1, events)]);
    let added = format!(
        "INSERT INTO events SELECT {}, link, sealed, mac FROM events WHERE sequence = {events}",
        events + 1
    );
    assert_eq!(changed(&[&added]), [Fault::Added(events + 1)]);
    assert_eq!(
        changed(&["UPDATE head SET sequence = sequence - 1"]),
        [Fault::Head]
    );
    assert_eq!(changed(&["DELETE FROM head"]), [Fault::Head]);
    assert!(changed(&[]).is_empty());
}

#[test]
fn altered_missing_and_added_blobs_and_slots_are_named_by_whoever_looks() {
    let mut office = Office::new();
    filled(&mut office);
    let backup = fs::read(office.directory().join("vault.db")).unwrap();
    let changed = |statement: &str| {
        fs::write(office.directory().join("vault.db"), &backup).unwrap();
        sql(&office, statement);
        faults(&office)
    };
    let blob = rows(&office, "SELECT blob FROM blobs ORDER BY blob").remove(0);
    let name = hex::encode(&blob);
    let altered = format!(
        "UPDATE blobs SET sealed = CAST(substr(sealed, 1, length(sealed) - 1) || CASE substr(sealed, -1) WHEN x'00' THEN x'01' ELSE x'00' END AS BLOB) WHERE blob = x'{name}'"
    );
    let missing = format!("DELETE FROM blobs WHERE blob = x'{name}'");
    let longer = format!("INSERT INTO blobs VALUES (x'{name}', 1, x'00')");
    for statement in [&altered, &missing, &longer] {
        let found = changed(statement);
        let [Fault::Blob(_, id)] = found.as_slice() else {
            panic!("{statement}: {found:?}");
        };
        assert_eq!(hex::encode(id), name);
    }
    let stray = changed("INSERT INTO blobs VALUES (x'00112233445566778899aabbccddeeff', 0, x'00')");
    assert!(matches!(stray.as_slice(), [Fault::StrayBlob(_)]));
    let slot = changed(
        "INSERT INTO slots SELECT x'00112233445566778899aabbccddeeff', x'00', 19, 3, salt, slot_check, wrapped, ring, ring_mac, checksum FROM slots",
    );
    // A row whose parts have not the right length is none of ours, and named by SQLite's count alone.
    assert!(slot.is_empty() || matches!(slot.as_slice(), [Fault::Slot(_)]));
    let slot = changed(
        "INSERT INTO slots SELECT x'00112233445566778899aabbccddeeff', x'00112233445566778899aabbccddeeff', 19, 3, salt, slot_check, wrapped, ring, ring_mac, checksum FROM slots",
    );
    assert!(matches!(slot.as_slice(), [Fault::Slot(_)]));
}

/// Whoever sets the whole file back fools the file, and not a head that was carried out.
#[test]
fn a_vault_that_was_set_back_does_not_hold_the_carried_head() {
    let mut office = Office::new();
    filled(&mut office);
    let earlier = fs::read(office.directory().join("vault.db")).unwrap();
    let mut vault = office.reopen();
    let record = office.seal(&story("later"));
    take(&mut vault, &office.pack(&[record])).unwrap();
    let carried = vault.signed_head().unwrap().to_text();
    let carried = HeadNote::parse(&carried).unwrap();
    vault.check_head(&carried).unwrap();
    vault.close();
    office.reopen().check_head(&carried).unwrap();
    fs::write(office.directory().join("vault.db"), earlier).unwrap();
    let mut vault = office.reopen();
    assert!(vault.verify().unwrap().faults.is_empty());
    let found = vault.check_head(&carried);
    assert!(matches!(found, Err(HeadError::NotInChain(n)) if n == carried.sequence()));
    // Nor does one that was made up.
    let forged = carried.to_text().replace("sequence: ", "sequence: 1");
    let forged = HeadNote::parse(&forged).unwrap();
    assert!(matches!(
        vault.check_head(&forged),
        Err(HeadError::Signature)
    ));
    let elsewhere = Office::new();
    let other = elsewhere.vault().check_head(&carried);
    assert!(matches!(other, Err(HeadError::OtherVault)));
}

#[test]
fn a_records_bytes_that_change_on_the_disk_are_noticed_when_it_is_opened() {
    let mut office = Office::new();
    let mut vault = office.vault();
    let records = [office.seal(&story("a")), office.seal(&story("b"))];
    take(&mut vault, &office.pack(&records)).unwrap();
    let item = vault.contents().record(records[0].record_id).unwrap();
    let blob = item.imported().unwrap().account.as_ref().unwrap().id;
    vault.close();
    // The last byte of the padding.
    sql(
        &office,
        &format!(
            "UPDATE blobs SET sealed = CAST(substr(sealed, 1, length(sealed) - 1) || CASE substr(sealed, -1) WHEN x'01' THEN x'02' ELSE x'01' END AS BLOB) WHERE blob = x'{}'",
            hex::encode(blob)
        ),
    );
    let mut vault = office.reopen();
    let outcomes = records.map(|record| OpenedReport::open(&mut vault, record.record_id).is_ok());
    assert_eq!(outcomes, [false, true]);
}

/// Nothing that a person wrote, and no number of a record, stands in the file: in no encoding that we know.
#[test]
fn the_file_tells_nothing() {
    let mut office = Office::new();
    let mut vault = office.vault();
    let record = office.seal(&canary_report());
    let bundle = office.pack(std::slice::from_ref(&record));
    take(&mut vault, &bundle).unwrap();
    let canaries = canaries(&office, &mut vault, &record);
    let instance = office.bundle.content().instance;
    // Open, with its write-ahead log; then closed.
    for close in [Some(vault), None] {
        for file in files(&office.directory()) {
            let bytes = fs::read(&file).unwrap();
            for canary in &canaries {
                let utf16: Vec<u8> = canary.encode_utf16().flat_map(u16::to_le_bytes).collect();
                let encoded = [canary.as_bytes(), &utf16, hex::encode(canary).as_bytes()]
                    .iter()
                    .any(|form| found(&bytes, form));
                assert!(!encoded, "{canary} in {}", file.display());
            }
            assert!(!found(&bytes, &record.record_id.0) && !found(&bytes, &instance.0));
        }
        if let Some(vault) = close {
            vault.close();
        }
    }
    // The search finds what is there: sealed bytes, and with a leak it would find that. The record's own bytes
    // are gone: its parts lie under the vault's keys.
    let whole = fs::read(office.directory().join("vault.db")).unwrap();
    assert!(found(
        &whole,
        &rows(&office, "SELECT sealed FROM blobs")[0][..64]
    ));
    assert!(!found(&whole, &record.bytes[1000..1064]));
    sql(&office, "CREATE TABLE leak (x TEXT)");
    sql(&office, "INSERT INTO leak VALUES ('CANARY-STORY-1b7f')");
    let leaky: Vec<u8> = files(&office.directory())
        .iter()
        .flat_map(|file| fs::read(file).unwrap())
        .collect();
    assert!(found(&leaky, canaries[0].as_bytes()));
}

fn canary_report() -> Report {
    let mut report = story("CANARY-STORY-1b7f");
    for (id, value) in [
        ("person_names", "CANARY-NAME-77aa"),
        ("what_could_make_it_worse", "CANARY-WORSE-0d0d"),
    ] {
        report.answers.push((id.to_owned(), value.to_owned()));
    }
    report.files.push((
        "CANARY-FILE-4c4c.pdf".to_owned(),
        "application/canary-type".to_owned(),
        b"CANARY-BYTES-9e9e".repeat(100),
    ));
    report
}

/// The planted words, and everything else that only an open vault may tell.
fn canaries(office: &Office, vault: &mut Vault, record: &Stored) -> Vec<String> {
    let case = OpenedReport::open(vault, record.record_id).expect("it opens");
    let case = case.expect("it is here");
    let item = vault
        .contents()
        .record(record.record_id)
        .expect("it is here");
    let submission = item.imported().and_then(|imported| imported.submission_id);
    let secret = office.demo.period.intake.to_secret_text();
    let key = secret
        .split_whitespace()
        .last()
        .expect("the key stands last");
    let mut canaries: Vec<String> = [
        "CANARY-STORY-1b7f",
        "CANARY",
        "canary-type",
        "2026-11-23",
        PASSPHRASE,
        "Demonstration office",
        "received_day",
        "focal-point",
        key,
    ]
    .map(str::to_owned)
    .to_vec();
    let attachments = case.attachments.iter();
    canaries.extend(attachments.map(|attachment| attachment.sha256.clone()));
    canaries.extend(submission.map(|id| id.to_string()));
    canaries.push(record.record_id.to_string());
    canaries.push(format!("\"{}\"", record.period));
    canaries.push(office.bundle.content().instance.to_string());
    canaries.push(office.server.verifying_key().to_string());
    canaries
}

#[test]
fn two_writers_do_not_meet() {
    let office = Office::new();
    office.vault().close();
    let first = WriteLock::take(&office.directory()).unwrap();
    assert!(matches!(
        WriteLock::take(&office.directory()),
        Err(VaultError::Busy)
    ));
    drop(first);
    assert!(WriteLock::take(&office.directory()).is_ok());
}

fn files(directory: &Path) -> Vec<PathBuf> {
    fs::read_dir(directory)
        .expect("the folder is there")
        .map(|entry| entry.expect("an entry").path())
        .collect()
}

fn found(bytes: &[u8], canary: &[u8]) -> bool {
    bytes.windows(canary.len()).any(|window| window == canary)
}

/// Flips a bit of a blob; returns the statement that takes it back.
fn flip(office: &Office, table: &str, column: &str) -> String {
    let old = rows(office, &format!("SELECT {column} FROM {table}"));
    let old = old.first().expect("one row");
    let mut new = old.clone();
    if let Some(last) = new.last_mut() {
        *last ^= 1;
    }
    let set = |bytes: &[u8]| format!("UPDATE {table} SET {column} = x'{}'", hex::encode(bytes));
    sql(office, &set(&new));
    set(old)
}

fn sql(office: &Office, statement: &str) {
    office.rows(statement);
}

fn rows(office: &Office, statement: &str) -> Vec<Vec<u8>> {
    office.rows(statement)
}

fn number(office: &Office, statement: &str) -> u64 {
    let hexadecimal = statement.replace("COUNT(*)", "CAST(COUNT(*) AS BLOB)");
    let text = office.rows(&hexadecimal).remove(0);
    let text = String::from_utf8(text).expect("digits");
    text.parse().expect("a number")
}
