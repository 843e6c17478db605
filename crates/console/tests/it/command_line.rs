//! The program itself: arguments, exit codes, JSON shapes, two sentences for what fails.
#![expect(
    clippy::disallowed_types,
    reason = "the test starts the program and connects to its pages"
)]

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Output, Stdio},
};

use asylia_keys::{
    custody::CustodySecret,
    key_file::WorkFactor,
    recovery::RecoveryNote,
    shares::{Scheme, split},
    signing_file::RootSigningKey,
};
use rand_core::OsRng;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::office::{Office, Stored, case, story};

/// An office on the disk, as `asylia-keys demo` writes it.
pub(crate) struct Desk {
    pub(crate) office: Office,
}

impl Desk {
    pub(crate) fn new() -> Self {
        let office = Office::of_today();
        let keys = office.folder.path().join("keys");
        office.demo.write(&keys).expect("the keys are written");
        Self { office }
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.office.folder.path().join(name).display().to_string()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_asylia-console"));
        command.args(arguments).stdin(Stdio::null());
        command
            .args(["--vault", &self.path("vault")])
            .args(["--passphrase-file", &self.path("keys/passphrase")]);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("it runs")
    }

    pub(crate) fn init(&self) -> Output {
        self.run(&[
            "init",
            "--kdf-mib",
            "19",
            "--keys",
            &self.path("keys/keys.note"),
            "--identity",
            &self.path("keys/identity-intake"),
            &self.path("keys/identity-account"),
            &self.path("keys/identity-identity"),
        ])
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    pub(crate) fn bundle(&mut self, name: &str, records: &[Stored]) -> String {
        let path = self.path(name);
        fs::write(&path, self.office.pack(records)).expect("it is written");
        path
    }
}

#[test]
fn from_the_stick_to_the_file() {
    let mut desk = Desk::new();
    let made = desk.init();
    assert!(made.status.success(), "{}", text(&made.stderr));
    assert!(
        text(&made.stdout).contains("3 identities") && text(&made.stderr).contains("DEMO KEYS")
    );
    let report = case("TC-06");
    let mut records = vec![desk.office.seal(&report), desk.office.seal(&story("two"))];
    let last = records[1].bytes.len() - 1;
    records[1].bytes[last] = 1;
    let bundle = desk.bundle("bundle", &records);
    let read_only = fs::Permissions::from_mode(0o400);
    fs::set_permissions(&bundle, read_only).unwrap();
    let before = fs::read(&bundle).unwrap();
    let done = desk.json(&["import", &bundle, "--json"]);
    assert_eq!(
        (
            &done["new"],
            &done["known"],
            &done["quarantined"],
            &done["missing"]
        ),
        (&json!(1), &json!(0), &json!(1), &json!([]))
    );
    let ids: Vec<String> = records
        .iter()
        .map(|record| record.record_id.to_string())
        .collect();
    assert_eq!(
        done["refused"],
        json!([{"record": ids[1], "reason": "frame"}])
    );
    let again = text(&desk.run(&["import", &bundle]).stdout);
    assert!(
        again.starts_with("Bundle 1: 0 new, 2 known, 0 in quarantine.\nNo bundle is missing.\n"),
        "{again}"
    );
    assert!(fs::read(&bundle).unwrap() == before);
    let listed = desk.json(&["list", "--json"]);
    let expected = json!([
        {"id": ids[0], "received_day": desk.office.day().to_string(), "urgency": null, "state": "imported", "path": "server", "attachments": 1},
        {"id": ids[1], "received_day": null, "urgency": null, "state": "quarantined", "path": null, "attachments": 0},
    ]);
    assert_eq!(listed, expected);
    let shown = desk.json(&["show", &ids[0], "--json"]);
    assert_eq!(shown["attachments"][0]["name"], report.files[0].0);
    let out = desk.path("out");
    let written = desk.run(&["attachment", &ids[0], "1", "--out", &out]);
    assert!(written.status.success());
    assert!(fs::read(&out).unwrap() == report.files[0].2);
    let words = text(&desk.run(&["list"]).stdout);
    assert!(words.contains(&format!(
        "Record {} is in quarantine. Its length or padding",
        ids[1]
    )));
    let sound = desk.run(&["doctor"]);
    assert!(sound.status.success(), "{}", text(&sound.stderr));
    assert!(text(&sound.stdout).contains("Argon2id with 19 MiB and 3 passes."));
    assert!(text(&sound.stdout).contains("No damage found."));
}

#[test]
fn what_fails_is_two_sentences_and_its_exit_code() {
    let mut desk = Desk::new();
    let id = "00112233445566778899aabbccddeeff";
    let usage = desk.run(&["show", "no-id"]);
    assert_eq!(usage.status.code(), Some(2));
    assert_refused(&desk.run(&["list"]), "There is no vault in this folder.");
    assert!(desk.init().status.success());
    assert_refused(&desk.init(), "The folder for the new vault is not empty.");
    assert_refused(&desk.run(&["show", id]), "There is no record");
    assert_refused(
        &desk.run(&["import", "/no/such/file"]),
        "The bundle cannot be read.",
    );
    let bundle = desk.bundle("bundle", &[]);
    let whole = fs::read(&bundle).unwrap();
    fs::write(&bundle, &whole[..whole.len() / 2]).unwrap();
    assert_refused(&desk.run(&["import", &bundle]), "The bundle ends early.");
    fs::write(&bundle, &whole).unwrap();
    assert_refused(
        &desk.run(&["import", &bundle, "--server-key", "nonsense"]),
        "What follows `--server-key` is not a server's key.",
    );
    fs::write(desk.path("keys/passphrase"), "another one\n").unwrap();
    assert_refused(
        &desk.run(&["list"]),
        "The passphrase is wrong; the vault is not damaged.",
    );
    fs::remove_file(desk.path("keys/passphrase")).unwrap();
    assert_refused(&desk.run(&["list"]), "The passphrase file cannot be read.");
}

/// A small office of three, each under the own name and passphrase file.
fn small_office() -> Desk {
    let desk = Desk::new();
    assert!(desk.init().status.success());
    for (name, number) in [("second", "2"), ("third", "3")] {
        let file = desk.path(name);
        fs::write(&file, format!("the passphrase of {name}\n")).expect("it is written");
        let mut add = desk.command(&["users", "add", name, "--small-office", number]);
        add.args(["--kdf-mib", "19", "--new-passphrase-file", &file]);
        let added = add.output().expect("it runs");
        assert!(added.status.success(), "{}", text(&added.stderr));
    }
    desk
}

fn run_as(desk: &Desk, name: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_asylia-console"));
    command
        .args(arguments)
        .args(["--as", name, "--vault", &desk.path("vault")])
        .args(["--passphrase-file", &desk.path(name)]);
    command.output().expect("it runs")
}

#[test]
fn each_person_does_what_the_role_permits_and_nothing_else() {
    let mut desk = small_office();
    let bundle = desk.bundle("bundle", &[]);
    let listed = desk.json(&["users", "list", "--json"]);
    let expected = json!([
        {"name": "focal-point", "roles": ["focal-point"]},
        {"name": "second", "roles": ["officer", "custodian"]},
        {"name": "third", "roles": ["statistician", "auditor"]},
    ]);
    assert_eq!(listed, expected);
    let out = desk.path("out");
    for (name, permitted, arguments) in [
        ("second", true, vec!["import", &bundle]),
        ("second", true, vec!["list"]),
        ("second", false, vec!["users", "list"]),
        ("second", false, vec!["audit", "export", "--out", &out]),
        ("third", true, vec!["doctor"]),
        ("third", true, vec!["audit", "verify"]),
        ("third", false, vec!["list"]),
        ("third", false, vec!["import", &bundle]),
        ("third", false, vec!["users", "remove", "second"]),
        ("third", false, vec!["backup", "--out", &out]),
    ] {
        let done = run_as(&desk, name, &arguments);
        match permitted {
            true => assert!(done.status.success(), "{name} {arguments:?}"),
            false => assert_refused(&done, "Your role does not permit this;"),
        }
    }
    assert!(!Path::new(&out).exists());
    assert!(desk.run(&["users", "remove", "third"]).status.success());
    assert_refused(
        &run_as(&desk, "third", &["doctor"]),
        "The passphrase is wrong;",
    );
}

#[test]
fn the_log_is_carried_out_and_its_head_held_against_the_vault() {
    let mut desk = small_office();
    let bundle = desk.bundle("bundle", &[]);
    assert!(
        run_as(&desk, "second", &["import", &bundle])
            .status
            .success()
    );
    let (log, head) = (desk.path("log"), desk.path("head"));
    let exported = run_as(&desk, "third", &["audit", "export", "--out", &log]);
    assert!(exported.status.success(), "{}", text(&exported.stderr));
    let written = fs::read_to_string(&log).unwrap();
    assert!(written.contains("\"by\":\"second\",\"act\":\"import-ended\",\"number\":1"));
    let last: Value = serde_json::from_str(written.lines().last().unwrap()).unwrap();
    fs::write(&head, last["head"].as_str().unwrap()).unwrap();
    let verify = ["audit", "verify", "--head", &head];
    let verified = run_as(&desk, "second", &verify);
    assert!(verified.status.success(), "{}", text(&verified.stderr));
    fs::write(&head, "another file").unwrap();
    let refused = run_as(&desk, "second", &verify);
    assert!(text(&refused.stderr).contains("This is no signed head of a vault."));
    assert_eq!(refused.status.code(), Some(1));
}

#[test]
fn a_copy_is_restored_and_a_lost_passphrase_recovered() {
    let desk = Desk::new();
    assert!(desk.init().status.success());
    let (key, new, copy) = (desk.path("key"), desk.path("new"), desk.path("copy"));
    let seed = recovery_files(&desk, &key);
    fs::write(&new, "a new passphrase\n").unwrap();
    assert!(
        desk.run(&["users", "recovery", "--recovery", &key])
            .status
            .success()
    );
    let copied = desk.run(&["backup", "--out", &copy]);
    assert!(copied.status.success() && text(&copied.stdout).starts_with("asylia vault head v1\n"));
    let meta = fs::metadata(&copy).unwrap();
    assert_eq!(meta.permissions().mode() & 0o777, 0o600);
    fs::remove_dir_all(desk.path("vault")).unwrap();
    let restored = desk.run(&["restore", &copy]);
    assert!(restored.status.success(), "{}", text(&restored.stderr));
    let recovered = Command::new(env!("CARGO_BIN_EXE_asylia-console"))
        .args([
            "users",
            "recover",
            "focal-point",
            "--vault",
            &desk.path("vault"),
        ])
        .args([
            "--seed",
            &seed,
            "--seed-passphrase-file",
            &desk.path("keys/passphrase"),
            "--new-passphrase-file",
            &new,
            "--kdf-mib",
            "19",
        ])
        .output()
        .unwrap();
    assert!(recovered.status.success(), "{}", text(&recovered.stderr));
    assert_refused(&desk.run(&["list"]), "The passphrase is wrong;");
    fs::copy(&new, desk.path("keys/passphrase")).unwrap();
    assert!(desk.run(&["list"]).status.success());
    assert!(desk.run(&["audit", "verify"]).status.success());
}

/// A recovery key: its public note at `note`, and its seed file, as it is put together from shares.
fn recovery_files(desk: &Desk, note: &str) -> String {
    let instance = desk.office.bundle.content().instance;
    let secret = CustodySecret::generate_recovery(instance, "2027", &mut OsRng).ok();
    let secret = secret.expect("a label");
    let scheme = Scheme::single(2, 3).expect("two of three");
    let day = desk.office.day();
    let new = split(&secret, &scheme, day, day, &mut OsRng).ok();
    let new = new.expect("it is split");
    let public = RecoveryNote::new(secret.recipients().remove(0), new.set).expect("its own");
    fs::write(note, public.to_note()).expect("it is written");
    let passphrase = fs::read_to_string(desk.path("keys/passphrase")).expect("it is there");
    let passphrase = SecretString::from(passphrase.trim_end());
    let seed = desk.path("seed");
    fs::write(&seed, secret.seal_file(&passphrase, WorkFactor::DEMO)).expect("it is written");
    seed
}

/// Whoever sits in the office, and has a key bundle of their own making with its own twelve words.
#[test]
fn root_keys_of_somebody_else_are_not_taken_into_the_vault() {
    let desk = Desk::new();
    assert!(desk.init().status.success());
    let own = RootSigningKey::from_seed(&[3; 32]);
    let mut content = desk.office.demo.content.clone();
    content.sequence += 1;
    content.previous = Some(desk.office.bundle.digest());
    content.roots = vec![own.verifying_key()];
    let words = content.fingerprint().to_string();
    let lines = [&own, &desk.office.demo.root_key].map(|key| content.signature_line(key));
    let (note, identity) = (desk.path("next.note"), desk.path("keys/identity-intake"));
    let passphrase = desk.path("keys/passphrase");
    let add = |signed: &[String]| {
        fs::write(&note, content.to_note(signed)).unwrap();
        #[rustfmt::skip]
        let arguments = ["identity", "add", &identity, "--keys", &note, "--office", &words,
            "--identity-passphrase-file", &passphrase];
        desk.run(&arguments)
    };
    let refused = add(&lines[..1]);
    assert_refused(
        &refused,
        "The key bundle is not taken: the root keys change",
    );
    let taken = add(&lines);
    assert!(taken.status.success(), "{}", text(&taken.stderr));
}

#[test]
fn only_keys_of_the_office_that_was_asked_for_make_a_vault() {
    let desk = Desk::new();
    let other = Desk::new();
    let keys = desk.path("keys/keys.note");
    let identity = desk.path("keys/identity-intake");
    let words = other.office.demo.fingerprint().to_string();
    let init = |arguments: &[&str]| {
        let mut all = vec![
            "init",
            "--kdf-mib",
            "19",
            "--keys",
            &keys,
            "--identity",
            &identity,
        ];
        all.extend(arguments);
        desk.run(&all)
    };
    assert_refused(
        &init(&["--office", &words]),
        "The key bundle is refused: the key bundle belongs to another office",
    );
    assert_refused(
        &init(&["--office", "not these words"]),
        "The words after `--office` are not right",
    );
    let foreign = desk.path("foreign");
    // The other office's identity under this office's passphrase: right file, wrong bundle.
    let theirs = &other.office.demo.period.intake;
    let sealed = theirs.seal_file(&desk.office.demo.passphrase, WorkFactor::DEMO);
    fs::write(&foreign, sealed).unwrap();
    let refused = desk.run(&[
        "init",
        "--kdf-mib",
        "19",
        "--keys",
        &keys,
        "--identity",
        &foreign,
    ]);
    assert!(text(&refused.stderr).contains("belongs to no period of this key bundle"));
    assert_eq!(refused.status.code(), Some(1));
    assert!(!Path::new(&desk.path("vault")).exists());
    let cheap = desk.run(&[
        "init",
        "--kdf-mib",
        "8",
        "--keys",
        &keys,
        "--identity",
        &identity,
    ]);
    assert_refused(
        &cheap,
        "The memory for the passphrase must lie between 19 and 4096 MiB.",
    );
    let right = desk.office.demo.fingerprint().to_string();
    assert!(init(&["--office", &right]).status.success());
}

#[test]
fn doctor_names_what_is_damaged() {
    let mut desk = Desk::new();
    assert!(desk.init().status.success());
    let identities = desk.office.rows("SELECT sealed FROM blobs");
    let record = desk.office.seal(&story("x"));
    let bundle = desk.bundle("bundle", std::slice::from_ref(&record));
    assert!(desk.run(&["import", &bundle]).status.success());
    // Somewhere within a sealed compartment, in the file and past SQLite.
    let file = desk.path("vault/vault.db");
    let mut pieces = desk.office.rows("SELECT sealed FROM blobs");
    pieces.retain(|piece| !identities.contains(piece));
    let mut bytes = fs::read(&file).unwrap();
    let part = &pieces[0][100..132];
    let at = bytes.windows(32).position(|window| window == part).unwrap();
    bytes[at] ^= 1;
    fs::write(&file, bytes).unwrap();
    let found = desk.run(&["doctor", "--json"]);
    assert_eq!(found.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&found.stdout).unwrap();
    assert_eq!(
        report["damaged_records"],
        json!([record.record_id.to_string()])
    );
    assert_eq!(report["damaged_rows"], json!([]));
    assert!(
        text(&desk.run(&["doctor"]).stdout)
            .contains(&format!("Damaged record {}", record.record_id))
    );
}

/// A full disk in the middle of the file, by the kernel's limit on a file's size.
#[test]
fn an_attachment_that_cannot_be_written_whole_leaves_nothing() {
    let mut desk = Desk::new();
    assert!(desk.init().status.success());
    let mut report = story("x");
    report
        .files
        .push(("big".to_owned(), "a/b".to_owned(), vec![7; 1 << 20]));
    let record = desk.office.seal(&report);
    let bundle = desk.bundle("bundle", std::slice::from_ref(&record));
    assert!(desk.run(&["import", &bundle]).status.success());
    let out = desk.path("out");
    let id = record.record_id.to_string();
    let write = desk.command(&["attachment", &id, "1", "--out", &out]);
    let mut limited = Command::new("sh");
    limited
        .args(["-c", "trap '' XFSZ; ulimit -f 400; exec \"$0\" \"$@\""])
        .arg(write.get_program())
        .args(write.get_args());
    assert_refused(&limited.output().unwrap(), "The file could not be written");
    assert!(!Path::new(&out).exists());
    assert!(
        desk.run(&["attachment", &id, "1", "--out", &out])
            .status
            .success()
    );
}

/// The program ends with the test, whatever becomes of it.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_pages_are_served_without_a_date_and_the_launch_page_goes_away() {
    let desk = Desk::new();
    assert!(desk.init().status.success());
    let mut child = Serving(
        desk.command(&["browser", "--no-open"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let mut lines = BufReader::new(child.0.stdout.take().unwrap()).lines();
    let page = lines.next().unwrap().unwrap();
    let meta = fs::metadata(&page).unwrap();
    assert_eq!(meta.permissions().mode() & 0o777, 0o600);
    let folder = Path::new(&page).parent().unwrap().to_owned();
    assert_eq!(
        fs::metadata(&folder).unwrap().permissions().mode() & 0o777,
        0o700
    );
    let launch = fs::read_to_string(&page).unwrap();
    let host = part(&launch, "action=\"http://", "/enter\"");
    assert!(host.starts_with("127.0.0.1:"));
    let body = format!("secret={}", part(&launch, "value=\"", "\""));
    let entered = ask(
        host,
        &format!(
            "POST /enter HTTP/1.1\r\nHost: {host}\r\nOrigin: null\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        ),
    );
    assert!(entered.starts_with("HTTP/1.1 200 OK"), "{entered}");
    assert!(!entered.to_lowercase().contains("\r\ndate:"));
    let cookie = part(&entered.to_lowercase(), "set-cookie: ", ";").to_owned();
    let inbox = ask(
        host,
        &format!("GET / HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n"),
    );
    assert!(
        inbox.contains("No reports yet.") && inbox.contains("DEMO KEYS"),
        "{inbox}"
    );
    let pid = rustix::process::Pid::from_child(&child.0);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert!(child.0.wait().unwrap().success());
    assert!(lines.next().is_none(), "one line and no more");
    assert!(!folder.exists());
}

fn ask(host: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(host).expect("it listens");
    stream
        .write_all(request.as_bytes())
        .expect("it takes the request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    answer
}

fn part<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let (_, rest) = text.split_once(from).expect("it begins");
    rest.split_once(to).expect("it ends").0
}

/// Exit code 1, nothing on the output, the sentence that is expected and one more.
fn assert_refused(output: &Output, sentence: &str) {
    let said = text(&output.stderr);
    let said = said.lines().last().unwrap_or_default();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(output.stdout.is_empty());
    let rest = said.strip_prefix("asylia-console: ").unwrap_or(said);
    assert!(rest.starts_with(sentence), "{said}");
    assert!(
        rest.ends_with('.') && rest.len() > sentence.len() + 2,
        "{said}"
    );
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

#[test]
fn identities_are_listed_kept_while_they_are_needed_and_taken_once() {
    let mut desk = Desk::new();
    assert!(desk.init().status.success());
    let record = desk.office.seal(&story("one"));
    let bundle = desk.bundle("bundle", &[record]);
    desk.json(&["import", &bundle, "--json"]);
    let listed = desk.json(&["identity", "list", "--json"]);
    let period = listed[0]["period"].as_str().unwrap().to_owned();
    assert_eq!(period, desk.office.day().quarter());
    assert_eq!(
        listed[0]["identities"],
        serde_json::json!(["intake", "account", "identity"])
    );
    assert_eq!(
        (&listed[0]["records"], &listed[0]["destroyed"]),
        (&1.into(), &Value::Null)
    );
    assert_eq!(listed[0]["obstacles"].as_array().unwrap().len(), 2);
    let out = desk.path("statement");
    let refused = desk.run(&["identity", "destroy", &period, "--out", &out]);
    assert_eq!(refused.status.code(), Some(1));
    let said = text(&refused.stderr);
    assert!(
        said.contains("cannot be destroyed yet") && said.contains("wait until"),
        "{said}"
    );
    assert!(!Path::new(&out).exists(), "no empty statement stays");
    assert_eq!(desk.json(&["identity", "list", "--json"])[0], listed[0]);
    let file = desk.path("keys/identity-intake");
    let passphrase = desk.path("keys/passphrase");
    let again = desk.run(&[
        "identity",
        "add",
        &file,
        "--identity-passphrase-file",
        &passphrase,
    ]);
    assert!(again.status.success(), "{}", text(&again.stderr));
    assert!(
        text(&again.stdout).contains("0 identities"),
        "{}",
        text(&again.stdout)
    );
    fs::write(&out, "somebody's").unwrap();
    let refused = desk.run(&["identity", "destroy", &period, "--out", &out]);
    assert_eq!(refused.status.code(), Some(1));
    assert_eq!(
        fs::read(&out).unwrap(),
        b"somebody's",
        "what is there stays"
    );
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one case from its report to its packet"
)]
fn a_case_goes_from_its_report_to_a_packet_by_verbs() {
    let mut desk = Desk::new();
    assert!(desk.init().status.success());
    let record = desk.office.seal(&case("TC-06"));
    let bundle = desk.bundle("bundle", std::slice::from_ref(&record));
    desk.json(&["import", &bundle, "--json"]);
    let id = record.record_id.to_string();
    let made = desk.json(&["case", "new", &id, "--json"]);
    let number = made["case"].as_str().expect("a number").to_owned();
    let write = |desk: &Desk, name: &str, text: &str| {
        let path = desk.path(name);
        fs::write(&path, text).expect("it is written");
        path
    };
    for change in [
        r#"{"triaged":{"level":"U3","proposed":"U3","reason":"as proposed"}}"#,
        r#"{"person":{"number":1,"item":{"kind":"group","label":"the association","reporter":true,"in_passing":false,"role":"civil_society_organisation","gender":null,"age_group":null,"own_view":null,"representatives":["its director"]}}}"#,
        r#"{"state":["XPL","alleged_responsible",true]}"#,
        r#"{"summary":["An association was allegedly struck off.","en"]}"#,
        r#"{"summary-agreed":"through the mailbox"}"#,
    ] {
        let file = write(&desk, "change", change);
        let done = desk.run(&["case", "change", &number, "--file", &file]);
        assert!(done.status.success(), "{change}: {}", text(&done.stderr));
    }
    let consent = desk.json(&["consent", &number, "--json"]);
    assert_eq!(
        consent["persons"][0]["values"].as_array().map(Vec::len),
        Some(10)
    );
    let (key, address) = (desk.path("keys/signing-office"), desk.path("addressees"));
    let recipient = asylia_envelope::hybrid::HybridIdentity::from_seed(&[9; 32]).to_recipient();
    let list = format!(
        r#"{{"addressees":[{{"code":"sr-defenders","name":"Special Rapporteur","targets":["M1"],"recipient":"{recipient}"}}]}}"#
    );
    fs::write(&address, list).expect("it is written");
    let signed = desk.path("list");
    let mut sign = Command::new(env!("CARGO_BIN_EXE_asylia-console"));
    sign.args([
        "data",
        "sign",
        &address,
        "--kind",
        "addressees",
        "--version",
        "1",
    ]);
    sign.args([
        "--key",
        &key,
        "--passphrase-file",
        &desk.path("keys/passphrase"),
        "--out",
        &signed,
    ]);
    let done = sign.output().expect("it runs");
    assert!(done.status.success(), "{}", text(&done.stderr));
    assert!(desk.run(&["data", "import", &signed]).status.success());
    let again = desk.run(&["data", "import", &signed]);
    assert!(text(&again.stderr).contains("version 1 is here already"));
    let to = ["--to", "M1@sr-defenders"];
    let asked = desk.json(&["decide", &number, to[0], to[1], "--json"]);
    assert_eq!(asked["decision"]["verdict"], "allowed");
    let why = write(&desk, "why", "They should know.");
    let ticked = ["--ticked", "not-recognisable", "--why-file", &why, "--json"];
    let decided = desk.json(&[&["decide", &number][..], &to, &ticked].concat());
    assert_eq!(decided["action"], 1);
    let out = desk.path("packet.age");
    let packet = desk.json(&[&["packet", &number][..], &to, &["--out", &out, "--json"]].concat());
    assert!(
        packet["receipt"]
            .as_str()
            .is_some_and(|receipt| receipt.starts_with("P-"))
    );
    assert!(
        fs::read(&out)
            .expect("it is there")
            .starts_with(b"age-encryption.org/v1")
    );
    let shown = desk.json(&["case", "show", &number, "--json"]);
    assert_eq!(shown["packets"][0]["receipt"], packet["receipt"]);
    assert_eq!(shown["counted_as"], "named");
    let listed = desk.json(&["case", "list", "--json"]);
    assert_eq!(
        (&listed[0]["case"], &listed[0]["urgency"]),
        (&json!(number), &json!("U3"))
    );
    for (arguments, words) in [
        (vec!["case", "new"], "made of reports"),
        (vec!["case", "new", &id], "belongs to a case already"),
        (vec!["case", "show", "R-0000-00"], "no case of that number"),
        (
            vec!["case", "change", &number, "--file", &why],
            "not the JSON of this act",
        ),
        (
            vec!["decide", &number, "--second", "1"],
            "needs a second officer",
        ),
        (
            vec!["packet", &number, "--to", "R5@HC", "--out", &out],
            "not on the office's signed list",
        ),
    ] {
        let refused = desk.run(&arguments);
        assert_eq!(refused.status.code(), Some(1), "{arguments:?}");
        assert!(
            text(&refused.stderr).contains(words),
            "{arguments:?}: {}",
            text(&refused.stderr)
        );
        assert!(
            !text(&refused.stderr).contains("They should know"),
            "nothing of a text is said"
        );
    }
}
