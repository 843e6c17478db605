//! An import that goes on in a thread of its own: it holds the vault, and the pages look at it from outside.

use std::{
    io::{self, BufReader, Read},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use super::App;
use crate::{
    access::Roles,
    correspondence::acknowledge::Words,
    import::{ImportReport, Known, import, report::sentences},
    l10n::Texts,
    sticks::FoundBundle,
};

/// What came of an import.
#[derive(Clone)]
pub(super) struct Done {
    /// One sentence a fact.
    pub(super) said: Vec<String>,
    /// What acknowledges the bundle to the server, when all of it is here.
    pub(super) words: Option<Words>,
}

/// An import, from its beginning until somebody read how it ended.
pub(super) struct Running {
    /// The roles of whoever began it.
    pub(super) roles: Roles,
    total: u64,
    done: AtomicU64,
    stopped: AtomicBool,
    /// Whether somebody confirmed that the server counts anew.
    new_count: bool,
    ended: Mutex<Option<Result<Done, String>>>,
}

impl Running {
    pub(super) fn new(roles: Roles, total: u64, new_count: bool) -> Self {
        Self {
            roles,
            total,
            done: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
            new_count,
            ended: Mutex::new(None),
        }
    }

    /// How many hundredths of the bundle's bytes were read.
    pub(super) fn percent(&self) -> u64 {
        let done = self.done.load(Ordering::Relaxed).min(self.total);
        (done * 100).checked_div(self.total).unwrap_or(100)
    }

    /// Ends it after the piece that is being read; records that were taken in stay.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// What came of it; `None` while it goes on.
    pub(super) fn outcome(&self) -> Option<Result<Done, String>> {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        ended.clone()
    }

    fn end(&self, outcome: Result<Done, String>) {
        *self.ended.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
    }

    /// Imports the bundle. Blocks until it is over; whatever happens, it is over then.
    pub(super) fn run(self: &Arc<Self>, app: &App, bundle: &FoundBundle) {
        let over = Over(self);
        let texts = Texts::english();
        let outcome = match self.import(app, bundle) {
            None => Err(texts.get("console-import-locked")),
            Some(Ok((report, key))) => Ok(Done {
                said: sentences(texts, &report, key.as_deref()),
                words: report.acknowledge,
            }),
            Some(Err(_)) if self.stopped.load(Ordering::Relaxed) => {
                Err(texts.get("console-import-stopped"))
            }
            Some(Err(error)) => Err(error),
        };
        self.end(outcome);
        drop(over);
    }

    /// The report and the server's key; `None` when the vault was locked before it began.
    fn import(
        &self,
        app: &App,
        bundle: &FoundBundle,
    ) -> Option<Result<(ImportReport, Option<String>), String>> {
        let mut vault = app.vault();
        let vault = vault.as_mut()?;
        let Ok(file) = bundle.open() else {
            return Some(Err(Texts::english().get("console-import-gone")));
        };
        let reader = Stoppable {
            inner: BufReader::with_capacity(READ_BYTES, file),
            running: self,
        };
        let known = Known {
            key: None,
            new_count: self.new_count,
        };
        let report = import(vault, reader, bundle.size, known, &mut |_| {});
        Some(match report {
            Ok(report) => {
                let server = vault.contents().server.as_ref();
                Ok((report, server.map(|row| row.item.verifying_key.clone())))
            }
            Err(error) => Err(error.to_string()),
        })
    }
}

/// A panic in the thread must not leave an import that never ends.
struct Over<'a>(&'a Running);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        if self.0.outcome().is_none() {
            self.0.end(Err(Texts::english().get("console-failed")));
        }
    }
}

/// Counts what is read, and breaks off when it is told to.
struct Stoppable<'a, R> {
    inner: R,
    running: &'a Running,
}

impl<R: Read> Read for Stoppable<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.running.stopped.load(Ordering::Relaxed) {
            return Err(io::Error::other("the import was stopped"));
        }
        let read = self.inner.read(buffer)?;
        self.running.done.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

const READ_BYTES: usize = 1024 * 1024;
