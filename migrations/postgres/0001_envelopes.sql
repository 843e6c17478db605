-- 0001: envelopes, their chunks, and what was carried over the air gap.
-- Forward only, never edited once released.
--
-- Every row holds bytes, 64-bit integers or short text. No column holds a time finer than a day, a name,
-- an address or a length finer than a size class. What no column shows, the engine's own files do:
-- PostgreSQL keeps rows in the order of arrival (ctid, xmin), keeps deleted rows until they are vacuumed
-- and overwritten, and stamps every commit in its write-ahead log with a time until that segment is
-- recycled. So `track_commit_timestamp` and archiving stay off, and the cluster lies on an encrypted disk.

-- One row a record. Somebody who seizes this database learns how many records were accepted and not yet
-- purged, on which day each, its size class, and under which period's recipients it was sealed; and how
-- many uploads were under way. The id is random: it says nothing about order, submitter or content.
CREATE TABLE envelope (
    record BYTEA NOT NULL PRIMARY KEY CHECK (length(record) = 16),
    -- 0 open (chunks are arriving), 1 abandoned or acknowledged (chunks are being deleted), 2 sealed
    state BIGINT NOT NULL CHECK (state IN (0, 1, 2)),
    -- days since 1970-01-01; the bound refuses a time in seconds
    day BIGINT CHECK (day BETWEEN 0 AND 100000),
    -- a name such as 2026-Q4; too short for a time of day
    period TEXT CHECK (length(period) BETWEEN 1 AND 12),
    -- sequence of the key bundle whose recipients were used
    bundle_sequence BIGINT CHECK (bundle_sequence >= 0),
    -- the size class, never the true length
    stored_bytes BIGINT CHECK (stored_bytes >= 0),
    CHECK ((state = 2) = (day IS NOT NULL)),
    CHECK ((state = 2) = (period IS NOT NULL)),
    CHECK ((state = 2) = (bundle_sequence IS NOT NULL)),
    CHECK ((state = 2) = (stored_bytes IS NOT NULL))
);

-- The record itself, cut in pieces of at most 64 KiB. Somebody who seizes this database learns ciphertext
-- sealed to the office's intake recipient, and its size class once more; no identity that opens it is on
-- this machine. The key is the first half of the record's random id plus the number (SQLite needs it).
CREATE TABLE chunk (
    key BIGINT NOT NULL PRIMARY KEY,
    record BYTEA NOT NULL REFERENCES envelope (record),
    number BIGINT NOT NULL CHECK (number >= 0),
    bytes BYTEA NOT NULL CHECK (length(bytes) <= 65536),
    UNIQUE (record, number)
);
-- Ciphertext does not compress: store it out of line as it is.
ALTER TABLE chunk ALTER COLUMN bytes SET STORAGE EXTERNAL;

-- One row, written once. Somebody who seizes this database learns which office's instance it belongs to:
-- the id that the published key bundle carries.
CREATE TABLE instance_pin (
    one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    instance BYTEA NOT NULL CHECK (length(instance) = 16)
);

-- One row. Somebody who seizes this database learns the newest key bundle this server has accepted: its
-- number and digest. The bundle is public.
CREATE TABLE key_bundle_pin (
    one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    sequence BIGINT NOT NULL CHECK (sequence >= 0),
    digest BYTEA NOT NULL CHECK (length(digest) = 32)
);

-- One row. Somebody who seizes this database learns how many transfer bundles were exported since the
-- last restore, and the digest of the last one: a stick found elsewhere can be matched with it.
CREATE TABLE transfer_state (
    one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    epoch BYTEA NOT NULL CHECK (length(epoch) = 16),
    sequence BIGINT NOT NULL CHECK (sequence >= 0),
    digest BYTEA NOT NULL CHECK (length(digest) = 32)
);

-- One row a transfer bundle. Somebody who seizes this database learns the digest of every bundle exported, no
-- day; the hash of a 128-bit token that only the office can name, which acknowledges it; and whether that
-- was done.
CREATE TABLE transfer_bundle (
    epoch BYTEA NOT NULL CHECK (length(epoch) = 16),
    sequence BIGINT NOT NULL CHECK (sequence >= 1),
    digest BYTEA NOT NULL CHECK (length(digest) = 32),
    token_hash BYTEA NOT NULL CHECK (length(token_hash) = 32),
    acknowledged BIGINT NOT NULL DEFAULT 0 CHECK (acknowledged IN (0, 1)),
    PRIMARY KEY (epoch, sequence)
);

-- One row a record and bundle it was carried in. Somebody who seizes this database learns which of the
-- records above left in which bundle: those that left together arrived between the same two exports.
CREATE TABLE transfer_record (
    record BYTEA NOT NULL REFERENCES envelope (record),
    epoch BYTEA NOT NULL,
    sequence BIGINT NOT NULL,
    PRIMARY KEY (record, epoch, sequence),
    FOREIGN KEY (epoch, sequence) REFERENCES transfer_bundle (epoch, sequence)
);
