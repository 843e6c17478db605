//! One record out of its seals as it came: every check of the format, a panic caught. Called at import, and when
//! an identity part is sealed again; afterwards its parts lie under the vault's own keys.

use std::{
    collections::BTreeSet,
    io::{self, Read},
    iter,
    panic::{AssertUnwindSafe, catch_unwind},
};

use asylia_envelope::{
    open::{AttachmentBytes, Identities, OpenedRecord, RecordError, RecordLabel, open_record},
    seal::open,
    slices::{SliceReader, StreamKind},
    submission::{ATTACHMENTS_LIMIT, CompartmentName},
};
use sha2::{Digest, Sha256};

use crate::vault::item::{CompartmentDigest, Reason};

/// Why a record gives nothing.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Refused {
    /// A fault of the record: it belongs into quarantine.
    #[error("the record does not open")]
    Record(Reason),
    /// The vault could not be read, or the place where an attachment goes could not be written.
    #[error("reading or writing failed: {0}")]
    Io(io::ErrorKind),
}

/// What a look at a record's compartments tells beside what is in them.
#[derive(Default)]
pub struct Survey {
    /// Digests of the compartments as they were sealed.
    pub compartments: Vec<CompartmentDigest>,
    /// Attachments whose seal the account identity does not open: they may show who somebody is.
    pub not_for_account: BTreeSet<u16>,
}

/// Opens `stored` with the identities of its period.
///
/// # Errors
/// [`Refused`]; what fails inside one compartment is a problem of the [`OpenedRecord`] instead.
pub fn open_stored(
    stored: impl Read,
    label: &RecordLabel,
    identities: &Identities<'_>,
    attachment_bytes: &mut AttachmentBytes<'_>,
) -> Result<OpenedRecord, Refused> {
    guarded(|| open_record(stored, label, identities, attachment_bytes))
}

/// Digests a record's compartments and looks to whom its attachments are sealed. Empty for a record that does
/// not open: [`open_stored`] says why.
pub fn survey(stored: impl Read, identities: &Identities<'_>) -> Survey {
    guarded(|| look(stored, identities).ok_or(RecordError::Format)).unwrap_or_default()
}

fn look(mut stored: impl Read, identities: &Identities<'_>) -> Option<Survey> {
    let mut length = [0; 8];
    stored.read_exact(&mut length).ok()?;
    let ciphertext = stored.take(u64::from_be_bytes(length));
    let plaintext = open(ciphertext, iter::once(identities.intake.age_identity())).ok()?;
    let mut slices = SliceReader::new(plaintext);
    let mut survey = Survey::default();
    while let Some(stream) = slices.next_stream().ok()? {
        if stream.kind != StreamKind::Data || survey.compartments.len() > COMPARTMENTS_LIMIT {
            continue;
        }
        let mut digested = Digested {
            slices: &mut slices,
            digest: Sha256::new(),
            size: 0,
        };
        if let Some(CompartmentName::Attachment(number)) = CompartmentName::parse(&stream.name) {
            let mut account = identities.account.iter();
            if !account
                .any(|account| open(&mut digested, iter::once(account.age_identity())).is_ok())
            {
                survey.not_for_account.insert(number);
            }
        }
        io::copy(&mut digested, &mut io::sink()).ok()?;
        survey.compartments.push(CompartmentDigest {
            name: stream.name,
            size: digested.size,
            sha256: digested.digest.finalize().into(),
        });
    }
    Some(survey)
}

/// Digests what is read of the current stream.
struct Digested<'a, R: Read> {
    slices: &'a mut SliceReader<R>,
    digest: Sha256,
    size: u64,
}

impl<R: Read> Read for Digested<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.slices.read(out).map_err(io::Error::other)?;
        self.digest.update(out.get(..read).unwrap_or_default());
        self.size += read as u64;
        Ok(read)
    }
}

/// Runs `open`; a panic of a parser costs this record and no other.
fn guarded<T>(open: impl FnOnce() -> Result<T, RecordError>) -> Result<T, Refused> {
    // Nothing that the closure borrowed is used after a panic but to be read to its end and dropped.
    match catch_unwind(AssertUnwindSafe(open)) {
        Ok(Ok(opened)) => Ok(opened),
        Ok(Err(error)) => Err(refused(&error)),
        Err(_) => Err(Refused::Record(Reason::Panic)),
    }
}

fn refused(error: &RecordError) -> Refused {
    Refused::Record(match error {
        RecordError::Frame => Reason::Frame,
        RecordError::Seal => Reason::Seal,
        RecordError::OtherRecord => Reason::OtherRecord,
        RecordError::OtherPeriod => Reason::OtherPeriod,
        RecordError::OtherInstance => Reason::OtherInstance,
        RecordError::Decoy => Reason::Decoy,
        RecordError::Io(kind) => return Refused::Io(*kind),
        // `Format`, and whatever a later format may add: it is not of the format known here.
        _ => Reason::Format,
    })
}

/// More than a record of the format can have.
const COMPARTMENTS_LIMIT: usize = ATTACHMENTS_LIMIT as usize + 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_costs_the_record_and_nothing_else() {
        let refused = guarded::<()>(|| panic!("a parser met something")).err();
        assert_eq!(refused, Some(Refused::Record(Reason::Panic)));
        let refused = guarded::<()>(|| Err(RecordError::Frame)).err();
        assert_eq!(refused, Some(Refused::Record(Reason::Frame)));
    }
}
