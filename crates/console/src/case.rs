//! One submission as an officer sees it: opened again and verified, as JSON or as text for a terminal.

use std::io::{self, Write};

use asylia_envelope::{
    answers::{Answer, Answers, AnswersOf},
    ids::RecordId,
    open::OpenedRecord,
    questionnaire::{Class, Question},
};
use serde::Serialize;

use crate::{
    l10n::Texts,
    opening::{Refused, open_imported},
    vault::{Vault, item::RecordItem},
    words,
};

/// A submission out of its seals. Plaintext: no `Debug`.
pub struct Case {
    /// Number of its record.
    pub record_id: RecordId,
    /// What opened.
    pub opened: OpenedRecord,
    /// Every answer, those of the identity compartment among them.
    pub answers: Answers,
    /// How many records are this same report, this one included.
    pub copies: usize,
}

/// The JSON of `show`.
#[derive(Serialize)]
struct CaseJson<'a> {
    id: RecordId,
    received_day: String,
    path: &'static str,
    language: Option<&'a str>,
    submission: SubmissionJson<'a>,
    attachments: Vec<AttachmentJson<'a>>,
    problems: Vec<String>,
}

#[derive(Serialize)]
struct SubmissionJson<'a> {
    answers: AnswersOf<'a>,
}

#[derive(Serialize)]
struct AttachmentJson<'a> {
    number: u16,
    name: &'a str,
    media_type: &'a str,
    size: u64,
    sha256: &'a str,
}

impl Case {
    /// Opens a record again, with every check.
    ///
    /// # Errors
    /// [`Refused`], also with the reason of a record in quarantine.
    pub fn open(vault: &mut Vault, record: &RecordItem) -> Result<Self, Refused> {
        let opened = open_imported(vault, record, &mut |_, _| Ok(()))?;
        let mut answers = Answers::default();
        if let Some(account) = &opened.account {
            answers.merge(
                &account.answers,
                &[Class::Story, Class::Sensitive, Class::Permission],
            );
        }
        if let Some(identity) = &opened.identity {
            answers.merge(&identity.answers, &[Class::Identity]);
        }
        let copies = record
            .imported()
            .map_or(1, |imported| vault.contents().copies(imported));
        Ok(Self {
            record_id: record.record_id,
            opened,
            answers,
            copies,
        })
    }

    /// The language of the page on which it was written, if the account opened.
    #[must_use]
    pub fn language(&self) -> Option<&str> {
        let account = self.opened.account.as_ref()?;
        Some(&account.language)
    }

    /// Writes the JSON of `show`, in its documented shape.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn write_json(&self, texts: &Texts, out: &mut impl Write) -> io::Result<()> {
        let attachments = self.opened.attachments.iter();
        let json = CaseJson {
            id: self.record_id,
            received_day: self.opened.head.day.to_string(),
            path: words::path_code(self.opened.head.path),
            language: self.language(),
            submission: SubmissionJson {
                answers: self.answers.of(ALL_CLASSES),
            },
            attachments: attachments
                .map(|attachment| AttachmentJson {
                    number: attachment.number,
                    name: &attachment.name,
                    media_type: &attachment.media_type,
                    size: attachment.size,
                    sha256: &attachment.sha256,
                })
                .collect(),
            problems: self.problems(texts),
        };
        serde_json::to_writer(&mut *out, &json)?;
        out.write_all(b"\n")
    }

    /// Writes it for a terminal: what must not be done or mentioned first, then the story, then the rest.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn write_text(&self, texts: &Texts, out: &mut impl Write) -> io::Result<()> {
        let heading = |out: &mut dyn Write, id: &str| writeln!(out, "\n== {} ==", texts.get(id));
        let text = |id: &str| self.answers.text(id).map(words::for_terminal);
        heading(out, "console-case-warning")?;
        let warning = text(WARNING).unwrap_or_else(|| texts.get("console-case-warning-none"));
        writeln!(out, "{warning}")?;
        heading(out, "console-case-story")?;
        let story = text(STORY).unwrap_or_else(|| texts.get("console-case-story-none"));
        writeln!(out, "{story}")?;
        for (id, classes) in SECTIONS {
            heading(out, id)?;
            self.write_answers(texts, classes, out)?;
        }
        heading(out, "console-case-attachments")?;
        self.write_attachments(texts, out)?;
        heading(out, "console-case-problems")?;
        let problems = self.problems(texts);
        if problems.is_empty() {
            writeln!(out, "{}", texts.get("console-case-problems-none"))?;
        }
        problems
            .iter()
            .try_for_each(|problem| writeln!(out, "{problem}"))?;
        heading(out, "console-case-details")?;
        self.write_details(texts, out)
    }

    /// What did not verify, in words.
    #[must_use]
    pub fn problems(&self, texts: &Texts) -> Vec<String> {
        let problems = self.opened.problems.iter();
        problems
            .map(|problem| words::problem(texts, problem))
            .collect()
    }

    /// The answered questions of `classes` in the order of the form, without those that stand on top.
    pub fn answered(
        &self,
        classes: &'static [Class],
    ) -> impl Iterator<Item = (&'static Question, &Answer)> {
        self.asked(classes)
            .filter(|(_, answer)| is_answered(answer))
    }

    /// The questions of `classes` without an answer.
    pub fn unanswered(&self, classes: &'static [Class]) -> impl Iterator<Item = &'static Question> {
        self.asked(classes)
            .filter(|(_, answer)| !is_answered(answer))
            .map(|(question, _)| question)
    }

    fn asked(
        &self,
        classes: &'static [Class],
    ) -> impl Iterator<Item = (&'static Question, &Answer)> {
        self.answers.iter().filter(move |(question, _)| {
            classes.contains(&question.class) && ![WARNING, STORY].contains(&question.id)
        })
    }

    fn write_answers(
        &self,
        texts: &Texts,
        classes: &'static [Class],
        out: &mut impl Write,
    ) -> io::Result<()> {
        for (question, answer) in self.answered(classes) {
            writeln!(out, "{}", words::question(texts, question))?;
            for value in values(texts, question, answer) {
                let value = words::for_terminal(&value);
                value
                    .split('\n')
                    .try_for_each(|line| writeln!(out, "    {line}"))?;
            }
        }
        let unanswered = self.unanswered(classes).count() as u64;
        if unanswered > 0 {
            let count = [("count", unanswered.into())];
            writeln!(
                out,
                "({})",
                texts.with("console-case-unanswered-list", &count)
            )?;
        }
        Ok(())
    }

    fn write_attachments(&self, texts: &Texts, out: &mut impl Write) -> io::Result<()> {
        if self.opened.attachments.is_empty() {
            return writeln!(out, "{}", texts.get("console-case-attachments-none"));
        }
        for attachment in &self.opened.attachments {
            writeln!(
                out,
                "{:>2}  {}  {}  {}\n    {}",
                attachment.number,
                words::for_terminal_line(&attachment.name),
                words::for_terminal_line(&attachment.media_type),
                words::size(texts, attachment.size),
                attachment.sha256,
            )?;
        }
        Ok(())
    }

    fn write_details(&self, texts: &Texts, out: &mut impl Write) -> io::Result<()> {
        let head = &self.opened.head;
        let mut line = |id: &str, value: &str| writeln!(out, "{}: {value}", texts.get(id));
        line("console-case-record", &self.record_id.to_string())?;
        line("console-case-received", &head.day.to_string())?;
        line("console-case-path", &words::path(texts, head.path))?;
        if let Some(language) = self.language() {
            line("console-case-language", &words::for_terminal_line(language))?;
        }
        if self.copies > 1 {
            let count = [("count", (self.copies as u64).into())];
            writeln!(out, "{}", texts.with("console-sent-twice", &count))?;
        }
        writeln!(out, "{}", texts.get("console-case-unproven"))
    }
}

/// The values of an answer in words; what the form does not offer stands there as it was sent.
#[must_use]
pub fn values(texts: &Texts, question: &Question, answer: &Answer) -> Vec<String> {
    let in_words =
        |value: &str| words::value(texts, question, value).unwrap_or_else(|| value.to_owned());
    match answer {
        Answer::Text(text) => text.iter().map(|text| in_words(text)).collect(),
        Answer::Several(values) => values.iter().map(|value| in_words(value)).collect(),
        Answer::Tick(true) => vec![texts.get("value-yes")],
        Answer::Tick(false) => Vec::new(),
    }
}

fn is_answered(answer: &Answer) -> bool {
    match answer {
        Answer::Text(text) => text.is_some(),
        Answer::Several(values) => !values.is_empty(),
        Answer::Tick(ticked) => *ticked,
    }
}

/// The question whose answer every officer reads first.
pub const WARNING: &str = "what_could_make_it_worse";
/// The story's question.
pub const STORY: &str = "story";
/// The rest, in the order in which it is shown: title and classes of the questions.
pub const SECTIONS: [(&str, &[Class]); 3] = [
    ("console-case-answers", &[Class::Story, Class::Sensitive]),
    ("console-case-permissions", &[Class::Permission]),
    ("console-case-identity", &[Class::Identity]),
];
const ALL_CLASSES: &[Class] = &[
    Class::Story,
    Class::Identity,
    Class::Sensitive,
    Class::Permission,
];
