//! Checking the whole file, and reading the audit log out of it: any role may do the first.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::{
    BlobId, Vault, VaultError,
    audit::{AuditEntry, rfc3339},
    blob::BlobRef,
    chain::{ChainReader, Fault, Tip},
    database,
    domain::Domain,
    frame::{Frame, Place},
    item::{IdentityState, Item, RecordState},
    load,
};

/// What a check of the whole file found.
pub struct Check {
    /// The last event's number.
    pub events: u64,
    /// How many events were signed heads.
    pub heads: u64,
    /// What is not as it was written, by name.
    pub faults: Vec<Fault>,
}

impl Vault {
    /// Checks every row of the file: events, head, signatures, blobs, slots. Changes nothing.
    ///
    /// # Errors
    /// Those of the database.
    pub fn verify(&mut self) -> Result<Check, VaultError> {
        self.refresh()?;
        let mut blobs: BTreeMap<BlobId, (u64, [u8; 32])> = BTreeMap::new();
        let (mut heads, mut wrong) = (0, Vec::new());
        let mut frames: Vec<(Place, Frame)> = Vec::new();
        let handle = self.machine.handle.clone();
        let (vault_id, session) = (self.vault_id, &self.session);
        let (faults, tip) = handle.block_on(async {
            let connection = &mut self.connection;
            let head = load::read_head(connection, &vault_id, session).await?;
            let mut reader = ChainReader::after(Tip::START, &vault_id, &session.secrets);
            let mut take = |place: Place, mut frame: Frame| {
                for (blob, digest) in &frame.brings {
                    blobs.insert(*blob, (place.sequence, *digest));
                }
                for blob in &frame.takes {
                    blobs.remove(blob);
                }
                if frame.domain == Domain::Member {
                    frame.brings.clear();
                    frames.push((place, frame));
                }
            };
            load::walk(connection, &mut reader, head, 0, &mut take).await?;
            let tip = reader.finish(head);
            Ok::<_, VaultError>((reader.faults, tip))
        })?;
        let mut faults = faults;
        // What a lost event said of people cannot be held against the rest.
        let lost = !faults.is_empty();
        for (place, frame) in &frames {
            if let Some(Item::Head(head)) = self.item_of(place, frame) {
                heads += 1;
                let follows = (head.sequence + 1, head.mac) == (place.sequence, place.link);
                let unknown = lost && !self.contents.signers.contains_key(&head.person);
                if !follows || (self.signer_of(&head).is_none() && !unknown) {
                    wrong.push(Fault::Signature(place.sequence));
                }
            }
        }
        faults.append(&mut wrong);
        self.check_blobs(&blobs, lost, &mut faults)?;
        self.check_slots(lost, &mut faults)?;
        Ok(Check {
            events: tip.sequence,
            heads,
            faults,
        })
    }

    /// The audit log, oldest first.
    ///
    /// # Errors
    /// [`VaultError::Denied`] without the audit key, and those of the database.
    pub fn audit_log(&mut self) -> Result<Vec<AuditEntry>, VaultError> {
        if self.session.newest(Domain::Audit).is_none() {
            return Err(VaultError::Denied);
        }
        self.refresh()?;
        let mut frames: Vec<(Place, Frame)> = Vec::new();
        let handle = self.machine.handle.clone();
        let (vault_id, session) = (self.vault_id, &self.session);
        handle.block_on(async {
            let connection = &mut self.connection;
            let head = load::read_head(connection, &vault_id, session).await?;
            let mut reader = ChainReader::after(Tip::START, &vault_id, &session.secrets);
            let mut take = |place: Place, frame: Frame| {
                if frame.domain == Domain::Audit {
                    frames.push((place, frame));
                }
            };
            load::walk(connection, &mut reader, head, 0, &mut take).await
        })?;
        let entry = |(place, frame): &(Place, Frame)| match self.item_of(place, frame)? {
            Item::Audit(item) => Some(AuditEntry {
                sequence: place.sequence,
                at: rfc3339(frame.at),
                by: self.contents.name_of(&frame.author),
                item,
            }),
            _ => None,
        };
        Ok(frames.iter().filter_map(entry).collect())
    }

    fn item_of(&self, place: &Place, frame: &Frame) -> Option<Item> {
        let key = self.session.key(frame.domain, frame.generation)?;
        frame.open_inner(&self.vault_id, place.sequence, key)
    }

    fn check_blobs(
        &mut self,
        expected: &BTreeMap<BlobId, (u64, [u8; 32])>,
        lost: bool,
        faults: &mut Vec<Fault>,
    ) -> Result<(), VaultError> {
        let handle = self.machine.handle.clone();
        let there = handle.block_on(database::list_blobs(&mut self.connection))?;
        let mut pieces: BTreeMap<BlobId, u64> = BTreeMap::new();
        for (blob, count) in there {
            match BlobId::try_from(blob) {
                Ok(blob) => drop(pieces.insert(blob, count)),
                Err(_) => faults.push(Fault::StrayBlob([0; 16])),
            }
        }
        for (blob, (sequence, digest)) in expected {
            let count = pieces.remove(blob).unwrap_or_default();
            if self.blob_digest(blob, count) != Some(*digest) {
                faults.push(Fault::Blob(*sequence, *blob));
            }
        }
        if !lost {
            faults.extend(pieces.into_keys().map(Fault::StrayBlob));
        }
        Ok(())
    }

    /// SHA-256 over a blob's pieces; `None` when one of them is missing or cannot be read.
    fn blob_digest(&mut self, blob: &BlobId, pieces: u64) -> Option<[u8; 32]> {
        let handle = self.machine.handle.clone();
        let mut digest = Sha256::new();
        for number in 0..pieces {
            let piece = handle.block_on(database::read_piece(&mut self.connection, blob, number));
            digest.update(piece.ok()??);
        }
        Some(digest.finalize().into())
    }

    fn check_slots(&mut self, lost: bool, faults: &mut Vec<Fault>) -> Result<(), VaultError> {
        let handle = self.machine.handle.clone();
        let slots = handle.block_on(database::read_slots(&mut self.connection))?;
        let people = &self.contents.people;
        for slot in &slots {
            let said = people.get(&slot.person).filter(|person| !person.removed);
            let same = said.is_some_and(|person| person.slot == hex::encode(&slot.checksum));
            if !(same || lost) || !slot.is_whole() {
                faults.push(Fault::Slot(slot.person));
            }
        }
        for person in people.values().filter(|person| !person.removed) {
            if !slots.iter().any(|slot| slot.person == person.id) {
                faults.push(Fault::Slot(person.id));
            }
        }
        Ok(())
    }

    /// The record to which a blob belongs, as far as the person may know.
    #[must_use]
    pub fn record_of_blob(&self, blob: &BlobId) -> Option<asylia_envelope::ids::RecordId> {
        let is = |known: &BlobRef| known.id == *blob;
        let of_record = self
            .contents
            .records
            .iter()
            .find(|row| match &row.item.state {
                RecordState::Quarantined(_, raw) => is(raw),
                RecordState::Imported(imported) => {
                    imported.account.as_ref().is_some_and(is)
                        || imported.files.iter().any(|file| is(&file.blob))
                }
            });
        let of_identity = || {
            self.contents
                .identity_parts
                .values()
                .find(|part| match &part.state {
                    IdentityState::Waiting { record, .. } => is(record),
                    IdentityState::Sealed { part, files, .. } => {
                        part.as_ref().is_some_and(is) || files.iter().any(|file| is(&file.blob))
                    }
                })
        };
        of_record
            .map(|row| row.item.record_id)
            .or_else(|| of_identity().map(|part| part.record_id))
    }
}
