//! The linear look at an age header before the age crate sees it.
//!
//! age's own header parser is quadratic in the number and length of stanzas, and accepts files that are
//! none of ours. What passes here has the version line, exactly one `mlkem768x25519` stanza, at most one
//! `…-grease` stanza and a MAC line, all canonical, within [`HEADER_LIMIT_BYTES`].

use std::io::{self, Chain, Cursor, Read};

use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};

use crate::hybrid::HYBRID_TAG;

/// The most that a header may take, from the version line to the end of the MAC line.
///
/// A header of ours takes 1 627 bytes, and the age crate's grease stanza at most some 205 more.
pub const HEADER_LIMIT_BYTES: usize = 2048;

/// Why a header is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PrescanError {
    /// The first line is not `age-encryption.org/v1`.
    #[error("this is not an age file")]
    NotAge,
    /// The header does not end within [`HEADER_LIMIT_BYTES`].
    #[error("the age header is longer than ours ever are")]
    TooLong,
    /// A stanza other than one hybrid stanza and at most one grease stanza.
    #[error("the age header names recipients that are not ours")]
    ForeignStanza,
    /// A line that breaks the grammar, or base64 that is not canonical.
    #[error("the age header is malformed")]
    Malformed,
    /// The source ended inside the header or failed.
    #[error("the age header could not be read to its end")]
    Io(#[from] io::Error),
}

/// Reads and checks the header of an age file, and gives the whole file back from its first byte.
///
/// # Errors
/// Refuses by name what is not exactly one hybrid stanza; reads at most [`HEADER_LIMIT_BYTES`] before it decides.
pub fn prescan<R: Read>(mut source: R) -> Result<Chain<Cursor<Vec<u8>>, R>, PrescanError> {
    let mut scan = HeaderScan::default();
    let mut byte = [0];
    loop {
        source.read_exact(&mut byte)?;
        let [next] = byte;
        if scan.push(next)? {
            return Ok(Cursor::new(scan.header).chain(source));
        }
    }
}

/// The same look for whoever is given bytes instead of reading them: one at a time, kept until it has decided.
#[derive(Default)]
pub struct HeaderScan {
    header: Vec<u8>,
    line_start: usize,
    scan: Scan,
}

impl HeaderScan {
    /// Takes the next byte of the file; true with the last one of an accepted header. After that, and after a
    /// refusal, no further byte may be pushed.
    ///
    /// # Errors
    /// Every [`PrescanError`] but `Io`, at most [`HEADER_LIMIT_BYTES`] bytes after the first.
    pub fn push(&mut self, byte: u8) -> Result<bool, PrescanError> {
        // Reserved at once: a header that grew byte by byte would leave its copies in the heap.
        self.header
            .reserve_exact(HEADER_LIMIT_BYTES - self.header.len().min(HEADER_LIMIT_BYTES));
        self.header.push(byte);
        let line = self.header.get(self.line_start..).unwrap_or_default();
        let done = match line.strip_suffix(b"\n") {
            Some(line) => {
                let done = self.scan.line(line)?;
                self.line_start = self.header.len();
                done
            }
            // The first line decides whether this is age at all, before 2 KiB of anything else are read.
            None if self.line_start == 0 && !VERSION_LINE.starts_with(line) => {
                return Err(PrescanError::NotAge);
            }
            None => false,
        };
        if !done && self.header.len() >= HEADER_LIMIT_BYTES {
            return Err(PrescanError::TooLong);
        }
        Ok(done)
    }

    /// What was pushed so far: after the last byte, the header.
    #[must_use]
    pub fn header(&self) -> &[u8] {
        &self.header
    }
}

#[derive(Default)]
struct Scan {
    state: State,
    hybrid: usize,
    grease: usize,
}

#[derive(Default, PartialEq)]
enum State {
    #[default]
    Version,
    StanzaOrMac,
    Body,
}

impl Scan {
    /// Takes one line without its line feed; returns true after the MAC line.
    fn line(&mut self, line: &[u8]) -> Result<bool, PrescanError> {
        match self.state {
            State::Version => {
                if line != VERSION_LINE {
                    return Err(PrescanError::NotAge);
                }
                self.state = State::StanzaOrMac;
            }
            State::StanzaOrMac => {
                if let Some(mac) = line.strip_prefix(b"--- ") {
                    return self.mac(mac).map(|()| true);
                }
                let arguments = line.strip_prefix(b"-> ").ok_or(PrescanError::Malformed)?;
                self.stanza(arguments)?;
                self.state = State::Body;
            }
            State::Body => {
                let body = canonical_base64(line)?;
                // A short line, the empty one included, ends the body (age's ABNF: *full-line final-line).
                if line.len() > BODY_LINE_CHARS {
                    return Err(PrescanError::Malformed);
                }
                if body.len() < BODY_LINE_BYTES {
                    self.state = State::StanzaOrMac;
                }
            }
        }
        Ok(false)
    }

    fn stanza(&mut self, line: &[u8]) -> Result<(), PrescanError> {
        let mut words = line.split(|byte| *byte == b' ');
        let tag = words.next().ok_or(PrescanError::Malformed)?;
        if line
            .split(|byte| *byte == b' ')
            .any(|word| word.is_empty() || !word.iter().all(u8::is_ascii_graphic))
        {
            return Err(PrescanError::Malformed);
        }
        if tag == HYBRID_TAG.as_bytes() {
            let (Some(share), None) = (words.next(), words.next()) else {
                return Err(PrescanError::Malformed);
            };
            canonical_base64(share)?;
            self.hybrid += 1;
        } else if tag.ends_with(b"-grease") {
            self.grease += 1;
        } else {
            return Err(PrescanError::ForeignStanza);
        }
        if self.hybrid > 1 || self.grease > 1 {
            return Err(PrescanError::ForeignStanza);
        }
        Ok(())
    }

    fn mac(&self, mac: &[u8]) -> Result<(), PrescanError> {
        if self.hybrid != 1 {
            return Err(PrescanError::ForeignStanza);
        }
        if canonical_base64(mac)?.len() == MAC_BYTES {
            Ok(())
        } else {
            Err(PrescanError::Malformed)
        }
    }
}

fn canonical_base64(text: &[u8]) -> Result<Vec<u8>, PrescanError> {
    BASE64_STANDARD_NO_PAD
        .decode(text)
        .map_err(|_| PrescanError::Malformed)
}

const VERSION_LINE: &[u8] = b"age-encryption.org/v1";
const BODY_LINE_CHARS: usize = 64;
const BODY_LINE_BYTES: usize = 48;
const MAC_BYTES: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(bytes: &[u8]) -> Result<(), PrescanError> {
        prescan(bytes).map(|_| ())
    }

    #[test]
    fn a_header_bomb_is_refused_after_two_kibibytes() {
        struct Counted(usize);
        impl Read for Counted {
            fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
                let text = b"age-encryption.org/v1\n";
                for slot in out.iter_mut() {
                    let bomb = b"-> x-grease A\n\n";
                    *slot = *text
                        .get(self.0)
                        .unwrap_or(&bomb[(self.0.wrapping_sub(text.len())) % bomb.len()]);
                    self.0 += 1;
                }
                Ok(out.len())
            }
        }
        let mut bomb = Counted(0);
        assert!(matches!(
            prescan(&mut bomb),
            Err(PrescanError::ForeignStanza)
        ));
        assert!(bomb.0 <= HEADER_LIMIT_BYTES);
    }

    #[test]
    fn refusals_are_named() {
        assert!(matches!(
            verdict(b"[object ReadableStream]"),
            Err(PrescanError::NotAge)
        ));
        assert!(matches!(
            verdict(b"age-encryption.org/v2\n"),
            Err(PrescanError::NotAge)
        ));
        assert!(matches!(verdict(b""), Err(PrescanError::Io(_))));
        let scrypt = b"age-encryption.org/v1\n-> scrypt AAAA 18\n\n--- AAAA\n";
        assert!(matches!(verdict(scrypt), Err(PrescanError::ForeignStanza)));
        let none = b"age-encryption.org/v1\n--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n";
        assert!(matches!(verdict(none), Err(PrescanError::ForeignStanza)));
        let long = [
            b"age-encryption.org/v1\n-> x-grease ".as_slice(),
            &[b'A'; 4096],
        ]
        .concat();
        assert!(matches!(verdict(&long), Err(PrescanError::TooLong)));
    }
}
