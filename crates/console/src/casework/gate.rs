//! The gate: whether something may be done with a case, towards whom, and what must be there before.
//!
//! One pure function, [`decide`], over case, target, audience and time. Nothing leaves the console past it: it is
//! asked when a decision is recorded, and again when each packet is made, and its version and answer are stored with
//! both. A gate must hold for every person in the packet; `ask_first` never opens one.

use asylia_envelope::day::Day;
use serde::{Deserialize, Serialize};

use super::{
    case::Case,
    consent::{
        Cell, Matrix, Scope, in_force,
        in_force::{Countersign, standing},
    },
    values::{Basis, Hold, Known, Purpose, StateRole, Target, Urgency, Value},
};

mod audience;
mod checks;
pub mod said;
mod verdict;

#[cfg(test)]
mod tests;

pub use audience::{Audience, BadTarget, Route};
pub use verdict::{Block, Decision, Identity, Instruction, Need, Reach, Verdict, Warning};

/// Of this program; stored with each decision, and raised with every change of what the gate answers.
pub const GATE_VERSION: u32 = 2;

/// What is asked of the gate.
pub struct Ask<'a> {
    /// What is to be done, and towards whom.
    pub route: &'a Route,
    /// Which persons of the case are told of.
    pub persons: &'a [u16],
    /// What officers did and ticked for it.
    pub checks: Checks,
    /// Whether it is known who the source is; `None` where nobody could look yet.
    pub source_identified: Option<bool>,
    /// Whether an identity part says that somebody is under 18, which officers may not have recorded.
    pub child_known: bool,
    /// The office's day.
    pub today: Day,
}

/// What officers did and ticked for one decision or packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checks {
    /// "Could a person in that place recognise them?" was answered with no.
    pub not_recognisable: bool,
    /// A second officer stands for it.
    pub second_officer: bool,
    /// There is no second officer to be had in time: a U1 packet by one officer.
    pub one_officer_only: bool,
    /// More than the report itself is known of a child.
    pub more_than_the_report: bool,
    /// The consultation with the mandate holder is recorded.
    pub consulted: bool,
    /// The officer wrote for the translator what is to be translated and why.
    pub translator_note: bool,
}

/// Whether it may be done.
#[must_use]
pub fn decide(case: &Case, ask: &Ask<'_>) -> Decision {
    let mut decision = Decision::new(GATE_VERSION);
    let (target, audience) = (ask.route.target, &ask.route.audience);
    if *audience == Audience::Aggregate {
        // Figures tell of nobody; the rule of small numbers is that of the tables.
        decision
            .instructions
            .push(Instruction::SuppressSmallNumbers);
        return decision.finish();
    }
    general_blocks(case, ask, &mut decision);
    if target == Target::N0 {
        // A notice that there is a case, and nothing of it.
        return decision.finish();
    }
    if target != Target::Tr {
        let persons: Vec<(u16, Matrix)> = ask
            .persons
            .iter()
            .map(|person| (*person, in_force(case, *person, ask.today)))
            .collect();
        if persons.is_empty() {
            decision.blocks.push(Block::NobodyToTellOf);
        }
        for (person, matrix) in &persons {
            consent_of(case, ask, *person, matrix, &mut decision);
        }
    }
    checks::add(case, ask, &mut decision);
    decision.finish()
}

/// What blocks whatever was permitted.
fn general_blocks(case: &Case, ask: &Ask<'_>, decision: &mut Decision) {
    let target = ask.route.target;
    let recorded = target == Target::N0;
    if !recorded && case.in_scope == Some(Known::No) && target != Target::Tr {
        decision.blocks.push(Block::OutOfScope);
    }
    if !recorded && case.holds.contains(&Hold::WithheldAtRequest) {
        decision.blocks.push(Block::WithheldAtRequest);
    }
    if let Audience::State(state) = &ask.route.audience
        && case.never_contact(state)
    {
        decision.blocks.push(Block::NeverContact(state.clone()));
    }
    for name in ask.route.names() {
        if case
            .excluded
            .iter()
            .any(|excluded| same_name(excluded, name))
        {
            decision.blocks.push(Block::Excluded(name.to_owned()));
        }
    }
    if target == Target::R2 {
        match ask.source_identified {
            Some(true) => {}
            Some(false) => decision.blocks.push(Block::SourceNotIdentified),
            None => decision.needs.push(Need::LookWhetherSourceIsIdentified),
        }
    }
}

/// What one person's consent says.
fn consent_of(case: &Case, ask: &Ask<'_>, person: u16, matrix: &Matrix, decision: &mut Decision) {
    let route = ask.route;
    let mut value = value_towards(matrix, route);
    let (purpose, scope) = (route.purpose(), route.scope());
    if route.needs_mandate_holder() {
        let experts = matrix.value(Purpose::MandateHolders, None);
        if experts < Value::WithoutIdentity {
            refuse(decision, person, Purpose::MandateHolders, None, experts);
        }
        // Who decides on it cannot be told less than whom it is about to reach.
        value = value.min(experts.max(Value::WithoutIdentity));
    }
    match value {
        Value::No | Value::AskFirst => {
            let asked = value_towards(matrix, route);
            refuse(decision, person, purpose, scope.clone(), asked);
        }
        Value::WithoutIdentity => decision.identity = Identity::Without,
        Value::WithIdentity => {}
    }
    if route.target == Target::R2 {
        public_copy(case, person, matrix, &route.audience, decision);
    }
    let standing = standing(case, person);
    let kin = standing.basis == Some(Basis::CannotReachThePerson);
    match standing.countersign {
        Countersign::NotNeeded | Countersign::There => {}
        Countersign::Refused => decision.blocks.push(Block::CountersignRefused(person)),
        Countersign::Missing => match kin && one_officer_may(case, ask) {
            true => decision.instruct(Instruction::CountersignConsent(person)),
            false => decision.needs.push(Need::Countersign(person)),
        },
    }
}

/// The value by which a person's consent answers a route.
fn value_towards(matrix: &Matrix, route: &Route) -> Value {
    let (purpose, scope) = (route.purpose(), route.scope());
    matrix.value(purpose, scope.as_ref())
}

fn refuse(
    decision: &mut Decision,
    person: u16,
    purpose: Purpose,
    scope: Option<Scope>,
    value: Value,
) {
    let reach = Reach {
        person,
        purpose,
        scope,
    };
    decision.blocks.push(match value {
        Value::AskFirst => Block::AskFirst(reach),
        _ => Block::NotPermitted(reach),
    });
}

/// A letter to a State is published, which the office cannot prevent.
fn public_copy(
    case: &Case,
    person: u16,
    matrix: &Matrix,
    audience: &Audience,
    decision: &mut Decision,
) {
    let scope = public_copy_scope(audience);
    let value = matrix.value(Purpose::PublicCopyOfLetter, scope.as_ref());
    let reach = Reach {
        person,
        purpose: Purpose::PublicCopyOfLetter,
        scope,
    };
    match value {
        Value::No => decision.blocks.push(Block::NotPermitted(reach)),
        Value::AskFirst if case.urgency == Some(Urgency::U1) => {
            decision.instruct(Instruction::RedactPublicCopy);
            decision.questions.push(reach);
        }
        Value::AskFirst => decision.blocks.push(Block::AskFirst(reach)),
        Value::WithoutIdentity => decision.instruct(Instruction::RedactPublicCopy),
        Value::WithIdentity => {}
    }
}

/// Whether a packet that needs two officers may be made by one: in U1, where nothing else of the list is touched.
fn one_officer_may(case: &Case, ask: &Ask<'_>) -> bool {
    case.urgency == Some(Urgency::U1)
        && ask.checks.one_officer_only
        && !tells_of_child(case, ask)
        && !ask.route.is_public()
}

/// Whether a child is affected: as officers recorded it, or as an identity part says.
fn tells_of_child(case: &Case, ask: &Ask<'_>) -> bool {
    case.has_child() || ask.child_known
}

/// Whether two names are the same but for case and outer space.
fn same_name(a: &str, b: &str) -> bool {
    a.trim().to_lowercase() == b.trim().to_lowercase()
}

/// What else than its own purpose is asked for a route: who decides on it, what is published of it, and what its
/// addressee may do with it.
#[must_use]
pub fn also_asked(case: &Case, route: &Route) -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut ask = |purpose, scope| cells.push(Cell { purpose, scope });
    if route.needs_mandate_holder() {
        ask(Purpose::MandateHolders, None);
    }
    if route.target == Target::R2 {
        ask(
            Purpose::PublicCopyOfLetter,
            public_copy_scope(&route.audience),
        );
    }
    if matches!(route.target, Target::R6 | Target::X2) {
        ask(Purpose::SgReport, None);
    }
    if matches!(route.target, Target::R7 | Target::Y3) {
        for state in responsible(case) {
            ask(Purpose::Government, Some(Scope::State(state)));
        }
    }
    cells
}

fn public_copy_scope(audience: &Audience) -> Option<Scope> {
    match audience {
        Audience::State(state) => Some(Scope::State(state.clone())),
        _ => None,
    }
}

/// States on which an onward use by somebody who speaks with States would touch.
fn responsible(case: &Case) -> Vec<String> {
    case.states_as(StateRole::AllegedResponsible)
        .map(str::to_owned)
        .collect()
}
