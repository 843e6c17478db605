//! The answers file: a JSON object of questionnaire ids, each with text, choices, a tick or null.
//!
//! A person wrote it by hand or exported it, so everything unknown is refused by its name: a
//! misspelt id must not lose an answer in silence. Plaintext: nothing here has a `Debug` that shows
//! it.

use core::fmt;

use asylia_envelope::{
    answers::Answers,
    questionnaire::{Kind, Question},
    submission::{REPORT_TEXT_LIMIT_BYTES, TEXT_FIELD_LIMIT_BYTES},
};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::Value;

/// Most bytes of an answers file.
pub const ANSWERS_FILE_LIMIT_BYTES: usize = 8 * 1024 * 1024;

/// Why an answers file is refused. Each text is two sentences: what failed, what to do.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum AnswersError {
    /// No JSON object in UTF-8.
    #[error("The answers file is no JSON object (line {0}). Write it as {{\"story\": \"…\"}}.")]
    Syntax(usize),
    /// No question has this id.
    #[error("There is no question `{0}`. Check its spelling against the list of questions.")]
    Unknown(String),
    /// An id stands twice.
    #[error("The question `{0}` is answered twice. Put all of it into one answer.")]
    Twice(&'static str),
    /// The answer has another shape than the question.
    #[error("The answer to `{id}` has the wrong form. Write {wanted}.")]
    Shape {
        /// The question.
        id: &'static str,
        /// What it may be.
        wanted: &'static str,
    },
    /// The value is none of those offered.
    #[error("The answer to `{id}` is none of its choices. Choose from: {}.", offered.join(", "))]
    Choice {
        /// The question.
        id: &'static str,
        /// Its choices.
        offered: &'static [&'static str],
    },
    /// The story is missing or white space.
    #[error("There is no story, the only answer that is required. Add `story`.")]
    NoStory,
    /// A text is longer than [`TEXT_FIELD_LIMIT_BYTES`].
    #[error("The answer to `{0}` is longer than 256 KiB. Shorten it, or attach it as a file.")]
    TooLong(&'static str),
    /// All texts together are longer than [`REPORT_TEXT_LIMIT_BYTES`].
    #[error("All answers together are longer than 1 MiB. Attach the longest as a file.")]
    TooMuchText,
}

/// Reads an answers file.
///
/// # Errors
/// See [`AnswersError`].
pub fn parse(json: &[u8]) -> Result<Answers, AnswersError> {
    let Members(members) =
        serde_json::from_slice(json).map_err(|error| AnswersError::Syntax(error.line()))?;
    let mut answers = Answers::default();
    let mut answered: Vec<&str> = Vec::new();
    let mut text_bytes = 0_usize;
    for (id, value) in &members {
        let question = Question::by_id(id).ok_or_else(|| AnswersError::Unknown(shown(id)))?;
        if answered.contains(&question.id) {
            return Err(AnswersError::Twice(question.id));
        }
        answered.push(question.id);
        let mut field_bytes = 0_usize;
        for text in texts(question, value)? {
            // One line feed joins the parts of a list.
            field_bytes += text.len() + 1;
            answers.add(question.id, text);
        }
        if field_bytes > TEXT_FIELD_LIMIT_BYTES + 1 {
            return Err(AnswersError::TooLong(question.id));
        }
        text_bytes += field_bytes;
    }
    if text_bytes > REPORT_TEXT_LIMIT_BYTES {
        return Err(AnswersError::TooMuchText);
    }
    if answers.has_story() {
        Ok(answers)
    } else {
        Err(AnswersError::NoStory)
    }
}

/// The values of one answer, as the form would send them.
fn texts<'a>(question: &'static Question, value: &'a Value) -> Result<Vec<&'a str>, AnswersError> {
    let wanted = match question.kind {
        Kind::Text => "a text in quotes, or a list of texts, one a line",
        Kind::One => "one choice in quotes",
        Kind::Several => "a list of choices",
        Kind::Tick => "true or false",
    };
    let misshapen = || AnswersError::Shape {
        id: question.id,
        wanted,
    };
    let values = match (question.kind, value) {
        (_, Value::Null) => return Ok(Vec::new()),
        (Kind::Tick, Value::Bool(ticked)) => {
            return Ok(ticked.then_some("yes").into_iter().collect());
        }
        (Kind::Text | Kind::One | Kind::Several, Value::String(text)) => vec![text.as_str()],
        (Kind::Text | Kind::Several, Value::Array(list)) => list
            .iter()
            .map(Value::as_str)
            .collect::<Option<Vec<&str>>>()
            .ok_or_else(misshapen)?,
        _ => return Err(misshapen()),
    };
    let offered = question.values;
    let known = |value: &&str| value.is_empty() || offered.contains(value);
    if question.kind == Kind::Text || values.iter().all(known) {
        Ok(values)
    } else {
        let id = question.id;
        Err(AnswersError::Choice { id, offered })
    }
}

/// A name from the file as it may be printed: short, and without control characters.
fn shown(id: &str) -> String {
    id.chars()
        .filter(|c| !c.is_control())
        .take(SHOWN_CHARS)
        .collect()
}

/// The members of an object in their order, repeated ones included.
struct Members(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of answers")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}

const SHOWN_CHARS: usize = 40;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refusal(json: Value) -> AnswersError {
        parse(json.to_string().as_bytes()).err().unwrap()
    }

    #[test]
    fn answers_keep_their_shapes_and_lists_of_text_are_joined() {
        let answers = parse(
            json!({
                "story": "first\r\nsecond", "person_names": ["A B", "C D"], "gender": null,
                "act_types": ["threat", "killing"], "groups": "indigenous", "risk_understood": true,
                "in_danger_now": "", "conditions": []
            })
            .to_string()
            .as_bytes(),
        );
        let answers = answers.ok().unwrap();
        assert_eq!(answers.text("story"), Some("first\nsecond"));
        assert_eq!(answers.text("person_names"), Some("A B\nC D"));
        for id in ["gender", "in_danger_now", "conditions"] {
            assert_eq!(answers.text(id), None);
        }
        let all = asylia_envelope::answers::Answer::Tick(true);
        assert!(answers.answer("risk_understood") == Some(&all));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let unknown = refusal(json!({"story": "x", "storry": "y"}));
        assert_eq!(unknown, AnswersError::Unknown("storry".to_owned()));
        let hostile = format!("\u{1b}[31m{}", "x".repeat(100));
        let AnswersError::Unknown(shown) = refusal(json!({ hostile: "y" })) else {
            panic!()
        };
        assert!(shown.len() == 40 && !shown.contains('\u{1b}'));

        let twice = parse(br#"{"story": "x", "story": "y"}"#).err();
        assert_eq!(twice, Some(AnswersError::Twice("story")));
        for (id, bad) in [
            ("people_affected_count", json!(3)),
            ("gender", json!(["woman"])),
            ("risk_understood", json!("yes")),
            ("act_types", json!([1])),
            ("story", json!({})),
        ] {
            let refused = refusal(json!({ id: bad }));
            assert!(
                matches!(refused, AnswersError::Shape { id: of, .. } if of == id),
                "{id}"
            );
        }
        let choice = refusal(json!({"story": "x", "in_danger_now": "perhaps"}));
        let offered = "now, soon, no, not_sure";
        assert!(
            choice
                .to_string()
                .ends_with(&format!("Choose from: {offered}.")),
            "{choice}"
        );
        assert_eq!(refusal(json!({})), AnswersError::NoStory);
        assert_eq!(refusal(json!({"story": " \n"})), AnswersError::NoStory);
        assert_eq!(parse(b"[]").err(), Some(AnswersError::Syntax(1)));
        assert_eq!(
            parse(b"{\n\"story\": \"\xff\"}").err(),
            Some(AnswersError::Syntax(2))
        );
    }

    #[test]
    fn limits_hold_to_the_byte() {
        let story = |length: usize| json!({"story": "x".repeat(length)}).to_string();
        assert!(parse(story(TEXT_FIELD_LIMIT_BYTES).as_bytes()).is_ok());
        let beyond = parse(story(TEXT_FIELD_LIMIT_BYTES + 1).as_bytes()).err();
        assert_eq!(beyond, Some(AnswersError::TooLong("story")));
        let long = "x".repeat(TEXT_FIELD_LIMIT_BYTES);
        let much = json!({
            "story": long, "steps_detail": long, "why_linked": long, "conditions": long, "name_to_use": long
        });
        assert_eq!(refusal(much), AnswersError::TooMuchText);
    }
}
