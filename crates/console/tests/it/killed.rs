//! Power cuts: the console is killed at random moments of an import; no event is lost or torn.
#![expect(
    clippy::disallowed_types,
    reason = "the test starts the program to kill it"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use asylia_envelope::{
    reply::open_slot,
    return_code::{MailboxKeys, ReturnCode},
    submission::MailboxAddress,
    transfer::{OfficeSubject, UntrustedBundle},
};
use rand_core::{OsRng, RngCore};

use crate::office::{FIRST, Office, Report, Stored, story, take};

#[test]
fn killed_at_random_moments_the_vault_loses_and_tears_nothing() {
    let rounds = rounds();
    let mut office = Office::of_today();
    office.vault().close();
    let passphrase = office.folder.path().join("passphrase");
    fs::write(&passphrase, crate::office::PASSPHRASE).expect("it is written");
    let whole = duration_of_an_import(&mut office, &passphrase);
    let mut there = records(&office);
    let (mut killed, mut within) = (0, 0);
    for round in 0..rounds {
        let bundle = bundle(&mut office, round);
        let mut import = import(&office, &passphrase, &bundle);
        let pause = u64::from(OsRng.next_u32()) % (whole.as_micros() as u64);
        thread::sleep(Duration::from_micros(pause));
        import.kill().expect("our own process");
        killed += u32::from(!import.wait().expect("our own process").success());
        let mut vault = office.reopen();
        let check = vault.verify().expect("the file can be read");
        assert!(check.faults.is_empty(), "round {round}: {:?}", check.faults);
        assert!(vault.contents().damaged.is_empty());
        drop(vault);
        let now = records(&office);
        assert!(
            there.iter().all(|record| now.contains(record)),
            "round {round} lost a record"
        );
        within += u32::from(now.len() > there.len() && now.len() < there.len() + RECORDS);
        // What was begun goes on where it stopped.
        let done = import_again(&office, &passphrase, &bundle);
        assert!(done, "round {round}: the import does not go on");
        let after = records(&office);
        assert_eq!(after.len(), there.len() + RECORDS, "round {round}");
        assert!(now.iter().all(|record| after.contains(record)));
        there = after;
    }
    // The test means nothing if the moments never lay within an import.
    assert!(
        killed > rounds / 4 && within > 0,
        "{killed} killed, {within} within"
    );
}

/// Exports: no number twice, no answer lost, none in two shapes.
#[test]
fn killed_at_random_moments_of_an_export_nothing_is_lost_and_nothing_leaves_twice() {
    let mut office = Office::of_today();
    let mut vault = office.vault();
    let instance = office.bundle.content().instance;
    let key = &office.demo.office_key;
    vault.put_office_key(instance, key).expect("it is written");
    vault.close();
    let passphrase = office.folder.path().join("passphrase");
    fs::write(&passphrase, crate::office::PASSPHRASE).expect("it is written");
    let (mut people, mut whole, mut killed) = (Vec::new(), None, 0);
    let rounds = rounds();
    for round in 0..rounds {
        people.extend(answers_fall_due(&mut office));
        let out = |name: &str| office.folder.path().join(format!("out-{round:03}-{name}"));
        let begin = Instant::now();
        let mut first = export(&office, &passphrase, &out("a"));
        if let Some(whole) = whole {
            thread::sleep(Duration::from_micros(u64::from(OsRng.next_u32()) % whole));
            first.kill().expect("our own process");
        }
        killed += u32::from(!first.wait().expect("our own process").success());
        whole = whole.or(Some(begin.elapsed().as_micros() as u64));
        let mut vault = office.reopen();
        let check = vault.verify().expect("the file can be read");
        assert!(check.faults.is_empty(), "round {round}: {:?}", check.faults);
        drop(vault);
        let status = export(&office, &passphrase, &out("b")).wait();
        assert!(status.expect("it runs").success(), "round {round}");
    }
    assert!(killed > rounds / 4, "{killed} killed");
    one_chain_and_each_answer_once(&office, &people);
}

/// What lies on the sticks is one chain of bundles, and each submitter finds one first reply in it.
fn one_chain_and_each_answer_once(office: &Office, people: &[MailboxKeys]) {
    let content = office.bundle.content();
    let (mut notes, mut slots) = (BTreeMap::new(), BTreeMap::new());
    let files = fs::read_dir(office.folder.path()).expect("it can be read");
    for file in files.flatten() {
        let name = file.file_name().to_string_lossy().into_owned();
        // Beside each bundle lies the vault's head.
        if !name.starts_with("out-") || name.ends_with(".head") {
            continue;
        }
        let bytes = fs::read(file.path()).expect("it can be read");
        let bundle =
            UntrustedBundle::open_from_office(&bytes[..], bytes.len() as u64, &content.office_keys);
        let mut bundle = bundle.expect("what has its name is whole");
        let note = bundle.note().clone();
        let before = notes.insert(note.sequence, note.digest());
        assert!(before.is_none_or(|digest| digest == note.digest()));
        loop {
            let mut slot = Vec::new();
            let blob = bundle.next_blob(|some| {
                slot.extend_from_slice(some);
                Ok(())
            });
            let Some(line) = blob.expect("what has its name is whole") else {
                break;
            };
            if let OfficeSubject::Reply(lookup_id) = line.subject {
                slots
                    .entry(lookup_id)
                    .or_insert_with(BTreeSet::new)
                    .insert(slot);
            }
        }
        if let Some(previous) = note.sequence.checked_sub(1).and_then(|one| notes.get(&one)) {
            assert_eq!(note.previous.as_ref(), Some(previous));
        }
    }
    let numbers: Vec<u64> = notes.keys().copied().collect();
    assert!(
        numbers.iter().copied().eq(1..=numbers.len() as u64),
        "{numbers:?}"
    );
    for keys in people {
        let slots = slots.get(&keys.lookup_id()).expect("an answer");
        assert_eq!(slots.len(), 1, "one answer, in one shape");
        let opened = slots.iter().map(|slot| {
            open_slot(slot, keys, content.instance, &content.office_keys).map(|o| o.reply.counter)
        });
        assert!(opened.eq([Ok(1)]));
    }
}

/// Reports that the server has let go, so that their first replies leave with the next export.
fn answers_fall_due(office: &mut Office) -> Vec<MailboxKeys> {
    let instance = office.bundle.content().instance;
    let people: Vec<MailboxKeys> = (0..ANSWERS)
        .map(|_| ReturnCode::generate(&mut OsRng).derive_mailbox(instance))
        .collect();
    let records: Vec<Stored> = people
        .iter()
        .map(|keys| {
            office.seal(&Report {
                mailbox: Some(MailboxAddress::of(keys)),
                ..story("x")
            })
        })
        .collect();
    let mut vault = office.reopen();
    for records in [&records[..], &[]] {
        take(&mut vault, &office.pack(records)).expect("it is taken");
    }
    vault.close();
    people
}

fn export(office: &Office, passphrase: &Path, out: &Path) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_asylia-console"));
    command.args(["export", "--as", FIRST, "--vault"]);
    command.arg(office.directory()).arg("--out").arg(out);
    command.arg("--passphrase-file").arg(passphrase);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command.stderr(Stdio::null()).spawn().expect("it starts")
}

fn rounds() -> u32 {
    match std::env::var_os("ASYLIA_LONG") {
        Some(_) => 100,
        None => 25,
    }
}

fn bundle(office: &mut Office, round: u32) -> String {
    let records: Vec<Stored> = (0..RECORDS)
        .map(|number| office.seal(&story(&format!("{round} {number}"))))
        .collect();
    let path = office.folder.path().join("bundle");
    fs::write(&path, office.pack(&records)).expect("it is written");
    path.display().to_string()
}

fn command(office: &Office, passphrase: &Path, bundle: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_asylia-console"));
    command
        .args(["import", bundle, "--as", FIRST, "--vault"])
        .arg(office.directory())
        .arg("--passphrase-file")
        .arg(passphrase)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

fn import(office: &Office, passphrase: &Path, bundle: &str) -> Child {
    command(office, passphrase, bundle)
        .spawn()
        .expect("it starts")
}

fn import_again(office: &Office, passphrase: &Path, bundle: &str) -> bool {
    let status = command(office, passphrase, bundle).status();
    status.expect("it runs").success()
}

fn duration_of_an_import(office: &mut Office, passphrase: &Path) -> Duration {
    let bundle = bundle(office, u32::MAX);
    let begin = Instant::now();
    assert!(import_again(office, passphrase, &bundle));
    begin.elapsed()
}

fn records(office: &Office) -> Vec<String> {
    let vault = office.reopen();
    let records = vault.contents().records.iter();
    records.map(|row| row.item.record_id.to_string()).collect()
}

/// Enough that importing them takes longer than starting the program and stretching the passphrase.
const RECORDS: usize = 40;
/// Enough that sealing them takes a good part of an export.
const ANSWERS: usize = 20;
