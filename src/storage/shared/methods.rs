//! The trait `Store`, written once for both engines: reads go to the reading pool, what may share a sync
//! to the writer, the rest to the writing pool in transactions of their own.

/// The trait [`Store`](crate::storage::Store) for `$store`, which has `write` and `read` pools, a `writer`, and a
/// function `scrub`.
macro_rules! store {
    ($store:ident, $begin:literal) => {
        impl Store for $store {
            async fn pin_instance(&self, instance: [u8; 16]) -> Result<(), StoreError> {
                let pinned: Vec<u8> = transaction!(self.write, $begin, |pin| {
                    let insert = sqlx::query(statements::PIN_INSTANCE).bind(instance.as_slice());
                    insert.execute(&mut *pin).await?;
                    sqlx::query_scalar(statements::SELECT_INSTANCE)
                        .fetch_one(&mut *pin)
                        .await?
                })?;
                if pinned == instance {
                    Ok(())
                } else {
                    Err(StoreError::Foreign)
                }
            }

            async fn bundle_pin(&self) -> Result<Option<BundlePin>, StoreError> {
                let row: Option<(i64, Vec<u8>)> = sqlx::query_as(statements::SELECT_BUNDLE_PIN)
                    .fetch_optional(&self.read)
                    .await?;
                row.map(|(sequence, digest)| {
                    Ok(BundlePin {
                        sequence,
                        digest: fixed(&digest)?,
                    })
                })
                .transpose()
            }

            async fn set_bundle_pin(&self, pin: BundlePin) -> Result<(), StoreError> {
                transaction!(self.write, $begin, |newer| {
                    let set = sqlx::query(statements::SET_BUNDLE_PIN)
                        .bind(pin.sequence)
                        .bind(pin.digest.as_slice());
                    let rows = set.execute(&mut *newer).await?.rows_affected();
                    ensure_one(rows, StoreError::OutOfOrder)?;
                })
            }

            async fn begin_upload(&self, record: RecordId) -> Result<(), StoreError> {
                self.writer.submit(Write::Begin(record)).await
            }

            async fn append_chunks(
                &self,
                record: RecordId,
                chunks: Vec<Chunk>,
            ) -> Result<(), StoreError> {
                self.writer.submit(Write::Append(record, chunks)).await
            }

            async fn seal_upload(
                &self,
                envelope: Envelope,
                chunks: Vec<Chunk>,
            ) -> Result<(), StoreError> {
                self.writer.submit(Write::Seal(envelope, chunks)).await
            }

            async fn put_sealed(
                &self,
                envelope: Envelope,
                chunks: Vec<Chunk>,
            ) -> Result<(), StoreError> {
                self.writer.submit(Write::Put(envelope, chunks)).await
            }

            async fn abandon(&self, record: RecordId) -> Result<(), StoreError> {
                let rows = transaction!(self.write, $begin, |mark| {
                    let update = sqlx::query(statements::MARK_ABANDONED).bind(record.as_slice());
                    update.execute(&mut *mark).await?.rows_affected()
                })?;
                ensure_one(rows, StoreError::NoUpload)?;
                // A task of its own: the visitor whose upload broke off takes the request's future along.
                let task = tokio::spawn(delete_abandoned(self.write.clone(), record));
                task.await
                    .map_err(|_| StoreError::Database("that a deletion stopped".into()))?
            }

            async fn abandon_all_open(&self) -> Result<u64, StoreError> {
                let records: Vec<Vec<u8>> = sqlx::query_scalar(statements::SELECT_UNSEALED)
                    .fetch_all(&self.read)
                    .await?;
                let mut abandoned = 0;
                for record in records {
                    self.abandon(fixed(&record)?).await?;
                    abandoned += 1;
                }
                self.scrub().await?;
                Ok(abandoned)
            }

            async fn counts(&self) -> Result<Counts, StoreError> {
                let (records, unexported, stored_bytes, open_uploads) =
                    sqlx::query_as(statements::COUNTS)
                        .fetch_one(&self.read)
                        .await?;
                Ok(Counts {
                    records,
                    unexported,
                    stored_bytes,
                    open_uploads,
                })
            }

            async fn list_envelopes(
                &self,
                after: Option<RecordId>,
                limit: u32,
            ) -> Result<Vec<ListedEnvelope>, StoreError> {
                let rows: Vec<(Vec<u8>, i64, String, i64, i64, i64)> =
                    sqlx::query_as(statements::LIST_ENVELOPES)
                        .bind(after_bytes(&after))
                        .bind(i64::from(limit))
                        .fetch_all(&self.read)
                        .await?;
                rows.into_iter()
                    .map(
                        |(record, day, period, bundle_sequence, stored_bytes, exports)| {
                            let row = (record, day, period, bundle_sequence, stored_bytes);
                            Ok(ListedEnvelope {
                                envelope: envelope(row)?,
                                exports,
                            })
                        },
                    )
                    .collect()
            }

            async fn take_export_batch(
                &self,
                limit_bytes: i64,
            ) -> Result<Vec<Envelope>, StoreError> {
                let mut left = limit_bytes;
                let mut batch = Vec::new();
                for statement in [
                    statements::SELECT_UNEXPORTED,
                    statements::SELECT_UNACKNOWLEDGED,
                ] {
                    let mut rows = sqlx::query_as(statement).fetch(&self.read);
                    while let Some(row) = rows.try_next().await? {
                        let envelope = envelope(row)?;
                        if envelope.stored_bytes <= left {
                            left -= envelope.stored_bytes;
                            batch.push(envelope);
                        }
                    }
                }
                Ok(batch)
            }

            async fn read_chunks(
                &self,
                record: RecordId,
                from: i64,
                limit: u32,
            ) -> Result<ChunkWindow, StoreError> {
                let end = from.saturating_add(i64::from(limit.clamp(1, WINDOW_CHUNKS)));
                let rows = match read_rows(&self.read, &record, from..end).await {
                    Err(StoreError::Damaged) => {
                        read_undamaged(&self.read, &record, from..end).await?
                    }
                    rows => rows?,
                };
                let next = sqlx::query_scalar(statements::NEXT_CHUNK)
                    .bind(record.as_slice())
                    .bind(end)
                    .fetch_one(&self.read)
                    .await?;
                let chunks = rows
                    .into_iter()
                    .map(|(number, bytes)| Chunk { number, bytes })
                    .collect();
                Ok(ChunkWindow { chunks, next })
            }

            async fn record_export(&self, bundle: Export) -> Result<(), StoreError> {
                transaction!(self.write, $begin, |note| export(&mut note, &bundle)
                    .await?)
            }

            async fn acknowledge(&self, token_hash: [u8; 32]) -> Result<Acknowledged, StoreError> {
                let (epoch, sequence, records) = transaction!(self.write, $begin, |mark| {
                    mark_acknowledged(&mut mark, &token_hash).await?
                })?;
                let going: Vec<Vec<u8>> = sqlx::query_scalar(statements::SELECT_ACKNOWLEDGED)
                    .bind(epoch.as_slice())
                    .bind(sequence)
                    .fetch_all(&self.write)
                    .await?;
                for record in going {
                    delete_abandoned(self.write.clone(), fixed(&record)?).await?;
                }
                Ok(Acknowledged { sequence, records })
            }

            async fn oldest_day(&self) -> Result<Option<i64>, StoreError> {
                let oldest = sqlx::query_scalar(statements::OLDEST_DAY);
                Ok(oldest.fetch_one(&self.read).await?)
            }

            async fn records_on(&self, day: i64) -> Result<i64, StoreError> {
                let count = sqlx::query_scalar(statements::RECORDS_ON).bind(day);
                Ok(count.fetch_one(&self.read).await?)
            }

            async fn transfer_state(&self) -> Result<Option<TransferState>, StoreError> {
                let row: Option<(Vec<u8>, i64, Vec<u8>)> =
                    sqlx::query_as(statements::SELECT_TRANSFER_STATE)
                        .fetch_optional(&self.read)
                        .await?;
                row.map(|(epoch, sequence, digest)| {
                    let (epoch, digest) = (fixed(&epoch)?, fixed(&digest)?);
                    Ok(TransferState {
                        epoch,
                        sequence,
                        digest,
                    })
                })
                .transpose()
            }

            async fn start_epoch(&self, epoch: [u8; 16]) -> Result<(), StoreError> {
                transaction!(self.write, $begin, |next| {
                    let start = sqlx::query(statements::START_EPOCH)
                        .bind(epoch.as_slice())
                        .bind([0_u8; 32].as_slice());
                    let rows = start.execute(&mut *next).await?.rows_affected();
                    ensure_one(rows, StoreError::OutOfOrder)?;
                })
            }

            async fn mailbox(&self, lookup: LookupId) -> Result<Vec<Slot>, StoreError> {
                read_mailbox(&self.read, &lookup).await
            }

            async fn delete_replies(
                &self,
                lookup: LookupId,
                only: Option<[u8; 32]>,
            ) -> Result<u64, StoreError> {
                transaction!(self.write, $begin, |gone| {
                    delete_slots(&mut gone, &lookup, only.as_ref()).await?
                })
            }

            async fn incoming_state(&self) -> Result<Option<IncomingState>, StoreError> {
                incoming_state(&self.read).await
            }

            async fn take_incoming(&self, incoming: Incoming) -> Result<IncomingDone, StoreError> {
                let (done, going) = transaction!(self.write, $begin, |take| {
                    take_incoming(&mut take, &incoming).await?
                })?;
                // What a crash leaves of these, the next start deletes.
                for record in going {
                    delete_abandoned(self.write.clone(), record).await?;
                }
                Ok(done)
            }

            async fn collected_day(&self) -> Result<Option<i64>, StoreError> {
                let day = sqlx::query_scalar(statements::SELECT_COLLECTED);
                Ok(day.fetch_optional(&self.read).await?)
            }

            async fn note_collected(&self, day: i64) -> Result<(), StoreError> {
                transaction!(self.write, $begin, |note| {
                    let set = sqlx::query(statements::NOTE_COLLECTED).bind(day);
                    set.execute(&mut *note).await?;
                })
            }

            async fn space(&self) -> Result<Space, StoreError> {
                space(&self.read).await
            }

            async fn scrub(&self) -> Result<(), StoreError> {
                scrub(&self.write).await
            }

            async fn close(&self) -> Result<(), StoreError> {
                let scrubbed = self.scrub().await;
                self.read.close().await;
                self.write.close().await;
                scrubbed
            }
        }

        impl $store {
            /// Prepares every statement that both engines share and returns how many there are: the
            /// contract suite's proof that the one text is valid on this engine.
            ///
            /// # Errors
            /// [`StoreError::Database`] for a statement this engine does not accept.
            pub async fn prepare_statements(&self) -> Result<usize, StoreError> {
                let mut connection = self.write.acquire().await?;
                for statement in statements::ALL {
                    connection.prepare(statement.into_sql_str()).await?;
                }
                Ok(statements::ALL.len())
            }
        }
    };
}
pub(crate) use store;
