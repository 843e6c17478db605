//! An office's time zone as a rule: `UTC`, or the form of POSIX such as `CET-1CEST,M3.5.0,M10.5.0/3`. The offline
//! computer's own zone may be anything and its table of zones old; the office's rule is signed data of the office.

use asylia_envelope::day::Day;

/// A zone's rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Zone {
    /// Seconds east of UTC outside summer time.
    standard: i64,
    summer: Option<Summer>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Summer {
    /// Seconds east of UTC in summer time.
    offset: i64,
    begins: Change,
    ends: Change,
}

/// `Mm.w.d/time`: in month m the w-th weekday d (0 is Sunday; week 5 is the last), at a local time.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Change {
    month: u8,
    week: i64,
    weekday: i64,
    seconds: i64,
}

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self {
        standard: 0,
        summer: None,
    };

    /// Reads a rule; `None` for what is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text == "UTC" {
            return Some(Self::UTC);
        }
        let (names, changes) = match text.split_once(',') {
            Some((names, changes)) => (names, Some(changes)),
            None => (text, None),
        };
        let rest = after_name(names)?;
        let (standard, rest) = offset(rest)?;
        let summer = match (rest.is_empty(), changes) {
            (true, None) => None,
            (false, Some(changes)) => {
                let rest = after_name(rest)?;
                let (own, rest) = match rest.is_empty() {
                    true => (standard + 3600, ""),
                    false => offset(rest)?,
                };
                let (begins, ends) = changes.split_once(',')?;
                rest.is_empty().then_some(())?;
                Some(Summer {
                    offset: own,
                    begins: Change::parse(begins)?,
                    ends: Change::parse(ends)?,
                })
            }
            _ => return None,
        };
        Some(Self { standard, summer })
    }

    /// Seconds east of UTC at a moment.
    #[must_use]
    pub fn offset_at(&self, at: i64) -> i64 {
        let Some(summer) = &self.summer else {
            return self.standard;
        };
        let Some(day) = Day::from_unix_seconds(at + self.standard) else {
            return self.standard;
        };
        let Some(year) = day.to_string().get(..4).and_then(|year| year.parse().ok()) else {
            return self.standard;
        };
        let begins = summer.begins.moment(year) - self.standard;
        let ends = summer.ends.moment(year) - summer.offset;
        let in_summer = match begins < ends {
            true => (begins..ends).contains(&at),
            // South of the equator the year begins in summer.
            false => !(ends..begins).contains(&at),
        };
        match in_summer {
            true => summer.offset,
            false => self.standard,
        }
    }

    /// The local day that holds a moment.
    #[must_use]
    pub fn day_of(&self, at: i64) -> Option<Day> {
        Day::from_unix_seconds(at + self.offset_at(at))
    }

    /// The moment at which a local day begins.
    #[must_use]
    pub fn midnight(&self, day: Day) -> i64 {
        let local = day.days_since_1970() * 86_400;
        // The offset at that moment; a second look settles the days on which it changes.
        let near = local - self.offset_at(local);
        local - self.offset_at(near)
    }
}

impl Change {
    fn parse(text: &str) -> Option<Self> {
        let (rule, time) = match text.split_once('/') {
            Some((rule, time)) => (rule, clock(time)?),
            None => (text, 2 * 3600),
        };
        let mut parts = rule.strip_prefix('M')?.split('.');
        let mut next = || parts.next()?.parse::<u8>().ok();
        let (month, week, weekday) = (next()?, next()?, next()?);
        let sound = (1..=12).contains(&month) && (1..=5).contains(&week) && weekday <= 6;
        (sound && parts.next().is_none()).then(|| Self {
            month,
            week: i64::from(week),
            weekday: i64::from(weekday),
            seconds: time,
        })
    }

    /// In seconds since 1970 as the local clock shows them.
    fn moment(&self, year: i64) -> i64 {
        let first = |year: i64, month: u8| {
            let day = format!("{year:04}-{month:02}-01").parse::<Day>();
            day.map_or(0, Day::days_since_1970)
        };
        let begin = first(year, self.month);
        let end = match self.month {
            12 => first(year + 1, 1),
            month => first(year, month + 1),
        };
        // 1970-01-01 was a Thursday.
        let weekday = (begin + 4).rem_euclid(7);
        let mut day = begin + (self.weekday - weekday).rem_euclid(7) + 7 * (self.week - 1);
        while day >= end {
            day -= 7;
        }
        day * 86_400 + self.seconds
    }
}

/// What stands behind a name: at least three letters, or anything in angle brackets.
fn after_name(text: &str) -> Option<&str> {
    if let Some(rest) = text.strip_prefix('<') {
        return rest.split_once('>').map(|(_, rest)| rest);
    }
    let end = text
        .find(|c: char| !c.is_ascii_alphabetic())
        .unwrap_or(text.len());
    text.split_at_checked(end)
        .filter(|_| end >= 3)
        .map(|(_, rest)| rest)
}

/// `[+-]h[h][:mm]`, west of UTC positive, as POSIX has it; gives seconds east.
fn offset(text: &str) -> Option<(i64, &str)> {
    let signed = |c: char| c.is_ascii_digit() || "+-:".contains(c);
    let end = text.find(|c| !signed(c)).unwrap_or(text.len());
    let (number, rest) = text.split_at_checked(end)?;
    let (sign, number) = match number.strip_prefix('-') {
        Some(number) => (1, number),
        None => (-1, number.strip_prefix('+').unwrap_or(number)),
    };
    Some((sign * clock(number)?, rest))
}

/// `h[h][:mm]` in seconds.
fn clock(text: &str) -> Option<i64> {
    let (hours, minutes) = text.split_once(':').unwrap_or((text, "0"));
    let number = |text: &str, most: i64| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let value = digits.then(|| text.parse::<i64>().ok()).flatten();
        value.filter(|value| *value <= most)
    };
    Some(number(hours, 24)? * 3600 + number(minutes, 59)? * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        let (day, time) = text.split_once('T').unwrap();
        let day: Day = day.parse().unwrap();
        day.days_since_1970() * 86_400 + clock(time.trim_end_matches('Z')).unwrap()
    }

    #[test]
    fn geneva_is_one_hour_ahead_in_winter_and_two_in_summer() {
        let zone = Zone::parse("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        for (moment, hours) in [
            ("2026-01-15T12:00Z", 1),
            ("2026-03-29T00:59Z", 1),
            ("2026-03-29T01:00Z", 2),
            ("2026-07-01T12:00Z", 2),
            ("2026-10-25T00:59Z", 2),
            ("2026-10-25T01:00Z", 1),
        ] {
            assert_eq!(zone.offset_at(at(moment)), hours * 3600, "{moment}");
        }
        let day: Day = "2026-03-29".parse().unwrap();
        assert_eq!(zone.midnight(day), at("2026-03-28T23:00Z"));
        assert_eq!(zone.midnight(day.plus_days(1)), at("2026-03-29T22:00Z"));
        assert_eq!(
            zone.day_of(at("2026-07-01T22:30Z")),
            "2026-07-02".parse().ok()
        );
    }

    #[test]
    fn zones_south_of_the_equator_and_without_summer_time_are_read_too() {
        let south = Zone::parse("<-04>4<-03>,M9.1.6/24,M4.1.6/24").unwrap();
        assert_eq!(south.offset_at(at("2026-01-15T12:00Z")), -3 * 3600);
        assert_eq!(south.offset_at(at("2026-06-15T12:00Z")), -4 * 3600);
        let nepal = Zone::parse("<+0545>-5:45").unwrap();
        assert_eq!(nepal.offset_at(0), 5 * 3600 + 45 * 60);
        for wrong in [
            "",
            "Europe/Zurich",
            "CET",
            "CET-1CEST",
            "CET-1,M3.5.0,M10.5.0",
            "CET-25",
            "CET-1CEST,M13.5.0,M10.5.0",
        ] {
            assert_eq!(Zone::parse(wrong), None, "{wrong}");
        }
    }
}
