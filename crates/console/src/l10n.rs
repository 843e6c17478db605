//! Page texts: `locales/en.ftl`, which all programs share, and the console's own file beside this crate.
//!
//! A message that is missing or does not format is a defect that tests catch; at run time its id stands in its
//! place between `⟦ ⟧`, since a page is better than none.

use std::{borrow::Cow, sync::LazyLock};

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};

/// The messages of one language.
pub struct Texts(FluentBundle<FluentResource>);

impl Texts {
    /// The texts of the console, in English.
    #[must_use]
    pub fn english() -> &'static Self {
        &ENGLISH
    }

    /// A message without variables.
    #[must_use]
    pub fn get(&self, id: &str) -> String {
        self.with(id, &[])
    }

    /// A message with its variables.
    #[must_use]
    pub fn with(&self, id: &str, variables: &[(&str, Variable<'_>)]) -> String {
        self.find(id, variables)
            .unwrap_or_else(|| format!("⟦{id}⟧"))
    }

    /// A message with its variables; `None` when it is missing or does not format whole.
    #[must_use]
    pub fn find(&self, id: &str, variables: &[(&str, Variable<'_>)]) -> Option<String> {
        let mut arguments = FluentArgs::with_capacity(variables.len());
        for (name, value) in variables {
            let value = match value {
                Variable::Text(text) => FluentValue::from(*text),
                Variable::Number(number) => FluentValue::from(*number),
            };
            arguments.set(*name, value);
        }
        let pattern = self.0.get_message(id)?.value()?;
        let mut errors = Vec::new();
        let text = self
            .0
            .format_pattern(pattern, Some(&arguments), &mut errors);
        errors.is_empty().then(|| Cow::into_owned(text))
    }

    fn parse(tag: &str, sources: &[&str]) -> Self {
        let tag = tag.parse().expect("the tags of this file are valid");
        let mut bundle = FluentBundle::new_concurrent(vec![tag]);
        // What comes from outside stands in elements of its own that isolate it.
        bundle.set_use_isolating(false);
        for source in sources {
            let resource = FluentResource::try_new((*source).to_owned())
                .expect("the locale files are part of the program and parsed by its tests");
            bundle
                .add_resource(resource)
                .expect("no message is defined twice, as the tests show");
        }
        Self(bundle)
    }
}

/// What stands in for a variable of a message.
#[derive(Clone, Copy)]
pub enum Variable<'a> {
    /// Text as it is.
    Text(&'a str),
    /// A number, which plural rules look at.
    Number(u64),
}

impl<'a> From<&'a str> for Variable<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Variable<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Variable<'_> {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

static ENGLISH: LazyLock<Texts> =
    LazyLock::new(|| Texts::parse("en", &[SHARED, CONSOLE, CASEWORK]));

const SHARED: &str = include_str!("../../../locales/en.ftl");
const CONSOLE: &str = include_str!("../locales/en.ftl");
const CASEWORK: &str = include_str!("../locales/en-casework.ftl");

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    /// Ids that the program puts together; their tests stand in `words.rs` and with the pages.
    const MADE: &[&str] = &[
        "console-follow-up-",
        "console-kind-",
        "console-permission-",
        "console-inbox-only-",
        "console-inbox-sort-",
        "console-motive-",
        "console-channel-",
        "console-deny-",
        "console-person-kind-",
        "console-giver-",
        "console-way-",
        "console-preset-",
        "console-names-",
        "console-basis-",
        "console-unreachable-",
        "console-urgency-",
        "console-stage-",
        "console-hold-",
        "console-end-",
        "console-test-",
        "console-known-",
        "console-assessment-",
        "console-nature-",
        "console-timing-",
        "console-state-role-",
        "console-link-",
        "console-note-for-",
        "console-purpose-",
        "console-permits-",
        "console-target-",
        "console-actcode-",
        "console-deadline-",
        "console-verdict-",
        "console-result-",
        "console-outcome-",
        "console-change-",
        "console-reason-",
        "console-advice-",
        "console-hand-over-",
        "console-help-",
        "console-act-",
        "console-role-",
    ];

    #[test]
    fn every_id_in_the_source_has_a_message_and_every_message_a_reader() {
        let mut source = String::new();
        gather(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
            &mut source,
        );
        let quoted: Vec<&str> = source.split('"').collect();
        let is_id = |text: &&&str| {
            text.starts_with("console-")
                && !text.ends_with('-')
                && !text.contains(|c: char| !(c.is_ascii_lowercase() || "-0123456789".contains(c)))
        };
        let used: Vec<&str> = quoted.iter().filter(is_id).copied().collect();
        assert!(used.len() > 80, "the search finds ids");
        let bundle = &Texts::english().0;
        for id in &used {
            assert!(bundle.has_message(id), "{id} has no message");
        }
        let defined = CONSOLE
            .lines()
            .chain(CASEWORK.lines())
            .filter(|line| line.starts_with("console-"))
            .filter_map(|line| line.split(' ').next());
        for id in defined {
            let made = MADE.iter().any(|prefix| id.starts_with(prefix));
            assert!(made || used.contains(&id), "{id} is never shown");
        }
    }

    #[test]
    fn a_missing_message_or_variable_is_visible() {
        let texts = Texts::english();
        assert_eq!(texts.get("no-such-message"), "⟦no-such-message⟧");
        assert_eq!(texts.get("console-title"), "⟦console-title⟧");
        assert_eq!(
            texts.with("console-inbox-count", &[("count", 1.into())]),
            "One report."
        );
    }

    fn gather(folder: &Path, source: &mut String) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                gather(&path, source);
            } else if path.extension().is_some_and(|ext| ext == "rs") {
                source.push_str(&fs::read_to_string(&path).unwrap());
            }
        }
    }
}
