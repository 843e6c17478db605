//! What a year's ceremony shall make, fixed before its first step and written into its transcript.

use core::fmt::Display;

use asylia_envelope::{
    day::Day,
    signing::{Office, Transfer, VerifyingKey},
};

use super::witness::Witness;
use crate::{
    custody::Purpose,
    period::Window,
    root::RootDescription,
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
    /// How many periods, each to the end of its quarter: 1 to 4.
    pub quarters: u8,
    /// Who must come together for the key that opens reports.
    pub reports: Group,
    /// Who must come together for the key that opens identity parts.
    pub identities: Group,
    /// Keys that sign replies; none keeps those of the bundle in use.
    pub office_keys: Vec<VerifyingKey<Office>>,
    /// The paired server's key; none keeps that of the bundle in use.
    pub transfer_key: Option<VerifyingKey<Transfer>>,
    /// Keys of the witnesses; all of them sign the transcript.
    pub witnesses: Vec<VerifyingKey<Witness>>,
}

/// Why a plan is none. Each text is two sentences: what failed, what to do.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadPlan {
    /// The number of periods.
    #[error("A ceremony makes 1 to 4 periods. Give another number.")]
    Quarters,
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
    /// Checks the numbers.
    ///
    /// # Errors
    /// Every [`BadPlan`] but `KnownPeriod` and `Text`.
    pub fn check(&self) -> Result<(), BadPlan> {
        if !(1..=4).contains(&self.quarters) {
            return Err(BadPlan::Quarters);
        }
        let once = |key| self.witnesses.iter().filter(|other| *other == key).count() == 1;
        if self.witnesses.is_empty() || !self.witnesses.iter().all(once) {
            return Err(BadPlan::Witnesses);
        }
        self.scheme(Purpose::PeriodSeed)?;
        self.scheme(Purpose::IdentitySeed)?;
        Ok(())
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

    /// Sheets are destroyed when the last period has been over for 60 days.
    #[must_use]
    pub fn destroy_after(&self) -> Day {
        let last = self.periods().last().map(|(_, window)| window.until());
        last.unwrap_or(self.from).plus_days(KEPT_DAYS)
    }

    /// Who keeps shares of a seed.
    ///
    /// # Errors
    /// [`BadScheme`].
    pub fn scheme(&self, purpose: Purpose) -> Result<Scheme, BadScheme> {
        let Group { threshold, count } = match purpose {
            Purpose::IdentitySeed => self.identities,
            Purpose::PeriodSeed | Purpose::VaultRecovery => self.reports,
        };
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

const KEPT_DAYS: i64 = 60;
const NONE: &str = "none";
