//! Passphrases: from a file or a prompt, never from an argument.

use std::{fs, path::Path};

use secrecy::SecretString;
use zeroize::Zeroizing;

/// Why there is no passphrase. Two sentences.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PassphraseError {
    /// The file cannot be read, or is no short text.
    #[error("The passphrase file cannot be read. Check its path; it holds one line of text.")]
    File,
    /// No terminal to ask on.
    #[error("There is no terminal to ask for the passphrase. Give `--passphrase-file`.")]
    Prompt,
}

/// Reads the passphrase from `file`, without the line's end, or asks for it without echo.
///
/// # Errors
/// See [`PassphraseError`].
pub fn read(file: Option<&Path>, prompt: &str) -> Result<SecretString, PassphraseError> {
    let Some(file) = file else {
        return rpassword::prompt_password(prompt)
            .map(SecretString::from)
            .map_err(|_| PassphraseError::Prompt);
    };
    let too_long = fs::metadata(file).is_ok_and(|meta| meta.len() > LIMIT_BYTES);
    let text = Some(file)
        .filter(|_| !too_long)
        .and_then(|file| fs::read_to_string(file).ok());
    let text = Zeroizing::new(text.ok_or(PassphraseError::File)?);
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    Ok(SecretString::from(line))
}

const LIMIT_BYTES: u64 = 4096;
