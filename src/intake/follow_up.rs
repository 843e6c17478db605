//! What a person sends later with a return code, JavaScript off: sealed like a report and signed with the code's key,
//! in memory. The code is read first, so that a slip is named before anything else is sent.
//!
//! The server cannot tell whether it knows the code, and does not try; the office refuses what no case of its own
//! has signed. `docs/FORMAT.md#follow-ups`.

use std::collections::BTreeMap;

use asylia_envelope::{
    follow_up::{FollowUp, FollowUpKeys, Permission, Purpose, next_counter},
    ids::{QuestionNonce, ReplyDigest},
    return_code::{MailboxKeys, ReturnCode},
    sealing::SubmissionSealer,
    submission::{IdentityPart, MailboxAddress},
};
use multer::{Field, Multipart};

use super::{
    Intake, Sealing, Telling,
    draft::{Draft, TextField},
    take,
};
use crate::{clock::Rng, error::AppError, limits::CODE_BYTES, mailbox, refusal::Refusal};

/// What the page after a follow-up shows, once: no `Debug`, kept nowhere.
pub struct Sent {
    /// The new return code, where one was asked for.
    pub new_code: Option<ReturnCode>,
}

/// Takes one follow-up from a form; returns only when its record is durable.
///
/// # Errors
/// The refusal to show; nothing of the follow-up is kept then.
pub async fn take_follow_up(
    intake: &Intake<'_>,
    form: Multipart<'_>,
    rng: &mut Rng,
) -> Result<Sent, AppError> {
    take::<Told>(intake, form, rng).await
}

/// A follow-up while it arrives. Plaintext and secret: no `Debug`.
#[derive(Default)]
struct Told {
    draft: Draft,
    code: Option<ReturnCode>,
    read: Option<ReplyDigest>,
    nonce: Option<QuestionNonce>,
    permissions: BTreeMap<Purpose, Permission>,
    withdraw_all: bool,
    delete_report: bool,
    new_code: bool,
}

impl Told {
    /// Adds a field of this form, or one of the questionnaire.
    fn add(&mut self, field: &TextField) -> Result<(), AppError> {
        let text = field.text.as_str();
        let ticked = text == TICKED;
        match field.name.as_str() {
            CODE if text.len() > CODE_BYTES => return Err(Refusal::BadCodeForm.into()),
            CODE => {
                self.code = Some(ReturnCode::parse(text).map_err(Refusal::from)?);
            }
            // What our page wrote into these is whole, or the form is none of ours.
            READ => self.read = parsed(text)?,
            QUESTION => self.nonce = parsed(text)?,
            WITHDRAW_ALL => self.withdraw_all |= ticked,
            DELETE_REPORT => self.delete_report |= ticked,
            NEW_CODE => self.new_code |= ticked,
            name => match name.strip_prefix(PERMISSION) {
                Some(purpose) if !text.is_empty() => {
                    let purpose = named(purpose).ok_or(Refusal::BadForm)?;
                    let permission = named(text).ok_or(Refusal::BadForm)?;
                    self.permissions.insert(purpose, permission);
                }
                Some(_) => {}
                None => self.draft.add(field),
            },
        }
        Ok(())
    }

    /// What is sealed.
    fn into_follow_up(
        self,
        intake: &Intake<'_>,
        keys: &MailboxKeys,
        counter: u64,
        new: Option<&MailboxKeys>,
    ) -> (FollowUp, IdentityPart) {
        let identity = IdentityPart {
            answers: self.draft.answers.clone(),
        };
        let follow_up = FollowUp {
            language: intake.language.to_owned(),
            page_number: self.draft.page_number,
            lookup_id: keys.lookup_id(),
            counter,
            answers_reply: self.read,
            nonce: self.nonce,
            permissions: self.permissions,
            withdraw_all: self.withdraw_all,
            delete_report: self.delete_report,
            new_mailbox: new.map(MailboxAddress::of),
            answers: self.draft.answers,
        };
        (follow_up, identity)
    }
}

impl Telling for Told {
    type Shown = Sent;

    async fn read_field(&mut self, field: Field<'_>, intake: &Intake<'_>) -> Result<(), AppError> {
        let field = self.draft.read(field, intake.report_limit_mib).await?;
        if self.code.is_none() && !BEFORE_CODE.contains(&field.name.as_str()) {
            return Err(Refusal::BadCodeForm.into());
        }
        self.add(&field)
    }

    async fn seal<'a>(
        mut self,
        intake: &Intake<'a>,
        files: bool,
        rng: &mut Rng,
    ) -> Result<(Sealing<'a>, Sent), AppError> {
        let code = self.code.take().ok_or(Refusal::BadCodeForm)?;
        let instance = intake.bundle.content().instance;
        let keys = code.derive_mailbox(instance);
        let counter = next_counter(highest_read(intake, &keys, rng).await?, intake.now_unix_s);
        let new_code = match (self.new_code, self.draft.page_number) {
            (true, Some(page)) => Some(code.derive_new_code(instance, page)),
            // Every page of ours has one; a code of chance would be another one each time this is sent.
            (true, None) => return Err(Refusal::BadForm.into()),
            (false, _) => None,
        };
        let new = new_code.as_ref().map(|code| code.derive_mailbox(instance));
        let (follow_up, identity) = self.into_follow_up(intake, &keys, counter, new.as_ref());
        if !follow_up.says_something(files) {
            return Err(Refusal::EmptyFollowUp.into());
        }
        let (period, keys) = (intake.period, FollowUpKeys::of(keys, new));
        let sealing = Sealing::start(intake, rng, |id, record| {
            SubmissionSealer::start_follow_up(
                instance, period, id, &follow_up, &identity, keys, record,
            )
        })?;
        Ok((sealing, Sent { new_code }))
    }
}

/// The highest counter that the replies in the mailbox confirm; 0 without any. In the time that reading them takes:
/// what follows is the same work whatever was there.
async fn highest_read(
    intake: &Intake<'_>,
    keys: &MailboxKeys,
    rng: &mut Rng,
) -> Result<u64, AppError> {
    let content = intake.bundle.content();
    let opened = mailbox::levelled(async {
        let _turn = intake.turns.take().await?;
        let slots = mailbox::slots(intake.store, &keys.lookup_token, rng).await?;
        let opened = mailbox::open(&slots, keys, content.instance, &content.office_keys);
        Ok::<_, AppError>(opened)
    });
    let opened = opened.await?;
    let replies = opened.thread.replies().iter();
    let counters = replies.map(|opened| opened.reply.follow_up_counter);
    Ok(counters.max().unwrap_or_default())
}

/// A value that our page wrote; nothing for an empty one.
fn parsed<T: core::str::FromStr>(text: &str) -> Result<Option<T>, AppError> {
    match text {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| Refusal::BadForm.into()),
    }
}

/// A purpose or permission by the name that the domain gives it.
fn named<T: serde::de::DeserializeOwned>(name: &str) -> Option<T> {
    serde_json::from_value(name.into()).ok()
}

/// Names of the form's fields beside those of the questionnaire; `pages/follow_up.rs` writes them.
pub(crate) const CODE: &str = "code";
pub(crate) const READ: &str = "read";
pub(crate) const QUESTION: &str = "question";
pub(crate) const PERMISSION: &str = "permission_";
pub(crate) const WITHDRAW_ALL: &str = "withdraw_all";
pub(crate) const DELETE_REPORT: &str = "delete_report";
pub(crate) const NEW_CODE: &str = "new_code";
/// What a tick posts.
const TICKED: &str = "yes";
/// What the page puts before the code.
const BEFORE_CODE: [&str; 3] = [CODE, READ, "page_number"];
