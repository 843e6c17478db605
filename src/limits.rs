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
    /// Bytes of one body that are read at all, accepted or discarded.
    pub drain_bytes: u64,
}

impl BodyLimits {
    /// Derives the limits from the size of a report in MiB.
    pub fn for_reports_of(limit_mib: u64) -> Self {
        let report = limit_mib.saturating_mul(MIB);
        Self {
            report_bytes: report.saturating_add(FORM_OVERHEAD_BYTES),
            drain_bytes: report.saturating_add(DRAIN_EXTRA_BYTES),
        }
    }
}
