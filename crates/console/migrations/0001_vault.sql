-- The vault, first form. Keys of rows are random, so that their order says nothing about arrival; no column
-- holds a time. Whoever seizes the file learns how many rows there are and their size classes, and nothing else
-- that the comments below do not name.

-- header: one row. Whoever seizes it learns that this is a vault, its version and how costly a guess of the
-- passphrase is. `key_check` and `wrapped_key` let them test guesses, at that cost; they say nothing more.
CREATE TABLE header (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL,
    salt BLOB NOT NULL,
    kdf_mib INTEGER NOT NULL,
    kdf_passes INTEGER NOT NULL,
    key_check BLOB NOT NULL,
    wrapped_key BLOB NOT NULL,
    checksum BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- items: the key bundle, identities, the server's pin and one row a record, all opaque. Whoever seizes it learns
-- how many there are together, the size class of each (a step of at most an eighth) and how often each was
-- rewritten (`version`, bound into its seal); not which is what, no record's number, day, period or state.
CREATE TABLE items (
    id BLOB NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- chunks: the records' bytes as they came over the stick, sealed by age, padded to their class. Whoever seizes
-- it learns how many records there are and the size class of each; with a copy of the server's store or of the
-- stick they can tell which of those records are here. `record_key` is random and stands in no other place
-- that is not sealed.
CREATE TABLE chunks (
    record_key BLOB NOT NULL,
    number INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (record_key, number)
) STRICT, WITHOUT ROWID;
