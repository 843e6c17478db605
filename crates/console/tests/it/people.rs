//! People, roles and keys: what each role's keys open of the raw file, and who may do what.

use asylia_console::{
    access::{Page, Role, Roles, Verb},
    report::OpenedReport,
    vault::{
        Credentials, NewPerson, Vault, VaultError,
        audit::{Act, Motive},
        header::{KDF_FLOOR_MIB, KdfCost},
    },
};
use asylia_envelope::hybrid::HybridIdentity;

use crate::office::{FIRST, Office, PASSPHRASE, Stored, case, story, take};

/// Role, its verbs, its pages: written down by hand, apart from the program's own table.
const TABLE: [(Role, &[Verb], &[Page]); 5] = [
    (Role::FocalPoint, &Verb::ALL, &Page::ALL),
    (
        Role::Officer,
        &[
            Verb::Import,
            Verb::List,
            Verb::Show,
            Verb::Attachment,
            Verb::Browser,
            Verb::Doctor,
            Verb::UsersPassphrase,
            Verb::AuditVerify,
            Verb::AuditHead,
            Verb::Backup,
            Verb::Search,
            Verb::CaseNew,
            Verb::CaseList,
            Verb::CaseShow,
            Verb::CaseChange,
            Verb::Consent,
            Verb::Decide,
            Verb::Packet,
            Verb::DataShow,
            Verb::Export,
            Verb::Reply,
            Verb::Thread,
        ],
        &[
            Page::Inbox,
            Page::Report,
            Page::Help,
            Page::Unlock,
            Page::Lock,
            Page::Passphrase,
            Page::Search,
            Page::Import,
            Page::Cases,
            Page::CaseFile,
            Page::Consent,
            Page::Routing,
            Page::Export,
            Page::Reply,
        ],
    ),
    (
        Role::Custodian,
        &[
            Verb::Show,
            Verb::Browser,
            Verb::Doctor,
            Verb::UsersPassphrase,
            Verb::AuditVerify,
            Verb::AuditHead,
        ],
        &[
            Page::Identities,
            Page::Report,
            Page::Help,
            Page::Unlock,
            Page::Lock,
            Page::Passphrase,
        ],
    ),
    (
        Role::Statistician,
        &[
            Verb::Browser,
            Verb::Doctor,
            Verb::UsersPassphrase,
            Verb::AuditVerify,
            Verb::AuditHead,
        ],
        &[Page::Help, Page::Unlock, Page::Lock, Page::Passphrase],
    ),
    (
        Role::Auditor,
        &[
            Verb::Browser,
            Verb::Doctor,
            Verb::UsersPassphrase,
            Verb::AuditVerify,
            Verb::AuditExport,
            Verb::AuditHead,
        ],
        &[
            Page::Help,
            Page::Unlock,
            Page::Lock,
            Page::Passphrase,
            Page::Audit,
        ],
    ),
];

#[test]
fn every_verb_and_page_is_denied_to_every_role_that_does_not_stand_in_the_table() {
    for (role, verbs, pages) in TABLE {
        for verb in Verb::ALL {
            assert_eq!(
                verb.allows(role),
                verbs.contains(&verb),
                "{role:?} {verb:?}"
            );
        }
        for page in Page::ALL {
            assert_eq!(
                page.allows(role),
                pages.contains(&page),
                "{role:?} {page:?}"
            );
        }
    }
    let nobody = Roles::new();
    assert!(!Verb::ALL.iter().any(|verb| verb.allows_any(&nobody)));
    assert!(!Page::ALL.iter().any(|page| page.allows_any(&nobody)));
}

fn person(name: &str, roles: &[Role]) -> NewPerson {
    NewPerson {
        credentials: Credentials {
            name: name.to_owned(),
            passphrase: passphrase_of(name).into(),
        },
        cost: KdfCost::with_memory(KDF_FLOOR_MIB).expect("the floor is allowed"),
        roles: roles.iter().copied().collect(),
    }
}

fn passphrase_of(name: &str) -> String {
    format!("the passphrase of {name}")
}

/// An office with a person of each role, a record with an identity part, and the vault closed.
fn staffed() -> (Office, Stored) {
    let mut office = Office::new();
    let mut vault = office.vault();
    for role in [
        Role::Officer,
        Role::Custodian,
        Role::Statistician,
        Role::Auditor,
    ] {
        vault
            .add_person(&person(role.code(), &[role]))
            .expect("the person is added");
    }
    let record = office.seal(&case("TC-01"));
    take(&mut vault, &office.pack(std::slice::from_ref(&record))).expect("it is taken");
    vault.close();
    (office, record)
}

fn as_role(office: &Office, role: Role) -> Vault {
    office.open_as(role.code(), &passphrase_of(role.code()))
}

#[test]
fn each_role_sees_its_part_of_a_report_and_looking_is_written_down() {
    let (office, record) = staffed();
    let look = |role: Role| {
        let mut vault = as_role(&office, role);
        let case = OpenedReport::open(&mut vault, record.record_id).expect("it can be read");
        vault.close();
        case.map(|case| {
            let text = |id: &str| case.answers.text(id).map(str::to_owned);
            (text("story"), text("person_names"), case.problems.len())
        })
    };
    let (story, names, problems) = look(Role::Officer).expect("an officer sees it");
    assert!(story.is_some() && names.is_none() && problems == 1);
    let (story, names, problems) = look(Role::Custodian).expect("a custodian sees it");
    assert!(story.is_none() && names.is_some() && problems == 1);
    assert!(look(Role::Statistician).is_none());
    assert!(look(Role::Auditor).is_none());
    let log = as_role(&office, Role::Auditor)
        .audit_log()
        .expect("the auditor reads it");
    let seen: Vec<(String, Act)> = log
        .iter()
        .filter(|entry| entry.item.record == Some(record.record_id))
        .map(|entry| (entry.by.clone(), entry.item.act))
        .collect();
    let expected = [
        (FIRST, Act::RecordTaken),
        ("officer", Act::CaseViewed),
        ("custodian", Act::IdentityViewed),
    ];
    assert_eq!(seen, expected.map(|(name, act)| (name.to_owned(), act)));
    let why = log.iter().filter_map(|entry| entry.item.motive);
    assert_eq!(why.collect::<Vec<_>>(), [Motive::NotSaid]);
    assert!(log.iter().all(|entry| entry.at == "2026-11-23T10:00:00Z"));
    for role in [Role::Officer, Role::Custodian, Role::Statistician] {
        let denied = as_role(&office, role).audit_log().err();
        assert!(matches!(denied, Some(VaultError::Denied)), "{role:?}");
    }
}

/// An officer who imports has no identity key: the identity part waits, and the custodian's unlock seals it.
#[test]
fn an_identity_part_waits_for_a_custodian() {
    let (mut office, _) = staffed();
    let mut vault = as_role(&office, Role::Officer);
    let mut report = case("TC-01");
    report.answers.retain(|(id, _)| id != "person_names");
    report
        .answers
        .push(("person_names".to_owned(), "Waiting Name".to_owned()));
    let record = office.seal(&report);
    let done = take(&mut vault, &office.pack(std::slice::from_ref(&record))).unwrap();
    assert_eq!((done.new, done.with_problems.len()), (1, 0));
    vault.close();
    let name = |vault: &mut Vault| {
        let case = OpenedReport::open(vault, record.record_id)
            .unwrap()
            .unwrap();
        case.answers.text("person_names").map(str::to_owned)
    };
    assert_eq!(name(&mut as_role(&office, Role::Officer)), None);
    let blobs = office.rows("SELECT DISTINCT blob FROM blobs").len();
    let mut custodian = as_role(&office, Role::Custodian);
    assert_eq!(name(&mut custodian).as_deref(), Some("Waiting Name"));
    custodian.close();
    // The record as it came is gone, its identity part is there instead.
    assert_eq!(office.rows("SELECT DISTINCT blob FROM blobs").len(), blobs);
    assert_eq!(name(&mut office.reopen()).as_deref(), Some("Waiting Name"));
    assert!(office.reopen().verify().unwrap().faults.is_empty());
    let log = office.reopen().audit_log().unwrap();
    assert!(
        log.iter()
            .any(|entry| entry.by == "custodian" && entry.item.act == Act::IdentitySealed)
    );
}

#[test]
fn whoever_loses_a_role_does_not_read_what_comes_later() {
    let (mut office, before) = staffed();
    let stale = as_role(&office, Role::Officer);
    let mut vault = office.reopen();
    vault
        .set_roles("officer", &Roles::from([Role::Auditor]))
        .unwrap();
    vault.remove_person("statistician").unwrap();
    let after = office.seal(&story("later"));
    take(&mut vault, &office.pack(std::slice::from_ref(&after))).unwrap();
    vault.close();
    // Even a program that still has the old keys in memory.
    let mut stale = stale;
    stale.refresh().unwrap();
    assert!(stale.contents().record(before.record_id).is_some());
    assert!(stale.contents().record(after.record_id).is_none());
    let vault = as_role(&office, Role::Officer);
    assert_eq!(*vault.roles(), Roles::from([Role::Auditor]));
    assert!(vault.contents().records.is_empty());
    let who = person("statistician", &[Role::Statistician]).credentials;
    let gone = Vault::open(office.machine(), &office.directory(), &who).err();
    assert!(matches!(gone, Some(VaultError::WrongPassphrase)));
    let mut custodian = as_role(&office, Role::Custodian);
    assert!(
        OpenedReport::open(&mut custodian, after.record_id)
            .unwrap()
            .is_some()
    );
    let mut vault = office.reopen();
    assert!(vault.contents().record(after.record_id).is_some());
    assert!(vault.verify().unwrap().faults.is_empty());
    for change in [
        vault.remove_person(FIRST),
        vault.set_roles(FIRST, &Roles::from([Role::Officer])),
    ] {
        assert!(matches!(change, Err(VaultError::LastFocalPoint)));
    }
    let mut officer = as_role(&office, Role::Custodian);
    let refused = officer
        .add_person(&person("friend", &[Role::FocalPoint]))
        .err();
    assert!(matches!(refused, Some(VaultError::NeedsAllKeys)));
}

#[test]
fn a_passphrase_is_changed_by_its_owner_and_a_lost_one_replaced_with_the_recovery_key() {
    let (office, record) = staffed();
    let cost = KdfCost::with_memory(20).unwrap();
    let mut vault = as_role(&office, Role::Custodian);
    vault
        .change_passphrase(&"another one".into(), cost)
        .unwrap();
    vault.close();
    let old = person("custodian", &[Role::Custodian]).credentials;
    let refused = Vault::open(office.machine(), &office.directory(), &old).err();
    assert!(matches!(refused, Some(VaultError::WrongPassphrase)));
    let vault = office.open_as("custodian", "another one");
    assert_eq!(vault.cost(), cost);
    vault.close();

    let key = |byte: u8| HybridIdentity::from_seed(&[byte; 32]);
    let recover = |byte: u8| Vault::recover(office.machine(), &office.directory(), &key(byte));
    assert!(matches!(recover(1).err(), Some(VaultError::NoRecovery)));
    let mut vault = office.reopen();
    vault.set_recovery(&key(1).to_recipient()).unwrap();
    vault.close();
    assert!(matches!(
        recover(2).err(),
        Some(VaultError::WrongRecoveryKey)
    ));
    let mut vault = recover(1).unwrap();
    let new = Credentials {
        name: FIRST.to_owned(),
        passphrase: "found again".into(),
    };
    vault.recover_person(&new, cost).unwrap();
    vault.close();
    let lost = Credentials {
        name: FIRST.to_owned(),
        passphrase: PASSPHRASE.into(),
    };
    let refused = Vault::open(office.machine(), &office.directory(), &lost).err();
    assert!(matches!(refused, Some(VaultError::WrongPassphrase)));
    let mut vault = office.open_as(FIRST, "found again");
    assert!(
        OpenedReport::open(&mut vault, record.record_id)
            .unwrap()
            .is_some()
    );
    assert!(vault.verify().unwrap().faults.is_empty());
    let acts: Vec<Act> = vault
        .audit_log()
        .unwrap()
        .iter()
        .map(|entry| entry.item.act)
        .collect();
    for act in [
        Act::PassphraseChanged,
        Act::RecoveryKeySet,
        Act::PassphraseRecovered,
    ] {
        assert!(acts.contains(&act), "{act:?}");
    }
}

#[test]
fn names_are_unique_and_people_have_a_role() {
    let office = Office::new();
    let mut vault = office.vault();
    for name in ["", "  ", "Focal-Point", "recovery", " FOCAL-POINT "] {
        let refused = vault.add_person(&person(name, &[Role::Officer])).err();
        assert!(matches!(refused, Some(VaultError::NameTaken)), "{name}");
    }
    let refused = vault.add_person(&person("somebody", &[])).err();
    assert!(matches!(refused, Some(VaultError::NoRole)));
    let mut empty = person("somebody", &[Role::Officer]);
    empty.credentials.passphrase = "".into();
    let refused = vault.add_person(&empty).err();
    assert!(matches!(refused, Some(VaultError::EmptyPassphrase)));
}

#[test]
fn a_copy_opens_as_the_vault_does_and_a_damaged_one_is_not_restored() {
    let (office, record) = staffed();
    let copy = office.folder.path().join("copy");
    let mut vault = office.reopen();
    let head = vault.backup(&copy).unwrap();
    assert!(matches!(
        vault.backup(&copy).err(),
        Some(VaultError::OutExists)
    ));
    vault.close();
    let restore = |name: &str, to: &str| {
        let who = match name {
            FIRST => Credentials {
                name: FIRST.to_owned(),
                passphrase: PASSPHRASE.into(),
            },
            name => person(name, &[Role::Officer]).credentials,
        };
        let to = office.folder.path().join(to);
        let restored = Vault::restore(office.machine(), &copy, &to, &who);
        assert_eq!(restored.is_ok(), to.exists());
        restored
    };
    assert!(matches!(
        restore("officer", "denied").err(),
        Some(VaultError::Denied)
    ));
    let mut restored = restore(FIRST, "restored").unwrap();
    assert!(
        OpenedReport::open(&mut restored, record.record_id)
            .unwrap()
            .is_some()
    );
    restored.check_head(&head).unwrap();
    drop(restored);
    let mut bytes = std::fs::read(&copy).unwrap();
    let piece = office.rows("SELECT sealed FROM blobs").remove(0);
    let at = bytes
        .windows(64)
        .position(|window| window == &piece[..64])
        .unwrap();
    bytes[at] ^= 1;
    std::fs::write(&copy, bytes).unwrap();
    assert!(matches!(
        restore(FIRST, "bad").err(),
        Some(VaultError::BadBackup(_))
    ));
}

#[test]
fn a_clock_that_is_behind_the_last_entry_is_not_believed() {
    let office = Office::new();
    office.vault().close();
    let mut machine = office.machine();
    machine.clock = std::sync::Arc::new(|| crate::office::NOW - 2 * 86_400);
    let refused = Vault::open(machine, &office.directory(), &crate::office::credentials()).err();
    assert!(matches!(refused, Some(VaultError::Clock(at)) if at == "2026-11-23T10:00:00Z"));
}
