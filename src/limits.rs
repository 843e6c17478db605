//! Sizes and times that bound what a visitor can make the server hold, in one place. They are
//! constants unless an operator has a reason to change one; those are keys of
//! [`crate::config::Config`]. Trusts nothing: every figure here is enforced while bytes arrive, not
//! after.

use std::time::Duration;

/// Bytes in one mebibyte.
pub const MIB: u64 = 1024 * 1024;

/// Time a client has for a complete request head; also how long a kept-alive connection may idle.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(5);

/// Time a body may stand still. Uploads through Tor stall for tens of seconds and go on, so this is
/// generous.
pub const BODY_STALL: Duration = Duration::from_secs(120);

/// Bytes that count as progress within [`BODY_STALL`]; one byte now and then would hold a
/// connection for days.
pub const BODY_PROGRESS_BYTES: u64 = 1024;

/// Time a client may take nothing of a response that is being written.
pub const WRITE_STALL: Duration = Duration::from_secs(120);

/// Time that requests in progress get to finish after SIGTERM.
pub const SHUTDOWN_GRACE: Duration = Duration::from_secs(30);

/// Pause after the kernel refused to accept (out of descriptors, mostly), so the loop does not
/// spin.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Largest request head in bytes; hyper's read buffer, so it also bounds memory per connection.
/// Checked between reads, so one read more may pass.
pub const HEAD_BYTES: usize = 32 * 1024;

/// Most header fields of a request. Browsers send about 15.
pub const HEAD_FIELDS: usize = 64;

/// Multipart framing and text fields that come on top of the attachments of a report.
pub const FORM_OVERHEAD_BYTES: u64 = 2 * MIB;

/// Bytes beyond the report limit that are still read and discarded after a refusal, so the page can
/// be read.
pub const DRAIN_EXTRA_BYTES: u64 = 64 * MIB;

/// Connections that may be in the state "refused, rest of the body being discarded" at once.
pub const DRAINS: usize = 32;

/// Most bytes of one part of an upload.
pub const PART_BYTES: u64 = 4 * MIB;

/// Uploads in parts that may be open at once. One holds less than 1 MiB, about half of it while it waits.
pub const OPEN_UPLOADS: usize = 64;

/// Time without a byte after which an open upload is given up: longer than Tor needs to build new circuits.
pub const UPLOAD_STALE: Duration = Duration::from_secs(15 * 60);

/// Time between two looks for stale uploads.
pub const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// Completed uploads whose last part may be asked for again, in memory only.
pub const COMPLETE_UPLOADS: usize = 1024;

/// Time for which they are remembered.
pub const COMPLETE_KEPT: Duration = Duration::from_secs(60 * 60);

/// Parts of an upload, counted from the last one, that may be sent again.
pub const REMEMBERED_PARTS: usize = 4;

/// Most sealed files in one form.
pub const SEALED_FILES: usize = 16;

/// Most bytes of a form with a return code: some 600 of words, and the framing of a browser.
pub const CODE_FORM_BYTES: u64 = 16 * 1024;

/// Most bytes of a typed return code: ten words of at most twelve characters, in any script, with room for spaces.
pub const CODE_BYTES: usize = 1024;

/// The time of every answer of a mailbox is a multiple of this: several times the work of a full one.
pub const MAILBOX_STEP: Duration = Duration::from_millis(25);

/// Most bytes of a program's request to a mailbox.
pub const TOKEN_BYTES: u64 = 1024;

/// Least time between two scrubbings of the store after replies were deleted: each empties the engine's log.
pub const SCRUB_PAUSE: Duration = Duration::from_secs(5);

/// Seconds after which whoever was told that the site is busy may ask again.
pub const RETRY_AFTER_S: &str = "30";

/// Seconds after which files may find a place in the hourly budget again.
pub const FILES_AFTER_S: &str = "300";

/// What a sealed report holds besides its files, at most: all text, each byte escaped in six and padded (some
/// 7 MiB), and the floors of every compartment (some 1.3 MiB).
pub const SEALED_OVERHEAD_BYTES: u64 = 10 * MIB;

/// Default of `report_limit_mib`.
pub const REPORT_LIMIT_MIB: u64 = 1024;

/// Default of `max_connections`.
pub const MAX_CONNECTIONS: u64 = 512;

/// Default of `files_per_hour_mib`: more than an office reads, and less than fills a disk overnight.
pub const FILES_PER_HOUR_MIB: u64 = 10 * 1024;

/// Connections of one circuit that are served at once. Browsers open six.
pub const CONNECTIONS_OF_A_CIRCUIT: usize = 16;

/// Connections of the onion socket that have not named their circuit yet, each for a second at most.
pub const BEGINNERS: usize = 512;

/// Bodies of requests that may be under way at once.
pub const BODIES: usize = 160;

/// Those of more than [`TEXT_ONLY_BYTES`] among them: each holds up to two MiB.
pub const LARGE_BODIES: usize = 32;

/// Those of one circuit among them.
pub const BODIES_OF_A_PEER: usize = 8;

/// Time a small body has before it may have to make room. Most come whole with their head.
pub const SMALL_BODY_GRACE: Duration = Duration::from_secs(5);

/// The same for a large one.
pub const LARGE_BODY_GRACE: Duration = Duration::from_secs(30);

/// Bytes a second at which a large body keeps its place: below what Tor's slowest circuits carry.
pub const LARGE_BODY_BYTES_PER_SECOND: u64 = 4096;

/// Posts that one circuit may send at once, and how fast it may go on: fairness between tabs.
pub const PEER_BURST: f64 = 30.0;
/// See [`PEER_BURST`].
pub const PEER_PER_SECOND: f64 = 0.5;

/// Circuits whose posts are counted; some 3 MiB.
pub const PEERS: usize = 65_536;

/// Posts of everybody at once, and a second: what keeps a flood of small reports from filling a disk in hours.
pub const POSTS_BURST: f64 = 5000.0;
/// See [`POSTS_BURST`].
pub const POSTS_PER_SECOND: f64 = 50.0;

/// Of these, so many are for small bodies only.
pub const POSTS_KEPT_FOR_SMALL: f64 = 1000.0;

/// Codes and tokens of everybody at once, and a second. Nothing of them is stored; they cost turns at the mailboxes.
pub const WORDS_BURST: f64 = 1000.0;
/// See [`WORDS_BURST`].
pub const WORDS_PER_SECOND: f64 = 50.0;

/// Share of an hour's files that may come at once.
pub const FILES_BURST_SHARE: f64 = 0.5;

/// Largest body that is taken for text: all text of a report, with its framing.
pub const TEXT_ONLY_BYTES: u64 = MIB + 64 * 1024;

/// What the smallest record takes of the store.
pub const LEAST_RECORD_BYTES: u64 = 96 * 1024;

/// Largest report in MiB once half of the store's budget is used.
pub const SMALL_FILES_MIB: u64 = 10;

/// Time between two looks at how full the store is.
pub const ROOM_EVERY: Duration = Duration::from_secs(15);

/// Bytes of the disk that the store leaves free: for its log, and for whatever else runs there.
pub const ROOM_KEPT_BYTES: u64 = 64 * MIB;

/// Time after which an upload in parts may have to make room for another.
pub const UPLOAD_GRACE: Duration = Duration::from_secs(60);

/// Stack of every thread of the runtime. Small, because locked memory counts whole stacks.
pub const THREAD_STACK_BYTES: usize = 1024 * 1024;

/// The sizes that follow from the configured report limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyLimits {
    /// Largest body of `POST /report`, in bytes.
    pub report_bytes: u64,
    /// Largest body of `POST /sealed`, in bytes: one of the largest sealed files, or several smaller ones.
    pub sealed_bytes: u64,
    /// Bytes of one body that are read at all, accepted or discarded.
    pub drain_bytes: u64,
}

impl BodyLimits {
    /// Derives the limits from the size of a report in MiB.
    pub fn for_reports_of(limit_mib: u64) -> Self {
        let report = limit_mib.saturating_mul(MIB);
        let sealed = sealed_bytes(limit_mib).saturating_add(FORM_OVERHEAD_BYTES);
        Self {
            report_bytes: report.saturating_add(FORM_OVERHEAD_BYTES),
            sealed_bytes: sealed,
            drain_bytes: sealed.saturating_add(DRAIN_EXTRA_BYTES),
        }
    }
}

/// Largest sealed file, in bytes, for reports of `limit_mib`: padding adds at most an eighth, so that whoever
/// may send a report unsealed may send it sealed. A limit of 0 is text only.
pub fn sealed_bytes(limit_mib: u64) -> u64 {
    if limit_mib == 0 {
        return TEXT_ONLY_BYTES;
    }
    let report = limit_mib.saturating_mul(MIB);
    report
        .saturating_add(report / 8)
        .saturating_add(SEALED_OVERHEAD_BYTES)
}
