//! Shares as people give them: typed on the private screen, or one a line of standard input.
//!
//! Never from arguments. Words that were typed lie in buffers that are cleared, and on no screen that keeps them.

use zeroize::Zeroizing;

use super::{CombineError, Gathering, NotAWord, SHARE_WORDS, ShareRefusal, ShareSet, ShareWords};
use crate::{
    custody::CustodySecret,
    terminal::{PrivateScreen, TerminalError, at_keyboard, read_line},
};

/// Why typed shares give no secret. Each text is two sentences: what failed, what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TypedError {
    /// The terminal, or a line.
    #[error(transparent)]
    Terminal(#[from] TerminalError),
    /// A share on a line of standard input was refused.
    #[error("Line {0}: {1}")]
    Line(usize, ShareRefusal),
    /// They are not enough, or not those of the set.
    #[error(transparent)]
    Combine(#[from] CombineError),
}

impl ShareSet {
    /// What people compare with their sheets before they type; many lines.
    #[must_use]
    pub fn describe(&self) -> String {
        format!(
            "Set {}: {}, {}; {}.\nCompare these words with a sheet: {}\n",
            self.id(),
            self.purpose().describe(),
            self.label(),
            self.scheme().describe(),
            self.fingerprint()
        )
    }
}

/// Asks holder after holder until the shares are enough. `others` are further sets that the office knows, to
/// name a foreign share by.
///
/// # Errors
/// Every [`TypedError`].
pub fn gather_typed(set: &ShareSet, others: &[ShareSet]) -> Result<CustodySecret, TypedError> {
    let mut gathering = Gathering::new(set, others);
    if at_keyboard() {
        let screen = PrivateScreen::enter()?;
        let mut message = format!("{}\n", set.describe());
        while let Some(few) = gathering.missing() {
            screen.show(&message);
            let number = few.given.len() + 1;
            let what = format!("Share {number}. Enter alone stops.");
            let Some(typed) = ask_share(&screen, &what)? else {
                break;
            };
            message = match gathering.add(&typed) {
                Ok(holder) => format!("The share of holder {holder} is good.\n\n"),
                Err(refusal) => format!("{refusal}\n\n"),
            };
        }
    } else {
        for number in 1.. {
            let Some(typed) = read_line()? else { break };
            if !typed.trim().is_empty() {
                let added = gathering.add(&typed);
                added.map_err(|refusal| TypedError::Line(number, refusal))?;
            }
        }
    }
    Ok(gathering.combine()?)
}

/// Asks for words until there are as many as a share has, over as many lines as it takes. `None`
/// when nothing was typed, or the person stopped.
///
/// # Errors
/// Those of the terminal.
pub fn ask_share(
    screen: &PrivateScreen,
    what: &str,
) -> Result<Option<Zeroizing<String>>, TerminalError> {
    let mut typed = Zeroizing::new(String::with_capacity(SHARE_ROOM_BYTES));
    screen.say(&format!(
        "{what}\nType its {SHARE_WORDS} words; the first four letters of each are enough. \
         Press Enter as often as you like.\n"
    ));
    loop {
        let have = ShareWords::parse(&typed).map_or(0, |words| words.count());
        let prompt = format!("From word {}: ", have + 1);
        let Some(line) = screen.ask(&prompt)? else {
            return Ok(None);
        };
        if line.trim().is_empty() {
            return Ok(Some(typed).filter(|_| have > 0));
        }
        let before = typed.len();
        if before + line.len() >= SHARE_ROOM_BYTES {
            return Ok(Some(typed));
        }
        typed.push_str(&line);
        typed.push(' ');
        match ShareWords::parse(&typed) {
            Err(NotAWord(place)) => {
                typed.truncate(before);
                screen.say(&format!(
                    "Word {place} is not a word of a share. Type this line again, from word {}.\n",
                    have + 1
                ));
            }
            Ok(words) if words.count() >= SHARE_WORDS => return Ok(Some(typed)),
            Ok(_) => {}
        }
    }
}

/// Two lines of the longest kind, so that the buffer never moves.
const SHARE_ROOM_BYTES: usize = 8192;
