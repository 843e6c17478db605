//! The vault's file: what it hides, and what damage costs.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use asylia_console::{
    case::Case,
    vault::{Vault, VaultError, WriteLock},
};
use secrecy::SecretString;
use sqlx::{ConnectOptions, Connection, Row, sqlite::SqliteConnectOptions};

use crate::office::{Office, PASSPHRASE, Report, Stored, passphrase, story, take};

#[test]
fn wrong_passphrase_damage_and_another_version_are_told_apart() {
    let office = Office::new();
    office.vault().close();
    let open = |passphrase: &SecretString| {
        Vault::open(
            office.runtime.handle().clone(),
            &office.directory(),
            passphrase,
        )
        .err()
    };
    assert!(open(&passphrase()).is_none());
    let wrong = SecretString::from("not the passphrase");
    assert!(matches!(open(&wrong), Some(VaultError::WrongPassphrase)));
    for column in ["salt", "key_check", "wrapped_key", "checksum"] {
        let undo = flip(&office, column);
        assert!(
            matches!(open(&passphrase()), Some(VaultError::Damaged)),
            "{column}"
        );
        assert!(matches!(open(&wrong), Some(VaultError::Damaged)));
        sql(&office, &undo);
        assert!(open(&passphrase()).is_none());
    }
    sql(&office, "UPDATE header SET kdf_mib = 20");
    assert!(matches!(open(&passphrase()), Some(VaultError::Damaged)));
    sql(&office, "UPDATE header SET version = 2");
    assert!(matches!(
        open(&passphrase()),
        Some(VaultError::UnknownVersion(2))
    ));
    fs::write(
        office.directory().join("vault.db"),
        b"this is no database at all, but long enough for one",
    )
    .unwrap();
    assert!(matches!(open(&passphrase()), Some(VaultError::Damaged)));
    fs::remove_file(office.directory().join("vault.db")).unwrap();
    assert!(matches!(open(&passphrase()), Some(VaultError::NotAVault)));
}

#[test]
fn a_new_vault_is_its_owners_alone_and_never_written_over_another() {
    let office = Office::new();
    office.vault().close();
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(office.directory()), 0o700);
    assert_eq!(mode(office.directory().join("vault.db")), 0o600);
    let before = fs::read(office.directory().join("vault.db")).unwrap();
    let again = asylia_console::vault::NewVault {
        passphrase: passphrase(),
        cost: asylia_console::vault::header::KdfCost::with_memory(19).unwrap(),
        bundle: office.bundle.clone(),
        anchor: asylia_envelope::key_bundle::Anchor::DemoOnly,
        identities: Vec::new(),
    };
    let handle = office.runtime.handle().clone();
    let refused = Vault::create(handle, &office.directory(), again, &mut rand_core::OsRng).err();
    assert!(matches!(refused, Some(VaultError::Exists)));
    assert_eq!(
        fs::read(office.directory().join("vault.db")).unwrap(),
        before
    );
}

#[test]
fn one_damaged_row_costs_no_other() {
    let mut office = Office::new();
    let mut vault = office.vault();
    let records: Vec<Stored> = (0..4)
        .map(|n| office.seal(&story(&n.to_string())))
        .collect();
    take(&mut vault, &office.pack(&records)).unwrap();
    vault.close();
    let total = rows(&office, "SELECT id FROM items").len();
    for id in rows(&office, "SELECT id FROM items") {
        let id = hex::encode(id);
        let damage = format!(
            "UPDATE items SET sealed = unhex(hex(substr(sealed, 1, 99)) || 'ff' || hex(substr(sealed, 101))) WHERE hex(id) = upper('{id}')"
        );
        let kept = rows(
            &office,
            &format!("SELECT sealed FROM items WHERE hex(id) = upper('{id}')"),
        );
        sql(&office, &damage);
        let after = rows(
            &office,
            &format!("SELECT sealed FROM items WHERE hex(id) = upper('{id}')"),
        );
        if after == kept {
            // That byte was 255 already.
            continue;
        }
        let vault = office.reopen();
        let damaged: Vec<String> = vault.contents().damaged.iter().map(hex::encode).collect();
        assert!(damaged == [id.as_str()]);
        let contents = vault.contents();
        let whole = contents.records.len()
            + contents.identities.count()
            + usize::from(contents.bundle.is_some())
            + usize::from(contents.server.is_some());
        assert_eq!(whole, total - 1);
        vault.close();
        sql(
            &office,
            &format!(
                "UPDATE items SET sealed = unhex('{}') WHERE hex(id) = upper('{id}')",
                hex::encode(&kept[0])
            ),
        );
    }
    assert!(office.reopen().contents().damaged.is_empty());
}

#[test]
fn a_row_in_the_place_of_another_or_of_its_older_self_is_damaged() {
    let mut office = Office::new();
    let mut vault = office.vault();
    let record = office.seal(&story("a"));
    take(&mut vault, &office.pack(&[record])).unwrap();
    vault.close();
    let ids = rows(&office, "SELECT id FROM items");
    let (first, second) = (hex::encode(&ids[0]), hex::encode(&ids[1]));
    sql(
        &office,
        &format!(
            "UPDATE items SET sealed = (SELECT sealed FROM items WHERE hex(id) = upper('{first}')), version = 1 WHERE hex(id) = upper('{second}')"
        ),
    );
    assert_eq!(office.reopen().contents().damaged.len(), 1);
    sql(&office, "UPDATE items SET version = version + 1");
    assert_eq!(office.reopen().contents().damaged.len(), ids.len());
}

#[test]
fn a_records_bytes_that_change_on_the_disk_are_noticed_when_it_is_opened() {
    let mut office = Office::new();
    let mut vault = office.vault();
    let records = [office.seal(&story("a")), office.seal(&story("b"))];
    take(&mut vault, &office.pack(&records)).unwrap();
    let key = vault
        .contents()
        .record(records[0].record_id)
        .unwrap()
        .record_key;
    vault.close();
    // The last byte of the padding: no seal covers it, the digest does.
    sql(
        &office,
        &format!(
            "UPDATE chunks SET bytes = CAST(substr(bytes, 1, length(bytes) - 1) || x'01' AS BLOB) WHERE hex(record_key) = upper('{}')",
            hex::encode(key)
        ),
    );
    let mut vault = office.reopen();
    let outcomes = records.map(|record| {
        let item = vault.contents().record(record.record_id).unwrap().clone();
        Case::open(&mut vault, &item).is_ok()
    });
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
    // The search finds what is there: the sealed bytes, and with a leak it would find that.
    let whole = fs::read(office.directory().join("vault.db")).unwrap();
    assert!(found(&whole, &record.bytes[..64]));
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
    let item = vault
        .contents()
        .record(record.record_id)
        .expect("it is here")
        .clone();
    let case = Case::open(vault, &item).expect("it opens");
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
        key,
    ]
    .map(str::to_owned)
    .to_vec();
    let attachments = case.opened.attachments.iter();
    canaries.extend(attachments.map(|attachment| attachment.sha256.clone()));
    canaries.extend(case.opened.submission_id.map(|id| id.to_string()));
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

/// Flips a bit of a blob in the header; returns the statement that takes it back.
fn flip(office: &Office, column: &str) -> String {
    let old = rows(office, &format!("SELECT {column} FROM header"));
    let old = old.first().expect("one row");
    let mut new = old.clone();
    if let Some(last) = new.last_mut() {
        *last ^= 1;
    }
    let set = |bytes: &[u8]| format!("UPDATE header SET {column} = x'{}'", hex::encode(bytes));
    sql(office, &set(&new));
    set(old)
}

fn sql(office: &Office, statement: &str) {
    rows(office, statement);
}

/// What somebody does who has the file and SQLite.
fn rows(office: &Office, statement: &str) -> Vec<Vec<u8>> {
    let options = SqliteConnectOptions::new().filename(office.directory().join("vault.db"));
    office.runtime.block_on(async {
        let mut connection = options.connect().await.expect("the file opens");
        let statement = sqlx::AssertSqlSafe(statement.to_owned());
        let rows = sqlx::query(statement)
            .fetch_all(&mut connection)
            .await
            .expect("the statement runs");
        // Dropped, it would be closed at some later moment, and its log go away under a reader.
        connection.close().await.expect("it closes");
        rows.iter().map(|row| row.get(0)).collect()
    })
}
