//! The people at a ceremony, as the program meets them, and how a ceremony stops.

use std::io;

use secrecy::SecretString;
use zeroize::Zeroizing;

use super::{plan::BadPlan, transcript::BadTranscript};
use crate::{bundle::Refusal, key_file::KeyFileError, period::BadPeriod, shares::SplitError};

/// Screen and keyboard, or a script in their place.
pub trait Room {
    /// Shows public text, which somebody reads aloud.
    ///
    /// # Errors
    /// [`CeremonyError::Stopped`] when there is nobody any more.
    fn say(&mut self, text: &str) -> Result<(), CeremonyError>;

    /// Asks for a line that is no secret.
    ///
    /// # Errors
    /// [`CeremonyError::Stopped`].
    fn ask(&mut self, prompt: &str) -> Result<String, CeremonyError>;

    /// Asks for a passphrase, which is not shown.
    ///
    /// # Errors
    /// [`CeremonyError::Stopped`].
    fn ask_passphrase(&mut self, prompt: &str) -> Result<SecretString, CeremonyError>;

    /// Asks for words of a sheet, on a screen that keeps nothing; `count` of them.
    ///
    /// # Errors
    /// [`CeremonyError::Stopped`].
    fn ask_words(&mut self, prompt: &str, count: usize)
    -> Result<Zeroizing<String>, CeremonyError>;
}

/// Why a ceremony does not go on. Each text is two sentences: what failed, what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CeremonyError {
    /// The people stopped, or the script ended.
    #[error(
        "The ceremony stopped, and everything up to its last step is kept. \
         Run the same command again to go on."
    )]
    Stopped,
    /// A file could not be read or written.
    #[error(
        "Reading or writing {0} failed: {1}. Check the folder, and run the same command again."
    )]
    File(&'static str, io::ErrorKind),
    /// The folder holds something, and no transcript.
    #[error(
        "This folder is not empty, and no ceremony was begun in it. Start again with a new folder."
    )]
    NotBegun,
    /// The root is of another installation than the bundle in use.
    #[error(
        "The root is of another installation than the key bundle in use. \
         Collect it again with `root collect --instance`."
    )]
    OtherInstallation,
    /// The folder's ceremony makes something else.
    #[error(
        "The ceremony in this folder makes something else, or is another office's. \
         Give its own command, or a new folder."
    )]
    OtherPlan,
    /// Another process works in the folder.
    #[error(
        "Another program works on this ceremony's folder. End it, and run the same command again."
    )]
    Busy,
    /// A public file of the folder is not the one that the transcript names.
    #[error(
        "{0} in the ceremony's folder is not what the transcript says. \
         Put the right copy there, or start again with a new folder and burn every sheet."
    )]
    Changed(&'static str),
    /// Real and rehearsal were mixed.
    #[error(
        "{0}. Use a folder, root keys and a key bundle that are all real, or all for rehearsal."
    )]
    Mixed(&'static str),
    /// The passphrase typed for new files has too few characters.
    #[error("The passphrase has fewer than 12 characters. Use six or more random words.")]
    ShortPassphrase,
    /// The two passphrases that were typed differ.
    #[error("The two passphrases differ. Run the same command again.")]
    Differ,
    /// The folder's transcript.
    #[error(transparent)]
    Transcript(#[from] BadTranscript),
    /// The plan.
    #[error(transparent)]
    Plan(#[from] BadPlan),
    /// A key file.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// A period.
    #[error(transparent)]
    Period(#[from] BadPeriod),
    /// A split.
    #[error(transparent)]
    Split(#[from] SplitError),
    /// The key bundle.
    #[error(transparent)]
    Bundle(#[from] Refusal),
}

impl CeremonyError {
    /// A file of the ceremony failed.
    pub(super) fn file(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |error| Self::File(what, error.kind())
    }
}
