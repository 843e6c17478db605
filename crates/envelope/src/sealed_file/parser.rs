//! Reading a sealed file as its bytes arrive, in whatever portions: the one implementation of its grammar.
//!
//! Nothing is trusted. A [`SealedFileParser`] is given bytes and says what they mean, step by step; it holds a
//! header or an age header at most, never a chunk. Each compartment's age header passes the pre-scan before any
//! byte of it is handed on. Whoever has a `Read` uses [`super::SealedFileReader`].

use std::io;

use sha2::{Digest, Sha256};

use super::{
    CHUNK_BYTES, HEADER_LIMIT_BYTES, MAGIC, NAME_LIMIT_BYTES, Order, SealedFileError,
    SealedFileHead,
};
use crate::{
    prescan::{HeaderScan, PrescanError},
    sealing::CompartmentSink,
    submission::{CompartmentName, ManifestEntry, json_bytes},
};

/// Reads a sealed file from bytes that are pushed into it.
///
/// After a refusal it refuses everything, with [`SealedFileError::Order`].
pub struct SealedFileParser {
    state: State,
    order: Order,
    /// Bytes of the length, name or header that is being collected.
    held: Vec<u8>,
    /// The compartment that began and has not ended.
    run: Option<Run>,
}

/// What the bytes that were given mean.
#[derive(Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// All bytes were taken, and more must come.
    Hungry,
    /// The header; comes once, first.
    Head(SealedFileHead),
    /// A compartment begins; its age header was accepted.
    Begin(CompartmentName),
    /// The next bytes of its ciphertext, never none.
    Bytes(&'a [u8]),
    /// It has ended; the entry is what the manifest says of it.
    End(ManifestEntry),
    /// The file has ended where it must; comes again as long as no byte follows.
    Whole,
}

#[derive(Clone, Copy)]
enum State {
    /// In the first line, of which so many bytes came.
    Magic(usize),
    HeaderLength,
    Header(usize),
    /// Before the length of a name, or the end.
    Between,
    Name(usize),
    ChunkLength,
    /// In a chunk, of which so many bytes are missing.
    Chunk(usize),
    Done,
    Refused,
}

struct Run {
    name: CompartmentName,
    chunks: Chunks,
    scan: HeaderScan,
    header: AgeHeader,
    size: u64,
    digest: Sha256,
}

/// Which chunks of a run there were.
#[derive(Clone, Copy, PartialEq)]
enum Chunks {
    None,
    Full,
    /// One shorter than a full one: none may follow.
    Last,
}

#[derive(Clone, Copy, PartialEq)]
enum AgeHeader {
    Scanning,
    /// Accepted; its bytes are to be handed on next.
    Owed,
    HandedOn,
}

/// A [`Step`] before its bytes are borrowed.
enum Token<'a> {
    Step(Step<'a>),
    AgeHeader,
}

impl Default for SealedFileParser {
    fn default() -> Self {
        Self {
            state: State::Magic(0),
            order: Order::default(),
            held: Vec::new(),
            run: None,
        }
    }
}

impl SealedFileParser {
    /// Takes bytes off the front of `input` and says what they mean.
    ///
    /// # Errors
    /// Every [`SealedFileError`] but `Truncated` and `Io`, at the first byte that makes it certain.
    pub fn step<'s, 'i: 's>(
        &'s mut self,
        input: &mut &'i [u8],
    ) -> Result<Step<'s>, SealedFileError> {
        match self.advance(input) {
            Ok(Token::Step(step)) => Ok(step),
            Ok(Token::AgeHeader) => {
                let header = self.run.as_ref().map(|run| run.scan.header());
                Ok(Step::Bytes(header.unwrap_or_default()))
            }
            Err(error) => {
                self.state = State::Refused;
                Err(error)
            }
        }
    }

    /// Takes bytes off the front of `input` until the header is there; `None` while more must come.
    ///
    /// # Errors
    /// As [`Self::step`]; also when the header was taken before.
    pub fn head(&mut self, input: &mut &[u8]) -> Result<Option<SealedFileHead>, SealedFileError> {
        match self.step(input)? {
            Step::Hungry => Ok(None),
            Step::Head(head) => Ok(Some(head)),
            _ => Err(SealedFileError::Order),
        }
    }

    /// Takes all of `input`, from behind the header, into `sink`; true at the end of the file.
    ///
    /// # Errors
    /// As [`Self::step`], and [`SealedFileError::Io`] for the sink; what it got is to be thrown away then.
    pub fn pour(
        &mut self,
        mut input: &[u8],
        sink: &mut impl CompartmentSink,
    ) -> Result<bool, SealedFileError> {
        loop {
            let poured = match self.step(&mut input)? {
                Step::Hungry => return Ok(false),
                Step::Whole => return Ok(true),
                Step::Head(_) => return Err(SealedFileError::Order),
                Step::Begin(name) => sink.begin(name),
                Step::Bytes(bytes) => sink.write(bytes),
                Step::End(entry) => sink.end(&entry),
            };
            poured.map_err(|error: io::Error| SealedFileError::Io(error.kind()))?;
        }
    }

    /// Whether the end was reached; no byte may follow it.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        matches!(self.state, State::Done)
    }

    /// Says that no byte follows.
    ///
    /// # Errors
    /// [`SealedFileError::NotASealedFile`] inside the first line, `Truncated` later before the end.
    pub fn end(&self) -> Result<(), SealedFileError> {
        match self.state {
            State::Done => Ok(()),
            State::Magic(_) => Err(SealedFileError::NotASealedFile),
            _ => Err(SealedFileError::Truncated),
        }
    }

    /// Goes on until there is something to say.
    fn advance<'a>(&mut self, input: &mut &'a [u8]) -> Result<Token<'a>, SealedFileError> {
        loop {
            if let Some(token) = self.hand_on() {
                return Ok(token);
            }
            if input.is_empty() {
                let step = if self.is_whole() {
                    Step::Whole
                } else {
                    Step::Hungry
                };
                return Ok(Token::Step(step));
            }
            let said = match self.state {
                State::Magic(at) => self.magic(at, input)?,
                State::HeaderLength | State::Header(_) => self.header(input)?,
                State::Between | State::Name(_) => self.name(input)?,
                State::ChunkLength => self.chunk_length(input)?,
                State::Chunk(left) => self.chunk(left, input)?,
                State::Done => return Err(SealedFileError::Trailing),
                State::Refused => return Err(SealedFileError::Order),
            };
            if let Some(step) = said {
                return Ok(Token::Step(step));
            }
        }
    }

    /// An accepted age header follows its compartment's name.
    fn hand_on<'a>(&mut self) -> Option<Token<'a>> {
        let run = self
            .run
            .as_mut()
            .filter(|run| run.header == AgeHeader::Owed)?;
        run.header = AgeHeader::HandedOn;
        run.size = run.scan.header().len() as u64;
        run.digest.update(run.scan.header());
        Some(Token::AgeHeader)
    }

    /// Byte by byte: what is another file altogether is refused at once.
    fn magic<'a>(&mut self, at: usize, input: &mut &'a [u8]) -> Said<'a> {
        if MAGIC.get(at) != take(input, 1).first() {
            return Err(SealedFileError::NotASealedFile);
        }
        self.state = match at + 1 {
            at if at < MAGIC.len() => State::Magic(at),
            _ => State::HeaderLength,
        };
        Ok(None)
    }

    fn header<'a>(&mut self, input: &mut &'a [u8]) -> Said<'a> {
        let State::Header(length) = self.state else {
            if let Some(length) = self.length(input) {
                if length > HEADER_LIMIT_BYTES {
                    return Err(SealedFileError::Header);
                }
                self.state = State::Header(length);
            }
            return Ok(None);
        };
        let Some(json) = self.collect(length, input) else {
            return Ok(None);
        };
        self.state = State::Between;
        let head: SealedFileHead =
            serde_json::from_slice(&json).map_err(|_| SealedFileError::Header)?;
        // One header has one text: spaces and other orders of the members end here.
        if !head.is_well_formed() || *json_bytes(&head) != json {
            return Err(SealedFileError::Header);
        }
        Ok(Some(Step::Head(head)))
    }

    fn name<'a>(&mut self, input: &mut &'a [u8]) -> Said<'a> {
        let State::Name(length) = self.state else {
            let length = take(input, 1).first().copied().map_or(0, usize::from);
            self.state = match length {
                0 if self.order.is_complete() => State::Done,
                1..=NAME_LIMIT_BYTES => State::Name(length),
                _ => return Err(SealedFileError::Order),
            };
            return Ok(None);
        };
        let Some(name) = self.collect(length, input) else {
            return Ok(None);
        };
        let name = core::str::from_utf8(&name)
            .ok()
            .and_then(CompartmentName::parse)
            .filter(|name| self.order.follows(*name))
            .ok_or(SealedFileError::Order)?;
        self.run = Some(Run {
            name,
            chunks: Chunks::None,
            scan: HeaderScan::default(),
            header: AgeHeader::Scanning,
            size: 0,
            digest: Sha256::new(),
        });
        self.state = State::ChunkLength;
        Ok(None)
    }

    /// A length of zero ends the compartment.
    fn chunk_length<'a>(&mut self, input: &mut &'a [u8]) -> Said<'a> {
        let Some(length) = self.length(input) else {
            return Ok(None);
        };
        let run = self.run.as_mut().ok_or(SealedFileError::Order)?;
        run.chunks = match (run.chunks, length) {
            (Chunks::None, 0) => return Err(SealedFileError::Chunk),
            (_, 0) => return self.close().map(Some),
            (Chunks::Last, _) => return Err(SealedFileError::Chunk),
            (_, CHUNK_BYTES) => Chunks::Full,
            (_, 1..CHUNK_BYTES) => Chunks::Last,
            _ => return Err(SealedFileError::Chunk),
        };
        self.state = State::Chunk(length);
        Ok(None)
    }

    fn chunk<'a>(&mut self, left: usize, input: &mut &'a [u8]) -> Said<'a> {
        let run = self.run.as_mut().ok_or(SealedFileError::Order)?;
        let most = match run.header {
            AgeHeader::HandedOn => left,
            AgeHeader::Scanning | AgeHeader::Owed => 1,
        };
        let bytes = take(input, most);
        self.state = match left.saturating_sub(bytes.len()) {
            0 => State::ChunkLength,
            left => State::Chunk(left),
        };
        if run.header == AgeHeader::HandedOn {
            run.size += bytes.len() as u64;
            run.digest.update(bytes);
            return Ok(Some(Step::Bytes(bytes)));
        }
        for byte in bytes {
            if run.scan.push(*byte).map_err(refused)? {
                run.header = AgeHeader::Owed;
                return Ok(Some(Step::Begin(run.name)));
            }
        }
        Ok(None)
    }

    fn close<'a>(&mut self) -> Result<Step<'a>, SealedFileError> {
        let run = self.run.take().ok_or(SealedFileError::Order)?;
        if run.header != AgeHeader::HandedOn {
            return Err(SealedFileError::NotSealed);
        }
        self.state = State::Between;
        Ok(Step::End(ManifestEntry {
            name: run.name.to_string(),
            size: run.size,
            sha256: hex::encode(run.digest.finalize()),
        }))
    }

    /// A length of four bytes, once they are there. Beyond what fits is beyond every limit.
    fn length(&mut self, input: &mut &[u8]) -> Option<usize> {
        let bytes = self.collect(4, input)?;
        let length = u32::from_be_bytes(bytes.try_into().ok()?);
        Some(usize::try_from(length).unwrap_or(usize::MAX))
    }

    /// Exactly `count` bytes, once they are there.
    fn collect(&mut self, count: usize, input: &mut &[u8]) -> Option<Vec<u8>> {
        self.held
            .extend_from_slice(take(input, count.saturating_sub(self.held.len())));
        (self.held.len() == count).then(|| core::mem::take(&mut self.held))
    }
}

/// Why a compartment's age header is refused.
fn refused(error: PrescanError) -> SealedFileError {
    match error {
        PrescanError::ForeignStanza => SealedFileError::ForeignRecipients,
        PrescanError::TooLong => SealedFileError::LongAgeHeader,
        _ => SealedFileError::NotSealed,
    }
}

/// What a state says of its bytes: nothing yet, a step, or why they are refused.
type Said<'a> = Result<Option<Step<'a>>, SealedFileError>;

/// Takes at most `count` bytes off the front.
fn take<'a>(input: &mut &'a [u8], count: usize) -> &'a [u8] {
    let (now, later) = input.split_at(count.min(input.len()));
    *input = later;
    now
}
