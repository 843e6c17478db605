//! The outer layer on its way into the store: one implementation for every path, so that records of the three
//! paths cannot be told apart. What is given to the [`OuterLayer`] comes out as ciphertext of the record and is
//! stored as it comes; what is not finished is abandoned.

use std::io;

use asylia_envelope::{
    hybrid::HybridRecipient,
    record::{RecordHead, RecordWriter},
};

use super::upload::{Outlet, Upload};
use crate::{
    error::AppError,
    refusal::Refusal,
    storage::{AnyStore, StoreError},
};

/// Where sealed compartments go.
pub(super) type OuterLayer = RecordWriter<Outlet>;

/// Stores what comes out of an [`OuterLayer`].
pub(super) struct Storing {
    outlet: Outlet,
    upload: Upload,
}

impl Storing {
    /// Begins a record to the period's intake key.
    pub(super) fn start(
        store: &AnyStore,
        intake: &HybridRecipient,
        head: &RecordHead,
    ) -> Result<(OuterLayer, Self), AppError> {
        let outlet = Outlet::default();
        let record = RecordWriter::start(intake, head, outlet.clone()).map_err(sealing_failed)?;
        let upload = Upload::new(store.clone(), head);
        Ok((record, Self { outlet, upload }))
    }

    /// Takes what has come out so far.
    pub(super) async fn take(&mut self) -> Result<(), AppError> {
        self.upload.take(&self.outlet).await.map_err(store_failed)
    }

    /// The same, and commits all that fills a chunk, so that less waits in memory.
    pub(super) async fn commit(&mut self) -> Result<(), AppError> {
        self.take().await?;
        self.upload.commit().await.map_err(store_failed)
    }

    /// The same, and holds as little memory as it can until more comes.
    pub(super) async fn rest(&mut self) -> Result<(), AppError> {
        self.commit().await?;
        self.outlet.shrink();
        Ok(())
    }

    /// Pads the record and makes it durable.
    pub(super) async fn finish(mut self, mut record: OuterLayer) -> Result<(), AppError> {
        while !record.pad().map_err(sealing_failed)? {
            self.take().await?;
        }
        let (_, class) = record.finish().map_err(sealing_failed)?;
        self.take().await?;
        self.upload.seal(class).await.map_err(store_failed)
    }

    /// Removes what was stored, and waits until it is gone.
    pub(super) async fn abandon(self) {
        self.upload.abandon().await;
    }
}

pub(super) fn sealing_failed(_: io::Error) -> AppError {
    AppError::Internal(anyhow::anyhow!("a report could not be sealed"))
}

fn store_failed(error: StoreError) -> AppError {
    tracing::error!(%error, "the store did not take a report");
    Refusal::Busy.into()
}
