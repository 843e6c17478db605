//! What the events make of a case. Rebuilt in memory at unlock, never written; cleared with the vault.

use std::collections::{BTreeMap, BTreeSet};

use asylia_envelope::{day::Day, ids::RecordId};
use sha2::{Digest, Sha256};

use super::{
    consent::Consents,
    event::{
        ActionDone, Allegation, Change, Communication, Cooperation, Decided, Door, HardDeadline,
        Made, Numbered, PacketMade, Person, Told,
    },
    framework::Framework,
    number::CaseNumber,
    triage::Signals,
    values::{End, Hold, Known, LinkKind, NoteFor, Outcome, Stage, StateRole, Test, Urgency},
};
use crate::vault::item::Stamp;

/// A case as its events leave it. Plaintext: no `Debug`.
#[derive(Clone)]
pub struct Case {
    /// Its number.
    pub number: CaseNumber,
    /// The submissions that it is made of.
    pub records: Vec<RecordId>,
    /// By which door it came.
    pub door: Door,
    /// When its clock began.
    pub clock: i64,
    /// What the form's choices said.
    pub told: Told,
    /// Where it is.
    pub stage: Stage,
    /// What holds it up.
    pub holds: BTreeSet<Hold>,
    /// How it ended, if it did.
    pub end: Option<End>,
    /// Its urgency, once an officer set it.
    pub urgency: Option<Urgency>,
    /// Whether an officer recorded danger.
    pub danger: bool,
    /// A date that does not move.
    pub hard_deadline: Option<HardDeadline>,
    /// When an officer wants it done, earlier than its level asks.
    pub due_earlier: Option<i64>,
    /// Whether it is within the framework.
    pub in_scope: Option<Known>,
    /// The three tests.
    pub tests: BTreeMap<Test, Known>,
    /// The allegations, by number.
    pub allegations: BTreeMap<u16, Allegation>,
    /// The persons and groups, by number.
    pub persons: BTreeMap<u16, Person>,
    /// How many individuals and groups, as the officer counts them.
    pub counted: Option<(u32, u32)>,
    /// Contacts with the United Nations, by number.
    pub cooperation: BTreeMap<u16, Cooperation>,
    /// States and what they are to it.
    pub states: BTreeSet<(String, StateRole)>,
    /// Addressees that are no States and that the persons named.
    pub named_actors: BTreeSet<String>,
    /// Addressees that the persons excluded.
    pub excluded: BTreeSet<String>,
    /// What the persons permit.
    pub consents: Consents,
    /// What may be told without identity.
    pub summary: Option<Summary>,
    /// Whether it is known who the source is, as an officer learnt it.
    pub source_identified: Option<bool>,
    /// What was recommended, by number.
    pub actions: BTreeMap<u16, Action>,
    /// Packets and notices that were written out, by number.
    pub packets: BTreeMap<u16, MadePacket>,
    /// Cases that belong together with it.
    pub links: BTreeSet<(LinkKind, CaseNumber)>,
    /// Marks.
    pub flags: BTreeSet<String>,
    /// Language of the story.
    pub language: Option<String>,
    /// Kind of the institution that told it.
    pub institution: Option<String>,
    /// Notes, oldest first.
    pub notes: Vec<Note>,
    /// Who looks after it, as 32 hexadecimal digits.
    pub assigned: Option<String>,
    /// Communications and other papers, by number.
    pub communications: BTreeMap<u16, Communication>,
    /// How it went on, the last that is known.
    pub outcome: Option<Outcome>,
    /// When a message signed with the return code last came.
    pub sign_of_life: Option<Day>,
    /// What happened, oldest first.
    pub history: Vec<Happened>,
}

/// What may be told without identity. Plaintext: no `Debug`.
#[derive(Clone)]
pub struct Summary {
    /// When and by whom it was written.
    pub stamp: Stamp,
    /// The text.
    pub text: String,
    /// Its language, BCP 47.
    pub language: String,
    /// When the submitter agreed, and how that was learnt.
    pub agreed: Option<(Stamp, String)>,
}

/// Something that was recommended, and what became of it. Plaintext: no `Debug`.
#[derive(Clone)]
pub struct Action {
    /// When and by whom.
    pub stamp: Stamp,
    /// What.
    pub decided: Decided,
    /// The second officer and when; `false` for one who refused.
    pub seconded: Option<(Stamp, bool)>,
    /// What became of it, oldest first.
    pub results: Vec<ActionDone>,
}

/// A packet that was written out, and what became of it. Plaintext: no `Debug`.
#[derive(Clone)]
pub struct MadePacket {
    /// When and by whom.
    pub stamp: Stamp,
    /// What.
    pub made: PacketMade,
    /// Who countersigned it and when; `false` for a refusal.
    pub countersigned: Option<(Stamp, bool)>,
    /// When the addressee last confirmed a notice of a withdrawal.
    pub confirmed: Option<Stamp>,
}

/// A note. Plaintext: no `Debug`.
#[derive(Clone)]
pub struct Note {
    /// When and by whom.
    pub stamp: Stamp,
    /// Who reads it.
    pub read_by: NoteFor,
    /// What it says.
    pub text: String,
}

/// One line of a case's history. Plaintext: no `Debug`.
#[derive(Clone)]
pub struct Happened {
    /// When and by whom.
    pub stamp: Stamp,
    /// What, as a code.
    pub what: &'static str,
    /// The word that was set, where one was.
    pub to: Option<String>,
    /// Why, where a reason was given.
    pub reason: Option<String>,
}

impl Case {
    pub(crate) fn made(stamp: Stamp, number: CaseNumber, made: Made) -> Self {
        let mut case = Self {
            number,
            records: made.records,
            door: made.door,
            clock: made.clock,
            told: made.told,
            // Whoever makes a case has it open.
            stage: Stage::Opened,
            holds: BTreeSet::new(),
            end: None,
            urgency: None,
            danger: false,
            hard_deadline: None,
            due_earlier: None,
            in_scope: None,
            tests: BTreeMap::new(),
            allegations: BTreeMap::new(),
            persons: BTreeMap::new(),
            counted: None,
            cooperation: BTreeMap::new(),
            states: BTreeSet::new(),
            named_actors: BTreeSet::new(),
            excluded: BTreeSet::new(),
            consents: Consents::default(),
            summary: None,
            source_identified: None,
            actions: BTreeMap::new(),
            packets: BTreeMap::new(),
            links: BTreeSet::new(),
            flags: BTreeSet::new(),
            language: None,
            institution: None,
            notes: Vec::new(),
            assigned: None,
            communications: BTreeMap::new(),
            outcome: None,
            sign_of_life: None,
            history: Vec::new(),
        };
        case.happened(stamp, "made", None, None);
        case
    }

    /// Takes what an event says; what was refused before it was written never comes here.
    pub(crate) fn apply(&mut self, stamp: Stamp, change: Change) {
        let what = change.code();
        let (to, reason) = change.told();
        match change {
            // A second one of the same number would be a defect of this program; the first counts.
            Change::Made(_) => return,
            Change::RecordAdded(record) => self.records.push(record),
            Change::Stage(stage, _) => self.stage = stage,
            Change::Hold(hold, true, _) => {
                self.holds.insert(hold);
            }
            Change::Hold(hold, false, _) => {
                self.holds.remove(&hold);
            }
            Change::Ended(end, _) => (self.stage, self.end) = (Stage::Closed, Some(end)),
            Change::Reopened(_) => (self.stage, self.end) = (Stage::Opened, None),
            Change::Triaged(triage) => {
                self.urgency = Some(triage.level);
                self.stage = self.stage.max(Stage::Triaged);
            }
            Change::Danger(danger) => self.danger = danger,
            Change::HardDeadline(deadline) => self.hard_deadline = deadline,
            Change::DueEarlier(at) => self.due_earlier = at,
            Change::Scope(scope, _) => self.in_scope = Some(scope),
            Change::Assessed(test, known, _) => {
                self.tests.insert(test, known);
            }
            Change::Counted {
                individuals,
                groups,
            } => self.counted = Some((individuals, groups)),
            Change::Flag(flag, true) => {
                self.flags.insert(flag);
            }
            Change::Flag(flag, false) => {
                self.flags.remove(&flag);
            }
            Change::Language(language) => self.language = Some(language),
            Change::Institution(kind) => self.institution = Some(kind),
            Change::Assigned(to) => self.assigned = to.map(|to| to.person),
            Change::Outcome(outcome, _) => self.outcome = Some(outcome),
            Change::SignOfLife(day) => self.sign_of_life = self.sign_of_life.max(Some(day)),
            Change::SourceIdentified(known, _) => self.source_identified = Some(known),
            Change::Decided(_) | Change::DecisionSeconded(..) | Change::Result(..) => {
                self.apply_action(stamp, change);
            }
            Change::PacketMade(_)
            | Change::PacketCountersigned(..)
            | Change::NoticeConfirmed(_) => {
                self.apply_packet(stamp, change);
            }
            other => self.apply_part(stamp, other),
        }
        self.happened(stamp, what, to, reason);
    }

    /// The parts of a case that are several.
    fn apply_part(&mut self, stamp: Stamp, change: Change) {
        fn put<T>(parts: &mut BTreeMap<u16, T>, part: Numbered<T>) {
            parts.insert(part.number, part.item);
        }
        match change {
            Change::Allegation(allegation) => put(&mut self.allegations, allegation),
            Change::Person(person) => put(&mut self.persons, person),
            Change::Cooperation(cooperation) => put(&mut self.cooperation, cooperation),
            Change::Communication(paper) => put(&mut self.communications, paper),
            Change::State(state, role, true) => {
                self.states.insert((state, role));
            }
            Change::State(state, role, false) => {
                self.states.remove(&(state, role));
            }
            Change::NamedActor(name, true) => {
                self.named_actors.insert(name);
            }
            Change::NamedActor(name, false) => {
                self.named_actors.remove(&name);
            }
            Change::Excluded(name, true) => {
                self.excluded.insert(name);
            }
            Change::Excluded(name, false) => {
                self.excluded.remove(&name);
            }
            Change::Consent(entry) => self.consents.add(stamp, *entry),
            Change::Linked(kind, other) => {
                self.links.insert((kind, other));
            }
            Change::Summary(text, language) => {
                self.summary = Some(Summary {
                    stamp,
                    text,
                    language,
                    agreed: None,
                });
            }
            Change::SummaryAgreed(how) => {
                if let Some(summary) = &mut self.summary {
                    summary.agreed = Some((stamp, how));
                }
            }
            Change::Note(read_by, text) => self.notes.push(Note {
                stamp,
                read_by,
                text,
            }),
            _ => {}
        }
    }

    fn apply_action(&mut self, stamp: Stamp, change: Change) {
        match change {
            Change::Decided(decided) => {
                let action = Action {
                    stamp,
                    decided: decided.item,
                    seconded: None,
                    results: Vec::new(),
                };
                self.actions.entry(decided.number).or_insert(action);
            }
            Change::DecisionSeconded(number, stands) => {
                if let Some(action) = self.actions.get_mut(&number) {
                    action.seconded = Some((stamp, stands));
                }
            }
            Change::Result(number, done) => {
                if let Some(action) = self.actions.get_mut(&number) {
                    action.results.push(done);
                }
            }
            _ => {}
        }
    }

    fn apply_packet(&mut self, stamp: Stamp, change: Change) {
        match change {
            Change::PacketMade(made) => {
                let packet = MadePacket {
                    stamp,
                    made: made.item,
                    countersigned: None,
                    confirmed: None,
                };
                self.packets.entry(made.number).or_insert(packet);
            }
            Change::PacketCountersigned(number, stands) => {
                if let Some(packet) = self.packets.get_mut(&number) {
                    packet.countersigned = Some((stamp, stands));
                }
            }
            Change::NoticeConfirmed(number) => {
                if let Some(packet) = self.packets.get_mut(&number) {
                    packet.confirmed = Some(stamp);
                }
            }
            _ => {}
        }
    }

    fn happened(
        &mut self,
        stamp: Stamp,
        what: &'static str,
        to: Option<String>,
        reason: Option<String>,
    ) {
        self.history.push(Happened {
            stamp,
            what,
            to,
            reason: reason.filter(|reason| !reason.is_empty()),
        });
    }

    /// What a proposal of urgency looks at.
    #[must_use]
    pub fn signals(&self) -> Signals {
        let acts = self.allegations.values();
        Signals {
            in_scope: self.in_scope,
            danger_recorded: self.danger,
            danger_now: self.told.danger_now.clone(),
            danger_kinds: self.told.danger_kinds.clone(),
            act_types: self.told.act_types.clone(),
            acts: acts.map(|act| (act.act.clone(), act.timing)).collect(),
            hard_deadline: self.hard_deadline.as_ref().map(|deadline| deadline.at),
        }
    }

    /// The codes of acts to which the form's ticks lead.
    #[must_use]
    pub fn proposed_acts(&self) -> Vec<&'static str> {
        let framework = Framework::shipped();
        let mut codes: Vec<&str> = Vec::new();
        for code in self
            .told
            .act_types
            .iter()
            .flat_map(|tick| framework.codes_of(tick))
        {
            if !codes.contains(&code.as_str()) {
                codes.push(code);
            }
        }
        codes
    }

    /// States with a role, by code.
    pub fn states_as(&self, role: StateRole) -> impl Iterator<Item = &str> {
        self.states
            .iter()
            .filter(move |(_, of)| *of == role)
            .map(|(state, _)| state.as_str())
    }

    /// Whether a State is one that the persons excluded.
    #[must_use]
    pub fn never_contact(&self, state: &str) -> bool {
        self.states_as(StateRole::NeverContact)
            .any(|other| other == state)
    }

    /// Whether somebody affected is under 18, as far as an officer recorded it.
    #[must_use]
    pub fn has_child(&self) -> bool {
        self.persons.values().any(Person::is_child) || self.flags.contains("child")
    }

    /// Whether the submitter agreed to the summary as it stands.
    #[must_use]
    pub fn summary_is_agreed(&self) -> bool {
        self.summary
            .as_ref()
            .is_some_and(|summary| summary.agreed.is_some())
    }

    /// SHA-256 over what officers wrote and a packet tells: 64 hexadecimal digits.
    #[must_use]
    pub fn texts_digest(&self) -> String {
        let summary = self.summary.as_ref();
        let summary = summary.map(|summary| (&summary.text, &summary.language));
        let notes = self.notes.iter();
        let notes: Vec<&str> = notes
            .filter(|note| note.read_by == NoteFor::Addressees)
            .map(|note| note.text.as_str())
            .collect();
        let told = (
            summary,
            notes,
            &self.allegations,
            &self.cooperation,
            &self.persons,
        );
        let json = serde_json::to_vec(&told).expect("texts serialise");
        hex::encode(Sha256::digest(json))
    }

    /// The number that a next part gets.
    #[must_use]
    pub fn next<T>(parts: &BTreeMap<u16, T>) -> u16 {
        parts
            .last_key_value()
            .map_or(1, |(number, _)| number.saturating_add(1))
    }
}

impl Person {
    /// Whether the person is under 18.
    #[must_use]
    pub fn is_child(&self) -> bool {
        self.age_group.as_deref() == Some("under_18")
    }
}

impl Change {
    /// Its name in the history and the audit log: what was done, and nothing of what it says.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Made(_) => "made",
            Self::RecordAdded(_) => "record-added",
            Self::Stage(..) => "stage",
            Self::Hold(_, true, _) => "held",
            Self::Hold(_, false, _) => "hold-ended",
            Self::Ended(..) => "ended",
            Self::Reopened(_) => "reopened",
            Self::Triaged(_) => "triaged",
            Self::Danger(_) => "danger",
            Self::HardDeadline(_) => "hard-deadline",
            Self::DueEarlier(_) => "due-earlier",
            Self::Scope(..) => "scope",
            Self::Assessed(..) => "assessed",
            Self::Allegation(_) => "allegation",
            Self::Person(_) => "person",
            Self::Counted { .. } => "counted",
            Self::Cooperation(_) => "cooperation",
            Self::State(..) => "state",
            Self::NamedActor(..) => "named-actor",
            Self::Excluded(..) => "excluded",
            Self::Consent(entry) => entry.code(),
            Self::Linked(..) => "linked",
            Self::Flag(..) => "flag",
            Self::Language(_) => "language",
            Self::Institution(_) => "institution",
            Self::Note(..) => "note",
            Self::Assigned(_) => "assigned",
            Self::Communication(_) => "communication",
            Self::Outcome(..) => "outcome",
            Self::SignOfLife(_) => "sign-of-life",
            Self::Summary(..) => "summary",
            Self::SummaryAgreed(_) => "summary-agreed",
            Self::SourceIdentified(..) => "source-identified",
            Self::Decided(_) => "decided",
            Self::DecisionSeconded(..) => "decision-seconded",
            Self::Result(..) => "result",
            Self::PacketMade(made) if made.item.notice_of.is_some() => "notice-made",
            Self::PacketMade(_) => "packet-made",
            Self::PacketCountersigned(..) => "packet-countersigned",
            Self::NoticeConfirmed(_) => "notice-confirmed",
        }
    }

    /// The word that it sets and the reason that it gives.
    fn told(&self) -> (Option<String>, Option<String>) {
        let word = |code: &str| Some(code.to_owned());
        match self {
            Self::Stage(stage, reason) => (word(stage.code()), Some(reason.clone())),
            Self::Hold(hold, _, reason) => (word(hold.code()), Some(reason.clone())),
            Self::Ended(end, reason) => (word(end.code()), Some(reason.clone())),
            Self::Reopened(reason) => (None, Some(reason.clone())),
            Self::Triaged(triage) => (word(triage.level.code()), Some(triage.reason.clone())),
            Self::Scope(known, reason) => (word(known.code()), Some(reason.clone())),
            Self::Assessed(_, known, reason) => (word(known.code()), Some(reason.clone())),
            Self::Outcome(outcome, known) => (word(outcome.code()), Some(known.clone())),
            Self::State(_, role, _) => (word(role.code()), None),
            Self::Linked(kind, other) => (word(kind.code()), Some(other.to_string())),
            Self::Decided(decided) => (
                Some(decided.item.route.to_string()),
                Some(decided.item.why.clone()),
            ),
            Self::PacketMade(made) => (
                Some(made.item.route.to_string()),
                Some(made.item.receipt.clone()),
            ),
            Self::Result(_, done) => (word(done.result.code()), Some(done.note.clone())),
            Self::SummaryAgreed(how) | Self::SourceIdentified(_, how) => (None, Some(how.clone())),
            _ => (None, None),
        }
    }
}
