-- 0001: envelopes, their chunks, and what was carried over the air gap.
-- Forward only, never edited once released.
--
-- Every row holds bytes, 64-bit integers or short text. No column holds a time finer than a day, a name,
-- an address or a length finer than a size class. What is said here of "this file" holds for a copy of
-- it, its WAL and its backups alike. One thing no column shows, but the file does: new rows are written
-- to new pages, so the position of pages hints at the order in which records arrived.

-- One row a record. Somebody who seizes this file learns how many records were accepted and not yet
-- purged, on which day each, its size class, and under which period's recipients it was sealed; and how
-- many uploads were under way. The id is random: it says nothing about order, submitter or content.
CREATE TABLE envelope (
    record BLOB NOT NULL PRIMARY KEY CHECK (length(record) = 16),
    -- 0 open (chunks are arriving), 1 abandoned or acknowledged (chunks are being deleted), 2 sealed
    state INTEGER NOT NULL CHECK (state IN (0, 1, 2)),
    -- days since 1970-01-01; the bound refuses a time in seconds
    day INTEGER CHECK (day BETWEEN 0 AND 100000),
    -- a name such as 2026-Q4; too short for a time of day
    period TEXT CHECK (length(period) BETWEEN 1 AND 12),
    -- sequence of the key bundle whose recipients were used
    bundle_sequence INTEGER CHECK (bundle_sequence >= 0),
    -- the size class, never the true length
    stored_bytes INTEGER CHECK (stored_bytes >= 0),
    CHECK ((state = 2) = (day IS NOT NULL)),
    CHECK ((state = 2) = (period IS NOT NULL)),
    CHECK ((state = 2) = (bundle_sequence IS NOT NULL)),
    CHECK ((state = 2) = (stored_bytes IS NOT NULL))
) STRICT, WITHOUT ROWID;

-- The record itself, cut in pieces of at most 64 KiB. Somebody who seizes this file learns ciphertext
-- sealed to the office's intake recipient, and its size class once more; no identity that opens it is on
-- this machine. The key is the first half of the record's random id plus the number, so rows lie in the
-- order of ids, not of arrival. (The one table with a row id: in WITHOUT ROWID tables SQLite loads a
-- whole row to compare its key, so a search would read megabytes, and stop at a damaged neighbour.)
CREATE TABLE chunk (
    key INTEGER NOT NULL PRIMARY KEY,
    record BLOB NOT NULL REFERENCES envelope (record),
    number INTEGER NOT NULL CHECK (number >= 0),
    bytes BLOB NOT NULL CHECK (length(bytes) <= 65536),
    UNIQUE (record, number)
) STRICT;

-- One row, written once. Somebody who seizes this file learns which office's instance it belongs to: the
-- id that the published key bundle carries.
CREATE TABLE instance_pin (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    instance BLOB NOT NULL CHECK (length(instance) = 16)
) STRICT, WITHOUT ROWID;

-- One row. Somebody who seizes this file learns the newest key bundle this server has accepted: its
-- number and digest. The bundle is public.
CREATE TABLE key_bundle_pin (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    sequence INTEGER NOT NULL CHECK (sequence >= 0),
    digest BLOB NOT NULL CHECK (length(digest) = 32)
) STRICT, WITHOUT ROWID;

-- One row. Somebody who seizes this file learns how many transfer bundles were exported since the last
-- restore, and the digest of the last one: a stick found elsewhere can be matched with it.
CREATE TABLE transfer_state (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    epoch BLOB NOT NULL CHECK (length(epoch) = 16),
    sequence INTEGER NOT NULL CHECK (sequence >= 0),
    digest BLOB NOT NULL CHECK (length(digest) = 32)
) STRICT, WITHOUT ROWID;

-- One row a transfer bundle. Somebody who seizes this file learns the digest of every bundle exported, no
-- day; the hash of a 128-bit token that only the office can name, which acknowledges it; and whether that
-- was done.
CREATE TABLE transfer_bundle (
    epoch BLOB NOT NULL CHECK (length(epoch) = 16),
    sequence INTEGER NOT NULL CHECK (sequence >= 1),
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    token_hash BLOB NOT NULL CHECK (length(token_hash) = 32),
    acknowledged INTEGER NOT NULL DEFAULT 0 CHECK (acknowledged IN (0, 1)),
    PRIMARY KEY (epoch, sequence)
) STRICT, WITHOUT ROWID;

-- One row a record and bundle it was carried in. Somebody who seizes this file learns which of the
-- records above left in which bundle: those that left together arrived between the same two exports.
CREATE TABLE transfer_record (
    record BLOB NOT NULL REFERENCES envelope (record),
    epoch BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (record, epoch, sequence),
    FOREIGN KEY (epoch, sequence) REFERENCES transfer_bundle (epoch, sequence)
) STRICT, WITHOUT ROWID;
