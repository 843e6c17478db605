//! The office's keys as the server holds them: a verified key bundle, or the reason why the form is closed.
//!
//! The server never holds a key that opens a submission. A bundle that is missing, forged, older than one
//! seen before or out of date closes the form; the pages stay.

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
    /// Reads and verifies the bundle at `path` against the anchor and what `store` has seen, and notes it there.
    ///
    /// # Errors
    /// [`Advice`] for words that are no fingerprint, and for a store of another office: both are mistakes
    /// of the operator at the start, and not states in which to serve.
    pub async fn load(path: &Path, office: Option<&str>, store: &AnyStore) -> anyhow::Result<Self> {
        let anchor = anchor(office)?;
        let loaded = match read(path).and_then(|note| Ok(UnverifiedBundle::parse(&note)?)) {
            Ok(unverified) => accept(unverified, &anchor, store).await,
            Err(closed) => Err(closed),
        };
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

async fn accept(
    unverified: UnverifiedBundle,
    anchor: &Anchor,
    store: &AnyStore,
) -> Result<KeyBundle, Closed> {
    let seen = store.bundle_pin().await?;
    let seen = seen.map(|pin| (u64::try_from(pin.sequence).unwrap_or_default(), pin.digest));
    let bundle = unverified.verify(anchor, seen)?;
    store.pin_instance(bundle.content().instance.0).await?;
    let sequence = i64::try_from(bundle.sequence()).unwrap_or(i64::MAX);
    store
        .set_bundle_pin(BundlePin {
            sequence,
            digest: bundle.digest(),
        })
        .await?;
    Ok(bundle)
}

fn anchor(office: Option<&str>) -> Result<Anchor, Advice> {
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

fn read(path: &Path) -> Result<Vec<u8>, Closed> {
    let length = fs::metadata(path).map_err(|_| Closed::Missing)?.len();
    if length > NOTE_LIMIT_BYTES as u64 {
        return Err(Closed::Refused(BundleError::NotABundle));
    }
    fs::read(path).map_err(|_| Closed::Missing)
}
