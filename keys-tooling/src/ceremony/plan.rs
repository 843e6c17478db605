//! What a ceremony shall make, fixed before its first step and written into its transcript: the periods of a
//! year, a recovery key of the vault, or both.

use core::fmt::Display;

use asylia_envelope::{
    day::Day,
    key_bundle::KeyBundle,
    signing::{Office, Transfer, VerifyingKey},
};

use super::witness::Witness;
use crate::{
    custody::Purpose,
    period::{Window, is_period_id},
    root::{BadRoot, RootDescription},
    shares::{BadScheme, Group, Scheme},
};

/// The plan.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct YearPlan {
    /// Installation, office, root keys; also whether it is a rehearsal.
    pub root: RootDescription,
    /// Digest of the bundle in use, which the new one follows.
    pub previous: Option<[u8; 32]>,
    /// First day of the first period.
    pub from: Day,
    /// How many periods, each to the end of its quarter: 1 to 4, or none beside a recovery key.
    pub quarters: u8,
    /// Who must come together for the key that opens reports.
    pub reports: Group,
    /// Who must come together for the key that opens identity parts.
    pub identities: Group,
    /// Day of the next hand-over: files of periods that begin behind it are not given to the office of today; the
    /// next one gets them from the shares.
    pub hand_over: Option<Day>,
    /// A recovery key of the vault, and who must come together for it.
    pub recovery: Option<Recovery>,
    /// Keys that sign replies; none keeps those of the bundle in use.
    pub office_keys: Vec<VerifyingKey<Office>>,
    /// The paired server's key; none keeps that of the bundle in use.
    pub transfer_key: Option<VerifyingKey<Transfer>>,
    /// Keys of the witnesses; all of them sign the transcript. A recovery key alone may do without: whoever
    /// takes it into use signs for it.
    pub witnesses: Vec<VerifyingKey<Witness>>,
}

/// A recovery key that a ceremony makes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recovery {
    /// Tells it from earlier ones; by the rule of a period's name.
    pub label: String,
    /// Who must come together.
    pub holders: Group,
}

/// Why a plan is none. Each text is two sentences: what failed, what to do.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadPlan {
    /// The number of periods.
    #[error("A ceremony makes 1 to 4 periods, or a recovery key. Give another number.")]
    Quarters,
    /// The label of the recovery key.
    #[error(
        "This is no label of a recovery key. Use at most 12 letters, digits and dashes, such as a day."
    )]
    Label,
    /// Nobody would sign the transcript, or somebody twice.
    #[error("A ceremony needs the keys of its witnesses, each once. Give --witness for each.")]
    Witnesses,
    /// Who must come together.
    #[error(transparent)]
    Scheme(#[from] BadScheme),
    /// The bundle in use has such a period.
    #[error("The key bundle in use has a period {0} already. Give a later --from.")]
    KnownPeriod(String),
    /// The lines of a transcript are no plan.
    #[error("The transcript begins with no plan of this version. Start again with a new folder.")]
    Text,
}

impl YearPlan {
    /// A recovery key alone, for the office of a key bundle; a demonstration's makes a rehearsal.
    ///
    /// # Errors
    /// Root keys that make no root.
    pub fn of_recovery(
        bundle: &KeyBundle,
        holders: Group,
        witnesses: Vec<VerifyingKey<Witness>>,
        today: Day,
    ) -> Result<Self, BadRoot> {
        let content = bundle.content();
        Ok(Self {
            root: RootDescription::new(
                content.demo,
                content.instance,
                &content.office,
                content.threshold,
                content.roots.clone(),
            )?,
            previous: None,
            from: today,
            quarters: 0,
            reports: holders,
            identities: holders,
            hand_over: None,
            recovery: Some(Recovery {
                label: today.to_string(),
                holders,
            }),
            office_keys: Vec::new(),
            transfer_key: None,
            witnesses,
        })
    }

    /// Checks the numbers.
    ///
    /// # Errors
    /// Every [`BadPlan`] but `KnownPeriod` and `Text`.
    pub fn check(&self) -> Result<(), BadPlan> {
        let least = if self.recovery.is_some() { 0 } else { 1 };
        if !(least..=4).contains(&self.quarters) {
            return Err(BadPlan::Quarters);
        }
        if self.recovery.iter().any(|key| !is_period_id(&key.label)) {
            return Err(BadPlan::Label);
        }
        let once = |key| self.witnesses.iter().filter(|other| *other == key).count() == 1;
        let unseen = self.witnesses.is_empty() && self.quarters > 0;
        if unseen || !self.witnesses.iter().all(once) {
            return Err(BadPlan::Witnesses);
        }
        Purpose::ALL
            .into_iter()
            .try_for_each(|purpose| self.scheme(purpose).map(drop))?;
        Ok(())
    }

    /// Every secret that is made and split, with its label, in order.
    pub(super) fn secrets(&self) -> Vec<(String, Purpose)> {
        let of_period = |(id, _): (String, Window)| SPLIT.map(move |purpose| (id.clone(), purpose));
        let recovery = self.recovery.iter();
        let recovery = recovery.map(|key| (key.label.clone(), Purpose::VaultRecovery));
        let periods = self.periods().into_iter().flat_map(of_period);
        periods.chain(recovery).collect()
    }

    /// Names and windows of the periods: the first from [`Self::from`], the others from the first day of
    /// their quarter; each is accepted for 60 days more.
    #[must_use]
    pub fn periods(&self) -> Vec<(String, Window)> {
        let mut from = self.from;
        let mut periods = Vec::new();
        for _ in 0..self.quarters {
            periods.push((from.quarter(), Window::quarter(from)));
            from = from.next_quarter_start();
        }
        periods
    }

    /// Names of the periods whose identity files the office of today gets.
    pub(super) fn given(&self) -> Vec<String> {
        let last = self.hand_over;
        let given =
            move |(_, window): &(String, Window)| last.is_none_or(|day| window.from() <= day);
        let periods = self.periods().into_iter().filter(given);
        periods.map(|(id, _)| id).collect()
    }

    /// Sheets are destroyed when the last period has been over for 60 days; those of a recovery key alone when
    /// the next hand-over is 60 days late.
    #[must_use]
    pub fn destroy_after(&self) -> Day {
        match self.periods().last() {
            Some((_, window)) => window.until().plus_days(KEPT_DAYS),
            None => self.from.plus_days(365 + KEPT_DAYS),
        }
    }

    /// How many holders a secret of a purpose has.
    pub(super) fn holders(&self, purpose: Purpose) -> u8 {
        self.group(purpose).count
    }

    fn group(&self, purpose: Purpose) -> Group {
        match (purpose, &self.recovery) {
            (Purpose::IdentitySeed, _) => self.identities,
            (Purpose::VaultRecovery, Some(key)) => key.holders,
            (Purpose::PeriodSeed | Purpose::VaultRecovery, _) => self.reports,
        }
    }

    /// Who keeps shares of a seed.
    ///
    /// # Errors
    /// [`BadScheme`].
    pub fn scheme(&self, purpose: Purpose) -> Result<Scheme, BadScheme> {
        let Group { threshold, count } = self.group(purpose);
        Scheme::single(threshold, count)
    }

    pub(super) fn to_lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut line = |name: &str, value: &dyn Display| lines.push(format!("{name}: {value}"));
        line("fingerprint", &self.root.fingerprint());
        line("instance", &self.root.instance);
        line("office", &self.root.office);
        line("threshold", &self.root.threshold);
        self.root.roots.iter().for_each(|key| line("root", key));
        let previous = self.previous.map(hex::encode);
        line("previous", &previous.as_deref().unwrap_or(NONE));
        line("from", &self.from);
        line("quarters", &self.quarters);
        for (name, group) in [("reports", self.reports), ("identities", self.identities)] {
            line(name, &format!("{} of {}", group.threshold, group.count));
        }
        let hand_over = self.hand_over.iter();
        hand_over.for_each(|day| line("hand-over", day));
        if let Some(Recovery { label, holders }) = &self.recovery {
            let text = format!("{label} {} of {}", holders.threshold, holders.count);
            line("recovery", &text);
        }
        let keys = self.office_keys.iter();
        keys.for_each(|key| line("office key", key));
        let keys = self.transfer_key.iter();
        keys.for_each(|key| line("transfer key", key));
        let keys = self.witnesses.iter();
        keys.for_each(|key| line("witness", key));
        lines
    }

    pub(super) fn parse(rehearsal: bool, lines: &[&str]) -> Result<Self, BadPlan> {
        let plan = read(rehearsal, lines).ok_or(BadPlan::Text)?;
        plan.check()?;
        if plan.to_lines() == lines {
            Ok(plan)
        } else {
            Err(BadPlan::Text)
        }
    }
}

fn read(rehearsal: bool, lines: &[&str]) -> Option<YearPlan> {
    let all = |name: &'static str| {
        lines
            .iter()
            .filter_map(move |line| line.strip_prefix(name)?.strip_prefix(": "))
    };
    let one = |name| all(name).next();
    let keys = |name| all(name).map(|key| VerifyingKey::parse(key).ok());
    let root = RootDescription::new(
        rehearsal,
        one("instance")?.parse().ok()?,
        one("office")?,
        one("threshold")?.parse().ok()?,
        keys("root").collect::<Option<_>>()?,
    );
    let previous = match one("previous")? {
        NONE => None,
        digest => Some(hex::decode(digest).ok()?.try_into().ok()?),
    };
    let office_keys = all("office key").map(|key| VerifyingKey::parse(key).ok());
    let witnesses = all("witness").map(|key| VerifyingKey::parse(key).ok());
    Some(YearPlan {
        root: root.ok()?,
        previous,
        from: one("from")?.parse().ok()?,
        quarters: one("quarters")?.parse().ok()?,
        reports: group(one("reports")?)?,
        identities: group(one("identities")?)?,
        hand_over: match one("hand-over") {
            Some(day) => Some(day.parse().ok()?),
            None => None,
        },
        recovery: match one("recovery") {
            Some(text) => Some(recovery(text)?),
            None => None,
        },
        office_keys: office_keys.collect::<Option<_>>()?,
        transfer_key: match one("transfer key") {
            Some(key) => Some(VerifyingKey::parse(key).ok()?),
            None => None,
        },
        witnesses: witnesses.collect::<Option<_>>()?,
    })
}

fn group(text: &str) -> Option<Group> {
    let (threshold, count) = text.split_once(" of ")?;
    Some(Group {
        threshold: threshold.parse().ok()?,
        count: count.parse().ok()?,
    })
}

fn recovery(text: &str) -> Option<Recovery> {
    let (label, holders) = text.split_once(' ')?;
    Some(Recovery {
        label: label.to_owned(),
        holders: group(holders)?,
    })
}

/// Seeds of a period that a ceremony splits.
const SPLIT: [Purpose; 2] = [Purpose::PeriodSeed, Purpose::IdentitySeed];
const KEPT_DAYS: i64 = 60;
const NONE: &str = "none";
