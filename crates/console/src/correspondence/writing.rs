//! Writing to a submitter: what the console writes by itself, and what an officer writes.
//!
//! A reply waits in the vault until an export seals it; its place in the mailbox is fixed when it is written. The
//! deny-list of the report is looked for before it is taken.

use asylia_envelope::{
    day::Day,
    ids::{InstanceId, QuestionNonce, RecordId, SubmissionId},
    reply::{Reply, ReplyError, ReplyKind},
    submission::{Account, FORMAT_VERSION},
};

use super::names;
use crate::{
    l10n::Texts,
    opening::Refused,
    vault::{
        Vault, VaultError, VaultTransaction,
        audit::{Act, AuditItem},
        correspondence::MailboxState,
        domain::Domain,
        item::{Item, ReplyItem},
    },
};

/// What an officer writes.
pub struct Letter<'a> {
    /// The report.
    pub report: RecordId,
    /// What it says.
    pub text: &'a str,
    /// Whether it is a question; only the answer to one can raise a permission.
    pub question: bool,
    /// Whether it is taken although words of the deny-list stand in it.
    pub anyway: bool,
}

/// What came of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Taken {
    /// Its place in the mailbox.
    pub counter: u64,
    /// Whether the names of the report could be looked for: they are closed to who lacks the identity key.
    pub names_checked: bool,
}

/// Why a letter is not taken. Each text has two sentences; none shows the words that were found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// No such report, or none whose submitter could read an answer.
    #[error(
        "This report has no mailbox that can be written to. Open it to see whether its account is whole, or is a copy of another report."
    )]
    NoMailbox,
    /// Nothing, or white space alone.
    #[error("The text is empty. Write what the submitter shall read.")]
    Empty,
    /// More than a slot holds.
    #[error(
        "The text is too long: an answer holds about 4000 letters, fewer of them in scripts that take several bytes a letter. Shorten it, or write two answers."
    )]
    TooLong,
    /// The deny-list.
    #[error(
        "{0} words of this report's names stand in the text, and whoever sees the submitter's screen would read them. Take them out, or say that it shall go all the same."
    )]
    Names(usize),
    /// The vault could not be read.
    #[error(
        "The report's names could not be read to look for them in the text. Run `asylia-console doctor`; nothing was written."
    )]
    Unreadable(#[from] Refused),
    /// The vault failed.
    #[error("{0}")]
    Vault(#[from] VaultError),
}

/// The office's first reply to a report, which proves that it was opened: it repeats the words of the receipt.
#[must_use]
pub fn first(
    account: &Account,
    instance: InstanceId,
    submission_id: SubmissionId,
    day: Day,
) -> Reply {
    Reply {
        version: FORMAT_VERSION,
        instance,
        lookup_id: account.mailbox.lookup_id,
        submission_id,
        counter: 1,
        previous: None,
        day,
        follow_up_counter: 0,
        kind: ReplyKind::Received {
            proof_words: account.proof_words.each_ref().map(|word| word.to_string()),
        },
        language: LANGUAGE.to_owned(),
        text: Texts::english().get("console-reply-first"),
    }
}

/// Takes a letter in; it leaves with one of the next exports.
///
/// # Errors
/// See [`WriteError`]; nothing was written then.
pub fn write(vault: &mut Vault, letter: &Letter<'_>) -> Result<Taken, WriteError> {
    if letter.text.trim().is_empty() {
        return Err(WriteError::Empty);
    }
    let (names, names_checked) = names::of_report(vault, letter.report)?;
    let found = names.found_in(letter.text.as_bytes()).len();
    if found > 0 && !letter.anyway {
        return Err(WriteError::Names(found));
    }
    let by = hex::encode(vault.person());
    let mut rng = (vault.machine().random)();
    let kind = match letter.question {
        true => ReplyKind::Question {
            nonce: QuestionNonce::generate(&mut rng),
        },
        false => ReplyKind::Message,
    };
    let mut transaction = vault.begin()?;
    let mailbox = transaction
        .contents()
        .correspondence
        .mailbox_of(letter.report)
        .cloned();
    let mailbox = mailbox.ok_or(WriteError::NoMailbox)?;
    let text = asylia_envelope::answers::with_line_feeds(letter.text);
    let counter = transaction.write_reply(&mailbox, kind, &text, Some(by))?;
    let entry = AuditItem::of(Act::ReplyWritten).on_record(letter.report);
    transaction.log(entry.with_number(counter))?;
    if found > 0 {
        let entry = AuditItem::of(Act::ReplyWrittenAnyway).on_record(letter.report);
        transaction.log(entry.with_number(found as u64))?;
    }
    transaction.commit()?;
    Ok(Taken {
        counter,
        names_checked,
    })
}

impl VaultTransaction<'_> {
    /// Puts a reply behind the others of a mailbox; one a transaction. Returns its place.
    pub(super) fn write_reply(
        &mut self,
        mailbox: &MailboxState,
        kind: ReplyKind,
        text: &str,
        by: Option<String>,
    ) -> Result<u64, WriteError> {
        let bundle = self.contents().bundle.as_ref();
        let instance = bundle.ok_or(VaultError::Damaged)?.content().instance;
        let (counter, previous) = match mailbox.newest {
            Some((counter, digest)) => (counter + 1, Some(digest)),
            None => (1, None),
        };
        let reply = Reply {
            version: FORMAT_VERSION,
            instance,
            lookup_id: mailbox.mailbox.lookup_id,
            submission_id: mailbox.submission_id,
            counter,
            previous,
            day: self.today(),
            follow_up_counter: mailbox.follow_up_counter,
            kind,
            language: LANGUAGE.to_owned(),
            text: text.to_owned(),
        };
        match reply.digest() {
            Ok(_) => {}
            Err(ReplyError::TooLong) => return Err(WriteError::TooLong),
            Err(_) => return Err(WriteError::NoMailbox),
        }
        let item = ReplyItem {
            report: mailbox.report,
            reply,
            by,
        };
        self.append(Domain::Case, Item::Reply(Box::new(item)))?;
        Ok(counter)
    }
}

/// Of what the console writes by itself; what an officer writes may be in any.
const LANGUAGE: &str = "en";
