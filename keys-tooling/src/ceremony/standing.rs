//! Where a ceremony stands and what comes next: both follow from its transcript alone.

use asylia_envelope::{
    day::Day,
    signing::{Root, VerifyingKey},
};

use super::{
    fact::{Fact, Keeper},
    plan::YearPlan,
    transcript::{BadTranscript, Transcript},
    witness::Witness,
};
use crate::{custody::Purpose, shares::ShareSetId};

/// The next thing to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Step {
    /// Draw the seeds of a period.
    Period(String),
    /// Draw the recovery key of a vault.
    Recovery(String),
    /// Split a seed and write its sheets.
    Split(String, Purpose),
    /// Hand the sheets of these sets to one holder.
    HandOut(Purpose, u8, Vec<ShareSetId>),
    /// Read one sheet back.
    ReadBack(ShareSetId, u8),
    /// Make identity files.
    Identities(Keeper),
    /// Draft the bundle and show it.
    Draft,
    /// Collect signatures of root keys.
    Sign,
    /// Remove the seed files.
    RemoveSeeds,
    /// Collect a witness's signature.
    Witness(VerifyingKey<Witness>),
    /// Say that it is done.
    Close,
}

/// What the transcript says of one set that is not given up.
#[derive(Clone)]
pub(super) struct SetStanding {
    pub(super) period: String,
    pub(super) purpose: Purpose,
    pub(super) id: ShareSetId,
    pub(super) note: [u8; 32],
    pub(super) handed: Vec<u8>,
    pub(super) read: Vec<u8>,
}

/// Everything that has happened.
#[derive(Default)]
pub(super) struct Standing {
    pub(super) periods: Vec<String>,
    pub(super) recovery: Option<String>,
    pub(super) sets: Vec<SetStanding>,
    identities: Vec<Keeper>,
    pub(super) drafted: Option<(Day, [u8; 32])>,
    pub(super) signed: Vec<VerifyingKey<Root>>,
    bundle: bool,
    pub(super) removed: bool,
    witnessed: Vec<VerifyingKey<Witness>>,
    pub(super) closed: bool,
}

impl Standing {
    /// Plan and standing.
    pub(super) fn of(transcript: &Transcript) -> Result<(YearPlan, Self), super::CeremonyError> {
        let lines: Vec<&str> = transcript
            .facts()
            .filter_map(|(_, fact)| match fact {
                Fact::Plan(line) => Some(line.as_str()),
                _ => None,
            })
            .collect();
        let plan = YearPlan::parse(transcript.rehearsal(), &lines)?;
        let mut standing = Self::default();
        for (number, (_, fact)) in (1..).zip(transcript.facts()) {
            let known = standing.take(fact, &plan, transcript, number <= lines.len());
            known.ok_or(BadTranscript::Order(number))?;
        }
        Ok((plan, standing))
    }

    fn take(
        &mut self,
        fact: &Fact,
        plan: &YearPlan,
        transcript: &Transcript,
        planning: bool,
    ) -> Option<()> {
        let right = match fact {
            Fact::Plan(_) => planning,
            Fact::Abandoned(id) => {
                let before = self.sets.len();
                self.sets.retain(|set| set.id != *id);
                self.drafted.is_none() && !self.removed && self.sets.len() < before
            }
            // Signers are counted again on the note itself.
            Fact::Signed(key) => {
                self.signed.push(key.clone());
                self.drafted.is_some()
            }
            other => self.is_next(other, &self.next(plan)) && self.enter(other, transcript),
        };
        right.then_some(())
    }

    /// Whether a fact is what the step makes.
    fn is_next(&self, fact: &Fact, step: &Step) -> bool {
        match (fact, step) {
            (Fact::Period(id), Step::Period(due)) => id == due,
            (Fact::Recovery(label), Step::Recovery(due)) => label == due,
            (Fact::Split(id, purpose, ..), Step::Split(due, of)) => id == due && purpose == of,
            (Fact::Handed(id, holder), Step::HandOut(_, due, sets)) => {
                holder == due && sets.contains(id)
            }
            (Fact::Read(id, holder), Step::ReadBack(due, of)) => id == due && holder == of,
            (Fact::Identities(keeper), Step::Identities(due)) => keeper == due,
            (Fact::Drafted(..), Step::Draft)
            | (Fact::Bundle(_), Step::Sign)
            | (Fact::SeedsRemoved, Step::RemoveSeeds) => true,
            (Fact::Witnessed(key, _), Step::Witness(due)) => key == due,
            (Fact::Closed, Step::Close) => !self.closed,
            _ => false,
        }
    }

    fn enter(&mut self, fact: &Fact, transcript: &Transcript) -> bool {
        match fact {
            Fact::Period(id) => self.periods.push(id.clone()),
            Fact::Recovery(label) => self.recovery = Some(label.clone()),
            Fact::Split(period, purpose, id, note) => self.sets.push(SetStanding {
                period: period.clone(),
                purpose: *purpose,
                id: *id,
                note: *note,
                handed: Vec::new(),
                read: Vec::new(),
            }),
            Fact::Handed(id, holder) => {
                let set = self.sets.iter_mut().find(|set| set.id == *id);
                set.into_iter().for_each(|set| set.handed.push(*holder));
            }
            Fact::Read(id, holder) => {
                let set = self.sets.iter_mut().find(|set| set.id == *id);
                set.into_iter().for_each(|set| set.read.push(*holder));
            }
            Fact::Identities(keeper) => self.identities.push(*keeper),
            Fact::Drafted(day, digest) => self.drafted = Some((*day, *digest)),
            Fact::Bundle(_) => self.bundle = true,
            Fact::SeedsRemoved => self.removed = true,
            Fact::Witnessed(key, signature) => {
                self.witnessed.push(key.clone());
                let head = transcript.witnessed_head();
                return head.is_some_and(|head| key.verify(&[&head], signature).is_ok());
            }
            Fact::Closed => self.closed = true,
            Fact::Plan(_) | Fact::Abandoned(_) | Fact::Signed(_) => return false,
        }
        true
    }

    /// What comes next; [`Step::Close`] for good at the end.
    pub(super) fn next(&self, plan: &YearPlan) -> Step {
        let ids: Vec<String> = plan.periods().into_iter().map(|(id, _)| id).collect();
        if let Some(id) = ids.iter().find(|id| !self.periods.contains(id)) {
            return Step::Period(id.clone());
        }
        if let (Some(key), None) = (&plan.recovery, &self.recovery) {
            return Step::Recovery(key.label.clone());
        }
        for (id, purpose) in plan.secrets() {
            let there = |set: &SetStanding| set.period == id && set.purpose == purpose;
            if !self.sets.iter().any(there) {
                return Step::Split(id, purpose);
            }
        }
        if let Some(step) = self.next_sheet(plan) {
            return step;
        }
        if ids.is_empty() {
            return self.next_at_the_end(plan);
        }
        let keepers = [Keeper::Office, Keeper::Custodian];
        if let Some(keeper) = keepers
            .iter()
            .find(|keeper| !self.identities.contains(keeper))
        {
            return Step::Identities(*keeper);
        }
        match (self.drafted.is_some(), self.bundle, self.removed) {
            (false, ..) => Step::Draft,
            (_, false, _) => Step::Sign,
            _ => self.next_at_the_end(plan),
        }
    }

    fn next_at_the_end(&self, plan: &YearPlan) -> Step {
        if !self.removed {
            return Step::RemoveSeeds;
        }
        let mut due = plan.witnesses.iter();
        let due = due.find(|key| !self.witnessed.contains(key));
        due.map_or(Step::Close, |key| Step::Witness(key.clone()))
    }

    /// All sheets are handed out, then all are read back.
    fn next_sheet(&self, plan: &YearPlan) -> Option<Step> {
        for purpose in Purpose::ALL {
            for holder in 1..=plan.holders(purpose) {
                let due: Vec<ShareSetId> = self
                    .sets
                    .iter()
                    .filter(|set| set.purpose == purpose && !set.handed.contains(&holder))
                    .map(|set| set.id)
                    .collect();
                if !due.is_empty() {
                    return Some(Step::HandOut(purpose, holder, due));
                }
            }
        }
        for purpose in Purpose::ALL {
            for holder in 1..=plan.holders(purpose) {
                let due =
                    |set: &&SetStanding| set.purpose == purpose && !set.read.contains(&holder);
                if let Some(set) = self.sets.iter().find(due) {
                    return Some(Step::ReadBack(set.id, holder));
                }
            }
        }
        None
    }
}
