use std::{collections::BTreeMap, fs, path::PathBuf};

use asylia_envelope::{
    day::Day,
    ids::InstanceId,
    key_bundle::{Anchor, KeyBundle, UnverifiedBundle},
    signing::VerifyingKey,
};
use secrecy::SecretString;
use zeroize::Zeroizing;

use super::*;
use crate::{
    bundle,
    identity::AnyIdentity,
    key_file::WorkFactor,
    recovery::RecoveryNote,
    root::RootDescription,
    shares::{Gathering, Group, SHARE_WORDS, ShareSet, testing::SeededRng},
    signing_file::RootSigningKey,
};

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

const INSTANCE: InstanceId = InstanceId([5; 16]);
const CEREMONY: &str = "the passphrase of this ceremony";
const OFFICE: &str = "the passphrase of the focal point";
const CUSTODIAN: &str = "the passphrase of the custodian";

fn root(byte: u8) -> RootSigningKey {
    RootSigningKey::from_seed(&[byte; 32])
}

fn witness_key(byte: u8) -> WitnessSigningKey {
    WitnessSigningKey::from_seed(&[byte; 32])
}

fn plan(rehearsal: bool, quarters: u8, threshold: u8, count: u8) -> YearPlan {
    let roots = [1, 2, 3].map(|byte| root(byte).verifying_key()).to_vec();
    YearPlan {
        root: RootDescription::new(rehearsal, INSTANCE, "Focal point", 2, roots).unwrap(),
        previous: None,
        from: day("2027-01-01"),
        quarters,
        reports: Group { threshold, count },
        identities: Group {
            threshold: 2,
            count: 2,
        },
        hand_over: None,
        recovery: None,
        office_keys: vec![],
        transfer_key: None,
        witnesses: [11, 12]
            .map(|byte| witness_key(byte).verifying_key())
            .to_vec(),
    }
}

/// People who do what they are told, and remember everything that they saw.
struct People {
    _temp: tempfile::TempDir,
    place: Place,
    sheets: BTreeMap<(String, String), String>,
    heard: String,
    reading: (String, String),
    signers: Vec<u8>,
    calls: usize,
    /// Questions that somebody answered.
    asked: usize,
    /// The computer loses its power at this call.
    fail_at: Option<usize>,
    /// Or when this is said.
    stop_at: Option<&'static str>,
    /// What is typed in place of the next words.
    instead: Vec<String>,
    /// What is answered before the way of reading back.
    ways: Vec<&'static str>,
    by_hand: bool,
}

impl People {
    fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        let place = Place {
            folder: temp.path().join("year"),
            sheets: temp.path().join("sheets"),
            work: WorkFactor::DEMO,
        };
        Self {
            _temp: temp,
            place,
            sheets: BTreeMap::new(),
            heard: String::new(),
            reading: Default::default(),
            signers: vec![3, 1],
            calls: 0,
            asked: 0,
            fail_at: None,
            stop_at: None,
            instead: vec![],
            ways: vec![],
            by_hand: false,
        }
    }

    fn hear(&mut self, text: &str) -> Result<(), CeremonyError> {
        self.calls += 1;
        self.heard.push_str(text);
        self.heard.push('\n');
        let stops = self.stop_at.is_some_and(|at| text.contains(at));
        if stops || self.fail_at == Some(self.calls) {
            return Err(CeremonyError::Stopped);
        }
        Ok(())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.place.folder.join(name)
    }

    fn take_pages(&mut self) {
        for page in fs::read_dir(&self.place.sheets).unwrap() {
            let page = page.unwrap();
            let name = page.file_name().into_string().unwrap();
            let name = name
                .strip_prefix("sheet-")
                .unwrap()
                .strip_suffix(".html")
                .unwrap();
            let (set, holder) = name.split_once("-holder-").unwrap();
            let text = fs::read_to_string(page.path()).unwrap();
            let words = text.split("</b>").skip(1);
            let words: Vec<&str> = words
                .filter_map(|rest| Some(rest.split_once("</li>")?.0))
                .collect();
            assert_eq!(words.len(), SHARE_WORDS);
            self.sheets
                .insert((set.to_owned(), holder.to_owned()), words.join(" "));
        }
    }

    /// The next holder of a root key signs what lies there.
    fn sign(&mut self) -> String {
        let there = [self.path("keys.partial"), self.path("keys.unsigned")];
        let note = there.iter().find_map(|path| fs::read(path).ok()).unwrap();
        let note = UnverifiedBundle::parse(&note).ok().unwrap();
        let holder = self.signers.remove(0);
        self.signers.push(holder);
        let signed = bundle::sign(&note, None, &root(holder));
        let path = self.path("from-holder");
        // A holder who is asked again after the power came back brings the same file.
        if let Ok(signed) = signed {
            fs::write(&path, signed).unwrap();
        }
        path.to_str().unwrap().to_owned()
    }

    fn witness(&self) -> String {
        let text = fs::read(self.path("transcript.txt")).unwrap();
        let transcript = Transcript::parse(&text).unwrap();
        let asked = |byte: &u8| {
            let key = witness_key(*byte).verifying_key().to_string();
            self.heard.rfind(&key)
        };
        let byte = [11, 12].into_iter().max_by_key(asked).unwrap();
        let statement = witness_statement(&transcript, &witness_key(byte)).unwrap();
        let path = self.path("statement");
        fs::write(&path, statement).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn run(&mut self, plan: &YearPlan, rng: &mut SeededRng) -> Result<Year, CeremonyError> {
        self.run_on(plan, None, rng)
    }

    fn run_on(
        &mut self,
        plan: &YearPlan,
        previous: Option<&KeyBundle>,
        rng: &mut SeededRng,
    ) -> Result<Year, CeremonyError> {
        let today = day("2026-12-01");
        let mut year = if self.path("transcript.txt").exists() {
            Year::open(self.place.clone())?
        } else {
            Year::begin(self.place.clone(), plan.clone(), previous, today)?
        };
        year.run(self, rng, today)?;
        Ok(year)
    }

    fn bundle(&self, plan: &YearPlan) -> KeyBundle {
        let note = fs::read(self.path("keys.note")).unwrap();
        let anchor = Anchor::Fingerprint(plan.root.fingerprint());
        bundle::verify(&note, &anchor, None, day("2026-12-01")).unwrap()
    }

    fn words(&self, set: &str, holder: u8) -> &str {
        &self.sheets[&(set.to_owned(), holder.to_string())]
    }

    /// Every set, with its file's text.
    fn sets(&self) -> Vec<ShareSet> {
        let notes = fs::read_dir(self.path("sets")).unwrap();
        let notes = notes.map(|note| fs::read(note.unwrap().path()).unwrap());
        notes.map(|note| ShareSet::parse(&note).unwrap()).collect()
    }
}

impl Room for People {
    fn say(&mut self, text: &str) -> Result<(), CeremonyError> {
        if let Some((_, rest)) = text.split_once("Now holder ") {
            let holder = rest.split(' ').next().unwrap().to_owned();
            let set = rest.rsplit("set ").next().unwrap();
            self.reading = (set.trim_end_matches('.').to_owned(), holder);
        }
        self.hear(text)
    }

    fn ask(&mut self, prompt: &str) -> Result<String, CeremonyError> {
        self.hear(prompt)?;
        self.asked += 1;
        Ok(if prompt.contains("`handed`") {
            self.take_pages();
            "handed".to_owned()
        } else if prompt.contains("`scan`") {
            self.by_hand = !self.by_hand;
            let usual = if self.by_hand { "words" } else { "scan" };
            let way = if self.ways.is_empty() {
                usual
            } else {
                self.ways.remove(0)
            };
            way.to_owned()
        } else if prompt.contains("`right`") {
            "right".to_owned()
        } else if prompt.contains("signed bundle") {
            self.sign()
        } else {
            self.witness()
        })
    }

    fn ask_passphrase(&mut self, prompt: &str) -> Result<SecretString, CeremonyError> {
        self.hear(prompt)?;
        self.asked += 1;
        let last = |text: &str| self.heard.rfind(text);
        let alone = last("comes to the keyboard");
        let together = last("of this ceremony").max(last("drawn")) > alone;
        Ok(SecretString::from(
            if prompt.contains("ceremony") || together {
                CEREMONY
            } else if last("holder of the identity keys") > last("the focal point comes") {
                CUSTODIAN
            } else {
                OFFICE
            },
        ))
    }

    fn ask_words(
        &mut self,
        prompt: &str,
        count: usize,
    ) -> Result<Zeroizing<String>, CeremonyError> {
        self.hear(prompt)?;
        self.asked += 1;
        if !self.instead.is_empty() {
            return Ok(Zeroizing::new(self.instead.remove(0)));
        }
        let words = &self.sheets[&self.reading];
        if count == SHARE_WORDS {
            return Ok(Zeroizing::new(words.clone()));
        }
        let (_, places) = prompt.split_once("the words ").unwrap();
        let places = places.trim_end_matches(": ").split(", ");
        let of = |place: &str| words.split(' ').nth(place.parse::<usize>().unwrap() - 1);
        let picked: Vec<&str> = places.filter_map(of).collect();
        Ok(Zeroizing::new(picked.join(" ")))
    }
}

/// Bundle, shares and identity files belong together, and nothing secret is left.
fn check_whole(people: &People, plan: &YearPlan) {
    let bundle = people.bundle(plan);
    let content = bundle.content();
    assert_eq!(content.demo, plan.root.rehearsal);
    assert_eq!(content.periods.len(), usize::from(plan.quarters));
    assert_eq!(content.threshold, 2);
    let sets = people.sets();
    assert_eq!(sets.len(), 2 * content.periods.len());
    for set in &sets {
        let period = content
            .periods
            .iter()
            .find(|period| period.id == set.label());
        assert!(set.fits(period.unwrap()));
        let mut gathering = Gathering::new(set, &sets);
        for holder in 1..=set.scheme().groups()[0].threshold {
            gathering
                .add(people.words(&set.id().to_string(), holder))
                .unwrap();
        }
        let secret = gathering.combine().ok().unwrap();
        let mut identities = secret.derive_identities();
        assert!(
            identities
                .iter()
                .all(|identity| identity.fits(period.unwrap()))
        );
        let kept = identities.remove(0);
        let (keeper, passphrase) = match kept.role().to_string().as_str() {
            "identity" => ("custodian", CUSTODIAN),
            _ => ("office", OFFICE),
        };
        let name = format!("identities/{keeper}-{}-{}", set.label(), kept.role());
        let file = fs::read(people.path(&name)).unwrap();
        let opened = AnyIdentity::open_file(&file, &SecretString::from(passphrase))
            .ok()
            .unwrap();
        assert!(opened.fits(period.unwrap()));
    }
    assert_eq!(fs::read_dir(people.path("seeds")).unwrap().count(), 0);
    // Where the computer was switched off when all had been read back, nobody needed the folder again.
    let pages = fs::read_dir(&people.place.sheets);
    assert_eq!(pages.map_or(0, |pages| pages.count()), 0);
    let text = fs::read(people.path("transcript.txt")).unwrap();
    let checked = Transcript::parse(&text).unwrap().check();
    assert_eq!(checked.ok(), Some((2, true)));
}

#[test]
fn a_years_meeting_makes_four_periods_for_five_holders() {
    let (mut people, plan) = (People::new(), plan(false, 4, 3, 5));
    people.run(&plan, &mut SeededRng::new(1)).ok().unwrap();
    check_whole(&people, &plan);
    // Steps of people: 5 + 2 handings, each sheet read back once, one draft, two signatures and witnesses.
    let asked = |what: &str| people.heard.matches(what).count();
    assert_eq!(
        (asked("Type `handed`"), asked("reads the sheet back")),
        (7, 28)
    );
    assert_eq!(
        (asked("Type `right`"), asked("File with the signed bundle")),
        (1, 2)
    );
    assert_eq!(asked("From the paper, type the words"), 14);
    assert!(people.heard.contains("Now hand these 4 sheets to holder 3"));
    assert!(!people.heard.contains("REHEARSAL"));
    let periods: Vec<(String, Day)> = people
        .bundle(&plan)
        .content()
        .periods
        .iter()
        .map(|period| (period.id.clone(), period.until))
        .collect();
    let expected = [
        ("2027-Q1", "2027-05-30"),
        ("2027-Q2", "2027-08-29"),
        ("2027-Q3", "2027-11-29"),
        ("2027-Q4", "2028-02-29"),
    ];
    assert_eq!(
        periods,
        expected.map(|(id, until)| (id.to_owned(), day(until)))
    );
}

/// The whole meeting that docs/CEREMONY.md describes, in questions that somebody answers.
#[test]
fn the_steps_of_the_years_meeting_are_counted() {
    let five = Group {
        threshold: 3,
        count: 5,
    };
    let plan = YearPlan {
        identities: five,
        recovery: Some(Recovery {
            label: "2026-12-01".to_owned(),
            holders: five,
        }),
        ..plan(false, 4, 3, 5)
    };
    let mut people = People::new();
    people.ways = vec!["scan"; 45];
    people.run(&plan, &mut SeededRng::new(10)).ok().unwrap();
    let asked = |what: &str| people.heard.matches(what).count();
    // 3 × 5 handings; (4 + 4 + 1) × 5 sheets, each scanned with five words from the paper.
    assert_eq!(
        (
            asked("Type `handed`"),
            asked("Type `scan`"),
            asked("The share: ")
        ),
        (15, 45, 45)
    );
    assert_eq!(asked("From the paper, type the words"), 45);
    // Besides: three passphrases twice, one agreement, two signatures, two witnesses.
    assert_eq!(people.asked, 15 + 3 * 45 + 6 + 1 + 2 + 2);
    check_recovery(&people, &plan);
}

/// The public file is that of the key which the sheets give.
fn check_recovery(people: &People, plan: &YearPlan) {
    let note = fs::read(people.path("recovery.note")).unwrap();
    let note = RecoveryNote::parse(&note).unwrap();
    let sets = people.sets();
    assert_eq!(sets.len(), plan.secrets().len());
    let mut gathering = Gathering::new(note.set(), &sets);
    for holder in 1..=note.set().scheme().groups()[0].threshold {
        let words = people.words(&note.set().id().to_string(), holder);
        gathering.add(words).unwrap();
    }
    let recovery = gathering.combine().ok().unwrap().derive_recovery().unwrap();
    assert!(recovery.to_recipient() == *note.recipient());
    assert_eq!(fs::read_dir(people.path("seeds")).unwrap().count(), 0);
    let text = fs::read(people.path("transcript.txt")).unwrap();
    let checked = Transcript::parse(&text).unwrap().check().ok();
    assert_eq!(checked, Some((plan.witnesses.len(), true)));
}

fn recovery_alone() -> YearPlan {
    let pair = Group {
        threshold: 2,
        count: 2,
    };
    YearPlan {
        quarters: 0,
        witnesses: vec![],
        recovery: Some(Recovery {
            label: "2026-12-01".to_owned(),
            holders: pair,
        }),
        ..plan(true, 1, 2, 2)
    }
}

#[test]
fn a_recovery_key_alone_is_made_and_goes_on_after_every_stop() {
    let plan = recovery_alone();
    let mut rng = SeededRng::new(11);
    let mut moments = 0;
    for moment in 1.. {
        let mut people = People::new();
        people.fail_at = Some(moment);
        match people.run(&plan, &mut rng) {
            Err(CeremonyError::Stopped) => moments = moment,
            Err(error) => panic!("{moment}: {error}"),
            Ok(_) => break,
        }
        if moment % 2 == 0 && people.place.sheets.exists() {
            fs::remove_dir_all(&people.place.sheets).unwrap();
        }
        people.fail_at = None;
        let year = people.run(&plan, &mut rng);
        let year = year.unwrap_or_else(|error| panic!("{moment}: {error}"));
        check_recovery(&people, &plan);
        assert!(year.recovery_note().is_ok() && !people.path("keys.note").exists());
    }
    assert!(moments > 15, "{moments}");
    let nothing = YearPlan {
        recovery: None,
        ..plan.clone()
    };
    assert_eq!(nothing.check(), Err(BadPlan::Quarters));
    let unseen = YearPlan {
        quarters: 1,
        ..plan
    };
    assert_eq!(unseen.check(), Err(BadPlan::Witnesses));
}

/// At every question and at every line that is said, between any two writes: the power goes.
#[test]
fn a_ceremony_killed_at_any_moment_goes_on() {
    let plan = plan(true, 1, 2, 2);
    let mut rng = SeededRng::new(2);
    let mut moments = 0;
    for moment in 1.. {
        let mut people = People::new();
        people.fail_at = Some(moment);
        match people.run(&plan, &mut rng) {
            Err(CeremonyError::Stopped) => moments = moment,
            Err(error) => panic!("{moment}: {error}"),
            Ok(_) => break,
        }
        for round in 0..3 {
            // Pages in memory do not outlive a computer that is switched off.
            if round == 0 && moment % 3 == 0 && people.place.sheets.exists() {
                fs::remove_dir_all(&people.place.sheets).unwrap();
            }
            people.fail_at = (round < 2).then_some(people.calls + 4 + moment % 5);
            match people.run(&plan, &mut rng) {
                Ok(_) => break,
                Err(CeremonyError::Stopped) => assert!(round < 2, "{moment}"),
                Err(error) => panic!("{moment}: {error}"),
            }
        }
        check_whole(&people, &plan);
    }
    assert!(moments > 40, "{moments}");
}

#[test]
fn a_rehearsal_says_so_everywhere_and_is_never_taken_for_real() {
    let (mut people, plan) = (People::new(), plan(true, 1, 2, 3));
    let year = people.run(&plan, &mut SeededRng::new(3)).ok().unwrap();
    for line in people.heard.lines() {
        assert!(line.starts_with("REHEARSAL | "), "{line}");
    }
    assert!(
        year.transcript()
            .to_text()
            .starts_with("asylia ceremony transcript v1 REHEARSAL\n")
    );
    let bundle = people.bundle(&plan);
    assert!(bundle.content().demo);
    let rehearsed = |rehearsal: bool, bundle: &KeyBundle| {
        let mut people = People::new();
        let plan = YearPlan {
            from: day("2028-01-01"),
            ..self::plan(rehearsal, 1, 2, 3)
        };
        people
            .run_on(&plan, Some(bundle), &mut SeededRng::new(4))
            .err()
            .map(|e| e.to_string())
    };
    assert!(
        rehearsed(false, &bundle)
            .unwrap()
            .contains("all real, or all for rehearsal")
    );
    assert_eq!(rehearsed(true, &bundle), None);
}

#[test]
fn every_page_of_a_rehearsal_says_so() {
    let (mut people, plan) = (People::new(), plan(true, 1, 2, 2));
    let mut seen = 0;
    // When the first holder's pages are about to be handed out.
    people.stop_at = Some("Now hand this");
    assert!(people.run(&plan, &mut SeededRng::new(8)).is_err());
    for page in fs::read_dir(&people.place.sheets).unwrap() {
        let page = fs::read_to_string(page.unwrap().path()).unwrap();
        assert!(page.matches("REHEARSAL").count() == 3 && !page.contains("Share sheet: secret"));
        seen += 1;
    }
    assert_eq!(seen, 4);
}

#[test]
fn a_sheet_that_is_not_read_back_stops_the_bundle() {
    let (mut people, plan) = (People::new(), plan(false, 1, 2, 3));
    let mut rng = SeededRng::new(5);
    // Stops at the first question of the first sheet.
    people.ways = vec!["stop"; 1];
    people.fail_at = Some(1_000);
    people.instead = vec!["one two three".to_owned()];
    people.ways = vec!["words", "words", "scan", "scan", "again"];
    people.instead.push("academic ".repeat(33));
    let mut first = people;
    // The third attempt scans a good code, and the paper says other words; the fourth is the wrong holder's.
    let year = first.run(&plan, &mut rng);
    assert!(year.is_ok(), "{:?}", year.err());
    assert!(
        first.heard.contains("These are 3 words")
            || first.heard.contains("is not a word of a share")
    );
    assert!(
        first
            .heard
            .contains("All holders burn their sheets of this set now")
    );
    let text = fs::read_to_string(first.path("transcript.txt")).unwrap();
    assert_eq!(text.matches("set given up").count(), 1);
    // Two sets, and one that was made again for all its three holders.
    assert_eq!(
        (
            text.matches("seed split").count(),
            text.matches("sheet handed out").count()
        ),
        (3, 8)
    );
    check_whole(&first, &plan);
}

#[test]
fn a_transcript_that_was_touched_is_refused() {
    let (mut people, plan) = (People::new(), plan(true, 1, 2, 2));
    let year = people.run(&plan, &mut SeededRng::new(6)).ok().unwrap();
    let text = year.transcript().to_text();
    let lines: Vec<&str> = text.lines().collect();
    for gone in 1..lines.len() - 1 {
        let mut less = lines.clone();
        less.remove(gone);
        let read = Transcript::parse((less.join("\n") + "\n").as_bytes());
        assert_eq!(read.err(), Some(BadTranscript::Line(gone)));
    }
    // The last line may be missing: it is a ceremony that is not closed.
    let open = lines[..lines.len() - 1].join("\n") + "\n";
    let checked = Transcript::parse(open.as_bytes()).unwrap().check();
    assert_eq!(checked.ok(), Some((2, false)));
    for (from, to) in [
        ("sheet read back", "sheet handed out"),
        ("threshold: 2", "threshold: 1"),
        (" REHEARSAL", ""),
    ] {
        let altered = text.replacen(from, to, 1);
        assert!(
            altered != text && Transcript::parse(altered.as_bytes()).is_err(),
            "{from}"
        );
    }
    // A whole chain, made anew, lacks the witnesses.
    let mut forged = Transcript::new(true);
    for (_, fact) in year.transcript().facts() {
        forged.push(day("2026-12-02"), fact.clone());
    }
    assert!(
        Transcript::parse(forged.to_text().as_bytes())
            .unwrap()
            .check()
            .is_err()
    );
}

#[test]
fn a_changed_public_file_is_found_before_anything_is_signed() {
    let (mut people, plan) = (People::new(), plan(false, 1, 2, 2));
    let mut rng = SeededRng::new(7);
    let mut other = People::new();
    other.run(&plan, &mut rng).ok().unwrap();
    // Up to the moment before the draft.
    people.stop_at = Some("This is what the holders");
    assert!(people.run(&plan, &mut rng).is_err());
    people.stop_at = None;
    let note = people.path("periods/2027-Q1.note");
    fs::copy(other.path("periods/2027-Q1.note"), &note).unwrap();
    let error = people.run(&plan, &mut rng).err().unwrap().to_string();
    assert!(error.contains("is not what the transcript says"), "{error}");
    assert!(!people.path("keys.note").exists());
}

#[test]
fn the_next_year_follows_and_new_root_keys_need_the_old() {
    let (mut people, first) = (People::new(), plan(false, 1, 2, 2));
    let mut rng = SeededRng::new(9);
    people.run(&first, &mut rng).ok().unwrap();
    let before = people.bundle(&first);
    let roots = [1, 3, 4].map(|byte| root(byte).verifying_key()).to_vec();
    let next = YearPlan {
        from: day("2027-04-01"),
        root: RootDescription::new(false, INSTANCE, "Focal point", 2, roots).unwrap(),
        ..plan(false, 1, 2, 2)
    };
    let mut people = People::new();
    // Holders 4 and 1 are enough of the new keys, and one too few of the old.
    people.signers = vec![4, 1, 3];
    people.run_on(&next, Some(&before), &mut rng).ok().unwrap();
    assert_eq!(
        people.heard.matches("File with the signed bundle").count(),
        3
    );
    let note = fs::read(people.path("keys.note")).unwrap();
    let anchor = Anchor::Fingerprint(next.root.fingerprint());
    let bundle = bundle::verify(&note, &anchor, Some(&before), day("2026-12-01")).unwrap();
    let ids: Vec<&str> = bundle
        .content()
        .periods
        .iter()
        .map(|p| p.id.as_str())
        .collect();
    assert_eq!((bundle.sequence(), ids), (2, vec!["2027-Q1", "2027-Q2"]));
    let again = people.run_on(&first, Some(&before), &mut rng);
    assert!(again.is_ok(), "a closed one stays closed");
    let known = People::new()
        .run_on(&first, Some(&before), &mut rng)
        .err()
        .unwrap();
    assert!(known.to_string().contains("has a period 2027-Q1 already"));
    let _: Option<VerifyingKey<Witness>> = None;
}
