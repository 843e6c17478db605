//! The office's days: time zone, working days, holidays. Signed data of the office, changed by stick; before there
//! is any, days are those of UTC and Monday to Friday are worked.

use std::collections::BTreeSet;

use asylia_envelope::day::Day;
use serde::{Deserialize, Serialize};

pub use super::zone::Zone;

/// When the office works.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Calendar {
    zone: Zone,
    /// From Monday.
    working: [bool; 7],
    holidays: BTreeSet<Day>,
}

/// The same as data.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarData {
    /// `UTC` or a rule in the form of POSIX.
    pub time_zone: Option<String>,
    /// `monday` to `sunday`.
    #[serde(default)]
    pub working_days: Vec<String>,
    /// Days on which nobody works.
    #[serde(default)]
    pub holidays: Vec<Day>,
}

impl Default for Calendar {
    fn default() -> Self {
        Self {
            zone: Zone::UTC,
            working: [true, true, true, true, true, false, false],
            holidays: BTreeSet::new(),
        }
    }
}

impl Calendar {
    /// Reads the data; `None` for a zone or weekday that is none, or a week without a working day.
    #[must_use]
    pub fn of(data: &CalendarData) -> Option<Self> {
        let usual = Self::default();
        let zone = match &data.time_zone {
            Some(rule) => Zone::parse(rule)?,
            None => usual.zone,
        };
        let mut working = [false; 7];
        for name in &data.working_days {
            let at = WEEKDAYS.iter().position(|day| day == name)?;
            *working.get_mut(at)? = true;
        }
        if data.working_days.is_empty() {
            working = usual.working;
        }
        Some(Self {
            zone,
            working,
            holidays: data.holidays.iter().copied().collect(),
        })
    }

    /// The office's day that holds a moment.
    #[must_use]
    pub fn day_of(&self, at: i64) -> Day {
        let day = self
            .zone
            .day_of(at)
            .or_else(|| Day::from_days_since_1970(0));
        day.expect("1970 is a year of the calendar")
    }

    /// The moment after the end of a day.
    #[must_use]
    pub fn end_of(&self, day: Day) -> i64 {
        self.zone.midnight(day.plus_days(1))
    }

    /// Whether the office works on a day.
    #[must_use]
    pub fn is_worked(&self, day: Day) -> bool {
        // 1970-01-01 was a Thursday.
        let weekday = (day.days_since_1970() + 3).rem_euclid(7);
        let weekday = usize::try_from(weekday).unwrap_or(0);
        self.working.get(weekday).copied().unwrap_or(false) && !self.holidays.contains(&day)
    }

    /// The end of the office's day that holds a moment, or of the next one on which it works.
    #[must_use]
    pub fn end_of_working_day(&self, at: i64) -> i64 {
        self.after_working_days(self.day_of(at).plus_days(-1), 1)
    }

    /// The end of the `count`-th working day behind the day that holds a moment.
    #[must_use]
    pub fn end_after_working_days(&self, at: i64, count: u32) -> i64 {
        self.after_working_days(self.day_of(at), count)
    }

    /// The end of the day `days` behind the one that holds a moment.
    #[must_use]
    pub fn end_after_days(&self, at: i64, days: i64) -> i64 {
        self.end_of(self.day_of(at).plus_days(days))
    }

    /// The end of the quarter that holds a moment.
    #[must_use]
    pub fn end_of_quarter(&self, at: i64) -> i64 {
        self.zone.midnight(self.day_of(at).next_quarter_start())
    }

    fn after_working_days(&self, from: Day, count: u32) -> i64 {
        let mut day = from;
        let mut left = count;
        // A calendar of holidays alone ends here too.
        for _ in 0..LOOK_AHEAD_DAYS {
            if left == 0 {
                break;
            }
            day = day.plus_days(1);
            if self.is_worked(day) {
                left -= 1;
            }
        }
        self.end_of(day)
    }
}

const WEEKDAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];
const LOOK_AHEAD_DAYS: u32 = 400;

#[cfg(test)]
mod tests {
    use super::*;

    fn geneva() -> Calendar {
        let data = CalendarData {
            time_zone: Some("CET-1CEST,M3.5.0,M10.5.0/3".to_owned()),
            working_days: Vec::new(),
            holidays: vec!["2026-12-25".parse().unwrap()],
        };
        Calendar::of(&data).unwrap()
    }

    fn at(day: &str, hour: i64) -> i64 {
        day.parse::<Day>().unwrap().days_since_1970() * 86_400 + hour * 3600
    }

    #[test]
    fn what_comes_on_a_friday_evening_is_due_by_days_of_the_office() {
        let office = geneva();
        // Friday, 18 December 2026, 23:30 in Geneva.
        let friday = at("2026-12-18", 22) + 1800;
        assert_eq!(office.day_of(friday).to_string(), "2026-12-18");
        assert_eq!(office.end_of_working_day(friday), at("2026-12-18", 23));
        // An hour later it is Saturday there.
        assert_eq!(
            office.end_of_working_day(friday + 3600),
            at("2026-12-21", 23)
        );
        // Five working days: Monday to Thursday, and, Friday being a holiday, the Monday after.
        assert_eq!(
            office.end_after_working_days(friday, 5),
            at("2026-12-28", 23)
        );
        assert_eq!(office.end_after_days(friday, 2), at("2026-12-20", 23));
        assert_eq!(office.end_of_quarter(friday), at("2026-12-31", 23));
    }

    #[test]
    fn a_week_may_begin_on_sunday_and_a_calendar_without_sense_is_refused() {
        let mut data = CalendarData {
            working_days: ["sunday", "monday"].map(str::to_owned).to_vec(),
            ..CalendarData::default()
        };
        let office = Calendar::of(&data).unwrap();
        assert_eq!(
            office.end_of_working_day(at("2026-12-18", 10)),
            at("2026-12-21", 0)
        );
        data.working_days.push("Monday".to_owned());
        assert_eq!(Calendar::of(&data), None);
        data.working_days.clear();
        data.time_zone = Some("Europe/Zurich".to_owned());
        assert_eq!(Calendar::of(&data), None);
    }
}
