//! A reply: what the office writes to one submitter. Signed inside the seal, sealed to the recipient that
//! the return code derives, and one size whatever it says, so that a server can make dummies of it.
//!
//! A slot whose reply opens, but not for this code, this office or this installation, is refused by name: a
//! server could otherwise lift a reply from one mailbox into another. `docs/FORMAT.md#replies`.

use std::io::{self, Read};

use base64::{Engine, prelude::BASE64_STANDARD};
use rand_core::{CryptoRng, RngCore};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

use crate::{
    day::Day,
    hybrid::{HybridIdentity, HybridRecipient},
    ids::{InstanceId, LookupId, QuestionNonce, ReplyDigest, SubmissionId},
    prescan::HEADER_LIMIT_BYTES,
    return_code::MailboxKeys,
    seal::{open, seal},
    signing::{Office, SigningKey, VerifyingKey},
    submission::{FORMAT_VERSION, json_bytes},
};

mod thread;

pub use thread::{Thread, ThreadProblem};

/// Bytes of a reply as it lies in a mailbox and in a bundle: `u16 length ‖ age file ‖ zeros`.
pub const REPLY_SLOT_BYTES: usize = 8192;
/// Bytes of every reply's plaintext: what fits a slot with the longest header, age's nonce and one tag.
pub const REPLY_PLAIN_BYTES: usize =
    REPLY_SLOT_BYTES - LENGTH_BYTES - HEADER_LIMIT_BYTES - 2 * AGE_TAG_BYTES;
/// Most bytes of a reply's text; a text of many quotes or line ends may reach the plaintext's end before.
pub const REPLY_TEXT_LIMIT_BYTES: usize = 4096;

/// One reply. Plaintext: no `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// [`FORMAT_VERSION`].
    pub version: u32,
    /// The office's installation.
    pub instance: InstanceId,
    /// The mailbox that it is for.
    pub lookup_id: LookupId,
    /// The submission that opened the mailbox.
    pub submission_id: SubmissionId,
    /// Counts up from 1 within one mailbox.
    pub counter: u64,
    /// Digest of the reply before this one.
    pub previous: Option<ReplyDigest>,
    /// Day on which it was written, UTC.
    pub day: Day,
    /// Highest counter of a follow-up that the office has accepted from this code; 0 for none.
    pub follow_up_counter: u64,
    /// What it is.
    pub kind: ReplyKind,
    /// Language of the text, BCP 47.
    pub language: String,
    /// What the office says.
    pub text: String,
}

/// What a reply is for.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ReplyKind {
    /// The first one, made at import: proof that the office's offline computer opened the report.
    Received {
        /// The words that stood on the receipt and in `account`.
        proof_words: [String; 3],
    },
    /// A message that expects nothing.
    Message,
    /// A question; a permission is raised only by an answer that repeats the nonce.
    Question {
        /// Drawn for this question.
        nonce: QuestionNonce,
    },
    /// Confirms that a withdrawal, a lowered permission or a new code has taken effect.
    Confirmation,
}

/// A reply that opened and verified, with the digest that the next one names. No `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct OpenedReply {
    /// What it says.
    pub reply: Reply,
    /// Digest of its signed line.
    pub digest: ReplyDigest,
}

/// Why a reply cannot be made, or a slot is not shown.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReplyError {
    /// The text, or the text with its framing, is too long.
    #[error("the reply is longer than a reply may be")]
    TooLong,
    /// A counter below 1, a first reply with a predecessor, or a later one without.
    #[error("the reply's place in its mailbox is not one that it can have")]
    Place,
    /// The recipient cannot be sealed to.
    #[error("the reply could not be sealed")]
    Seal,
    /// Not 8 192 bytes in the form of a slot.
    #[error("this is not a slot of a mailbox")]
    Slot,
    /// Not for this code, a dummy, or altered: these cannot be told apart.
    #[error("this slot holds nothing for this code")]
    NothingForThisCode,
    /// It opens, and is no reply of this version.
    #[error("the slot opens, but what it holds is not a reply")]
    Format,
    /// It opens, and no signing key of the office has signed it.
    #[error("the reply is not signed by the office")]
    NotTheOffice,
    /// It was signed for another mailbox or installation.
    #[error("the reply was written for somebody else")]
    ForSomebodyElse,
}

impl Reply {
    /// Signs the reply and seals it into a slot.
    ///
    /// # Errors
    /// [`ReplyError::TooLong`], `Place`, `Seal`.
    pub fn seal(
        &self,
        key: &SigningKey<Office>,
        recipient: &HybridRecipient,
    ) -> Result<(Vec<u8>, ReplyDigest), ReplyError> {
        let line = self.line()?;
        let signature = BASE64_STANDARD.encode(key.sign(&[&line]));
        let mut plain = Zeroizing::new(Vec::with_capacity(REPLY_PLAIN_BYTES));
        plain.extend_from_slice(&line);
        plain.push(b'\n');
        plain.extend_from_slice(signature.as_bytes());
        plain.push(b'\n');
        plain.resize(REPLY_PLAIN_BYTES, PADDING);
        Ok((slot(recipient, &plain)?, digest(&line)))
    }

    /// The digest that the next reply of this mailbox names: known before it is signed and sealed.
    ///
    /// # Errors
    /// [`ReplyError::TooLong`] and `Place`: what [`Reply::seal`] would refuse.
    pub fn digest(&self) -> Result<ReplyDigest, ReplyError> {
        self.line().map(|line| digest(&line))
    }

    /// What is signed: the JSON on one line, if a slot can hold it.
    fn line(&self) -> Result<Zeroizing<Vec<u8>>, ReplyError> {
        if self.text.len() > REPLY_TEXT_LIMIT_BYTES {
            return Err(ReplyError::TooLong);
        }
        if !self.is_well_placed() {
            return Err(ReplyError::Place);
        }
        let line = json_bytes(self);
        match line.len() + SIGNATURE_CHARS + 2 > REPLY_PLAIN_BYTES {
            true => Err(ReplyError::TooLong),
            false => Ok(line),
        }
    }

    /// The first has no predecessor, and every later one has.
    fn is_well_placed(&self) -> bool {
        let first = self.counter == 1;
        self.counter > 0 && self.previous.is_none() == first
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        self.text.zeroize();
        if let ReplyKind::Received { proof_words } = &mut self.kind {
            proof_words.zeroize();
        }
    }
}

/// A slot that nobody can open and nobody can tell from a reply: a real seal to a key that is forgotten.
///
/// # Errors
/// [`ReplyError::Seal`].
pub fn dummy_slot(rng: &mut (impl RngCore + CryptoRng)) -> Result<Vec<u8>, ReplyError> {
    let mut seed = Zeroizing::new([0; 32]);
    rng.fill_bytes(&mut *seed);
    slot(
        &HybridIdentity::from_seed(&seed).to_recipient(),
        &[PADDING; REPLY_PLAIN_BYTES],
    )
}

/// Opens a slot with the keys of a code, and checks who wrote it and for whom.
///
/// `office_keys` are those of a verified key bundle.
///
/// # Errors
/// Every [`ReplyError`] that reading can meet; [`ReplyError::NothingForThisCode`] for dummies.
pub fn open_slot(
    slot: &[u8],
    keys: &MailboxKeys,
    instance: InstanceId,
    office_keys: &[VerifyingKey<Office>],
) -> Result<OpenedReply, ReplyError> {
    let plain = open_plain(slot, &keys.identity)?;
    let (line, rest) = split_line(&plain).ok_or(ReplyError::Format)?;
    let (signature, padding) = split_line(rest).ok_or(ReplyError::Format)?;
    if padding.iter().any(|byte| *byte != PADDING) {
        return Err(ReplyError::Format);
    }
    let signature = BASE64_STANDARD
        .decode(signature)
        .map_err(|_| ReplyError::Format)?;
    // The signature comes before the text is even parsed: nothing of a forger's choice is looked at.
    let signed = |key: &VerifyingKey<Office>| key.verify(&[line], &signature).is_ok();
    if !office_keys.iter().any(signed) {
        return Err(ReplyError::NotTheOffice);
    }
    let reply: Reply = serde_json::from_slice(line).map_err(|_| ReplyError::Format)?;
    if reply.version != FORMAT_VERSION || !reply.is_well_placed() {
        return Err(ReplyError::Format);
    }
    if reply.instance != instance || reply.lookup_id != keys.lookup_id() {
        return Err(ReplyError::ForSomebodyElse);
    }
    let digest = digest(line);
    Ok(OpenedReply { reply, digest })
}

fn open_plain(slot: &[u8], identity: &HybridIdentity) -> Result<Zeroizing<Vec<u8>>, ReplyError> {
    let (length, rest) = slot
        .split_first_chunk::<LENGTH_BYTES>()
        .filter(|_| slot.len() == REPLY_SLOT_BYTES)
        .ok_or(ReplyError::Slot)?;
    let (file, zeros) = rest
        .split_at_checked(usize::from(u16::from_be_bytes(*length)))
        .ok_or(ReplyError::Slot)?;
    if zeros.iter().any(|byte| *byte != 0) {
        return Err(ReplyError::Slot);
    }
    let nothing = ReplyError::NothingForThisCode;
    let identities = core::iter::once(identity as &dyn age::Identity);
    let Ok(mut stream) = open(io::Cursor::new(file), identities) else {
        return Err(nothing);
    };
    let mut plain = Zeroizing::new(vec![0; REPLY_PLAIN_BYTES]);
    if stream.read_exact(&mut plain).is_err() || !matches!(stream.read(&mut [0]), Ok(0)) {
        return Err(nothing);
    }
    Ok(plain)
}

fn slot(recipient: &HybridRecipient, plain: &[u8]) -> Result<Vec<u8>, ReplyError> {
    let file = seal(recipient, plain).map_err(|_| ReplyError::Seal)?;
    let length = u16::try_from(file.len()).map_err(|_| ReplyError::Seal)?;
    let mut slot = Vec::with_capacity(REPLY_SLOT_BYTES);
    slot.extend_from_slice(&length.to_be_bytes());
    slot.extend_from_slice(&file);
    if slot.len() > REPLY_SLOT_BYTES {
        return Err(ReplyError::Seal);
    }
    slot.resize(REPLY_SLOT_BYTES, 0);
    Ok(slot)
}

fn digest(line: &[u8]) -> ReplyDigest {
    ReplyDigest(Sha256::digest(line).into())
}

fn split_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let (line, rest) = bytes.split_at_checked(end)?;
    Some((line, rest.get(1..)?))
}

const LENGTH_BYTES: usize = 2;
/// 64 bytes in base64.
const SIGNATURE_CHARS: usize = 88;
/// age's nonce takes as many bytes as a tag.
const AGE_TAG_BYTES: usize = 16;
/// Spaces: a reply opened with stock tools reads as text.
const PADDING: u8 = b' ';

#[cfg(test)]
mod tests;
