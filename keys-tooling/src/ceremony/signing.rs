//! The bundle of a ceremony: drafted from its periods, shown, signed by holder after holder.

use std::path::Path;

use asylia_envelope::{
    day::Day,
    key_bundle::{Anchor, BundleContent, KeyBundle, NOTE_LIMIT_BYTES, UnverifiedBundle},
};
use sha2::{Digest, Sha256};

use super::{
    fact::Fact,
    room::CeremonyError,
    screen::Screen,
    standing::Standing,
    year::{Year, write_again},
};
use crate::{
    bundle::{self, Plan},
    files::{read_limited, replace},
    period::{BadPeriod, PERIOD_NOTE_LIMIT_BYTES, parse_note},
};

impl Year {
    /// Builds the bundle and says in plain words what it is.
    pub(super) fn draft(
        &mut self,
        screen: &mut Screen<'_>,
        today: Day,
    ) -> Result<(), CeremonyError> {
        let content = self.content(today)?;
        let note = content.to_note(&[]);
        write_again(
            &self.place.folder.join(UNSIGNED),
            note.as_bytes(),
            "the key bundle",
        )?;
        screen.say("\nThis is what the holders of the root keys will sign:\n")?;
        screen.say(&bundle::describe(&content))?;
        while screen
            .ask("Read it aloud. Type `right` when all agree, or stop: ")?
            .trim()
            != "right"
        {
            screen.say("Nothing was noted.")?;
        }
        self.commit([Fact::Drafted(today, digest_of(&content))], today)
    }

    /// Takes notes with further signatures until they are enough.
    pub(super) fn sign(
        &mut self,
        screen: &mut Screen<'_>,
        today: Day,
    ) -> Result<(), CeremonyError> {
        let (_, standing) = Standing::of(&self.transcript)?;
        let Some((drafted, digest)) = standing.drafted else {
            return Err(CeremonyError::Changed("The transcript"));
        };
        let content = self.content(drafted)?;
        if digest_of(&content) != digest {
            return Err(CeremonyError::Changed("A period's note"));
        }
        let previous = self.previous()?;
        let partial = self.place.folder.join(PARTIAL);
        let mut lines = match read_limited(&partial, NOTE_LIMIT_BYTES) {
            Ok(note) => signatures(&note, &content, previous.as_ref()).unwrap_or_default(),
            Err(_) => Vec::new(),
        };
        loop {
            let note = content.to_note(&lines);
            let anchor = Anchor::Fingerprint(content.fingerprint());
            if bundle::verify(note.as_bytes(), &anchor, previous.as_ref(), drafted).is_ok() {
                return self.finish_bundle(&note, screen, today);
            }
            screen.say(&format!(
                "\nThe bundle has {} signatures; {} root keys must sign.\nNow carry {} to the next holder \
                 of a root key, who signs on their own computer: asylia-keys bundle sign",
                lines.len(),
                content.threshold,
                if lines.is_empty() { UNSIGNED } else { PARTIAL },
            ))?;
            let path = screen.ask("File with the signed bundle that came back: ")?;
            let found = read_limited(Path::new(path.trim()), NOTE_LIMIT_BYTES)
                .ok()
                .and_then(|note| signatures(&note, &content, previous.as_ref()));
            let Some(found) = found else {
                screen.say(
                    "This is another bundle, or none. Take the file that this holder signed.",
                )?;
                continue;
            };
            let fresh: Vec<String> = found
                .into_iter()
                .filter(|line| !lines.contains(line))
                .collect();
            if fresh.is_empty() {
                screen.say("It has no new signature of a root key. Ask the next holder.")?;
                continue;
            }
            lines.extend(fresh.iter().cloned());
            replace(&partial, content.to_note(&lines).as_bytes())
                .map_err(CeremonyError::file("the key bundle"))?;
            let keys = fresh.iter().filter_map(|line| line.split(' ').nth(1));
            let keys =
                keys.filter_map(|key| asylia_envelope::signing::VerifyingKey::parse(key).ok());
            self.commit(keys.map(Fact::Signed).collect::<Vec<_>>(), today)?;
        }
    }

    fn finish_bundle(
        &mut self,
        note: &str,
        screen: &mut Screen<'_>,
        today: Day,
    ) -> Result<(), CeremonyError> {
        replace(&self.place.folder.join(WHOLE), note.as_bytes())
            .map_err(CeremonyError::file("the key bundle"))?;
        screen.say(&format!("\nThe key bundle is whole: {WHOLE}."))?;
        let digest = Sha256::digest(note.as_bytes()).into();
        self.commit([Fact::Bundle(digest)], today)
    }

    /// What the periods and the plan make; the same whenever it is asked.
    fn content(&self, drafted: Day) -> Result<BundleContent, CeremonyError> {
        let previous = self.previous()?;
        let mut periods = Vec::new();
        for (id, window) in self.plan.periods() {
            let note = read_limited(&self.period_path(&id), PERIOD_NOTE_LIMIT_BYTES)
                .map_err(CeremonyError::file("a period's note"))?;
            let note = core::str::from_utf8(&note).map_err(|_| BadPeriod::Note)?;
            let (instance, period) = parse_note(note)?;
            if period.id != id || (period.from, period.until) != (window.from(), window.until()) {
                return Err(CeremonyError::Changed("A period's note"));
            }
            self.compare_with_sets(&period)?;
            periods.push((instance, period));
        }
        let last = self.plan.periods().last().map(|(_, window)| window.until());
        let root = &self.plan.root;
        let plan = Plan {
            instance: Some(root.instance),
            office: Some(root.office.clone()),
            roots: root.roots.clone(),
            threshold: Some(root.threshold),
            office_keys: self.plan.office_keys.clone(),
            transfer_key: self.plan.transfer_key.clone(),
            periods,
            not_before: drafted,
            not_after: last.unwrap_or(drafted),
        };
        let mut content = bundle::build(plan, previous.as_ref())?;
        content.demo = root.rehearsal;
        Ok(content)
    }
}

/// Good signature lines of root keys, new or until now; `None` for another text.
fn signatures(
    note: &[u8],
    content: &BundleContent,
    previous: Option<&KeyBundle>,
) -> Option<Vec<String>> {
    let note = UnverifiedBundle::parse(note).ok()?;
    if note.claimed() != content {
        return None;
    }
    let old = previous.map(|before| before.content().roots.as_slice());
    let mut all = content.roots.clone();
    all.extend(old.unwrap_or_default().iter().cloned());
    let good = |key| note.signatures_of(core::slice::from_ref(key)) == 1;
    let signers: Vec<String> = all
        .iter()
        .filter(|key| good(key))
        .map(ToString::to_string)
        .collect();
    let lines = note.signature_lines().into_iter();
    let mut lines: Vec<String> = lines
        .filter(|line| {
            line.split(' ')
                .nth(1)
                .is_some_and(|key| signers.iter().any(|s| s == key))
        })
        .collect();
    lines.dedup();
    Some(lines)
}

fn digest_of(content: &BundleContent) -> [u8; 32] {
    Sha256::digest(content.to_text().as_bytes()).into()
}

const UNSIGNED: &str = "keys.unsigned";
const PARTIAL: &str = "keys.partial";
const WHOLE: &str = "keys.note";
