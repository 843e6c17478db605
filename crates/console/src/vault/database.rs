//! The statements on the vault's file that need no key. All SQL of the console stands here and in its siblings.

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
    RowId, VaultError,
    header::{Header, KdfCost},
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
        for name in FILES {
            let _ = fs::remove_file(directory.join(name));
        }
        if let Self::Folder = self {
            let _ = fs::remove_dir(directory);
        }
    }
}

pub(super) async fn create(
    directory: &Path,
    header: &Header,
) -> Result<SqliteConnection, VaultError> {
    // Made by hand first, since SQLite would give it the process's default permissions.
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file(directory))?;
    let mut connection = connect(directory).await?;
    sqlx::raw_sql(SCHEMA).execute(&mut connection).await?;
    sqlx::query(
        r"INSERT INTO header
            (id, version, salt, kdf_mib, kdf_passes, key_check, wrapped_key, checksum)
          VALUES (1, $1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(header.version)
    .bind(&header.salt)
    .bind(i64::from(header.cost.mib))
    .bind(i64::from(header.cost.passes))
    .bind(&header.key_check)
    .bind(&header.wrapped_key)
    .bind(&header.checksum)
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

pub(super) async fn open(directory: &Path) -> Result<SqliteConnection, VaultError> {
    look(directory)?;
    connect(directory).await
}

async fn connect(directory: &Path) -> Result<SqliteConnection, VaultError> {
    let options = SqliteConnectOptions::new()
        .filename(file(directory))
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("secure_delete", "ON")
        .pragma("temp_store", "MEMORY")
        .disable_statement_logging();
    Ok(options.connect().await?)
}

pub(super) async fn read_header(connection: &mut SqliteConnection) -> Result<Header, VaultError> {
    let row = sqlx::query(
        r"SELECT version, salt, kdf_mib, kdf_passes, key_check, wrapped_key, checksum
          FROM header
          WHERE id = 1",
    )
    .fetch_optional(connection)
    .await
    .map_err(|error| match VaultError::from(error) {
        // A file of SQLite's without our table is no vault of ours.
        VaultError::Database(_) => VaultError::Damaged,
        other => other,
    })?
    .ok_or(VaultError::Damaged)?;
    let small = |column| u32::try_from(row.get::<i64, _>(column)).map_err(|_| VaultError::Damaged);
    Ok(Header {
        version: row.get("version"),
        salt: row.get("salt"),
        cost: KdfCost {
            mib: small("kdf_mib")?,
            passes: small("kdf_passes")?,
        },
        key_check: row.get("key_check"),
        wrapped_key: row.get("wrapped_key"),
        checksum: row.get("checksum"),
    })
}

/// A number that changes when another connection wrote to the file; never 0.
pub(super) async fn data_version(connection: &mut SqliteConnection) -> Result<i64, VaultError> {
    let row = sqlx::query("PRAGMA data_version")
        .fetch_one(connection)
        .await?;
    Ok(row.get(0))
}

/// A row of `items`: number, version, sealed bytes.
pub(super) type SealedRow = (RowId, i64, Vec<u8>);

/// Every item's row, each read by itself, so that a damaged page costs only what stands on it.
pub(super) async fn read_items(
    connection: &mut SqliteConnection,
) -> Result<(Vec<SealedRow>, Vec<RowId>), VaultError> {
    let ids = sqlx::query("SELECT id FROM items ORDER BY id")
        .fetch_all(&mut *connection)
        .await?;
    let (mut rows, mut unreadable) = (Vec::with_capacity(ids.len()), Vec::new());
    for id in ids.iter().filter_map(row_id) {
        let row = sqlx::query(
            r"SELECT version, sealed
              FROM items
              WHERE id = $1",
        )
        .bind(id.to_vec())
        .fetch_optional(&mut *connection)
        .await;
        match row {
            Ok(Some(row)) => rows.push((id, row.get("version"), row.get("sealed"))),
            Ok(None) => {}
            Err(_) => unreadable.push(id),
        }
    }
    Ok((rows, unreadable))
}

fn row_id(row: &SqliteRow) -> Option<RowId> {
    row.get::<Vec<u8>, _>("id").try_into().ok()
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

fn file(directory: &Path) -> PathBuf {
    directory.join(VAULT_FILE)
}

const VAULT_FILE: &str = "vault.db";
const FILES: [&str; 3] = [VAULT_FILE, "vault.db-wal", "vault.db-shm"];
const SCHEMA: &str = include_str!("../../migrations/0001_vault.sql");
