//! The search: every form in which a text could lie around, and every place where it could.
//!
//! A text of some length is looked for in pieces, since a buffer that was half overwritten still gives it
//! away; each piece raw, in base64 at each alignment, in hexadecimal, in UTF-16 and url-encoded. Places: all
//! readable memory of the process, all files it could have written (also those it holds open and has
//! deleted), and what it printed.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write as _,
    fs::{self, File},
    io::{Read as _, Seek as _, SeekFrom},
    os::unix::fs::MetadataExt as _,
    path::Path,
    time::{Duration, Instant},
};

use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE},
};

use crate::server::{Place, Server};

/// What is looked for.
pub(super) struct Search {
    needles: Vec<(String, Vec<u8>)>,
    /// Which needles begin with these two bytes.
    beginnings: HashMap<[u8; 2], Vec<usize>>,
    /// Whether any does, by the two bytes as a number.
    begins: Vec<bool>,
    longest: usize,
}

/// How often what was found where: names of texts and their forms.
pub(super) type Hits = BTreeMap<String, usize>;

/// Hits by place.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// In the memory of the process.
    pub(super) memory: Hits,
    /// In its files.
    pub(super) disk: Hits,
    /// In what it printed.
    pub(super) log: Hits,
}

impl Search {
    /// A search for nothing yet.
    pub(super) fn new() -> Self {
        Self {
            needles: Vec::new(),
            beginnings: HashMap::new(),
            begins: vec![false; 1 << 16],
            longest: 0,
        }
    }

    /// Adds a text in all its forms.
    pub(super) fn add_text(&mut self, name: &str, text: &str) {
        for (form, bytes) in forms(text.as_bytes()) {
            self.add(format!("{name}, {form}"), bytes);
        }
    }

    /// Adds bytes as they are.
    pub(super) fn add(&mut self, name: String, bytes: Vec<u8>) {
        let Some(&beginning) = bytes.first_chunk() else {
            panic!("{name} is too short to be looked for");
        };
        self.longest = self.longest.max(bytes.len());
        self.begins[usize::from(u16::from_be_bytes(beginning))] = true;
        let same = self.beginnings.entry(beginning).or_default();
        same.push(self.needles.len());
        self.needles.push((name, bytes));
    }

    /// Counts every needle in `bytes`.
    pub(super) fn count(&self, bytes: &[u8], hits: &mut Hits) {
        for (at, pair) in bytes.windows(2).enumerate() {
            let pair = [pair[0], pair[1]];
            if !self.begins[usize::from(u16::from_be_bytes(pair))] {
                continue;
            }
            for &needle in self.beginnings.get(&pair).into_iter().flatten() {
                let (name, needle) = &self.needles[needle];
                if bytes[at..].starts_with(needle) {
                    *hits.entry(name.clone()).or_default() += 1;
                }
            }
        }
    }

    /// Looks everywhere, again and again until nothing is found or a second has passed: the time in which
    /// plaintext may still be on its way through the process.
    pub(super) fn settle(&self, place: &Place, server: &Server) -> Found {
        let begin = Instant::now();
        loop {
            let late = begin.elapsed() >= Duration::from_secs(1);
            let found = self.everywhere(place, server);
            if late || found == Found::default() {
                return found;
            }
        }
    }

    /// Looks everywhere once.
    pub(super) fn everywhere(&self, place: &Place, server: &Server) -> Found {
        let mut found = Found {
            memory: self.memory(server.id()),
            ..Found::default()
        };
        let folders = [place.data(), place.temp(), "/dev/shm".into()];
        folders
            .iter()
            .for_each(|folder| self.folder(folder, &mut found.disk));
        self.open_files(server.id(), &place.log(), &mut found.disk);
        let log = fs::read(place.log()).expect("the log is there");
        self.count(&log, &mut found.log);
        found
    }

    fn memory(&self, process: u32) -> Hits {
        let mut memory = File::open(format!("/proc/{process}/mem"))
            .expect("the memory of the server can be read: these tests run as root");
        let (mut hits, mut read, mut kinds) = (Hits::new(), 0, Vec::new());
        for mapping in mappings(process) {
            if UNREADABLE.contains(&mapping.name.as_str()) {
                continue;
            }
            match self.mapping(&mut memory, &mapping, &mut hits) {
                Ok(bytes) => {
                    read += bytes;
                    kinds.push(mapping.name);
                }
                // Whoever unmaps memory while it is read hides nothing: it is gone.
                Err(_) if !mappings(process).contains(&mapping) => {}
                Err(error) => panic!("{mapping:?} cannot be read: {error}"),
            }
        }
        assert!(read > 8 << 20, "only {read} bytes of memory were read");
        for kind in ["[heap]", "[stack]", ""] {
            assert!(kinds.iter().any(|k| k == kind), "{kind:?} was not read");
        }
        hits
    }

    /// Reads a mapping in blocks that overlap by the longest needle.
    fn mapping(
        &self,
        memory: &mut File,
        mapping: &Mapping,
        hits: &mut Hits,
    ) -> std::io::Result<u64> {
        let mut at = mapping.from;
        let mut kept = Vec::new();
        let mut block = vec![0; 1 << 20];
        while at < mapping.to {
            let now = usize::try_from(mapping.to - at)
                .unwrap_or(usize::MAX)
                .min(block.len());
            memory.seek(SeekFrom::Start(at))?;
            memory.read_exact(&mut block[..now])?;
            at += now as u64;
            kept.extend_from_slice(&block[..now]);
            self.count(&kept, hits);
            kept.drain(..kept.len().saturating_sub(self.longest - 1));
        }
        Ok(mapping.to - mapping.from)
    }

    fn folder(&self, folder: &Path, hits: &mut Hits) {
        let Ok(entries) = fs::read_dir(folder) else {
            assert!(!folder.exists(), "{folder:?} cannot be read");
            return;
        };
        for entry in entries {
            let entry = entry.expect("a folder can be read to its end");
            // A name gives away as much as a content.
            self.count(entry.file_name().as_encoded_bytes(), hits);
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => self.folder(&entry.path(), hits),
                Ok(kind) if kind.is_file() => {
                    if let Ok(bytes) = fs::read(entry.path()) {
                        self.count(&bytes, hits);
                    }
                }
                _ => {}
            }
        }
    }

    /// Files that the process holds open, wherever they lie and whether or not they still have a name.
    fn open_files(&self, process: u32, log: &Path, hits: &mut Hits) {
        let log = fs::metadata(log).expect("the log is there").ino();
        let open = fs::read_dir(format!("/proc/{process}/fd")).expect("the process runs");
        for descriptor in open.flatten() {
            let Ok(metadata) = fs::metadata(descriptor.path()) else {
                continue;
            };
            if metadata.is_file() && metadata.ino() != log {
                let bytes = fs::read(descriptor.path()).expect("an open file can be read");
                self.count(&bytes, hits);
            }
        }
    }
}

/// Every form of one text.
fn forms(text: &[u8]) -> Vec<(String, Vec<u8>)> {
    let hex = hex::encode(text);
    let mut forms = vec![
        ("raw".to_owned(), text.to_vec()),
        ("hex".to_owned(), hex.clone().into_bytes()),
        ("HEX".to_owned(), hex.to_uppercase().into_bytes()),
        (
            "UTF-16LE".to_owned(),
            text.iter().flat_map(|b| [*b, 0]).collect(),
        ),
        (
            "UTF-16BE".to_owned(),
            text.iter().flat_map(|b| [0, *b]).collect(),
        ),
        ("url, all".to_owned(), percent(text, |_| true)),
        (
            "url".to_owned(),
            percent(text, |b| !b.is_ascii_alphanumeric()),
        ),
        ("form".to_owned(), percent(text, |_| false)),
    ];
    for skipped in 0..3 {
        // Only whole groups of three bytes have letters of their own, whatever stands around them.
        let rest = &text[skipped..];
        let whole = &rest[..rest.len() / 3 * 3];
        let standard = BASE64_STANDARD.encode(whole).into_bytes();
        let url_safe = BASE64_URL_SAFE.encode(whole).into_bytes();
        forms.push((format!("base64 +{skipped}"), standard));
        forms.push((format!("base64url +{skipped}"), url_safe));
    }
    forms.sort_by(|a, b| a.1.cmp(&b.1));
    forms.dedup_by(|a, b| a.1 == b.1);
    forms
}

/// Percent-encodes what `escape` says; any space left is a plus sign.
fn percent(text: &[u8], escape: impl Fn(u8) -> bool) -> Vec<u8> {
    let mut encoded = String::new();
    for &byte in text {
        match byte {
            byte if escape(byte) => write!(encoded, "%{byte:02X}").expect("a String takes all"),
            b' ' => encoded.push('+'),
            byte => encoded.push(char::from(byte)),
        }
    }
    encoded.into_bytes()
}

/// A range of memory.
#[derive(Debug, PartialEq, Eq)]
struct Mapping {
    from: u64,
    to: u64,
    name: String,
}

/// The readable mappings of a process.
fn mappings(process: u32) -> Vec<Mapping> {
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).expect("the process runs");
    let parse = |line: &str| {
        let mut words = line.split_whitespace();
        let (from, to) = words.next()?.split_once('-')?;
        let readable = words.next()?.starts_with('r');
        let mapping = Mapping {
            from: u64::from_str_radix(from, 16).ok()?,
            to: u64::from_str_radix(to, 16).ok()?,
            name: words.nth(3).unwrap_or_default().to_owned(),
        };
        Some((readable, mapping))
    };
    maps.lines()
        .map(|line| parse(line).expect("the kernel's own format"))
        .filter_map(|(readable, mapping)| readable.then_some(mapping))
        .collect()
}

/// The kernel's own pages; they hold clocks, and no memory of the process.
const UNREADABLE: [&str; 3] = ["[vvar]", "[vvar_vclock]", "[vsyscall]"];

#[test]
fn every_form_is_found_wherever_it_stands() {
    let canary = "pN4x0Qz7Lr2Kd9Vw";
    let mut search = Search::new();
    search.add_text("canary", canary);
    for before in 0..5 {
        let text = [&[7; 5][..before], canary.as_bytes(), b"tail"].concat();
        for haystack in [
            text.clone(),
            hex::encode(&text).into_bytes(),
            BASE64_STANDARD.encode(&text).into_bytes(),
            text.iter().flat_map(|b| [*b, 0]).collect(),
            text.iter().flat_map(|b| [0, *b]).collect(),
            percent(&text, |_| true),
        ] {
            let mut hits = Hits::new();
            search.count(&haystack, &mut hits);
            assert!(!hits.is_empty(), "{}", String::from_utf8_lossy(&haystack));
        }
    }
    let mut hits = Hits::new();
    search.count(b"pN4x0Qz7Lr2Kd9V_ is another text", &mut hits);
    assert_eq!(hits, Hits::new());
}
