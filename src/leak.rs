//! A server that does what it must not: the negative control of the proofs. Built only with
//! `danger_leak`, which no release build accepts.
//!
//! It keeps what it reads and what the receipt shows in memory, in a file of the data folder and in the
//! log, and tells SQLite not to sync. Tests that look for plaintext, or for the sync before the receipt,
//! must find both here; else their silence about the real server means nothing. It also has a route by which
//! `tests/it/sandbox.rs` makes it try what the sandbox must refuse.

use std::{
    fs::File,
    io::Write,
    path::Path,
    sync::{Mutex, OnceLock, PoisonError},
};

use axum::{Router, extract::Path as UrlPath, routing::get};

use crate::storage::StoreAddress;

#[cfg(not(debug_assertions))]
compile_error!("danger_leak leaks every report: it is for tests, never for a release build");

/// Prepares the leak on disk; the store then answers before the disk has what it was given.
///
/// # Errors
/// If the data folder cannot be written.
pub(crate) fn spoil(mut address: StoreAddress, data: &Path) -> std::io::Result<StoreAddress> {
    if let StoreAddress::Sqlite(options) = &mut address {
        options.danger_synchronous_off = true;
    }
    let file = File::options()
        .append(true)
        .create(true)
        .open(data.join(LEAK_FILE))?;
    lock().file = Some(file);
    Ok(address)
}

/// Keeps plaintext three times: for the search of the memory, of the disk and of the log.
pub(crate) fn keep(bytes: &[u8]) {
    let mut leak = lock();
    if let Some(left) = &mut leak.until_panic {
        *left = left.saturating_sub(bytes.len());
        let now = *left == 0;
        if now {
            leak.until_panic = None;
            drop(leak);
            panic!("a defect in the middle of a report, as the test ordered it");
        }
        return;
    }
    if leak.silent {
        return;
    }
    leak.memory.extend_from_slice(bytes);
    if let Some(file) = &mut leak.file {
        file.write_all(bytes).expect("the leak can be written");
    }
    tracing::trace!("leaked: {}", String::from_utf8_lossy(bytes));
}

/// Something that the sandbox must refuse, by name; says what became of it.
pub type Probe = fn(&str) -> String;

/// Sets what `/danger/NAME` does.
pub fn set_probe(probe: Probe) {
    // The first one stays.
    let _ = PROBE.set(probe);
}

pub(crate) fn with_probe(router: Router) -> Router {
    let try_it = async |UrlPath(name): UrlPath<String>| match PROBE.get() {
        Some(probe) => probe(&name),
        None => "no probe".to_owned(),
    };
    router.route("/danger/{name}", get(try_it))
}

static PROBE: OnceLock<Probe> = OnceLock::new();

/// Keeps nothing from here on, and panics once so many bytes more have come: with a report half read.
pub fn panic_after(bytes: usize) {
    let mut leak = lock();
    (leak.silent, leak.until_panic) = (true, Some(bytes));
}

struct Leak {
    silent: bool,
    until_panic: Option<usize>,
    memory: Vec<u8>,
    file: Option<File>,
}

fn lock() -> std::sync::MutexGuard<'static, Leak> {
    LEAK.lock().unwrap_or_else(PoisonError::into_inner)
}

static LEAK: Mutex<Leak> = Mutex::new(Leak {
    silent: false,
    until_panic: None,
    memory: Vec::new(),
    file: None,
});

/// Also how a test tells the two programs apart: the name stands in the leaky one only.
const LEAK_FILE: &str = "danger-leak.plaintext";
