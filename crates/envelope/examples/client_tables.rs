//! Prints the tables that the browser client shares with the format, as TypeScript.
//!
//! `cargo run -p asylia-envelope --example client_tables questionnaire > client/src/core/questionnaire.ts`,
//! and likewise `english`. Both files are committed; the tests below say when they are out of date.

use asylia_envelope::{
    questionnaire::{Class, Kind, QUESTIONS},
    words::WordList,
};

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("questionnaire") => print!("{}", questionnaire()),
        Some("english") => print!("{}", english()),
        _ => {
            eprintln!("Which table is missing. Say `questionnaire` or `english`.");
            std::process::exit(2);
        }
    }
}

fn questionnaire() -> String {
    let mut text = format!("{NOTICE}{QUESTIONNAIRE_HEAD}");
    for question in &QUESTIONS {
        let kind = match question.kind {
            Kind::Text => "text",
            Kind::One => "one",
            Kind::Several => "several",
            Kind::Tick => "tick",
        };
        let class = match question.class {
            Class::Story => "N",
            Class::Identity => "I",
            Class::Sensitive => "S",
            Class::Permission => "P",
        };
        text.push_str(&format!(
            "  [\"{}\", \"{kind}\", \"{class}\"],\n",
            question.id
        ));
    }
    text.push_str("];\n");
    text
}

/// The list is sorted: what a word shares with the one before need not be sent.
fn english() -> String {
    let mut text = format!("{NOTICE}{ENGLISH_HEAD}");
    let (mut before, mut width) = ("", 0);
    for word in (0..2048).map_while(|index| WordList::English.word(index)) {
        let shared = before
            .bytes()
            .zip(word.bytes())
            .take_while(|(a, b)| a == b)
            .count();
        let packed = format!("{shared}{}", word.get(shared..).unwrap_or_default());
        if width + packed.len() > LINE_CHARS {
            text.push('\n');
            width = 0;
        }
        width += packed.len();
        text.push_str(&packed);
        before = word;
    }
    text.push_str("`;\n");
    text
}

const LINE_CHARS: usize = 116;
const NOTICE: &str = "// Made by crates/envelope/examples/client_tables.rs, which says how; not written by hand.\n\n";
const QUESTIONNAIRE_HEAD: &str = r#"/**
 * One input of the form: its id; how it is answered; and its class, which says where it is sealed (N story and
 * facts, I identity, S sensitive, P permissions). docs/FORMAT.md#text-and-answers
 */
export type Question = readonly [id: string, kind: "text" | "one" | "several" | "tick", class_: "N" | "I" | "S" | "P"];

/** Every input of the form, in its order; files and the hidden `page_number` apart. */
export const QUESTIONS: readonly Question[] = [
"#;
const ENGLISH_HEAD: &str = r#"/**
 * The English BIP39 list, packed: for each word a digit, how many letters it shares with the word before, and its
 * other letters. Line ends mean nothing.
 */
export const ENGLISH = `"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_has_these_tables() {
        let questions = include_str!("../../../client/src/core/questionnaire.ts");
        assert!(
            questionnaire() == questions,
            "questionnaire.ts is out of date"
        );
        let words = include_str!("../../../client/src/core/english.ts");
        assert!(english() == words, "english.ts is out of date");
    }
}
