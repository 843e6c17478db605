//! The pipeline without JavaScript: a multipart stream becomes a sealed, padded record, in constant memory; a
//! report (`report`) or what somebody sends later with a return code (`follow_up`). What comes sealed already joins at the outer layer: `sealed` (one file) and `sealed_files` (a form of them).
//!
//! Text waits in memory only until the first file begins or the form ends; then it is sealed at once. Files
//! are sealed as they arrive. Nothing readable touches the disk; an upload that breaks off leaves nothing.
//! Flow: `draft` (fields) → the envelope's inner layer → `outer` → `upload` (chunks) → the store.

use std::io;

use asylia_envelope::{
    day::Day,
    ids::{RecordId, SubmissionId},
    key_bundle::{KeyBundle, Period},
    record::{RecordHead, SealedBy},
    sealing::SubmissionSealer,
    submission::{ATTACHMENTS_LIMIT, FORMAT_VERSION},
};
use bytes::Bytes;
use multer::{Field, Multipart};

use self::outer::{OuterLayer, Storing, sealing_failed};
use crate::{
    clock::Rng, error::AppError, limits::MIB, mailbox::Turns, refusal::Refusal, storage::AnyStore,
};

mod decoy;
mod draft;
mod follow_up;
mod outer;
mod report;
mod sealed;
mod sealed_files;
mod upload;

pub use decoy::store_decoy;
pub(crate) use follow_up::{
    CODE, DELETE_REPORT, NEW_CODE, PERMISSION, QUESTION, READ, WITHDRAW_ALL,
};
pub use follow_up::{Sent, take_follow_up};
pub use report::{Receipt, take_report};
pub use sealed::{SealedDoor, SealedIntake};
pub use sealed_files::take_sealed_files;

/// What taking in a form needs, besides the form.
pub struct Intake<'a> {
    /// Where the record goes.
    pub store: &'a AnyStore,
    /// Whose turn it is to open a mailbox.
    pub turns: &'a Turns,
    /// The verified key bundle.
    pub bundle: &'a KeyBundle,
    /// The period whose keys are used today.
    pub period: &'a Period,
    /// Today, UTC.
    pub day: Day,
    /// Seconds since 1970: the place of a follow-up among others, sealed inside it.
    pub now_unix_s: u64,
    /// Language of the page, BCP 47.
    pub language: &'a str,
    /// Largest report, in MiB.
    pub report_limit_mib: u64,
}

/// What a form tells, until its text is sealed.
trait Telling: Default {
    /// What the sender is shown.
    type Shown;

    /// Reads one text field.
    async fn read_field(&mut self, field: Field<'_>, intake: &Intake<'_>) -> Result<(), AppError>;

    /// Seals the text, or says what it lacks; `files` says that files come along.
    async fn seal<'a>(
        self,
        intake: &Intake<'a>,
        files: bool,
        rng: &mut Rng,
    ) -> Result<(Sealing<'a>, Self::Shown), AppError>;
}

/// Takes a form, whatever it tells; returns only when its record is durable.
async fn take<T: Telling>(
    intake: &Intake<'_>,
    mut form: Multipart<'_>,
    rng: &mut Rng,
) -> Result<T::Shown, AppError> {
    let mut telling = T::default();
    let mut sealing: Option<(Sealing<'_>, T::Shown)> = None;
    let mut files = FileBudget::of(intake.report_limit_mib);
    while let Some(field) = next_field(intake, &mut form).await? {
        if field.name() == Some(ATTACHMENTS) {
            let Some(file) = IncomingFile::begin(intake, field).await? else {
                continue;
            };
            if sealing.is_none() {
                let told = std::mem::take(&mut telling);
                sealing = Some(told.seal(intake, true, rng).await?);
            }
            if let Some((sealing, _)) = &mut sealing {
                sealing.file(intake, file, &mut files).await?;
            }
        } else if sealing.is_some() {
            // The text is sealed and gone; a field behind a file comes from no form of ours.
            return Err(Refusal::BadForm.into());
        } else {
            telling.read_field(field, intake).await?;
        }
    }
    let (sealing, shown) = match sealing {
        Some(begun) => begun,
        None => telling.seal(intake, false, rng).await?,
    };
    sealing.finish().await?;
    Ok(shown)
}

/// A submission that is being sealed: its text is ciphertext already.
struct Sealing<'a> {
    submission: SubmissionSealer<'a, OuterLayer>,
    storing: Storing,
}

impl<'a> Sealing<'a> {
    /// Begins a record; `start` seals the text into it.
    fn start(
        intake: &Intake<'a>,
        rng: &mut Rng,
        start: impl FnOnce(SubmissionId, OuterLayer) -> io::Result<SubmissionSealer<'a, OuterLayer>>,
    ) -> Result<Self, AppError> {
        let head = own_head(intake.bundle, intake.period, intake.day, rng);
        let (record, storing) = Storing::start(intake.store, &intake.period.intake, &head)?;
        let submission = start(SubmissionId::generate(rng), record).map_err(sealing_failed)?;
        Ok(Self {
            submission,
            storing,
        })
    }

    /// Seals one file as it arrives.
    async fn file(
        &mut self,
        intake: &Intake<'_>,
        mut file: IncomingFile<'_>,
        budget: &mut FileBudget,
    ) -> Result<(), AppError> {
        budget.count_file()?;
        self.submission
            .begin_attachment(&file.name, &file.media_type)
            .map_err(sealing_failed)?;
        while let Some(bytes) = file.next(intake).await? {
            budget.count_bytes(bytes.len())?;
            self.submission
                .write_attachment(&bytes)
                .map_err(sealing_failed)?;
            drop(bytes);
            self.storing.take().await?;
        }
        // The padding of a large file is megabytes; it is stored as it comes, like the file.
        while !self.submission.pad_attachment().map_err(sealing_failed)? {
            self.storing.take().await?;
        }
        self.submission.end_attachment().map_err(sealing_failed)?;
        self.storing.take().await
    }

    /// Seals the manifest, pads the record and makes it durable.
    async fn finish(self) -> Result<(), AppError> {
        let record = self.submission.finish().map_err(sealing_failed)?;
        self.storing.finish(record).await
    }
}

/// The head of a new record that the server seals itself.
fn own_head(bundle: &KeyBundle, period: &Period, day: Day, rng: &mut Rng) -> RecordHead {
    RecordHead {
        version: FORMAT_VERSION,
        instance: bundle.content().instance,
        record_id: RecordId::generate(rng),
        period: period.id.clone(),
        bundle_sequence: bundle.sequence(),
        day,
        path: SealedBy::Server,
    }
}

/// A file part with its first bytes, so that an input left empty can be told from an empty file.
struct IncomingFile<'f> {
    name: String,
    media_type: String,
    first: Option<Bytes>,
    field: Field<'f>,
}

impl<'f> IncomingFile<'f> {
    /// `None` for an input without a file: no name and no bytes.
    async fn begin(intake: &Intake<'_>, mut field: Field<'f>) -> Result<Option<Self>, AppError> {
        let name = field.file_name().unwrap_or_default().to_owned();
        let media_type = field
            .content_type()
            .map(ToString::to_string)
            .unwrap_or_default();
        let first = next_chunk(intake, &mut field).await?;
        if name.is_empty() && first.is_none() {
            return Ok(None);
        }
        Ok(Some(Self {
            name,
            media_type,
            first,
            field,
        }))
    }

    async fn next(&mut self, intake: &Intake<'_>) -> Result<Option<Bytes>, AppError> {
        match self.first.take() {
            Some(first) => Ok(Some(first)),
            None => next_chunk(intake, &mut self.field).await,
        }
    }
}

/// How much of files may still come.
struct FileBudget {
    files: u16,
    bytes: u64,
    limit_mib: u64,
}

impl FileBudget {
    fn of(limit_mib: u64) -> Self {
        Self {
            files: ATTACHMENTS_LIMIT,
            bytes: limit_mib.saturating_mul(MIB),
            limit_mib,
        }
    }

    fn count_file(&mut self) -> Result<(), AppError> {
        if self.limit_mib == 0 {
            return Err(Refusal::TextOnly.into());
        }
        self.files = self.files.checked_sub(1).ok_or(Refusal::TooManyFiles)?;
        Ok(())
    }

    fn count_bytes(&mut self, count: usize) -> Result<(), AppError> {
        let too_large = Refusal::TooLarge {
            limit_mib: self.limit_mib,
        };
        self.bytes = self.bytes.checked_sub(count as u64).ok_or(too_large)?;
        Ok(())
    }
}

async fn next_field<'f>(
    intake: &Intake<'_>,
    form: &mut Multipart<'f>,
) -> Result<Option<Field<'f>>, AppError> {
    form.next_field()
        .await
        .map_err(|error| AppError::from_reading(&error, intake.report_limit_mib))
}

async fn next_chunk(intake: &Intake<'_>, field: &mut Field<'_>) -> Result<Option<Bytes>, AppError> {
    loop {
        let chunk = field.chunk().await;
        let chunk =
            chunk.map_err(|error| AppError::from_reading(&error, intake.report_limit_mib))?;
        match chunk {
            Some(bytes) if bytes.is_empty() => {}
            other => return Ok(other),
        }
    }
}

/// Name of the form's file inputs.
const ATTACHMENTS: &str = "attachments";
