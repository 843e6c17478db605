//! Reads what strace wrote (`-f -yy -xx`): every system call, its descriptor and all its bytes, in the order
//! in which the kernel was entered and left.

use std::{collections::HashMap, fs, path::Path, time::Duration};

use super::wait_for;

/// One line: a call, or the beginning or the end of one that others overlapped.
pub(crate) struct Line {
    /// Name of the call.
    pub(crate) name: String,
    /// What its first descriptor is: a path, or `TCP:[…]`; empty without one.
    pub(crate) target: String,
    /// Whether the call begins in this line. What it writes stands here.
    pub(crate) begins: bool,
    /// Whether it returned a value and no error in this line. What it read stands here.
    pub(crate) succeeds: bool,
    /// The line with its strings as the bytes they stand for.
    pub(crate) bytes: Vec<u8>,
}

/// Reads a trace to its end, which comes when the traced process has ended.
///
/// # Panics
/// If it does not come, or if strace could not print a string to its end.
pub(crate) fn read(path: &Path) -> Vec<Line> {
    let text = wait_for(Duration::from_secs(60), || {
        let text = fs::read_to_string(path).expect("strace writes text");
        let last = text.lines().next_back().unwrap_or_default();
        (last.ends_with(" +++") && text.ends_with('\n')).then_some(text)
    });
    let text = text.expect("the trace ends with the process");
    // The kernel itself cuts the names of threads.
    let cut = |line: &str| line.contains("\"...") && !line.contains("PR_SET_NAME");
    assert!(
        !text.lines().any(cut),
        "a string is longer than strace prints"
    );
    let mut unfinished = HashMap::new();
    text.lines()
        .filter_map(|line| Line::parse(line, &mut unfinished))
        .collect()
}

impl Line {
    /// Reads a line; `None` for signals and exits. `unfinished` holds the target of each process's open call.
    fn parse<'a>(line: &'a str, unfinished: &mut HashMap<&'a str, String>) -> Option<Self> {
        let (process, rest) = line.split_once(' ')?;
        let rest = rest.trim_start();
        let result = rest.rsplit_once(" = ").map(|(_, result)| result);
        let succeeds = result.is_some_and(|value| !value.starts_with(['-', '?']));
        let bytes = unescaped(rest);
        if let Some(resumed) = rest.strip_prefix("<... ") {
            return Some(Self {
                name: resumed.split(' ').next()?.to_owned(),
                target: unfinished.remove(process)?,
                begins: false,
                succeeds,
                bytes,
            });
        }
        let (name, arguments) = rest.split_once('(')?;
        let target = target(arguments);
        let overlapped = rest.ends_with("<unfinished ...>");
        if overlapped {
            unfinished.insert(process, target.clone());
        }
        Some(Self {
            name: name.to_owned(),
            target,
            begins: true,
            succeeds: succeeds && !overlapped,
            bytes,
        })
    }

    /// Whether it sends or receives over a connection.
    pub(crate) fn is_on_socket(&self) -> bool {
        self.target.starts_with("TCP:")
    }

    /// Whether its bytes came in from outside the process.
    pub(crate) fn reads(&self) -> bool {
        const READS: [&str; 7] = [
            "read", "readv", "pread64", "preadv", "recvfrom", "recvmsg", "recvmmsg",
        ];
        READS.contains(&self.name.as_str())
    }

    /// Whether its bytes go out of the process.
    pub(crate) fn writes(&self) -> bool {
        const WRITES: [&str; 8] = [
            "write", "writev", "pwrite64", "pwritev", "pwritev2", "sendto", "sendmsg", "sendmmsg",
        ];
        WRITES.contains(&self.name.as_str())
    }
}

/// What stands in angle brackets behind a first argument that is a number.
fn target(arguments: &str) -> String {
    let digits = arguments.find(|c: char| !c.is_ascii_digit()).unwrap_or(0);
    let named = arguments
        .get(digits..)
        .and_then(|rest| rest.strip_prefix('<'));
    let Some(named) = named.filter(|_| digits > 0) else {
        return String::new();
    };
    // Sockets are printed plain, with an arrow inside; everything else escaped, without any bracket.
    let end = match named.starts_with("TCP") {
        true => named.find("]>").map(|at| at + 1),
        false => named.find('>'),
    };
    let name = named.get(..end.unwrap_or(0)).unwrap_or_default();
    String::from_utf8_lossy(&unescaped(name)).into_owned()
}

/// Turns each `\xHH` into its byte.
fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() / 4);
    let mut rest = text;
    while let Some((plain, escape)) = rest.split_once("\\x") {
        bytes.extend_from_slice(plain.as_bytes());
        let digits = escape.get(..2).expect("two digits follow");
        bytes.push(u8::from_str_radix(digits, 16).expect("hexadecimal digits"));
        rest = escape.get(2..).unwrap_or_default();
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}

#[test]
fn lines_are_read_as_strace_writes_them() {
    let mut open = HashMap::new();
    let mut parse = |line| Line::parse(line, &mut open);
    let sent =
        parse(r#"7 sendto(9<TCP:[127.0.0.1:1->127.0.0.1:2]>, "\x48\x54", 2, 0, NULL, 0) = 2"#);
    let sent = sent.expect("a call");
    assert!(sent.writes() && sent.is_on_socket() && sent.begins && sent.succeeds);
    assert!(sent.bytes.windows(4).any(|part| part == b"\"HT\""));
    let begun = parse(r"8 fsync(12<\x2f\x61\x2d\x77\x61\x6c> <unfinished ...>").expect("a call");
    assert!(begun.begins && !begun.succeeds && begun.target == "/a-wal");
    let ended = parse("8 <... fsync resumed>) = 0").expect("its end");
    assert!(!ended.begins && ended.succeeds && ended.target == "/a-wal");
    let failed = parse(r"8 fsync(12<\x2f>) = -1 EIO (Input/output error)").expect("a call");
    assert!(failed.begins && !failed.succeeds);
    assert!(parse("7 +++ exited with 0 +++").is_none());
}
