-- 0002: what the office sends back: sealed replies, and which of its bundles were taken in.
-- Forward only, never edited once released.
--
-- Nothing here names a record, and no record names anything here: a mailbox cannot be linked to the report
-- that opened it, nor to the bundle that brought a reply. Mailboxes that exist only as dummies of the office
-- look like all others.

-- One row a reply that waits, at most four a mailbox. Somebody who seizes this file learns how many mailboxes
-- the office has written to, dummies included, and how many replies wait in each; never what they say, when
-- they came or whether they were read. A row that is deleted is overwritten.
CREATE TABLE mailbox_slot (
    -- a digest that only the holder of a return code, and the office, can compute: names a mailbox and nothing else
    lookup BLOB NOT NULL CHECK (length(lookup) = 32),
    -- order of replies within the mailbox; tells how many there have been at least
    number INTEGER NOT NULL CHECK (number BETWEEN 1 AND 1000000),
    -- SHA-256 of the slot, so that the same one is not stored twice: tells nothing that the slot does not
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    -- a reply or a dummy, sealed, of one size whatever it says: opens with the return code alone
    slot BLOB NOT NULL CHECK (length(slot) = 8192),
    PRIMARY KEY (lookup, number),
    UNIQUE (lookup, digest)
) STRICT, WITHOUT ROWID;

-- One row a bundle of the office that was taken in. Somebody who seizes this file learns how many there were
-- and their digests, no day and no content: a stick found elsewhere can be matched with it.
CREATE TABLE incoming_bundle (
    -- random id under which the office counts its bundles
    epoch BLOB NOT NULL CHECK (length(epoch) = 16),
    -- the bundle's number in that count
    sequence INTEGER NOT NULL CHECK (sequence >= 1),
    -- SHA-256 of its note
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    -- SHA-256 of the note before it, as it says; zeros for none
    previous BLOB NOT NULL CHECK (length(previous) = 32),
    PRIMARY KEY (epoch, sequence)
) STRICT, WITHOUT ROWID;

-- One row. Somebody who seizes this file learns under which id the office counts its bundles now.
CREATE TABLE incoming_epoch (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    -- random id
    epoch BLOB NOT NULL CHECK (length(epoch) = 16)
) STRICT, WITHOUT ROWID;

-- One row. Somebody who seizes this file learns the last day on which records were exported or acknowledged.
CREATE TABLE collection (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    -- days since 1970-01-01; the bound refuses a time in seconds
    day INTEGER NOT NULL CHECK (day BETWEEN 0 AND 100000)
) STRICT, WITHOUT ROWID;
