//! The transcript: numbered lines of public facts, each with a digest over itself and all before it.
//!
//! A line that is altered, left out or added shows at once; one that is signed by witnesses cannot be
//! exchanged with all its followers either. Days are UTC; there is no time of day, and no name.

use asylia_envelope::{day::Day, signing::framed};
use sha2::{Digest, Sha256};

use super::{fact::Fact, room::CeremonyError, standing::Standing};

/// Most bytes of a transcript.
pub const TRANSCRIPT_LIMIT_BYTES: usize = 256 * 1024;

/// Lines and the digest of the last.
#[derive(Clone)]
pub struct Transcript {
    rehearsal: bool,
    lines: Vec<(Day, Fact)>,
    head: [u8; 32],
}

/// Why a text is no transcript. Each text is two sentences: what failed, what to do.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadTranscript {
    /// The first line is another.
    #[error(
        "This is not the transcript of a ceremony. Give the file transcript.txt of its folder."
    )]
    NotATranscript,
    /// A line was altered, or lines were added, left out or exchanged before it.
    #[error(
        "Line {0} of the transcript does not follow from those before it. \
         Take another copy, and start again with a new folder if there is none."
    )]
    Line(usize),
    /// The lines are whole, and do not make a ceremony.
    #[error(
        "Line {0} of the transcript cannot come where it stands. Start again with a new folder."
    )]
    Order(usize),
}

impl Transcript {
    pub(super) fn new(rehearsal: bool) -> Self {
        Self {
            rehearsal,
            lines: Vec::new(),
            head: chained(&[0; 32], magic(rehearsal)),
        }
    }

    /// Whether it is of a rehearsal.
    #[must_use]
    pub fn rehearsal(&self) -> bool {
        self.rehearsal
    }

    /// How many lines it has, without the first.
    #[must_use]
    pub fn count(&self) -> usize {
        self.lines.len()
    }

    /// Whether the lines make a ceremony: how many witnesses signed, and whether it is closed. The
    /// witnesses' keys are those of its own plan.
    ///
    /// # Errors
    /// A plan or an order that cannot be, or a signature that is not good.
    pub fn check(&self) -> Result<(usize, bool), CeremonyError> {
        let (_, standing) = Standing::of(self)?;
        let witnessed = |(_, fact): &(Day, &Fact)| matches!(fact, Fact::Witnessed(..));
        Ok((self.facts().filter(witnessed).count(), standing.closed))
    }

    /// The digest over all lines.
    #[must_use]
    pub fn head(&self) -> [u8; 32] {
        self.head
    }

    pub(super) fn facts(&self) -> impl Iterator<Item = (Day, &Fact)> {
        self.lines.iter().map(|(day, fact)| (*day, fact))
    }

    pub(super) fn push(&mut self, day: Day, fact: Fact) {
        let line = line(self.lines.len() + 1, day, &fact);
        self.head = chained(&self.head, &line);
        self.lines.push((day, fact));
    }

    /// The digest over all lines up to the one after which witnesses sign; `None` before it.
    #[must_use]
    pub fn witnessed_head(&self) -> Option<[u8; 32]> {
        let mut part = Self::new(self.rehearsal);
        for (day, fact) in &self.lines {
            part.push(*day, fact.clone());
            if *fact == Fact::SeedsRemoved {
                return Some(part.head);
            }
        }
        None
    }

    /// The text of its file.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut head = chained(&[0; 32], magic(self.rehearsal));
        let mut text = format!("{}\n", magic(self.rehearsal));
        for (number, (day, fact)) in (1..).zip(&self.lines) {
            let line = line(number, *day, fact);
            head = chained(&head, &line);
            text.push_str(&format!("{line} # {}\n", hex::encode(head)));
        }
        text
    }

    /// Reads what [`Self::to_text`] wrote.
    ///
    /// # Errors
    /// [`BadTranscript::NotATranscript`] and [`BadTranscript::Line`].
    pub fn parse(text: &[u8]) -> Result<Self, BadTranscript> {
        let text = core::str::from_utf8(text).map_err(|_| BadTranscript::NotATranscript)?;
        let first = text.lines().next().unwrap_or_default();
        let rehearsal = [false, true]
            .into_iter()
            .find(|rehearsal| magic(*rehearsal) == first)
            .ok_or(BadTranscript::NotATranscript)?;
        let mut read = Self::new(rehearsal);
        for (number, given) in (1..).zip(text.lines().skip(1)) {
            let (day, fact) = parse_line(given).ok_or(BadTranscript::Line(number))?;
            read.push(day, fact);
            let expected = read
                .lines
                .last()
                .map(|(day, fact)| line(number, *day, fact));
            let expected = expected.map(|line| format!("{line} # {}", hex::encode(read.head)));
            if expected.as_deref() != Some(given) {
                return Err(BadTranscript::Line(number));
            }
        }
        if read.to_text() == text {
            Ok(read)
        } else {
            Err(BadTranscript::Line(read.lines.len()))
        }
    }
}

fn parse_line(line: &str) -> Option<(Day, Fact)> {
    let (line, _) = line.rsplit_once(" # ")?;
    let mut parts = line.splitn(3, ' ');
    parts.next()?;
    let day = parts.next()?.parse().ok()?;
    Some((day, Fact::parse(parts.next()?)?))
}

fn line(number: usize, day: Day, fact: &Fact) -> String {
    format!("{number} {day} {fact}")
}

fn chained(head: &[u8; 32], line: &str) -> [u8; 32] {
    Sha256::digest(framed(CONTEXT, &[head, line.as_bytes()])).into()
}

fn magic(rehearsal: bool) -> &'static str {
    if rehearsal {
        "asylia ceremony transcript v1 REHEARSAL"
    } else {
        "asylia ceremony transcript v1"
    }
}

const CONTEXT: &str = "asylia/v1/ceremony/line";
