//! The program on a terminal of its own: a pseudo-terminal, and what a person would see on it.

use std::{
    fs::{File, OpenOptions},
    io::Write,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
};

/// A running program, and everything that it wrote so far.
pub(crate) struct Terminal {
    child: Child,
    master: File,
    seen: String,
    /// Where the next `wait_for` begins.
    read_to: usize,
}

impl Terminal {
    pub(crate) fn start(folder: &Path, arguments: &[&str]) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let slave = || {
            let mut options = OpenOptions::new();
            let file = options.read(true).write(true).open(name.to_str().unwrap());
            Stdio::from(file.unwrap())
        };
        let child = Command::new(env!("CARGO_BIN_EXE_asylia-keys"))
            .args(arguments)
            .current_dir(folder)
            .stdin(slave())
            .stdout(slave())
            .stderr(slave())
            .spawn()
            .unwrap();
        Self {
            child,
            master: File::from(master),
            seen: String::new(),
            read_to: 0,
        }
    }

    /// Reads until `text` appears after what was waited for before, and gives what came up to it.
    pub(crate) fn wait_for(&mut self, text: &str) -> String {
        let deadline = Instant::now() + Duration::from_secs(120);
        loop {
            if let Some(at) = self.seen[self.read_to..].find(text) {
                let end = self.read_to + at + text.len();
                let passed = self.seen[self.read_to..end].to_owned();
                self.read_to = end;
                return passed;
            }
            assert!(self.read_more(deadline), "no `{text}` in: {}", self.seen);
        }
    }

    /// Types a line.
    pub(crate) fn type_line(&mut self, line: &str) {
        self.type_raw(&format!("{line}\n"));
    }

    /// Types as it is.
    pub(crate) fn type_raw(&mut self, text: &str) {
        self.master.write_all(text.as_bytes()).unwrap();
    }

    /// Reads to the end; exit code and everything that was ever on the terminal.
    pub(crate) fn finish(mut self) -> (i32, String) {
        let deadline = Instant::now() + Duration::from_secs(120);
        while self.read_more(deadline) {}
        (self.child.wait().unwrap().code().unwrap(), self.seen)
    }

    /// False at the end, when the program has closed its side.
    fn read_more(&mut self, deadline: Instant) -> bool {
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = Timespec::try_from(left).unwrap();
        let mut ready = [PollFd::new(&self.master, PollFlags::IN)];
        assert!(
            poll(&mut ready, Some(&timeout)).unwrap() > 0,
            "nothing more came"
        );
        let mut buffer = [0; 4096];
        match rustix::io::read(&self.master, &mut buffer) {
            Ok(0) | Err(rustix::io::Errno::IO) => false,
            Ok(count) => {
                // The program writes ASCII.
                self.seen
                    .push_str(core::str::from_utf8(&buffer[..count]).unwrap());
                true
            }
            Err(error) => panic!("the terminal cannot be read: {error}"),
        }
    }
}

/// The terminal's texts that never go away: what stands outside the other screen.
pub(crate) fn first_screen(seen: &str) -> String {
    let mut rest = seen;
    let mut outside = String::new();
    while let Some((before, after)) = rest.split_once("\u{1b}[?1049h") {
        outside.push_str(before);
        let (inside, after) = after
            .split_once("\u{1b}[?1049l")
            .expect("the screen is left");
        assert!(inside.ends_with(CLEAR), "left without clearing");
        rest = after;
    }
    outside.push_str(rest);
    outside
}

pub(crate) const CLEAR: &str = "\u{1b}[2J\u{1b}[3J\u{1b}[H";
