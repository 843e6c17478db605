//! Whether anybody collects: how long the oldest report waits, and when the office last came.
//!
//! A form that nobody empties is a promise that nobody keeps. `doctor` warns first, then the form says so before
//! the story, then it closes by itself. Days come from the store, where `export`, `acknowledge` and `import`
//! leave them; the serving process looks every minute.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use crate::{
    limits::SWEEP_EVERY,
    storage::{AnyStore, Store, StoreError},
};

/// After how many days without an acknowledgement of the oldest report something is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CollectionDays {
    /// `doctor` warns.
    pub warn: i64,
    /// The form says so before the story.
    pub notice: i64,
    /// The form closes.
    pub close: i64,
}

impl Default for CollectionDays {
    fn default() -> Self {
        Self {
            warn: 7,
            notice: 14,
            close: 30,
        }
    }
}

/// How long the oldest report has waited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// Not long, or there is none.
    Fine,
    /// So long that `doctor` warns.
    Warn,
    /// So long that visitors are told.
    Notice,
    /// So long that no more are taken.
    Close,
}

/// When the office last collected, as coarse as visitors are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Collected {
    /// Within the last seven days.
    ThisWeek,
    /// Within the seven days before.
    LastWeek,
    /// Longer ago.
    Longer,
    /// Not yet.
    Never,
}

/// What the serving process knows of it; cheap to clone.
#[derive(Clone, Debug)]
pub struct Collection(Arc<Days>);

#[derive(Debug)]
struct Days {
    oldest: AtomicI64,
    collected: AtomicI64,
}

impl CollectionDays {
    /// What is due when the oldest report arrived on `oldest`; days since 1970.
    #[must_use]
    pub fn judge(self, oldest: Option<i64>, today: i64) -> Waiting {
        match oldest.map(|oldest| today - oldest) {
            Some(days) if days >= self.close => Waiting::Close,
            Some(days) if days >= self.notice => Waiting::Notice,
            Some(days) if days >= self.warn => Waiting::Warn,
            _ => Waiting::Fine,
        }
    }
}

impl Collected {
    /// For a last day, days since 1970.
    #[must_use]
    pub fn on(day: Option<i64>, today: i64) -> Self {
        match day.map(|day| today - day) {
            None => Self::Never,
            Some(..7) => Self::ThisWeek,
            Some(7..14) => Self::LastWeek,
            Some(_) => Self::Longer,
        }
    }

    /// The name by which programs know it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ThisWeek => "this_week",
            Self::LastWeek => "last_week",
            Self::Longer => "longer",
            Self::Never => "never",
        }
    }
}

impl Collection {
    /// Reads it from the store.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn load(store: &AnyStore) -> Result<Self, StoreError> {
        let collection = Self(Arc::new(Days {
            oldest: AtomicI64::new(NONE),
            collected: AtomicI64::new(NONE),
        }));
        collection.refresh(store).await?;
        Ok(collection)
    }

    /// Reads it again.
    ///
    /// # Errors
    /// Those of the store; then what was known stays.
    pub async fn refresh(&self, store: &AnyStore) -> Result<(), StoreError> {
        let (oldest, collected) = (store.oldest_day().await?, store.collected_day().await?);
        self.0
            .oldest
            .store(oldest.unwrap_or(NONE), Ordering::Relaxed);
        let collected = collected.unwrap_or(NONE);
        self.0.collected.store(collected, Ordering::Relaxed);
        Ok(())
    }

    /// Reads it every minute; never returns.
    pub async fn keep_fresh(&self, store: &AnyStore) {
        loop {
            tokio::time::sleep(SWEEP_EVERY).await;
            if let Err(error) = self.refresh(store).await {
                tracing::warn!("whether the office collects is not known: {error}");
            }
        }
    }

    /// What is due today.
    #[must_use]
    pub fn waiting(&self, days: CollectionDays, today: i64) -> Waiting {
        days.judge(known(&self.0.oldest), today)
    }

    /// When the office last collected.
    #[must_use]
    pub fn last(&self, today: i64) -> Collected {
        Collected::on(known(&self.0.collected), today)
    }
}

fn known(day: &AtomicI64) -> Option<i64> {
    Some(day.load(Ordering::Relaxed)).filter(|day| *day != NONE)
}

const NONE: i64 = i64::MIN;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_comes_on_its_day() {
        let days = CollectionDays::default();
        let after = |waited: i64| days.judge(Some(20_000), 20_000 + waited);
        assert_eq!(days.judge(None, 20_000), Waiting::Fine);
        for (waited, due) in [
            (-1, Waiting::Fine),
            (6, Waiting::Fine),
            (7, Waiting::Warn),
            (13, Waiting::Warn),
            (14, Waiting::Notice),
            (29, Waiting::Notice),
            (30, Waiting::Close),
            (400, Waiting::Close),
        ] {
            assert_eq!(after(waited), due, "{waited}");
        }
    }

    #[test]
    fn visitors_are_told_weeks_and_no_days() {
        let after = |days: i64| Collected::on(Some(20_000), 20_000 + days);
        assert_eq!(Collected::on(None, 20_000), Collected::Never);
        let told = [-1, 0, 6, 7, 13, 14, 400].map(after);
        use Collected::{LastWeek, Longer, ThisWeek};
        let expected = [
            ThisWeek, ThisWeek, ThisWeek, LastWeek, LastWeek, Longer, Longer,
        ];
        assert_eq!(told, expected);
    }
}
