//! Answers to the questionnaire, in the classes of its compartments. Plaintext: no `Debug`, cleared when dropped.

use std::collections::BTreeMap;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error as _, MapAccess, Visitor},
    ser::SerializeMap,
};
use zeroize::Zeroizing;

use crate::questionnaire::{Class, Kind, QUESTIONS, Question};

/// One answer, in the shape its question's [`Kind`] has.
#[derive(Clone, PartialEq, Eq)]
pub enum Answer {
    /// Text or one choice; `None` when unanswered. What the person sent, line ends apart.
    Text(Option<Zeroizing<String>>),
    /// Several choices, in the order sent; empty when unanswered.
    Several(Vec<Zeroizing<String>>),
    /// A tick.
    Tick(bool),
}

impl Answer {
    fn says_something(&self) -> bool {
        match self {
            Self::Text(text) => text.as_ref().is_some_and(|text| !text.trim().is_empty()),
            Self::Several(values) => !values.is_empty(),
            Self::Tick(ticked) => *ticked,
        }
    }
}

/// An answer for every question; unanswered ones as `form-values.json` `field_rule` says.
#[derive(Clone, PartialEq, Eq)]
pub struct Answers(BTreeMap<&'static str, Answer>);

impl Default for Answers {
    fn default() -> Self {
        Self(
            QUESTIONS
                .iter()
                .map(|question| (question.id, unanswered(question)))
                .collect(),
        )
    }
}

impl Answers {
    /// Adds one value sent for the field `id`; unknown fields give `false` and keep nothing.
    ///
    /// CRLF and lone CR become LF, and nothing else of a text changes; the empty text is no answer; a text
    /// field sent twice is joined with LF, so that nothing is lost.
    pub fn add(&mut self, id: &str, value: &str) -> bool {
        let Some((id, answer)) = QUESTIONS
            .iter()
            .find(|question| question.id == id)
            .and_then(|question| Some((question.id, self.0.get_mut(question.id)?)))
        else {
            return false;
        };
        debug_assert!(!id.is_empty());
        match answer {
            Answer::Tick(ticked) => *ticked |= value == "yes",
            _ if value.is_empty() => {}
            Answer::Several(values) => values.push(with_line_feeds(value)),
            Answer::Text(text) => {
                let new = with_line_feeds(value);
                *text = Some(match text.take() {
                    Some(old) => joined(&old, &new),
                    None => new,
                });
            }
        }
        true
    }

    /// The answer to the question `id`; `None` for no question of this name.
    #[must_use]
    pub fn answer(&self, id: &str) -> Option<&Answer> {
        self.0.get(id)
    }

    /// The text of the question `id`, if it is a text and was answered.
    #[must_use]
    pub fn text(&self, id: &str) -> Option<&str> {
        match self.0.get(id) {
            Some(Answer::Text(text)) => text.as_deref().map(String::as_str),
            _ => None,
        }
    }

    /// Whether the only required answer is there: a story that is not white space alone.
    #[must_use]
    pub fn has_story(&self) -> bool {
        self.text("story")
            .is_some_and(|story| !story.trim().is_empty())
    }

    /// Whether a question of `classes` was answered, white space apart.
    #[must_use]
    pub fn any_of(&self, classes: &[Class]) -> bool {
        self.iter()
            .any(|(question, answer)| classes.contains(&question.class) && answer.says_something())
    }

    /// Every answer in the order of the form.
    pub fn iter(&self) -> impl Iterator<Item = (&'static Question, &Answer)> {
        QUESTIONS
            .iter()
            .filter_map(|question| Some((question, self.0.get(question.id)?)))
    }

    /// Takes over the answers of `classes` from `other`.
    pub fn merge(&mut self, other: &Self, classes: &[Class]) {
        for (question, answer) in other
            .iter()
            .filter(|(question, _)| classes.contains(&question.class))
        {
            self.0.insert(question.id, answer.clone());
        }
    }

    /// A view for serialising the answers of `classes` alone.
    #[must_use]
    pub fn of<'a>(&'a self, classes: &'a [Class]) -> AnswersOf<'a> {
        AnswersOf {
            answers: self,
            classes,
        }
    }

    /// Reads a JSON object that holds every question of `classes`, each once and in its shape, and no other.
    ///
    /// # Errors
    /// The deserializer's, also for unknown, missing, repeated or misshapen answers.
    pub fn deserialize_of<'de, D: Deserializer<'de>>(
        deserializer: D,
        classes: &'static [Class],
    ) -> Result<Self, D::Error> {
        deserializer.deserialize_map(AnswersVisitor { classes })
    }
}

/// The answers of some classes; serialises as a JSON object with every id of them.
pub struct AnswersOf<'a> {
    answers: &'a Answers,
    classes: &'a [Class],
}

impl Serialize for AnswersOf<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (question, answer) in self.answers.iter() {
            if self.classes.contains(&question.class) {
                map.serialize_entry(question.id, answer)?;
            }
        }
        map.end()
    }
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => text.as_deref().serialize(serializer),
            Self::Several(values) => {
                serializer.collect_seq(values.iter().map(|value| value.as_str()))
            }
            Self::Tick(ticked) => serializer.serialize_bool(*ticked),
        }
    }
}

struct AnswersVisitor {
    classes: &'static [Class],
}

impl<'de> Visitor<'de> for AnswersVisitor {
    type Value = Answers;

    fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("an answer for every question of the compartment")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Answers, A::Error> {
        let mut answers = Answers::default();
        let mut missing: Vec<&str> = QUESTIONS
            .iter()
            .filter(|question| self.classes.contains(&question.class))
            .map(|question| question.id)
            .collect();
        while let Some(id) = map.next_key::<String>()? {
            let place = missing
                .iter()
                .position(|known| *known == id.as_str())
                .ok_or_else(|| A::Error::custom("an answer that is unknown or stands twice"))?;
            let question =
                Question::by_id(missing.swap_remove(place)).expect("taken from the table");
            let answer = match question.kind {
                Kind::Tick => Answer::Tick(map.next_value()?),
                Kind::Several => Answer::Several(
                    map.next_value::<Vec<Text>>()?
                        .into_iter()
                        .map(|t| t.0)
                        .collect(),
                ),
                Kind::Text | Kind::One => {
                    Answer::Text(map.next_value::<Option<Text>>()?.map(|t| t.0))
                }
            };
            answers.0.insert(question.id, answer);
        }
        if missing.is_empty() {
            Ok(answers)
        } else {
            Err(A::Error::custom("an answer is missing"))
        }
    }
}

/// A string that is cleared when dropped.
struct Text(Zeroizing<String>);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Zeroizing::new(text)))
    }
}

fn unanswered(question: &Question) -> Answer {
    match question.kind {
        Kind::Text | Kind::One => Answer::Text(None),
        Kind::Several => Answer::Several(Vec::new()),
        Kind::Tick => Answer::Tick(false),
    }
}

fn joined(first: &str, second: &str) -> Zeroizing<String> {
    let mut both = Zeroizing::new(String::with_capacity(first.len() + 1 + second.len()));
    both.push_str(first);
    both.push('\n');
    both.push_str(second);
    both
}

/// CRLF and lone CR become LF; nothing else changes (no trimming, no normalisation).
#[must_use]
pub fn with_line_feeds(text: &str) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(text.len()));
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\r' {
            chars.next_if_eq(&'\n');
            out.push('\n');
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_become_lf_and_nothing_else_changes() {
        assert_eq!(
            *with_line_feeds("a\r\nb\rc\n\r\r\n d \u{feff}"),
            "a\nb\nc\n\n\n d \u{feff}"
        );
    }

    #[test]
    fn unanswered_fields_have_the_shapes_of_the_field_rule() {
        let mut answers = Answers::default();
        assert!(
            answers.add("story", "x")
                && answers.add("act_types", "threat")
                && answers.add("gender", "")
        );
        assert!(answers.add("risk_understood", "yes") && !answers.add("no_such_field", "x"));
        let all = [
            Class::Story,
            Class::Identity,
            Class::Sensitive,
            Class::Permission,
        ];
        let json = serde_json::to_value(answers.of(&all)).unwrap();
        assert_eq!(json.as_object().unwrap().len(), QUESTIONS.len());
        assert_eq!(json["story"], "x");
        assert_eq!(json["act_types"], serde_json::json!(["threat"]));
        assert_eq!(json["groups"], serde_json::json!([]));
        assert_eq!(json["gender"], serde_json::Value::Null);
        assert_eq!(json["risk_understood"], true);
    }

    #[test]
    fn a_story_of_white_space_is_none() {
        let mut answers = Answers::default();
        answers.add("story", " \r\n\u{2003}");
        assert!(!answers.has_story());
        answers.add("story", "x");
        assert_eq!(answers.text("story"), Some(" \n\u{2003}\nx"));
    }

    #[test]
    fn the_table_is_the_domains() {
        let domain: serde_json::Value =
            serde_json::from_str(include_str!("../testdata/form-values.json")).unwrap();
        let fields = domain["fields"].as_array().unwrap();
        assert_eq!(fields.len(), QUESTIONS.len());
        for (field, question) in fields.iter().zip(&QUESTIONS) {
            assert_eq!(field["id"], question.id);
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
            assert_eq!(
                (&field["type"], &field["compartment"]),
                (&kind.into(), &class.into())
            );
            // JSON objects have no order of their own, so values are compared as sets.
            let mut expected = expected_values(&domain, field);
            let mut values = question.values.to_vec();
            expected.sort_unstable();
            values.sort_unstable();
            assert_eq!(expected, values, "{}", question.id);
        }
    }

    fn expected_values<'a>(
        domain: &'a serde_json::Value,
        field: &'a serde_json::Value,
    ) -> Vec<&'a str> {
        let Some(list) = field["values"].as_str() else {
            return Vec::new();
        };
        let values = match &domain["form_values"][list] {
            serde_json::Value::Null => &domain[list],
            known => known,
        };
        let mut ids: Vec<&str> = match values {
            serde_json::Value::Array(values) => values.iter().filter_map(|v| v.as_str()).collect(),
            // A map of groups is flattened; a map of codes offers its keys.
            serde_json::Value::Object(map) if map.values().all(serde_json::Value::is_array) => map
                .values()
                .flat_map(|v| v.as_array().unwrap())
                .filter_map(|v| v.as_str())
                .collect(),
            serde_json::Value::Object(map) => map.keys().map(String::as_str).collect(),
            _ => Vec::new(),
        };
        if let Some(decline) = field["decline_value"].as_str().filter(|d| !ids.contains(d)) {
            ids.push(decline);
        }
        ids
    }
}
