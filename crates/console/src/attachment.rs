//! Writing one attachment out: the whole record is verified first, and only then is a byte written.
//!
//! The place is the officer's choice; nothing of the name that a submitter gave becomes part of a path.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use asylia_envelope::{
    ids::RecordId,
    open::{OpenedAttachment, Problem},
    submission::CompartmentName,
};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::{
    opening::Refused,
    report::refused,
    vault::{
        Vault, VaultError,
        audit::{Act, AuditItem},
        item::{FileItem, Flaw, IdentityState, RecordItem, RecordState},
    },
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
    /// That it is written out could not be written down.
    #[error("{0}")]
    Vault(VaultError),
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

/// Writes attachment `number` to the new file `out` (mode 0600). That it was written out is in the audit log
/// before the first byte is.
///
/// # Errors
/// See [`AttachmentError`]; `out` does not exist afterwards then, unless it existed before.
pub fn write_attachment(
    vault: &mut Vault,
    record: &RecordItem,
    number: u16,
    out: &Path,
) -> Result<Written, AttachmentError> {
    let (file, listed) = find(vault, record, number)?;
    // A first pass through the whole file: nothing is begun that could not be ended.
    if !copy(vault, &file, &mut io::sink())? {
        return Err(AttachmentError::NotVerified(number));
    }
    let sink = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(out)
        .map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => AttachmentError::Exists,
            _ => AttachmentError::Io(error),
        })?;
    let written = write_down(vault, record.record_id, number)
        .map_err(AttachmentError::Vault)
        .and_then(|()| write(vault, &file, sink));
    if written.is_err() {
        let _ = fs::remove_file(out);
    }
    written.map(|()| Written {
        listed,
        attachment: file.attachment(),
    })
}

fn write_down(vault: &mut Vault, record: RecordId, number: u16) -> Result<(), VaultError> {
    let entry = AuditItem::of(Act::AttachmentExported).on_record(record);
    vault.log(entry.with_number(u64::from(number)))
}

/// The second pass: the bytes go out as they open, and must verify once more.
fn write(vault: &mut Vault, file: &FileItem, mut sink: File) -> Result<(), AttachmentError> {
    match copy(vault, file, &mut sink)? {
        true => sink.sync_all().map_err(AttachmentError::Io),
        false => Err(AttachmentError::NotVerified(file.number)),
    }
}

/// Copies the file's bytes; returns whether size and digest are those that were verified at import.
fn copy(
    vault: &mut Vault,
    file: &FileItem,
    sink: &mut impl Write,
) -> Result<bool, AttachmentError> {
    let mut source = vault.open_blob(&file.blob);
    let (mut size, mut digest) = (0, Sha256::new());
    let mut bytes = Zeroizing::new(vec![0; 64 * 1024]);
    loop {
        let read = source.read(&mut bytes);
        let read = read.map_err(|error| AttachmentError::Refused(refused(&error)))?;
        if read == 0 {
            break;
        }
        let now = bytes.get(..read).unwrap_or_default();
        size += read as u64;
        digest.update(now);
        sink.write_all(now).map_err(AttachmentError::Io)?;
    }
    Ok(size == file.size && hex::encode(digest.finalize()) == file.sha256)
}

/// The attachment, unless something speaks against its bytes; and whether the manifest vouches for the list.
fn find(
    vault: &Vault,
    record: &RecordItem,
    number: u16,
) -> Result<(FileItem, bool), AttachmentError> {
    let imported = match &record.state {
        RecordState::Imported(imported) => imported,
        RecordState::Quarantined(reason, _) => {
            return Err(AttachmentError::Refused(Refused::Record(*reason)));
        }
    };
    let (mut files, mut flaws) = (imported.files.clone(), imported.problems.clone());
    let part = vault.contents().identity_parts.get(&record.record_id);
    if let Some(IdentityState::Sealed {
        files: more,
        problems,
        ..
    }) = part.map(|part| &part.state)
    {
        files.extend_from_slice(more);
        flaws.extend_from_slice(problems);
    }
    let problems: Vec<Problem> = flaws.iter().map(Flaw::problem).collect();
    let name = CompartmentName::Attachment(number);
    let spoiled = problems.iter().any(|problem| {
        matches!(problem,
            Problem::Damaged(part) | Problem::Closed(part) | Problem::Foreign(part)
            | Problem::NotAsInManifest(part) if *part == name)
    });
    if spoiled {
        return Err(AttachmentError::NotVerified(number));
    }
    let file = files.into_iter().find(|file| file.number == number);
    let file = file.ok_or(AttachmentError::NoSuch(number))?;
    Ok((file, !problems.iter().any(is_about_manifest)))
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
