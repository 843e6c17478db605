//! Passphrases from a file or a prompt without echo; never from an argument or the environment.

use std::path::Path;

use asylia_keys::files::read_limited;
use secrecy::{ExposeSecret, SecretString};

use crate::failure::Failure;

/// The passphrase of a file that is there.
pub(crate) fn existing(file: Option<&Path>, of: &str) -> Result<SecretString, Failure> {
    match file {
        Some(file) => from_file(file),
        None => ask(&format!("Passphrase of {of}: ")),
    }
}

/// A passphrase for new files: at least [`LEAST_CHARS`] characters, typed twice.
pub(crate) fn new(file: Option<&Path>, of: &str) -> Result<SecretString, Failure> {
    let passphrase = match file {
        Some(file) => from_file(file)?,
        None => {
            let first = ask(&format!("New passphrase for {of}: "))?;
            let second = ask("The same once more: ")?;
            if first.expose_secret() != second.expose_secret() {
                return Err(Failure::new("The two passphrases differ", "Start again"));
            }
            first
        }
    };
    if passphrase.expose_secret().chars().count() < LEAST_CHARS {
        return Err(Failure::new(
            &format!("The passphrase has fewer than {LEAST_CHARS} characters"),
            "Use six or more random words",
        ));
    }
    Ok(passphrase)
}

fn from_file(file: &Path) -> Result<SecretString, Failure> {
    let bytes = read_limited(file, LIMIT_BYTES)
        .map_err(|error| Failure::reading("the passphrase file", &error))?;
    core::str::from_utf8(&bytes)
        .ok()
        .map(|text| text.strip_suffix('\n').unwrap_or(text))
        .map(|text| text.strip_suffix('\r').unwrap_or(text))
        .filter(|text| !text.is_empty() && !text.contains(['\n', '\r']))
        .map(SecretString::from)
        .ok_or_else(|| {
            Failure::new(
                "The passphrase file is empty or has more than one line",
                "Put the passphrase alone into it",
            )
        })
}

fn ask(prompt: &str) -> Result<SecretString, Failure> {
    rpassword::prompt_password(prompt)
        .map(SecretString::from)
        .map_err(|_| {
            Failure::new(
                "There is no terminal to ask for the passphrase",
                "Run this in a terminal, or give --passphrase-file",
            )
        })
}

const LEAST_CHARS: usize = 12;
const LIMIT_BYTES: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passphrase_file_holds_one_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("passphrase");
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            from_file(&path).map(|passphrase| passphrase.expose_secret().to_owned())
        };
        for text in ["a b c", "a b c\n", "a b c\r\n"] {
            assert_eq!(read(text).unwrap(), "a b c");
        }
        assert_eq!(read(" a \n").unwrap(), " a ");
        for text in ["", "\n", "a\nb", "a\n\n", &"x".repeat(2000)] {
            assert!(read(text).is_err());
        }
    }

    #[test]
    fn a_short_new_passphrase_is_refused_and_a_short_old_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("passphrase");
        std::fs::write(&path, "short").unwrap();
        assert!(existing(Some(&path), "the key file").is_ok());
        let refused = new(Some(&path), "the key file").err().unwrap();
        assert!(
            refused
                .to_string()
                .starts_with("The passphrase has fewer than 12")
        );
    }
}
