//! Writing to the vault: all of a transaction is there afterwards, or nothing of it.

use rand_core::{CryptoRng, RngCore};
use sqlx::{Sqlite, SqliteConnection, Transaction};
use tokio::runtime::Handle;

use super::{
    Contents, Row, RowId, VaultError,
    chunks::StoredBytes,
    cipher::VaultCipher,
    item::{Item, RecordItem, ServerPin},
};
use crate::identity::Identities;

/// A transaction on the vault; dropped without [`VaultTransaction::commit`], it changes nothing.
pub struct VaultTransaction<'a> {
    handle: Handle,
    transaction: Transaction<'a, Sqlite>,
    cipher: &'a VaultCipher,
    contents: &'a mut Contents,
    written: Vec<(RowId, i64, Item)>,
}

impl<'a> VaultTransaction<'a> {
    pub(super) fn new(
        handle: Handle,
        transaction: Transaction<'a, Sqlite>,
        cipher: &'a VaultCipher,
        contents: &'a mut Contents,
    ) -> Self {
        Self {
            handle,
            transaction,
            cipher,
            contents,
            written: Vec::new(),
        }
    }

    /// Appends one piece of a record's sealed bytes.
    ///
    /// # Errors
    /// Those of the database.
    pub fn put_chunk(
        &mut self,
        record_key: &RowId,
        number: i64,
        bytes: &[u8],
    ) -> Result<(), VaultError> {
        let insert = sqlx::query(
            r"INSERT INTO chunks
                (record_key, number, bytes)
              VALUES ($1, $2, $3)",
        )
        .bind(record_key.to_vec())
        .bind(number)
        .bind(bytes.to_vec())
        .execute(&mut *self.transaction);
        self.handle.block_on(insert)?;
        Ok(())
    }

    /// Takes a record's bytes away, which another copy replaces.
    ///
    /// # Errors
    /// Those of the database.
    pub fn delete_chunks(&mut self, record_key: &RowId) -> Result<(), VaultError> {
        let delete = sqlx::query(
            r"DELETE FROM chunks
              WHERE record_key = $1",
        )
        .bind(record_key.to_vec())
        .execute(&mut *self.transaction);
        self.handle.block_on(delete)?;
        Ok(())
    }

    /// The bytes put so far under a key, with what opens them.
    pub fn stored_record(&mut self, record_key: RowId) -> (StoredBytes<'_>, &Identities) {
        let connection: &mut SqliteConnection = &mut self.transaction;
        (
            StoredBytes::new(self.handle.clone(), connection, record_key),
            &self.contents.identities,
        )
    }

    /// Writes a record's entry: a new row, or over `row`.
    ///
    /// # Errors
    /// Those of the database.
    pub fn put_record(
        &mut self,
        row: Option<(RowId, i64)>,
        record: RecordItem,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(), VaultError> {
        self.put(row, Item::Record(record), rng)
    }

    /// Writes the server's pin: a new row, or over the one that is there.
    ///
    /// # Errors
    /// Those of the database.
    pub fn put_server(
        &mut self,
        pin: ServerPin,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(), VaultError> {
        let row = self
            .contents
            .server
            .as_ref()
            .map(|Row { id, version, .. }| (*id, *version));
        self.put(row, Item::Server(pin), rng)
    }

    pub(super) fn insert(
        &mut self,
        item: Item,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(), VaultError> {
        self.put(None, item, rng)
    }

    fn put(
        &mut self,
        row: Option<(RowId, i64)>,
        item: Item,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(), VaultError> {
        let (id, version) = match row {
            Some((id, version)) => (id, version + 1),
            None => {
                let mut id = [0; 16];
                rng.fill_bytes(&mut id);
                (id, 1)
            }
        };
        let sealed = self.cipher.seal(&id, version, &item, rng);
        let upsert = sqlx::query(
            r"INSERT INTO items
                (id, version, sealed)
              VALUES ($1, $2, $3)
              ON CONFLICT (id) DO UPDATE
              SET version = excluded.version,
                  sealed = excluded.sealed",
        )
        .bind(id.to_vec())
        .bind(version)
        .bind(sealed)
        .execute(&mut *self.transaction);
        self.handle.block_on(upsert)?;
        self.written.push((id, version, item));
        Ok(())
    }

    /// Writes all of it to the disk.
    ///
    /// # Errors
    /// Those of the database; nothing is changed then.
    pub fn commit(self) -> Result<(), VaultError> {
        self.handle.block_on(self.transaction.commit())?;
        for (id, version, item) in self.written {
            self.contents.add(id, version, item);
        }
        Ok(())
    }
}
