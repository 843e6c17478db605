//! The program `asylia-console`: see [`asylia_console::cli`].

use std::{process::ExitCode, sync::Arc, time::SystemTime};

use asylia_console::cli;
use rand_core::OsRng;
use zeroizing_alloc::ZeroAlloc;

/// Freed memory holds no plaintext and no key.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<std::alloc::System> = ZeroAlloc(std::alloc::System);

fn main() -> ExitCode {
    cli::main(
        std::env::args_os(),
        Arc::new(now),
        Arc::new(|| Box::new(OsRng)),
    )
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the program asks for the time"
)]
fn now() -> i64 {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_secs()).ok())
        // A clock before 1970 is behind everything that was ever written, and refused as that.
        .unwrap_or_default()
}
