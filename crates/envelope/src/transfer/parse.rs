//! The grammar of a transfer note: fixed lines in fixed order; one text has one reading.

use base64::{Engine, prelude::BASE64_STANDARD};

use super::{BlobLine, Direction, NO_TOKEN, SignsBundles, Subject, TransferError, TransferNote};
use crate::signing::VerifyingKey;

/// Reads a signed note; the signature is checked before the blobs are looked at.
///
/// A signer that `known` does not take is refused with `stranger`.
pub(super) fn note<S: SignsBundles>(
    signed: &[u8],
    stranger: TransferError,
    known: impl FnOnce(&VerifyingKey<S>) -> bool,
) -> Result<TransferNote<S>, TransferError> {
    let signed = core::str::from_utf8(signed).map_err(|_| TransferError::NotABundle)?;
    let (body, signature) = signed.split_once("\n\n").ok_or(TransferError::NotABundle)?;
    let text = signed.get(..=body.len()).ok_or(TransferError::NotABundle)?;
    // Said before the signature is looked at, which is of the other role then: a swapped file is a slip.
    if goes_the_other_way(text, S::DIRECTION) {
        return Err(TransferError::WrongWay);
    }
    let signer = signer(text).ok_or(TransferError::NotABundle)?;
    if !known(&signer) {
        return Err(stranger);
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

fn goes_the_other_way(text: &str, direction: Direction) -> bool {
    let other = match direction {
        Direction::ToOffice => Direction::ToServer,
        Direction::ToServer => Direction::ToOffice,
    };
    let line = text.lines().nth(1);
    line.is_some_and(|line| line == format!("direction: {other}"))
}

fn signer<S: SignsBundles>(text: &str) -> Option<VerifyingKey<S>> {
    let line = text
        .lines()
        .take(SIGNER_WITHIN_LINES)
        .find_map(|line| line.strip_prefix("signer: "))?;
    VerifyingKey::parse(line).ok()
}

fn read<S: SignsBundles>(text: &str, signer: VerifyingKey<S>) -> Option<TransferNote<S>> {
    let mut lines = text.lines().skip(1);
    let mut value = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(": ");
    // Compared with the rest of the text, when the note is written again.
    let _direction = value("direction")?;
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
    let waiting = match S::DIRECTION {
        Direction::ToOffice => value("waiting")?.parse().ok()?,
        Direction::ToServer => 0,
    };
    let token = match (S::DIRECTION, value("token")?) {
        (Direction::ToOffice, token) => BASE64_STANDARD.decode(token).ok()?,
        (Direction::ToServer, NO_TOKEN) => Vec::new(),
        (Direction::ToServer, _) => return None,
    };
    let (_signer, _count, _bytes) = (value("signer")?, value("count")?, value("bytes")?);
    let blobs = lines.map(blob::<S::Subject>).collect::<Option<Vec<_>>>()?;
    let lists = blobs.iter().filter(|blob| blob.subject.once()).count();
    (lists <= 1).then_some(TransferNote {
        instance,
        epoch,
        sequence,
        previous,
        day,
        acknowledged,
        waiting,
        token,
        signer,
        blobs,
    })
}

fn blob<T: Subject>(line: &str) -> Option<BlobLine<T>> {
    let (sha256, rest) = line.strip_prefix("blob: ")?.split_once(' ')?;
    let (subject, size) = rest.rsplit_once(' ')?;
    let line = BlobLine {
        sha256: hex::decode(sha256).ok()?.try_into().ok()?,
        subject: T::parse(subject)?,
        size: size.parse().ok()?,
    };
    line.subject.can_have(line.size).then_some(line)
}

/// The signer's line is among the first so many.
const SIGNER_WITHIN_LINES: usize = 12;
