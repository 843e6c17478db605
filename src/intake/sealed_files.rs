//! A form of sealed files (`POST /sealed`): each part its own record, one after the other in constant memory.
//!
//! One bad file disturbs no other: the rest of it is read and thrown away. What a file was named is never looked
//! at beyond whether there is a name.

use bytes::Bytes;
use multer::{Field, Multipart};

use super::{SealedDoor, SealedIntake};
use crate::{clock::Rng, error::AppError, limits::SEALED_FILES, refusal::Refusal};

/// Takes every sealed file of a form; says of each, in order, whether it is durable or why it is refused.
///
/// # Errors
/// The refusal of a form that breaks off or is malformed before any file was judged, and of one without files.
pub async fn take_sealed_files(
    door: &SealedDoor<'_>,
    mut form: Multipart<'_>,
    rng: &mut Rng,
) -> Result<Vec<Result<(), Refusal>>, AppError> {
    let mut verdicts = Vec::new();
    loop {
        let judged = match form.next_field().await {
            Ok(None) => break,
            Ok(Some(mut field)) if field.name() == Some(SEALED) => {
                if verdicts.len() == SEALED_FILES {
                    verdicts.push(Err(Refusal::TooManyFiles));
                    break;
                }
                take_file(door, &mut field, rng).await
            }
            Ok(Some(mut field)) => discard(&mut field).await.map(|()| None),
            Err(error) => Err(error),
        };
        match judged {
            Ok(None) => {}
            Ok(Some(verdict)) => verdicts.push(verdict),
            Err(error) => {
                let broken = AppError::from_reading(&error, door.report_limit_mib);
                if verdicts.is_empty() {
                    return Err(broken);
                }
                // What was stored stays stored, and the answer must say so.
                verdicts.push(Err(broken.into_refusal()));
                break;
            }
        }
    }
    if verdicts.is_empty() {
        return Err(Refusal::NoSealedFile.into());
    }
    Ok(verdicts)
}

/// The verdict on one part; `None` for an input that was left empty.
async fn take_file(
    door: &SealedDoor<'_>,
    field: &mut Field<'_>,
    rng: &mut Rng,
) -> multer::Result<Option<Result<(), Refusal>>> {
    let mut empty = field.file_name().unwrap_or_default().is_empty();
    let mut intake = SealedIntake::default();
    while let Some(bytes) = next(field).await? {
        empty = false;
        if let Err(error) = intake.take(door, &bytes, rng).await {
            drop(intake);
            discard(field).await?;
            return Ok(Some(Err(error.into_refusal())));
        }
    }
    if empty {
        return Ok(None);
    }
    Ok(Some(intake.finish().await.map_err(AppError::into_refusal)))
}

async fn discard(field: &mut Field<'_>) -> multer::Result<()> {
    while next(field).await?.is_some() {}
    Ok(())
}

async fn next(field: &mut Field<'_>) -> multer::Result<Option<Bytes>> {
    loop {
        match field.chunk().await? {
            Some(bytes) if bytes.is_empty() => {}
            other => return Ok(other),
        }
    }
}

/// Name of the form's file input.
const SEALED: &str = "sealed";
