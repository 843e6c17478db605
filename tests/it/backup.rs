//! A server that burnt down comes back from a backup, with every report, and says that it counts anew.

use std::{
    fs::{self, File},
    io::BufReader,
    path::Path,
    process::{Command, Output},
};

use asylia_envelope::transfer::{TransferNote, UntrustedBundle};

use crate::{
    postgres,
    server::{
        Place, Program, Server,
        http::{Content, Form, Seeded, Visitor},
    },
};

#[test]
fn a_restored_server_has_every_report_counts_anew_and_goes_on() {
    let place = Place::new();
    let server = place.start(Program::Asylia);
    report(&server, 3 << 20);
    report(&server, 0);
    let before = note(&place.export("1.asylia"));
    let backup = backup(&place);
    server.stop();
    fs::remove_dir_all(place.data()).expect("it burns down");

    let said = restore(&place, &backup, "key", &[]);
    assert!(said.status.success(), "{said:?}");
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.starts_with("2 records are restored."), "{said}");
    let server = place.start(Program::Asylia);
    report(&server, 0);
    let bundle = place.export("2.asylia");
    let after = note(&bundle);
    assert_eq!(place.open_all(&bundle).len(), 3);
    assert_eq!((after.sequence, after.previous), (1, None));
    assert_ne!(after.epoch, before.epoch, "P122: the console asks");
    assert_eq!(after.signer, before.signer, "and knows who asks");
    server.stop();
}

/// P109: what a backup holds opens with its key and is hidden from everybody else.
#[test]
fn a_backup_shows_nothing_and_opens_with_its_own_key_only() {
    let place = Place::new();
    let server = place.start(Program::Asylia);
    report(&server, 0);
    let file = backup(&place);
    server.stop();
    let bytes = fs::read(&file).expect("the backup");
    let key = fs::read_to_string(place.data().join("transfer.key")).expect("the key's file");
    let note = place.office().note.clone();
    for marker in ["asylia backup", "record", "stored_bytes", key.trim(), &note] {
        let found = bytes
            .windows(marker.len())
            .any(|some| some == marker.as_bytes());
        assert!(!found, "{marker}");
    }
    key_pair(&place, "other");
    fs::remove_dir_all(place.data()).expect("own folder");
    refused(&restore(&place, &file, "other", &[]), "for another key");
    assert!(!place.data().exists());
}

#[test]
fn a_damaged_or_cut_backup_restores_nothing() {
    let place = Place::new();
    let server = place.start(Program::Asylia);
    report(&server, 200_000);
    let file = backup(&place);
    server.stop();
    fs::remove_dir_all(place.data()).expect("own folder");
    let whole = fs::read(&file).expect("the backup");
    let altered = place.path("altered");
    let mut flipped = whole.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    let borders = [0, 1000, 65_536 + 2000, whole.len() - 1];
    let cuts = borders.iter().map(|at| whole[..*at].to_vec());
    for bytes in cuts.chain([flipped]) {
        fs::write(&altered, bytes).expect("own folder");
        refused(&restore(&place, &altered, "key", &[]), "cannot be read");
        assert!(!place.data().exists(), "nothing is left of it");
    }
    assert!(restore(&place, &file, "key", &[]).status.success());
}

#[test]
fn nothing_is_restored_over_another_server() {
    let place = Place::new();
    let server = place.start(Program::Asylia);
    report(&server, 0);
    let file = backup(&place);
    server.stop();
    refused(&restore(&place, &file, "key", &[]), "exists already");
    let server = place.start(Program::Asylia);
    report(&server, 0);
}

/// The other engine takes over.
#[test]
fn a_backup_of_sqlite_is_restored_into_postgresql() {
    let Some(cluster) = postgres::shared() else {
        return;
    };
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    let database = runtime
        .block_on(cluster.new_database())
        .expect("a database");
    let store = format!(
        "postgres:{}/{}",
        database.socket_dir.display(),
        database.database
    );
    let place = Place::new();
    let server = place.start(Program::Asylia);
    report(&server, 3 << 20);
    let file = backup(&place);
    server.stop();
    fs::remove_dir_all(place.data()).expect("own folder");
    let said = restore(&place, &file, "key", &["--store", &store]);
    assert!(said.status.success(), "{said:?}");
    place.configure(&format!("store = \"{store}\"\n"));
    let server = place.start(Program::Asylia);
    report(&server, 0);
    assert_eq!(place.open_all(&place.export("1.asylia")).len(), 2);
    server.stop();
}

/// Makes a key called `name` and leaves its public half in `name.public`.
fn key_pair(place: &Place, name: &str) {
    let mut command = Command::new(Program::Asylia.path());
    command.arg("backup-key").arg("--out").arg(place.path(name));
    let output = command.output().expect("the program runs");
    assert!(output.status.success(), "{output:?}");
    fs::write(place.path(&format!("{name}.public")), output.stdout).expect("own folder");
}

fn backup(place: &Place) -> std::path::PathBuf {
    key_pair(place, "key");
    let out = place.path("backup.age");
    let said = place.run(
        "backup",
        &[
            Path::new("--to"),
            &place.path("key.public"),
            Path::new("--out"),
            &out,
        ],
    );
    assert!(!said.contains("DAMAGED"), "{said}");
    out
}

fn restore(place: &Place, backup: &Path, key: &str, more: &[&str]) -> Output {
    let mut command = Command::new(Program::Asylia.path());
    command.arg("restore").arg("--data").arg(place.data());
    command.arg("--identity").arg(place.path(key)).args(more);
    command.arg(backup).output().expect("the program runs")
}

fn refused(output: &Output, why: &str) {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains(why), "{said}");
}

fn note(bundle: &Path) -> TransferNote {
    let file = File::open(bundle).expect("the bundle is there");
    let length = file.metadata().expect("an open file").len();
    let bundle = UntrustedBundle::open(BufReader::new(file), length, None);
    bundle
        .expect("the bundle is one, and signed")
        .note()
        .clone()
}

fn report(server: &Server, file_bytes: u64) {
    let mut visitor = Visitor::connect(server.address()).expect("the server listens");
    let mut form = Form::default().text("story", "It happened.");
    if file_bytes > 0 {
        form = form.file("a", Content::Seeded(Seeded::new(1, file_bytes)));
    }
    let answer = visitor.post(form).expect("an answer");
    answer.receipt().expect("a receipt");
}
