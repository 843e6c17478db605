//! The one error type of the server's routes, and the one place where an internal error is logged.
//!
//! - A visitor gets a status and a page in their language; never a source chain, never a byte of
//!   what was sent.
//! - Internal detail is logged once, here; no body, address, user agent, file name or path that may
//!   hold a code.
//! - Command lines print two sentences, [`Advice`]: what failed, and what to do next.

use std::{error::Error, fmt, process::ExitCode};

use axum::response::{IntoResponse, Response};

use crate::{body::BodyError, refusal::Refusal};

/// How a route ends when it does not answer with its page.
///
/// The response made from it carries only the status and the [`Refusal`]; the outermost layer of
/// [`crate::router`] puts the page in.
#[derive(Debug)]
pub enum AppError {
    /// The visitor can do something about it, or wait; shown as a page of its own, not logged.
    Refused(Refusal),
    /// A fault of ours: logged once, shown as the 500 page.
    Internal(anyhow::Error),
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let refusal = self.into_refusal();
        let mut response = refusal.status().into_response();
        response.extensions_mut().insert(refusal);
        response
    }
}

impl From<Refusal> for AppError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<anyhow::Error> for AppError {
    fn from(error: anyhow::Error) -> Self {
        Self::Internal(error)
    }
}

impl AppError {
    /// What a visitor is told of it; an internal error is logged by this.
    pub fn into_refusal(self) -> Refusal {
        match self {
            Self::Refused(refusal) => refusal,
            Self::Internal(error) => {
                tracing::error!(error = %Chain(error.as_ref()), "a request failed");
                Refusal::Internal
            }
        }
    }

    /// The refusal for an error met while reading a request body, through whatever library it came.
    /// `limit_mib` is the report limit the page names.
    pub fn from_reading(error: &(dyn Error + 'static), limit_mib: u64) -> Self {
        Self::Refused(match BodyError::in_chain(error) {
            Some(BodyError::Stalled | BodyError::Cut | BodyError::TakenBack) => Refusal::CutOff,
            Some(BodyError::NoRoom) => Refusal::TextOnly,
            Some(BodyError::TooLarge) => Refusal::TooLarge { limit_mib },
            None if ends_early(error) => Refusal::CutOff,
            None => Refusal::BadForm,
        })
    }
}

/// Whether a form stops before its closing boundary.
fn ends_early(error: &(dyn Error + 'static)) -> bool {
    use multer::Error::{IncompleteFieldData, IncompleteHeaders, IncompleteStream};
    matches!(
        error.downcast_ref(),
        Some(IncompleteFieldData { .. } | IncompleteHeaders | IncompleteStream)
    )
}

/// A failure of a command, as two sentences: what failed, and what the operator can do.
#[derive(Debug)]
pub struct Advice {
    failed: String,
    advice: String,
    usage: bool,
}

impl Advice {
    /// The command was understood and could not be done (exit code 1). Neither part ends in a full
    /// stop.
    pub fn failed(failed: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            failed: failed.into(),
            advice: advice.into(),
            usage: false,
        }
    }

    /// The command line or the configuration is incomplete or wrong (exit code 2).
    pub fn usage(failed: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            failed: failed.into(),
            advice: advice.into(),
            usage: true,
        }
    }

    /// The two sentences and the exit code for any error that reached `main`.
    ///
    /// Advice found anywhere in the chain is printed as it is; an error without advice is named
    /// with its causes.
    pub fn for_operator(error: &anyhow::Error) -> (String, ExitCode) {
        match error.chain().find_map(|cause| cause.downcast_ref::<Self>()) {
            Some(advice) => (
                advice.to_string(),
                ExitCode::from(if advice.usage { 2 } else { 1 }),
            ),
            None => (
                format!(
                    "{}. Run `asylia doctor` to see what this machine lacks.",
                    Chain(error.as_ref())
                ),
                ExitCode::from(1),
            ),
        }
    }
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}. {}.", self.failed, self.advice)
    }
}

impl Error for Advice {}

/// An error with its causes on one line.
struct Chain<'a>(&'a (dyn Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;
    use axum::http::StatusCode;

    use super::*;

    #[test]
    fn every_refusal_answers_with_its_own_status_and_no_text() {
        for refusal in Refusal::samples() {
            let response = AppError::from(refusal).into_response();
            assert_eq!(response.status(), refusal.status());
            assert_eq!(response.extensions().get::<Refusal>(), Some(&refusal));
        }
    }

    #[test]
    fn an_internal_error_shows_nothing_of_itself() {
        let response = AppError::from(anyhow::anyhow!("database file is at fault")).into_response();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(
            response.extensions().get::<Refusal>(),
            Some(&Refusal::Internal)
        );
    }

    #[test]
    fn advice_is_found_below_context() {
        let error = Err::<(), _>(Advice::usage("No key bundle was given", "Pass --keys FILE"))
            .context("starting")
            .expect_err("built as an error");
        assert_eq!(
            Advice::for_operator(&error).0,
            "No key bundle was given. Pass --keys FILE."
        );
        let plain = anyhow::anyhow!("inner").context("outer");
        assert!(
            Advice::for_operator(&plain)
                .0
                .starts_with("outer: inner. Run")
        );
    }
}
