-- 0002: what the office sends back: sealed replies, and which of its bundles were taken in.
-- Forward only, never edited once released.
--
-- Nothing here names a record, and no record names anything here: a mailbox cannot be linked to the report
-- that opened it, nor to the bundle that brought a reply. Mailboxes that exist only as dummies of the office
-- look like all others.

-- One row a reply that waits, at most four a mailbox. Somebody who seizes this database learns how many mailboxes
-- the office has written to, dummies included, and how many replies wait in each; never what they say, when
-- they came or whether they were read. What was deleted stays until vacuumed.
CREATE TABLE mailbox_slot (
    -- a digest that only the holder of a return code, and the office, can compute: names a mailbox and nothing else
    lookup BYTEA NOT NULL CHECK (length(lookup) = 32),
    -- order of replies within the mailbox; tells how many there have been at least
    number BIGINT NOT NULL CHECK (number BETWEEN 1 AND 1000000),
    -- SHA-256 of the slot, so that the same one is not stored twice: tells nothing that the slot does not
    digest BYTEA NOT NULL CHECK (length(digest) = 32),
    -- a reply or a dummy, sealed, of one size whatever it says: opens with the return code alone
    slot BYTEA NOT NULL CHECK (length(slot) = 8192),
    PRIMARY KEY (lookup, number),
    UNIQUE (lookup, digest)
);
-- Ciphertext does not compress: store it out of line as it is.
ALTER TABLE mailbox_slot ALTER COLUMN slot SET STORAGE EXTERNAL;

-- One row a bundle of the office that was taken in. Somebody who seizes this database learns how many there were
-- and their digests, no day and no content: a stick found elsewhere can be matched with it.
CREATE TABLE incoming_bundle (
    -- random id under which the office counts its bundles
    epoch BYTEA NOT NULL CHECK (length(epoch) = 16),
    -- the bundle's number in that count
    sequence BIGINT NOT NULL CHECK (sequence >= 1),
    -- SHA-256 of its note
    digest BYTEA NOT NULL CHECK (length(digest) = 32),
    -- SHA-256 of the note before it, as it says; zeros for none
    previous BYTEA NOT NULL CHECK (length(previous) = 32),
    PRIMARY KEY (epoch, sequence)
);

-- One row. Somebody who seizes this database learns under which id the office counts its bundles now.
CREATE TABLE incoming_epoch (
    one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    -- random id
    epoch BYTEA NOT NULL CHECK (length(epoch) = 16)
);

-- One row. Somebody who seizes this database learns the last day on which records were exported or acknowledged.
CREATE TABLE collection (
    one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    -- days since 1970-01-01; the bound refuses a time in seconds
    day BIGINT NOT NULL CHECK (day BETWEEN 0 AND 100000)
);
