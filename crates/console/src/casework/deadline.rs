//! What is due in a case, and what is overdue. Computed from the case and the time, kept nowhere.

use asylia_envelope::day::Day;

use super::{
    calendar::Calendar,
    case::Case,
    framework::Framework,
    gate::Instruction,
    triage::{self, propose},
    values::{Stage, Urgency},
};

/// One thing that is due.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Deadline {
    /// What.
    pub kind: DeadlineKind,
    /// Until when, in seconds since 1970.
    pub at: i64,
}

/// What can be due.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum DeadlineKind {
    /// A packet in U1, a decision otherwise.
    Act,
    /// The packet in U1, at the very latest.
    ActAtMost,
    /// A hearing, a flight.
    Hard,
    /// A packet that one officer made is countersigned.
    Countersign,
    /// A Government's reply.
    Reply,
    /// Every named person is asked again before the letter is published.
    AskBeforePublication,
    /// A letter is published.
    Publication,
    /// Permissions are gone through again.
    Review,
    /// A question about permissions counts as unread.
    Unread,
    /// Without contact for so long, a case may be closed.
    NoContact,
}

impl DeadlineKind {
    /// Its name in texts and JSON.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Act => "act",
            Self::ActAtMost => "act-at-most",
            Self::Hard => "hard",
            Self::Countersign => "countersign",
            Self::Reply => "reply",
            Self::AskBeforePublication => "ask-before-publication",
            Self::Publication => "publication",
            Self::Review => "review",
            Self::Unread => "unread",
            Self::NoContact => "no-contact",
        }
    }

    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Act,
        Self::ActAtMost,
        Self::Hard,
        Self::Countersign,
        Self::Reply,
        Self::AskBeforePublication,
        Self::Publication,
        Self::Review,
        Self::Unread,
        Self::NoContact,
    ];
}

impl Deadline {
    /// Whether it has passed.
    #[must_use]
    pub fn is_overdue(&self, now: i64) -> bool {
        now > self.at
    }
}

/// The level by which a case is treated: the officer's, or, before there is one, the proposal.
#[must_use]
pub fn level(case: &Case, now: i64) -> Urgency {
    case.urgency
        .unwrap_or_else(|| propose(&case.signals(), now))
}

/// What is due in a case, soonest first.
#[must_use]
pub fn deadlines(case: &Case, office: &Calendar, now: i64) -> Vec<Deadline> {
    // Closing a case countersigns nothing.
    let mut due = of_packets(case);
    if case.stage == Stage::Closed {
        return due;
    }
    of_papers(case, office, now, &mut due);
    let mut push = |kind, at| due.push(Deadline { kind, at });
    let by_level = triage::due(level(case, now), case.clock, office);
    if case.stage < Stage::Decided {
        let earlier = case.due_earlier.unwrap_or(i64::MAX);
        push(DeadlineKind::Act, by_level.act.min(earlier));
        if let Some(at_most) = by_level.at_most {
            push(DeadlineKind::ActAtMost, at_most);
        }
    }
    if let Some(hard) = &case.hard_deadline
        && hard.at >= now
    {
        push(DeadlineKind::Hard, hard.at);
    }
    let defaults = &Framework::shipped().defaults;
    let end_of = |day: Day| office.end_of(day);
    for person in case.persons.keys() {
        if let Some(day) = review_due(case, *person) {
            push(DeadlineKind::Review, end_of(day));
        }
    }
    for (_, state) in case.consents.questions().into_values() {
        if let Some(reached) = state.reached.filter(|_| !state.answered && !state.opened) {
            let unread = reached.plus_days(defaults.unread_question_days);
            push(DeadlineKind::Unread, end_of(unread));
        }
    }
    if let Some(last) = case.sign_of_life {
        let months = defaults.no_contact_close_months;
        push(DeadlineKind::NoContact, end_of(plus_months(last, months)));
    }
    due.sort_by_key(|deadline| (deadline.at, deadline.kind));
    due
}

/// Packets that one officer made, until a second one stands for them.
fn of_packets(case: &Case) -> Vec<Deadline> {
    let hours = Framework::shipped().defaults.u1_countersign_hours;
    let open = case.packets.values().filter(|packet| {
        let decision = &packet.made.decision;
        let alone = decision
            .instructions
            .contains(&Instruction::CountersignPacket);
        let settled = match packet.countersigned {
            Some((_, true)) => true,
            // A refused one stays due as a missing one does, until its addressee confirmed a notice.
            Some((_, false)) => packet.confirmed.is_some(),
            None => false,
        };
        alone && !settled && packet.made.notice_of.is_none()
    });
    let mut due: Vec<Deadline> = open
        .map(|packet| Deadline {
            kind: DeadlineKind::Countersign,
            at: packet.stamp.at + hours * 3600,
        })
        .collect();
    due.sort_by_key(|deadline| deadline.at);
    due
}

/// What is due of communications.
fn of_papers(case: &Case, office: &Calendar, now: i64, due: &mut Vec<Deadline>) {
    let defaults = &Framework::shipped().defaults;
    let end_of = |day: Day| office.end_of(day);
    let mut push = |kind, at| due.push(Deadline { kind, at });
    for paper in case.communications.values() {
        let Some(sent) = paper.sent_on else { continue };
        if paper.reply_on.is_none() {
            let due = paper
                .reply_due
                .unwrap_or(sent.plus_days(defaults.reply_days));
            push(DeadlineKind::Reply, end_of(due));
        }
        let published = paper
            .published_on
            .unwrap_or(sent.plus_days(defaults.publication_days));
        if end_of(published) >= now {
            push(DeadlineKind::Publication, end_of(published));
            let ask = published.plus_days(defaults.recheck_consent_day - defaults.publication_days);
            push(DeadlineKind::AskBeforePublication, end_of(ask));
        }
    }
}

/// Until which day a person's permissions are to be gone through again; `None` where nothing was said yet.
#[must_use]
pub fn review_due(case: &Case, person: u16) -> Option<Day> {
    let reviewed = Day::from_unix_seconds(case.consents.reviewed_at(person)?)?;
    let months = Framework::shipped().defaults.consent_review_months;
    Some(plus_months(reviewed, months))
}

/// The same day of a later month, or its last day.
#[must_use]
pub fn plus_months(day: Day, months: i64) -> Day {
    let text = day.to_string();
    let number = |range: core::ops::Range<usize>| {
        text.get(range)
            .and_then(|digits| digits.parse::<i64>().ok())
    };
    let (Some(year), Some(month), Some(of_month)) = (number(0..4), number(5..7), number(8..10))
    else {
        return day;
    };
    let months = year * 12 + month - 1 + months;
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
    (1..=of_month)
        .rev()
        .find_map(|of_month| format!("{year:04}-{month:02}-{of_month:02}").parse().ok())
        .unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_end_where_the_calendar_ends_them() {
        for (day, months, later) in [
            ("2026-01-31", 1, "2026-02-28"),
            ("2026-11-15", 6, "2027-05-15"),
            ("2028-02-29", 12, "2029-02-28"),
            ("2026-12-31", 0, "2026-12-31"),
        ] {
            assert_eq!(plus_months(day.parse().unwrap(), months).to_string(), later);
        }
    }
}
