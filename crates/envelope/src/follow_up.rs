//! A follow-up: what a person sends later with the return code. More to tell, an answer, less permission.
//!
//! It travels as a submission of its own, in the same compartments and classes, so that nobody outside the
//! seal can tell it from a first report. The code's key signs what ties it to its mailbox, its place and
//! its compartments. Sealed plaintext is foreign all the same: the parser is strict, and what it returns is
//! unproven until [`FollowUpProof::verify`]. `docs/FORMAT.md#follow-ups`.

use core::fmt;
use std::collections::BTreeMap;

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    answers::{Answers, AnswersOf},
    day::Day,
    ids::{InstanceId, LookupId, PageNumber, QuestionNonce, ReplyDigest, SubmissionId},
    return_code::MailboxKeys,
    signing::{BadSignature, Mailbox, SigningKey, VerifyingKey},
    submission::{
        ACCOUNT_CLASSES, BadDocument, FORMAT_VERSION, MailboxAddress, SENSITIVE_CLASSES,
        json_bytes, sensitive, story_and_permissions,
    },
};

/// What somebody may be told for: the purposes of the domain's consent matrix.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Keep and count.
    FocalPoint,
    /// Mandate holders and the staff who support them.
    MandateHolders,
    /// Assistant Secretary-General, High Commissioner, President of the Human Rights Council.
    AsgHcHrcPresident,
    /// The United Nations' presence in the country of risk.
    UnFieldPresenceInCountry,
    /// A Government.
    Government,
    /// A company, an armed group, an intergovernmental organisation.
    NonStateAddressee,
    /// The published copy of a letter and its reply.
    PublicCopyOfLetter,
    /// Press, statements, reports that tell the case.
    PublicStatements,
    /// The Secretary-General's report.
    SgReport,
    /// Other mechanisms, each by name.
    OtherMechanisms,
}

/// How far a permission goes; greater permits more.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// Not at all.
    No,
    /// Only after a question that was answered.
    AskFirst,
    /// Without saying who.
    WithoutIdentity,
    /// With the identity.
    WithIdentity,
}

/// `meta/follow-up`, in the place of `meta/account`. Plaintext: no `Debug`.
pub struct FollowUp {
    /// Language of the page on which it was written, BCP 47.
    pub language: String,
    /// Drawn with the page; the same one twice is one follow-up sent twice.
    pub page_number: Option<PageNumber>,
    /// The mailbox of the code that signs it.
    pub lookup_id: LookupId,
    /// Its place: greater than that of every earlier follow-up of this code.
    pub counter: u64,
    /// The newest reply that its writer had read.
    pub answers_reply: Option<ReplyDigest>,
    /// Of the question that it answers; only such an answer can raise a permission.
    pub nonce: Option<QuestionNonce>,
    /// Permissions as they shall be from now on; what is not named stays as it is.
    pub permissions: BTreeMap<Purpose, Permission>,
    /// Takes back every permission; the office keeps and counts the case only.
    pub withdraw_all: bool,
    /// Asks the office to delete what it was told.
    pub delete_report: bool,
    /// The mailbox of a new code, which replaces this one.
    pub new_mailbox: Option<MailboxAddress>,
    /// Answers of the classes N, P and S, for what the follow-up itself tells; the story may be empty.
    pub answers: Answers,
}

/// What the code's key signs, besides the contents: `meta/proof`, behind the manifest in its compartment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FollowUpProof {
    /// Signature of the code's key, base64.
    signature: String,
    /// Signature of the new code's key over the same, when there is one, base64.
    new_signature: Option<String>,
}

/// What a proof says of a follow-up besides its compartments. No plaintext, so that it may wait for slow files.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FollowUpTie {
    /// See [`FollowUp::lookup_id`].
    pub lookup_id: LookupId,
    /// See [`FollowUp::counter`].
    pub counter: u64,
    /// See [`FollowUp::answers_reply`].
    pub answers_reply: Option<ReplyDigest>,
    /// Verifying key of the new code, base64.
    pub new_key: Option<String>,
}

/// The statement behind a proof: everything that ties a follow-up to its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FollowUpStatement {
    /// The office's installation.
    pub instance: InstanceId,
    /// The follow-up's own submission id.
    pub submission_id: SubmissionId,
    /// Mailbox, place, and what it answers.
    pub tie: FollowUpTie,
    /// SHA-256 of `meta/manifest`, whose digests cover all compartments.
    pub manifest_sha256: [u8; 32],
}

/// The keys that sign a follow-up; a secret of the submitter.
pub struct FollowUpKeys {
    /// That of the code.
    pub code: SigningKey<Mailbox>,
    /// That of the new code, where the follow-up names one.
    pub new_code: Option<SigningKey<Mailbox>>,
}

/// Why a proof does not hold.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProofError {
    /// The code's key has not signed it.
    #[error("the follow-up is not signed with the return code of this case")]
    NotTheCode,
    /// It names a new code that has not signed, or the reverse.
    #[error("the new return code has not signed the change")]
    NotTheNewCode,
    /// It names another mailbox than the one whose key is known.
    #[error("the follow-up belongs to another mailbox")]
    OtherMailbox,
}

impl FollowUp {
    /// What its proof says of it.
    #[must_use]
    pub fn tie(&self) -> FollowUpTie {
        let new_mailbox = self.new_mailbox.as_ref();
        FollowUpTie {
            lookup_id: self.lookup_id,
            counter: self.counter,
            answers_reply: self.answers_reply,
            new_key: new_mailbox.map(|address| address.verifying_key.clone()),
        }
    }

    /// Whether it says anything at all; `files` that come along say something too.
    #[must_use]
    pub fn says_something(&self, files: bool) -> bool {
        files
            || self.withdraw_all
            || self.delete_report
            || self.new_mailbox.is_some()
            || !self.permissions.is_empty()
            || self.answers.any_of(ACCOUNT_CLASSES)
            || self.answers.any_of(SENSITIVE_CLASSES)
    }

    /// The JSON member, cleared when dropped.
    #[must_use]
    pub fn to_json(&self) -> Zeroizing<Vec<u8>> {
        json_bytes(&FollowUpOut {
            version: FORMAT_VERSION,
            language: &self.language,
            page_number: self.page_number,
            lookup_id: self.lookup_id,
            counter: self.counter,
            answers_reply: self.answers_reply,
            nonce: self.nonce,
            permissions: &self.permissions,
            withdraw_all: self.withdraw_all,
            delete_report: self.delete_report,
            new_mailbox: self.new_mailbox.as_ref(),
            answers: self.answers.of(ACCOUNT_CLASSES),
            sensitive: self.answers.of(SENSITIVE_CLASSES),
        })
    }

    /// Reads the JSON member.
    ///
    /// # Errors
    /// [`BadDocument`] on anything that [`FollowUp::to_json`] does not make.
    pub fn parse(json: &[u8]) -> Result<Self, BadDocument> {
        let read: FollowUpIn = serde_json::from_slice(json).map_err(|_| BadDocument)?;
        let address_fits = read
            .new_mailbox
            .as_ref()
            .is_none_or(MailboxAddress::is_well_formed);
        if read.version != FORMAT_VERSION || read.language.len() > 35 || !address_fits {
            return Err(BadDocument);
        }
        let mut answers = read.answers;
        answers.merge(&read.sensitive, SENSITIVE_CLASSES);
        Ok(Self {
            language: read.language,
            page_number: read.page_number,
            lookup_id: read.lookup_id,
            counter: read.counter,
            answers_reply: read.answers_reply,
            nonce: read.nonce,
            permissions: read.permissions,
            withdraw_all: read.withdraw_all,
            delete_report: read.delete_report,
            new_mailbox: read.new_mailbox,
            answers,
        })
    }
}

/// The place of a follow-up that is sealed at this second of this day: above all that the office has confirmed.
///
/// `read` is the highest [`crate::reply::Reply::follow_up_counter`] of the replies at hand; `seconds` counts from
/// 1970. Nothing need be kept between two follow-ups. `docs/FORMAT.md#follow-ups` says which clock.
#[must_use]
pub fn next_counter(read: u64, seconds: u64) -> u64 {
    seconds.max(read.saturating_add(1))
}

/// Whether a counter can be that of an honest sealer, on the day on which the office looks: one far ahead would
/// shut out all that come later.
#[must_use]
pub fn counter_is_plausible(counter: u64, today: Day) -> bool {
    let limit = today.days_since_1970() + COUNTER_DAYS_AHEAD;
    counter > 0 && u64::try_from(limit).is_ok_and(|days| counter < days * SECONDS_PER_DAY)
}

impl FollowUpKeys {
    /// Those of a code, and of a new one where there is one.
    #[must_use]
    pub fn of(code: MailboxKeys, new_code: Option<MailboxKeys>) -> Self {
        Self {
            code: code.signing_key,
            new_code: new_code.map(|keys| keys.signing_key),
        }
    }
}

impl FollowUpStatement {
    /// Signs with the code, and with the new one where the follow-up names it.
    #[must_use]
    pub fn sign(&self, keys: &FollowUpKeys) -> FollowUpProof {
        let sign = |key: &SigningKey<Mailbox>| {
            self.with_fields(|fields| BASE64_STANDARD.encode(key.sign(fields)))
        };
        FollowUpProof {
            signature: sign(&keys.code),
            new_signature: keys.new_code.as_ref().map(sign),
        }
    }

    /// The signed fields, in their order.
    fn with_fields<T>(&self, use_fields: impl FnOnce(&[&[u8]]) -> T) -> T {
        let tie = &self.tie;
        let digest = tie.answers_reply.map(|digest| digest.0);
        let new_key = tie.new_key.as_deref().unwrap_or_default();
        use_fields(&[
            &self.instance.0,
            &self.submission_id.0,
            &tie.lookup_id.0,
            &tie.counter.to_be_bytes(),
            digest.as_ref().map_or(&[][..], |digest| digest),
            new_key.as_bytes(),
            &self.manifest_sha256,
        ])
    }
}

impl FollowUpProof {
    /// The JSON member.
    #[must_use]
    pub fn to_json(&self) -> Zeroizing<Vec<u8>> {
        json_bytes(self)
    }

    /// Reads the JSON member.
    ///
    /// # Errors
    /// [`BadDocument`] on anything that [`FollowUpProof::to_json`] does not make.
    pub fn parse(json: &[u8]) -> Result<Self, BadDocument> {
        serde_json::from_slice(json).map_err(|_| BadDocument)
    }

    /// Checks the proof against the mailbox that the case knows.
    ///
    /// Whether the counter is greater than the last, and whether a path without JavaScript makes a raise
    /// unproven, is for the caller, who keeps both.
    ///
    /// # Errors
    /// See [`ProofError`].
    pub fn verify(
        &self,
        statement: &FollowUpStatement,
        mailbox: &MailboxAddress,
    ) -> Result<(), ProofError> {
        if statement.tie.lookup_id != mailbox.lookup_id {
            return Err(ProofError::OtherMailbox);
        }
        verify(statement, &mailbox.verifying_key, &self.signature)
            .map_err(|BadSignature| ProofError::NotTheCode)?;
        match (&statement.tie.new_key, &self.new_signature) {
            (None, None) => Ok(()),
            (Some(new), Some(signature)) => {
                verify(statement, new, signature).map_err(|BadSignature| ProofError::NotTheNewCode)
            }
            _ => Err(ProofError::NotTheNewCode),
        }
    }
}

fn verify(
    statement: &FollowUpStatement,
    verifying_key: &str,
    signature: &str,
) -> Result<(), BadSignature> {
    let key = VerifyingKey::<Mailbox>::parse(verifying_key).map_err(|_| BadSignature)?;
    let signature = BASE64_STANDARD
        .decode(signature)
        .map_err(|_| BadSignature)?;
    statement.with_fields(|fields| key.verify(fields, &signature))
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

#[derive(Serialize)]
struct FollowUpOut<'a> {
    version: u32,
    language: &'a str,
    page_number: Option<PageNumber>,
    lookup_id: LookupId,
    counter: u64,
    answers_reply: Option<ReplyDigest>,
    nonce: Option<QuestionNonce>,
    permissions: &'a BTreeMap<Purpose, Permission>,
    withdraw_all: bool,
    delete_report: bool,
    new_mailbox: Option<&'a MailboxAddress>,
    answers: AnswersOf<'a>,
    sensitive: AnswersOf<'a>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FollowUpIn {
    version: u32,
    language: String,
    page_number: Option<PageNumber>,
    lookup_id: LookupId,
    counter: u64,
    answers_reply: Option<ReplyDigest>,
    nonce: Option<QuestionNonce>,
    permissions: BTreeMap<Purpose, Permission>,
    withdraw_all: bool,
    delete_report: bool,
    new_mailbox: Option<MailboxAddress>,
    #[serde(deserialize_with = "story_and_permissions")]
    answers: Answers,
    #[serde(deserialize_with = "sensitive")]
    sensitive: Answers,
}

const SECONDS_PER_DAY: u64 = 24 * 60 * 60;
/// A sealer's clock may be some hours ahead, and its day is the server's.
const COUNTER_DAYS_AHEAD: i64 = 2;

#[cfg(test)]
mod tests;
