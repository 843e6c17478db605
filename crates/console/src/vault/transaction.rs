//! Writing to the vault: all of a transaction is there afterwards, or nothing of it.

use std::{cell::RefCell, str::FromStr};

use asylia_envelope::{day::Day, hybrid::HybridRecipient};
use sqlx::{Sqlite, Transaction};
use tokio::runtime::Handle;

use super::{
    BlobId, Contents, Session, VaultError, VaultId,
    audit::AuditItem,
    blob::{BlobReader, BlobRef, BlobWriter, PutPiece, TakePiece},
    chain::{StoredEvent, Tip, event_mac, head_seal},
    database,
    domain::Domain,
    frame::{Frame, Origin, Place, SealWith},
    item::{HeadItem, Item, PersonId, SentState, Stamp},
    slot::Slot,
};
use crate::{casework::number::CaseNumber, machine::Random};

/// A transaction on the vault; dropped without [`VaultTransaction::commit`], it changes nothing.
pub struct VaultTransaction<'a> {
    pub(super) handle: Handle,
    pub(super) transaction: RefCell<Transaction<'a, Sqlite>>,
    pub(super) vault_id: VaultId,
    pub(super) session: &'a Session,
    pub(super) contents: &'a mut Contents,
    pub(super) tip: &'a mut Tip,
    pub(super) random: RefCell<&'a mut Random>,
    pub(super) at: i64,
    /// The last event that this transaction wrote.
    pub(super) next: Tip,
    pub(super) written: Vec<(u64, Item)>,
}

/// Pieces out of a transaction that is still open.
pub struct WrittenPieces<'t, 'a>(&'t VaultTransaction<'a>);

impl<'a> VaultTransaction<'a> {
    /// What the vault held when the transaction began.
    #[must_use]
    pub fn contents(&self) -> &Contents {
        self.contents
    }

    /// The day, UTC; the first of 1970 for a clock that tells nothing sensible.
    #[must_use]
    pub fn today(&self) -> Day {
        Day::from_unix_seconds(self.at)
            .or_else(|| Day::from_days_since_1970(0))
            .expect("1970 is a year of the calendar")
    }

    /// The server counts anew and holds nothing for submitters: so do the bundles to it, and what its mailboxes can
    /// hold is sent again.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) fn send_again(&mut self) -> Result<(), VaultError> {
        self.begin_new_count(SentState::SendAgain, true)
    }

    /// The bundles to the server count anew; what it has not confirmed goes into them.
    ///
    /// # Errors
    /// Those of the database.
    pub(super) fn count_anew(&mut self) -> Result<(), VaultError> {
        self.begin_new_count(SentState::NewCount, false)
    }

    fn begin_new_count(&mut self, state: SentState, send_again: bool) -> Result<(), VaultError> {
        let correspondence = &self.contents.correspondence;
        if correspondence.sent().is_empty() {
            return Ok(());
        }
        let takes = correspondence.superfluous_in_a_new_count(send_again);
        for blob in &takes {
            self.discard(blob)?;
        }
        self.append_with(Domain::Case, Item::SentState(state), &[], &takes)?;
        Ok(())
    }

    /// When everything in it is written, in seconds since 1970.
    #[must_use]
    pub fn at(&self) -> i64 {
        self.at
    }

    /// Who writes.
    #[must_use]
    pub fn author(&self) -> PersonId {
        self.session.person
    }

    /// A number that no case has.
    pub(crate) fn new_case_number(&self) -> CaseNumber {
        let taken = |number| self.contents.cases.get(number).is_some();
        CaseNumber::generate(&mut **self.random.borrow_mut(), taken)
    }

    /// Begins a blob; it stays only if an event brings it.
    pub(crate) fn blob_writer(&self) -> BlobWriter<'_, Self> {
        BlobWriter::new(self, &mut **self.random.borrow_mut())
    }

    /// A blob with these bytes.
    ///
    /// # Errors
    /// Those of the database.
    pub fn put_blob(&self, bytes: &[u8]) -> Result<BlobRef, VaultError> {
        let mut writer = self.blob_writer();
        writer.push(bytes)?;
        writer.finish()
    }

    /// Reads a blob that is there, or was just written.
    #[must_use]
    pub fn open_blob<'t>(&'t self, blob: &BlobRef) -> BlobReader<WrittenPieces<'t, 'a>> {
        BlobReader::new(WrittenPieces(self), blob)
    }

    /// Takes a blob's pieces away: one that no event brought, or one that the next event says it takes.
    ///
    /// # Errors
    /// Those of the database.
    pub fn discard(&self, blob: &BlobId) -> Result<(), VaultError> {
        let mut transaction = self.transaction.borrow_mut();
        self.handle
            .block_on(database::delete_blob(&mut transaction, blob))
    }

    /// Writes an event that brings no blob and takes none away.
    ///
    /// # Errors
    /// Those of the database.
    pub fn append(&mut self, domain: Domain, item: Item) -> Result<u64, VaultError> {
        self.append_with(domain, item, &[], &[])
    }

    /// Writes an entry of the audit log.
    ///
    /// # Errors
    /// Those of the database.
    pub fn log(&mut self, entry: AuditItem) -> Result<(), VaultError> {
        self.append(Domain::Audit, Item::Audit(entry)).map(|_| ())
    }

    /// Writes an event; returns its number.
    ///
    /// # Errors
    /// Those of the database; [`VaultError::Damaged`] when the domain's public half is lost.
    pub fn append_with(
        &mut self,
        domain: Domain,
        item: Item,
        brings: &[&BlobRef],
        takes: &[BlobId],
    ) -> Result<u64, VaultError> {
        let place = Place {
            sequence: self.next.sequence + 1,
            link: self.next.mac,
        };
        let origin = Origin {
            vault: &self.vault_id,
            sequence: place.sequence,
            at: self.at,
            author: self.session.person,
        };
        let recipient;
        let with = match self.session.newest(domain) {
            Some(key) => SealWith::Own(key),
            None => {
                let (generation, text) =
                    self.contents.recipient(domain).ok_or(VaultError::Damaged)?;
                recipient = HybridRecipient::from_str(text).map_err(|_| VaultError::Damaged)?;
                SealWith::Drop(&recipient, generation)
            }
        };
        let rng = &mut **self.random.borrow_mut();
        let mut frame = Frame::new(domain, &with, &origin, &item, rng)?;
        frame.brings = brings.iter().map(|blob| (blob.id, blob.sha256)).collect();
        frame.takes = takes.to_vec();
        let secrets = &self.session.secrets;
        let sealed = frame.seal(&self.vault_id, &place, secrets, rng);
        let mac = event_mac(&self.vault_id, &place, &sealed, secrets);
        let event = StoredEvent {
            sequence: place.sequence,
            link: place.link.to_vec(),
            sealed,
            mac: mac.to_vec(),
        };
        self.handle.block_on(database::put_event(
            &mut self.transaction.borrow_mut(),
            &event,
        ))?;
        self.next = Tip {
            sequence: place.sequence,
            mac,
        };
        if self.session.newest(domain).is_some() {
            self.written.push((place.sequence, item));
        }
        Ok(place.sequence)
    }

    /// Signs the last event in the person's name, unless that is a signed head itself.
    pub(super) fn sign_head(&mut self) -> Result<HeadItem, VaultError> {
        if let Some(head) = self.contents.heads.last()
            && head.sequence == self.next.sequence
        {
            return Ok(head.item.clone());
        }
        let item = self.session.sign(&self.vault_id, &self.next);
        self.append(Domain::Member, Item::Head(item.clone()))?;
        Ok(item)
    }

    pub(super) fn put_slot(&self, slot: &Slot) -> Result<(), VaultError> {
        let mut transaction = self.transaction.borrow_mut();
        self.handle
            .block_on(database::put_slot(&mut transaction, slot))
    }

    pub(super) fn delete_slot(&self, person: &[u8; 16]) -> Result<(), VaultError> {
        let mut transaction = self.transaction.borrow_mut();
        self.handle
            .block_on(database::delete_slot(&mut transaction, person))
    }

    pub(super) fn read_slots(&self) -> Result<Vec<Slot>, VaultError> {
        let mut transaction = self.transaction.borrow_mut();
        self.handle.block_on(database::read_slots(&mut transaction))
    }

    /// Writes all of it to the disk.
    ///
    /// # Errors
    /// Those of the database; nothing is changed then.
    pub fn commit(self) -> Result<(), VaultError> {
        let seal = head_seal(&self.vault_id, &self.next, &self.session.secrets);
        let mut transaction = self.transaction.into_inner();
        self.handle
            .block_on(database::put_head(&mut transaction, &self.next, &seal))?;
        self.handle.block_on(transaction.commit())?;
        *self.tip = self.next;
        self.contents.last_at = self.contents.last_at.max(self.at);
        for (sequence, item) in self.written {
            let stamp = Stamp {
                sequence,
                at: self.at,
                author: self.session.person,
            };
            self.contents.add(stamp, item);
        }
        Ok(())
    }
}

impl PutPiece for VaultTransaction<'_> {
    fn put(&self, blob: &BlobId, number: u64, sealed: &[u8]) -> Result<(), VaultError> {
        let mut transaction = self.transaction.borrow_mut();
        self.handle
            .block_on(database::put_piece(&mut transaction, blob, number, sealed))
    }
}

impl TakePiece for WrittenPieces<'_, '_> {
    fn take(&mut self, blob: &BlobId, number: u64) -> Result<Option<Vec<u8>>, VaultError> {
        let mut transaction = self.0.transaction.borrow_mut();
        self.0
            .handle
            .block_on(database::read_piece(&mut transaction, blob, number))
    }
}
