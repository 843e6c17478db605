//! How full the store is, and what is therefore still taken: from half of its budget on small files, from three
//! quarters on text only; uploads that were begun before may go on until the last tenth, which is kept for text.
//! Nothing that was accepted is ever dropped to make room.
//!
//! Measured every few seconds, and counted on by what arrives in between. An operator who sees these steps learns
//! how full the disk is, which every visitor of the form may learn too.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::{
    limits::{MIB, ROOM_EVERY, ROOM_KEPT_BYTES, SMALL_FILES_MIB},
    storage::{AnyStore, Store},
};

/// What is taken at present.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Files {
    /// Files up to the configured limit.
    All,
    /// Files of [`SMALL_FILES_MIB`] together.
    Small,
    /// None in new reports.
    None,
    /// None, not even those whose upload has begun.
    Stopped,
}

impl Files {
    /// Largest report in MiB, where the configuration says `configured`; 0 for text only.
    #[must_use]
    pub fn limit_mib(self, configured: u64) -> u64 {
        match self {
            Self::All => configured,
            Self::Small => configured.min(SMALL_FILES_MIB),
            Self::None | Self::Stopped => 0,
        }
    }
}

/// The store's room, cheap to clone.
#[derive(Clone)]
pub struct Room(Arc<Measured>);

struct Measured {
    used: AtomicU64,
    capacity: AtomicU64,
    /// Bytes that came since the last measurement.
    since: AtomicU64,
}

impl Default for Room {
    /// Room without end, until it is measured.
    fn default() -> Self {
        Self(Arc::new(Measured {
            used: AtomicU64::new(0),
            capacity: AtomicU64::new(u64::MAX),
            since: AtomicU64::new(0),
        }))
    }
}

impl Room {
    /// Measures the store, and the disk below `folder`. `budget_mib` is what the store may grow to.
    ///
    /// # Errors
    /// If store or disk do not answer; then what was known stays.
    pub async fn measure(
        &self,
        store: &AnyStore,
        folder: &Path,
        budget_mib: Option<u64>,
    ) -> anyhow::Result<()> {
        let before = self.0.since.load(Ordering::Relaxed);
        let space = store.space().await?;
        let disk = rustix::fs::statvfs(folder)?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        let holds = space
            .allocated_bytes
            .saturating_add(free.saturating_sub(ROOM_KEPT_BYTES));
        let budget = budget_mib.map_or(u64::MAX, |mib| mib.saturating_mul(MIB));
        self.set(space.used_bytes, holds.min(budget));
        // What came while it was measured may be counted twice; the next measurement mends that.
        self.0.since.fetch_sub(before, Ordering::Relaxed);
        Ok(())
    }

    /// Measures every few seconds; never returns.
    pub async fn keep_measured(&self, store: &AnyStore, folder: &Path, budget_mib: Option<u64>) {
        loop {
            tokio::time::sleep(ROOM_EVERY).await;
            if let Err(error) = self.measure(store, folder, budget_mib).await {
                tracing::warn!("how full the store is, is not known: {error}");
            }
        }
    }

    /// Notes bytes on their way into the store.
    pub fn note(&self, bytes: u64) {
        self.0.since.fetch_add(bytes, Ordering::Relaxed);
    }

    /// What is taken at present.
    #[must_use]
    pub fn files(&self) -> Files {
        match self.permille() {
            ..500 => Files::All,
            500..750 => Files::Small,
            750..900 => Files::None,
            _ => Files::Stopped,
        }
    }

    /// Whether not even text finds room.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.permille() >= 1000
    }

    pub(crate) fn set(&self, used: u64, capacity: u64) {
        self.0.used.store(used, Ordering::Relaxed);
        self.0.capacity.store(capacity, Ordering::Relaxed);
    }

    fn permille(&self) -> u64 {
        let used = self.0.used.load(Ordering::Relaxed);
        let used = u128::from(used.saturating_add(self.0.since.load(Ordering::Relaxed)));
        let capacity = u128::from(self.0.capacity.load(Ordering::Relaxed).max(1));
        u64::try_from(used * 1000 / capacity).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mark_of_the_disk_has_its_step() {
        let room = Room::default();
        assert_eq!(room.files(), Files::All);
        for (used, files) in [
            (0, Files::All),
            (499, Files::All),
            (500, Files::Small),
            (749, Files::Small),
            (750, Files::None),
            (899, Files::None),
            (900, Files::Stopped),
            (999, Files::Stopped),
            (2000, Files::Stopped),
        ] {
            room.set(used, 1000);
            assert_eq!(room.files(), files, "{used}");
            assert_eq!(room.is_full(), used >= 1000, "{used}");
        }
    }

    #[test]
    fn what_arrives_between_two_measurements_counts() {
        let room = Room::default();
        room.set(400, 1000);
        room.note(100);
        assert_eq!(room.files(), Files::Small);
    }

    #[test]
    fn a_smaller_configured_limit_stays() {
        assert_eq!(Files::All.limit_mib(1024), 1024);
        assert_eq!(Files::Small.limit_mib(1024), 10);
        assert_eq!(Files::Small.limit_mib(4), 4);
        assert_eq!(Files::None.limit_mib(1024), 0);
    }
}
