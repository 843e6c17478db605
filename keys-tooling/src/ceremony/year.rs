//! The steps of a ceremony, one after the other, each ending in lines of the transcript.
//!
//! A step first writes its files and then its lines, which count: what an interrupted step left behind
//! is removed before it is done again. Trusts the folder only as far as the transcript's digests go.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use asylia_envelope::{
    day::Day,
    key_bundle::{Anchor, KeyBundle, NOTE_LIMIT_BYTES, UnverifiedBundle},
};
use rand_core::{CryptoRng, RngCore};
use rustix::fs::FlockOperation;
use secrecy::{ExposeSecret, SecretString};

use super::{
    fact::{Fact, Keeper},
    plan::{BadPlan, YearPlan},
    room::{CeremonyError, Room},
    screen::Screen,
    standing::{Standing, Step},
    transcript::{TRANSCRIPT_LIMIT_BYTES, Transcript},
    witness::{STATEMENT_LIMIT_BYTES, parse_statement},
};
use crate::{
    bundle::Refusal,
    custody::{CustodySecret, Purpose},
    files::{empty_private_folder, read_limited, replace, write_new},
    key_file::{KEY_FILE_LIMIT_BYTES, WorkFactor},
    period::{new_period, to_note},
    shares::Group,
};

/// Where a ceremony keeps its files.
#[derive(Clone, Debug)]
pub struct Place {
    /// Its folder.
    pub folder: PathBuf,
    /// Pages for printing: a folder of its own in memory.
    pub sheets: PathBuf,
    /// Work of a passphrase guess.
    pub work: WorkFactor,
}

impl Place {
    /// A folder, and one in memory for pages. What a rehearsal makes protects nobody, and people wait for it.
    #[must_use]
    pub fn new(folder: &Path, sheets: &Path, rehearsal: bool) -> Self {
        Self {
            folder: folder.to_owned(),
            sheets: sheets.to_owned(),
            work: match rehearsal {
                true => WorkFactor::DEMO,
                false => WorkFactor::STANDARD,
            },
        }
    }

    /// Whether a ceremony was begun there.
    #[must_use]
    pub fn is_begun(&self) -> bool {
        self.folder.join(TRANSCRIPT).exists()
    }
}

/// A ceremony: of a year, or of a recovery key alone.
pub struct Year {
    pub(super) place: Place,
    pub(super) plan: YearPlan,
    pub(super) transcript: Transcript,
    pub(super) passphrase: Option<SecretString>,
    _held: File,
}

impl Year {
    /// Begins a ceremony in a new or empty folder. `previous` is the bundle in use.
    ///
    /// # Errors
    /// A plan that cannot be; a rehearsal mixed with what is real; a folder that cannot be written.
    pub fn begin(
        place: Place,
        mut plan: YearPlan,
        previous: Option<&KeyBundle>,
        today: Day,
    ) -> Result<Self, CeremonyError> {
        plan.check()?;
        let rehearsal = plan.root.rehearsal;
        if let Some(before) = previous {
            let content = before.content();
            if content.demo != rehearsal {
                return Err(CeremonyError::Mixed(
                    "The key bundle in use and the ceremony differ",
                ));
            }
            if content.instance != plan.root.instance {
                return Err(CeremonyError::OtherInstallation);
            }
            let ids = plan.periods();
            let known = ids
                .iter()
                .find(|(id, _)| content.periods.iter().any(|p| p.id == *id));
            if let Some((id, _)) = known {
                return Err(BadPlan::KnownPeriod(id.clone()).into());
            }
        }
        plan.previous = previous.map(KeyBundle::digest);
        let folder = &place.folder;
        empty_private_folder(folder).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => CeremonyError::NotBegun,
            kind => CeremonyError::File("the folder", kind),
        })?;
        let held = hold(folder)?;
        for name in [SEEDS, SETS, PERIODS, KEPT] {
            fs::create_dir(folder.join(name)).map_err(CeremonyError::file("the folder"))?;
        }
        if let Some(before) = previous {
            write_new(&folder.join(PREVIOUS), before.note().as_bytes())
                .map_err(CeremonyError::file("the key bundle in use"))?;
        }
        let mut transcript = Transcript::new(rehearsal);
        for line in plan.to_lines() {
            transcript.push(today, Fact::Plan(line));
        }
        let mut year = Self {
            place,
            plan,
            transcript,
            passphrase: None,
            _held: held,
        };
        year.save()?;
        Ok(year)
    }

    /// Whether nothing is left to do.
    ///
    /// # Errors
    /// Those of the transcript.
    pub fn is_closed(&self) -> Result<bool, CeremonyError> {
        Ok(Standing::of(&self.transcript)?.1.closed)
    }

    /// Opens a ceremony that was begun.
    ///
    /// # Errors
    /// A folder without a transcript, a changed one, or one that another process works on.
    pub fn open(place: Place) -> Result<Self, CeremonyError> {
        let held = hold(&place.folder)?;
        let text = read_limited(&place.folder.join(TRANSCRIPT), TRANSCRIPT_LIMIT_BYTES)
            .map_err(CeremonyError::file("the transcript"))?;
        let transcript = Transcript::parse(&text)?;
        let (plan, _) = Standing::of(&transcript)?;
        Ok(Self {
            place,
            plan,
            transcript,
            passphrase: None,
            _held: held,
        })
    }

    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &YearPlan {
        &self.plan
    }

    /// The transcript so far.
    #[must_use]
    pub fn transcript(&self) -> &Transcript {
        &self.transcript
    }

    /// Does every step that is left.
    ///
    /// # Errors
    /// [`CeremonyError::Stopped`] when the people stop; else what failed. Running again goes on.
    pub fn run(
        &mut self,
        room: &mut dyn Room,
        rng: &mut (impl RngCore + CryptoRng),
        today: Day,
    ) -> Result<(), CeremonyError> {
        let mut screen = Screen::new(self.plan.root.rehearsal, room);
        screen.say(&self.opening())?;
        loop {
            let (_, standing) = Standing::of(&self.transcript)?;
            if standing.closed {
                return screen.say(match self.plan.quarters {
                    0 => CLOSED_RECOVERY,
                    _ => CLOSED,
                });
            }
            match standing.next(&self.plan) {
                Step::Period(id) => self.make_period(&id, &mut screen, rng, today)?,
                Step::Recovery(label) => self.make_recovery(&label, &mut screen, rng, today)?,
                Step::Split(id, purpose) => self.split(&id, purpose, &mut screen, rng, today)?,
                Step::HandOut(purpose, holder, sets) => {
                    self.hand_out(purpose, holder, &sets, &mut screen, today)?;
                }
                Step::ReadBack(id, holder) => {
                    self.read_back(id, holder, &mut screen, rng, today)?;
                }
                Step::Identities(keeper) => self.give_identities(keeper, &mut screen, today)?,
                Step::Draft => self.draft(&mut screen, today)?,
                Step::Sign => self.sign(&mut screen, today)?,
                Step::RemoveSeeds => self.remove_seeds(&mut screen, today)?,
                Step::Witness(key) => self.witness(&key, &mut screen, today)?,
                Step::Close => self.commit([Fact::Closed], today)?,
            }
        }
    }

    /// What is said at the beginning, and when a ceremony goes on.
    fn opening(&self) -> String {
        let plan = &self.plan;
        let ids: Vec<String> = plan.periods().into_iter().map(|(id, _)| id).collect();
        let of = |group: Group| format!("{} of {} holders", group.threshold, group.count);
        let mut text = format!(
            "\nCeremony of the office \"{}\".\nFingerprint: {}\n",
            plan.root.office,
            plan.root.fingerprint(),
        );
        if !ids.is_empty() {
            let (reports, identities) = (of(plan.reports), of(plan.identities));
            text.push_str(&format!(
                "Periods: {}.\nThe key that opens reports: {reports}. \
                 The key that opens identity parts: {identities}.\n",
                ids.join(", ")
            ));
        }
        if let Some(key) = &plan.recovery {
            let holders = of(key.holders);
            text.push_str(&format!(
                "The key that reopens the office's vault, {}: {holders}.\n",
                key.label
            ));
        }
        text.push_str(&format!(
            "No telephone, no camera and no network is in the room. The transcript has {} lines.\n",
            self.transcript.count()
        ));
        text
    }

    fn make_period(
        &mut self,
        id: &str,
        screen: &mut Screen<'_>,
        rng: &mut (impl RngCore + CryptoRng),
        today: Day,
    ) -> Result<(), CeremonyError> {
        screen.say(&format!("\nThe keys of period {id} are made now."))?;
        let passphrase = self.passphrase(screen)?;
        let periods = self.plan.periods();
        let Some((_, window)) = periods.into_iter().find(|(name, _)| name == id) else {
            return Err(BadPlan::Text.into());
        };
        let instance = self.plan.root.instance;
        let made = new_period(instance, id, window, rng)?;
        let work = self.place.work;
        for secret in [&made.period_seed, &made.identity_seed] {
            let path = self.seed_path(id, secret.purpose());
            write_again(&path, &secret.seal_file(&passphrase, work), "a seed file")?;
        }
        let note = to_note(instance, &made.public);
        write_again(&self.period_path(id), note.as_bytes(), "a period's note")?;
        screen.say("Both seeds are drawn and lie under the passphrase of the ceremony.")?;
        self.commit([Fact::Period(id.to_owned())], today)
    }

    fn give_identities(
        &mut self,
        keeper: Keeper,
        screen: &mut Screen<'_>,
        today: Day,
    ) -> Result<(), CeremonyError> {
        screen.say(match keeper {
            Keeper::Office => "\nNow the focal point comes to the keyboard, alone.",
            Keeper::Custodian => {
                "\nNow the holder of the identity keys comes to the keyboard, alone."
            }
        })?;
        let passphrase = self.new_passphrase("for your own key files", screen)?;
        let purpose = match keeper {
            Keeper::Office => Purpose::PeriodSeed,
            Keeper::Custodian => Purpose::IdentitySeed,
        };
        for id in self.plan.given() {
            for identity in self.seed(&id, purpose, screen)?.derive_identities() {
                let name = format!("{}-{id}-{}", keeper.name(), identity.role());
                let file = identity.seal_file(&passphrase, self.place.work);
                let path = self.place.folder.join(KEPT).join(name);
                write_again(&path, &file, "an identity file")?;
            }
        }
        screen.say(&format!(
            "Carry the files {KEPT}/{}-... to their own stick, and remove them here afterwards.",
            keeper.name()
        ))?;
        if let Some(day) = self.plan.hand_over {
            screen.say(&format!(
                "Files of periods that begin behind the hand-over of {day} are not made: the next office gets \
                 them from the holders' shares."
            ))?;
        }
        self.commit([Fact::Identities(keeper)], today)
    }

    fn remove_seeds(&mut self, screen: &mut Screen<'_>, today: Day) -> Result<(), CeremonyError> {
        self.write_recovery_note(screen)?;
        for (id, purpose) in self.plan.secrets() {
            remove(&self.seed_path(&id, purpose))?;
        }
        screen.say(SEEDS_GONE)?;
        self.commit([Fact::SeedsRemoved], today)
    }

    fn witness(
        &mut self,
        key: &asylia_envelope::signing::VerifyingKey<super::Witness>,
        screen: &mut Screen<'_>,
        today: Day,
    ) -> Result<(), CeremonyError> {
        screen.say(&format!(
            "\nNow the witness with the key {key} takes a copy of {TRANSCRIPT}, compares it with what was \
             seen, and signs it on their own computer: asylia-keys ceremony witness-sign {TRANSCRIPT}"
        ))?;
        let head = self.transcript.witnessed_head();
        let Some(head) = head else {
            return Err(super::BadTranscript::Order(self.transcript.count()).into());
        };
        loop {
            let path = screen.ask("File with the witness's signature: ")?;
            let text = read_limited(Path::new(path.trim()), STATEMENT_LIMIT_BYTES);
            match text.ok().and_then(|text| parse_statement(&text, &head)) {
                Some((by, signature)) if by == *key => {
                    return self.commit([Fact::Witnessed(by, signature)], today);
                }
                Some(_) => screen.say("This is the signature of another witness. Ask this one.")?,
                None => screen.say(
                    "This is no signature over this transcript. Let the witness sign it again.",
                )?,
            }
        }
    }

    /// Adds lines, in one write.
    pub(super) fn commit(
        &mut self,
        facts: impl IntoIterator<Item = Fact>,
        today: Day,
    ) -> Result<(), CeremonyError> {
        for fact in facts {
            self.transcript.push(today, fact);
        }
        self.save()
    }

    fn save(&mut self) -> Result<(), CeremonyError> {
        // Never a line that could not be read again.
        Standing::of(&self.transcript)?;
        let text = self.transcript.to_text();
        replace(&self.place.folder.join(TRANSCRIPT), text.as_bytes())
            .map_err(CeremonyError::file("the transcript"))
    }

    /// A seed, under the passphrase of the ceremony.
    pub(super) fn seed(
        &mut self,
        id: &str,
        purpose: Purpose,
        screen: &mut Screen<'_>,
    ) -> Result<CustodySecret, CeremonyError> {
        let passphrase = self.passphrase(screen)?;
        let file = read_limited(&self.seed_path(id, purpose), KEY_FILE_LIMIT_BYTES)
            .map_err(CeremonyError::file("a seed file"))?;
        let secret = CustodySecret::open_file(&file, &passphrase)?;
        let (instance, label) = (secret.instance(), secret.label());
        if secret.purpose() == purpose && instance == self.plan.root.instance && label == id {
            Ok(secret)
        } else {
            Err(CeremonyError::Changed("A seed file"))
        }
    }

    /// Asked once a run; chosen while no seed lies under it yet, else tried on one.
    pub(super) fn passphrase(
        &mut self,
        screen: &mut Screen<'_>,
    ) -> Result<SecretString, CeremonyError> {
        if let Some(passphrase) = &self.passphrase {
            return Ok(passphrase.clone());
        }
        let (_, standing) = Standing::of(&self.transcript)?;
        let of_period = standing.periods.first().map(|id| (id, Purpose::PeriodSeed));
        let of_vault = standing.recovery.as_ref();
        let made = of_period.or(of_vault.map(|label| (label, Purpose::VaultRecovery)));
        let passphrase = match made {
            None => self.new_passphrase("of this ceremony, only for today", screen)?,
            Some((id, purpose)) => {
                let passphrase = screen.ask_passphrase("Passphrase of this ceremony: ")?;
                let path = self.seed_path(id, purpose);
                let file = read_limited(&path, KEY_FILE_LIMIT_BYTES)
                    .map_err(CeremonyError::file("a seed file"))?;
                CustodySecret::open_file(&file, &passphrase)?;
                passphrase
            }
        };
        self.passphrase = Some(passphrase.clone());
        Ok(passphrase)
    }

    fn new_passphrase(
        &self,
        what: &str,
        screen: &mut Screen<'_>,
    ) -> Result<SecretString, CeremonyError> {
        let first = screen.ask_passphrase(&format!("New passphrase {what}: "))?;
        let second = screen.ask_passphrase("The same once more: ")?;
        if first.expose_secret() != second.expose_secret() {
            return Err(CeremonyError::Differ);
        }
        if first.expose_secret().chars().count() < LEAST_CHARS {
            return Err(CeremonyError::ShortPassphrase);
        }
        Ok(first)
    }

    /// The bundle in use, as it was when the ceremony began.
    pub(super) fn previous(&self) -> Result<Option<KeyBundle>, CeremonyError> {
        let Some(digest) = self.plan.previous else {
            return Ok(None);
        };
        let note = read_limited(&self.place.folder.join(PREVIOUS), NOTE_LIMIT_BYTES)
            .map_err(CeremonyError::file("the key bundle in use"))?;
        let note = UnverifiedBundle::parse(&note).map_err(Refusal::from)?;
        let anchor = Anchor::Fingerprint(note.claimed().fingerprint());
        let bundle = note.verify(&anchor, None).map_err(Refusal::from)?;
        if bundle.digest() == digest {
            Ok(Some(bundle))
        } else {
            Err(CeremonyError::Changed("The key bundle in use"))
        }
    }

    pub(super) fn seed_path(&self, id: &str, purpose: Purpose) -> PathBuf {
        self.place
            .folder
            .join(SEEDS)
            .join(format!("{id}-{purpose}"))
    }

    pub(super) fn period_path(&self, id: &str) -> PathBuf {
        self.place.folder.join(PERIODS).join(format!("{id}.note"))
    }
}

/// Writes what an interrupted step may have written before.
pub(super) fn write_again(
    path: &Path,
    bytes: &[u8],
    what: &'static str,
) -> Result<(), CeremonyError> {
    remove(path)?;
    write_new(path, bytes).map_err(CeremonyError::file(what))
}

/// Removes a file that may be gone already.
pub(super) fn remove(path: &Path) -> Result<(), CeremonyError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(CeremonyError::File(
            "a file of an earlier step",
            error.kind(),
        )),
        _ => Ok(()),
    }
}

fn hold(folder: &Path) -> Result<File, CeremonyError> {
    let held = File::open(folder).map_err(CeremonyError::file("the folder"))?;
    rustix::fs::flock(&held, FlockOperation::NonBlockingLockExclusive)
        .map_err(|_| CeremonyError::Busy)?;
    Ok(held)
}

pub(super) const TRANSCRIPT: &str = "transcript.txt";
pub(super) const SETS: &str = "sets";
const PREVIOUS: &str = "previous.note";
const SEEDS: &str = "seeds";
const PERIODS: &str = "periods";
const KEPT: &str = "identities";
const LEAST_CHARS: usize = 12;

const SEEDS_GONE: &str = "\
The seed files are removed. A disk or stick keeps traces of removed files: when all is done, switch this
computer off, and destroy the medium that held this folder.";
const CLOSED_RECOVERY: &str = "\
The ceremony is closed. recovery.note is public: the console makes the vault's recovery slot from it. Give
the public file under sets/ to every holder, and let every holder burn the sheets of the set before.";
const CLOSED: &str = "\
The ceremony is closed. Carry keys.note and the transcript to the office and to every operator
(asylia keys install keys.note --data DIR), and the public files under sets/ to every holder.";
