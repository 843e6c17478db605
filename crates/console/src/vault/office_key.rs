//! The office's signing key: made on the console or taken from its file, and from then on in the vault, where those
//! hold it who do casework.

use std::io::Read;

use asylia_envelope::ids::InstanceId;
use asylia_keys::signing_file::{OfficeSigningKey, office_from_secret_text, office_to_secret_text};
use zeroize::Zeroizing;

use super::{
    BlobId, Vault, VaultError,
    audit::{Act, AuditItem},
    blob::BlobRef,
    chain::Fault,
    domain::Domain,
    item::Item,
    letters::OfficeKeyItem,
};

impl Vault {
    /// Puts the office's signing key into the vault, in the place of an earlier one.
    ///
    /// # Errors
    /// Those of the database.
    pub fn put_office_key(
        &mut self,
        instance: InstanceId,
        key: &OfficeSigningKey,
    ) -> Result<(), VaultError> {
        let mut transaction = self.begin()?;
        let text = office_to_secret_text(key, instance);
        let blob = transaction.put_blob(text.as_bytes())?;
        let item = OfficeKeyItem {
            instance,
            blob: blob.clone(),
        };
        let before = transaction.contents().office_key_place.as_ref();
        let takes: Vec<BlobId> = before.map(|row| row.item.blob.id).into_iter().collect();
        for blob in &takes {
            transaction.discard(blob)?;
        }
        transaction.append_with(Domain::Case, Item::OfficeKey(item), &[&blob], &takes)?;
        transaction.log(AuditItem::of(Act::OfficeKeyTaken))?;
        transaction.commit()?;
        self.read_office_key();
        Ok(())
    }

    /// Reads the office's key if its place is known and it is not in memory yet.
    pub(super) fn read_office_key(&mut self) {
        let place = self.contents.office_key_place.as_ref();
        let Some((sequence, blob)) = place.map(|row| (row.sequence, row.item.blob.clone())) else {
            return;
        };
        if self.contents.office_key.is_some() {
            return;
        }
        match self.office_key_of(&blob) {
            Some(key) => self.contents.office_key = Some(key),
            None if self.contents.damaged.contains(&Fault::Unknown(sequence)) => {}
            None => self.contents.damaged.push(Fault::Unknown(sequence)),
        }
    }

    fn office_key_of(&mut self, blob: &BlobRef) -> Option<OfficeSigningKey> {
        let size = usize::try_from(blob.size).ok()?;
        // Never grows, so that no copy is left behind.
        let mut text = Zeroizing::new(Vec::with_capacity(size));
        self.open_blob(blob).read_to_end(&mut text).ok()?;
        let (_, key) = office_from_secret_text(std::str::from_utf8(&text).ok()?).ok()?;
        Some(key)
    }
}
