//! Writing one attachment out: the whole record is verified first, and only then is a byte written.
//!
//! The place is the officer's choice; nothing of the name that a submitter gave becomes part of a path.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use asylia_envelope::{
    open::{OpenedAttachment, OpenedRecord, Problem},
    submission::CompartmentName,
};

use crate::{
    opening::{Refused, open_imported},
    vault::{Vault, item::RecordItem},
};

/// Why an attachment was not written. Each text has two sentences.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AttachmentError {
    /// The record has no such attachment.
    #[error("This record has no attachment {0}. `asylia-console show` lists the numbers.")]
    NoSuch(u16),
    /// It is there and did not verify.
    #[error(
        "Attachment {0} did not verify and was not written. `asylia-console show` says what is wrong with it."
    )]
    NotVerified(u16),
    /// The record does not open.
    #[error("the record does not open")]
    Refused(Refused),
    /// A file of that name exists already.
    #[error("The file named by `--out` exists already. Choose another name; nothing was changed.")]
    Exists,
    /// It could not be written; what was begun is removed.
    #[error(
        "The file could not be written ({0}). Check the place and its free room; what was begun is removed."
    )]
    Io(io::Error),
}

/// What was written, and whether the list of all parts could vouch that nothing is missing.
pub struct Written {
    /// The attachment.
    pub attachment: OpenedAttachment,
    /// Whether the manifest opened.
    pub listed: bool,
}

/// Writes attachment `number` to the new file `out` (mode 0600).
///
/// # Errors
/// See [`AttachmentError`]; `out` does not exist afterwards then, unless it existed before.
pub fn write_attachment(
    vault: &mut Vault,
    record: &RecordItem,
    number: u16,
    out: &Path,
) -> Result<Written, AttachmentError> {
    let first =
        open_imported(vault, record, &mut |_, _| Ok(())).map_err(AttachmentError::Refused)?;
    let expected = verified(&first, number)?.clone();
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(out)
        .map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => AttachmentError::Exists,
            _ => AttachmentError::Io(error),
        })?;
    let written = copy(vault, record, &expected, file);
    if written.is_err() {
        let _ = fs::remove_file(out);
    }
    written.map(|()| Written {
        listed: !first.problems.iter().any(is_about_manifest),
        attachment: expected,
    })
}

/// The second pass: the bytes go out as they open, and the record must verify once more.
fn copy(
    vault: &mut Vault,
    record: &RecordItem,
    expected: &OpenedAttachment,
    mut file: File,
) -> Result<(), AttachmentError> {
    let mut failed = None;
    let opened = open_imported(vault, record, &mut |number, bytes| {
        if number != expected.number {
            return Ok(());
        }
        file.write_all(bytes).map_err(|error| {
            let kind = error.kind();
            failed = Some(error);
            kind.into()
        })
    });
    if let Some(error) = failed {
        return Err(AttachmentError::Io(error));
    }
    let opened = opened.map_err(AttachmentError::Refused)?;
    let again = verified(&opened, expected.number)?;
    if (again.size, &again.sha256) != (expected.size, &expected.sha256) {
        return Err(AttachmentError::NotVerified(expected.number));
    }
    file.sync_all().map_err(AttachmentError::Io)
}

/// The attachment, unless something speaks against its bytes.
fn verified(opened: &OpenedRecord, number: u16) -> Result<&OpenedAttachment, AttachmentError> {
    let name = CompartmentName::Attachment(number);
    let spoiled = opened.problems.iter().any(|problem| {
        matches!(problem,
            Problem::Damaged(part) | Problem::Closed(part) | Problem::Foreign(part)
            | Problem::NotAsInManifest(part) if *part == name)
    });
    if spoiled {
        return Err(AttachmentError::NotVerified(number));
    }
    let mut attachments = opened.attachments.iter();
    attachments
        .find(|attachment| attachment.number == number)
        .ok_or(AttachmentError::NoSuch(number))
}

fn is_about_manifest(problem: &Problem) -> bool {
    matches!(
        problem,
        Problem::Damaged(CompartmentName::Manifest)
            | Problem::Closed(CompartmentName::Manifest)
            | Problem::Foreign(CompartmentName::Manifest)
            | Problem::Missing(CompartmentName::Manifest)
    )
}
