//! The pipeline without JavaScript: a multipart stream becomes a sealed, padded record, in constant memory.
//! What comes sealed already joins at the outer layer: `sealed` (one file) and `sealed_files` (a form of them).
//!
//! Text waits in memory only until the first file begins or the form ends; then it is sealed at once. Files
//! are sealed as they arrive. Nothing readable touches the disk; an upload that breaks off leaves nothing.
//! Flow: `draft` (fields) → the envelope's inner layer → `outer` → `upload` (chunks) → the store.

use asylia_envelope::{
    day::Day,
    ids::{RecordId, SubmissionId},
    key_bundle::{KeyBundle, Period},
    record::{RecordHead, SealedBy},
    return_code::ReturnCode,
    sealing::SubmissionSealer,
    submission::{ATTACHMENTS_LIMIT, Account, FORMAT_VERSION, IdentityPart, MailboxAddress},
    words::{ProofWords, WordList, draw_proof_words},
};
use bytes::Bytes;
use multer::{Field, Multipart};

use self::{
    draft::Draft,
    outer::{OuterLayer, Storing, sealing_failed},
};
use crate::{clock::Rng, error::AppError, limits::MIB, refusal::Refusal, storage::AnyStore};

mod draft;
mod outer;
mod sealed;
mod sealed_files;
mod upload;

pub use sealed::{SealedDoor, SealedIntake};
pub use sealed_files::take_sealed_files;

/// What the receipt shows, once: no `Debug`, kept nowhere.
pub struct Receipt {
    /// The return code.
    pub code: ReturnCode,
    /// Words that the office's first reply repeats.
    pub proof_words: ProofWords,
}

/// What taking in a report needs, besides the report.
pub struct Intake<'a> {
    /// Where the record goes.
    pub store: &'a AnyStore,
    /// The verified key bundle.
    pub bundle: &'a KeyBundle,
    /// The period whose keys are used today.
    pub period: &'a Period,
    /// Today, UTC.
    pub day: Day,
    /// Language of the page, BCP 47.
    pub language: &'a str,
    /// Largest report, in MiB.
    pub report_limit_mib: u64,
}

/// Takes one report from a form; returns only when its record is durable.
///
/// # Errors
/// The refusal to show; nothing of the report is kept then.
pub async fn take_report(
    intake: &Intake<'_>,
    mut form: Multipart<'_>,
    rng: &mut Rng,
) -> Result<Receipt, AppError> {
    let mut draft = Draft::default();
    let mut sealing: Option<(Sealing<'_>, Receipt)> = None;
    let mut files = FileBudget::of(intake.report_limit_mib);
    while let Some(field) = next_field(intake, &mut form).await? {
        if field.name() == Some(ATTACHMENTS) {
            let Some(file) = IncomingFile::begin(intake, field).await? else {
                continue;
            };
            if sealing.is_none() {
                sealing = Some(Sealing::start(intake, &mut draft, rng)?);
            }
            if let Some((sealing, _)) = &mut sealing {
                sealing.file(intake, file, &mut files).await?;
            }
        } else if sealing.is_some() {
            // The text is sealed and gone; a field behind a file comes from no form of ours.
            return Err(Refusal::BadForm.into());
        } else {
            draft.read_field(field, intake.report_limit_mib).await?;
        }
    }
    let (sealing, receipt) = match sealing {
        Some(begun) => begun,
        None => Sealing::start(intake, &mut draft, rng)?,
    };
    sealing.finish().await?;
    Ok(receipt)
}

/// A report that is being sealed: its text is ciphertext already.
struct Sealing<'a> {
    submission: SubmissionSealer<'a, OuterLayer>,
    storing: Storing,
}

impl<'a> Sealing<'a> {
    /// Seals the text, or refuses an empty story.
    fn start(
        intake: &Intake<'a>,
        draft: &mut Draft,
        rng: &mut Rng,
    ) -> Result<(Self, Receipt), AppError> {
        if !draft.answers.has_story() {
            return Err(Refusal::EmptyStory.into());
        }
        let code = ReturnCode::generate(rng);
        let instance = intake.bundle.content().instance;
        let words = draw_proof_words(WordList::for_language(intake.language), rng);
        let (account, identity) = parts(intake, std::mem::take(draft), &words, &code);
        let record_id = RecordId::generate(rng);
        let head = RecordHead {
            version: FORMAT_VERSION,
            instance,
            record_id,
            period: intake.period.id.clone(),
            bundle_sequence: intake.bundle.sequence(),
            day: intake.day,
            path: SealedBy::Server,
        };
        let (record, storing) = Storing::start(intake.store, &intake.period.intake, &head)?;
        let submission = SubmissionSealer::start(
            instance,
            intake.period,
            SubmissionId::generate(rng),
            &account,
            &identity,
            record,
        )
        .map_err(sealing_failed)?;
        Ok((
            Self {
                submission,
                storing,
            },
            Receipt {
                code,
                proof_words: words,
            },
        ))
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

fn parts(
    intake: &Intake<'_>,
    draft: Draft,
    words: &ProofWords,
    code: &ReturnCode,
) -> (Account, IdentityPart) {
    let mailbox = code.derive_mailbox(intake.bundle.content().instance);
    let account = Account {
        language: intake.language.to_owned(),
        page_number: draft.page_number,
        proof_words: words.clone(),
        mailbox: MailboxAddress::of(&mailbox),
        answers: draft.answers.clone(),
    };
    (
        account,
        IdentityPart {
            answers: draft.answers,
        },
    )
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
