//! Witnesses: they sign what a ceremony's transcript says, with keys of their own.

use asylia_envelope::signing::{Role, SigningKey, VerifyingKey};
use secrecy::SecretString;

use super::transcript::Transcript;
use crate::key_file::{KeyFileError, KeyRole, KeyText, WorkFactor};

/// A witness of ceremonies: signs transcripts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Witness {}

impl Role for Witness {
    const CONTEXT: &'static str = "asylia/v1/ceremony/witness";
}

/// A witness's key.
pub type WitnessSigningKey = SigningKey<Witness>;

/// The key file of a witness.
#[must_use]
pub fn seal_witness(
    key: &WitnessSigningKey,
    passphrase: &SecretString,
    work: WorkFactor,
) -> Vec<u8> {
    let text = KeyText {
        role: KeyRole::WitnessSigning,
        instance: None,
        period: None,
        key: KeyText::key_of_seed(&key.seed()),
    };
    text.seal(passphrase, work)
}

/// Opens the key file of a witness.
///
/// # Errors
/// Every [`KeyFileError`].
pub fn open_witness(
    file: &[u8],
    passphrase: &SecretString,
) -> Result<WitnessSigningKey, KeyFileError> {
    let text = KeyText::open(file, passphrase)?.of_role(KeyRole::WitnessSigning)?;
    if text.instance.is_some() || text.period.is_some() {
        return Err(KeyFileError::Content);
    }
    Ok(SigningKey::from_seed(&*text.seed()?))
}

/// What a witness hands back: the signature over everything up to the removal of the seeds. `None`
/// before that.
#[must_use]
pub fn witness_statement(transcript: &Transcript, key: &WitnessSigningKey) -> Option<String> {
    let head = transcript.witnessed_head()?;
    let signature = hex::encode(key.sign(&[&head]));
    Some(format!("{LINE}{} {signature}\n", key.verifying_key()))
}

/// Key and signature of a statement; the signature is good for `head`.
pub(super) fn parse_statement(
    text: &[u8],
    head: &[u8; 32],
) -> Option<(VerifyingKey<Witness>, Vec<u8>)> {
    let text = core::str::from_utf8(text).ok()?.trim_end();
    let (key, signature) = text.strip_prefix(LINE)?.split_once(' ')?;
    let key = VerifyingKey::parse(key).ok()?;
    let signature = hex::decode(signature).ok()?;
    key.verify(&[head], &signature).ok()?;
    Some((key, signature))
}

/// Most bytes of a statement.
pub(super) const STATEMENT_LIMIT_BYTES: usize = 512;
const LINE: &str = "asylia witness v1: ";
