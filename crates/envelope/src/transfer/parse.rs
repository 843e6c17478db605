//! The grammar of a transfer note: fixed lines in fixed order; one text has one reading.

use base64::{Engine, prelude::BASE64_STANDARD};

use super::{BlobLine, Direction, TransferError, TransferNote};
use crate::{
    key_bundle::PERIOD_ID_CHARS,
    signing::{Transfer, VerifyingKey},
};

/// Reads a signed note; the signature is checked before the blobs are looked at.
pub(super) fn note(
    signed: &[u8],
    expected: Option<&VerifyingKey<Transfer>>,
) -> Result<TransferNote, TransferError> {
    let signed = core::str::from_utf8(signed).map_err(|_| TransferError::NotABundle)?;
    let (body, signature) = signed.split_once("\n\n").ok_or(TransferError::NotABundle)?;
    let text = signed.get(..=body.len()).ok_or(TransferError::NotABundle)?;
    let signer = signer(text).ok_or(TransferError::NotABundle)?;
    if expected.is_some_and(|expected| *expected != signer) {
        return Err(TransferError::OtherServer);
    }
    let signature = signature
        .strip_prefix("— ")
        .and_then(|line| line.strip_suffix('\n'));
    let signature = signature.and_then(|text| BASE64_STANDARD.decode(text).ok());
    let signature = signature.ok_or(TransferError::Signature)?;
    signer
        .verify(&[text.as_bytes()], &signature)
        .map_err(|_| TransferError::Signature)?;
    let note = read(text, signer).ok_or(TransferError::NotABundle)?;
    // Other spellings, orders and totals all end here.
    if note.to_text() == text {
        Ok(note)
    } else {
        Err(TransferError::NotABundle)
    }
}

fn signer(text: &str) -> Option<VerifyingKey<Transfer>> {
    let line = text
        .lines()
        .take(12)
        .find_map(|line| line.strip_prefix("signer: "))?;
    VerifyingKey::parse(line).ok()
}

fn read(text: &str, signer: VerifyingKey<Transfer>) -> Option<TransferNote> {
    let mut lines = text.lines().skip(1);
    let mut value = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(": ");
    let direction = match value("direction")? {
        "to-office" => Direction::ToOffice,
        "to-server" => Direction::ToServer,
        _ => return None,
    };
    let instance = value("instance")?.parse().ok()?;
    let epoch = value("epoch")?.parse().ok()?;
    let sequence = value("sequence")?
        .parse()
        .ok()
        .filter(|number| *number > 0)?;
    let previous = match value("previous")? {
        "none" => None,
        digest => Some(hex::decode(digest).ok()?.try_into().ok()?),
    };
    let day = value("day")?.parse().ok()?;
    let acknowledged = value("acknowledged")?.parse().ok()?;
    let token = BASE64_STANDARD.decode(value("token")?).ok()?;
    let (_signer, _count, _bytes) = (value("signer")?, value("count")?, value("bytes")?);
    let blobs = lines.map(blob).collect::<Option<Vec<_>>>()?;
    Some(TransferNote {
        direction,
        instance,
        epoch,
        sequence,
        previous,
        day,
        acknowledged,
        token,
        signer,
        blobs,
    })
}

fn blob(line: &str) -> Option<BlobLine> {
    let mut words = line.strip_prefix("blob: ")?.split(' ');
    let sha256 = hex::decode(words.next()?).ok()?.try_into().ok()?;
    let record_id = words.next()?.parse().ok()?;
    let period = words
        .next()
        .filter(|period| (1..=PERIOD_ID_CHARS).contains(&period.len()))?
        .to_owned();
    let size = words.next()?.parse().ok()?;
    words.next().is_none().then_some(BlobLine {
        sha256,
        record_id,
        period,
        size,
    })
}
