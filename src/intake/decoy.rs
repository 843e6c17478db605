//! Decoys: records without a report, which only the office's intake identity tells from one.

use asylia_envelope::{
    day::Day,
    key_bundle::{KeyBundle, Period},
};

use super::{
    outer::{Storing, sealing_failed},
    own_head,
};
use crate::{clock::Rng, error::AppError, storage::AnyStore};

/// Seals and stores one decoy of a day, the way of every record.
///
/// # Errors
/// [`AppError::Internal`] when it cannot be sealed; the refusal of a store that takes nothing.
pub async fn store_decoy(
    store: &AnyStore,
    bundle: &KeyBundle,
    period: &Period,
    day: Day,
    rng: &mut Rng,
) -> Result<(), AppError> {
    let head = own_head(bundle, period, day, rng);
    let (mut record, storing) = Storing::start(store, &period.intake, &head)?;
    record.decoy().map_err(sealing_failed)?;
    storing.finish(record).await
}
