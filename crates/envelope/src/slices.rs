//! One stream form for records and compartments: a POSIX ustar archive of numbered members.
//!
//! A *stream* is a run of members `meta/NAME/000001`, `meta/NAME/000002`, … (JSON) or `data/NAME/000001`, …
//! (bytes), all but the last of exactly [`SLICE_BYTES`]; so no length is needed in advance, memory stays
//! constant, and `tar xOf FILE --wildcards 'data/*'` gives the bytes back. Two zero blocks end the archive,
//! zero blocks fill it up to its size class. Reading is strict: every header must be the very bytes that the
//! writer makes. See `docs/FORMAT.md#slices`.

use core::fmt;
use std::io::{self, Read, Write};

use zeroize::Zeroizing;

use crate::padding::size_class;

/// Most bytes of one member.
pub const SLICE_BYTES: usize = 256 * 1024;

/// What a stream holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StreamKind {
    /// A JSON document.
    Meta,
    /// Bytes.
    Data,
}

/// Kind and name of a stream, such as `data/account`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StreamName {
    /// What it holds.
    pub kind: StreamKind,
    /// Lower-case letters, digits and dashes, 1 to 32 of them.
    pub name: String,
}

impl StreamName {
    /// A JSON stream.
    #[must_use]
    pub fn meta(name: &str) -> Self {
        Self {
            kind: StreamKind::Meta,
            name: name.to_owned(),
        }
    }

    /// A stream of bytes.
    #[must_use]
    pub fn data(name: &str) -> Self {
        Self {
            kind: StreamKind::Data,
            name: name.to_owned(),
        }
    }
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            StreamKind::Meta => "meta",
            StreamKind::Data => "data",
        };
        write!(f, "{kind}/{}", self.name)
    }
}

/// Why a slice stream is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SliceError {
    /// The source ended early, failed, or its seal did not verify.
    #[error("the stream ends early or is damaged")]
    Io(#[from] io::Error),
    /// A header differs from the one the writer makes for its name and size.
    #[error("a member's header is not canonical")]
    Header,
    /// Members out of number, or a short one that is not the last of its stream.
    #[error("the members of a stream do not follow each other")]
    Order,
    /// Bytes after the end that are not zero, or a total that is no size class.
    #[error("the padding is not what it must be")]
    Padding,
    /// A JSON document is longer than its reader permits.
    #[error("a document in the stream is too long")]
    TooLong,
}

/// Writes a slice stream into `W`.
pub struct SliceWriter<W: Write> {
    out: W,
    written: u64,
    stream: Option<(StreamName, u32)>,
    slice: Zeroizing<Vec<u8>>,
    /// Known once the padding has begun; nothing else may follow then.
    class: Option<u64>,
}

impl<W: Write> SliceWriter<W> {
    /// Starts an empty archive.
    pub fn new(out: W) -> Self {
        Self {
            out,
            written: 0,
            stream: None,
            slice: Zeroizing::new(Vec::new()),
            class: None,
        }
    }

    /// Begins a stream; ends the one before it.
    ///
    /// # Errors
    /// Those of the sink; also when the padding has begun.
    pub fn begin(&mut self, name: StreamName) -> io::Result<()> {
        self.end()?;
        if self.class.is_some() {
            return Err(io::Error::other("the padding has begun"));
        }
        debug_assert!(is_stream_name(&name.name));
        self.stream = Some((name, 0));
        Ok(())
    }

    /// Writes a whole JSON document as a stream of its own.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn document(&mut self, name: &str, json: &[u8]) -> io::Result<()> {
        self.begin(StreamName::meta(name))?;
        self.write(json)?;
        self.end()
    }

    /// Appends bytes to the open stream.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            if self.slice.len() == SLICE_BYTES {
                self.flush_slice()?;
            }
            let room = SLICE_BYTES - self.slice.len();
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            // Grown once to its full size: a growing vector would leave copies of plaintext in freed heap.
            if self.slice.capacity() < self.slice.len() + now.len() {
                let full = if self.slice.is_empty() && later.is_empty() {
                    now.len()
                } else {
                    SLICE_BYTES
                };
                self.regrow(full);
            }
            self.slice.extend_from_slice(now);
            bytes = later;
        }
        Ok(())
    }

    /// Ends the open stream; a stream without bytes leaves one empty member.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn end(&mut self) -> io::Result<()> {
        let unwritten = !self.slice.is_empty() || matches!(self.stream, Some((_, 0)));
        if self.stream.is_some() && unwritten {
            self.flush_slice()?;
        }
        self.stream = None;
        Ok(())
    }

    /// Ends the last stream and writes at most `limit_bytes` of the padding; true when none is missing.
    ///
    /// The padding of a large archive is itself large (see [`size_class`]): whoever stores what comes out
    /// calls this until it is true and stores in between, so that it does not wait in memory.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn pad(&mut self, floor: u64, limit_bytes: u64) -> io::Result<bool> {
        self.end()?;
        let content = self.written + 2 * BLOCK_BYTES as u64;
        let class = *self.class.get_or_insert_with(|| size_class(content, floor));
        let zeros = [0; ZEROS_BYTES];
        let mut missing = (class - self.written).min(limit_bytes);
        while missing > 0 {
            let now = usize::try_from(missing)
                .unwrap_or(usize::MAX)
                .min(ZEROS_BYTES);
            self.out.write_all(zeros.get(..now).unwrap_or(&zeros))?;
            self.written += now as u64;
            missing -= now as u64;
        }
        Ok(self.written == class)
    }

    /// Ends the archive, pads it to its class above `floor` bytes, and returns sink and class.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn finish(mut self, floor: u64) -> io::Result<(W, u64)> {
        self.pad(floor, u64::MAX)?;
        Ok((self.out, self.written))
    }

    fn regrow(&mut self, capacity: usize) {
        let mut larger = Zeroizing::new(Vec::with_capacity(capacity));
        larger.extend_from_slice(&self.slice);
        self.slice = larger;
    }

    fn flush_slice(&mut self) -> io::Result<()> {
        let (name, number) = self
            .stream
            .as_mut()
            .ok_or_else(|| io::Error::other("no stream is open"))?;
        *number += 1;
        let header = header(name, *number, self.slice.len());
        self.out.write_all(&header)?;
        self.out.write_all(&self.slice)?;
        let padding = padding_after(self.slice.len());
        self.out
            .write_all([0; BLOCK_BYTES].get(..padding).unwrap_or_default())?;
        self.written += (BLOCK_BYTES + self.slice.len() + padding) as u64;
        // Cleared, not only shortened: the next slice may be shorter than this one.
        self.slice.iter_mut().for_each(|byte| *byte = 0);
        self.slice.clear();
        Ok(())
    }
}

/// Reads a slice stream from `R`, one stream after the other.
pub struct SliceReader<R: Read> {
    source: R,
    consumed: u64,
    next: Option<Member>,
    current: Option<(StreamName, u32)>,
    left: usize,
    full: bool,
    padding: usize,
    ended: bool,
}

struct Member {
    stream: StreamName,
    number: u32,
    size: usize,
}

impl<R: Read> SliceReader<R> {
    /// Starts reading; nothing is consumed yet.
    pub fn new(source: R) -> Self {
        Self {
            source,
            consumed: 0,
            next: None,
            current: None,
            left: 0,
            full: false,
            padding: 0,
            ended: false,
        }
    }

    /// Goes to the next stream, skipping what is unread of the one before; `None` at the archive's end.
    ///
    /// # Errors
    /// See [`SliceError`].
    pub fn next_stream(&mut self) -> Result<Option<StreamName>, SliceError> {
        let mut skipped = Zeroizing::new([0; 4096]);
        while self.read(&mut *skipped)? > 0 {}
        self.current = None;
        self.peek()?;
        let Some(member) = self.next.take() else {
            return Ok(None);
        };
        if member.number != 1 {
            return Err(SliceError::Order);
        }
        let name = member.stream.clone();
        self.enter(member);
        Ok(Some(name))
    }

    /// Reads bytes of the current stream; 0 at its end.
    ///
    /// # Errors
    /// See [`SliceError`].
    pub fn read(&mut self, out: &mut [u8]) -> Result<usize, SliceError> {
        if out.is_empty() {
            return Ok(0);
        }
        while self.left == 0 {
            if !self.continue_stream()? {
                return Ok(0);
            }
        }
        let room = out.len().min(self.left);
        let read = self.source.read(out.get_mut(..room).unwrap_or_default())?;
        if read == 0 {
            return Err(SliceError::Io(io::ErrorKind::UnexpectedEof.into()));
        }
        self.left -= read;
        self.consumed += read as u64;
        Ok(read)
    }

    /// Reads the rest of the current stream as one document of at most `limit_bytes`.
    ///
    /// # Errors
    /// [`SliceError::TooLong`] above the limit; else see [`SliceError`].
    pub fn document(&mut self, limit_bytes: usize) -> Result<Zeroizing<Vec<u8>>, SliceError> {
        let mut chunk = Zeroizing::new([0; 16 * 1024]);
        let mut document = Zeroizing::new(Vec::new());
        loop {
            let read = self.read(&mut *chunk)?;
            if read == 0 {
                return Ok(document);
            }
            if document.len() + read > limit_bytes {
                return Err(SliceError::TooLong);
            }
            if document.capacity() < document.len() + read {
                let mut larger = Zeroizing::new(Vec::with_capacity((document.len() + read) * 2));
                larger.extend_from_slice(&document);
                document = larger;
            }
            document.extend_from_slice(chunk.get(..read).unwrap_or_default());
        }
    }

    /// Reads to the end of the source and checks the padding above `floor`; returns the class.
    ///
    /// # Errors
    /// See [`SliceError`]; also when a stream is still unread.
    pub fn finish(mut self, floor: u64) -> Result<u64, SliceError> {
        if self.next_stream()?.is_some() {
            return Err(SliceError::Order);
        }
        let content = self.consumed + BLOCK_BYTES as u64;
        let mut total = self.consumed;
        let mut block = [0; 4096];
        loop {
            let read = self.source.read(&mut block)?;
            if read == 0 {
                break;
            }
            if block.iter().take(read).any(|byte| *byte != 0) {
                return Err(SliceError::Padding);
            }
            total += read as u64;
        }
        if total == size_class(content, floor) {
            Ok(total)
        } else {
            Err(SliceError::Padding)
        }
    }

    /// Reads the next header when none is waiting and the archive has not ended.
    fn peek(&mut self) -> Result<(), SliceError> {
        if self.next.is_some() || self.ended {
            return Ok(());
        }
        let mut block = [0; BLOCK_BYTES];
        let padding = block.get_mut(..self.padding).unwrap_or_default();
        self.source.read_exact(padding)?;
        if padding.iter().any(|byte| *byte != 0) {
            return Err(SliceError::Padding);
        }
        self.consumed += self.padding as u64;
        self.padding = 0;
        self.source.read_exact(&mut block)?;
        self.consumed += BLOCK_BYTES as u64;
        if block == [0; BLOCK_BYTES] {
            self.ended = true;
        } else {
            self.next = Some(parse_header(&block)?);
        }
        Ok(())
    }

    /// Enters the next member if it belongs to the current stream.
    fn continue_stream(&mut self) -> Result<bool, SliceError> {
        if self.current.is_none() {
            return Ok(false);
        }
        self.peek()?;
        let (Some((stream, number)), Some(member)) = (&self.current, &self.next) else {
            return Ok(false);
        };
        if member.stream != *stream || member.number == 1 {
            return Ok(false);
        }
        // A writer fills every member but the last, and never writes an empty one behind another.
        if !self.full || member.number != number + 1 || member.size == 0 {
            return Err(SliceError::Order);
        }
        let member = self.next.take().expect("looked at above");
        self.enter(member);
        Ok(true)
    }

    fn enter(&mut self, member: Member) {
        self.left = member.size;
        self.full = member.size == SLICE_BYTES;
        self.padding = padding_after(member.size);
        self.current = Some((member.stream, member.number));
    }
}

impl<R: Read> Read for SliceReader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        Self::read(self, out).map_err(|error| match error {
            SliceError::Io(error) => error,
            other => io::Error::new(io::ErrorKind::InvalidData, other),
        })
    }
}

fn header(stream: &StreamName, number: u32, size: usize) -> [u8; BLOCK_BYTES] {
    member_header(&format!("{stream}/{number:06}"), size)
}

/// The ustar header of a member, POSIX.1-1988: owner 0, mode 600, time 0. The path has 100 bytes at most.
pub(crate) fn member_header(path: &str, size: usize) -> [u8; BLOCK_BYTES] {
    let mut block = [0_u8; BLOCK_BYTES];
    let mut put = |offset: usize, bytes: &[u8]| {
        if let Some(place) = block.get_mut(offset..offset + bytes.len()) {
            place.copy_from_slice(bytes);
        }
    };
    put(0, path.as_bytes());
    put(100, b"0000600\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, format!("{size:011o}\0").as_bytes());
    put(136, b"00000000000\0");
    put(CHECKSUM_OFFSET, b"        ");
    put(156, b"0");
    put(257, b"ustar\x0000");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    if let Some(place) = block.get_mut(CHECKSUM_OFFSET..CHECKSUM_OFFSET + 8) {
        place.copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
    block
}

fn parse_header(block: &[u8; BLOCK_BYTES]) -> Result<Member, SliceError> {
    let text = |from: usize, to: usize| {
        let field = block.get(from..to).unwrap_or_default();
        let field = field.split(|byte| *byte == 0).next().unwrap_or_default();
        core::str::from_utf8(field).map_err(|_| SliceError::Header)
    };
    let path = text(0, 100)?;
    let size = usize::from_str_radix(text(124, 136)?, 8).map_err(|_| SliceError::Header)?;
    let (rest, number) = path.rsplit_once('/').ok_or(SliceError::Header)?;
    let (kind, name) = rest.split_once('/').ok_or(SliceError::Header)?;
    let number: u32 = number.parse().map_err(|_| SliceError::Header)?;
    let kind = match kind {
        "meta" => StreamKind::Meta,
        "data" => StreamKind::Data,
        _ => return Err(SliceError::Header),
    };
    let stream = StreamName {
        kind,
        name: name.to_owned(),
    };
    if size > SLICE_BYTES || !is_stream_name(name) || header(&stream, number, size) != *block {
        return Err(SliceError::Header);
    }
    Ok(Member {
        stream,
        number,
        size,
    })
}

fn is_stream_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=32).contains(&name.len()) && name.bytes().all(allowed)
}

fn padding_after(size: usize) -> usize {
    size.next_multiple_of(BLOCK_BYTES) - size
}

pub(crate) const BLOCK_BYTES: usize = 512;
const CHECKSUM_OFFSET: usize = 148;
const ZEROS_BYTES: usize = 4096;

#[cfg(test)]
#[path = "slices/tests.rs"]
mod tests;
