//! What an event says of a case. Events are only ever added; who wrote one, and when, stands in its outer layer.
//! Plaintext: no `Debug`.

use asylia_envelope::{day::Day, ids::RecordId};
use serde::{Deserialize, Serialize};

use super::{
    consent::{CellValue, Entry},
    gate::{Checks, Decision, Route},
    number::CaseNumber,
    values::{
        ActNature, ActionResult, Assessment, End, Hold, Known, LinkKind, NoteFor, Outcome,
        PersonKind, ReplyClass, Stage, StateRole, Test, Timing, Urgency, Value,
    },
};
use crate::vault::item::PersonId;

/// One event of a case.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseItem {
    /// Whose.
    pub case: CaseNumber,
    /// What changed.
    pub change: Change,
}

/// What changed in a case.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// The case was made.
    Made(Box<Made>),
    /// A further submission belongs to it.
    RecordAdded(RecordId),
    /// It goes to another stage, with the reason.
    Stage(Stage, String),
    /// Something holds it up, or no longer, with the reason.
    Hold(Hold, bool, String),
    /// It ended, with the reason.
    Ended(End, String),
    /// It goes on after its end, with the reason.
    Reopened(String),
    /// An officer set its urgency.
    Triaged(Triage),
    /// An officer recorded danger, or that there is none.
    Danger(bool),
    /// A date that does not move, or none any more.
    HardDeadline(Option<HardDeadline>),
    /// An officer wants it done earlier; `None` takes that back.
    DueEarlier(Option<i64>),
    /// Whether it is within the framework, with the reason.
    Scope(Known, String),
    /// One of the three tests, with the reason.
    Assessed(Test, Known, String),
    /// An allegation, new or in place of the one with its number.
    Allegation(Numbered<Allegation>),
    /// A person or group, new or in place of the one with its number.
    Person(Numbered<Person>),
    /// How many people and groups are affected, as the officer counts them.
    Counted {
        /// Individuals.
        individuals: u32,
        /// Groups, communities, organisations.
        groups: u32,
    },
    /// A contact with the United Nations, new or in place of the one with its number.
    Cooperation(Numbered<Cooperation>),
    /// A State has a role in it, or no longer.
    State(String, StateRole, bool),
    /// The persons excluded somebody as an addressee, or no longer: an office, a mechanism, a person.
    Excluded(String, bool),
    /// An entry of the consent.
    Consent(Box<Entry>),
    /// The persons named a company, group or organisation as one that may be addressed, or no longer.
    NamedActor(String, bool),
    /// It belongs together with another one.
    Linked(LinkKind, CaseNumber),
    /// A mark of the case is set, or not any more.
    Flag(String, bool),
    /// The language of the story, BCP 47.
    Language(String),
    /// What kind of institution told it, as it says.
    Institution(String),
    /// A note.
    Note(NoteFor, String),
    /// Who looks after it; nobody when empty.
    Assigned(Option<AssignedTo>),
    /// A letter of special procedures, or another numbered paper; new or in place of the one with its number.
    Communication(Numbered<Communication>),
    /// How it went on for the persons, with what is known.
    Outcome(Outcome, String),
    /// A message signed with the return code came, or the institution wrote.
    SignOfLife(Day),
    /// What may be told without identity, written by staff, with its language. A new text was agreed to by nobody.
    Summary(String, String),
    /// The submitter agreed to the summary; how that was learnt.
    SummaryAgreed(String),
    /// Whether it is known who the source is, as an officer learnt it; how.
    SourceIdentified(bool, String),
    /// Something is recommended, as the gate answered; nothing is done by that.
    Decided(Box<Numbered<Decided>>),
    /// A second officer stands for the action of that number, or refuses it.
    DecisionSeconded(u16, bool),
    /// What became of the action of that number.
    Result(u16, ActionDone),
    /// A packet or notice was written out. What the addressee does with it is not known by that.
    PacketMade(Box<Numbered<PacketMade>>),
    /// A second officer stands for the packet of that number, or refuses it.
    PacketCountersigned(u16, bool),
    /// The addressee of the packet of that number confirmed the notice of a withdrawal.
    NoticeConfirmed(u16),
}

/// A packet that was written out.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PacketMade {
    /// The action that it is of.
    pub action: u16,
    /// What, and to whom.
    pub route: Route,
    /// Of which persons it tells.
    pub persons: Vec<u16>,
    /// What the addressee repeats.
    pub receipt: String,
    /// SHA-256 of the sealed file.
    pub sha256: String,
    /// What the gate answered when it was made, with the gate's version.
    pub decision: Decision,
    /// SHA-256 over the permissions at that time.
    pub consent_sha256: String,
    /// What each person permitted at that time.
    pub values: Vec<(u16, Value)>,
    /// What each person permitted then for whatever else the gate asked: who decides, what is published, what the
    /// addressee may do with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<(u16, CellValue)>,
    /// Other addressees that it names.
    pub named: Vec<String>,
    /// The packet whose addressee it tells of a withdrawal; `None` for a packet itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice_of: Option<u16>,
}

/// Something that was recommended.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decided {
    /// What, and towards whom.
    pub route: Route,
    /// Of which persons it tells.
    pub persons: Vec<u16>,
    /// What the officer ticked.
    pub checks: Checks,
    /// What the gate answered.
    pub decision: Decision,
    /// SHA-256 over the permissions it was asked with, 64 hexadecimal digits.
    pub consent_sha256: String,
    /// SHA-256 over the texts that go out, as they stood when the officer looked whether they give somebody away.
    #[serde(default)]
    pub texts_sha256: String,
    /// Why, in the officer's words.
    pub why: String,
}

/// What became of an action.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActionDone {
    /// What.
    pub result: ActionResult,
    /// On which day.
    pub on: Day,
    /// A reference, such as that of a letter.
    pub reference: String,
    /// What else is known.
    pub note: String,
}

/// Something that has a number within its case, from 1.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Numbered<T> {
    /// Its number.
    pub number: u16,
    /// What.
    pub item: T,
}

/// A new case.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Made {
    /// The submissions that it is made of; none for a case that came by another door.
    pub records: Vec<RecordId>,
    /// By which door it came.
    pub door: Door,
    /// When its clock began, in seconds since 1970: at import, or at entry here.
    pub clock: i64,
    /// What the form's choices said.
    pub told: Told,
}

/// How a case came.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Door {
    /// Code of the channel, such as `form` or `letter`.
    pub channel: String,
    /// Who told it, in the office's words; empty for what came through the form.
    pub source: String,
    /// Number of the row in the office's earlier register, where it came from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub register_row: Option<String>,
}

/// The form's choices that a proposal of urgency and of acts looks at. Signals, not facts.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// `in_danger_now`.
    pub danger_now: Option<String>,
    /// `danger_kinds`.
    pub danger_kinds: Vec<String>,
    /// `act_types`.
    pub act_types: Vec<String>,
    /// `definition_categories`.
    pub categories: Vec<String>,
    /// `un_body_contacted`.
    pub bodies: Vec<String>,
    /// `perpetrators`.
    pub perpetrators: Vec<String>,
    /// `act_country`, as it was written.
    pub country: Option<String>,
}

/// A level that was set.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Triage {
    /// The level.
    pub level: Urgency,
    /// What the console had proposed.
    pub proposed: Urgency,
    /// Why, where it is not what was proposed.
    pub reason: String,
}

/// A date that does not move: a hearing, a flight.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HardDeadline {
    /// In seconds since 1970.
    pub at: i64,
    /// The zone in which its hour was told, as it was told.
    pub zone: String,
    /// What happens then.
    pub what: String,
}

/// One alleged act.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allegation {
    /// Its code.
    pub act: String,
    /// When, in EDTF, such as `2026-05~`.
    pub date: String,
    /// Where, as far as it may be told without identity.
    pub place: String,
    /// Kind of the alleged actor, as on the form.
    pub actors: Vec<String>,
    /// How the actor is said to be involved.
    pub involvement: String,
    /// Which of the two.
    pub nature: Option<ActNature>,
    /// When it is.
    pub timing: Option<Timing>,
    /// How strong the link is.
    pub link: Known,
    /// How it stands.
    pub assessment: Assessment,
    /// How reliable the source is, in the officer's words.
    pub reliability: String,
    /// Whether it came after the case was made.
    pub follow_up: bool,
}

/// A person or group that is affected. No names: these stay in the identity compartment.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// One or many.
    pub kind: PersonKind,
    /// What the office calls the person, such as an initial; never the name.
    pub label: String,
    /// Whether this is who told it.
    pub reporter: bool,
    /// Only mentioned in passing: nothing is permitted.
    pub in_passing: bool,
    /// `role` of the form.
    pub role: Option<String>,
    /// `gender` of the form.
    pub gender: Option<String>,
    /// `age_group` of the form.
    pub age_group: Option<String>,
    /// A child's own view, in the officer's words.
    pub own_view: Option<String>,
    /// Who speaks for a group, and with which authority; no names.
    pub representatives: Vec<String>,
}

/// A contact with the United Nations.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cooperation {
    /// `un_body_contacted` of the form.
    pub body: String,
    /// When, in EDTF.
    pub date: String,
    /// How.
    pub manner: String,
    /// Categories of the definition, by id.
    pub categories: Vec<String>,
}

/// Who looks after a case.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssignedTo {
    /// The person's number, 32 hexadecimal digits.
    pub person: String,
}

/// A communication or another numbered paper about the case.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Communication {
    /// Its reference as it was written; may be none that the parser knows.
    pub reference: String,
    /// To whom it went: a State's code, or a name.
    pub addressee: String,
    /// When.
    pub sent_on: Option<Day>,
    /// When an answer is due.
    pub reply_due: Option<Day>,
    /// When one came.
    pub reply_on: Option<Day>,
    /// What it is worth.
    pub reply_class: Option<ReplyClass>,
    /// When it was, or will be, published.
    pub published_on: Option<Day>,
    /// Whether the public copy was redacted.
    pub public_copy_redacted: bool,
}

impl AssignedTo {
    /// The one with that number.
    #[must_use]
    pub fn of(person: &PersonId) -> Self {
        Self {
            person: hex::encode(person),
        }
    }
}
