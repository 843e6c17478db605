//! The office's keys as the server holds them: a verified key bundle, or the reason why the form is closed.
//!
//! The server never holds a key that opens a submission. A bundle that is missing, forged, older than one
//! seen before or out of date closes the form; the pages stay. A newer one that `asylia keys install` offers is
//! taken over while serving, and a bad one leaves the good one in force.

use std::{fs, path::Path};

use asylia_envelope::{
    day::Day,
    key_bundle::{
        Anchor, BundleError, Fingerprint, KeyBundle, NOTE_LIMIT_BYTES, Period, UnverifiedBundle,
    },
};

use crate::{
    error::Advice,
    storage::{AnyStore, BundlePin, Store, StoreError},
};

mod takeover;
pub use takeover::{LOOK_EVERY, SharedKeys, Takeover};
pub(crate) use takeover::{judge, offered};

/// Why no report can be taken.
#[derive(Debug, thiserror::Error)]
pub enum Closed {
    /// The file is missing or unreadable.
    #[error("the key bundle cannot be read")]
    Missing,
    /// The bundle is refused.
    #[error(transparent)]
    Refused(#[from] BundleError),
    /// The store cannot say which bundle was seen before.
    #[error("the store does not answer")]
    Store(#[from] StoreError),
}

/// The keys in force, or why there are none.
pub struct OfficeKeys(Result<KeyBundle, Closed>);

impl OfficeKeys {
    /// Reads the bundles at `paths`, verifies each against the anchor and what `store` has seen, takes the newest
    /// that is good and notes it there. When none is, the form is closed for what is wrong with the first.
    ///
    /// # Errors
    /// [`Advice`] for words that are no fingerprint, and for a store of another office: both are mistakes
    /// of the operator at the start, and not states in which to serve.
    pub async fn load(
        paths: &[&Path],
        office: Option<&str>,
        store: &AnyStore,
    ) -> anyhow::Result<Self> {
        let anchor = anchor(office)?;
        let loaded = newest(paths, &anchor, store).await;
        if let Err(Closed::Store(StoreError::Foreign)) = loaded {
            return Err(Advice::failed(
                "The store belongs to another office's installation",
                "Give this office a data folder of its own with --data",
            )
            .into());
        }
        if let Err(closed) = &loaded {
            tracing::error!("the form is closed: {closed}");
        }
        Ok(Self(loaded))
    }

    /// Keys for a test.
    #[must_use]
    pub fn of(bundle: KeyBundle) -> Self {
        Self(Ok(bundle))
    }

    /// The bundle, whatever the calendar says.
    pub fn bundle(&self) -> Option<&KeyBundle> {
        self.0.as_ref().ok()
    }

    /// Bundle and period to seal to on `day`; `None` while the form is closed.
    pub fn in_force(&self, day: Day) -> Option<(&KeyBundle, &Period)> {
        let bundle = self.bundle()?;
        Some((bundle, bundle.period_on(day).ok()?))
    }
}

async fn newest(paths: &[&Path], anchor: &Anchor, store: &AnyStore) -> Result<KeyBundle, Closed> {
    let seen = seen(store).await?;
    let mut best: Result<KeyBundle, Closed> = Err(Closed::Missing);
    for (at, path) in paths.iter().enumerate() {
        let found =
            read(path).and_then(|note| Ok(UnverifiedBundle::parse(&note)?.verify(anchor, seen)?));
        best = match (best, found) {
            // Two of one number: which is the right one cannot be told here.
            (Ok(one), Ok(two))
                if one.sequence() == two.sequence() && one.digest() != two.digest() =>
            {
                return Err(BundleError::Forked.into());
            }
            (Ok(one), Ok(two)) if two.sequence() > one.sequence() => Ok(two),
            // An office's keys were given without its words: a demonstration must not serve in their place.
            (Err(Closed::Refused(BundleError::NoAnchor)), _) => {
                return Err(BundleError::NoAnchor.into());
            }
            (Err(_), Ok(found)) => Ok(found),
            (Err(_), Err(closed)) if at == 0 => Err(closed),
            (best, _) => best,
        };
    }
    let bundle = best?;
    pin(&bundle, store).await?;
    Ok(bundle)
}

/// Number and digest of the newest bundle that the store has seen.
pub(crate) async fn seen(store: &AnyStore) -> Result<Option<(u64, [u8; 32])>, StoreError> {
    let pin = store.bundle_pin().await?;
    Ok(pin.map(|pin| (u64::try_from(pin.sequence).unwrap_or_default(), pin.digest)))
}

async fn pin(bundle: &KeyBundle, store: &AnyStore) -> Result<(), StoreError> {
    store.pin_instance(bundle.content().instance.0).await?;
    let sequence = i64::try_from(bundle.sequence()).unwrap_or(i64::MAX);
    let digest = bundle.digest();
    store.set_bundle_pin(BundlePin { sequence, digest }).await
}

pub(crate) fn anchor(office: Option<&str>) -> Result<Anchor, Advice> {
    let Some(words) = office else {
        return Ok(Anchor::DemoOnly);
    };
    Fingerprint::parse(words)
        .map(Anchor::Fingerprint)
        .map_err(|_| {
            Advice::usage(
                "The words given with --office are not a fingerprint",
                "Give the 12 words that the office published, in their order",
            )
        })
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Closed> {
    let length = fs::metadata(path).map_err(|_| Closed::Missing)?.len();
    if length > NOTE_LIMIT_BYTES as u64 {
        return Err(Closed::Refused(BundleError::NotABundle));
    }
    fs::read(path).map_err(|_| Closed::Missing)
}
