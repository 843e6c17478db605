//! Vaults of the first form, read and never written: one passphrase, rows of items, records as they came.
//! `migrate.rs` makes a vault of today's form of them at the next unlock.

use std::path::Path;

use asylia_envelope::{
    ids::{InstanceId, RecordId},
    signing::framed,
};
use asylia_keys::identity::AnyIdentity;
use secrecy::SecretString;
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, IgnoredAny},
};
use sha2::{Digest, Sha256};
use sqlx::{Connection, Row, SqliteConnection};
use zeroize::Zeroizing;

use super::{
    VaultError, database, hexadecimal,
    item::{BundleItem, Reason, ServerPin},
    kdf::KdfCost,
    keys::{decrypt, framed_part, same},
};
use crate::machine::Machine;

/// Version of the first form.
pub(super) const VERSION: i64 = 1;

/// A vault of the first form, open.
pub(super) struct FirstForm {
    machine: Machine,
    connection: SqliteConnection,
    /// What a guess of its passphrase costs.
    pub(super) cost: KdfCost,
    /// What its rows say.
    pub(super) items: Vec<FirstItem>,
    /// How many rows do not open.
    pub(super) damaged: u64,
}

/// One row's content.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum FirstItem {
    Bundle(BundleItem),
    Identity(FirstIdentity),
    Server(ServerPin),
    Record(FirstRecord),
}

/// An identity of a period. No `Debug`; cleared when dropped.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FirstIdentity {
    /// As asylia-keys writes it.
    #[serde(deserialize_with = "secret_text")]
    secret: Zeroizing<String>,
}

/// A record: where its bytes are and what became of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FirstRecord {
    pub(super) instance: InstanceId,
    pub(super) record_id: RecordId,
    pub(super) period: String,
    #[serde(with = "hexadecimal")]
    pub(super) record_key: [u8; 16],
    #[serde(with = "hexadecimal")]
    pub(super) named_sha256: [u8; 32],
    #[serde(with = "hexadecimal")]
    pub(super) stored_sha256: [u8; 32],
    pub(super) size: u64,
    pub(super) carried_by: u64,
    pub(super) state: FirstState,
}

/// What became of a record; one that was imported is opened again, so nothing more is taken over.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum FirstState {
    Imported(IgnoredAny),
    Quarantined(Reason),
}

impl FirstIdentity {
    pub(super) fn identity(&self) -> Option<AnyIdentity> {
        AnyIdentity::parse_secret_text(&self.secret).ok()
    }
}

fn secret_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Zeroizing<String>, D::Error> {
    let text = String::deserialize(deserializer).map_err(|_| D::Error::custom("no text"))?;
    Ok(Zeroizing::new(text))
}

impl FirstForm {
    /// Opens the file with its passphrase.
    pub(super) fn open(
        machine: &Machine,
        file: &Path,
        passphrase: &SecretString,
    ) -> Result<Self, VaultError> {
        let mut connection = machine.handle.block_on(database::connect(file))?;
        let (key, cost) = machine
            .handle
            .block_on(unlock(&mut connection, passphrase))?;
        let rows = machine.handle.block_on(read_items(&mut connection))?;
        let (mut items, mut damaged) = (Vec::new(), 0);
        for row in rows {
            match row.and_then(|(id, version, sealed)| open_item(&key, &id, version, &sealed)) {
                Some(item) => items.push(item),
                None => damaged += 1,
            }
        }
        Ok(Self {
            machine: machine.clone(),
            connection,
            cost,
            items,
            damaged,
        })
    }

    /// One piece of a record's bytes as they came; `None` behind the last.
    pub(super) fn piece(
        &mut self,
        key: &[u8; 16],
        number: i64,
    ) -> Result<Option<Vec<u8>>, VaultError> {
        let select = sqlx::query("SELECT bytes FROM chunks WHERE record_key = $1 AND number = $2")
            .bind(key.to_vec())
            .bind(number)
            .fetch_optional(&mut self.connection);
        let row = self.machine.handle.block_on(select)?;
        Ok(row.map(|row| row.try_get("bytes")).transpose()?)
    }

    /// Closes the file, so that nothing of it lies beside it.
    pub(super) fn close(self) -> Result<(), VaultError> {
        Ok(self.machine.handle.block_on(self.connection.close())?)
    }
}

/// Stretches the passphrase and unwraps the key: damage first, then the passphrase.
async fn unlock(
    connection: &mut SqliteConnection,
    passphrase: &SecretString,
) -> Result<(Zeroizing<[u8; 32]>, KdfCost), VaultError> {
    let row = sqlx::query(
        r"SELECT salt, kdf_mib, kdf_passes, key_check, wrapped_key, checksum
          FROM header
          WHERE id = 1",
    )
    .fetch_one(connection)
    .await
    .map_err(database::foreign_file)?;
    let bytes = |column| row.try_get::<Vec<u8>, _>(column);
    let small =
        |column| u32::try_from(row.try_get::<i64, _>(column)?).map_err(|_| VaultError::Damaged);
    let (salt, check, wrapped) = (bytes("salt")?, bytes("key_check")?, bytes("wrapped_key")?);
    let cost = KdfCost {
        mib: small("kdf_mib")?,
        passes: small("kdf_passes")?,
    };
    let bound = framed(
        "asylia/v1/vault/header",
        &[
            &VERSION.to_be_bytes(),
            &salt,
            &cost.mib.to_be_bytes(),
            &cost.passes.to_be_bytes(),
            &check,
        ],
    );
    let whole = Sha256::digest(&*framed("asylia/v1/vault/checksum", &[&bound, &wrapped]));
    if !same(&whole, &bytes("checksum")?) || KdfCost::with_memory(cost.mib).ok() != Some(cost) {
        return Err(VaultError::Damaged);
    }
    let stretched = cost.stretch(passphrase, &salt)?;
    if !same(
        &*derive("asylia/v1/vault/passphrase-check", &stretched),
        &check,
    ) {
        return Err(VaultError::WrongPassphrase);
    }
    let key = decrypt(
        &derive("asylia/v1/vault/wrapping-key", &stretched),
        &bound,
        &wrapped,
    );
    let key = key.ok_or(VaultError::Damaged)?;
    let key: &[u8; 32] = key.as_slice().try_into().map_err(|_| VaultError::Damaged)?;
    Ok((Zeroizing::new(*key), cost))
}

type SealedRow = (Vec<u8>, i64, Vec<u8>);

/// Every item's row, each read by itself; `None` for one that cannot be read.
async fn read_items(
    connection: &mut SqliteConnection,
) -> Result<Vec<Option<SealedRow>>, VaultError> {
    let ids = sqlx::query("SELECT id FROM items ORDER BY id")
        .fetch_all(&mut *connection)
        .await?;
    let mut rows = Vec::with_capacity(ids.len());
    for id in &ids {
        let id: Vec<u8> = id.try_get("id")?;
        let row = sqlx::query("SELECT version, sealed FROM items WHERE id = $1")
            .bind(id.clone())
            .fetch_one(&mut *connection)
            .await;
        let row = row.and_then(|row| Ok((id, row.try_get("version")?, row.try_get("sealed")?)));
        rows.push(row.ok());
    }
    Ok(rows)
}

fn open_item(key: &[u8; 32], id: &[u8], version: i64, sealed: &[u8]) -> Option<FirstItem> {
    let bound = framed("asylia/v1/vault/items", &[id, &version.to_be_bytes()]);
    let plaintext = decrypt(key, &bound, sealed)?;
    serde_json::from_slice(framed_part(&plaintext)?).ok()
}

fn derive(context: &str, stretched: &[u8; 32]) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(Sha256::digest(&*framed(context, &[stretched])).into())
}
