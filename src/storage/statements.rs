//! Every SQL statement that both engines run, once, in `$1` style (SQLite binds `$N` by number too).
//!
//! The list [`ALL`] is made by the same macro as the constants, so the contract suite prepares each of
//! them on each engine and none can be forgotten. Text is static: nothing a visitor sends becomes SQL.

macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $sql:literal;)*) => {
        $($(#[$doc])* pub(crate) const $name: &str = $sql;)*

        /// All statements above, in their order.
        pub(crate) const ALL: &[&str] = &[$($name),*];
    };
}

statements! {
    /// `$1` record.
    INSERT_OPEN = "INSERT INTO envelope (record, state) VALUES ($1, 0)";

    /// `$1` record. Changes nothing; takes the row's lock, so that abandoning and appending cannot cross.
    TOUCH_OPEN = "UPDATE envelope SET state = 0 WHERE record = $1 AND state = 0";

    /// `$1` key, `$2` record, `$3` number, `$4` bytes.
    INSERT_CHUNK = "INSERT INTO chunk (key, record, number, bytes) VALUES ($1, $2, $3, $4)";

    /// `$1` record; then key, number and bytes of each of sixteen chunks: see `insert_chunks`.
    INSERT_SIXTEEN_CHUNKS = "
        INSERT INTO chunk (key, record, number, bytes) VALUES
            ($2, $1, $3, $4), ($5, $1, $6, $7), ($8, $1, $9, $10), ($11, $1, $12, $13),
            ($14, $1, $15, $16), ($17, $1, $18, $19), ($20, $1, $21, $22), ($23, $1, $24, $25),
            ($26, $1, $27, $28), ($29, $1, $30, $31), ($32, $1, $33, $34), ($35, $1, $36, $37),
            ($38, $1, $39, $40), ($41, $1, $42, $43), ($44, $1, $45, $46), ($47, $1, $48, $49)";

    /// `$1` record, `$2` day, `$3` period, `$4` bundle sequence, `$5` stored bytes.
    INSERT_SEALED = "
        INSERT INTO envelope (record, state, day, period, bundle_sequence, stored_bytes)
        VALUES ($1, 2, $2, $3, $4, $5)";

    /// As [`INSERT_SEALED`], of an upload that is open.
    SEAL_OPEN = "
        UPDATE envelope
        SET state = 2, day = $2, period = $3, bundle_sequence = $4, stored_bytes = $5
        WHERE record = $1 AND state = 0";

    /// `$1` record: how many chunks, the last number, all bytes.
    CHUNK_TOTALS = "
        SELECT COUNT(*), COALESCE(MAX(number), -1), CAST(COALESCE(SUM(length(bytes)), 0) AS BIGINT)
        FROM chunk
        WHERE record = $1";

    /// `$1` record.
    MARK_ABANDONED = "UPDATE envelope SET state = 1 WHERE record = $1 AND state <> 2";

    /// `$1` record. At most 64 numbers, so that no transaction grows with the upload.
    DELETE_SOME_CHUNKS = "
        DELETE FROM chunk
        WHERE record = $1
          AND number < (SELECT MIN(number) + 64 FROM chunk WHERE record = $1)
          AND EXISTS (SELECT 1 FROM envelope WHERE envelope.record = $1 AND envelope.state = 1)";

    /// `$1` record.
    DELETE_ABANDONED = "DELETE FROM envelope WHERE record = $1 AND state = 1";

    /// Records of uploads that were neither sealed nor deleted.
    SELECT_UNSEALED = "SELECT record FROM envelope WHERE state <> 2 ORDER BY record";

    /// Sealed records, those never exported, their stored bytes, uploads.
    COUNTS = "
        SELECT
            (SELECT COUNT(*) FROM envelope WHERE state = 2),
            (SELECT COUNT(*) FROM envelope
                WHERE state = 2
                  AND NOT EXISTS (SELECT 1 FROM transfer_record
                                  WHERE transfer_record.record = envelope.record)),
            (SELECT CAST(COALESCE(SUM(stored_bytes), 0) AS BIGINT) FROM envelope WHERE state = 2),
            (SELECT COUNT(*) FROM envelope WHERE state <> 2)";

    /// `$1` the record before the first one wanted, `$2` how many.
    LIST_ENVELOPES = "
        SELECT record, day, period, bundle_sequence, stored_bytes,
            (SELECT COUNT(*) FROM transfer_record WHERE transfer_record.record = envelope.record)
        FROM envelope
        WHERE state = 2 AND record > $1
        ORDER BY record
        LIMIT $2";

    /// Sealed records that no transfer bundle has carried.
    SELECT_UNEXPORTED = "
        SELECT record, day, period, bundle_sequence, stored_bytes
        FROM envelope
        WHERE state = 2
          AND NOT EXISTS (SELECT 1 FROM transfer_record
                          WHERE transfer_record.record = envelope.record)
        ORDER BY record";

    /// Sealed records that a transfer bundle has carried; what is acknowledged is deleted, so these wait.
    SELECT_UNACKNOWLEDGED = "
        SELECT record, day, period, bundle_sequence, stored_bytes
        FROM envelope
        WHERE state = 2
          AND EXISTS (SELECT 1 FROM transfer_record
                      WHERE transfer_record.record = envelope.record)
        ORDER BY record";

    /// `$1` record, `$2` first number, `$3` the number after the last.
    SELECT_CHUNKS = "
        SELECT chunk.number, chunk.bytes
        FROM chunk
        JOIN envelope ON envelope.record = chunk.record
        WHERE chunk.record = $1 AND envelope.state = 2 AND chunk.number >= $2 AND chunk.number < $3
        ORDER BY chunk.number";

    /// `$1` record, `$2` number: the first chunk from there on.
    NEXT_CHUNK = "
        SELECT MIN(chunk.number)
        FROM chunk
        WHERE chunk.record = $1 AND chunk.number >= $2
          AND EXISTS (SELECT 1 FROM envelope WHERE envelope.record = $1 AND envelope.state = 2)";

    /// `$1` epoch, `$2` sequence, `$3` digest. Refuses what is not the next number.
    ADVANCE_TRANSFER = "
        UPDATE transfer_state
        SET sequence = $2, digest = $3
        WHERE one = 1 AND epoch = $1 AND sequence + 1 = $2";

    /// `$1` epoch, `$2` sequence, `$3` digest, `$4` hash of the token.
    INSERT_TRANSFER_BUNDLE = "
        INSERT INTO transfer_bundle (epoch, sequence, digest, token_hash)
        VALUES ($1, $2, $3, $4)";

    /// `$1` record, `$2` epoch, `$3` sequence.
    INSERT_TRANSFER_RECORD = "
        INSERT INTO transfer_record (record, epoch, sequence)
        SELECT envelope.record, transfer_bundle.epoch, transfer_bundle.sequence
        FROM envelope
        CROSS JOIN transfer_bundle
        WHERE envelope.record = $1 AND envelope.state = 2
          AND transfer_bundle.epoch = $2 AND transfer_bundle.sequence = $3";

    /// `$1` hash of a token: epoch and sequence of the transfer bundle that it acknowledges.
    SELECT_BUNDLE_BY_TOKEN = "
        SELECT epoch, sequence FROM transfer_bundle WHERE token_hash = $1";

    /// `$1` epoch, `$2` sequence.
    MARK_BUNDLE_ACKNOWLEDGED = "
        UPDATE transfer_bundle SET acknowledged = 1 WHERE epoch = $1 AND sequence = $2";

    /// `$1` epoch, `$2` sequence: records that the bundle carried become uploads to be deleted.
    MARK_RECORDS_ACKNOWLEDGED = "
        UPDATE envelope
        SET state = 1, day = NULL, period = NULL, bundle_sequence = NULL, stored_bytes = NULL
        WHERE state = 2
          AND EXISTS (SELECT 1 FROM transfer_record
                      WHERE transfer_record.record = envelope.record
                        AND transfer_record.epoch = $1 AND transfer_record.sequence = $2)";

    /// `$1` epoch, `$2` sequence: those of them that are still there.
    SELECT_ACKNOWLEDGED = "
        SELECT envelope.record
        FROM envelope
        JOIN transfer_record ON transfer_record.record = envelope.record
        WHERE envelope.state = 1 AND transfer_record.epoch = $1 AND transfer_record.sequence = $2
        ORDER BY envelope.record";

    /// `$1` record. Only of a record that is being deleted.
    DELETE_TRANSFER_RECORDS = "
        DELETE FROM transfer_record
        WHERE record = $1
          AND EXISTS (SELECT 1 FROM envelope WHERE envelope.record = $1 AND envelope.state = 1)";

    /// The first day on which a record arrived that is still here.
    OLDEST_DAY = "SELECT MIN(day) FROM envelope WHERE state = 2";

    /// `$1` day.
    RECORDS_ON = "SELECT COUNT(*) FROM envelope WHERE state = 2 AND day = $1";

    /// Epoch, last sequence, digest of the last transfer bundle.
    SELECT_TRANSFER_STATE = "SELECT epoch, sequence, digest FROM transfer_state WHERE one = 1";

    /// `$1` epoch, `$2` 32 zero bytes. Refuses the epoch that is already in force.
    START_EPOCH = "
        INSERT INTO transfer_state (one, epoch, sequence, digest)
        VALUES (1, $1, 0, $2)
        ON CONFLICT (one) DO UPDATE
        SET epoch = excluded.epoch, sequence = 0, digest = excluded.digest
        WHERE transfer_state.epoch <> excluded.epoch";

    /// `$1` mailbox: its newest replies, the newest first.
    SELECT_MAILBOX = "
        SELECT digest, slot FROM mailbox_slot WHERE lookup = $1 ORDER BY number DESC LIMIT 4";

    /// `$1` mailbox, `$2` digest of a slot.
    HAS_SLOT = "SELECT COUNT(*) FROM mailbox_slot WHERE lookup = $1 AND digest = $2";

    /// `$1` mailbox.
    NEXT_SLOT = "SELECT COALESCE(MAX(number), 0) + 1 FROM mailbox_slot WHERE lookup = $1";

    /// `$1` mailbox, `$2` number, `$3` digest, `$4` slot.
    INSERT_SLOT = "
        INSERT INTO mailbox_slot (lookup, number, digest, slot) VALUES ($1, $2, $3, $4)";

    /// `$1` mailbox: all but the newest four.
    TRIM_MAILBOX = "
        DELETE FROM mailbox_slot
        WHERE lookup = $1
          AND number NOT IN (SELECT number FROM mailbox_slot
                             WHERE lookup = $1 ORDER BY number DESC LIMIT 4)";

    /// `$1` mailbox, `$2` digest of a slot.
    DELETE_SLOT = "DELETE FROM mailbox_slot WHERE lookup = $1 AND digest = $2";

    /// `$1` mailbox.
    DELETE_MAILBOX = "DELETE FROM mailbox_slot WHERE lookup = $1";

    /// The epoch in which the office counts its bundles.
    SELECT_INCOMING_EPOCH = "SELECT epoch FROM incoming_epoch WHERE one = 1";

    /// `$1` epoch.
    SET_INCOMING_EPOCH = "
        INSERT INTO incoming_epoch (one, epoch)
        VALUES (1, $1)
        ON CONFLICT (one) DO UPDATE SET epoch = excluded.epoch";

    /// `$1` epoch: the bundles of the office that were taken in, in their order.
    SELECT_INCOMING = "
        SELECT sequence, digest, previous FROM incoming_bundle WHERE epoch = $1 ORDER BY sequence";

    /// `$1` epoch, `$2` sequence, `$3` digest, `$4` digest of the one before.
    INSERT_INCOMING = "
        INSERT INTO incoming_bundle (epoch, sequence, digest, previous) VALUES ($1, $2, $3, $4)";

    /// `$1` record: becomes an upload to be deleted, if a transfer bundle has carried it.
    MARK_RECORD_ARRIVED = "
        UPDATE envelope
        SET state = 1, day = NULL, period = NULL, bundle_sequence = NULL, stored_bytes = NULL
        WHERE record = $1 AND state = 2
          AND EXISTS (SELECT 1 FROM transfer_record
                      WHERE transfer_record.record = envelope.record)";

    /// The last day on which something was exported or acknowledged.
    SELECT_COLLECTED = "SELECT day FROM collection WHERE one = 1";

    /// `$1` day. An earlier one changes nothing.
    NOTE_COLLECTED = "
        INSERT INTO collection (one, day)
        VALUES (1, $1)
        ON CONFLICT (one) DO UPDATE SET day = excluded.day WHERE collection.day < excluded.day";

    /// `$1` instance.
    PIN_INSTANCE = "
        INSERT INTO instance_pin (one, instance)
        VALUES (1, $1)
        ON CONFLICT (one) DO NOTHING";

    /// The pinned instance.
    SELECT_INSTANCE = "SELECT instance FROM instance_pin WHERE one = 1";

    /// Sequence and digest of the pinned key bundle.
    SELECT_BUNDLE_PIN = "SELECT sequence, digest FROM key_bundle_pin WHERE one = 1";

    /// `$1` sequence, `$2` digest. Refuses a lower number, and another digest under the same number.
    SET_BUNDLE_PIN = "
        INSERT INTO key_bundle_pin (one, sequence, digest)
        VALUES (1, $1, $2)
        ON CONFLICT (one) DO UPDATE
        SET sequence = excluded.sequence, digest = excluded.digest
        WHERE key_bundle_pin.sequence < excluded.sequence
           OR (key_bundle_pin.sequence = excluded.sequence
               AND key_bundle_pin.digest = excluded.digest)";

    /// The newest migration that was applied.
    SCHEMA_VERSION = "SELECT COALESCE(MAX(version), 0) FROM schema_version";

    /// `$1` version.
    INSERT_SCHEMA_VERSION = "INSERT INTO schema_version (version) VALUES ($1)";
}

/// Chunks of [`INSERT_SIXTEEN_CHUNKS`].
pub(crate) const SIXTEEN: usize = 16;
