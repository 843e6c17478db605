//! What stands in a packet: one plain page, the same as JSON, what was permitted, custody, and a slip for the answer.
//! Without identity a date is its year, and nothing of who the persons are is in it.

use asylia_envelope::{day::Day, packet::Packet};
use serde_json::{Value as Json, json};

use crate::{
    casework::{
        case::Case,
        gate::{Decision, GATE_VERSION, Identity, Instruction, Route},
        office_data::Addressee,
        values::{NoteFor, StateRole, Target},
    },
    l10n::Texts,
    vault::Contents,
    words::{choice, coded, for_terminal},
};

/// A packet before it is sealed.
pub(super) struct Draft<'a> {
    pub(super) case: &'a Case,
    pub(super) contents: &'a Contents,
    pub(super) persons: &'a [u16],
    pub(super) route: &'a Route,
    pub(super) addressee: &'a Addressee,
    pub(super) decision: &'a Decision,
    pub(super) receipt: &'a str,
    pub(super) today: Day,
}

impl Draft<'_> {
    /// Its members.
    pub(super) fn packet(&self, texts: &Texts) -> Packet {
        let mut packet = Packet::default();
        if self.route.target == Target::N0 {
            // That there is a case, and nothing of it.
            packet.add("packet.txt", self.notice(texts).into_bytes());
            packet.add("answer.txt", answer(texts, self.receipt).into_bytes());
            return packet;
        }
        packet.add("packet.txt", self.page(texts).into_bytes());
        packet.add("packet.json", self.json().to_string().into_bytes());
        packet.add("permissions.txt", self.permissions(texts).into_bytes());
        packet.add("custody.txt", self.custody(texts).into_bytes());
        packet.add("answer.txt", answer(texts, self.receipt).into_bytes());
        packet
    }

    /// The minimal notice.
    fn notice(&self, texts: &Texts) -> String {
        finish(&[
            texts.get("console-packet-notice"),
            line(texts, "console-packet-receipt", self.receipt),
            line(texts, "console-packet-day", &self.today.to_string()),
            texts.get("console-packet-forward"),
        ])
    }

    fn without(&self) -> bool {
        self.decision.identity == Identity::Without
    }

    /// A date as far as it may be told.
    fn date(&self, date: &str) -> String {
        match self.without() {
            true => date.get(..4).unwrap_or_default().to_owned(),
            false => date.to_owned(),
        }
    }

    /// One plain page.
    fn page(&self, texts: &Texts) -> String {
        let mut lines = vec![
            texts.get("console-packet-title"),
            line(texts, "console-packet-receipt", self.receipt),
            line(texts, "console-packet-day", &self.today.to_string()),
            line(texts, "console-packet-to", &self.addressee.name),
            line(texts, "console-packet-route", &self.action(texts)),
        ];
        if let Some(level) = self.case.urgency {
            lines.push(line(
                texts,
                "console-packet-urgency",
                &coded(texts, "urgency", level.code()),
            ));
        }
        lines.push(String::new());
        lines.push(texts.get("console-packet-alleged"));
        for instruction in self.instructions(texts) {
            lines.push(format!("! {instruction}"));
        }
        if let Some(summary) = &self.case.summary {
            lines.push(String::new());
            lines.push(texts.get("console-packet-summary"));
            lines.push(for_terminal(&summary.text));
        }
        lines.push(String::new());
        self.alleged(texts, &mut lines);
        let count = [("count", (self.persons.len() as u64).into())];
        lines.push(texts.with("console-packet-persons", &count));
        for note in self.handling() {
            lines.push(String::new());
            lines.push(texts.get("console-packet-note"));
            lines.push(for_terminal(note));
        }
        lines.push(String::new());
        lines.push(texts.get("console-packet-forward"));
        finish(&lines)
    }

    /// Acts, States and contacts with the United Nations, as they are alleged.
    fn alleged(&self, texts: &Texts, lines: &mut Vec<String>) {
        lines.push(texts.get("console-packet-acts"));
        for act in self.case.allegations.values() {
            let actors: Vec<String> = act
                .actors
                .iter()
                .map(|actor| choice(texts, "perpetrators", actor))
                .collect();
            let what = coded(texts, "actcode", &act.act);
            let parts = [what, self.date(&act.date), actors.join(", ")];
            let parts: Vec<&str> = parts
                .iter()
                .map(String::as_str)
                .filter(|part| !part.is_empty())
                .collect();
            lines.push(format!("- {}", parts.join("; ")));
        }
        let states: Vec<&str> = self.case.states_as(StateRole::AllegedResponsible).collect();
        if !states.is_empty() {
            lines.push(line(texts, "console-packet-states", &states.join(", ")));
        }
        lines.push(String::new());
        lines.push(texts.get("console-packet-cooperation"));
        for contact in self.case.cooperation.values() {
            let body = choice(texts, "un_body_contacted", &contact.body);
            lines.push(
                format!("- {body} {}", self.date(&contact.date))
                    .trim_end()
                    .to_owned(),
            );
        }
    }

    /// What is recommended, towards whom.
    fn action(&self, texts: &Texts) -> String {
        let words = coded(texts, "target", self.route.target.code());
        let about = Route {
            to: None,
            ..self.route.clone()
        };
        format!("{about} ({words})")
    }

    fn instructions(&self, texts: &Texts) -> Vec<String> {
        let of_packet = |instruction: &&Instruction| {
            !matches!(
                instruction,
                Instruction::CountersignPacket | Instruction::CountersignConsent(_)
            )
        };
        let told = self.decision.instructions.iter().filter(of_packet);
        told.map(|instruction| instruction_in_words(texts, instruction))
            .collect()
    }

    /// Notes that go with every packet.
    fn handling(&self) -> impl Iterator<Item = &str> {
        let notes = self.case.notes.iter();
        notes
            .filter(|note| note.read_by == NoteFor::Addressees)
            .map(|note| note.text.as_str())
    }

    /// The same for programs. No number of the case: that stays in the office.
    fn json(&self) -> Json {
        let acts = self.case.allegations.values().map(|act| {
            json!({
                "act": act.act,
                "alleged": true,
                "date": self.date(&act.date),
                "actors": act.actors,
                "nature": act.nature.map(|nature| nature.code()),
                "timing": act.timing.map(|timing| timing.code()),
                "assessment": act.assessment.code(),
            })
        });
        let contacts = self.case.cooperation.values().map(|contact| {
            json!({
                "body": contact.body,
                "date": self.date(&contact.date),
                "categories": contact.categories,
            })
        });
        let persons = self
            .persons
            .iter()
            .filter_map(|number| self.case.persons.get(number));
        let persons: Vec<Json> = persons
            .map(|person| match self.without() {
                true => json!({"kind": person.kind.code()}),
                false => json!({
                    "kind": person.kind.code(),
                    "label": person.label,
                    "role": person.role,
                    "gender": person.gender,
                    "age_group": person.age_group,
                }),
            })
            .collect();
        let notes: Vec<&str> = self.handling().collect();
        json!({
            "format": "asylia packet v1",
            "receipt": self.receipt,
            "day": self.today.to_string(),
            "addressee": self.addressee.code,
            "route": self.route.to_string(),
            "identity": !self.without(),
            "gate_version": GATE_VERSION,
            "instructions": self.decision.instructions,
            "urgency": self.case.urgency.map(|level| level.code()),
            "summary": self.case.summary.as_ref().map(|summary| &summary.text),
            "summary_language": self.case.summary.as_ref().map(|summary| &summary.language),
            "allegations": acts.collect::<Vec<_>>(),
            "states": self.case.states_as(StateRole::AllegedResponsible).collect::<Vec<_>>(),
            "cooperation": contacts.collect::<Vec<_>>(),
            "persons": persons,
            "notes": notes,
            "other_addressees": self.others(),
            "do_not_forward": true,
        })
    }

    /// The addressees of the case's other packets, by code.
    pub(super) fn others(&self) -> Vec<String> {
        let mut others: Vec<String> = Vec::new();
        for packet in self.case.packets.values() {
            if let Some(to) = &packet.made.route.to
                && *to != self.addressee.code
                && !others.contains(to)
            {
                others.push(to.clone());
            }
        }
        others
    }

    /// What was agreed, and that it goes no further.
    fn permissions(&self, texts: &Texts) -> String {
        let identity = match self.without() {
            true => "console-packet-without",
            false => "console-packet-with",
        };
        let purpose = coded(texts, "purpose", self.route.purpose().code());
        let mut lines = vec![
            line(texts, "console-packet-receipt", self.receipt),
            line(texts, "console-packet-agreed", &purpose),
            texts.get(identity),
        ];
        lines.extend(self.instructions(texts));
        lines.push(texts.get("console-packet-forward"));
        let others = self.others();
        let others = match others.is_empty() {
            true => texts.get("console-packet-others-none"),
            false => others.join(", "),
        };
        lines.push(line(texts, "console-packet-others", &others));
        finish(&lines)
    }

    /// Where it comes from: digests of the sealed originals, and with identity of the files themselves.
    fn custody(&self, texts: &Texts) -> String {
        let version = env!("CARGO_PKG_VERSION");
        let mut lines = vec![
            line(texts, "console-packet-receipt", self.receipt),
            line(texts, "console-packet-day", &self.today.to_string()),
            line(texts, "console-packet-role", "asylia-console"),
            line(texts, "console-packet-version", version),
            texts.get("console-packet-originals"),
        ];
        let records = self
            .case
            .records
            .iter()
            .filter_map(|id| self.contents.record(*id));
        for record in records {
            lines.push(format!("sealed {}", hex::encode(record.stored_sha256)));
            let files = record
                .imported()
                .map_or(&[][..], |imported| &imported.files);
            let shown = files.iter().filter(|_| !self.without());
            lines.extend(shown.map(|file| format!("file {} {}", file.number, file.sha256)));
        }
        finish(&lines)
    }
}

/// A slip without facts.
fn answer(texts: &Texts, receipt: &str) -> String {
    let mut lines = vec![line(texts, "console-packet-receipt", receipt)];
    for id in [
        "console-packet-answer-received",
        "console-packet-answer-taken",
        "console-packet-answer-declined",
    ] {
        lines.push(format!("[ ] {}", texts.get(id)));
    }
    lines.push(line(
        texts,
        "console-packet-answer-reference",
        "____________",
    ));
    lines.push(line(texts, "console-packet-answer-due", "____-__-__"));
    finish(&lines)
}

/// An instruction in words.
pub fn instruction_in_words(texts: &Texts, instruction: &Instruction) -> String {
    match instruction {
        Instruction::CountersignConsent(person) => {
            let person = [("person", u64::from(*person).into())];
            texts.with("console-instruction-countersign-consent", &person)
        }
        Instruction::RedactPublicCopy => texts.get("console-instruction-redact-public-copy"),
        Instruction::NotForSgReport => texts.get("console-instruction-not-for-sg-report"),
        Instruction::NotToAState => texts.get("console-instruction-not-to-a-state"),
        Instruction::SummaryNotAgreed => texts.get("console-instruction-summary-not-agreed"),
        Instruction::CountersignPacket => texts.get("console-instruction-countersign-packet"),
        Instruction::SuppressSmallNumbers => {
            texts.get("console-instruction-suppress-small-numbers")
        }
    }
}

pub(super) fn line(texts: &Texts, id: &str, value: &str) -> String {
    format!("{}: {}", texts.get(id), for_terminal(value))
}

pub(super) fn finish(lines: &[String]) -> String {
    let mut text = lines.join("\n");
    text.push('\n');
    text
}
