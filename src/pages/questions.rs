//! Inputs of the form, made from the questionnaire's table: labels, choices and texts by id.
//!
//! Names and values are the ids that the envelope seals; nothing is preselected, nothing has a hard stop.

use asylia_envelope::questionnaire::{ACT_GROUPS, Kind, QUESTIONS, Question};
use maud::{Markup, html};

use super::Site;
use crate::l10n::Texts;

/// Renders the questions of a block, the story apart, in the order of the table.
pub(super) fn block(site: &Site, block: u8) -> Markup {
    html! {
        @for question in QUESTIONS.iter().filter(|q| q.block == block && q.id != "story") {
            (input(site.texts(), question))
        }
    }
}

/// Renders one question by its id.
pub(super) fn one(site: &Site, id: &str) -> Markup {
    html! {
        @if let Some(question) = QUESTIONS.iter().find(|question| question.id == id) {
            (input(site.texts(), question))
        }
    }
}

fn input(texts: &Texts, question: &Question) -> Markup {
    let key = message("field", &[question.id]);
    match question.kind {
        Kind::Text => text(texts, question, &key),
        Kind::One if question.block == PERMISSIONS => radios(texts, question, &key),
        Kind::One => select(texts, question, &key),
        Kind::Several => ticks(texts, question, &key),
        // A lone box is no group to a screen reader; the element is there for the style.
        Kind::Tick => {
            html! { fieldset role="none" { (tick(texts, "checkbox", question.id, "yes", &key)) } }
        }
    }
}

/// A text field is a textarea, also for one line: Enter must never send the form.
fn text(texts: &Texts, question: &Question, key: &str) -> Markup {
    let rows = LONG_ANSWERS.contains(&question.id).then_some(4);
    html! {
        label {
            (texts.get(key))
            (help(texts, key))
            textarea name=(question.id) rows=[rows] dir="auto" {}
        }
    }
}

fn select(texts: &Texts, question: &Question, key: &str) -> Markup {
    html! {
        label {
            (texts.get(key))
            (help(texts, key))
            select name=(question.id) {
                option value { (texts.get("value-none")) }
                @for value in question.values {
                    option value=(value) { (texts.get(&message("value", &[question.id, value]))) }
                }
            }
        }
    }
}

/// Permissions show all choices at once, each with what follows from it.
fn radios(texts: &Texts, question: &Question, key: &str) -> Markup {
    html! {
        fieldset {
            legend { (texts.get(key)) }
            (help(texts, key))
            @for value in question.values {
                (tick(texts, "radio", question.id, value, &message("value", &[question.id, value])))
            }
        }
    }
}

fn ticks(texts: &Texts, question: &Question, key: &str) -> Markup {
    let boxes = |values: &[&str]| {
        html! {
            @for value in values {
                (tick(texts, "checkbox", question.id, value, &message("value", &[question.id, value])))
            }
        }
    };
    let grouped: &[(&str, &[&str])] = match question.id {
        "act_types" => &ACT_GROUPS,
        _ => &[],
    };
    let in_a_group = |value: &&str| grouped.iter().any(|(_, values)| values.contains(value));
    let rest: Vec<&str> = question
        .values
        .iter()
        .copied()
        .filter(|value| !in_a_group(value))
        .collect();
    html! {
        fieldset {
            legend { (texts.get(key)) }
            (help(texts, key))
            @for (group, values) in grouped {
                fieldset {
                    legend { (texts.get(&message("group", &[question.id, group]))) }
                    (boxes(values))
                }
            }
            (boxes(&rest))
        }
    }
}

/// One box or button with its words, and its consequence where it has one.
fn tick(texts: &Texts, kind: &str, name: &str, value: &str, key: &str) -> Markup {
    html! {
        label {
            input type=(kind) name=(name) value=(value);
            (texts.get(key))
            (help(texts, key))
        }
    }
}

fn help(texts: &Texts, key: &str) -> Markup {
    html! { @if let Some(help) = texts.help(key) { small { (help) } } }
}

/// Makes the id of a message: Fluent's ids have hyphens where those of the questionnaire have underscores.
fn message(area: &str, ids: &[&str]) -> String {
    format!("{area}-{}", ids.join("-").replace('_', "-"))
}

/// The block whose single choices are shown as radio buttons.
const PERMISSIONS: u8 = 6;

/// Questions that ask for more than a line.
const LONG_ANSWERS: [&str; 7] = [
    "why_linked",
    "perpetrator_details",
    "steps_detail",
    "what_would_help",
    "what_could_make_it_worse",
    "person_names",
    "conditions",
];
