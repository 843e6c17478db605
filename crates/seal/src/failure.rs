//! A failure as it is printed: what failed, and what to do. Names no path and no content.

use core::fmt;
use std::io;

use asylia_envelope::{key_bundle::BundleError, sealed_file::SealedFileError};
use asylia_seal::{answers_file::AnswersError, sealing::SealError, site::FolderError};

/// Two sentences.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    /// What failed and what to do, both without a full stop.
    pub(crate) fn new(what: &str, next: &str) -> Self {
        Self(format!("{what}. {next}."))
    }

    /// `what` could not be read.
    pub(crate) fn reading(what: &str, error: &io::Error) -> Self {
        // The kind alone: an operating system's text may repeat a path.
        let reason = error.kind();
        Self::new(
            &format!("Reading {what} failed: {reason}"),
            "Check the path and the file",
        )
    }

    /// `what` could not be written.
    pub(crate) fn writing(what: &str, error: &io::Error) -> Self {
        let next = if error.kind() == io::ErrorKind::AlreadyExists {
            "Nothing is ever overwritten: give a new name"
        } else {
            "Check that the folder exists, can be written and has room"
        };
        Self::new(&format!("Writing {what} failed: {}", error.kind()), next)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<AnswersError> for Failure {
    fn from(error: AnswersError) -> Self {
        Self(error.to_string())
    }
}

impl From<FolderError> for Failure {
    fn from(error: FolderError) -> Self {
        Self(error.to_string())
    }
}

impl From<SealError> for Failure {
    fn from(error: SealError) -> Self {
        Self(error.to_string())
    }
}

impl From<SealedFileError> for Failure {
    fn from(error: SealedFileError) -> Self {
        let next = match error {
            SealedFileError::Io(_) => "Check the file and its disk",
            _ => "Take another copy of the file, or seal again with `asylia-seal new`",
        };
        Self::new(&format!("The file is refused: {error}"), next)
    }
}

impl From<BundleError> for Failure {
    fn from(error: BundleError) -> Self {
        let next = match error {
            BundleError::NoAnchor => "Give the office's 12 words with --office",
            BundleError::OtherOffice(_) => {
                "Compare the 12 words with the office by telephone, and do not use this file before \
             they agree"
            }
            _ => "Fetch keys.note again from the office, and do not use this one",
        };
        Self::new(&format!("The office's keys are refused: {error}"), next)
    }
}
