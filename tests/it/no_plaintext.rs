//! The promise: what a visitor writes, and the code they are shown, exists on the server for as long as the
//! request takes, in memory, and nowhere else, in no form.
//!
//! A fresh canary goes in as text, as name, as file name and inside a file. One second after the answer the
//! memory, every file and the log are searched, also when the report was cut off or refused; and strace
//! shows every byte that ever left the process. The same searches must find all of it in the leaky server
//! (`src/leak.rs`), or their silence would mean nothing.

use std::path::Path;

use asylia_envelope::{return_code::ReturnCode, words::WordList};
use rand_core::{OsRng, RngCore as _};

use crate::mailbox::office::{Correspondence, Outbox};
use crate::server::{
    Place, Program, Server,
    http::{Content, Form, MULTIPART, Seeded, Shown, Visitor},
    trace,
};
use search::{Found, Hits, Search};

mod search;

#[test]
fn a_report_leaves_no_plaintext_behind() {
    let place = Place::new();
    let server = place.start(Program::Asylia);
    let mut search = Search::new();
    let (canaries, mut visitor) = (Canaries::new(), connect(&server));
    canaries.add_to(&mut search);
    let shown = send(&mut visitor, &canaries);
    add_receipt(&mut search, &place, &shown);
    // The connection is still open, as browsers leave it.
    assert_clean("the connection is kept", &search, &place, &server);
    drop(visitor);
    assert_clean("the connection is closed", &search, &place, &server);
    for _ in 0..8 {
        let more = Canaries::new();
        more.add_to(&mut search);
        let shown = send(&mut connect(&server), &more);
        add_receipt(&mut search, &place, &shown);
    }
    assert_clean("nine reports", &search, &place, &server);
}

#[test]
fn a_report_cut_off_leaves_no_plaintext_behind() {
    let place = Place::new();
    let server = place.start(Program::Asylia);
    let mut search = Search::new();
    let text_bytes = Canaries::new().text_form().length();
    for sent in [
        text_bytes / 2,
        text_bytes - 100,
        text_bytes + 200,
        text_bytes + 70_000,
        text_bytes + FILE_BYTES / 2,
        text_bytes + FILE_BYTES,
    ] {
        let canaries = Canaries::new();
        canaries.add_to(&mut search);
        let begun = connect(&server).begin(canaries.form(), sent);
        begun.expect("the server reads that far");
        assert_clean(&format!("cut after {sent}"), &search, &place, &server);
    }
}

#[test]
fn a_refused_report_leaves_no_plaintext_behind() {
    let place = Place::with_config("report_limit_mib = 1\n");
    let server = place.start(Program::Asylia);
    let mut search = Search::new();
    for (status, kind, form) in [
        (413, MULTIPART, (|c| c.form()) as fn(&Canaries) -> Form),
        (413, MULTIPART, |c| {
            let slightly = Content::Bytes(c.file(1024 * 1024 + 1));
            c.text_form().file(&c.file_name(), slightly)
        }),
        (413, MULTIPART, |c| {
            c.text_form().text("impact", &c.long(300 * 1024))
        }),
        (413, MULTIPART, |c| {
            let texts = ["impact", "acts", "response", "motive", "cooperation"];
            let add = |form: Form, name: &&str| form.text(name, &c.long(250 * 1024));
            texts.iter().fold(Form::default(), add)
        }),
        (422, MULTIPART, |c| {
            Form::default().text("person_names", &c.identity)
        }),
        (415, "text/plain", |c| c.text_form()),
        (415, "application/x-www-form-urlencoded", |c| c.text_form()),
        (400, MULTIPART, |c| {
            let file = Content::Bytes(c.file(800_000));
            let form = c.text_form().file(&c.file_name(), file);
            form.text("impact", &c.story)
        }),
    ] {
        let canaries = Canaries::new();
        canaries.add_to(&mut search);
        let form = form(&canaries);
        let mut visitor = connect(&server);
        let answer = visitor.post_as(kind, form.length(), form.into_body());
        let answer = answer.expect("a refusal can be read");
        assert_eq!(answer.status, status, "{}", answer.head);
        let mut echoed = Hits::new();
        search.count(answer.head.as_bytes(), &mut echoed);
        search.count(answer.body.as_bytes(), &mut echoed);
        assert_eq!(echoed, Hits::new(), "nothing typed is echoed");
        assert_clean(&format!("refused with {status}"), &search, &place, &server);
    }
}

/// Reports that come while there is no room for them, or too many of them.
#[test]
fn a_report_that_finds_no_room_leaves_no_plaintext_behind() {
    let place = Place::with_config("files_per_hour_mib = 1\n");
    let server = place.start(Program::Asylia);
    let mut search = Search::new();
    // The first uses this hour's files up.
    send(&mut connect(&server), &Canaries::new());
    let canaries = Canaries::new();
    canaries.add_to(&mut search);
    let refused = connect(&server).post(canaries.form()).expect("an answer");
    assert_eq!(refused.status, 503, "{}", refused.head);
    assert!(refused.head.to_ascii_lowercase().contains("retry-after"));
    assert_clean("files later", &search, &place, &server);
    drop(server);

    let place = Place::with_config("disk_budget_mib = 64\n");
    let server = place.start(Program::Asylia);
    let large = 36 * 1024 * 1024;
    let fill = |bytes| {
        let file = Content::Seeded(Seeded::new(1, bytes));
        let form = Form::default().text("story", "x").file("f", file);
        connect(&server).post(form).expect("an answer").status
    };
    assert_eq!(fill(large), 200);
    assert_eq!(fill(large), 413);
    assert_eq!([0; 3].map(|_| fill(9 << 20)), [200, 200, 413]);
    let refused = connect(&server).post(canaries.form()).expect("an answer");
    assert_eq!(refused.status, 413, "{}", refused.head);
    assert_clean("text only", &search, &place, &server);
}

/// A defect in the middle of a report: the page says nothing of it, and unwinding clears what was read.
#[test]
fn a_panic_in_the_middle_of_a_report_leaves_no_plaintext_behind() {
    let place = Place::new();
    let server = place.start(Program::Leaky);
    let armed = connect(&server).ask("GET /danger/panic", None);
    assert_eq!(armed.expect("an answer").body, "done");
    let mut search = Search::new();
    let canaries = Canaries::new();
    canaries.add_to(&mut search);
    let failed = connect(&server).post(canaries.form()).expect("an answer");
    assert_eq!(failed.status, 500, "{}", failed.head);
    let log = std::fs::read_to_string(place.log()).expect("the log");
    assert!(log.contains("the program panicked"), "{log}");
    assert_clean("it panicked", &search, &place, &server);
    let next = connect(&server).post(Canaries::new().form());
    assert_eq!(next.expect("the server goes on").status, 200);
}

/// The server opens answers in memory and forgets code, token and answer; deleting leaves no trace either.
#[test]
fn a_mailbox_that_was_read_leaves_no_plaintext_behind() {
    let place = Place::new();
    let server = place.start(Program::Asylia);
    let mut search = Search::new();
    let canaries = Canaries::new();
    canaries.add_to(&mut search);
    let shown = send(&mut connect(&server), &canaries);
    add_receipt(&mut search, &place, &shown);
    let mut office = Correspondence::with_the_reporter_of(&place, "1.asylia");
    let answer = random_letters();
    search.add_text("answer", &answer);
    Outbox::new(&place).deliver(&[&office.received(&answer), &office.message(&answer)]);
    for code in [&shown.code_words, &shown.code_digits] {
        let form = Form::default().text("code", code);
        let page = connect(&server).post_to("/mailbox", form);
        let page = page.expect("an answer");
        assert!(page.body.contains(&answer) && page.body.contains(&shown.proof_words));
        assert_clean("the answers were read", &search, &place, &server);
    }
    let mistyped = Form::default().text("code", &format!("{} more", shown.code_words));
    let slip = connect(&server).post_to("/mailbox", mistyped);
    assert_eq!(slip.expect("an answer").status, 422);
    let all = Form::default()
        .text("which", "all")
        .text("code", &shown.code_digits);
    let deleted = connect(&server).post_to("/mailbox/delete", all);
    assert_eq!(deleted.expect("an answer").status, 200);
    assert_clean("the answers were deleted", &search, &place, &server);
}

/// What is sent later is sealed and signed in memory: neither words, files, codes nor keys stay.
#[test]
fn a_follow_up_leaves_no_plaintext_behind() {
    let place = Place::new();
    let server = place.start(Program::Asylia);
    let mut search = Search::new();
    let canaries = Canaries::new();
    canaries.add_to(&mut search);
    let code = ReturnCode::generate(&mut OsRng);
    let (words, digits) = (code.to_words(WordList::English), code.to_digits());
    let shown = |words: &str, digits: &str| Shown {
        code_words: words.to_owned(),
        code_digits: digits.replace(' ', ""),
        // Of no report; three words that nothing else on a page has.
        proof_words: random_letters(),
    };
    add_receipt(&mut search, &place, &shown(&words, &digits));
    let keys = code.derive_mailbox(place.office().content.instance);
    search.add("signing seed".to_owned(), keys.signing_key.seed().to_vec());
    let form = Form::default()
        .text("code", &words)
        .text("page_number", &"5c".repeat(16))
        .text("new_code", "yes")
        .text("story", &canaries.long(120 * 1024))
        .text("person_names", &format!("Somebody {}", canaries.identity))
        .file(
            &canaries.file_name(),
            Content::Bytes(canaries.file(1 << 20)),
        );
    let sent = connect(&server).post_to("/mailbox/send", form);
    let sent = sent.expect("an answer");
    assert_eq!(sent.status, 200, "{}", sent.body);
    let new = |id: &str| sent.output(id).expect("a new code");
    let new = shown(&new("return-code"), &new("return-digits"));
    add_receipt(&mut search, &place, &new);
    assert_clean("a follow-up was sent", &search, &place, &server);

    let more = Canaries::new();
    more.add_to(&mut search);
    let mistyped = Form::default()
        .text("code", &format!("{} more", *words))
        .text("story", &more.story)
        .file(&more.file_name(), Content::Bytes(more.file(1 << 20)));
    let slip = connect(&server).post_to("/mailbox/send", mistyped);
    assert_eq!(slip.expect("an answer").status, 422);
    assert_clean("a follow-up was refused", &search, &place, &server);
}

/// Negative control: the same canaries, the same search, a server that keeps what it reads.
#[test]
fn the_search_finds_what_the_leaky_server_keeps() {
    let place = Place::new();
    let server = place.start(Program::Leaky);
    let mut search = Search::new();
    let canaries = Canaries::new();
    canaries.add_to(&mut search);
    let shown = send(&mut connect(&server), &canaries);
    add_receipt(&mut search, &place, &shown);
    let found = search.settle(&place, &server);
    for kind in KINDS.iter().chain(&SHOWN) {
        for (where_, hits) in [
            ("memory", &found.memory),
            ("disk", &found.disk),
            ("log", &found.log),
        ] {
            let named = |name: &&String| name.starts_with(kind) && name.ends_with("raw");
            let count = hits.keys().filter(named).count();
            assert!(
                count > 0,
                "the search of the {where_} misses the {kind}: {hits:?}"
            );
        }
    }
}

/// The name ends in the tool's, so that a run without it can leave these tests out and say so.
#[test]
fn plaintext_passes_no_system_call_but_the_socket_s_under_strace() {
    let (out, into) = traced(Program::Asylia);
    assert_eq!(out, Hits::new(), "bytes that left the process");
    for kind in KINDS {
        let seen = into.keys().any(|name| name.starts_with(kind));
        assert!(seen, "the trace shows no {kind} on its way in: {into:?}");
    }
}

/// Negative control: the leaky server's writes must show in a trace read the same way.
#[test]
fn the_leaky_server_s_writes_show_under_strace() {
    let (out, _) = traced(Program::Leaky);
    for kind in KINDS.iter().chain(&SHOWN) {
        let found = out.keys().any(|name| name.starts_with(kind));
        assert!(found, "the trace misses the {kind}: {out:?}");
    }
}

/// Feature unification must not make a leak out of the product: the leak's file is named in one only.
#[test]
fn only_the_leaky_program_holds_the_leak() {
    let holds = |program: Program| {
        let bytes = std::fs::read(program.path()).expect("a program");
        let mut search = Search::new();
        search.add("leak".to_owned(), b"danger-leak.plaintext".to_vec());
        let mut hits = Hits::new();
        search.count(&bytes, &mut hits);
        !hits.is_empty()
    };
    assert!(!holds(Program::Asylia));
    assert!(holds(Program::Leaky));
}

/// Sends one report to a traced server; returns what was found in calls where it must not be, and what was
/// found on its way in.
fn traced(program: Program) -> (Hits, Hits) {
    let place = Place::new();
    let (server, trace) = place.start_traced(program);
    let (mut typed, mut shown) = (Search::new(), Search::new());
    let canaries = Canaries::new();
    canaries.add_to(&mut typed);
    add_receipt(&mut shown, &place, &send(&mut connect(&server), &canaries));
    server.stop();
    let (mut out, mut into) = (Hits::new(), Hits::new());
    for line in trace::read(Path::new(&trace)) {
        // What is typed comes in over the socket, what is shown goes out over it; all else is a leak.
        let (comes, goes) = (line.reads(), line.writes());
        let typed_hits = if comes && line.is_on_socket() {
            &mut into
        } else {
            &mut out
        };
        typed.count(&line.bytes, typed_hits);
        // The kernel draws the code's bits.
        if !(goes && line.is_on_socket() || line.name == "getrandom") {
            shown.count(&line.bytes, &mut out);
        }
    }
    (out, into)
}

/// Random marks of one report.
struct Canaries {
    story: String,
    identity: String,
    file_name: String,
    content: String,
}

impl Canaries {
    fn new() -> Self {
        Self {
            story: random_letters(),
            identity: random_letters(),
            file_name: random_letters(),
            content: random_letters(),
        }
    }

    fn add_to(&self, search: &mut Search) {
        let texts = [&self.story, &self.identity, &self.file_name, &self.content];
        for (kind, text) in KINDS.iter().zip(texts) {
            let (first, second) = text.split_at(text.len() / 2);
            search.add_text(&format!("{kind}, first half"), first);
            search.add_text(&format!("{kind}, second half"), second);
        }
    }

    /// The text fields: a story that arrives in many pieces, and a name.
    fn text_form(&self) -> Form {
        Form::default()
            .text("page_number", "")
            .text("story", &self.long(120 * 1024))
            .text("person_names", &format!("Somebody {}", self.identity))
    }

    fn form(&self) -> Form {
        let bytes = usize::try_from(FILE_BYTES).expect("small");
        let content = Content::Bytes(self.file(bytes));
        self.text_form().file(&self.file_name(), content)
    }

    /// The story's mark every 4 KiB of other text.
    fn long(&self, bytes: usize) -> String {
        let piece = format!("{}{} ", self.story, " and so on".repeat(406));
        piece.repeat(bytes / piece.len())
    }

    fn file_name(&self) -> String {
        format!("photograph {}.jpg", self.file_name)
    }

    /// Bytes without pattern, with the mark at both ends and across the borders of every kind of block.
    fn file(&self, bytes: usize) -> Vec<u8> {
        let mark = self.content.as_bytes();
        let mut file = Seeded::new(OsRng.next_u64(), bytes as u64).to_vec();
        for at in [0, 8_180, 65_520, 262_130, 700_000, bytes - mark.len()] {
            file[at..at + mark.len()].copy_from_slice(mark);
        }
        file
    }
}

/// Adds what the receipt shows, in all its forms, and the code as the number it is.
fn add_receipt(search: &mut Search, place: &Place, shown: &Shown) {
    let words: Vec<&str> = shown.code_words.split(' ').collect();
    for three in words.windows(3) {
        search.add_text("code words, as text", &three.join(" "));
    }
    let digits = &shown.code_digits;
    for at in (0..=20).step_by(4) {
        let twelve = &digits[at..at + 12];
        let groups = [&twelve[..4], &twelve[4..8], &twelve[8..]];
        search.add_text("code digits, as text", twelve);
        search.add_text("code digits, as page", &groups.join(" "));
    }
    let proof: Vec<&str> = shown.proof_words.split(' ').collect();
    search.add_text("proof words, as text", &proof.join(" "));
    search.add_text("proof words, as JSON", &proof.join("\",\""));
    let number: u128 = digits.parse().expect("34 digits");
    let secret = number >> 8;
    search.add(
        "code number".to_owned(),
        secret.to_le_bytes()[..13].to_vec(),
    );
    search.add("code number".to_owned(), secret.to_be_bytes()[3..].to_vec());
    search.add(
        "code number".to_owned(),
        number.to_le_bytes()[..14].to_vec(),
    );
    let code = ReturnCode::parse(digits).expect("a code that was shown");
    let mailbox = code.derive_mailbox(place.office().content.instance);
    search.add("mailbox token".to_owned(), mailbox.lookup_token.to_vec());
}

fn assert_clean(when: &str, search: &Search, place: &Place, server: &Server) {
    let found = search.settle(place, server);
    assert_eq!(found, Found::default(), "plaintext was found: {when}");
}

fn connect(server: &Server) -> Visitor {
    Visitor::connect(server.address()).expect("the server listens")
}

fn send(visitor: &mut Visitor, canaries: &Canaries) -> Shown {
    let answer = visitor.post(canaries.form()).expect("an answer");
    answer.receipt().expect("a receipt")
}

fn random_letters() -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let letter = || char::from(LETTERS[OsRng.next_u32() as usize % LETTERS.len()]);
    std::iter::repeat_with(letter).take(32).collect()
}

/// What a visitor sends.
const KINDS: [&str; 4] = ["story", "identity", "file name", "content"];
/// What a receipt shows.
const SHOWN: [&str; 3] = ["code words", "code digits", "proof words"];
const FILE_BYTES: u64 = 3 * 1024 * 1024;
