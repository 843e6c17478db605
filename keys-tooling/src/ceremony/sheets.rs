//! Splitting, handing out, reading back: from a seed to sheets that are known to be good.

use std::fs;

use asylia_envelope::{day::Day, key_bundle::Period};
use rand_core::{CryptoRng, RngCore};
use sha2::{Digest, Sha256};

use super::{
    fact::Fact,
    room::CeremonyError,
    screen::Screen,
    standing::{SetStanding, Standing},
    transcript::BadTranscript,
    year::{SETS, Year, remove, write_again},
};
use crate::{
    custody::Purpose,
    files::{empty_private_folder, read_limited},
    shares::{
        Challenge, ReadBack, SET_NOTE_LIMIT_BYTES, SHARE_WORDS, ShareSet, ShareSetId, ShareWords,
        WORDS_ASKED, rehearsal_sheet_html, sheet_html, split,
    },
};

impl Year {
    /// Splits a seed; its sheets lie in memory until they are handed out.
    pub(super) fn split(
        &mut self,
        id: &str,
        purpose: Purpose,
        screen: &mut Screen<'_>,
        rng: &mut (impl RngCore + CryptoRng),
        today: Day,
    ) -> Result<(), CeremonyError> {
        self.tidy_sheets()?;
        let scheme = self.plan.scheme(purpose).map_err(super::BadPlan::from)?;
        let secret = self.seed(id, purpose, screen)?;
        let new = split(&secret, &scheme, today, self.plan.destroy_after(), rng)?;
        for share in &new.shares {
            let page = if self.plan.root.rehearsal {
                rehearsal_sheet_html(&new.set, share)
            } else {
                sheet_html(&new.set, share)
            };
            let path = self
                .place
                .sheets
                .join(page_name(new.set.id(), share.holder()));
            write_again(&path, page.as_bytes(), "a page")?;
        }
        let note = new.set.to_note();
        write_again(
            &self.set_path(new.set.id()),
            note.as_bytes(),
            "a set's note",
        )?;
        screen.say(&format!(
            "\n{id}: {} is split, {}.\nFingerprint of the set: {}",
            purpose.describe(),
            scheme.describe(),
            new.set.fingerprint()
        ))?;
        let digest = Sha256::digest(note.as_bytes()).into();
        let fact = Fact::Split(id.to_owned(), purpose, new.set.id(), digest);
        self.commit([fact], today)
    }

    /// One holder's sheets are printed, handed over, and gone from this computer.
    pub(super) fn hand_out(
        &mut self,
        purpose: Purpose,
        holder: u8,
        sets: &[ShareSetId],
        screen: &mut Screen<'_>,
        today: Day,
    ) -> Result<(), CeremonyError> {
        self.tidy_sheets()?;
        let lost = sets
            .iter()
            .find(|id| !self.place.sheets.join(page_name(**id, holder)).is_file());
        if let Some(id) = lost {
            screen.say(&format!(
                "\nThe pages of set {id} are gone: this computer was switched off. Burn every sheet of \
                 this set that was printed; another set is made."
            ))?;
            return self.commit([Fact::Abandoned(*id)], today);
        }
        let count = self.plan.holders(purpose);
        screen.say(&format!(
            "\nHolder {holder} of {count} for {}. Only this holder looks at the printer.\nPrint these pages, which lie in {}:",
            purpose.describe(),
            self.place.sheets.display()
        ))?;
        for id in sets {
            screen.say(&format!("  {}", page_name(*id, holder)))?;
        }
        screen.say(&match sets {
            [_] => format!("Now hand this sheet to holder {holder}."),
            _ => format!(
                "Now hand these {} sheets to holder {holder}, who counts them.",
                sets.len()
            ),
        })?;
        while screen
            .ask("Type `handed` when it is done, or stop: ")?
            .trim()
            != "handed"
        {
            screen.say("Nothing was noted.")?;
        }
        self.commit(sets.iter().map(|id| Fact::Handed(*id, holder)), today)?;
        self.tidy_sheets()
    }

    /// A holder gives all words back, and five of them from the paper when the code was scanned.
    pub(super) fn read_back(
        &mut self,
        id: ShareSetId,
        holder: u8,
        screen: &mut Screen<'_>,
        rng: &mut (impl RngCore + CryptoRng),
        today: Day,
    ) -> Result<(), CeremonyError> {
        self.tidy_sheets()?;
        let sets = self.sets()?;
        let Some(set) = sets.iter().find(|set| set.id() == id) else {
            return Err(CeremonyError::Changed("A set's note"));
        };
        let what = format!("{}, {}", set.purpose().describe(), set.label());
        screen.say(&format!(
            "\nNow holder {holder} reads the sheet back: {what}, set {id}."
        ))?;
        loop {
            let typed = screen.ask(
                "Type `scan` to scan the code, `words` to type every word, `again` when the sheet is \
                 spoilt: ",
            )?;
            let scanned = match typed.trim() {
                "scan" => true,
                "words" => false,
                "again" => {
                    screen.say(
                        "All holders burn their sheets of this set now; another one is made.",
                    )?;
                    return self.commit([Fact::Abandoned(id)], today);
                }
                _ => continue,
            };
            let words = screen.ask_words("The share: ", SHARE_WORDS)?;
            // A signature by the words is the proof that they are this set's; nobody needs it after.
            let challenge = Challenge::generate(rng);
            let found = set.answer_drill(&words, &sets, challenge, today);
            let found = found.map(|answer| set.verify_drill(&answer, challenge));
            match found {
                Err(refusal) => {
                    screen.say(&refusal.to_string())?;
                    continue;
                }
                Ok(Err(refusal)) => {
                    screen.say(&refusal.to_string())?;
                    continue;
                }
                Ok(Ok(other)) if other != holder => {
                    screen.say(&format!(
                        "This is the sheet of holder {other}. Take the right one."
                    ))?;
                    continue;
                }
                Ok(Ok(_)) => {}
            }
            if !scanned || five_words(&words, screen, rng)? {
                screen.say(&format!("The sheet of holder {holder} is good."))?;
                return self.commit([Fact::Read(id, holder)], today);
            }
        }
    }

    /// Every set that is not given up, as its note says, which is the one that the transcript names.
    pub(super) fn sets(&self) -> Result<Vec<ShareSet>, CeremonyError> {
        let (_, standing) = Standing::of(&self.transcript)?;
        standing.sets.iter().map(|set| self.read_set(set)).collect()
    }

    fn read_set(&self, standing: &SetStanding) -> Result<ShareSet, CeremonyError> {
        let changed = CeremonyError::Changed("A set's note");
        let note = read_limited(&self.set_path(standing.id), SET_NOTE_LIMIT_BYTES)
            .map_err(CeremonyError::file("a set's note"))?;
        let digest: [u8; 32] = Sha256::digest(&note).into();
        match ShareSet::parse(&note) {
            Ok(set) if digest == standing.note && set.id() == standing.id => Ok(set),
            _ => Err(changed),
        }
    }

    /// The bundle must list what the shares give, whoever changed a file between the steps.
    pub(super) fn compare_with_sets(&self, period: &Period) -> Result<(), CeremonyError> {
        let sets = self.sets()?;
        let mut of_period = sets.iter().filter(|set| set.label() == period.id);
        if of_period.all(|set| set.fits(period)) {
            Ok(())
        } else {
            Err(CeremonyError::Changed("A period's note"))
        }
    }

    fn set_path(&self, id: ShareSetId) -> std::path::PathBuf {
        self.place.folder.join(SETS).join(format!("{id}.note"))
    }

    /// Leaves pages alone that are still to be handed out, and public notes of sets that stand.
    fn tidy_sheets(&self) -> Result<(), CeremonyError> {
        let (plan, standing) = Standing::of(&self.transcript)?;
        let mut pages = Vec::new();
        for set in &standing.sets {
            let due = 1..=plan.holders(set.purpose);
            let due = due.filter(|holder| !set.handed.contains(holder));
            pages.extend(due.map(|holder| page_name(set.id, holder)));
        }
        let sheets = &self.place.sheets;
        if !sheets.is_dir() {
            empty_private_folder(sheets).map_err(CeremonyError::file("the folder for pages"))?;
        }
        let notes = standing
            .sets
            .iter()
            .map(|set| format!("{}.note", set.id))
            .collect();
        for (folder, kept) in [(sheets, pages), (&self.place.folder.join(SETS), notes)] {
            let there =
                fs::read_dir(folder).map_err(CeremonyError::file("the folder for pages"))?;
            for entry in there {
                let entry = entry.map_err(CeremonyError::file("the folder for pages"))?;
                let name = entry.file_name().to_string_lossy().into_owned();
                let ours = name.ends_with(".note") || name.starts_with("sheet-");
                if ours && !kept.contains(&name) {
                    remove(&entry.path())?;
                }
            }
        }
        Ok(())
    }
}

/// Whether the paper says what the code says.
fn five_words(
    share: &str,
    screen: &mut Screen<'_>,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<bool, CeremonyError> {
    let words = ShareWords::parse(share).map_err(|_| BadTranscript::NotATranscript)?;
    let asked = ReadBack::ask(words.count(), rng);
    let places: Vec<String> = asked.places().iter().map(ToString::to_string).collect();
    let prompt = format!("From the paper, type the words {}: ", places.join(", "));
    let typed = screen.ask_words(&prompt, WORDS_ASKED)?;
    match asked.check(&words, &typed) {
        Ok(()) => Ok(true),
        Err(error) => {
            screen.say(&error.to_string())?;
            Ok(false)
        }
    }
}

fn page_name(id: ShareSetId, holder: u8) -> String {
    format!("sheet-{id}-holder-{holder}.html")
}
