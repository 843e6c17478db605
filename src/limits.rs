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

/// What a sealed report holds besides its files, at most: all text, each byte escaped in six and padded (some
/// 7 MiB), and the floors of every compartment (some 1.3 MiB).
pub const SEALED_OVERHEAD_BYTES: u64 = 10 * MIB;

/// Default of `report_limit_mib`.
pub const REPORT_LIMIT_MIB: u64 = 1024;

/// Default of `max_connections`.
pub const MAX_CONNECTIONS: usize = 512;

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
/// may send a report unsealed may send it sealed.
pub fn sealed_bytes(limit_mib: u64) -> u64 {
    let report = limit_mib.saturating_mul(MIB);
    report
        .saturating_add(report / 8)
        .saturating_add(SEALED_OVERHEAD_BYTES)
}
