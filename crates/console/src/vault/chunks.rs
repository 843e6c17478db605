//! A record's sealed bytes, in pieces of at most 1 MiB: read as a stream, never whole in memory.

use std::io::{self, Read};

use sha2::{Digest, Sha256};
use sqlx::{Row, SqliteConnection};
use tokio::runtime::Handle;

use super::RowId;

/// Most bytes of one piece.
pub const CHUNK_BYTES: usize = 1024 * 1024;

/// Reads a record's bytes piece by piece; a piece that is missing ends the stream.
pub struct StoredBytes<'a> {
    handle: Handle,
    connection: &'a mut SqliteConnection,
    record_key: RowId,
    next: i64,
    piece: Vec<u8>,
    at: usize,
    digest: Sha256,
}

impl<'a> StoredBytes<'a> {
    pub(super) fn new(
        handle: Handle,
        connection: &'a mut SqliteConnection,
        record_key: RowId,
    ) -> Self {
        Self {
            handle,
            connection,
            record_key,
            next: 0,
            piece: Vec::new(),
            at: 0,
            digest: Sha256::new(),
        }
    }

    /// Reads what is left and returns the SHA-256 of the whole.
    ///
    /// # Errors
    /// Those of the database.
    pub fn finish(mut self) -> io::Result<[u8; 32]> {
        io::copy(&mut self, &mut io::sink())?;
        Ok(self.digest.finalize().into())
    }

    fn fetch(&mut self) -> io::Result<()> {
        let select = sqlx::query(
            r"SELECT bytes
              FROM chunks
              WHERE record_key = $1
                AND number = $2",
        )
        .bind(self.record_key.to_vec())
        .bind(self.next)
        .fetch_optional(&mut *self.connection);
        let row = self.handle.block_on(select).map_err(io::Error::other)?;
        self.piece = row.map_or_else(Vec::new, |row| row.get("bytes"));
        self.at = 0;
        self.next += 1;
        Ok(())
    }
}

impl Read for StoredBytes<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.at == self.piece.len() {
            self.fetch()?;
        }
        let rest = self.piece.get(self.at..).unwrap_or_default();
        let count = rest.len().min(out.len());
        let (Some(rest), Some(room)) = (rest.get(..count), out.get_mut(..count)) else {
            return Ok(0);
        };
        room.copy_from_slice(rest);
        self.digest.update(rest);
        self.at += count;
        Ok(count)
    }
}
