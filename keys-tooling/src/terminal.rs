//! Words on a screen and from a keyboard, so that none of them stays anywhere.
//!
//! What is secret is shown on the terminal's other screen, which has no scrollback, and is cleared
//! whatever happens next. Ctrl-C arrives as a typed character there, since a signal would end the
//! program with the words still visible. Typed lines go into buffers that are cleared.

use std::io::{self, IsTerminal, Write};

use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};
use zeroize::Zeroizing;

/// Why words cannot be shown or read. Each text is two sentences: what failed, what to do.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum TerminalError {
    /// A pipe or a file would keep the words.
    #[error(
        "Words of shares are shown on a terminal alone, and this is none. \
         Run this in a terminal; `split` can also write pages with --sheets."
    )]
    NoTerminal,
    /// A line is too long, or no text.
    #[error(
        "A line with words could not be read: it is too long or no text. \
         Give one share a line, 33 words with spaces between."
    )]
    Line,
}

/// The screen on which secrets are shown; cleared and left when dropped.
pub struct PrivateScreen {
    before: Termios,
}

impl PrivateScreen {
    /// Refuses where there is no terminal: a pipe or a file would keep the words.
    ///
    /// # Errors
    /// [`TerminalError::NoTerminal`].
    pub fn check() -> Result<(), TerminalError> {
        if at_keyboard() && io::stdout().is_terminal() {
            Ok(())
        } else {
            Err(TerminalError::NoTerminal)
        }
    }

    /// Goes there.
    ///
    /// # Errors
    /// [`TerminalError::NoTerminal`].
    pub fn enter() -> Result<Self, TerminalError> {
        Self::check()?;
        let before = tcgetattr(io::stdin()).map_err(|_| TerminalError::NoTerminal)?;
        let mut private = before.clone();
        private.local_modes.remove(LocalModes::ISIG);
        // Ends the line at once, as a signal would have.
        private.special_codes[SpecialCodeIndex::VEOL] = INTERRUPT;
        tcsetattr(io::stdin(), OptionalActions::Now, &private)
            .map_err(|_| TerminalError::NoTerminal)?;
        // What was printed before belongs to the first screen.
        let _ = io::stdout().flush();
        write_directly(OTHER_SCREEN);
        Ok(Self { before })
    }

    /// Clears the screen and shows `text`.
    pub fn show(&self, text: &str) {
        write_directly(CLEAR);
        self.say(text);
    }

    /// Shows `text` below what is there.
    pub fn say(&self, text: &str) {
        write_directly(text);
    }

    /// Asks for one line; `None` when the person stops by Ctrl-C or Ctrl-D.
    ///
    /// # Errors
    /// [`TerminalError::Line`].
    pub fn ask(&self, prompt: &str) -> Result<Option<Zeroizing<String>>, TerminalError> {
        self.say(prompt);
        let line = read_line()?;
        Ok(line.filter(|line| !line.as_bytes().contains(&INTERRUPT)))
    }
}

impl Drop for PrivateScreen {
    fn drop(&mut self) {
        write_directly(CLEAR);
        write_directly(FIRST_SCREEN);
        // Nothing can be done when the terminal is gone.
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &self.before);
    }
}

/// Whether a person types, and not a script.
#[must_use]
pub fn at_keyboard() -> bool {
    io::stdin().is_terminal()
}

/// The next line of standard input without its end; `None` at the end of it.
///
/// # Errors
/// [`TerminalError::Line`].
pub fn read_line() -> Result<Option<Zeroizing<String>>, TerminalError> {
    let failed = || TerminalError::Line;
    // Room for the longest line: the buffer never moves, and the library's own buffer stays empty.
    let mut line = Zeroizing::new(Vec::with_capacity(LINE_LIMIT_BYTES));
    let mut byte = Zeroizing::new([0_u8]);
    loop {
        let read = match rustix::io::read(io::stdin(), &mut *byte) {
            Err(rustix::io::Errno::INTR) => continue,
            other => other.map_err(|_| failed())?,
        };
        let [byte] = *byte;
        match byte {
            _ if read == 0 && line.is_empty() => return Ok(None),
            _ if read == 0 || byte == b'\n' => break,
            INTERRUPT => {
                line.push(byte);
                break;
            }
            _ if line.len() == LINE_LIMIT_BYTES => return Err(failed()),
            _ => line.push(byte),
        }
    }
    let text = core::str::from_utf8(&line).map_err(|_| failed())?;
    Ok(Some(Zeroizing::new(text.to_owned())))
}

/// Past the library's buffer, which would keep the text. A terminal that is gone shows nothing, and
/// the next read says so.
fn write_directly(text: &str) {
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        match rustix::io::write(io::stdout(), rest) {
            Ok(written) if written > 0 => rest = rest.get(written..).unwrap_or_default(),
            Err(rustix::io::Errno::INTR) => {}
            _ => return,
        }
    }
}

const LINE_LIMIT_BYTES: usize = 4096;
/// Ctrl-C.
const INTERRUPT: u8 = 3;
/// The alternate screen of the terminal: it has no scrollback.
const OTHER_SCREEN: &str = "\u{1b}[?1049h";
const FIRST_SCREEN: &str = "\u{1b}[?1049l";
/// Screen, scrollback of terminals that keep one all the same, cursor to the top.
const CLEAR: &str = "\u{1b}[2J\u{1b}[3J\u{1b}[H";
