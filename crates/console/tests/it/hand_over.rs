//! From one office to the next: who can, what stays, what is gone; stopped anywhere, and without who leaves.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use asylia_console::{
    access::Role,
    hand_over::{By, HandOverError, PassphraseFiles, Plan, run},
    report::OpenedReport,
    vault::{
        Credentials, DestructionNote, NewPerson, Vault, VaultError,
        audit::{Act, AuditItem},
        header::{KDF_FLOOR_MIB, KdfCost},
    },
};
use asylia_envelope::{ids::RecordId, key_bundle::UnverifiedBundle};
use asylia_keys::{
    bundle,
    ceremony::{CeremonyError, Room, Transcript, WitnessSigningKey, witness_statement},
    hand_over::{
        Appointment, BadAppointment, HandedBy, IncomingSigningKey, SignedManifest,
        UnverifiedAppointment, seal_incoming,
    },
    key_file::WorkFactor,
    recovery::RecoveryNote,
    shares::{Group, SHARE_WORDS},
    signing_file::RootSigningKey,
};
use rand_core::OsRng;
use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::office::{FIRST, Office, PASSPHRASE, credentials, story, take};

pub(crate) const OF_KEY: &str = "the passphrase of the key file";
pub(crate) const NEW: &str = "the passphrase of who comes";
const TODAY: &str = "words for today and nothing else";
const A_YEAR: i64 = 365;

/// Both offices, holders, Committee and witness, who do what they are told and remember what they saw.
pub(crate) struct People {
    sheets: PathBuf,
    /// Words of every sheet, by set and holder.
    pub(crate) papers: BTreeMap<(String, String), String>,
    reading: (String, String),
    heard: String,
    /// Folder of a year's ceremony, where the Committee and the witness find what they sign.
    pub(crate) year: PathBuf,
    signers: Vec<u8>,
    last: &'static str,
    /// Shares that are typed, one after the other.
    shares: Vec<String>,
    calls: usize,
    /// The computer loses its power at this call.
    fail_at: Option<usize>,
}

impl People {
    pub(crate) fn at(office: &Office) -> Self {
        Self::with_sheets(office, &office.folder.path().join("sheets"))
    }

    /// As [`Self::at`], with another folder for pages.
    pub(crate) fn with_sheets(office: &Office, sheets: &Path) -> Self {
        Self {
            year: office.folder.path().join("year"),
            signers: vec![1, 3],
            sheets: sheets.to_owned(),
            papers: BTreeMap::new(),
            reading: Default::default(),
            heard: String::new(),
            last: "",
            shares: Vec::new(),
            calls: 0,
            fail_at: None,
        }
    }

    fn hear(&mut self, text: &str) -> Result<(), CeremonyError> {
        self.calls += 1;
        self.heard.push_str(text);
        self.heard.push('\n');
        match self.fail_at == Some(self.calls) {
            true => Err(CeremonyError::Stopped),
            false => Ok(()),
        }
    }

    /// The next holder of a root key signs.
    fn sign(&mut self) -> String {
        let there = ["keys.partial", "keys.unsigned"].map(|name| self.year.join(name));
        let note = there.iter().find_map(|path| fs::read(path).ok());
        let note = UnverifiedBundle::parse(&note.expect("it is there")).expect("a bundle");
        let holder = self.signers.remove(0);
        let signed = bundle::sign(&note, None, &root(holder)).expect("a root key");
        let path = self.year.join("from-holder");
        fs::write(&path, signed).expect("it is written");
        path.display().to_string()
    }

    fn witness(&self) -> String {
        let text = fs::read(self.year.join("transcript.txt")).expect("it is there");
        let transcript = Transcript::parse(&text).expect("a transcript");
        let statement = witness_statement(&transcript, &witness()).expect("it is due");
        let path = self.year.join("statement");
        fs::write(&path, statement).expect("it is written");
        path.display().to_string()
    }

    fn take_papers(&mut self) {
        for page in fs::read_dir(&self.sheets).expect("the folder is there") {
            let page = page.expect("an entry");
            let name = page.file_name().into_string().expect("a name");
            let name = name
                .strip_prefix("sheet-")
                .and_then(|name| name.strip_suffix(".html"));
            let (set, holder) = name
                .and_then(|name| name.split_once("-holder-"))
                .expect("a sheet");
            let text = fs::read_to_string(page.path()).expect("a page");
            let words: Vec<&str> = text
                .split("</b>")
                .skip(1)
                .filter_map(|rest| Some(rest.split_once("</li>")?.0))
                .collect();
            let place = (set.to_owned(), holder.to_owned());
            self.papers.insert(place, words.join(" "));
        }
    }
}

impl Room for People {
    fn say(&mut self, text: &str) -> Result<(), CeremonyError> {
        if let Some((_, rest)) = text.split_once("Now holder ") {
            let holder = rest.split(' ').next().unwrap_or_default().to_owned();
            let set = rest.rsplit("set ").next().unwrap_or_default();
            self.reading = (set.trim_end_matches('.').to_owned(), holder);
        }
        self.hear(text)
    }

    fn ask(&mut self, prompt: &str) -> Result<String, CeremonyError> {
        self.hear(prompt)?;
        let answer = if prompt.contains("`handed`") {
            self.take_papers();
            "handed"
        } else if prompt.contains("`scan`") {
            "words"
        } else if prompt.contains("`right`") {
            "right"
        } else if prompt.contains("signed bundle") {
            return Ok(self.sign());
        } else if prompt.contains("witness's signature") {
            return Ok(self.witness());
        } else {
            assert!(prompt.contains("`agreed`"), "{prompt}");
            "agreed"
        };
        Ok(answer.to_owned())
    }

    fn ask_passphrase(&mut self, prompt: &str) -> Result<SecretString, CeremonyError> {
        self.hear(prompt)?;
        self.last = if prompt.contains("The same once more") {
            self.last
        } else if prompt.contains("outgoing focal point") {
            PASSPHRASE
        } else if prompt.contains("key file") {
            OF_KEY
        } else if prompt.contains("of this ceremony") {
            TODAY
        } else {
            NEW
        };
        Ok(SecretString::from(self.last))
    }

    fn ask_words(
        &mut self,
        prompt: &str,
        count: usize,
    ) -> Result<Zeroizing<String>, CeremonyError> {
        self.hear(prompt)?;
        assert_eq!(count, SHARE_WORDS, "everything is typed");
        if prompt.contains("next share of the recovery key") {
            let share = self.shares.pop().ok_or(CeremonyError::Stopped)?;
            return Ok(Zeroizing::new(share));
        }
        Ok(Zeroizing::new(self.papers[&self.reading].clone()))
    }
}

/// A member of the Committee's key.
pub(crate) fn root(byte: u8) -> RootSigningKey {
    RootSigningKey::from_seed(&[byte; 32])
}

/// The key of the one witness.
pub(crate) fn witness() -> WitnessSigningKey {
    WitnessSigningKey::from_seed(&[21; 32])
}

/// The key of who comes, always the same one.
pub(crate) fn incoming() -> IncomingSigningKey {
    IncomingSigningKey::from_seed(&[9; 32])
}

fn appointment(office: &Office) -> UnverifiedAppointment {
    let key = incoming().verifying_key();
    let (from, until) = (office.day(), office.day().plus_days(20));
    let appointment = Appointment::new(&office.bundle, key, from, until).unwrap();
    UnverifiedAppointment::unsigned(appointment)
}

fn signed(office: &Office) -> UnverifiedAppointment {
    let signed = appointment(office).sign(&office.bundle, &office.demo.root_key);
    signed.unwrap()
}

fn plan(office: &Office, folder: &str) -> Plan {
    let passphrase = SecretString::from(OF_KEY);
    Plan {
        vault: office.directory(),
        by: By::FocalPoint(FIRST.to_owned()),
        appointment: signed(office),
        incoming_key: seal_incoming(&incoming(), &passphrase, WorkFactor::DEMO),
        name: FIRST.to_owned(),
        cost: KdfCost::with_memory(KDF_FLOOR_MIB).unwrap(),
        holders: Group {
            threshold: 2,
            count: 2,
        },
        folder: office.folder.path().join(folder),
        sheets: office.folder.path().join("sheets"),
        files: PassphraseFiles::default(),
    }
}

/// A vault with one report and an officer beside the focal point.
fn staffed() -> (Office, RecordId) {
    let mut office = Office::new();
    let mut vault = office.vault();
    let record = office.seal(&story("kept through the years"));
    take(&mut vault, &office.pack(std::slice::from_ref(&record))).unwrap();
    let officer = NewPerson {
        credentials: officer(),
        cost: KdfCost::with_memory(KDF_FLOOR_MIB).unwrap(),
        roles: [Role::Officer].into(),
    };
    vault.add_person(&officer).unwrap();
    vault.close();
    (office, record.record_id)
}

fn officer() -> Credentials {
    Credentials {
        name: "officer".to_owned(),
        passphrase: "the passphrase of an officer".into(),
    }
}

fn refused(office: &Office, who: &Credentials) -> bool {
    let opened = Vault::open(office.machine(), &office.directory(), who);
    matches!(opened, Err(VaultError::WrongPassphrase))
}

/// Everything that is promised of a vault that was handed over.
fn check_new_office(office: &Office, record: RecordId, folder: &str) -> SignedManifest {
    assert!(refused(office, &credentials()) && refused(office, &officer()));
    let mut vault = office.open_as(FIRST, NEW);
    assert!(vault.verify().unwrap().faults.is_empty());
    let case = OpenedReport::open(&mut vault, record).unwrap().unwrap();
    assert_eq!(case.answers.text("story"), Some("kept through the years"));
    let staff: Vec<&str> = vault.contents().staff().map(|p| p.name.as_str()).collect();
    assert_eq!(staff, [FIRST]);
    let log = vault.audit_log().unwrap();
    assert!(log.iter().any(|entry| entry.item.act == Act::HandedOver));
    assert!(log.iter().any(|entry| entry.item.act == Act::RecordTaken));
    let folder = office.folder.path().join(folder);
    let manifest = fs::read(folder.join("hand-over.txt")).unwrap();
    let manifest = SignedManifest::parse(&manifest).unwrap();
    assert_eq!(vault.manifests().last().as_ref(), Some(&manifest));
    let seeds = fs::read_dir(folder.join("recovery/seeds")).unwrap();
    assert_eq!(seeds.count(), 0);
    vault.close();
    manifest
}

#[test]
fn a_hand_over_gives_the_vault_to_the_next_office_and_to_nobody_else() {
    let (mut office, record) = staffed();
    let mut people = People::at(&office);
    let plan = plan(&office, "june");
    let mut open_elsewhere = office.reopen();
    run(&office.machine(), &plan, &mut people).unwrap();
    let manifest = check_new_office(&office, record, "june");
    let said = manifest.manifest();
    assert_eq!(
        (said.by, said.records, said.quarantined, said.slots_gone),
        (HandedBy::FocalPoint, 1, 0, 2)
    );
    assert_eq!(said.periods, ["2026-Q4"]);
    assert_eq!(
        manifest.check_appointment(plan.appointment.claimed()),
        Ok(())
    );
    // A window that was still open with the old keys writes nothing any more.
    let entry = AuditItem::of(Act::Searched);
    assert!(matches!(
        open_elsewhere.log(entry),
        Err(VaultError::HandedOver)
    ));
    drop(open_elsewhere);
    // The next bundle comes, and the office works on.
    let mut vault = office.open_as(FIRST, NEW);
    let later = office.seal(&story("for the new office"));
    take(&mut vault, &office.pack(std::slice::from_ref(&later))).unwrap();
    vault.close();
    let mut vault = office.open_as(FIRST, NEW);
    assert!(
        OpenedReport::open(&mut vault, later.record_id)
            .unwrap()
            .is_some()
    );
    assert!(vault.verify().unwrap().faults.is_empty());
    // Staff who stay are added again, and read what was before.
    let again = NewPerson {
        credentials: officer(),
        cost: KdfCost::with_memory(KDF_FLOOR_MIB).unwrap(),
        roles: [Role::Officer].into(),
    };
    vault.add_person(&again).unwrap();
    vault.close();
    let mut vault = Vault::open(office.machine(), &office.directory(), &officer()).unwrap();
    assert!(OpenedReport::open(&mut vault, record).unwrap().is_some());
    assert!(vault.verify().unwrap().faults.is_empty());
}

#[test]
fn the_outgoing_office_alone_cannot_hand_over() {
    let (office, _) = staffed();
    let attempt = |change: &dyn Fn(&mut Plan)| {
        let mut plan = plan(&office, "attempt");
        change(&mut plan);
        let done = run(&office.machine(), &plan, &mut People::at(&office));
        let _ = fs::remove_dir_all(&plan.folder);
        done.err()
    };
    let unsigned = attempt(&|plan| plan.appointment = appointment(&office));
    assert!(matches!(
        unsigned,
        Some(HandOverError::Appointment(BadAppointment::Signatures {
            valid: 0,
            needed: 1
        }))
    ));
    // Appointed is one key, and the friend's is another.
    let friend = IncomingSigningKey::generate(&mut OsRng);
    let of_friend = seal_incoming(&friend, &SecretString::from(OF_KEY), WorkFactor::DEMO);
    let other = attempt(&|plan| plan.incoming_key.clone_from(&of_friend));
    assert!(matches!(
        other,
        Some(HandOverError::Appointment(BadAppointment::OtherPerson))
    ));
    // Whoever has a role that does not lead, and whoever has no slot.
    let officer = attempt(&|plan| {
        let file = office.folder.path().join("officer-passphrase");
        fs::write(&file, "the passphrase of an officer\n").unwrap();
        plan.by = By::FocalPoint("officer".to_owned());
        plan.files.outgoing = Some(file);
    });
    assert!(matches!(
        officer,
        Some(HandOverError::Vault(VaultError::Denied))
    ));
    let stranger = attempt(&|plan| plan.by = By::FocalPoint("stranger".to_owned()));
    assert!(matches!(
        stranger,
        Some(HandOverError::Vault(VaultError::WrongPassphrase))
    ));
    // Nothing of all this changed anything.
    let vault = office.reopen();
    assert_eq!(vault.contents().staff().count(), 2);
    assert_eq!(vault.manifests().count(), 0);
    drop(vault);
    assert!(!refused(&office, &credentials()));
}

/// At every question and at every line that is said, between any two writes: the power goes.
#[test]
fn a_hand_over_stopped_at_any_moment_goes_on() {
    let long = std::env::var_os("ASYLIA_LONG").is_some();
    let step = if long { 1 } else { 7 };
    let mut moments = 0;
    for moment in (1..).step_by(step) {
        let (office, record) = staffed();
        let mut people = People::at(&office);
        people.fail_at = Some(moment);
        let plan = plan(&office, "june");
        match run(&office.machine(), &plan, &mut people) {
            Err(HandOverError::Ceremony(CeremonyError::Stopped)) => moments = moment,
            Err(error) => panic!("{moment}: {error}"),
            Ok(()) => break,
        }
        // Pages in memory do not outlive a computer that is switched off.
        if moment % 2 == 0 && people.sheets.exists() {
            fs::remove_dir_all(&people.sheets).unwrap();
        }
        people.fail_at = None;
        run(&office.machine(), &plan, &mut people).unwrap_or_else(|error| {
            panic!("{moment}: {error}");
        });
        check_new_office(&office, record, "june");
    }
    assert!(moments > 20, "{moments}");
}

/// The power went when the vault was the new office's already.
#[test]
fn what_leaves_the_computer_is_written_again() {
    let (office, record) = staffed();
    let mut people = People::at(&office);
    let plan = plan(&office, "june");
    run(&office.machine(), &plan, &mut people).unwrap();
    let manifest = check_new_office(&office, record, "june");
    for name in ["hand-over.txt", "head.txt"] {
        fs::remove_file(plan.folder.join(name)).unwrap();
    }
    people.heard.clear();
    run(&office.machine(), &plan, &mut people).unwrap();
    assert!(people.heard.contains("The vault is handed over already."));
    assert_eq!(check_new_office(&office, record, "june"), manifest);
    // One appointment is for one hand-over.
    let mut again = self::plan(&office, "again");
    let file = office.folder.path().join("new-passphrase");
    fs::write(&file, NEW).unwrap();
    again.files.outgoing = Some(file);
    let refused = run(&office.machine(), &again, &mut people).err();
    assert!(matches!(
        refused,
        Some(HandOverError::Vault(VaultError::AppointmentUsed))
    ));
}

#[test]
fn recovery_shares_replace_whoever_is_gone() {
    let (mut office, record) = staffed();
    let mut people = People::at(&office);
    run(&office.machine(), &plan(&office, "june"), &mut people).unwrap();
    check_new_office(&office, record, "june");
    let first: Vec<String> = people.papers.values().cloned().collect();
    let note = fs::read(office.folder.path().join("june/recovery/recovery.note")).unwrap();
    let set = RecoveryNote::parse(&note).unwrap().set().clone();
    office.pass(10);
    let replace = |folder: &str, shares: &[String]| {
        let mut plan = plan(&office, folder);
        plan.by = By::RecoveryShares(Box::new(set.clone()));
        let mut people = People::at(&office);
        people.shares = shares.to_vec();
        run(&office.machine(), &plan, &mut people).map(|()| people)
    };
    // One holder is not enough; nothing happens.
    assert!(matches!(
        replace("one", &first[..1]).err(),
        Some(HandOverError::Ceremony(CeremonyError::Stopped))
    ));
    let people = replace("august", &first).unwrap();
    let manifest = check_new_office(&office, record, "august");
    assert_eq!(manifest.manifest().by, HandedBy::RecoveryShares);
    assert!(!people.heard.contains("outgoing focal point's passphrase"));
    // The sheets of before open nothing any more: the set is another.
    office.pass(10);
    let late = {
        let mut plan = plan(&office, "late");
        plan.by = By::RecoveryShares(Box::new(set.clone()));
        let mut people = People::at(&office);
        people.shares = first.clone();
        run(&office.machine(), &plan, &mut people).err()
    };
    assert!(matches!(
        late,
        Some(HandOverError::Vault(VaultError::WrongRecoveryKey))
    ));
}

#[test]
fn what_is_due_is_destroyed_with_a_statement() {
    let (mut office, record) = staffed();
    office.pass(A_YEAR);
    let mut vault = office.reopen();
    take(&mut vault, &office.pack(&[])).unwrap();
    vault.close();
    let mut people = People::at(&office);
    let plan = plan(&office, "june");
    run(&office.machine(), &plan, &mut people).unwrap();
    let manifest = check_new_office(&office, record, "june");
    assert_eq!(manifest.manifest().destroyed, ["2026-Q4"]);
    assert!(manifest.manifest().periods.is_empty());
    let statement = fs::read_to_string(plan.folder.join("destroyed-2026-Q4.txt")).unwrap();
    let statement = DestructionNote::parse(&statement).unwrap();
    let vault = office.open_as(FIRST, NEW);
    assert!(vault.knows_statement(&statement));
    assert_eq!(vault.contents().identities.count(), 0);
}
