//! The room at a computer: a person at its keyboard, or lines of standard input in the person's place.

use secrecy::SecretString;
use zeroize::Zeroizing;

use super::room::{CeremonyError, Room};
use crate::{
    shares::{SHARE_WORDS, ask_share},
    terminal::{PrivateScreen, at_keyboard, read_line},
};

/// Whoever is there: a person where there is a terminal, else a script.
#[must_use]
pub fn desk() -> Box<dyn Room> {
    if at_keyboard() {
        Box::new(Keyboard)
    } else {
        Box::new(Script)
    }
}

/// A person: words on the private screen alone.
#[derive(Debug)]
pub struct Keyboard;

impl Room for Keyboard {
    fn say(&mut self, text: &str) -> Result<(), CeremonyError> {
        println!("{text}");
        Ok(())
    }

    fn ask(&mut self, prompt: &str) -> Result<String, CeremonyError> {
        print!("{prompt}");
        let _ = std::io::Write::flush(&mut std::io::stdout());
        line().map(|line| line.to_string())
    }

    fn ask_passphrase(&mut self, prompt: &str) -> Result<SecretString, CeremonyError> {
        rpassword::prompt_password(prompt)
            .map(SecretString::from)
            .map_err(|_| CeremonyError::Stopped)
    }

    fn ask_words(
        &mut self,
        prompt: &str,
        count: usize,
    ) -> Result<Zeroizing<String>, CeremonyError> {
        let stopped = |_| CeremonyError::Stopped;
        let screen = PrivateScreen::enter().map_err(stopped)?;
        screen.show("");
        if count == SHARE_WORDS {
            let typed = ask_share(&screen, prompt).map_err(stopped)?;
            // Nothing typed is refused like a wrong share, and asked again.
            return Ok(typed.unwrap_or_default());
        }
        screen
            .ask(prompt)
            .map_err(stopped)?
            .ok_or(CeremonyError::Stopped)
    }
}

/// Lines of standard input, one for each question; says the same as to a person.
#[derive(Debug)]
pub struct Script;

impl Room for Script {
    fn say(&mut self, text: &str) -> Result<(), CeremonyError> {
        println!("{text}");
        Ok(())
    }

    fn ask(&mut self, prompt: &str) -> Result<String, CeremonyError> {
        println!("{prompt}");
        line().map(|line| line.to_string())
    }

    fn ask_passphrase(&mut self, prompt: &str) -> Result<SecretString, CeremonyError> {
        println!("{prompt}");
        line().map(|line| SecretString::from(line.as_str()))
    }

    fn ask_words(
        &mut self,
        prompt: &str,
        _count: usize,
    ) -> Result<Zeroizing<String>, CeremonyError> {
        println!("{prompt}");
        line()
    }
}

fn line() -> Result<Zeroizing<String>, CeremonyError> {
    let line = read_line().map_err(|_| CeremonyError::Stopped)?;
    line.ok_or(CeremonyError::Stopped)
}
