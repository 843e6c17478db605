//! The gate's answer in words: what blocks, what to ask, what is missing.

use super::{Block, Decision, Need, Reach, Warning};
use crate::{
    casework::consent::Scope,
    l10n::Texts,
    words::{coded, for_terminal_line},
};

/// Everything that the gate says, a sentence each; the verdict is told apart.
#[must_use]
pub fn sentences(texts: &Texts, decision: &Decision) -> Vec<String> {
    let blocks = decision.blocks.iter().map(|block| of_block(texts, block));
    let needs = decision.needs.iter().map(|need| of_need(texts, need));
    let warnings = decision
        .warnings
        .iter()
        .map(|warning| of_warning(texts, *warning));
    blocks.chain(needs).chain(warnings).collect()
}

/// The questions that would open it, a sentence each.
#[must_use]
pub fn questions(texts: &Texts, decision: &Decision) -> Vec<String> {
    let question = |reach: &Reach| {
        let purpose = coded(texts, "purpose", reach.purpose.code());
        let towards = towards(reach).unwrap_or_else(|| purpose.clone());
        let said = [
            ("person", u64::from(reach.person).into()),
            ("purpose", (&purpose).into()),
            ("towards", (&towards).into()),
        ];
        texts.with("console-question-to-ask", &said)
    };
    decision.questions.iter().map(question).collect()
}

fn towards(reach: &Reach) -> Option<String> {
    reach.scope.as_ref().map(|scope| match scope {
        Scope::State(name) | Scope::Named(name) => for_terminal_line(name),
    })
}

fn of_block(texts: &Texts, block: &Block) -> String {
    let reach = |whole: &str, towards_one: &str, reach: &Reach| {
        let purpose = coded(texts, "purpose", reach.purpose.code());
        let person = u64::from(reach.person);
        match towards(reach) {
            None => texts.with(
                whole,
                &[("person", person.into()), ("purpose", (&purpose).into())],
            ),
            Some(towards) => {
                let said = [
                    ("person", person.into()),
                    ("purpose", (&purpose).into()),
                    ("towards", (&towards).into()),
                ];
                texts.with(towards_one, &said)
            }
        }
    };
    match block {
        Block::NotPermitted(of) => reach(
            "console-block-not-permitted",
            "console-block-not-permitted-towards",
            of,
        ),
        Block::AskFirst(of) => reach(
            "console-block-ask-first",
            "console-block-ask-first-towards",
            of,
        ),
        Block::NobodyToTellOf => texts.get("console-block-nobody"),
        Block::NeverContact(state) => {
            texts.with("console-block-never-contact", &[("state", state.into())])
        }
        Block::Excluded(name) => {
            let name = for_terminal_line(name);
            texts.with("console-block-excluded", &[("name", (&name).into())])
        }
        Block::SourceNotIdentified => texts.get("console-block-source"),
        Block::OutOfScope => texts.get("console-block-out-of-scope"),
        Block::WithheldAtRequest => texts.get("console-block-withheld"),
        Block::CountersignRefused(person) => {
            let person = [("person", u64::from(*person).into())];
            texts.with("console-block-countersign-refused", &person)
        }
    }
}

fn of_need(texts: &Texts, need: &Need) -> String {
    let of_person = |id: &str, person: u16| texts.with(id, &[("person", u64::from(person).into())]);
    match need {
        Need::Triage => texts.get("console-need-triage"),
        Need::LookWhetherSourceIsIdentified => texts.get("console-need-look"),
        Need::AgreedSummary => texts.get("console-need-summary"),
        Need::Recognition => texts.get("console-need-recognition"),
        Need::SecondOfficer => texts.get("console-need-second-officer"),
        Need::Countersign(person) => of_person("console-need-countersign", *person),
        Need::OwnView(person) => of_person("console-need-own-view", *person),
        Need::MoreThanTheReport => texts.get("console-need-more"),
        Need::Consultation => texts.get("console-need-consultation"),
        Need::TranslatorNote => texts.get("console-need-translator-note"),
    }
}

fn of_warning(texts: &Texts, warning: Warning) -> String {
    texts.get(match warning {
        Warning::MandateHolderDecides => "console-warning-mandate-holder",
        Warning::PresidentSpeaksWithStates => "console-warning-president",
        Warning::LanguagesOfTreatyBodies => "console-warning-treaty-bodies",
        Warning::Public => "console-warning-public",
        Warning::ReviewOverdue => "console-warning-review",
        Warning::AskWhenReachable => "console-warning-reachable",
    })
}
