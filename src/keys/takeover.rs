//! The keys while serving: every request takes the ones in force, and a newer bundle that
//! `asylia keys install` offers in the data folder replaces them between two requests.
//!
//! Works inside the sandbox: the folder is looked at every few seconds, and nothing is signalled.
//! What is worse than the keys in force is left aside, and logged once.

use std::{
    path::Path,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use asylia_envelope::{
    day::Day,
    key_bundle::{Anchor, KeyBundle, UnverifiedBundle},
};
use sha2::{Digest, Sha256};

use super::{Closed, OfficeKeys, anchor, pin, read, seen};
use crate::{clock::Clock, config::StoreAt, data_folder::DataFolder, storage::AnyStore};

/// The office's keys, replaced as a whole.
pub struct SharedKeys(RwLock<Arc<OfficeKeys>>);

impl SharedKeys {
    /// Starts with `keys`.
    #[must_use]
    pub fn new(keys: OfficeKeys) -> Self {
        Self(RwLock::new(Arc::new(keys)))
    }

    /// The keys in force; a request takes them once and keeps them to its end.
    pub fn current(&self) -> Arc<OfficeKeys> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn replace(&self, bundle: KeyBundle) {
        let keys = Arc::new(OfficeKeys(Ok(bundle)));
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = keys;
    }
}

/// Looks for an offered bundle and takes it over.
pub struct Takeover {
    data: DataFolder,
    store_at: StoreAt,
    store: AnyStore,
    anchor: Anchor,
    keys: Arc<SharedKeys>,
    /// Digest of the file that was looked at last.
    looked_at: Option<[u8; 32]>,
}

impl Takeover {
    /// For a server that was given the words of `office` at its start.
    ///
    /// # Errors
    /// [`crate::error::Advice`] for words that are no fingerprint.
    pub fn new(
        data: DataFolder,
        store_at: StoreAt,
        store: AnyStore,
        office: Option<&str>,
        keys: Arc<SharedKeys>,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            data,
            store_at,
            store,
            anchor: anchor(office)?,
            keys,
            looked_at: None,
        })
    }

    /// Looks every [`LOOK_EVERY`] until it is dropped.
    pub async fn keep_looking(mut self, clock: Clock) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            if let Some(today) = Day::from_days_since_1970(i64::from(clock.today())) {
                self.look(today).await;
            }
        }
    }

    /// Looks once. Returns whether other keys are in force now.
    pub async fn look(&mut self, today: Day) -> bool {
        let Ok(note) = read(&self.data.offered_bundle()) else {
            return false;
        };
        let digest: [u8; 32] = Sha256::digest(&note).into();
        if self.looked_at == Some(digest) {
            return false;
        }
        match self.take(&note, today).await {
            Ok(None) => {
                self.looked_at = Some(digest);
                false
            }
            Ok(Some(bundle)) => {
                self.looked_at = Some(digest);
                tracing::info!("key bundle number {} is in force", bundle.sequence());
                self.keys.replace(bundle);
                true
            }
            // The store may answer the next time.
            Err(Closed::Store(error)) => {
                tracing::error!("an offered key bundle could not be taken over yet: {error}");
                false
            }
            Err(closed) => {
                self.looked_at = Some(digest);
                tracing::error!("an offered key bundle was refused: {closed}");
                false
            }
        }
    }

    /// The offered bundle, when it is good and another one than is in force.
    async fn take(&self, note: &[u8], today: Day) -> Result<Option<KeyBundle>, Closed> {
        let current = self.keys.current();
        let bundle = judge(note, &self.anchor, current.bundle(), &self.store, today).await?;
        if current.bundle().map(KeyBundle::digest) == Some(bundle.digest()) {
            return Ok(None);
        }
        pin(&bundle, &self.store).await?;
        if let Err(error) = self.data.note_serving(&self.store_at, Some(&bundle)) {
            // The offered file stays, so that the next start finds it.
            tracing::error!("the accepted key bundle could not be noted: {error}");
        }
        Ok(Some(bundle))
    }
}

/// The one judgement of a bundle that shall replace another: anchor, signatures, what was seen
/// before, the chain, the day, and a period for today.
pub(crate) async fn judge(
    note: &[u8],
    anchor: &Anchor,
    in_force: Option<&KeyBundle>,
    store: &AnyStore,
    today: Day,
) -> Result<KeyBundle, Closed> {
    let seen = seen(store).await?;
    UnverifiedBundle::parse(note)?.verify(anchor, seen)?;
    let note = UnverifiedBundle::parse(note)?;
    let bundle = match in_force {
        Some(before) => note.verify_successor(anchor, before)?,
        None => note.verify(anchor, seen)?,
    };
    bundle.period_on(today)?;
    Ok(bundle)
}

/// Reads a note that an operator names.
pub(crate) fn offered(path: &Path) -> Result<Vec<u8>, Closed> {
    read(path)
}

/// How often the folder is looked at.
pub const LOOK_EVERY: Duration = Duration::from_secs(5);
