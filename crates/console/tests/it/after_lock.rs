//! What is left in memory and on the disk once the pages are locked: nothing that a person wrote, no passphrase,
//! no key. The same search finds them while the vault is open.
#![expect(
    clippy::disallowed_types,
    reason = "the test starts the program and connects to its pages"
)]

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read, Seek, SeekFrom, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::office::{FIRST, Office, PASSPHRASE, story, take};

struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn locked_pages_leave_nothing_readable_behind() {
    let mut office = Office::of_today();
    let mut vault = office.vault();
    let mut report = story(STORY);
    report
        .answers
        .push(("person_names".to_owned(), NAME.to_owned()));
    report
        .files
        .push((FILE.to_owned(), "text/plain".to_owned(), vec![7; 100]));
    let record = office.seal(&report);
    take(&mut vault, &office.pack(std::slice::from_ref(&record))).expect("it is taken");
    vault.close();
    let mut child = start(&office);
    let mut lines = BufReader::new(child.0.stdout.take().expect("a pipe")).lines();
    let page = lines.next().expect("a line").expect("text");
    let launch = fs::read_to_string(page).expect("the launch page");
    let host = part(&launch, "action=\"http://", "/enter\"").to_owned();
    let secret = format!("secret={}", part(&launch, "value=\"", "\""));
    let entered = post(&host, "/enter", "null", "", &secret);
    let cookie = part(&entered.to_lowercase(), "set-cookie: ", ";").to_owned();
    let ours = format!("http://{host}");
    let unlock_page = get(&host, "/", &cookie);
    let date = part(&unlock_page, "name=\"date\" value=\"", "\"").to_owned();
    let form = format!(
        "who={FIRST}&passphrase={}&date={date}",
        PASSPHRASE.replace(' ', "+")
    );
    let unlocked = post(&host, "/unlock", &ours, &cookie, &form);
    assert!(unlocked.starts_with("HTTP/1.1 303"), "{unlocked}");
    let open = format!("/report/{}/identity", record.record_id);
    let case = post(&host, &open, &ours, &cookie, "motive=check");
    assert!(case.contains(STORY) && case.contains(NAME));
    drop(case);
    let secret_text = office.demo.period.identity.to_secret_text();
    let key = secret_text
        .split_whitespace()
        .last()
        .expect("the key stands last");
    let canaries = [STORY, NAME, FILE, PASSPHRASE, &key[24..64]];
    // What a file is called is part of the state in memory: there the search finds it.
    assert_eq!(found(child.0.id(), &[FILE]), [true]);
    let locked = post(&host, "/lock", &ours, &cookie, "x=y");
    assert!(locked.contains("The vault is locked."));
    let left = settled(child.0.id(), &canaries);
    assert_eq!(left, Vec::<String>::new());
    for file in fs::read_dir(office.directory()).expect("the folder is there") {
        let bytes = fs::read(file.expect("an entry").path()).expect("it can be read");
        for canary in canaries {
            assert!(!holds(&bytes, canary.as_bytes()), "{canary} on the disk");
        }
    }
}

fn start(office: &Office) -> Serving {
    let child = Command::new(env!("CARGO_BIN_EXE_asylia-console"))
        .args(["browser", "--no-open", "--vault"])
        .arg(office.directory())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    Serving(child.expect("it starts"))
}

/// What is still found once a second has passed: the time in which answers are on their way out.
fn settled(process: u32, canaries: &[&str]) -> Vec<String> {
    let begin = Instant::now();
    loop {
        let left: Vec<String> = found(process, canaries)
            .into_iter()
            .zip(canaries)
            .filter(|(found, _)| *found)
            .map(|(_, canary)| (*canary).to_owned())
            .collect();
        if left.is_empty() || begin.elapsed() > Duration::from_secs(2) {
            return left;
        }
    }
}

fn found(process: u32, canaries: &[&str]) -> Vec<bool> {
    let forms = |canary: &str| {
        let wide = canary.bytes().flat_map(|byte| [byte, 0]).collect();
        [
            canary.as_bytes().to_vec(),
            wide,
            hex::encode(canary).into_bytes(),
            canary.replace(' ', "+").into_bytes(),
        ]
    };
    canaries
        .iter()
        .map(|canary| forms(canary).iter().any(|form| found_bytes(process, form)))
        .collect()
}

/// Whether the bytes stand anywhere in the readable memory of the process.
fn found_bytes(process: u32, needle: &[u8]) -> bool {
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).expect("it runs");
    let mut memory = File::open(format!("/proc/{process}/mem")).expect("our own process");
    let mut read = 0;
    for line in maps.lines() {
        let mut words = line.split_whitespace();
        let (from, to) = words
            .next()
            .and_then(|range| range.split_once('-'))
            .expect("a range");
        if !words.next().is_some_and(|rights| rights.starts_with('r')) || line.contains("[v") {
            continue;
        }
        let number = |text| u64::from_str_radix(text, 16).expect("a number");
        let (from, to) = (number(from), number(to));
        let mut bytes = vec![0; usize::try_from(to - from).expect("it fits")];
        memory
            .seek(SeekFrom::Start(from))
            .expect("a place in memory");
        // A mapping that went away in between hides nothing.
        if memory.read_exact(&mut bytes).is_ok() {
            read += bytes.len();
            if holds(&bytes, needle) {
                return true;
            }
        }
    }
    assert!(read > 8 << 20, "only {read} bytes of memory were read");
    false
}

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

fn get(host: &str, path: &str, cookie: &str) -> String {
    ask(
        host,
        &format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n"
        ),
    )
}

fn post(host: &str, path: &str, origin: &str, cookie: &str, form: &str) -> String {
    ask(
        host,
        &format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\nCookie: {cookie}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{form}",
            form.len()
        ),
    )
}

fn ask(host: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(host).expect("it listens");
    stream.write_all(request.as_bytes()).expect("it is taken");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    answer
}

fn part<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let (_, rest) = text.split_once(from).expect("it begins");
    rest.split_once(to).expect("it ends").0
}

const STORY: &str = "CANARY-STORY-they-came-at-night-5e1d";
const FILE: &str = "CANARY-FILE-minutes-of-the-visit-3c9b.txt";
const NAME: &str = "CANARY-NAME-Zaphira-Quonsett-77aa";
