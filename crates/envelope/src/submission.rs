//! A submission's compartments as values: what is sealed to whom, and the JSON members that hold it.
//!
//! Sealed plaintext is foreign all the same: anybody can seal to the office. So every parser here is strict
//! (unknown members, versions and shapes are refused) and bounded.

use core::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use zeroize::Zeroizing;

use crate::{
    answers::{Answers, AnswersOf},
    hybrid::HybridRecipient,
    ids::{InstanceId, LookupId, PageNumber, SubmissionId},
    questionnaire::Class,
    return_code::MailboxKeys,
    words::ProofWords,
};

/// Version of every JSON member of the format.
pub const FORMAT_VERSION: u32 = 1;
/// Most attachments of one submission.
pub const ATTACHMENTS_LIMIT: u16 = 64;
/// Most bytes of one text field, in UTF-8.
pub const TEXT_FIELD_LIMIT_BYTES: usize = 256 * 1024;
/// Most bytes of text in one submission, in UTF-8.
pub const REPORT_TEXT_LIMIT_BYTES: usize = 1024 * 1024;
/// Most bytes of a file name; a longer one is cut at a character.
pub const FILE_NAME_LIMIT_BYTES: usize = 1024;
/// Most bytes of the JSON of a compartment: all text, every byte of it escaped as `\u00XX`, and the rest.
pub const DOCUMENT_LIMIT_BYTES: usize = 6 * REPORT_TEXT_LIMIT_BYTES + 64 * 1024;

/// Name of a compartment, in the order in which they stand: account, identity, attachments, manifest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum CompartmentName {
    /// Story, facts, permissions, mailbox.
    Account,
    /// What the questionnaire marks I.
    Identity,
    /// One file, numbered from 1.
    Attachment(u16),
    /// Digests of the ciphertexts of all others.
    Manifest,
}

impl CompartmentName {
    /// Reads a name in its only spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let name = match text {
            "account" => Self::Account,
            "identity" => Self::Identity,
            "manifest" => Self::Manifest,
            _ => Self::Attachment(text.strip_prefix("attachment-")?.parse().ok()?),
        };
        let known =
            !matches!(name, Self::Attachment(number) if !(1..=ATTACHMENTS_LIMIT).contains(&number));
        (known && name.to_string() == text).then_some(name)
    }
}

impl fmt::Display for CompartmentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account => f.write_str("account"),
            Self::Identity => f.write_str("identity"),
            Self::Attachment(number) => write!(f, "attachment-{number:02}"),
            Self::Manifest => f.write_str("manifest"),
        }
    }
}

/// `meta/compartment`, the first member of every compartment: what it belongs to (age binds nothing).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompartmentHead {
    /// [`FORMAT_VERSION`].
    pub version: u32,
    /// The office's installation.
    pub instance: InstanceId,
    /// The period whose keys it is sealed to.
    pub period: String,
    /// The submission.
    pub submission_id: SubmissionId,
    /// Its name, as [`CompartmentName`] spells it.
    pub compartment: String,
}

/// What the office needs to write to a submitter; derived from the return code, sealed inside `account`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailboxAddress {
    /// Replies are sealed to this recipient, `age1pq1…`.
    pub recipient: String,
    /// Replies are filed under this number, 64 hexadecimal digits.
    pub lookup_id: LookupId,
    /// Follow-ups are signed with this Ed25519 key, base64.
    pub verifying_key: String,
}

impl MailboxAddress {
    /// The public half of a mailbox.
    #[must_use]
    pub fn of(keys: &MailboxKeys) -> Self {
        Self {
            recipient: keys.identity.to_recipient().to_string(),
            lookup_id: keys.lookup_id(),
            verifying_key: keys.signing_key.verifying_key().to_string(),
        }
    }

    /// Whether recipient, number and key are well-formed.
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        self.recipient.parse::<HybridRecipient>().is_ok()
            && crate::signing::VerifyingKey::<crate::signing::Mailbox>::parse(&self.verifying_key)
                .is_ok()
    }
}

/// `meta/account`: what the account key opens. Plaintext: no `Debug`.
pub struct Account {
    /// Language of the page on which it was written, BCP 47.
    pub language: String,
    /// Drawn with the page; the same one twice is one report sent twice.
    pub page_number: Option<PageNumber>,
    /// Repeated by the office's first reply.
    pub proof_words: ProofWords,
    /// Where replies go.
    pub mailbox: MailboxAddress,
    /// Answers of the classes N, P and S; those of I are unanswered here.
    pub answers: Answers,
}

/// `meta/identity`: what the identity key opens. Plaintext: no `Debug`.
pub struct IdentityPart {
    /// Answers of class I; all others are unanswered here.
    pub answers: Answers,
}

/// `meta/file`, before an attachment's bytes. Plaintext: no `Debug`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileHead {
    /// Claimed name; data for display, never a path.
    pub name: String,
    /// Claimed media type.
    pub media_type: String,
}

/// `meta/end`, behind an attachment's bytes.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEnd {
    /// True length in bytes.
    pub size: u64,
    /// SHA-256 of the bytes, 64 hexadecimal digits.
    pub sha256: String,
}

/// `meta/manifest`: every other compartment's ciphertext, in order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// One entry a compartment.
    pub compartments: Vec<ManifestEntry>,
}

/// One compartment as the manifest knows it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestEntry {
    /// Its name.
    pub name: String,
    /// Bytes of its ciphertext.
    pub size: u64,
    /// SHA-256 of its ciphertext, 64 hexadecimal digits.
    pub sha256: String,
}

/// Decrypted bytes are no document of the format.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a document inside the seal is not of this format")]
pub struct BadDocument;

impl Account {
    /// The JSON member, cleared when dropped.
    #[must_use]
    pub fn to_json(&self) -> Zeroizing<Vec<u8>> {
        let out = AccountOut {
            language: &self.language,
            page_number: self.page_number,
            proof_words: [
                &self.proof_words[0],
                &self.proof_words[1],
                &self.proof_words[2],
            ],
            mailbox: &self.mailbox,
            answers: self.answers.of(ACCOUNT_CLASSES),
            sensitive: self.answers.of(SENSITIVE_CLASSES),
        };
        json_bytes(&out)
    }

    /// Reads the JSON member.
    ///
    /// # Errors
    /// [`BadDocument`] on anything that [`Account::to_json`] does not make.
    pub fn parse(json: &[u8]) -> Result<Self, BadDocument> {
        let read: AccountIn = serde_json::from_slice(json).map_err(|_| BadDocument)?;
        let short =
            read.language.len() <= 35 && read.proof_words.iter().all(|word| word.len() <= 32);
        if !short || !read.mailbox.is_well_formed() {
            return Err(BadDocument);
        }
        let mut answers = read.answers;
        answers.merge(&read.sensitive, SENSITIVE_CLASSES);
        Ok(Self {
            language: read.language,
            page_number: read.page_number,
            proof_words: read.proof_words.map(Zeroizing::new),
            mailbox: read.mailbox,
            answers,
        })
    }
}

impl IdentityPart {
    /// The JSON member, cleared when dropped.
    #[must_use]
    pub fn to_json(&self) -> Zeroizing<Vec<u8>> {
        json_bytes(&IdentityOut {
            answers: self.answers.of(IDENTITY_CLASSES),
        })
    }

    /// Reads the JSON member.
    ///
    /// # Errors
    /// [`BadDocument`] on anything that [`IdentityPart::to_json`] does not make.
    pub fn parse(json: &[u8]) -> Result<Self, BadDocument> {
        let read: IdentityIn = serde_json::from_slice(json).map_err(|_| BadDocument)?;
        Ok(Self {
            answers: read.answers,
        })
    }
}

/// Cuts a claimed file name to [`FILE_NAME_LIMIT_BYTES`] at a character.
#[must_use]
pub fn cut_file_name(name: &str) -> &str {
    let mut end = name.len().min(FILE_NAME_LIMIT_BYTES);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.get(..end).unwrap_or_default()
}

/// Serialises into a buffer that never grows, so that no copy of plaintext stays in freed heap.
pub(crate) fn json_bytes(value: &impl Serialize) -> Zeroizing<Vec<u8>> {
    let mut count = Counter(0);
    serde_json::to_writer(&mut count, value).expect("these types serialise");
    let mut bytes = Zeroizing::new(Vec::with_capacity(count.0));
    serde_json::to_writer(&mut *bytes, value).expect("these types serialise");
    bytes
}

struct Counter(usize);

impl std::io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[derive(Serialize)]
struct AccountOut<'a> {
    language: &'a str,
    page_number: Option<PageNumber>,
    proof_words: [&'a str; 3],
    mailbox: &'a MailboxAddress,
    answers: AnswersOf<'a>,
    sensitive: AnswersOf<'a>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountIn {
    language: String,
    page_number: Option<PageNumber>,
    proof_words: [String; 3],
    mailbox: MailboxAddress,
    #[serde(deserialize_with = "story_and_permissions")]
    answers: Answers,
    #[serde(deserialize_with = "sensitive")]
    sensitive: Answers,
}

#[derive(Serialize)]
struct IdentityOut<'a> {
    answers: AnswersOf<'a>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IdentityIn {
    #[serde(deserialize_with = "identity")]
    answers: Answers,
}

pub(crate) fn story_and_permissions<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Answers, D::Error> {
    Answers::deserialize_of(deserializer, ACCOUNT_CLASSES)
}

pub(crate) fn sensitive<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Answers, D::Error> {
    Answers::deserialize_of(deserializer, SENSITIVE_CLASSES)
}

fn identity<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Answers, D::Error> {
    Answers::deserialize_of(deserializer, IDENTITY_CLASSES)
}

/// What stands in `answers` of an account or a follow-up.
pub(crate) const ACCOUNT_CLASSES: &[Class] = &[Class::Story, Class::Permission];
/// What stands in a section of its own beside them.
pub(crate) const SENSITIVE_CLASSES: &[Class] = &[Class::Sensitive];
const IDENTITY_CLASSES: &[Class] = &[Class::Identity];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compartment_has_one_spelling() {
        for text in [
            "account",
            "identity",
            "attachment-01",
            "attachment-64",
            "manifest",
        ] {
            assert_eq!(CompartmentName::parse(text).unwrap().to_string(), text);
        }
        for text in [
            "",
            "Account",
            "attachment-00",
            "attachment-1",
            "attachment-65",
            "attachment-+1",
        ] {
            assert_eq!(CompartmentName::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_long_file_name_is_cut_at_a_character() {
        assert_eq!(cut_file_name("a.pdf"), "a.pdf");
        let long = "ж".repeat(600);
        assert_eq!(cut_file_name(&long).len(), 1024);
        assert_eq!(cut_file_name(&format!("x{long}")).len(), 1023);
    }

    #[test]
    fn unknown_missing_and_misshapen_members_are_refused() {
        let good = IdentityPart {
            answers: Answers::default(),
        }
        .to_json();
        let mut json: serde_json::Value = serde_json::from_slice(&good).unwrap();
        assert!(IdentityPart::parse(&good).is_ok());
        json["answers"]["gender"] = serde_json::json!(["man"]);
        assert!(IdentityPart::parse(json.to_string().as_bytes()).is_err());
        json["answers"].as_object_mut().unwrap().remove("gender");
        assert!(IdentityPart::parse(json.to_string().as_bytes()).is_err());
        json["answers"]["gender"] = serde_json::Value::Null;
        json["answers"]["story"] = "x".into();
        assert!(IdentityPart::parse(json.to_string().as_bytes()).is_err());
    }
}
