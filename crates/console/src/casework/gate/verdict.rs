//! What the gate answers: a verdict, and every reason for it as a value that texts turn into words.

use serde::{Deserialize, Serialize};

use crate::casework::{consent::Scope, values::Purpose};

/// The gate's answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// Version of the gate that gave it.
    pub version: u32,
    /// Whether it may be done.
    pub verdict: Verdict,
    /// Whether names may be in it.
    pub identity: Identity,
    /// What blocks it.
    pub blocks: Vec<Block>,
    /// What must be there before a packet is made.
    pub needs: Vec<Need>,
    /// What goes along with the packet.
    pub instructions: Vec<Instruction>,
    /// What the officer must know.
    pub warnings: Vec<Warning>,
    /// What is to be asked though it is allowed.
    pub questions: Vec<Reach>,
}

/// Whether it may be done.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It may, once nothing is needed any more.
    Allowed,
    /// A question to the submitter comes first.
    AskFirst,
    /// It may not.
    Blocked,
}

/// Whether names may be in a packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Identity {
    /// They may.
    With,
    /// They may not.
    Without,
}

/// A person, a purpose, and towards whom.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reach {
    /// The person's number in the case.
    pub person: u16,
    /// What for.
    pub purpose: Purpose,
    /// Towards whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
}

/// What blocks.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Block {
    /// The person has not permitted it.
    NotPermitted(Reach),
    /// The person must be asked first.
    AskFirst(Reach),
    /// The packet would tell of nobody.
    NobodyToTellOf,
    /// The State was excluded.
    NeverContact(String),
    /// The addressee was excluded.
    Excluded(String),
    /// Special procedures do not act on anonymous sources.
    SourceNotIdentified,
    /// It is outside the framework.
    OutOfScope,
    /// The person wishes that nothing is done.
    WithheldAtRequest,
    /// A second officer refused to stand for what was said for the person.
    CountersignRefused(u16),
}

/// What must be there before a packet is made.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// The case's urgency.
    Triage,
    /// A custodian's look at the identity part.
    LookWhetherSourceIsIdentified,
    /// A summary that the submitter agreed to.
    AgreedSummary,
    /// "Could a person in that place recognise them?"
    Recognition,
    /// A second officer.
    SecondOfficer,
    /// A second officer who stands for what was said for the person.
    Countersign(u16),
    /// The child's own view.
    OwnView(u16),
    /// More than the report itself.
    MoreThanTheReport,
    /// The consultation with the mandate holder.
    Consultation,
    /// The note for the translator.
    TranslatorNote,
}

/// What goes along with a packet.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Instruction {
    /// "Redact the public copy."
    RedactPublicCopy,
    /// Not for the Secretary-General's report.
    NotForSgReport,
    /// Nothing of it to a State.
    NotToAState,
    /// The summary was not yet agreed to.
    SummaryNotAgreed,
    /// A second officer countersigns the packet within 48 hours.
    CountersignPacket,
    /// A second officer countersigns what was said for the person within 48 hours.
    CountersignConsent(u16),
    /// Small numbers are suppressed.
    SuppressSmallNumbers,
}

/// What the officer must know.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Warning {
    /// Mandate holders decide, at their own discretion.
    MandateHolderDecides,
    /// The President speaks with States.
    PresidentSpeaksWithStates,
    /// Treaty bodies work in few languages.
    LanguagesOfTreatyBodies,
    /// What is public cannot be taken back.
    Public,
    /// The permissions were not gone through for six months.
    ReviewOverdue,
    /// The person is asked as soon as the person can be reached.
    AskWhenReachable,
}

impl Decision {
    pub(super) fn new(version: u32) -> Self {
        Self {
            version,
            verdict: Verdict::Allowed,
            identity: Identity::With,
            blocks: Vec::new(),
            needs: Vec::new(),
            instructions: Vec::new(),
            warnings: Vec::new(),
            questions: Vec::new(),
        }
    }

    pub(super) fn instruct(&mut self, instruction: Instruction) {
        if !self.instructions.contains(&instruction) {
            self.instructions.push(instruction);
        }
    }

    pub(super) fn finish(mut self) -> Self {
        let only_questions = |block: &Block| matches!(block, Block::AskFirst(_));
        self.verdict = match self.blocks.as_slice() {
            [] => Verdict::Allowed,
            blocks if blocks.iter().all(only_questions) => Verdict::AskFirst,
            _ => Verdict::Blocked,
        };
        for block in &self.blocks {
            if let Block::AskFirst(reach) = block {
                self.questions.push(reach.clone());
            }
        }
        self.needs.sort();
        self.needs.dedup();
        self.instructions.sort();
        self
    }

    /// Whether a packet may be made now.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.verdict == Verdict::Allowed && self.needs.is_empty()
    }
}

impl Verdict {
    /// Its name in texts and JSON.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::AskFirst => "ask-first",
            Self::Blocked => "blocked",
        }
    }
}
