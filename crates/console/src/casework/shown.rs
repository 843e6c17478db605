//! A case as it is shown: JSON for programs, text for a terminal. What people wrote is freed of what steers.

use std::io::{self, Write};

use asylia_envelope::day::Day;
use serde_json::{Value as Json, json};

use super::{
    case::Case,
    consent::{in_force, in_force::standing},
    deadline::{deadlines, level},
    figures::included_as,
    packet::notice::open_notices,
    values::{Purpose, StateRole},
};
use crate::{
    l10n::Texts,
    vault::{Contents, audit::rfc3339},
    words::{change, coded, for_terminal, for_terminal_line},
};

/// What a case is shown with.
pub struct Shown<'a> {
    /// The case.
    pub case: &'a Case,
    /// Everything else, for names and lists.
    pub contents: &'a Contents,
    /// Now, in seconds since 1970.
    pub now: i64,
    /// The office's day.
    pub today: Day,
}

impl Shown<'_> {
    /// A line of the list.
    #[must_use]
    pub fn line_json(&self) -> Json {
        let case = self.case;
        let due = deadlines(case, &self.contents.lists.calendar, self.now);
        json!({
            "case": case.number,
            "stage": case.stage.code(),
            "urgency": case.urgency.map(|level| level.code()),
            "proposed": level(case, self.now).code(),
            "holds": case.holds.iter().map(|hold| hold.code()).collect::<Vec<_>>(),
            "records": case.records,
            "assigned": case.assigned.as_ref().map(|person| self.name(person)),
            "due": due.first().map(|due| rfc3339(due.at)),
            "overdue": due.iter().filter(|due| due.is_overdue(self.now)).map(|due| due.kind.code()).collect::<Vec<_>>(),
        })
    }

    /// The whole case.
    #[must_use]
    pub fn json(&self) -> Json {
        let case = self.case;
        let due = deadlines(case, &self.contents.lists.calendar, self.now);
        let due: Vec<Json> = due
            .iter()
            .map(|due| {
                json!({"what": due.kind.code(), "at": rfc3339(due.at), "overdue": due.is_overdue(self.now)})
            })
            .collect();
        let notes = case.notes.iter().map(|note| {
            json!({"at": rfc3339(note.stamp.at), "by": self.contents.name_of(&note.stamp.author),
                "for": note.read_by.code(), "text": note.text})
        });
        let history = case.history.iter().map(|happened| {
            json!({"at": rfc3339(happened.stamp.at), "by": self.contents.name_of(&happened.stamp.author),
                "what": happened.what, "to": happened.to, "reason": happened.reason})
        });
        json!({
            "case": case.number,
            "stage": case.stage.code(),
            "end": case.end.map(|end| end.code()),
            "urgency": case.urgency.map(|level| level.code()),
            "proposed": level(case, self.now).code(),
            "proposed_acts": case.proposed_acts(),
            "channel": case.door.channel,
            "source": case.door.source,
            "clock": rfc3339(case.clock),
            "records": case.records,
            "holds": case.holds.iter().map(|hold| hold.code()).collect::<Vec<_>>(),
            "in_scope": case.in_scope.map(|known| known.code()),
            "tests": case.tests.iter().map(|(test, known)| (test.code(), known.code())).collect::<std::collections::BTreeMap<_, _>>(),
            "allegations": case.allegations,
            "persons": case.persons,
            "cooperation": case.cooperation,
            "states": case.states.iter().map(|(state, role)| json!({"state": state, "role": role.code()})).collect::<Vec<_>>(),
            "excluded": case.excluded,
            "links": case.links.iter().map(|(kind, other)| json!({"kind": kind.code(), "case": other})).collect::<Vec<_>>(),
            "flags": case.flags,
            "language": case.language,
            "communications": case.communications,
            "summary": case.summary.as_ref().map(|summary| json!({"text": summary.text, "language": summary.language, "agreed": summary.agreed.is_some()})),
            "actions": self.actions(),
            "packets": self.packets(),
            "open_notices": open_notices(case, self.today),
            "suggested_mandates": self.suggested(),
            "assigned": case.assigned.as_ref().map(|person| self.name(person)),
            "due": due,
            "notes": notes.collect::<Vec<_>>(),
            "counted_as": included_as(case, self.today).code(),
            "history": history.collect::<Vec<_>>(),
        })
    }

    fn actions(&self) -> Vec<Json> {
        let actions = self.case.actions.iter().map(|(number, action)| {
            json!({
                "number": number,
                "to": action.decided.route.to_string(),
                "persons": action.decided.persons,
                "why": action.decided.why,
                "seconded": action.seconded.map(|(_, stands)| stands),
                "results": action.results.iter().map(|done| json!({"result": done.result.code(), "on": done.on, "reference": done.reference})).collect::<Vec<_>>(),
            })
        });
        actions.collect()
    }

    fn packets(&self) -> Vec<Json> {
        let packets = self.case.packets.iter().map(|(number, packet)| {
            json!({
                "number": number,
                "to": packet.made.route.to_string(),
                "receipt": packet.made.receipt,
                "sha256": packet.made.sha256,
                "gate_version": packet.made.decision.version,
                "notice_of": packet.made.notice_of,
                "countersigned": packet.countersigned.map(|(_, stands)| stands),
                "confirmed": packet.confirmed.is_some(),
            })
        });
        packets.collect()
    }

    /// Codes of the mandates that are suggested.
    #[must_use]
    pub fn suggested(&self) -> Vec<&str> {
        let acts: Vec<&str> = self
            .case
            .allegations
            .values()
            .map(|act| act.act.as_str())
            .collect();
        let states: Vec<&str> = self.case.states_as(StateRole::AllegedResponsible).collect();
        let suggested = self.contents.lists.suggested(&acts, &states);
        suggested
            .into_iter()
            .map(|mandate| mandate.code.as_str())
            .collect()
    }

    /// The permissions of every person, as they are in force.
    #[must_use]
    pub fn consent_json(&self) -> Json {
        let persons = self.case.persons.keys().map(|person| {
            let matrix = in_force(self.case, *person, self.today);
            let cells: Vec<Json> = matrix
                .cells()
                .map(|(cell, value)| {
                    json!({"purpose": cell.purpose.code(), "scope": cell.scope, "value": value.code()})
                })
                .collect();
            let standing = standing(self.case, *person);
            json!({
                "person": person,
                "asked": standing.asked,
                "basis": standing.basis.map(|basis| basis.code()),
                "countersign": format!("{:?}", standing.countersign).to_lowercase(),
                "values": cells,
            })
        });
        let questions = self.case.consents.questions();
        let questions = questions.values().map(|(question, state)| {
            json!({"number": question.number, "person": question.person, "asks": question.asks,
                "still_holds": question.still_holds, "reached": state.reached, "answered": state.answered})
        });
        let raises = self
            .case
            .consents
            .raises()
            .into_iter()
            .filter_map(|number| {
                let standing = self.case.consents.standing(number)?;
                Some(json!({"number": number, "unproven": standing.unproven,
                "second_answer": standing.second_answer,
                "second_officer": standing.second_officer.is_some(),
                "no_pressure": standing.no_pressure, "in_force": standing.is_complete()}))
            });
        json!({
            "case": self.case.number,
            "persons": persons.collect::<Vec<_>>(),
            "questions": questions.collect::<Vec<_>>(),
            "raises": raises.collect::<Vec<_>>(),
        })
    }

    /// The permissions for a terminal.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn write_consent(&self, texts: &Texts, out: &mut impl Write) -> io::Result<()> {
        for (person, known) in &self.case.persons {
            let label = for_terminal_line(&known.label);
            let said = [
                ("person", u64::from(*person).into()),
                ("label", (&label).into()),
            ];
            writeln!(
                out,
                "\n== {} ==",
                texts.with("console-consent-person", &said)
            )?;
            let matrix = in_force(self.case, *person, self.today);
            for purpose in Purpose::ALL {
                let value = matrix.value(*purpose, None);
                writeln!(
                    out,
                    "{}: {}",
                    coded(texts, "purpose", purpose.code()),
                    coded(texts, "permits", value.code())
                )?;
            }
            for (cell, value) in matrix.cells().filter(|(cell, _)| cell.scope.is_some()) {
                let towards = match &cell.scope {
                    Some(
                        super::consent::Scope::State(name) | super::consent::Scope::Named(name),
                    ) => for_terminal_line(name),
                    None => String::new(),
                };
                writeln!(
                    out,
                    "{} ({towards}): {}",
                    coded(texts, "purpose", cell.purpose.code()),
                    coded(texts, "permits", value.code())
                )?;
            }
        }
        Ok(())
    }

    /// The case for a terminal.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn write_text(&self, texts: &Texts, out: &mut impl Write) -> io::Result<()> {
        let case = self.case;
        writeln!(
            out,
            "{}  {}",
            case.number,
            coded(texts, "stage", case.stage.code())
        )?;
        let level = level(case, self.now);
        let id = match case.urgency {
            Some(_) => "console-case-urgency",
            None => "console-case-urgency-proposed",
        };
        let words = coded(texts, "urgency", level.code());
        writeln!(out, "{}", texts.with(id, &[("level", (&words).into())]))?;
        for due in deadlines(case, &self.contents.lists.calendar, self.now) {
            let mark = match due.is_overdue(self.now) {
                true => "!",
                false => " ",
            };
            writeln!(
                out,
                "{mark} {}  {}",
                rfc3339(due.at),
                coded(texts, "deadline", due.kind.code())
            )?;
        }
        for act in case.allegations.values() {
            writeln!(
                out,
                "- {} {} ({})",
                coded(texts, "actcode", &act.act),
                for_terminal_line(&act.date),
                coded(texts, "assessment", act.assessment.code())
            )?;
        }
        for (state, role) in &case.states {
            writeln!(out, "{state}: {}", coded(texts, "state-role", role.code()))?;
        }
        if let Some(summary) = &case.summary {
            writeln!(out, "\n{}", texts.get("console-packet-summary"))?;
            writeln!(out, "{}", for_terminal(&summary.text))?;
        }
        for note in &case.notes {
            let by = for_terminal_line(&self.contents.name_of(&note.stamp.author));
            writeln!(out, "\n{}  {by}", rfc3339(note.stamp.at))?;
            writeln!(out, "{}", for_terminal(&note.text))?;
        }
        self.write_history(texts, out)
    }

    fn write_history(&self, texts: &Texts, out: &mut impl Write) -> io::Result<()> {
        let case = self.case;
        writeln!(out, "\n{}", texts.get("console-case-history"))?;
        for happened in &case.history {
            let by = for_terminal_line(&self.contents.name_of(&happened.stamp.author));
            let reason = happened
                .reason
                .as_deref()
                .map(for_terminal_line)
                .unwrap_or_default();
            writeln!(
                out,
                "{}  {by}  {}  {reason}",
                rfc3339(happened.stamp.at),
                change(texts, happened.what)
            )?;
        }
        Ok(())
    }

    fn name(&self, person: &str) -> String {
        let mut id = [0; 16];
        match hex::decode_to_slice(person, &mut id) {
            Ok(()) => self.contents.name_of(&id),
            Err(_) => person.to_owned(),
        }
    }
}
