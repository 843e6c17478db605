//! A calendar day in UTC: the finest time that anything outside a seal carries.

use core::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use time::{
    Date, Duration, OffsetDateTime, format_description::BorrowedFormatItem,
    macros::format_description,
};

/// A day, written `2026-11-23`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day(Date);

/// A text was not a day of the form `2026-11-23`.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a day must be written like 2026-11-23")]
pub struct BadDay;

impl Day {
    /// The day that holds a moment, in seconds since 1970-01-01 UTC; `None` outside the years -9999 to 9999.
    #[must_use]
    pub fn from_unix_seconds(seconds: i64) -> Option<Self> {
        OffsetDateTime::from_unix_timestamp(seconds)
            .ok()
            .map(|moment| Self(moment.date()))
    }

    /// The day that lies `days` after 1970-01-01.
    #[must_use]
    pub fn from_days_since_1970(days: i64) -> Option<Self> {
        days.checked_mul(86_400).and_then(Self::from_unix_seconds)
    }

    /// Days since 1970-01-01.
    #[must_use]
    pub fn days_since_1970(self) -> i64 {
        i64::from(self.0.to_julian_day()) - JULIAN_DAY_OF_1970
    }

    /// The day `days` later (earlier when negative); stops at the ends of the calendar.
    #[must_use]
    pub fn plus_days(self, days: i64) -> Self {
        Self(self.0.saturating_add(Duration::days(days)))
    }

    /// The quarter that holds the day, such as `2026-Q4`.
    #[must_use]
    pub fn quarter(self) -> String {
        format!(
            "{}-Q{}",
            self.0.year(),
            (u8::from(self.0.month()) - 1) / 3 + 1
        )
    }

    /// The first day of the quarter after the one that holds this day.
    #[must_use]
    pub fn next_quarter_start(self) -> Self {
        let month = u8::from(self.0.month());
        let (year, first) = if month > 9 {
            (self.0.year() + 1, 1)
        } else {
            (self.0.year(), (month - 1) / 3 * 3 + 4)
        };
        let first = time::Month::try_from(first).expect("1, 4, 7 and 10 are months");
        Date::from_calendar_date(year, first, 1).map_or(self, Self)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.format(FORMAT).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for Day {
    type Err = BadDay;
    fn from_str(text: &str) -> Result<Self, BadDay> {
        Date::parse(text, FORMAT).map(Self).map_err(|_| BadDay)
    }
}

impl TryFrom<String> for Day {
    type Error = BadDay;
    fn try_from(text: String) -> Result<Self, BadDay> {
        text.parse()
    }
}

impl From<Day> for String {
    fn from(day: Day) -> Self {
        day.to_string()
    }
}

const FORMAT: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");
const JULIAN_DAY_OF_1970: i64 = 2_440_588;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_count_from_1970_and_quarters_follow_the_calendar() {
        let day: Day = "2026-11-23".parse().unwrap();
        assert_eq!(day.days_since_1970(), 20_780);
        assert_eq!(Day::from_days_since_1970(20_780), Some(day));
        assert_eq!(day.quarter(), "2026-Q4");
        assert_eq!(day.next_quarter_start().to_string(), "2027-01-01");
        assert_eq!(
            day.plus_days(-60).next_quarter_start().to_string(),
            "2026-10-01"
        );
        assert_eq!("2026-13-01".parse::<Day>(), Err(BadDay));
        assert_eq!("23.11.2026".parse::<Day>(), Err(BadDay));
    }
}
