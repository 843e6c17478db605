//! The form with a return code while it arrives: bounded, cleared when dropped, never echoed.

use asylia_envelope::return_code::{BadCode, ReturnCode};
use multer::{Field, Multipart};
use zeroize::Zeroizing;

use crate::{error::AppError, limits::CODE_BYTES, refusal::Refusal};

/// What was typed and chosen. A secret: no `Debug`.
pub struct CodeForm {
    typed: Zeroizing<Vec<u8>>,
    which: Option<Which>,
}

/// Which replies are to be deleted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// All.
    All,
    /// The one in the slot with this digest.
    One([u8; 32]),
}

impl CodeForm {
    /// Reads the form to its end.
    ///
    /// # Errors
    /// [`Refusal::BadCodeForm`] for one that is damaged, too long, or none of ours.
    pub async fn read(mut form: Multipart<'_>) -> Result<Self, AppError> {
        let mut read = Self {
            typed: Zeroizing::new(Vec::new()),
            which: None,
        };
        while let Some(field) = form.next_field().await.map_err(|_| Refusal::BadCodeForm)? {
            let is = |name: &str| field.name() == Some(name);
            if is(CODE_FIELD) {
                read.typed = text(field).await?;
            } else if is(WHICH_FIELD) {
                read.which = Which::parse(&text(field).await?);
            } else {
                return Err(Refusal::BadCodeForm.into());
            }
        }
        Ok(read)
    }

    /// The code, or why what was typed is none.
    ///
    /// # Errors
    /// See [`BadCode`].
    pub fn code(&self) -> Result<ReturnCode, BadCode> {
        let typed = core::str::from_utf8(&self.typed).map_err(|_| BadCode::Length)?;
        ReturnCode::parse(typed)
    }

    /// What is to be deleted, if the form says.
    #[must_use]
    pub fn which(&self) -> Option<Which> {
        self.which
    }
}

impl Which {
    fn parse(text: &[u8]) -> Option<Self> {
        if text == ALL {
            return Some(Self::All);
        }
        let digest = hex::decode(text).ok()?;
        digest.try_into().ok().map(Self::One)
    }
}

/// A whole field, in one buffer that does not move.
async fn text(mut field: Field<'_>) -> Result<Zeroizing<Vec<u8>>, AppError> {
    let mut text = Zeroizing::new(Vec::with_capacity(CODE_BYTES));
    while let Some(chunk) = field.chunk().await.map_err(|_| Refusal::BadCodeForm)? {
        if text.len() + chunk.len() > CODE_BYTES {
            return Err(Refusal::BadCodeForm.into());
        }
        text.extend_from_slice(&chunk);
    }
    Ok(text)
}

/// Name of the field with the code.
const CODE_FIELD: &str = "code";
/// Name of the field that says which replies to delete.
const WHICH_FIELD: &str = "which";
/// Its value for all.
const ALL: &[u8] = b"all";
