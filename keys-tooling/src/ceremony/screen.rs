//! The people as the steps meet them: what a rehearsal shows says so in every line.

use secrecy::SecretString;
use zeroize::Zeroizing;

use super::room::{CeremonyError, Room};

/// The people, with REHEARSAL before every line that they are shown in one.
pub(super) struct Screen<'a> {
    rehearsal: bool,
    room: &'a mut dyn Room,
}

impl<'a> Screen<'a> {
    pub(super) fn new(rehearsal: bool, room: &'a mut dyn Room) -> Self {
        Self { rehearsal, room }
    }

    fn marked(&self, text: &str) -> String {
        if !self.rehearsal {
            return text.to_owned();
        }
        let lines: Vec<String> = text
            .split('\n')
            .map(|line| format!("REHEARSAL | {line}"))
            .collect();
        lines.join("\n")
    }

    pub(super) fn say(&mut self, text: &str) -> Result<(), CeremonyError> {
        self.room.say(&self.marked(text))
    }

    pub(super) fn ask(&mut self, prompt: &str) -> Result<String, CeremonyError> {
        self.room.ask(&self.marked(prompt))
    }

    pub(super) fn ask_passphrase(&mut self, prompt: &str) -> Result<SecretString, CeremonyError> {
        self.room.ask_passphrase(&self.marked(prompt))
    }

    pub(super) fn ask_words(
        &mut self,
        prompt: &str,
        count: usize,
    ) -> Result<Zeroizing<String>, CeremonyError> {
        self.room.ask_words(&self.marked(prompt), count)
    }
}
