//! The statements on the vault's file that need no key. All SQL of the console stands in this folder.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use sqlx::{
    ConnectOptions, Row, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteRow, SqliteSynchronous},
};

use super::{
    BlobId, VaultError,
    chain::{Read, StoredEvent, Tip},
    header::Header,
    kdf::KdfCost,
    slot::Slot,
};

/// What making the folder did, so that a failure can be taken back.
pub(super) enum Made {
    Folder,
    Nothing,
}

/// Makes `directory` for the owner only; an empty one that is there already is taken.
pub(super) fn make_directory(directory: &Path) -> Result<Made, VaultError> {
    match DirBuilder::new().mode(0o700).create(directory) {
        Ok(()) => Ok(Made::Folder),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            if fs::read_dir(directory)?.next().is_some() {
                return Err(VaultError::Exists);
            }
            fs::set_permissions(
                directory,
                std::os::unix::fs::PermissionsExt::from_mode(0o700),
            )?;
            Ok(Made::Nothing)
        }
        Err(error) => Err(error.into()),
    }
}

impl Made {
    /// Takes the folder away again, or its files where it was there before.
    pub(super) fn remove(self, directory: &Path) {
        remove_files(&file(directory));
        if let Self::Folder = self {
            let _ = fs::remove_dir(directory);
        }
    }
}

/// Removes a database with what SQLite keeps beside it.
pub(super) fn remove_files(file: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = file.as_os_str().to_owned();
        name.push(suffix);
        let _ = fs::remove_file(name);
    }
}

/// Makes an empty file for the owner only: SQLite would give it the process's default permissions.
pub(super) fn make_file(file: &Path) -> Result<(), VaultError> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)?;
    Ok(())
}

pub(super) async fn create(file: &Path, header: &Header) -> Result<SqliteConnection, VaultError> {
    make_file(file)?;
    let mut connection = connect(file).await?;
    sqlx::raw_sql(SCHEMA).execute(&mut connection).await?;
    sqlx::query("INSERT INTO header (id, version, vault_id, checksum) VALUES (1, $1, $2, $3)")
        .bind(header.version)
        .bind(header.vault_id.to_vec())
        .bind(header.checksum.clone())
        .execute(&mut connection)
        .await?;
    Ok(connection)
}

pub(super) fn look(directory: &Path) -> Result<(), VaultError> {
    match file(directory).is_file() {
        true => Ok(()),
        false => Err(VaultError::NotAVault),
    }
}

pub(super) async fn connect(file: &Path) -> Result<SqliteConnection, VaultError> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("secure_delete", "ON")
        .pragma("temp_store", "MEMORY")
        .disable_statement_logging();
    Ok(options.connect().await?)
}

/// The version of any form of the vault.
pub(super) async fn version(connection: &mut SqliteConnection) -> Result<i64, VaultError> {
    let row = sqlx::query("SELECT version FROM header WHERE id = 1")
        .fetch_optional(connection)
        .await
        .map_err(foreign_file)?;
    Ok(row.ok_or(VaultError::Damaged)?.try_get("version")?)
}

pub(super) async fn read_header(connection: &mut SqliteConnection) -> Result<Header, VaultError> {
    let row = sqlx::query("SELECT version, vault_id, checksum FROM header WHERE id = 1")
        .fetch_one(connection)
        .await
        .map_err(foreign_file)?;
    let id: Vec<u8> = row.try_get("vault_id")?;
    Ok(Header {
        version: row.try_get("version")?,
        vault_id: id.try_into().map_err(|_| VaultError::Damaged)?,
        checksum: row.try_get("checksum")?,
    })
}

/// A file of SQLite's without our tables is no vault of ours.
pub(super) fn foreign_file(error: sqlx::Error) -> VaultError {
    match VaultError::from(error) {
        VaultError::Database(_) => VaultError::Damaged,
        other => other,
    }
}

pub(super) async fn read_slots(connection: &mut SqliteConnection) -> Result<Vec<Slot>, VaultError> {
    let rows = sqlx::query(
        r"SELECT person, tag, kdf_mib, kdf_passes, salt, slot_check, wrapped, ring, ring_mac, checksum
          FROM slots
          ORDER BY person",
    )
    .fetch_all(connection)
    .await
    .map_err(foreign_file)?;
    Ok(rows.iter().filter_map(|row| slot(row).ok()).collect())
}

fn slot(row: &SqliteRow) -> Result<Slot, sqlx::Error> {
    let id = |column| {
        let bytes: Vec<u8> = row.try_get(column)?;
        bytes.try_into().map_err(|_| sqlx::Error::RowNotFound)
    };
    let small = |column| {
        u32::try_from(row.try_get::<i64, _>(column)?).map_err(|_| sqlx::Error::RowNotFound)
    };
    Ok(Slot {
        person: id("person")?,
        tag: id("tag")?,
        cost: KdfCost {
            mib: small("kdf_mib")?,
            passes: small("kdf_passes")?,
        },
        salt: row.try_get("salt")?,
        check: row.try_get("slot_check")?,
        wrapped: row.try_get("wrapped")?,
        ring: row.try_get("ring")?,
        ring_mac: row.try_get("ring_mac")?,
        checksum: row.try_get("checksum")?,
    })
}

pub(super) async fn put_slot(
    connection: &mut SqliteConnection,
    slot: &Slot,
) -> Result<(), VaultError> {
    sqlx::query(
        r"INSERT OR REPLACE INTO slots
            (person, tag, kdf_mib, kdf_passes, salt, slot_check, wrapped, ring, ring_mac, checksum)
          VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(slot.person.to_vec())
    .bind(slot.tag.to_vec())
    .bind(i64::from(slot.cost.mib))
    .bind(i64::from(slot.cost.passes))
    .bind(slot.salt.clone())
    .bind(slot.check.clone())
    .bind(slot.wrapped.clone())
    .bind(slot.ring.clone())
    .bind(slot.ring_mac.clone())
    .bind(slot.checksum.clone())
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn delete_slot(
    connection: &mut SqliteConnection,
    person: &[u8; 16],
) -> Result<(), VaultError> {
    sqlx::query("DELETE FROM slots WHERE person = $1")
        .bind(person.to_vec())
        .execute(connection)
        .await?;
    Ok(())
}

/// The head's row: the tip, and the seal over it.
pub(super) async fn read_head(
    connection: &mut SqliteConnection,
) -> Result<Option<(Tip, Vec<u8>)>, VaultError> {
    let row = sqlx::query("SELECT sequence, mac, seal FROM head WHERE id = 1")
        .fetch_optional(connection)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let mac: Vec<u8> = row.try_get("mac")?;
    let tip = mac.try_into().ok().and_then(|mac| {
        let sequence = row.try_get::<i64, _>("sequence").ok()?;
        Some(Tip {
            sequence: u64::try_from(sequence).ok()?,
            mac,
        })
    });
    let seal = row.try_get("seal")?;
    Ok(tip.map(|tip| (tip, seal)))
}

pub(super) async fn put_head(
    connection: &mut SqliteConnection,
    tip: &Tip,
    seal: &[u8; 32],
) -> Result<(), VaultError> {
    sqlx::query("INSERT OR REPLACE INTO head (id, sequence, mac, seal) VALUES (1, $1, $2, $3)")
        .bind(number(tip.sequence))
        .bind(tip.mac.to_vec())
        .bind(seal.to_vec())
        .execute(connection)
        .await?;
    Ok(())
}

/// A number that changes when another connection wrote to the file; never 0.
pub(super) async fn data_version(connection: &mut SqliteConnection) -> Result<i64, VaultError> {
    let row = sqlx::query("PRAGMA data_version")
        .fetch_one(connection)
        .await?;
    Ok(row.try_get(0)?)
}

/// The next rows behind `after`, at most [`EVENTS_AT_ONCE`]; where a page is damaged, each row by itself, so that
/// it costs only what stands on it. Empty at the end; `last` is a number behind which no row is expected.
pub(super) async fn read_events(
    connection: &mut SqliteConnection,
    after: u64,
    last: u64,
) -> Result<Vec<Read>, VaultError> {
    let rows = sqlx::query(
        r"SELECT sequence, link, sealed, mac
          FROM events
          WHERE sequence > $1
          ORDER BY sequence
          LIMIT $2",
    )
    .bind(number(after))
    .bind(EVENTS_AT_ONCE)
    .fetch_all(&mut *connection)
    .await;
    if let Ok(rows) = rows {
        return Ok(rows.iter().filter_map(|row| event(row, None)).collect());
    }
    let mut found = Vec::new();
    for sequence in after + 1..=(after + EVENTS_AT_ONCE.unsigned_abs()).min(last) {
        let row = sqlx::query("SELECT sequence, link, sealed, mac FROM events WHERE sequence = $1")
            .bind(number(sequence))
            .fetch_optional(&mut *connection)
            .await;
        match row {
            Ok(Some(row)) => found.extend(event(&row, Some(sequence))),
            Ok(None) => {}
            Err(_) => found.push(Read::Unreadable(sequence)),
        }
    }
    Ok(found)
}

fn event(row: &SqliteRow, expected: Option<u64>) -> Option<Read> {
    let sequence = row.try_get::<i64, _>("sequence").ok();
    let sequence = sequence.and_then(|sequence| u64::try_from(sequence).ok());
    let sequence = sequence.or(expected)?;
    let read = || {
        Ok::<_, sqlx::Error>(StoredEvent {
            sequence,
            link: row.try_get("link")?,
            sealed: row.try_get("sealed")?,
            mac: row.try_get("mac")?,
        })
    };
    Some(read().map_or(Read::Unreadable(sequence), Read::Row))
}

/// The number of a row, readable or not.
pub(super) fn number_of(read: &Read) -> u64 {
    match read {
        Read::Row(row) => row.sequence,
        Read::Unreadable(sequence) => *sequence,
    }
}

/// The number up to which [`read_events`] has looked when it found nothing behind `after`.
pub(super) fn step(after: u64, last: u64) -> u64 {
    (after + EVENTS_AT_ONCE.unsigned_abs()).min(last)
}

/// The highest number of a row.
pub(super) async fn last_event(connection: &mut SqliteConnection) -> Result<u64, VaultError> {
    let row = sqlx::query("SELECT COALESCE(MAX(sequence), 0) FROM events")
        .fetch_one(connection)
        .await?;
    Ok(row.try_get::<i64, _>(0)?.unsigned_abs())
}

pub(super) async fn put_event(
    connection: &mut SqliteConnection,
    event: &StoredEvent,
) -> Result<(), VaultError> {
    sqlx::query("INSERT INTO events (sequence, link, sealed, mac) VALUES ($1, $2, $3, $4)")
        .bind(number(event.sequence))
        .bind(event.link.clone())
        .bind(event.sealed.clone())
        .bind(event.mac.clone())
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn put_piece(
    connection: &mut SqliteConnection,
    blob: &BlobId,
    piece: u64,
    sealed: &[u8],
) -> Result<(), VaultError> {
    sqlx::query("INSERT INTO blobs (blob, number, sealed) VALUES ($1, $2, $3)")
        .bind(blob.to_vec())
        .bind(number(piece))
        .bind(sealed.to_vec())
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn read_piece(
    connection: &mut SqliteConnection,
    blob: &BlobId,
    piece: u64,
) -> Result<Option<Vec<u8>>, VaultError> {
    let row = sqlx::query("SELECT sealed FROM blobs WHERE blob = $1 AND number = $2")
        .bind(blob.to_vec())
        .bind(number(piece))
        .fetch_optional(connection)
        .await?;
    Ok(row.map(|row| row.try_get("sealed")).transpose()?)
}

pub(super) async fn delete_blob(
    connection: &mut SqliteConnection,
    blob: &BlobId,
) -> Result<(), VaultError> {
    sqlx::query("DELETE FROM blobs WHERE blob = $1")
        .bind(blob.to_vec())
        .execute(connection)
        .await?;
    Ok(())
}

/// Every blob with the number of its pieces.
pub(super) async fn list_blobs(
    connection: &mut SqliteConnection,
) -> Result<Vec<(Vec<u8>, u64)>, VaultError> {
    let rows =
        sqlx::query("SELECT blob, COUNT(*) AS pieces FROM blobs GROUP BY blob ORDER BY blob")
            .fetch_all(connection)
            .await?;
    let one = |row: &SqliteRow| {
        let pieces: i64 = row.try_get("pieces")?;
        Ok((row.try_get("blob")?, pieces.unsigned_abs()))
    };
    rows.iter().map(one).collect()
}

pub(super) async fn integrity(
    connection: &mut SqliteConnection,
) -> Result<Vec<String>, VaultError> {
    let rows = sqlx::query("PRAGMA integrity_check(20)")
        .fetch_all(connection)
        .await?;
    let lines = rows.iter().map(|row| row.get::<String, _>(0));
    Ok(lines.filter(|line| line != "ok").collect())
}

/// A whole copy in the empty file `out`, without what was deleted.
pub(super) async fn copy_into(
    connection: &mut SqliteConnection,
    out: &Path,
) -> Result<(), VaultError> {
    sqlx::query("VACUUM INTO $1")
        .bind(out.to_str().ok_or(VaultError::Path)?.to_owned())
        .execute(connection)
        .await?;
    Ok(())
}

/// The vault's file in its folder.
pub(super) fn file(directory: &Path) -> PathBuf {
    directory.join(VAULT_FILE)
}

fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Rows fetched at once.
const EVENTS_AT_ONCE: i64 = 500;
const VAULT_FILE: &str = "vault.db";
const SCHEMA: &str = include_str!("../../migrations/0002_vault.sql");
