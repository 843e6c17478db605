//! What officers must have done before a packet is made, what goes along with it, and what they must know.

use super::{
    Ask, Audience, Case, Decision, Identity, Instruction, Known, Need, Purpose, Scope, Target,
    Urgency, Value, Warning, in_force, one_officer_may, responsible, tells_of_child,
};
use crate::casework::{consent::in_force::standing, deadline::review_due, values::Basis};

/// Adds needs, instructions and warnings to what the consents said.
pub(super) fn add(case: &Case, ask: &Ask<'_>, decision: &mut Decision) {
    let route = ask.route;
    if route.target == Target::Tr {
        decision.identity = Identity::Without;
        if !ask.checks.translator_note {
            decision.needs.push(Need::TranslatorNote);
        }
        return;
    }
    if case.urgency.is_none() {
        decision.needs.push(Need::Triage);
    }
    two_officers(case, ask, decision);
    children(case, ask, decision);
    text(case, ask, decision);
    if route.target == Target::X3 && !ask.checks.consulted {
        decision.needs.push(Need::Consultation);
    }
    onward(case, ask, decision);
    warnings(case, ask, decision);
}

/// Two officers for a U1 packet, for what is public, and for a child.
fn two_officers(case: &Case, ask: &Ask<'_>, decision: &mut Decision) {
    let child = tells_of_child(case, ask);
    let two = case.urgency == Some(Urgency::U1) || ask.route.is_public() || child;
    if !two || ask.checks.second_officer {
        return;
    }
    match one_officer_may(case, ask) {
        true => decision.instruct(Instruction::CountersignPacket),
        false => decision.needs.push(Need::SecondOfficer),
    }
}

fn children(case: &Case, ask: &Ask<'_>, decision: &mut Decision) {
    for number in ask.persons {
        let Some(person) = case.persons.get(number).filter(|person| person.is_child()) else {
            continue;
        };
        if person.own_view.is_none() {
            decision.needs.push(Need::OwnView(*number));
        }
    }
    if tells_of_child(case, ask)
        && ask.route.target == Target::R1
        && !ask.checks.more_than_the_report
    {
        decision.needs.push(Need::MoreThanTheReport);
    }
}

/// The text that goes out: the summary, and whether it gives somebody away.
fn text(case: &Case, ask: &Ask<'_>, decision: &mut Decision) {
    let route = ask.route;
    let outside = route.reaches_outside() || route.is_public();
    let without = decision.identity == Identity::Without;
    if (without || outside) && !case.summary_is_agreed() {
        let within = case.urgency == Some(Urgency::U1) && !route.is_public();
        match within && case.summary.is_some() {
            // A day is too short for an answer through the mailbox.
            true => decision.instruct(Instruction::SummaryNotAgreed),
            false => decision.needs.push(Need::AgreedSummary),
        }
    }
    // Who is not told of must not be recognised either: a name in the text would be theirs as well.
    let others = case
        .persons
        .keys()
        .any(|person| !ask.persons.contains(person));
    let recognisable = without || outside || others;
    if recognisable && !ask.checks.not_recognisable {
        decision.needs.push(Need::Recognition);
    }
}

/// What the recipient must not do with it.
fn onward(case: &Case, ask: &Ask<'_>, decision: &mut Decision) {
    let at_least = |purpose: Purpose, scope: Option<&Scope>| {
        ask.persons.iter().all(|person| {
            in_force(case, *person, ask.today).value(purpose, scope) >= Value::WithoutIdentity
        })
    };
    let target = ask.route.target;
    if matches!(target, Target::R6 | Target::X2) && !at_least(Purpose::SgReport, None) {
        decision.instruct(Instruction::NotForSgReport);
    }
    if matches!(target, Target::R7 | Target::Y3) {
        let states = responsible(case);
        let permitted = !states.is_empty()
            && states
                .iter()
                .all(|state| at_least(Purpose::Government, Some(&Scope::State(state.clone()))));
        if !permitted {
            decision.instruct(Instruction::NotToAState);
        }
    }
    if matches!(target, Target::Y1 | Target::Y2 | Target::Y3) {
        decision.instruct(Instruction::SuppressSmallNumbers);
    }
}

fn warnings(case: &Case, ask: &Ask<'_>, decision: &mut Decision) {
    let route = ask.route;
    let mut warn = |warning, when: bool| {
        if when {
            decision.warnings.push(warning);
        }
    };
    warn(Warning::MandateHolderDecides, route.needs_mandate_holder());
    warn(
        Warning::PresidentSpeaksWithStates,
        matches!(route.target, Target::R7 | Target::Y3),
    );
    warn(Warning::LanguagesOfTreatyBodies, route.target == Target::X1);
    warn(
        Warning::Public,
        route.is_public() || route.target == Target::R2 || route.audience == Audience::Public,
    );
    let overdue = |person: &u16| review_due(case, *person).is_some_and(|due| ask.today > due);
    warn(Warning::ReviewOverdue, ask.persons.iter().any(overdue));
    let kin = |person: &u16| standing(case, *person).basis == Some(Basis::CannotReachThePerson);
    warn(Warning::AskWhenReachable, ask.persons.iter().any(kin));
    debug_assert!(case.in_scope != Some(Known::No) || !decision.blocks.is_empty());
}
