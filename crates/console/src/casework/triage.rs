//! Triage: the level that the console proposes, and what is due when. An officer sets the level from the facts; what
//! the form says of danger is a signal and no more.

use serde::{Deserialize, Serialize};

use super::{
    calendar::Calendar,
    values::{Known, Timing, Urgency},
};

/// What a proposal looks at.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Signals {
    /// Whether it is within the framework, as far as an officer said so.
    pub in_scope: Option<Known>,
    /// An officer has recorded danger.
    pub danger_recorded: bool,
    /// `in_danger_now` of the form.
    pub danger_now: Option<String>,
    /// `danger_kinds` of the form.
    pub danger_kinds: Vec<String>,
    /// `act_types` of the form.
    pub act_types: Vec<String>,
    /// Codes of the acts that an officer recorded, with their timing where it is known.
    pub acts: Vec<(String, Option<Timing>)>,
    /// The hard deadline, in seconds since 1970.
    pub hard_deadline: Option<i64>,
}

/// When something of a level is due, in seconds since 1970.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Due {
    /// When it must be opened.
    pub open: i64,
    /// When a decision, or in U1 the packet, must be there.
    pub act: i64,
    /// In U1, when at the very latest.
    pub at_most: Option<i64>,
}

/// The level that fits first.
#[must_use]
pub fn propose(signals: &Signals, now: i64) -> Urgency {
    let now_in_danger = signals.danger_now.as_deref() == Some("now");
    let soon = signals.danger_now.as_deref() == Some("soon");
    let grave_danger = signals.danger_kinds.is_empty()
        || signals
            .danger_kinds
            .iter()
            .any(|kind| GRAVE_DANGERS.contains(&kind.as_str()));
    let grave_act = |(code, timing): &(String, Option<Timing>)| {
        let lasts = matches!(timing, Some(Timing::Ongoing | Timing::Prospective));
        lasts && GRAVE_ACTS.contains(&code.as_str())
    };
    let incommunicado = signals
        .act_types
        .iter()
        .any(|tick| tick == "incommunicado_or_no_lawyer");
    let near = |at: i64| at.saturating_sub(now) <= NEAR_SECONDS && at >= now;
    let pressing = |(code, _): &(String, Option<Timing>)| PRESSING_ACTS.contains(&code.as_str());
    if signals.in_scope == Some(Known::No) && !signals.danger_recorded {
        Urgency::U0
    } else if (now_in_danger && grave_danger) || signals.acts.iter().any(grave_act) || incommunicado
    {
        Urgency::U1
    } else if now_in_danger
        || soon
        || signals.acts.iter().any(pressing)
        || signals.hard_deadline.is_some_and(near)
    {
        Urgency::U2
    } else if signals.acts.is_empty() {
        Urgency::U4
    } else {
        Urgency::U3
    }
}

/// What is due of a level, counted from `from`; hours run through nights and holidays, days are the office's.
#[must_use]
pub fn due(level: Urgency, from: i64, office: &Calendar) -> Due {
    let hours = |count: i64| from + count * 3600;
    match level {
        Urgency::U1 => Due {
            open: office.end_of_working_day(from),
            act: hours(24),
            at_most: Some(hours(48)),
        },
        Urgency::U2 => Due {
            open: office.end_after_days(from, 2),
            act: office.end_after_working_days(from, 5),
            at_most: None,
        },
        Urgency::U3 | Urgency::U0 => Due {
            open: office.end_after_days(from, 5),
            act: office.end_after_days(from, 30),
            at_most: None,
        },
        Urgency::U4 => Due {
            open: office.end_of_quarter(from),
            act: office.end_of_quarter(from),
            at_most: None,
        },
    }
}

const GRAVE_DANGERS: [&str; 7] = [
    "life",
    "torture",
    "disappearance",
    "deportation",
    "violence",
    "health",
    "child_at_risk",
];
const GRAVE_ACTS: [&str; 4] = [
    "enforced_disappearance",
    "torture_or_ill_treatment",
    "denial_of_medical_care",
    "deportation_or_refoulement",
];
const PRESSING_ACTS: [&str; 5] = [
    "arrest_or_detention",
    "threat",
    "death_threat",
    "threat_to_family",
    "surveillance_offline",
];
const NEAR_SECONDS: i64 = 14 * 86_400;

#[cfg(test)]
mod tests {
    use super::*;

    fn act(code: &str, timing: Timing) -> Signals {
        Signals {
            acts: vec![(code.to_owned(), Some(timing))],
            ..Signals::default()
        }
    }

    #[test]
    fn the_first_level_that_fits_is_proposed() {
        let day = 86_400;
        let now_in = |kinds: &[&str]| Signals {
            danger_now: Some("now".to_owned()),
            danger_kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
            ..Signals::default()
        };
        let out_of_scope = |danger_recorded| Signals {
            in_scope: Some(Known::No),
            danger_recorded,
            ..now_in(&["life"])
        };
        let deadline = |days: i64| Signals {
            hard_deadline: Some(days * day),
            ..act("ngo_closed_or_deregistered", Timing::Past)
        };
        let table = [
            (out_of_scope(false), Urgency::U0),
            (out_of_scope(true), Urgency::U1),
            (now_in(&[]), Urgency::U1),
            (now_in(&["health"]), Urgency::U1),
            (now_in(&["arrest_or_detention"]), Urgency::U2),
            (
                act("torture_or_ill_treatment", Timing::Ongoing),
                Urgency::U1,
            ),
            (act("torture_or_ill_treatment", Timing::Past), Urgency::U3),
            (act("surveillance_offline", Timing::Past), Urgency::U2),
            (act("surveillance_online", Timing::Past), Urgency::U3),
            (deadline(14), Urgency::U2),
            (deadline(15), Urgency::U3),
            (deadline(-1), Urgency::U3),
            (Signals::default(), Urgency::U4),
        ];
        for (signals, level) in table {
            assert_eq!(propose(&signals, 0), level, "{signals:?}");
        }
    }

    #[test]
    fn hours_run_through_the_week_end_and_days_are_those_of_the_office() {
        let office = Calendar::default();
        // Friday, 18 December 2026, 20:00.
        let friday = 20_805 * 86_400 + 20 * 3600;
        let urgent = due(Urgency::U1, friday, &office);
        assert_eq!(
            (urgent.act, urgent.at_most),
            (friday + 86_400, Some(friday + 172_800))
        );
        assert_eq!(urgent.open, 20_806 * 86_400);
        assert_eq!(due(Urgency::U2, friday, &office).act, 20_813 * 86_400);
        assert_eq!(due(Urgency::U3, friday, &office).act, 20_836 * 86_400);
        assert_eq!(due(Urgency::U4, friday, &office).act, 20_819 * 86_400);
    }
}
