//! The store's operations, written once and expanded for both engines.
//!
//! A macro and not generic functions: sqlx's bounds for "any database that binds these types" would be
//! longer than the functions. What differs between the engines (how a write begins, pragmas, pools)
//! stands in `sqlite.rs` and `postgres.rs`; `$begin` opens a write transaction.

use super::{Envelope, RecordId, StoreError};

pub(crate) use mailboxes::mailboxes;
pub(crate) use methods::store;

mod mailboxes;
mod methods;

/// A row of the statements that list envelopes.
pub(crate) type EnvelopeRow = (Vec<u8>, i64, String, i64, i64);

/// Turns a row into an envelope.
pub(crate) fn envelope(row: EnvelopeRow) -> Result<Envelope, StoreError> {
    let (record, day, period, bundle_sequence, stored_bytes) = row;
    Ok(Envelope {
        record: fixed(&record)?,
        day,
        period,
        bundle_sequence,
        stored_bytes,
    })
}

/// Reads a column of fixed length; the schema promises it, a damaged file may not.
pub(crate) fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N], StoreError> {
    bytes.try_into().map_err(|_| StoreError::Damaged)
}

/// The key of a chunk: half of the random id plus the number. Two records whose keys run into each other
/// (one in some 10^5 stores of 10^5 large records) show as [`StoreError::Exists`], not as damage.
pub(crate) fn chunk_key(record: &RecordId, number: i64) -> i64 {
    let [a, b, c, d, e, f, g, h, ..] = *record;
    i64::from_be_bytes([a, b, c, d, e, f, g, h]).wrapping_add(number)
}

/// Refuses a write that did not hit exactly one row.
pub(crate) fn ensure_one(rows: u64, otherwise: StoreError) -> Result<(), StoreError> {
    if rows == 1 { Ok(()) } else { Err(otherwise) }
}

/// Compares what arrived with what the envelope says.
pub(crate) fn ensure_complete(
    (count, last, bytes): (i64, i64, i64),
    envelope: &Envelope,
) -> Result<(), StoreError> {
    // (record, number) is unique and no number is negative, so this leaves no gap.
    if last == count - 1 && bytes == envelope.stored_bytes {
        Ok(())
    } else {
        Err(StoreError::Incomplete)
    }
}

/// The id before every record.
pub(crate) fn after_bytes(after: &Option<RecordId>) -> &[u8] {
    after.as_ref().map_or(&[], |record| record.as_slice())
}

/// Runs `$body` in one write transaction of `$pool`.
///
/// After any error the connection is closed, not reused: SQLite ends a transaction by itself when the
/// disk is full, sqlx's count of open transactions does not see it, and the only writer would refuse
/// every later transaction.
macro_rules! transaction {
    ($pool:expr, $begin:literal, |$transaction:ident| $body:expr) => {{
        let mut connection = $pool.acquire().await?;
        let outcome = async {
            let mut $transaction = connection.begin_with($begin).await?;
            let value = $body;
            $transaction.commit().await?;
            Ok::<_, StoreError>(value)
        }
        .await;
        if outcome.is_err() {
            // The error that matters is the first one.
            drop(connection.close().await);
        }
        outcome
    }};
}
pub(crate) use transaction;

/// The group commit and the migrations of `$db`, on its connections.
macro_rules! engine {
    ($db:ident, $begin:literal) => {
        type Pool = sqlx::Pool<sqlx::$db>;
        type Connection = <sqlx::$db as sqlx::Database>::Connection;

        /// The end of the group commit that writes.
        struct Engine(Pool);

        impl writer::Committer for Engine {
            async fn commit(
                &self,
                writes: &[Write],
            ) -> Result<Vec<Result<(), StoreError>>, StoreError> {
                transaction!(self.0, $begin, |group| {
                    let mut outcomes = Vec::with_capacity(writes.len());
                    for write in writes {
                        let mut savepoint = group.begin().await?;
                        let outcome = apply(&mut savepoint, write).await;
                        match &outcome {
                            Ok(()) => savepoint.commit().await?,
                            Err(error) if error.concerns_one_write() => {
                                savepoint.rollback().await?;
                            }
                            Err(error) => return Err(error.clone()),
                        }
                        outcomes.push(outcome);
                    }
                    outcomes
                })
            }
        }

        async fn apply(connection: &mut Connection, write: &Write) -> Result<(), StoreError> {
            match write {
                Write::Begin(record) => {
                    let insert = sqlx::query(statements::INSERT_OPEN).bind(record.as_slice());
                    insert.execute(connection).await?;
                }
                Write::Append(record, chunks) => {
                    let touch = sqlx::query(statements::TOUCH_OPEN).bind(record.as_slice());
                    let rows = touch.execute(&mut *connection).await?.rows_affected();
                    ensure_one(rows, StoreError::NoUpload)?;
                    insert_chunks(connection, record, chunks).await?;
                }
                Write::Seal(envelope, chunks) => {
                    seal(connection, statements::SEAL_OPEN, envelope, chunks).await?;
                }
                Write::Put(envelope, chunks) => {
                    seal(connection, statements::INSERT_SEALED, envelope, chunks).await?;
                }
            }
            Ok(())
        }

        async fn seal(
            connection: &mut Connection,
            statement: &'static str,
            envelope: &Envelope,
            chunks: &[Chunk],
        ) -> Result<(), StoreError> {
            let row = sqlx::query(statement)
                .bind(envelope.record.as_slice())
                .bind(envelope.day)
                .bind(envelope.period.as_str())
                .bind(envelope.bundle_sequence)
                .bind(envelope.stored_bytes);
            let rows = row.execute(&mut *connection).await?.rows_affected();
            ensure_one(rows, StoreError::NoUpload)?;
            insert_chunks(&mut *connection, &envelope.record, chunks).await?;
            let totals = sqlx::query_as(statements::CHUNK_TOTALS).bind(envelope.record.as_slice());
            ensure_complete(totals.fetch_one(connection).await?, envelope)
        }

        async fn insert_chunks(
            connection: &mut Connection,
            record: &RecordId,
            chunks: &[Chunk],
        ) -> Result<(), StoreError> {
            // A statement is a trip to another thread or process, which costs more than its work: a full
            // batch of an upload is one.
            let (together, singly) = chunks.as_chunks::<{ statements::SIXTEEN }>();
            for sixteen in together {
                let mut insert =
                    sqlx::query(statements::INSERT_SIXTEEN_CHUNKS).bind(record.as_slice());
                for chunk in sixteen {
                    insert = insert
                        .bind(chunk_key(record, chunk.number))
                        .bind(chunk.number)
                        .bind(chunk.bytes.as_slice());
                }
                insert.execute(&mut *connection).await?;
            }
            for chunk in singly {
                let insert = sqlx::query(statements::INSERT_CHUNK)
                    .bind(chunk_key(record, chunk.number))
                    .bind(record.as_slice())
                    .bind(chunk.number)
                    .bind(chunk.bytes.as_slice());
                insert.execute(&mut *connection).await?;
            }
            Ok(())
        }

        /// Brings the schema up to date, in one transaction; `preamble` makes the table of versions and
        /// keeps a second process out.
        async fn migrate(pool: &Pool, preamble: &'static str) -> Result<(), StoreError> {
            transaction!(pool, $begin, |migration| {
                sqlx::raw_sql(preamble).execute(&mut *migration).await?;
                let version: i64 = sqlx::query_scalar(statements::SCHEMA_VERSION)
                    .fetch_one(&mut *migration)
                    .await?;
                let newest = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
                if version > newest {
                    return Err(StoreError::Newer);
                }
                for (number, sql) in (1_i64..).zip(MIGRATIONS) {
                    if number > version {
                        sqlx::raw_sql(*sql).execute(&mut *migration).await?;
                        let note = sqlx::query(statements::INSERT_SCHEMA_VERSION).bind(number);
                        note.execute(&mut *migration).await?;
                    }
                }
            })
        }

        async fn export(transaction: &mut Connection, export: &Export) -> Result<(), StoreError> {
            let advance = sqlx::query(statements::ADVANCE_TRANSFER)
                .bind(export.epoch.as_slice())
                .bind(export.sequence)
                .bind(export.digest.as_slice());
            let rows = advance.execute(&mut *transaction).await?.rows_affected();
            ensure_one(rows, StoreError::OutOfOrder)?;
            let bundle = sqlx::query(statements::INSERT_TRANSFER_BUNDLE)
                .bind(export.epoch.as_slice())
                .bind(export.sequence)
                .bind(export.digest.as_slice())
                .bind(export.token_hash.as_slice());
            bundle.execute(&mut *transaction).await?;
            for record in &export.records {
                let row = sqlx::query(statements::INSERT_TRANSFER_RECORD)
                    .bind(record.as_slice())
                    .bind(export.epoch.as_slice())
                    .bind(export.sequence);
                let rows = row.execute(&mut *transaction).await?.rows_affected();
                ensure_one(rows, StoreError::NoUpload)?;
            }
            Ok(())
        }

        /// Marks a bundle and its records in one transaction; how many records it was for.
        async fn mark_acknowledged(
            transaction: &mut Connection,
            token_hash: &[u8; 32],
        ) -> Result<([u8; 16], i64, u64), StoreError> {
            let bundle: Option<(Vec<u8>, i64)> = sqlx::query_as(statements::SELECT_BUNDLE_BY_TOKEN)
                .bind(token_hash.as_slice())
                .fetch_optional(&mut *transaction)
                .await?;
            let (epoch, sequence) = bundle.ok_or(StoreError::NoBundle)?;
            let bundle = sqlx::query(statements::MARK_BUNDLE_ACKNOWLEDGED)
                .bind(epoch.as_slice())
                .bind(sequence);
            bundle.execute(&mut *transaction).await?;
            let records = sqlx::query(statements::MARK_RECORDS_ACKNOWLEDGED)
                .bind(epoch.as_slice())
                .bind(sequence);
            let records = records.execute(&mut *transaction).await?.rows_affected();
            Ok((fixed(&epoch)?, sequence, records))
        }

        /// Reads chunk by chunk where a whole window could not be read.
        async fn read_undamaged(
            pool: &Pool,
            record: &RecordId,
            numbers: std::ops::Range<i64>,
        ) -> Result<Vec<(i64, Vec<u8>)>, StoreError> {
            let mut rows = Vec::new();
            for number in numbers {
                match read_rows(pool, record, number..number.saturating_add(1)).await {
                    Ok(mut one) => rows.append(&mut one),
                    Err(StoreError::Damaged) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(rows)
        }

        async fn read_rows(
            pool: &Pool,
            record: &RecordId,
            numbers: std::ops::Range<i64>,
        ) -> Result<Vec<(i64, Vec<u8>)>, StoreError> {
            let rows = sqlx::query_as(statements::SELECT_CHUNKS)
                .bind(record.as_slice())
                .bind(numbers.start)
                .bind(numbers.end);
            Ok(rows.fetch_all(pool).await?)
        }

        /// Deletes an abandoned upload piece by piece, then its row.
        async fn delete_abandoned(pool: Pool, record: RecordId) -> Result<(), StoreError> {
            loop {
                let deleted = transaction!(pool, $begin, |some| {
                    let chunks =
                        sqlx::query(statements::DELETE_SOME_CHUNKS).bind(record.as_slice());
                    chunks.execute(&mut *some).await?.rows_affected()
                })?;
                if deleted == 0 {
                    break;
                }
            }
            transaction!(pool, $begin, |last| {
                let carried =
                    sqlx::query(statements::DELETE_TRANSFER_RECORDS).bind(record.as_slice());
                carried.execute(&mut *last).await?;
                let row = sqlx::query(statements::DELETE_ABANDONED).bind(record.as_slice());
                row.execute(&mut *last).await?;
            })
        }
    };
}
pub(crate) use engine;
