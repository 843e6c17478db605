//! A year of an office with an injected clock: one meeting, four periods, a late stick, a file sealed long before it
//! is handed in, the hand-over in June, the end of periods. Every record opens for exactly who should.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use std::{fs, path::Path};

use asylia_console::{
    hand_over::{By, PassphraseFiles, Plan, run},
    report::OpenedReport,
    vault::{
        Credentials, NewVault, Vault, VaultError,
        header::{KDF_FLOOR_MIB, KdfCost},
        item::{Reason, RecordState},
    },
};
use asylia_envelope::{
    day::Day,
    ids::{InstanceId, RecordId},
    key_bundle::{Anchor, BundleError, KeyBundle, Period},
};
use asylia_keys::{
    bundle,
    ceremony::{Place, Recovery, Year, YearPlan},
    destruction::{Proof, check_due, enough},
    hand_over::{Appointment, SignedManifest, UnverifiedAppointment, seal_incoming},
    identity::AnyIdentity,
    key_file::WorkFactor,
    recovery::RecoveryNote,
    root::RootDescription,
    shares::{Gathering, Group, ShareSet},
};
use rand_core::OsRng;
use secrecy::SecretString;

use crate::{
    hand_over::{NEW, OF_KEY, People, incoming, root, witness},
    office::{FIRST, Office, Stored, credentials, story, take},
};

const INSTANCE: InstanceId = InstanceId([7; 16]);

fn day(text: &str) -> Day {
    text.parse().expect("a day")
}

/// The office, what its meeting made, and what the holders have.
struct World {
    office: Office,
    people: People,
}

#[test]
fn through_a_year_every_record_opens_for_exactly_who_should() {
    let mut world = World::meet();
    world.make_vault();
    let (winter, late_stick) = world.winter();
    let (spring, sealed_early) = world.spring();
    world.import_late(&late_stick, &winter);
    let old_copy = world.hand_over_in_june();
    let summer = world.summer(&old_copy);
    for record in [&winter, &spring, &sealed_early, &summer] {
        assert_eq!(world.told(record), "told in 2027");
    }
    world.end_of_the_first_half(&spring);
    for record in [&winter, &spring, &sealed_early, &summer] {
        assert_eq!(world.told(record), "told in 2027", "the vault keeps it");
    }
    world.end_of_the_year();
}

impl World {
    /// The meeting in December: four periods, and the vault's recovery key.
    fn meet() -> Self {
        let mut office = Office::on("2026-12-01");
        let mut people = People::at(&office);
        let roots = [1, 2, 3].map(|byte| root(byte).verifying_key()).to_vec();
        let holders = |threshold, count| Group { threshold, count };
        let plan = YearPlan {
            root: RootDescription::new(false, INSTANCE, "Focal point", 2, roots).unwrap(),
            previous: None,
            from: day("2027-01-01"),
            quarters: 4,
            reports: holders(2, 3),
            identities: holders(2, 2),
            hand_over: Some(day("2027-06-30")),
            recovery: Some(Recovery {
                label: "2026-12-01".to_owned(),
                holders: holders(2, 3),
            }),
            office_keys: vec![],
            transfer_key: None,
            witnesses: vec![witness().verifying_key()],
        };
        let fingerprint = plan.root.fingerprint();
        let place = Place {
            folder: people.year.clone(),
            sheets: office.folder.path().join("sheets"),
            work: WorkFactor::DEMO,
        };
        let mut year = Year::begin(place, plan, None, office.day()).unwrap();
        year.run(&mut people, &mut OsRng, office.day()).unwrap();
        let note = fs::read(people.year.join("keys.note")).unwrap();
        let anchor = Anchor::Fingerprint(fingerprint);
        office.bundle = bundle::verify(&note, &anchor, None, office.day()).unwrap();
        Self { office, people }
    }

    /// The office begins with the files of the meeting: those of the periods before the hand-over.
    fn make_vault(&mut self) {
        self.on("2027-01-01");
        let identities = identities(&self.people.year.join("identities"));
        let periods: Vec<&str> = identities.iter().map(|one| one.belongs_to().1).collect();
        assert!(!periods.contains(&"2027-Q3") && periods.contains(&"2027-Q2"));
        let note = fs::read(self.people.year.join("recovery.note")).unwrap();
        let new = NewVault {
            first: credentials(),
            cost: KdfCost::with_memory(KDF_FLOOR_MIB).unwrap(),
            bundle: self.office.bundle.clone(),
            anchor: Anchor::Fingerprint(self.office.bundle.content().fingerprint()),
            identities,
            recovery: Some(RecoveryNote::parse(&note).unwrap().recipient().clone()),
        };
        let vault = Vault::create(self.office.machine(), &self.office.directory(), new);
        vault.unwrap().close();
    }

    fn on(&mut self, text: &str) {
        let passed = day(text).days_since_1970() - self.office.day().days_since_1970();
        self.office.pass(passed);
    }

    /// A report of today, and the period whose keys a sealer takes.
    fn report(&self) -> Stored {
        let today = self.office.day();
        let period = self.office.bundle.period_on(today).unwrap();
        assert!(server_takes(&self.office.bundle, period, today));
        self.office.seal_to(&story("told in 2027"), period)
    }

    /// January: the stick stays in a drawer.
    fn winter(&mut self) -> (Stored, Vec<u8>) {
        self.on("2027-01-15");
        let record = self.report();
        assert_eq!(record.period, "2027-Q1");
        let stick = self.office.pack(std::slice::from_ref(&record));
        (record, stick)
    }

    /// April and May: a new period, and a file that was sealed under the one before.
    fn spring(&mut self) -> (Stored, Stored) {
        self.on("2027-03-30");
        let sealed = self.report();
        assert_eq!(sealed.period, "2027-Q1");
        self.on("2027-05-20");
        let periods = &self.office.bundle.content().periods;
        // In the overlap the server takes it still; in June no more, and nobody is left with a lost report unknowing.
        assert!(server_takes(
            &self.office.bundle,
            &periods[0],
            day("2027-05-30")
        ));
        assert!(!server_takes(
            &self.office.bundle,
            &periods[0],
            day("2027-06-10")
        ));
        let record = self.report();
        assert_eq!(record.period, "2027-Q2");
        let stick = self.office.pack(&[record.clone(), sealed.clone()]);
        let mut vault = self.office.reopen();
        let report = take(&mut vault, &stick).unwrap();
        assert_eq!((report.new, report.quarantined), (2, 0));
        assert_eq!(
            report.missing,
            [1],
            "the stick in the drawer is missed by number"
        );
        vault.close();
        (record, sealed)
    }

    /// The stick of January is found, long after the window of its period.
    fn import_late(&mut self, stick: &[u8], winter: &Stored) {
        self.on("2027-06-20");
        let mut vault = self.office.reopen();
        let report = take(&mut vault, stick).unwrap();
        assert_eq!((report.new, report.quarantined), (1, 0));
        assert!(report.missing.is_empty());
        assert!(
            OpenedReport::open(&mut vault, winter.record_id)
                .unwrap()
                .is_some()
        );
        vault.close();
    }

    /// The vault passes on. Whoever leaves keeps a copy and the old passphrase.
    fn hand_over_in_june(&mut self) -> std::path::PathBuf {
        self.on("2027-06-30");
        let old_copy = self.office.folder.path().join("old-copy");
        let mut vault = self.office.reopen();
        vault.backup(&old_copy).unwrap();
        vault.close();
        let bundle = &self.office.bundle;
        let key = incoming().verifying_key();
        let appointment = Appointment::new(bundle, key, self.office.day(), self.office.day());
        let unsigned = UnverifiedAppointment::unsigned(appointment.unwrap());
        let signed = [2, 3].iter().fold(unsigned, |note, holder| {
            note.sign(bundle, &root(*holder)).unwrap()
        });
        let plan = Plan {
            vault: self.office.directory(),
            by: By::FocalPoint(FIRST.to_owned()),
            appointment: signed,
            incoming_key: seal_incoming(&incoming(), &SecretString::from(OF_KEY), WorkFactor::DEMO),
            name: FIRST.to_owned(),
            cost: KdfCost::with_memory(KDF_FLOOR_MIB).unwrap(),
            holders: Group {
                threshold: 2,
                count: 2,
            },
            folder: self.office.folder.path().join("june"),
            sheets: self.office.folder.path().join("sheets-of-june"),
            files: PassphraseFiles::default(),
        };
        let mut people = People::with_sheets(&self.office, &plan.sheets);
        run(&self.office.machine(), &plan, &mut people).unwrap();
        // The holders' shares give the next office the periods that begin now.
        let sets = sets(&self.people.year.join("sets"));
        let mut vault = self.office.open_as(FIRST, NEW);
        for set in sets
            .iter()
            .filter(|set| ["2027-Q3", "2027-Q4"].contains(&set.label()))
        {
            let identities = self.combine(set, 2).unwrap();
            vault.add_identities(None, &identities).unwrap();
        }
        vault.close();
        old_copy
    }

    /// What holders have, put together.
    fn combine(&self, set: &ShareSet, holders: u8) -> Option<Vec<AnyIdentity>> {
        let mut gathering = Gathering::new(set, &[]);
        for holder in 1..=holders {
            let place = (set.id().to_string(), holder.to_string());
            gathering.add(&self.people.papers[&place]).unwrap();
        }
        Some(gathering.combine().ok()?.derive_identities())
    }

    /// July: sealed to a period that last year's holder never had.
    fn summer(&mut self, old_copy: &Path) -> Stored {
        self.on("2027-07-10");
        let record = self.report();
        assert_eq!(record.period, "2027-Q3");
        let stick = self.office.pack(std::slice::from_ref(&record));
        let mut vault = self.office.open_as(FIRST, NEW);
        assert_eq!(take(&mut vault, &stick).unwrap().quarantined, 0);
        vault.close();
        // The vault of today opens with no passphrase of before.
        let old = credentials();
        let refused = Vault::open(self.office.machine(), &self.office.directory(), &old);
        assert!(matches!(refused, Err(VaultError::WrongPassphrase)));
        // The old copy does, and shows what it showed; the report of July stays closed to it.
        let elsewhere = self.office.folder.path().join("at-home");
        let machine = self.office.machine();
        let mut vault = Vault::restore(machine, old_copy, &elsewhere, &old).unwrap();
        let report = take(&mut vault, &stick).unwrap();
        assert_eq!((report.new, report.quarantined), (0, 1));
        let closed = vault.contents().record(record.record_id).unwrap();
        assert!(matches!(
            closed.state,
            RecordState::Quarantined(Reason::NoKey, _)
        ));
        vault.close();
        // Nor does one holder's share open it.
        let sets = sets(&self.people.year.join("sets"));
        let set = sets.iter().find(|set| set.label() == "2027-Q3").unwrap();
        assert!(self.combine(set, 1).is_none() && self.combine(set, 2).is_some());
        record
    }

    /// September: the first two periods are over and destroyed. The server's old backup opens for nobody.
    fn end_of_the_first_half(&mut self, old_backup: &Stored) {
        self.on("2027-08-29");
        let stick = self.office.pack(&[]);
        let mut vault = self.office.open_as(FIRST, NEW);
        take(&mut vault, &stick).unwrap();
        assert!(vault.destroy_period("2027-Q2", 0).is_err(), "its last day");
        vault.close();
        self.on("2027-09-01");
        let stick = self.office.pack(&[]);
        let mut vault = self.office.open_as(FIRST, NEW);
        take(&mut vault, &stick).unwrap();
        for period in ["2027-Q1", "2027-Q2"] {
            let statement = vault.destroy_period(period, 0).unwrap().to_text();
            let proof = [Proof::parse(statement.as_bytes()).unwrap()];
            for set in sets(&self.people.year.join("sets")) {
                let due = check_due(&set, &proof, self.office.day());
                assert_eq!(due.is_ok(), set.label() == period, "{}", set.label());
                // Two of three burnt: the last one is not enough.
                assert!(!enough(&set, &[1]));
            }
        }
        // Every record that was ever sealed to it, found on an old disk of the server.
        let mut copy = old_backup.clone();
        copy.record_id = RecordId::generate(&mut OsRng);
        let stick = self.office.pack(std::slice::from_ref(&copy));
        assert_eq!(take(&mut vault, &stick).unwrap().quarantined, 1);
        let closed = vault.contents().record(copy.record_id).unwrap();
        assert!(matches!(
            closed.state,
            RecordState::Quarantined(Reason::NoKey, _)
        ));
        assert!(vault.verify().unwrap().faults.is_empty());
        let manifest = fs::read(self.office.folder.path().join("june/hand-over.txt")).unwrap();
        assert!(SignedManifest::parse(&manifest).is_ok());
        vault.close();
    }

    /// Without a new meeting nobody can report any more, on the server and everywhere else.
    fn end_of_the_year(&mut self) {
        let bundle = &self.office.bundle;
        assert!(bundle.period_on(day("2028-02-29")).is_ok());
        assert!(matches!(
            bundle.period_on(day("2028-03-01")),
            Err(BundleError::NotInForce { .. })
        ));
    }

    fn told(&self, record: &Stored) -> String {
        let who = Credentials {
            name: FIRST.to_owned(),
            passphrase: NEW.into(),
        };
        let vault = Vault::open(self.office.machine(), &self.office.directory(), &who);
        let mut vault = vault.unwrap();
        let case = OpenedReport::open(&mut vault, record.record_id)
            .unwrap()
            .unwrap();
        let story = case.answers.text("story").unwrap_or_default().to_owned();
        vault.close();
        story
    }
}

/// The server's rule for what is sealed elsewhere (`keys_that_are_not_in_force_here_are_refused` holds it there).
fn server_takes(bundle: &KeyBundle, period: &Period, today: Day) -> bool {
    bundle.check_day(today).is_ok() && (period.from..=period.until).contains(&today)
}

/// What office and custodian took home from the meeting, each under a passphrase of their own.
fn identities(folder: &Path) -> Vec<AnyIdentity> {
    let files = fs::read_dir(folder).unwrap();
    let open = |file: std::io::Result<fs::DirEntry>| {
        let file = fs::read(file.unwrap().path()).unwrap();
        // Everybody of this test types the same one.
        AnyIdentity::open_file(&file, &SecretString::from(OF_KEY))
            .ok()
            .unwrap()
    };
    files.map(open).collect()
}

fn sets(folder: &Path) -> Vec<ShareSet> {
    let notes = fs::read_dir(folder).unwrap();
    let notes = notes.map(|note| fs::read(note.unwrap().path()).unwrap());
    notes.map(|note| ShareSet::parse(&note).unwrap()).collect()
}
