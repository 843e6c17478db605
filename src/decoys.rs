//! Decoys: every day has at least as many records as the operator says, so that neither disk nor stick tells how
//! few reports came. The office's console drops them unread.
//!
//! A day is filled up when it is over, and before a bundle is written; so the count of a day that goes on is the
//! only one that a seized disk may tell. What decoys do not hide: a day with more reports, and reports with files,
//! whose size classes decoys do not have. `docs/FORMAT.md#decoys`.

use anyhow::anyhow;
use asylia_envelope::{day::Day, key_bundle::KeyBundle};

use crate::{
    app::AppState,
    clock::Rng,
    intake,
    limits::SWEEP_EVERY,
    storage::{AnyStore, Store},
};

/// Fills the records of `day` up to `a_day`; how many decoys that took. None outside of every period.
///
/// # Errors
/// Those of the store.
pub async fn fill(
    store: &AnyStore,
    bundle: &KeyBundle,
    day: Day,
    a_day: u32,
    rng: &mut Rng,
) -> anyhow::Result<u64> {
    let Ok(period) = bundle.period_on(day) else {
        return Ok(0);
    };
    let here = store.records_on(day.days_since_1970()).await?;
    let mut made = 0;
    for _ in here..i64::from(a_day) {
        let stored = intake::store_decoy(store, bundle, period, day, rng).await;
        stored.map_err(|_| anyhow!("a decoy could not be stored"))?;
        made += 1;
    }
    Ok(made)
}

/// Fills each day once it is over, and the last one at the start; never returns.
pub async fn keep_filled(state: &AppState) {
    let a_day = state.config.decoys_a_day;
    let mut filled = None;
    loop {
        let over = i64::from(state.clock.today()) - 1;
        if a_day > 0 && filled != Some(over) && fill_one(state, over, a_day).await {
            filled = Some(over);
        }
        tokio::time::sleep(SWEEP_EVERY).await;
    }
}

/// Whether nothing is left to do for this day.
async fn fill_one(state: &AppState, day: i64, a_day: u32) -> bool {
    let keys = state.keys.current();
    let (Some(bundle), Some(day)) = (keys.bundle(), Day::from_days_since_1970(day)) else {
        return false;
    };
    // How many it took is said nowhere: the log would tell what the decoys hide.
    let outcome = fill(&state.store, bundle, day, a_day, &mut state.rng.clone()).await;
    if outcome.is_err() {
        tracing::warn!("the decoys of a day could not be stored yet");
    }
    outcome.is_ok()
}
