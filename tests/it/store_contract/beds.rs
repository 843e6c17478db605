//! Where the contract runs: a fresh store of either engine, and a way past it to what lies below.

use std::path::PathBuf;

use anyhow::Result;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection as _, PgConnection};
use tempfile::TempDir;

use asylia::storage::{
    AnyStore, PostgresOptions, PostgresStore, SqliteOptions, SqliteStore, Store, StoreAddress,
    StoreError,
};

use crate::postgres;

/// A place for one test's store, empty at first.
pub(crate) trait Bed {
    type Store: Store;

    /// Opens the store, as a starting process does.
    async fn open(&self) -> Result<Self::Store, StoreError>;

    /// How a configuration would name it.
    fn address(&self) -> StoreAddress;

    /// Runs a statement past the store and returns how many rows it changed.
    async fn change(&self, sql: &'static str) -> Result<u64>;

    /// Runs a query past the store that answers one number.
    async fn number(&self, sql: &'static str) -> Result<i64>;

    /// Every column of every table, as `table.column type`, sorted.
    async fn columns(&self) -> Result<Vec<String>>;

    /// Prepares all shared statements.
    async fn prepare(&self) -> Result<usize, StoreError>;

    /// Opens the store by its address.
    async fn open_any(&self) -> Result<AnyStore, StoreError> {
        AnyStore::open(&self.address()).await
    }
}

/// A file in a temporary folder.
pub(crate) struct SqliteBed {
    pub(crate) folder: TempDir,
}

/// A database of its own in the run's cluster.
pub(crate) struct PostgresBed {
    cluster: &'static postgres::Cluster,
    options: PostgresOptions,
}

impl SqliteBed {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self {
            folder: tempfile::tempdir()?,
        })
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("asylia.db")
    }

    pub(crate) fn options(&self) -> SqliteOptions {
        SqliteOptions::new(self.path())
    }

    async fn connect(&self) -> Result<SqliteConnection> {
        // As SQLite's own shell would: no foreign keys in the way of damage.
        let options = SqliteConnectOptions::new()
            .filename(self.path())
            .foreign_keys(false);
        Ok(SqliteConnection::connect_with(&options).await?)
    }
}

impl Bed for SqliteBed {
    type Store = SqliteStore;

    async fn open(&self) -> Result<SqliteStore, StoreError> {
        SqliteStore::open(&self.options()).await
    }

    fn address(&self) -> StoreAddress {
        StoreAddress::Sqlite(self.options())
    }

    async fn change(&self, sql: &'static str) -> Result<u64> {
        Ok(sqlx::query(sql)
            .execute(&mut self.connect().await?)
            .await?
            .rows_affected())
    }

    async fn number(&self, sql: &'static str) -> Result<i64> {
        Ok(sqlx::query_scalar(sql)
            .fetch_one(&mut self.connect().await?)
            .await?)
    }

    async fn columns(&self) -> Result<Vec<String>> {
        let sql = "SELECT m.name || '.' || c.name || ' ' || c.type
                   FROM sqlite_schema m JOIN pragma_table_info(m.name) c
                   ORDER BY 1";
        Ok(sqlx::query_scalar(sql)
            .fetch_all(&mut self.connect().await?)
            .await?)
    }

    async fn prepare(&self) -> Result<usize, StoreError> {
        self.open().await?.prepare_statements().await
    }
}

impl PostgresBed {
    /// `None` if PostgreSQL is absent and that was allowed.
    pub(crate) async fn new() -> Result<Option<Self>> {
        let Some(cluster) = postgres::shared() else {
            return Ok(None);
        };
        Ok(Some(Self {
            cluster,
            options: cluster.new_database().await?,
        }))
    }

    async fn connect(&self) -> Result<PgConnection> {
        self.cluster.connect(&self.options.database).await
    }
}

impl Bed for PostgresBed {
    type Store = PostgresStore;

    async fn open(&self) -> Result<PostgresStore, StoreError> {
        PostgresStore::open(&self.options).await
    }

    fn address(&self) -> StoreAddress {
        StoreAddress::Postgres(self.options.clone())
    }

    async fn change(&self, sql: &'static str) -> Result<u64> {
        Ok(sqlx::query(sql)
            .execute(&mut self.connect().await?)
            .await?
            .rows_affected())
    }

    async fn number(&self, sql: &'static str) -> Result<i64> {
        Ok(sqlx::query_scalar(sql)
            .fetch_one(&mut self.connect().await?)
            .await?)
    }

    async fn columns(&self) -> Result<Vec<String>> {
        let sql = "SELECT table_name || '.' || column_name || ' ' || data_type
                   FROM information_schema.columns
                   WHERE table_schema NOT IN ('pg_catalog', 'information_schema')
                   ORDER BY 1";
        let columns: Vec<String> = sqlx::query_scalar(sql)
            .fetch_all(&mut self.connect().await?)
            .await?;
        // In SQLite's words, so that one list serves both.
        let words = [("bytea", "BLOB"), ("bigint", "INTEGER"), ("text", "TEXT")];
        let mut columns: Vec<String> = columns
            .into_iter()
            .map(|column| {
                words
                    .iter()
                    .fold(column, |text, (from, to)| text.replace(from, to))
            })
            .collect();
        columns.sort();
        Ok(columns)
    }

    async fn prepare(&self) -> Result<usize, StoreError> {
        self.open().await?.prepare_statements().await
    }
}
