//! A failure as it is printed: what failed, and what to do. Names no path and no secret.

use core::fmt;
use std::io;

use asylia_keys::{
    bundle::Refusal,
    carry::BadCarry,
    ceremony::CeremonyError,
    destruction::NotDue,
    dice::BadThrows,
    files::NotInMemory,
    hand_over::{BadAppointment, BadManifest, NotAManifest},
    key_file::KeyFileError,
    period::BadPeriod,
    root::BadRoot,
    shares::{BadNote, BadScheme, DrillRefusal, ShareRefusal, SplitError, TypedError},
    terminal::TerminalError,
};

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
        let reason = reason(error);
        Self::new(
            &format!("Reading {what} failed: {reason}"),
            "Check the path and the file",
        )
    }

    /// `what` could not be written.
    pub(crate) fn writing(what: &str, error: &io::Error) -> Self {
        let reason = reason(error);
        let next = if error.kind() == io::ErrorKind::AlreadyExists {
            "Nothing is ever overwritten: give a new name"
        } else {
            "Check that the folder exists, can be written and has room"
        };
        Self::new(&format!("Writing {what} failed: {reason}"), next)
    }
}

/// The kind alone: an operating system's text may repeat a path.
fn reason(error: &io::Error) -> String {
    error.kind().to_string()
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! two_sentences {
    ($($error:ty),*) => {$(
        impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self(error.to_string())
            }
        }
    )*};
}

two_sentences!(
    Refusal,
    CeremonyError,
    BadRoot,
    KeyFileError,
    BadPeriod,
    BadNote,
    BadScheme,
    SplitError,
    ShareRefusal,
    TypedError,
    TerminalError,
    NotInMemory,
    BadThrows,
    BadCarry,
    NotDue,
    BadAppointment,
    BadManifest,
    NotAManifest,
    DrillRefusal
);
