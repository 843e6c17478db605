//! A sealed file on its way into the store: bytes as they arrive → the frame's parser → the outer layer.
//!
//! The server cannot look inside; it checks the frame, to whose keys the file says it is sealed, and that each
//! compartment begins as one of ours. Nothing of the file waits in memory but what a slice and a chunk hold;
//! one that is refused, or dropped before its end, leaves nothing.

use asylia_envelope::{
    day::Day,
    ids::RecordId,
    record::{RecordHead, SealedBy},
    sealed_file::{SealedFileError, SealedFileHead, SealedFileParser},
    submission::FORMAT_VERSION,
};

use super::outer::{OuterLayer, Storing};
use crate::{
    clock::Rng, error::AppError, keys::OfficeKeys, limits::sealed_bytes, refusal::Refusal,
    storage::AnyStore,
};

/// What taking in a sealed file needs, besides the file.
#[derive(Clone, Copy)]
pub struct SealedDoor<'a> {
    /// Where the record goes.
    pub store: &'a AnyStore,
    /// The keys in force.
    pub keys: &'a OfficeKeys,
    /// Today, UTC.
    pub day: Day,
    /// Largest report, in MiB.
    pub report_limit_mib: u64,
    /// Who sealed it, as far as the way by which it comes tells.
    pub path: SealedBy,
}

/// One sealed file that is being taken in.
#[derive(Default)]
pub struct SealedIntake {
    parser: SealedFileParser,
    record: Option<(OuterLayer, Storing)>,
    taken_bytes: u64,
    uncommitted_bytes: usize,
    /// The limit when its first bytes came: what is begun may go on when room gets short.
    limit_mib: Option<u64>,
}

impl SealedIntake {
    /// Takes the next bytes.
    ///
    /// # Errors
    /// Why the file is refused; what there is of it must then be dropped.
    pub async fn take(
        &mut self,
        door: &SealedDoor<'_>,
        mut bytes: &[u8],
        rng: &mut Rng,
    ) -> Result<(), AppError> {
        let limit_mib = *self.limit_mib.get_or_insert(door.report_limit_mib);
        self.taken_bytes = self.taken_bytes.saturating_add(bytes.len() as u64);
        if self.taken_bytes > sealed_bytes(limit_mib) {
            return Err(match limit_mib {
                0 => Refusal::TextOnly.into(),
                _ => Refusal::TooLarge { limit_mib }.into(),
            });
        }
        let (record, storing) = match &mut self.record {
            Some(begun) => begun,
            None => {
                let Some(head) = self.parser.head(&mut bytes).map_err(refused)? else {
                    return Ok(());
                };
                self.record.insert(door.admit(&head, rng)?)
            }
        };
        self.parser.pour(bytes, record).map_err(refused)?;
        self.uncommitted_bytes += bytes.len();
        if self.uncommitted_bytes < COMMIT_BYTES {
            return storing.take().await;
        }
        self.uncommitted_bytes = 0;
        storing.commit().await
    }

    /// Whether the file's end was reached.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.parser.is_whole()
    }

    /// Holds as little memory as it can: more may come in minutes only.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub async fn rest(&mut self) -> Result<(), AppError> {
        self.uncommitted_bytes = 0;
        match &mut self.record {
            Some((_, storing)) => storing.rest().await,
            None => Ok(()),
        }
    }

    /// Pads the record and makes it durable.
    ///
    /// # Errors
    /// As [`Self::take`]; also for a file whose end has not come.
    pub async fn finish(self) -> Result<(), AppError> {
        self.parser.end().map_err(refused)?;
        let (record, storing) = self.record.ok_or(Refusal::NotASealedFile)?;
        storing.finish(record).await
    }

    /// Removes what was stored of it, and waits until it is gone. Dropping does the same, but is not waited for.
    pub async fn abandon(self) {
        if let Some((_, storing)) = self.record {
            storing.abandon().await;
        }
    }
}

impl SealedDoor<'_> {
    /// Begins the record of a file whose header names keys that are in force today.
    fn admit(
        &self,
        file: &SealedFileHead,
        rng: &mut Rng,
    ) -> Result<(OuterLayer, Storing), AppError> {
        let (bundle, _) = self.keys.in_force(self.day).ok_or(Refusal::Closed)?;
        let instance = bundle.content().instance;
        if file.instance != instance {
            return Err(Refusal::WrongOffice.into());
        }
        let open = |from: Day, until: Day| (from..=until).contains(&self.day);
        let periods = &bundle.content().periods;
        let period = periods
            .iter()
            .find(|period| period.id == file.period && open(period.from, period.until))
            // The outer layer needs the intake key of the period that the file names.
            .filter(|_| (1..=bundle.sequence()).contains(&file.bundle_sequence))
            .ok_or(Refusal::WindowClosed)?;
        let head = RecordHead {
            version: FORMAT_VERSION,
            instance,
            record_id: RecordId::generate(rng),
            period: period.id.clone(),
            bundle_sequence: file.bundle_sequence,
            day: self.day,
            path: self.path,
        };
        Storing::start(self.store, &period.intake, &head)
    }
}

fn refused(error: SealedFileError) -> AppError {
    match error {
        SealedFileError::NotASealedFile => Refusal::NotASealedFile.into(),
        SealedFileError::NotSealed => Refusal::NotSealed.into(),
        SealedFileError::ForeignRecipients => Refusal::ForeignRecipients.into(),
        SealedFileError::LongAgeHeader => Refusal::LongAgeHeader.into(),
        SealedFileError::Truncated => Refusal::CutOff.into(),
        SealedFileError::Io(_) => {
            AppError::Internal(anyhow::anyhow!("a sealed file could not be sealed again"))
        }
        _ => Refusal::Malformed.into(),
    }
}

/// What may come before full chunks are committed: some of them wait for the file's next bytes, and an open
/// upload is to hold less than 1 MiB.
const COMMIT_BYTES: usize = 256 * 1024;
