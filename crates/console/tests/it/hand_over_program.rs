//! The hand-over with the real program, driven by lines of standard input; killed once, and traced to its end.
#![expect(clippy::disallowed_types, reason = "the test starts the program")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::PathBuf,
    process::{Command, Stdio},
};

use asylia_keys::{
    hand_over::{Appointment, SignedManifest, UnverifiedAppointment, seal_incoming},
    key_file::WorkFactor,
};
use secrecy::SecretString;

use crate::{
    command_line::Desk,
    hand_over::{NEW, OF_KEY, incoming},
};

const TODAY: &str = "words for today and nothing else";

/// Everybody at the computer.
struct Table {
    desk: Desk,
    old: String,
    papers: BTreeMap<(String, String), String>,
    reading: (String, String),
    last: String,
    heard: String,
}

#[test]
fn a_hand_over_killed_goes_on_and_no_secret_leaves_it_under_strace() {
    let mut table = Table::set();
    let (code, said) = table.run(None, Some("Whoever hands over types"));
    assert_eq!(code, None, "killed: {said}");
    let trace = table.path("trace");
    let before = table.papers.len();
    let (code, said) = table.run(Some(&trace), None);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(
        (before, table.papers.len()),
        (2, 2),
        "no sheet was made twice"
    );
    let manifest = fs::read(table.path("june/hand-over.txt")).unwrap();
    assert!(SignedManifest::parse(&manifest).is_ok());
    let refused = table.desk.run(&["list"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("The passphrase is wrong;"));
    table.nothing_left(&fs::read_to_string(&trace).unwrap());
}

impl Table {
    fn set() -> Self {
        let desk = Desk::new();
        assert!(desk.init().status.success());
        let office = &desk.office;
        let (from, key) = (office.day(), incoming().verifying_key());
        let appointment = Appointment::new(&office.bundle, key, from, from.plus_days(2));
        let signed = UnverifiedAppointment::unsigned(appointment.unwrap());
        let signed = signed.sign(&office.bundle, &office.demo.root_key).unwrap();
        fs::write(desk.path("appointment"), signed.to_note()).unwrap();
        let passphrase = SecretString::from(OF_KEY);
        let file = seal_incoming(&incoming(), &passphrase, WorkFactor::DEMO);
        fs::write(desk.path("key-of-who-comes"), file).unwrap();
        let old = fs::read_to_string(desk.path("keys/passphrase")).unwrap();
        Self {
            old: old.trim_end().to_owned(),
            desk,
            papers: BTreeMap::new(),
            reading: Default::default(),
            last: String::new(),
            heard: String::new(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        PathBuf::from(self.desk.path(name))
    }

    fn arguments(&self) -> Vec<String> {
        let path = |name| self.desk.path(name);
        #[rustfmt::skip]
        let arguments = ["hand-over".to_owned(), "--vault".to_owned(), path("vault"),
            "--appointment".to_owned(), path("appointment"), "--incoming-key".to_owned(), path("key-of-who-comes"),
            "--name".to_owned(), "next".to_owned(), "--folder".to_owned(), path("june"), "--sheets".to_owned(),
            path("sheets"), "--holders".to_owned(), "2of2".to_owned(), "--kdf-mib".to_owned(), "19".to_owned(),
            "--danger-sheets-on-disk".to_owned()];
        arguments.to_vec()
    }

    /// Exit code, `None` if it was killed, and everything that was said.
    fn run(&mut self, trace: Option<&PathBuf>, kill_at: Option<&str>) -> (Option<i32>, String) {
        let program = env!("CARGO_BIN_EXE_asylia-console");
        let mut command = match trace {
            None => Command::new(program),
            Some(trace) => {
                let mut strace = Command::new("strace");
                strace.args(["-f", "-v", "-y", "-s", "1000000", "-o"]);
                strace.arg(trace).arg(program);
                strace
            }
        };
        let mut running = command
            .args(self.arguments())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = running.stdin.take().unwrap();
        let mut said = String::new();
        for line in BufReader::new(running.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            said.push_str(&line);
            said.push('\n');
            if kill_at.is_some_and(|at| line.contains(at)) {
                running.kill().unwrap();
            } else if let Some(answer) = self.answer(&line) {
                writeln!(input, "{answer}").unwrap();
            }
        }
        let mut errors = String::new();
        let mut error_stream = running.stderr.take().unwrap();
        error_stream.read_to_string(&mut errors).unwrap();
        self.heard.push_str(&said);
        self.heard.push_str(&errors);
        (running.wait().unwrap().code(), said + &errors)
    }

    /// What somebody answers to a question; `None` for what is only said.
    fn answer(&mut self, line: &str) -> Option<String> {
        let line = line.strip_prefix("REHEARSAL | ").unwrap_or(line);
        if let Some((_, rest)) = line.split_once("Now holder ") {
            let holder = rest.split(' ').next().unwrap_or_default().to_owned();
            let set = rest.rsplit("set ").next().unwrap_or_default();
            self.reading = (set.trim_end_matches('.').to_owned(), holder);
        }
        let answer = match line.trim_end() {
            "The share:" => self.papers[&self.reading].clone(),
            "The same once more:" => self.last.clone(),
            _ if line.starts_with("The outgoing focal point's passphrase") => self.old.clone(),
            _ if line.starts_with("The incoming focal point's passphrase of the key") => {
                OF_KEY.to_owned()
            }
            _ if line.contains("assphrase of this ceremony") => TODAY.to_owned(),
            _ if line.starts_with("New passphrase of the vault") => NEW.to_owned(),
            _ if line.starts_with("Type `handed`") => {
                self.take_papers();
                "handed".to_owned()
            }
            _ if line.starts_with("Type `scan`") => "words".to_owned(),
            _ if line.contains("types `agreed`") => "agreed".to_owned(),
            _ => return None,
        };
        self.last.clone_from(&answer);
        Some(answer)
    }

    fn take_papers(&mut self) {
        for page in fs::read_dir(self.path("sheets")).unwrap() {
            let page = page.unwrap();
            let name = page.file_name().into_string().unwrap();
            let name = name
                .strip_prefix("sheet-")
                .and_then(|name| name.strip_suffix(".html"));
            let (set, holder) = name.and_then(|name| name.split_once("-holder-")).unwrap();
            let text = fs::read_to_string(page.path()).unwrap();
            let words: Vec<&str> = text
                .split("</b>")
                .skip(1)
                .filter_map(|rest| Some(rest.split_once("</li>")?.0))
                .collect();
            let place = (set.to_owned(), holder.to_owned());
            self.papers.insert(place, words.join(" "));
        }
    }

    /// Nothing secret in what was said, in a system call but the reading of single bytes, or in a file.
    fn nothing_left(&self, trace: &str) {
        let mut secrets = vec![TODAY.to_owned(), NEW.to_owned(), OF_KEY.to_owned()];
        secrets.push(self.old.clone());
        for words in self.papers.values() {
            let few: Vec<&str> = words.split(' ').skip(4).take(3).collect();
            secrets.push(few.join(" "));
        }
        assert_eq!(secrets.len(), 6);
        let said = |text: &str| secrets.iter().any(|secret| text.contains(secret));
        assert!(!said(&self.heard));
        let (mut calls, mut started) = (0, 0);
        for line in trace.lines() {
            assert!(!said(line), "{}", line.get(..90).unwrap_or(line));
            calls += usize::from(line.contains("pwrite64(") && line.contains("vault.db"));
            started += usize::from(line.contains("execve("));
        }
        assert!(
            calls > 0 && started == 1,
            "the search sees the vault's file"
        );
        let mut folders = vec![self.path("june"), self.path("vault"), self.path("sheets")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => folders.push(path),
                    false => assert!(!said(&String::from_utf8_lossy(&fs::read(&path).unwrap()))),
                }
            }
        }
    }
}
