//! One stored record out of its seals: every check of the format, a panic caught, the stored bytes digested.
//!
//! Called at import and again each time somebody looks: nothing that is shown rests on an earlier check.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
};

use asylia_envelope::open::{
    AttachmentBytes, Identities, OpenedRecord, RecordError, RecordLabel, open_record,
};

use crate::vault::{
    Vault,
    chunks::StoredBytes,
    item::{Reason, RecordItem, RecordState},
};

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

/// Opens `stored` with the identities of its period.
///
/// # Errors
/// [`Refused`]; what fails inside one compartment is a problem of the [`OpenedRecord`] instead.
pub fn open_stored(
    mut stored: StoredBytes<'_>,
    stored_sha256: [u8; 32],
    label: &RecordLabel,
    identities: Option<&Identities<'_>>,
    attachment_bytes: &mut AttachmentBytes<'_>,
) -> Result<OpenedRecord, Refused> {
    let identities = identities.ok_or(Refused::Record(Reason::NoKey))?;
    let opened = guarded(|| open_record(&mut stored, label, identities, attachment_bytes));
    // A record whose own bytes changed on the disk says so, whatever its seals say of it.
    let same = stored.finish().map_err(|error| Refused::Io(error.kind()))? == stored_sha256;
    match opened {
        Err(Refused::Io(kind)) => Err(Refused::Io(kind)),
        _ if !same => Err(Refused::Record(Reason::Digest)),
        opened => opened,
    }
}

/// Opens a record of the vault that was imported.
///
/// # Errors
/// As [`open_stored`]; the reason why it is in quarantine, if it is.
pub fn open_imported(
    vault: &mut Vault,
    record: &RecordItem,
    attachment_bytes: &mut AttachmentBytes<'_>,
) -> Result<OpenedRecord, Refused> {
    if let RecordState::Quarantined(reason) = record.state {
        return Err(Refused::Record(reason));
    }
    let (stored, identities) = vault.stored_record(record.record_key);
    let identities = identities.of(record.instance, &record.period);
    open_stored(
        stored,
        record.stored_sha256,
        &record.label(),
        identities.as_ref(),
        attachment_bytes,
    )
}

/// Runs `open`; a panic of a parser costs this record and no other.
fn guarded(
    open: impl FnOnce() -> Result<OpenedRecord, RecordError>,
) -> Result<OpenedRecord, Refused> {
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
        RecordError::Io(kind) => return Refused::Io(*kind),
        // `Format`, and whatever a later format may add: it is not of the format known here.
        _ => Reason::Format,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_costs_the_record_and_nothing_else() {
        let refused = guarded(|| panic!("a parser met something")).err();
        assert_eq!(refused, Some(Refused::Record(Reason::Panic)));
        let refused = guarded(|| Err(RecordError::Frame)).err();
        assert_eq!(refused, Some(Refused::Record(Reason::Frame)));
    }
}
