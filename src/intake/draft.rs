//! The text of a form while it arrives: bounded, cleared when dropped, never echoed.

use asylia_envelope::{
    answers::Answers,
    ids::PageNumber,
    submission::{REPORT_TEXT_LIMIT_BYTES, TEXT_FIELD_LIMIT_BYTES},
};
use multer::Field;
use zeroize::Zeroizing;

use crate::{error::AppError, refusal::Refusal};

/// What the text fields said so far. Plaintext: no `Debug`.
#[derive(Default)]
pub(super) struct Draft {
    /// The answers.
    pub(super) answers: Answers,
    /// The number drawn with the page, if it came back whole.
    pub(super) page_number: Option<PageNumber>,
    text_bytes: usize,
    fields: usize,
}

/// One field of a form. Plaintext: no `Debug`; cleared when dropped.
pub(super) struct TextField {
    pub(super) name: String,
    /// What is not UTF-8 keeps its place as U+FFFD.
    pub(super) text: Zeroizing<String>,
}

impl Draft {
    /// Reads one text field to its end and adds it.
    ///
    /// # Errors
    /// The refusal for a field, a text or a form beyond its limit, or for a body that broke off.
    pub(super) async fn read_field(
        &mut self,
        field: Field<'_>,
        limit_mib: u64,
    ) -> Result<(), AppError> {
        let field = self.read(field, limit_mib).await?;
        self.add(&field);
        Ok(())
    }

    /// Reads one text field to its end, counted among all of the form.
    ///
    /// # Errors
    /// As [`Self::read_field`].
    pub(super) async fn read(
        &mut self,
        mut field: Field<'_>,
        limit_mib: u64,
    ) -> Result<TextField, AppError> {
        self.fields += 1;
        if self.fields > FIELDS_LIMIT {
            return Err(Refusal::BadForm.into());
        }
        let name = field.name().unwrap_or_default().to_owned();
        let mut text = Zeroizing::new(Vec::new());
        while let Some(chunk) = next_chunk(&mut field, limit_mib).await? {
            self.text_bytes = self.text_bytes.saturating_add(chunk.len());
            if text.len() + chunk.len() > TEXT_FIELD_LIMIT_BYTES {
                return Err(Refusal::FieldTooLong.into());
            }
            if self.text_bytes > REPORT_TEXT_LIMIT_BYTES {
                return Err(Refusal::TextTooLong.into());
            }
            append(&mut text, &chunk);
        }
        let text = Zeroizing::new(String::from_utf8_lossy(&text).into_owned());
        Ok(TextField { name, text })
    }

    /// Adds a field of the questionnaire; others say nothing.
    pub(super) fn add(&mut self, field: &TextField) {
        if field.name == PAGE_NUMBER {
            self.page_number = field.text.parse().ok();
        } else {
            self.answers.add(&field.name, &field.text);
        }
    }
}

/// Grows by moving into a new buffer and clearing the old one.
fn append(text: &mut Zeroizing<Vec<u8>>, chunk: &[u8]) {
    let needed = text.len() + chunk.len();
    if text.capacity() < needed {
        let mut larger = Zeroizing::new(Vec::with_capacity(needed.next_power_of_two()));
        larger.extend_from_slice(text);
        *text = larger;
    }
    text.extend_from_slice(chunk);
}

async fn next_chunk(
    field: &mut Field<'_>,
    limit_mib: u64,
) -> Result<Option<bytes::Bytes>, AppError> {
    field
        .chunk()
        .await
        .map_err(|error| AppError::from_reading(&error, limit_mib))
}

/// Name of the hidden field that the page carries.
const PAGE_NUMBER: &str = "page_number";
/// The form has 35 inputs with some 150 choices; a form with more parts is none of ours.
const FIELDS_LIMIT: usize = 1_000;
