//! One submission as far as the person's keys open it, as JSON or as text for a terminal.

use std::io::{self, Read, Write};

use asylia_envelope::{
    answers::{Answer, Answers, AnswersOf},
    day::Day,
    follow_up::FollowUp,
    ids::RecordId,
    open::{OpenedAttachment, Problem},
    questionnaire::{Class, Question},
    record::SealedBy,
    submission::{Account, CompartmentName, DOCUMENT_LIMIT_BYTES, IdentityPart},
};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::{
    casework::knowledge::write_extract,
    l10n::Texts,
    opening::Refused,
    vault::{
        Vault, VaultError,
        audit::{Act, AuditItem, Motive},
        blob::BlobRef,
        item::{FileItem, Flaw, IdentityItem, IdentityState, Reason, RecordItem, RecordState},
    },
    words,
};

/// A submission as far as the person may see it. Plaintext: no `Debug`.
pub struct OpenedReport {
    /// Number of its record.
    pub record_id: RecordId,
    /// Day of arrival, UTC; `None` for who does no casework.
    pub received_day: Option<Day>,
    /// Which way it came; likewise.
    pub path: Option<SealedBy>,
    /// The language of the page on which it was written, if the account is open to this person.
    pub language: Option<String>,
    /// Every answer, those of the identity compartment among them if that is open to this person.
    pub answers: Answers,
    /// Every attachment that verified.
    pub attachments: Vec<OpenedAttachment>,
    /// What did not verify, or is closed to this person.
    pub problems: Vec<Problem>,
    /// How many records are this same report, this one included.
    pub copies: usize,
    /// For a follow-up: the report that it belongs to, once that is known.
    pub follows: Option<Option<RecordId>>,
    /// What became of the identity part.
    pub identity: IdentityBox,
}

/// The identity part of a report, as this person sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IdentityBox {
    /// Nothing that this person's keys open.
    NotThere,
    /// It can be opened, by an act of its own.
    Closed,
    /// It was opened; its answers and files are among the report's.
    Open,
}

/// The JSON of `show`.
#[derive(Serialize)]
struct ReportJson<'a> {
    id: RecordId,
    received_day: Option<String>,
    path: Option<&'static str>,
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

impl OpenedReport {
    /// Opens all of a report that the person's keys open, as `show` does when no motive was given.
    ///
    /// # Errors
    /// As [`OpenedReport::look`].
    pub fn open(vault: &mut Vault, id: RecordId) -> Result<Option<Self>, Refused> {
        Self::look(vault, id, Some(Motive::NotSaid))
    }

    /// Opens a report out of the vault: what the person's keys open of it, with every digest checked; the identity
    /// part only where somebody says why. That it was looked at is written down before anything is shown.
    ///
    /// # Errors
    /// [`Refused`], also with the reason of a record in quarantine; [`Reason::Digest`] when the vault's own bytes
    /// changed.
    pub fn look(
        vault: &mut Vault,
        id: RecordId,
        motive: Option<Motive>,
    ) -> Result<Option<Self>, Refused> {
        let record = vault.contents().record(id).cloned();
        let identity = vault.contents().identity_parts.get(&id).cloned();
        if record.is_none() && identity.is_none() {
            return Ok(None);
        }
        let mut report = Self {
            record_id: id,
            received_day: None,
            path: None,
            language: None,
            answers: Answers::default(),
            attachments: Vec::new(),
            problems: Vec::new(),
            copies: 1,
            follows: None,
            identity: IdentityBox::NotThere,
        };
        match record {
            Some(record) => report.add_account(vault, &record)?,
            None => report
                .problems
                .push(Problem::Closed(CompartmentName::Account)),
        }
        report.add_identity(vault, identity, motive.is_some())?;
        report
            .attachments
            .sort_by_key(|attachment| attachment.number);
        let case = report.received_day.map(|_| AuditItem::of(Act::CaseViewed));
        let identity = motive.filter(|_| report.identity == IdentityBox::Open);
        let identity = identity.map(|why| AuditItem::of(Act::IdentityViewed).with_motive(why));
        write_down(vault, id, [case, identity].into_iter().flatten())?;
        if report.identity == IdentityBox::Open {
            // What the gate and the figures must know of it, at the first look.
            let written = write_extract(vault, id, &report.answers);
            written.map_err(|_| Refused::Io(io::ErrorKind::Other))?;
        }
        Ok(Some(report))
    }

    fn add_account(&mut self, vault: &mut Vault, record: &RecordItem) -> Result<(), Refused> {
        let imported = match &record.state {
            RecordState::Imported(imported) => imported,
            RecordState::Quarantined(reason, _) => return Err(Refused::Record(*reason)),
        };
        self.received_day = Some(imported.received_day);
        self.path = Some(imported.path);
        self.copies = vault.contents().copies(imported);
        self.problems = imported.problems.iter().map(Flaw::problem).collect();
        self.attachments = imported.files.iter().map(FileItem::attachment).collect();
        if imported.follow_up.is_some() {
            let verdict = vault.contents().correspondence.verdict(self.record_id);
            self.follows = Some(verdict.map(|verdict| verdict.report));
        }
        if let Some(blob) = &imported.account {
            let json = read_document(vault, blob)?;
            let (answers, language) = match self.follows {
                None => Account::parse(&json).map(|told| (told.answers, told.language)),
                Some(_) => FollowUp::parse(&json).map(|told| (told.answers, told.language)),
            }
            .map_err(|_| Refused::Record(Reason::Format))?;
            let classes = [Class::Story, Class::Sensitive, Class::Permission];
            self.answers.merge(&answers, &classes);
            self.language = Some(language);
        }
        Ok(())
    }

    /// Adds the identity part, or that it is there.
    fn add_identity(
        &mut self,
        vault: &mut Vault,
        identity: Option<IdentityItem>,
        open: bool,
    ) -> Result<(), Refused> {
        let Some(IdentityState::Sealed {
            part,
            files,
            problems,
        }) = identity.map(|item| item.state)
        else {
            self.problems
                .push(Problem::Closed(CompartmentName::Identity));
            return Ok(());
        };
        if !open {
            self.identity = IdentityBox::Closed;
            return Ok(());
        }
        self.identity = IdentityBox::Open;
        self.problems.extend(problems.iter().map(Flaw::problem));
        self.attachments
            .extend(files.iter().map(FileItem::attachment));
        if let Some(blob) = &part {
            let json = read_document(vault, blob)?;
            let part = IdentityPart::parse(&json).map_err(|_| Refused::Record(Reason::Format))?;
            self.answers.merge(&part.answers, &[Class::Identity]);
        }
        Ok(())
    }

    /// Writes the JSON of `show`, in its documented shape.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn write_json(&self, texts: &Texts, out: &mut impl Write) -> io::Result<()> {
        let attachments = self.attachments.iter();
        let json = ReportJson {
            id: self.record_id,
            received_day: self.received_day.map(|day| day.to_string()),
            path: self.path.map(words::path_code),
            language: self.language.as_deref(),
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
        let problems = self.problems.iter();
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
        if self.attachments.is_empty() {
            return writeln!(out, "{}", texts.get("console-case-attachments-none"));
        }
        for attachment in &self.attachments {
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
        let mut line = |id: &str, value: &str| writeln!(out, "{}: {value}", texts.get(id));
        line("console-case-record", &self.record_id.to_string())?;
        if let (Some(day), Some(path)) = (self.received_day, self.path) {
            line("console-case-received", &day.to_string())?;
            line("console-case-path", &words::path(texts, path))?;
        }
        if let Some(language) = &self.language {
            line("console-case-language", &words::for_terminal_line(language))?;
        }
        match self.follows {
            None => {}
            Some(None) => writeln!(out, "{}", texts.get("console-report-follow-up-waiting"))?,
            Some(Some(report)) => {
                let report = report.to_string();
                let said = [("record", (&report).into())];
                writeln!(out, "{}", texts.with("console-report-follow-up", &said))?;
            }
        }
        if self.copies > 1 {
            let count = [("count", (self.copies as u64).into())];
            writeln!(out, "{}", texts.with("console-sent-twice", &count))?;
        }
        writeln!(out, "{}", texts.get("console-case-unproven"))
    }
}

/// Reads a document of the vault whole.
pub(crate) fn read_document(
    vault: &mut Vault,
    blob: &BlobRef,
) -> Result<Zeroizing<Vec<u8>>, Refused> {
    let size = usize::try_from(blob.size).unwrap_or(usize::MAX);
    // Never grows beyond what is there, so that no copy of the plaintext is left behind.
    let mut document = Zeroizing::new(Vec::with_capacity(size.min(DOCUMENT_LIMIT_BYTES)));
    let read = vault.open_blob(blob).read_to_end(&mut document);
    read.map_err(|error| refused(&error))?;
    Ok(document)
}

/// Altered bytes of the vault are a fault of the record; anything else is one of the disk.
pub(crate) fn refused(error: &io::Error) -> Refused {
    match error.kind() {
        io::ErrorKind::InvalidData => Refused::Record(Reason::Digest),
        kind => Refused::Io(kind),
    }
}

/// Writes down what is about to be shown.
pub(crate) fn write_down(
    vault: &mut Vault,
    record: RecordId,
    entries: impl Iterator<Item = AuditItem>,
) -> Result<(), Refused> {
    let written = || {
        let mut transaction = vault.begin()?;
        for entry in entries {
            transaction.log(entry.on_record(record))?;
        }
        transaction.commit()
    };
    written().map_err(|_: VaultError| Refused::Io(io::ErrorKind::Other))
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
