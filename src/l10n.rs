//! Page texts: one Fluent file per language, built into the program.
//!
//! Trusts only `locales/`. Pages ask for a message by its id; no page text stands in Rust. A message that
//! is missing or does not format is a defect that the tests of this file and of `pages` catch; at run time
//! a page is still better than none, so its id stands there between `⟦ ⟧`.

use std::borrow::Cow;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

/// A language in which every page exists.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Language {
    /// English, the language of the first day.
    English,
}

/// Every language, in the order in which they are offered.
pub const LANGUAGES: [Language; 1] = [Language::English];

impl Language {
    /// Returns the BCP 47 tag, as in `<html lang>` and in the `language` of a submission.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
        }
    }

    /// Returns the direction of writing, `ltr` or `rtl`, as in `<html dir>`.
    #[must_use]
    pub const fn direction(self) -> &'static str {
        match self {
            Self::English => "ltr",
        }
    }

    /// Returns the texts of this language.
    #[must_use]
    pub fn texts(self) -> &'static Texts {
        match self {
            Self::English => &ENGLISH,
        }
    }
}

/// The messages of one language.
pub struct Texts {
    bundle: FluentBundle<FluentResource>,
}

impl Texts {
    /// Returns a message without variables; `id.attribute` names an attribute.
    #[must_use]
    pub fn get(&self, id: &str) -> Cow<'_, str> {
        self.with(id, &[])
    }

    /// Returns a message with its variables filled in.
    #[must_use]
    pub fn with<'a>(&'a self, id: &str, variables: &[(&str, &'a str)]) -> Cow<'a, str> {
        let mut arguments = FluentArgs::with_capacity(variables.len());
        for (name, value) in variables {
            arguments.set(*name, FluentValue::from(*value));
        }
        self.format(id, &arguments)
            .unwrap_or_else(|| Cow::Owned(format!("⟦{id}⟧")))
    }

    /// Returns the `.help` of a message, if it has one.
    #[must_use]
    pub fn help(&self, id: &str) -> Option<Cow<'_, str>> {
        self.format(&format!("{id}.help"), &FluentArgs::new())
    }

    /// Returns a number of bytes in the largest unit that fits, rounded down, so that a page never
    /// promises more than the limit.
    #[must_use]
    pub fn size(&self, bytes: u64) -> String {
        let (id, unit) = match bytes {
            0..0x10_0000 => ("size-kb", 0x400),
            0x10_0000..0x4000_0000 => ("size-mb", 0x10_0000),
            _ => ("size-gb", 0x4000_0000),
        };
        let number = (bytes / unit).to_string();
        self.with(id, &[("number", &number)]).into_owned()
    }

    /// `None` for a message that is missing or did not format whole.
    fn format(&self, id: &str, arguments: &FluentArgs<'_>) -> Option<Cow<'_, str>> {
        let pattern = match id.split_once('.') {
            Some((id, attribute)) => self
                .bundle
                .get_message(id)?
                .get_attribute(attribute)?
                .value(),
            None => self.bundle.get_message(id)?.value()?,
        };
        let mut errors = Vec::new();
        let text = self
            .bundle
            .format_pattern(pattern, Some(arguments), &mut errors);
        errors.is_empty().then(|| Cow::Owned(text.into_owned()))
    }

    /// Reads one locale file.
    fn parse(language: Language, source: &'static str) -> Self {
        let resource = FluentResource::try_new(source.to_owned())
            .expect("the locale files are part of the program and parsed by its tests");
        let tag = language
            .tag()
            .parse()
            .expect("the tags of this file are valid");
        let mut bundle = FluentBundle::new_concurrent(vec![tag]);
        // Isolation marks would be typed text's bytes in every page; what comes from outside stands in <bdi>.
        bundle.set_use_isolating(false);
        bundle
            .add_resource(resource)
            .expect("no locale file defines a message twice, as the tests show");
        Self { bundle }
    }
}

static ENGLISH: LazyLock<Texts> =
    LazyLock::new(|| Texts::parse(Language::English, include_str!("../locales/en.ftl")));

#[cfg(test)]
mod tests {
    use asylia_envelope::questionnaire::{ACT_GROUPS, QUESTIONS};

    use super::*;

    #[test]
    fn every_question_value_group_and_block_has_words_in_every_language() {
        for language in LANGUAGES {
            let texts = language.texts();
            for question in &QUESTIONS {
                let id = question.id.replace('_', "-");
                assert_present(texts, &format!("field-{id}"));
                for value in question.values {
                    assert_present(texts, &format!("value-{id}-{}", value.replace('_', "-")));
                }
            }
            for (group, _) in ACT_GROUPS {
                assert_present(
                    texts,
                    &format!("group-act-types-{}", group.replace('_', "-")),
                );
            }
            for block in 1..=7 {
                assert_present(texts, &format!("block-{block}"));
            }
        }
    }

    fn assert_present(texts: &Texts, id: &str) {
        let text = texts.get(id);
        assert!(!text.contains('⟦') && !text.trim().is_empty(), "{id}");
    }

    #[test]
    fn a_missing_message_or_variable_is_visible() {
        let texts = Language::English.texts();
        assert_eq!(texts.get("no-such-message"), "⟦no-such-message⟧");
        assert_eq!(
            texts.get("refusal-too-many-files"),
            "⟦refusal-too-many-files⟧"
        );
        assert_eq!(
            texts.help("field-gender").as_deref(),
            Some("Used only for figures.")
        );
        assert_eq!(texts.help("field-act-types"), None);
    }

    #[test]
    fn sizes_are_rounded_down() {
        let texts = Language::English.texts();
        assert_eq!(texts.size(262_144), "256 KB");
        assert_eq!(texts.size(1_048_576), "1 MB");
        assert_eq!(texts.size((1 << 30) - 1), "1023 MB");
        assert_eq!(texts.size(1 << 30), "1 GB");
    }
}
