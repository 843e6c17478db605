//! Power cuts: the console is killed at random moments of an import; no event is lost or torn.
#![expect(
    clippy::disallowed_types,
    reason = "the test starts the program to kill it"
)]

use std::{
    fs,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use rand_core::{OsRng, RngCore};

use crate::office::{FIRST, Office, Stored, story};

#[test]
fn killed_at_random_moments_the_vault_loses_and_tears_nothing() {
    let rounds = match std::env::var_os("ASYLIA_LONG") {
        Some(_) => 100,
        None => 25,
    };
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

fn bundle(office: &mut Office, round: u32) -> String {
    let records: Vec<Stored> = (0..RECORDS)
        .map(|number| office.seal(&story(&format!("{round} {number}"))))
        .collect();
    let path = office.folder.path().join("bundle");
    fs::write(&path, office.pack(&records)).expect("it is written");
    path.display().to_string()
}

fn command(office: &Office, passphrase: &std::path::Path, bundle: &str) -> Command {
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

fn import(office: &Office, passphrase: &std::path::Path, bundle: &str) -> std::process::Child {
    command(office, passphrase, bundle)
        .spawn()
        .expect("it starts")
}

fn import_again(office: &Office, passphrase: &std::path::Path, bundle: &str) -> bool {
    let status = command(office, passphrase, bundle).status();
    status.expect("it runs").success()
}

fn duration_of_an_import(office: &mut Office, passphrase: &std::path::Path) -> Duration {
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
