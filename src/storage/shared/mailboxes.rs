//! Mailboxes and the office's bundles, written once for both engines: functions on a connection or pool, which
//! the trait's methods put into transactions.

/// The functions for the engine whose module expands this, after `engine!`.
macro_rules! mailboxes {
    () => {
        async fn read_mailbox(pool: &Pool, lookup: &LookupId) -> Result<Vec<Slot>, StoreError> {
            let rows: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as(statements::SELECT_MAILBOX)
                .bind(lookup.as_slice())
                .fetch_all(pool)
                .await?;
            rows.into_iter()
                .rev()
                .map(|(digest, bytes)| {
                    let digest = fixed(&digest)?;
                    Ok(Slot { digest, bytes })
                })
                .collect()
        }

        async fn delete_slots(
            connection: &mut Connection,
            lookup: &LookupId,
            only: Option<&[u8; 32]>,
        ) -> Result<u64, StoreError> {
            let delete = match only {
                Some(digest) => sqlx::query(statements::DELETE_SLOT)
                    .bind(lookup.as_slice())
                    .bind(digest.as_slice()),
                None => sqlx::query(statements::DELETE_MAILBOX).bind(lookup.as_slice()),
            };
            Ok(delete.execute(connection).await?.rows_affected())
        }

        async fn incoming_state(pool: &Pool) -> Result<Option<IncomingState>, StoreError> {
            let epoch: Option<Vec<u8>> = sqlx::query_scalar(statements::SELECT_INCOMING_EPOCH)
                .fetch_optional(pool)
                .await?;
            let Some(epoch) = epoch else { return Ok(None) };
            let rows: Vec<(i64, Vec<u8>, Vec<u8>)> = sqlx::query_as(statements::SELECT_INCOMING)
                .bind(epoch.as_slice())
                .fetch_all(pool)
                .await?;
            let bundles = rows.into_iter().map(|(sequence, digest, previous)| {
                Ok(IncomingBundle {
                    sequence,
                    digest: fixed(&digest)?,
                    previous: fixed(&previous)?,
                })
            });
            Ok(Some(IncomingState {
                epoch: fixed(&epoch)?,
                bundles: bundles.collect::<Result<_, StoreError>>()?,
            }))
        }

        /// Does what a bundle asks for, and notes it; returns the records that are to be deleted now.
        async fn take_incoming(
            connection: &mut Connection,
            incoming: &Incoming,
        ) -> Result<(IncomingDone, Vec<RecordId>), StoreError> {
            let epoch = sqlx::query(statements::SET_INCOMING_EPOCH).bind(incoming.epoch.as_slice());
            epoch.execute(&mut *connection).await?;
            let bundle = sqlx::query(statements::INSERT_INCOMING)
                .bind(incoming.epoch.as_slice())
                .bind(incoming.bundle.sequence)
                .bind(incoming.bundle.digest.as_slice())
                .bind(incoming.bundle.previous.as_slice());
            bundle.execute(&mut *connection).await?;
            let (mut done, mut going) = (IncomingDone::default(), Vec::new());
            for action in &incoming.actions {
                match action {
                    IncomingAction::Reply {
                        lookup,
                        digest,
                        slot,
                    } => done.replies += put_reply(connection, lookup, digest, slot).await?,
                    IncomingAction::Purge(lookup) => {
                        done.purged += delete_slots(connection, lookup, None).await?;
                    }
                    IncomingAction::Arrived(records) => {
                        for record in records {
                            let mark = sqlx::query(statements::MARK_RECORD_ARRIVED)
                                .bind(record.as_slice());
                            if mark.execute(&mut *connection).await?.rows_affected() == 1 {
                                going.push(*record);
                            }
                        }
                    }
                }
            }
            done.records = going.len() as u64;
            Ok((done, going))
        }

        /// Puts a reply behind the others of its mailbox, unless it is there; 1 if it was not.
        async fn put_reply(
            connection: &mut Connection,
            lookup: &LookupId,
            digest: &[u8; 32],
            slot: &[u8],
        ) -> Result<u64, StoreError> {
            let there: i64 = sqlx::query_scalar(statements::HAS_SLOT)
                .bind(lookup.as_slice())
                .bind(digest.as_slice())
                .fetch_one(&mut *connection)
                .await?;
            if there > 0 {
                return Ok(0);
            }
            let number: i64 = sqlx::query_scalar(statements::NEXT_SLOT)
                .bind(lookup.as_slice())
                .fetch_one(&mut *connection)
                .await?;
            let insert = sqlx::query(statements::INSERT_SLOT)
                .bind(lookup.as_slice())
                .bind(number)
                .bind(digest.as_slice())
                .bind(slot);
            insert.execute(&mut *connection).await?;
            let trim = sqlx::query(statements::TRIM_MAILBOX).bind(lookup.as_slice());
            trim.execute(&mut *connection).await?;
            Ok(1)
        }
    };
}
pub(crate) use mailboxes;
