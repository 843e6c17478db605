-- The vault, second form; docs/FORMAT.md, section "Vault". Opaque rows only: whoever seizes the file learns how
-- many rows of each kind there are and their size classes, and what the comments below name; no column holds a
-- name, a day, a record's number, a state or a role.

-- header: one row. Tells that this is a vault, and its version. `vault_id` is random and binds every other row.
CREATE TABLE header (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL,
    vault_id BLOB NOT NULL,
    checksum BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- slots: one row a person, and one that the recovery key opens (`person` is zero). Tells how many people there
-- are, how costly a guess of each passphrase is, and how large each ring of keys is (its class grows with the
-- number of keys). `tag` lets a guess of a person's name be tested, `slot_check` one of the passphrase.
CREATE TABLE slots (
    person BLOB NOT NULL PRIMARY KEY,
    tag BLOB NOT NULL,
    kdf_mib INTEGER NOT NULL,
    kdf_passes INTEGER NOT NULL,
    salt BLOB NOT NULL,
    slot_check BLOB NOT NULL,
    wrapped BLOB NOT NULL,
    ring BLOB NOT NULL,
    ring_mac BLOB NOT NULL,
    checksum BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- events: the chain. Tells how many acts there were, in which order, and the size class of each (a step of at
-- most an eighth); not what, when, by whom or about whom.
CREATE TABLE events (
    sequence INTEGER NOT NULL PRIMARY KEY,
    link BLOB NOT NULL,
    sealed BLOB NOT NULL,
    mac BLOB NOT NULL
) STRICT;

-- head: one row, the last event's number and authenticator: so that a cut tail shows.
CREATE TABLE head (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    sequence INTEGER NOT NULL,
    mac BLOB NOT NULL,
    seal BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- blobs: compartments and files, sealed in pieces under keys of their own and padded to classes. Tells how many
-- there are and the class of each; `blob` is random.
CREATE TABLE blobs (
    blob BLOB NOT NULL,
    number INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (blob, number)
) STRICT, WITHOUT ROWID;
