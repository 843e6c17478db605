//! A visitor's side, by hand over a socket: a form that is streamed, cut off, or sent whole; a part of an
//! upload; and the answer, read to its declared end.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// A multipart form, not held in memory.
#[derive(Default)]
pub(crate) struct Form {
    parts: Vec<(Vec<u8>, Content)>,
}

/// What stands in a part.
pub(crate) enum Content {
    /// These bytes.
    Bytes(Vec<u8>),
    /// Bytes made while they are sent.
    Seeded(Seeded),
    /// One text again and again.
    Repeated(&'static [u8], u64),
}

impl Form {
    /// Adds a text field.
    pub(crate) fn text(mut self, name: &str, value: &str) -> Self {
        let head = format!("form-data; name=\"{name}\"\r\n");
        self.part(&head, Content::Bytes(value.as_bytes().to_vec()));
        self
    }

    /// Adds a text field with content of any kind.
    pub(crate) fn long_text(mut self, name: &str, value: Content) -> Self {
        self.part(&format!("form-data; name=\"{name}\"\r\n"), value);
        self
    }

    /// Adds a file.
    pub(crate) fn file(mut self, name: &str, content: Content) -> Self {
        let head = format!(
            "form-data; name=\"attachments\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n"
        );
        self.part(&head, content);
        self
    }

    /// Adds a file of the form of `/sealed`.
    pub(crate) fn sealed(mut self, name: &str, content: &[u8]) -> Self {
        let head = format!(
            "form-data; name=\"sealed\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n"
        );
        self.part(&head, Content::Bytes(content.to_vec()));
        self
    }

    /// Bytes of the whole body.
    pub(crate) fn length(&self) -> u64 {
        let parts = self.parts.iter();
        let parts = parts.map(|(head, content)| head.len() as u64 + content.length());
        parts.sum::<u64>() + END.len() as u64
    }

    /// The body as a stream.
    pub(crate) fn into_body(self) -> impl Read {
        let empty: Box<dyn Read> = Box::new(io::empty());
        let parts = self.parts.into_iter().fold(empty, |body, (head, content)| {
            Box::new(body.chain(io::Cursor::new(head)).chain(content.into_read()))
        });
        parts.chain(END)
    }

    fn part(&mut self, disposition: &str, content: Content) {
        let head = format!("\r\n--{BOUNDARY}\r\nContent-Disposition: {disposition}\r\n");
        self.parts.push((head.into_bytes(), content));
    }
}

impl Content {
    fn length(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Seeded(seeded) => seeded.length - seeded.at,
            Self::Repeated(_, length) => *length,
        }
    }

    fn into_read(self) -> Box<dyn Read> {
        match self {
            Self::Bytes(bytes) => Box::new(io::Cursor::new(bytes)),
            Self::Seeded(seeded) => Box::new(seeded),
            Self::Repeated(text, length) => {
                let block = text.repeat(8192);
                let mut at = 0;
                let endless = Endless(move |out: &mut [u8]| {
                    let rest = block.get(at..).unwrap_or_default();
                    let now = rest.len().min(out.len());
                    let (to, from) = (out.get_mut(..now), rest.get(..now));
                    to.unwrap_or_default()
                        .copy_from_slice(from.unwrap_or_default());
                    at = (at + now) % block.len();
                    now
                });
                Box::new(endless.take(length))
            }
        }
    }
}

struct Endless<F>(F);

impl<F: FnMut(&mut [u8]) -> usize> Read for Endless<F> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        Ok((self.0)(out))
    }
}

/// Repeatable bytes without pattern (SplitMix64), the same in whatever portions they are read.
#[derive(Clone)]
pub(crate) struct Seeded {
    seed: u64,
    at: u64,
    length: u64,
}

impl Seeded {
    /// The first `length` bytes of the sequence of `seed`.
    pub(crate) fn new(seed: u64, length: u64) -> Self {
        let seed = seed.wrapping_mul(0xd134_2543_de82_ef95);
        Self {
            seed,
            at: 0,
            length,
        }
    }

    /// The bytes at once.
    pub(crate) fn to_vec(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let read = self.clone().read_to_end(&mut bytes);
        read.expect("the generator does not fail");
        bytes
    }

    fn word(&self, number: u64) -> [u8; 8] {
        let count = number.wrapping_add(1);
        let mut mixed = self
            .seed
            .wrapping_add(count.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)).to_le_bytes()
    }
}

impl Read for Seeded {
    fn read(&mut self, mut out: &mut [u8]) -> io::Result<usize> {
        let begin = self.at;
        while self.at < self.length && !out.is_empty() {
            let word = self.word(self.at / 8);
            let word = word.get((self.at % 8) as usize..).unwrap_or_default();
            let left = usize::try_from(self.length - self.at).unwrap_or(usize::MAX);
            let now = word.len().min(out.len()).min(left);
            let (to, later) = out.split_at_mut(now);
            to.copy_from_slice(word.get(..now).unwrap_or_default());
            out = later;
            self.at += now as u64;
        }
        Ok((self.at - begin) as usize)
    }
}

/// A connection to the server.
pub(crate) struct Visitor(BufReader<TcpStream>);

impl Visitor {
    /// Connects; nothing waits longer than a minute.
    pub(crate) fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Sends a report and reads the answer. The connection stays open, as a browser leaves it.
    pub(crate) fn post(&mut self, form: Form) -> io::Result<Answer> {
        self.post_as(MULTIPART, form.length(), form.into_body())
    }

    /// Sends a body of any kind.
    pub(crate) fn post_as(
        &mut self,
        kind: &str,
        length: u64,
        body: impl Read,
    ) -> io::Result<Answer> {
        self.send_head(kind, length)?;
        self.send(body)?;
        self.answer()
    }

    /// Sends the first `sent` bytes of a report's body and no more; dropping the visitor cuts it off.
    pub(crate) fn begin(&mut self, form: Form, sent: u64) -> io::Result<()> {
        self.send_head(MULTIPART, form.length())?;
        self.send(form.into_body().take(sent))
    }

    /// Asks in any other way; `line` is method and path. The body has no kind but bytes.
    pub(crate) fn ask(&mut self, line: &str, body: Option<&[u8]>) -> io::Result<Answer> {
        match body {
            Some(body) => self.begin_part(line, body.len() as u64, body)?,
            None => self.head(line, "")?,
        }
        self.answer()
    }

    /// Sends a head that declares `length` bytes, and these of them; the rest may follow, or never.
    pub(crate) fn begin_part(&mut self, line: &str, length: u64, sent: &[u8]) -> io::Result<()> {
        let kind = "application/octet-stream";
        let fields = format!("Content-Type: {kind}\r\nContent-Length: {length}\r\n");
        self.head(line, &fields)?;
        self.send(sent)
    }

    /// Sends sealed files from the form of `/sealed`.
    pub(crate) fn post_sealed(&mut self, form: Form) -> io::Result<Answer> {
        self.post_to("/sealed", form)
    }

    /// Sends the form of another page.
    pub(crate) fn post_to(&mut self, path: &str, form: Form) -> io::Result<Answer> {
        let length = form.length();
        let fields = format!("Content-Type: {MULTIPART}\r\nContent-Length: {length}\r\n");
        self.head(&format!("POST {path}"), &fields)?;
        self.send(form.into_body())?;
        self.answer()
    }

    /// Sends a program's body; the answer's may be bytes.
    pub(crate) fn post_bytes(
        &mut self,
        path: &str,
        kind: &str,
        body: &[u8],
    ) -> io::Result<(u16, String, Vec<u8>)> {
        let length = body.len();
        let fields = format!("Content-Type: {kind}\r\nContent-Length: {length}\r\n");
        self.head(&format!("POST {path}"), &fields)?;
        self.send(body)?;
        self.bytes()
    }

    fn send_head(&mut self, kind: &str, length: u64) -> io::Result<()> {
        let fields = format!("Content-Type: {kind}\r\nContent-Length: {length}\r\n");
        self.head("POST /report", &fields)
    }

    fn head(&mut self, line: &str, fields: &str) -> io::Result<()> {
        let stream = self.0.get_mut();
        let host = stream.peer_addr()?;
        let own = format!("Host: {host}\r\nOrigin: http://{host}\r\n");
        stream.write_all(format!("{line} HTTP/1.1\r\n{own}{fields}\r\n").as_bytes())
    }

    fn send(&mut self, mut body: impl Read) -> io::Result<()> {
        let mut block = vec![0; 64 * 1024];
        loop {
            let read = body.read(&mut block)?;
            if read == 0 {
                return Ok(());
            }
            let block = block.get(..read).unwrap_or_default();
            self.0.get_mut().write_all(block)?;
        }
    }

    /// Reads one answer; an error unless it is there to its declared end.
    pub(crate) fn answer(&mut self) -> io::Result<Answer> {
        let (status, head, body) = self.bytes()?;
        let body = String::from_utf8(body).map_err(|_| io::Error::other("not a text"))?;
        Ok(Answer { status, head, body })
    }

    fn bytes(&mut self) -> io::Result<(u16, String, Vec<u8>)> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.0.read_line(&mut head)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let wrong = || io::Error::other("the answer's head is malformed");
        let status: Option<u16> = head.split(' ').nth(1).and_then(|code| code.parse().ok());
        let length = head.lines().find_map(|line| {
            line.to_ascii_lowercase()
                .strip_prefix("content-length: ")?
                .parse()
                .ok()
        });
        // No content has no length either.
        let length = length.or((status == Some(204)).then_some(0));
        let mut body = vec![0; length.ok_or_else(wrong)?];
        self.0.read_exact(&mut body)?;
        Ok((status.ok_or_else(wrong)?, head, body))
    }
}

/// What the server said.
pub(crate) struct Answer {
    /// Status code.
    pub(crate) status: u16,
    /// Status line and header fields.
    pub(crate) head: String,
    /// The page.
    pub(crate) body: String,
}

/// What a receipt shows.
#[derive(Clone)]
pub(crate) struct Shown {
    /// Ten words, separated by spaces.
    pub(crate) code_words: String,
    /// 34 digits, without groups.
    pub(crate) code_digits: String,
    /// Three words, separated by spaces.
    pub(crate) proof_words: String,
}

impl Answer {
    /// The receipt, if this is one with everything on it.
    pub(crate) fn receipt(&self) -> Option<Shown> {
        let shown = Shown {
            code_words: self.output("return-code")?,
            code_digits: self.output("return-digits")?.replace(' ', ""),
            proof_words: self.output("proof-words")?,
        };
        let complete = self.status == 200
            && shown.code_words.split(' ').count() == 10
            && shown.code_digits.len() == 34
            && shown.proof_words.split(' ').count() == 3;
        complete.then_some(shown)
    }

    /// The text of an `<output>` element.
    pub(crate) fn output(&self, id: &str) -> Option<String> {
        let (_, rest) = self.body.split_once(&format!("<output id=\"{id}\""))?;
        let (_, rest) = rest.split_once('>')?;
        let (text, _) = rest.split_once("</output>")?;
        Some(text.trim().to_owned())
    }
}

/// Kind of a report's body.
pub(crate) const MULTIPART: &str = "multipart/form-data; boundary=----asylia-proof-boundary";
const BOUNDARY: &str = "----asylia-proof-boundary";
const END: &[u8] = b"\r\n------asylia-proof-boundary--\r\n";
const PATIENCE: Duration = Duration::from_secs(60);
