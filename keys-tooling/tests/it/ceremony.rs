//! A year's meeting with the real program, driven line by line as a script would; it is interrupted once.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
};

use crate::{after, good, keys, office, refused};

const TODAY: &str = "words for today and nothing else";
const OWN: &str = "words of whoever keeps these files";

/// The people in the room.
struct Meeting {
    folder: PathBuf,
    sheets: PathBuf,
    arguments: Vec<String>,
    /// Words of each sheet that was handed out, by set and holder.
    papers: BTreeMap<(String, String), String>,
    reading: (String, String),
    heard: String,
    witness: String,
    signed: usize,
    /// The question at which the script ends, once.
    ends_at: Option<&'static str>,
    /// How many sheets there are when all are handed out.
    due: usize,
    /// Where strace writes what the program does.
    trace: Option<PathBuf>,
}

#[test]
fn a_rehearsed_years_meeting_is_driven_by_a_script_and_goes_on_after_a_stop() {
    let (_keep, folder) = office();
    let mut meeting = Meeting::prepare(&folder);
    meeting.ends_at = Some("Type `right`");
    let (code, said) = meeting.run();
    assert_eq!(code, 1);
    assert!(
        said.contains("everything up to its last step is kept"),
        "{said}"
    );
    let before = meeting.papers.len();
    assert_eq!((before, meeting.run().0), (8, 0));
    assert_eq!(meeting.papers.len(), before, "no sheet was made twice");
    let year = folder.join("year");
    let words = after(&good(&folder, &["fingerprint", "year/keys.note"]), "");
    let bundle = good(
        &folder,
        &[
            "bundle",
            "verify",
            "year/keys.note",
            "--office",
            &words,
            "--on",
            "2027-02-01",
        ],
    );
    assert!(
        bundle.contains("2027-Q1") && bundle.contains("DEMO KEYS"),
        "{bundle}"
    );
    let checked = good(&folder, &["ceremony", "verify", "year/transcript.txt"]);
    assert!(
        checked.contains("2 witnesses signed; the ceremony is closed."),
        "{checked}"
    );
    assert!(checked.contains("REHEARSAL: for practising only."));
    meeting.nothing_secret_is_left(&year);
    // Any two of the three holders have the seed, and the file that the office keeps opens with it.
    let text = fs::read_to_string(year.join("transcript.txt")).unwrap();
    fs::write(
        folder.join("cut"),
        text.replacen("sheet read", "sheet Read", 1),
    )
    .unwrap();
    assert!(refused(&folder, &["ceremony", "verify", "cut"]).contains("transcript"));
    let (code, said) = meeting.run();
    assert_eq!(code, 0);
    assert!(said.contains("The ceremony is closed."), "{said}");
}

impl Meeting {
    /// Three root keys, each made by its holder, and two witnesses.
    fn prepare(folder: &Path) -> Self {
        for holder in ["r1", "r2", "r3"] {
            good(
                folder,
                &["root", "new", "--out", holder, "--passphrase-file", "pw"],
            );
        }
        #[rustfmt::skip]
        let collected = good(folder, &["root", "collect", "--rehearsal", "--threshold", "2", "--office-name", "Focal point",
            "--out", "root", "r1.pub", "r2.pub", "r3.pub"]);
        assert!(collected.contains("REHEARSAL"), "{collected}");
        let witness = |name: &str| {
            let made = good(
                folder,
                &[
                    "ceremony",
                    "witness-new",
                    "--out",
                    name,
                    "--passphrase-file",
                    "pw",
                ],
            );
            after(&made, "--witness`:")
        };
        let witnesses = [witness("w1"), witness("w2")];
        let sheets = folder.join("sheets");
        #[rustfmt::skip]
        let arguments = ["ceremony", "year", "--rehearsal", "--folder", "year", "--sheets", "sheets", "--root", "root",
            "--from", "2027-01-01", "--quarters", "2", "--reports", "2of2", "--identities", "2of2",
            "--danger-sheets-on-disk", "--witness", &witnesses[0], "--witness", &witnesses[1]];
        Self {
            folder: folder.to_owned(),
            sheets,
            arguments: arguments.map(str::to_owned).to_vec(),
            papers: BTreeMap::new(),
            reading: Default::default(),
            heard: String::new(),
            witness: witnesses[0].clone(),
            signed: 0,
            ends_at: None,
            due: 8,
            trace: None,
        }
    }

    /// A shorter one.
    fn one_quarter(&mut self) {
        let two = self.arguments.iter_mut().find(|argument| *argument == "2");
        *two.unwrap() = "1".to_owned();
        self.due = 4;
    }

    fn program(&self) -> Command {
        let program = env!("CARGO_BIN_EXE_asylia-keys");
        let Some(trace) = &self.trace else {
            return Command::new(program);
        };
        let mut strace = Command::new("strace");
        // Whole arguments, environments and buffers, and the path behind each descriptor.
        strace.args(["-f", "-v", "-y", "-s", "1000000", "-o"]);
        strace.arg(trace).arg(program);
        strace
    }

    /// Runs the command to its end; exit code, and everything that was said.
    fn run(&mut self) -> (i32, String) {
        let mut program = self
            .program()
            .args(&self.arguments)
            .current_dir(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = program.stdin.take();
        let output = BufReader::new(program.stdout.take().unwrap());
        let mut said = String::new();
        for line in output.lines() {
            let line = line.unwrap();
            said.push_str(&line);
            said.push('\n');
            self.hear(&line, &mut input);
        }
        let (code, errors) = ended(program);
        self.heard.push_str(&said);
        (code, said + &errors)
    }

    fn hear(&mut self, line: &str, input: &mut Option<ChildStdin>) {
        let line = line.strip_prefix("REHEARSAL | ").unwrap_or(line);
        if let Some((_, rest)) = line.split_once("Now holder ") {
            let holder = rest.split(' ').next().unwrap().to_owned();
            let set = rest.rsplit("set ").next().unwrap().trim_end_matches('.');
            self.reading = (set.to_owned(), holder);
        }
        if let Some((_, rest)) = line.split_once("witness with the key ") {
            self.witness = rest.split(' ').next().unwrap().to_owned();
        }
        if self.ends_at.is_some_and(|at| line.contains(at)) {
            self.ends_at = None;
            *input = None;
        }
        if let (Some(input), Some(answer)) = (input.as_mut(), self.answer(line)) {
            writeln!(input, "{answer}").unwrap();
        }
    }

    /// What somebody answers to a question; `None` for what is only said.
    fn answer(&mut self, line: &str) -> Option<String> {
        let paper = self.papers.get(&self.reading);
        Some(match line {
            _ if line.starts_with("New passphrase for your own") => OWN.to_owned(),
            _ if line.starts_with("New passphrase") || line.starts_with("Passphrase of this") => {
                TODAY.to_owned()
            }
            "The same once more: " => match self.asked_alone() {
                true => OWN.to_owned(),
                false => TODAY.to_owned(),
            },
            _ if line.starts_with("Type `handed`") => {
                self.take_papers();
                "handed".to_owned()
            }
            _ if line.starts_with("Type `scan`") => "scan".to_owned(),
            "The share: " => paper?.clone(),
            _ if line.starts_with("From the paper") => {
                let (_, places) = line.split_once("the words ")?;
                let words: Vec<&str> = paper?.split(' ').collect();
                let places = places.trim_end_matches(": ").split(", ");
                let picked: Vec<&str> = places
                    .map(|at| words[at.parse::<usize>().unwrap() - 1])
                    .collect();
                picked.join(" ")
            }
            _ if line.contains("Type `right`") => "right".to_owned(),
            _ if line.starts_with("File with the signed bundle") => self.sign(),
            _ if line.starts_with("File with the witness") => self.attest(),
            _ => return None,
        })
    }

    /// Whether somebody is alone at the keyboard: nobody has been told the passphrase of the day since.
    fn asked_alone(&self) -> bool {
        self.papers.len() == self.due
    }

    fn take_papers(&mut self) {
        for page in fs::read_dir(&self.sheets).unwrap() {
            let page = page.unwrap();
            let name = page.file_name().into_string().unwrap();
            let name = name
                .strip_prefix("sheet-")
                .unwrap()
                .strip_suffix(".html")
                .unwrap();
            let (set, holder) = name.split_once("-holder-").unwrap();
            let text = fs::read_to_string(page.path()).unwrap();
            let words = text.split("</b>").skip(1);
            let words: Vec<&str> = words
                .filter_map(|rest| Some(rest.split_once("</li>")?.0))
                .collect();
            self.papers
                .insert((set.to_owned(), holder.to_owned()), words.join(" "));
        }
    }

    fn sign(&mut self) -> String {
        let note = ["year/keys.partial", "year/keys.unsigned"]
            .into_iter()
            .find(|name| self.folder.join(name).exists())
            .unwrap();
        let key = ["r3", "r1"][self.signed];
        let out = format!("signed-{key}");
        good(
            &self.folder,
            &[
                "bundle",
                "sign",
                note,
                "--key",
                key,
                "--out",
                &out,
                "--passphrase-file",
                "pw",
            ],
        );
        self.signed += 1;
        out
    }

    fn attest(&self) -> String {
        let key = if self.arguments.last() == Some(&self.witness) {
            "w2"
        } else {
            "w1"
        };
        let out = format!("attested-{key}");
        #[rustfmt::skip]
        good(&self.folder, &["ceremony", "witness-sign", "year/transcript.txt", "--key", key, "--out", &out,
            "--passphrase-file", "pw"]);
        out
    }

    /// No words of a sheet and no passphrase: not on the screen, not in the folder, not in the arguments.
    fn nothing_secret_is_left(&self, year: &Path) {
        let mut kept = self.heard.clone() + &self.arguments.join(" ");
        let mut left = vec![year.to_owned(), self.sheets.clone()];
        while let Some(folder) = left.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    left.push(path);
                } else {
                    kept.push_str(&String::from_utf8_lossy(&fs::read(&path).unwrap()));
                }
            }
        }
        assert!(
            kept.contains("asylia ceremony transcript v1"),
            "the search sees files"
        );
        for words in self.papers.values() {
            let few: Vec<&str> = words.split(' ').skip(4).take(4).collect();
            assert!(!kept.contains(&few.join(" ")));
        }
        assert!(!kept.contains(TODAY) && !kept.contains(OWN));
    }
}

fn ended(mut program: Child) -> (i32, String) {
    let mut errors = String::new();
    std::io::Read::read_to_string(&mut program.stderr.take().unwrap(), &mut errors).unwrap();
    (program.wait().unwrap().code().unwrap(), errors)
}

/// Every system call of a whole meeting: words are written to the pages in memory, and nowhere else; no
/// passphrase is written at all. Neither stands in an argument or in the environment.
#[test]
fn no_secret_leaves_a_ceremony_but_on_its_pages_under_strace() {
    let (_keep, folder) = office();
    let mut meeting = Meeting::prepare(&folder);
    meeting.one_quarter();
    let trace = folder.join("trace");
    meeting.trace = Some(trace.clone());
    let (code, said) = meeting.run();
    assert_eq!(code, 0, "{said}");
    assert_eq!(meeting.papers.len(), 4);
    let mut secrets = vec![TODAY.to_owned(), OWN.to_owned()];
    let mut on_pages = Vec::new();
    for words in meeting.papers.values() {
        let few: Vec<&str> = words.split(' ').skip(4).take(3).collect();
        secrets.push(few.join(" "));
        on_pages.push(format!("{}</li><li><b>6</b>{}</li>", few[0], few[1]));
    }
    let (mut pages, mut started) = (0, 0);
    for line in fs::read_to_string(&trace).unwrap().lines() {
        let secret = secrets.iter().find(|secret| line.contains(*secret));
        assert_eq!(
            secret,
            None,
            "in a call: {}",
            line.get(..60).unwrap_or(line)
        );
        if on_pages.iter().any(|words| line.contains(words)) {
            let written = line.contains("write(") && line.contains("/sheets/");
            assert!(written, "{}", line.get(..90).unwrap_or(line));
            pages += 1;
        }
        started += usize::from(line.contains("execve("));
    }
    assert_eq!(
        (pages, started),
        (4, 1),
        "the search sees pages and arguments"
    );
}

#[test]
fn what_does_not_begin_a_ceremony_is_said() {
    let (_keep, folder) = office();
    let year = |more: &[&str]| {
        let mut all = vec!["ceremony", "year", "--folder", "year", "--sheets", "sheets"];
        all.extend(more);
        keys(&folder, &all)
    };
    assert!(year(&[]).2.contains("memory") || year(&[]).2.contains("disk"));
    let (code, _, said) = year(&["--danger-sheets-on-disk"]);
    assert!(
        code == 1 && said.contains("needs the root or the key bundle in use"),
        "{said}"
    );
    assert!(!folder.join("year").exists());
}
