//! A new period: its window, its three identities, and the public note that goes into a key bundle.
//!
//! By default a period lasts to the end of its quarter, and things sealed to it are accepted for 60
//! days more, so that windows of successive periods overlap.

use asylia_envelope::{
    day::Day,
    ids::InstanceId,
    key_bundle::{PERIOD_ID_CHARS, Period},
};
use rand_core::{CryptoRng, RngCore};

use crate::{
    custody::CustodySecret,
    identity::{AccountIdentity, IdentityPartIdentity, IdentitySeed, IntakeIdentity, PeriodSeed},
};

/// Days after a period's quarter for which sealed things are still accepted.
pub const OVERLAP_DAYS: i64 = 60;

/// Most bytes of a period note.
pub const PERIOD_NOTE_LIMIT_BYTES: usize = 16 * 1024;

/// First and last day of a period.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window {
    from: Day,
    until: Day,
}

/// A period that was just made: what is public, and what opens what is sealed to it.
pub struct NewPeriod {
    /// For the key bundle.
    pub public: Period,
    /// Opens the outer layer.
    pub intake: IntakeIdentity,
    /// Opens account, manifest and attachments.
    pub account: AccountIdentity,
    /// Opens the identity compartment; from a seed of its own.
    pub identity: IdentityPartIdentity,
    /// What intake and account derive from, to be split among holders.
    pub period_seed: CustodySecret,
    /// What the identity derives from; may have other holders.
    pub identity_seed: CustodySecret,
}

/// Why there is no such period. Each text is two sentences: what failed, what to do.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadPeriod {
    /// The name is empty, too long, or has other characters.
    #[error(
        "This is no name of a period. Use at most 12 letters, digits and dashes, such as 2027-Q1."
    )]
    Id,
    /// It ends before it begins.
    #[error("The period's last day is before its first. Give the days in order.")]
    Window,
    /// A text is no period note of this version.
    #[error("This is not a period note. Give the file period.note that `period new` wrote.")]
    Note,
}

impl Window {
    /// From `from` to `until`, both included.
    ///
    /// # Errors
    /// [`BadPeriod::Window`].
    pub fn new(from: Day, until: Day) -> Result<Self, BadPeriod> {
        if from <= until {
            Ok(Self { from, until })
        } else {
            Err(BadPeriod::Window)
        }
    }

    /// From `from` to [`OVERLAP_DAYS`] after the end of its quarter.
    #[must_use]
    pub fn quarter(from: Day) -> Self {
        let until = from.next_quarter_start().plus_days(OVERLAP_DAYS - 1);
        Self { from, until }
    }

    /// First day on which sealing to the period is right.
    #[must_use]
    pub fn from(self) -> Day {
        self.from
    }

    /// Last day on which something sealed to it is accepted.
    #[must_use]
    pub fn until(self) -> Day {
        self.until
    }
}

/// Makes a period: draws both seeds from `rng` and derives the identities.
///
/// # Errors
/// [`BadPeriod::Id`].
pub fn new_period(
    instance: InstanceId,
    id: &str,
    window: Window,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<NewPeriod, BadPeriod> {
    if !is_period_id(id) {
        return Err(BadPeriod::Id);
    }
    let period_seed = PeriodSeed::generate(rng);
    let intake = period_seed.derive_intake(instance, id);
    let account = period_seed.derive_account(instance, id);
    let identity_seed = IdentitySeed::generate(rng);
    let identity = identity_seed.derive_identity_part(instance, id);
    let public = Period {
        id: id.to_owned(),
        from: window.from,
        until: window.until,
        intake: intake.recipient(),
        account: account.recipient(),
        identity: identity.recipient(),
    };
    Ok(NewPeriod {
        public,
        intake,
        account,
        identity,
        period_seed: CustodySecret::of_period(&period_seed, instance, id),
        identity_seed: CustodySecret::of_identity(&identity_seed, instance, id),
    })
}

/// The public half of a period as a text, to be carried to whoever builds the key bundle.
#[must_use]
pub fn to_note(instance: InstanceId, period: &Period) -> String {
    let Period {
        id,
        from,
        until,
        intake,
        account,
        identity,
    } = period;
    format!(
        "{NOTE_MAGIC}\ninstance: {instance}\nperiod: {id} {from} {until}\n\
         intake: {intake}\naccount: {account}\nidentity: {identity}\n"
    )
}

/// Reads what [`to_note`] wrote.
///
/// # Errors
/// [`BadPeriod::Note`]; one period has one text.
pub fn parse_note(text: &str) -> Result<(InstanceId, Period), BadPeriod> {
    let (instance, period) = read_note(text).ok_or(BadPeriod::Note)?;
    if to_note(instance, &period) == text && Window::new(period.from, period.until).is_ok() {
        Ok((instance, period))
    } else {
        Err(BadPeriod::Note)
    }
}

fn read_note(text: &str) -> Option<(InstanceId, Period)> {
    let mut lines = text.lines().skip(1);
    let mut value = |name: &str| lines.next()?.strip_prefix(name);
    let instance = value("instance: ")?.parse().ok()?;
    let mut words = value("period: ")?.split(' ');
    let period = Period {
        id: words.next().filter(|id| is_period_id(id))?.to_owned(),
        from: words.next()?.parse().ok()?,
        until: words.next()?.parse().ok()?,
        intake: value("intake: ")?.parse().ok()?,
        account: value("account: ")?.parse().ok()?,
        identity: value("identity: ")?.parse().ok()?,
    };
    Some((instance, period))
}

/// The rule of the key bundle's grammar.
pub(crate) fn is_period_id(id: &str) -> bool {
    let letters = id
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (1..=PERIOD_ID_CHARS).contains(&id.len()) && letters
}

const NOTE_MAGIC: &str = "asylia period v1";

#[cfg(test)]
mod tests {
    use rand_core::OsRng;

    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn a_window_lasts_to_its_quarters_end_and_sixty_days() {
        for (from, until) in [
            ("2026-11-23", "2027-03-01"),
            ("2026-10-01", "2027-03-01"),
            ("2026-12-31", "2027-03-01"),
            ("2027-01-01", "2027-05-30"),
        ] {
            let window = Window::quarter(day(from));
            assert_eq!((window.from(), window.until()), (day(from), day(until)));
        }
        assert_eq!(
            Window::new(day("2026-11-24"), day("2026-11-23")),
            Err(BadPeriod::Window)
        );
    }

    #[test]
    fn a_period_note_has_one_reading() {
        let instance = InstanceId([1; 16]);
        let window = Window::quarter(day("2026-11-23"));
        let made = new_period(instance, "2026-Q4", window, &mut OsRng).unwrap_or_else(|_| panic!());
        let note = to_note(instance, &made.public);
        assert_eq!(parse_note(&note), Ok((instance, made.public.clone())));
        for (from, to) in [
            ("period v1", "period v2"),
            ("2026-Q4", "2026 Q4"),
            ("2026-Q4", "a-name-that-is-too-long"),
            ("2027-03-01", "2026-03-01"),
            ("intake: age1pq", "intake: age1pr"),
            ("account: ", "account:  "),
        ] {
            let altered = note.replace(from, to);
            assert_ne!(altered, note);
            assert_eq!(parse_note(&altered), Err(BadPeriod::Note), "{from}");
        }
        assert_eq!(parse_note(&format!("{note}\n")), Err(BadPeriod::Note));
        assert!(new_period(instance, "", window, &mut OsRng).is_err());
        assert!(new_period(instance, "2026/Q4", window, &mut OsRng).is_err());
    }

    #[test]
    fn every_identity_of_a_period_is_another_key() {
        let window = Window::quarter(day("2026-11-23"));
        let made = new_period(InstanceId([1; 16]), "2026-Q4", window, &mut OsRng)
            .unwrap_or_else(|_| panic!());
        assert!(made.public.intake != made.public.account);
        assert!(made.public.account != made.public.identity);
        assert!(made.public.intake != made.public.identity);
    }
}
