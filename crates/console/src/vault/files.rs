//! Files of a record on their way into the vault: written as they open, kept only if they verified to their end.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
};

use asylia_envelope::open::OpenedRecord;

use super::{
    BlobId, VaultError, VaultTransaction,
    blob::{BlobRef, BlobWriter},
    item::FileItem,
};

/// Files on their way into the vault, one after the other, before it is known whether they verify.
pub(super) struct Files<'t, 'a> {
    transaction: &'t VaultTransaction<'a>,
    writing: Option<(u16, BlobWriter<'t, VaultTransaction<'a>>)>,
    written: BTreeMap<u16, BlobRef>,
    begun: BTreeSet<BlobId>,
}

impl<'t, 'a> Files<'t, 'a> {
    pub(super) fn new(transaction: &'t VaultTransaction<'a>) -> Self {
        Self {
            transaction,
            writing: None,
            written: BTreeMap::new(),
            begun: BTreeSet::new(),
        }
    }

    /// Takes bytes of an attachment as they open.
    pub(super) fn push(&mut self, number: u16, bytes: &[u8]) -> io::Result<()> {
        self.write(number, bytes)
            .map_err(|_| io::Error::other("the vault could not be written"))
    }

    fn write(&mut self, number: u16, bytes: &[u8]) -> Result<(), VaultError> {
        if self
            .writing
            .as_ref()
            .is_none_or(|(current, _)| *current != number)
        {
            self.end_current()?;
            let writer = self.transaction.blob_writer();
            self.begun.insert(writer.id());
            self.writing = Some((number, writer));
        }
        match &mut self.writing {
            Some((_, writer)) => writer.push(bytes),
            None => Ok(()),
        }
    }

    fn end_current(&mut self) -> Result<(), VaultError> {
        if let Some((number, writer)) = self.writing.take() {
            self.written.insert(number, writer.finish()?);
        }
        Ok(())
    }

    /// The files that verified; the pieces of all others go away.
    pub(super) fn keep(mut self, opened: &OpenedRecord) -> Result<Vec<FileItem>, VaultError> {
        self.end_current()?;
        let mut files = Vec::new();
        for attachment in &opened.attachments {
            let blob = match self.written.remove(&attachment.number) {
                Some(blob) => blob,
                // An empty file has no bytes to come by.
                None => self.transaction.put_blob(&[])?,
            };
            self.begun.remove(&blob.id);
            files.push(FileItem::of(attachment, blob));
        }
        self.discard()?;
        Ok(files)
    }

    /// Takes every piece away again.
    pub(super) fn discard(self) -> Result<(), VaultError> {
        let mut begun = self.begun.iter();
        begun.try_for_each(|blob| self.transaction.discard(blob))
    }
}
