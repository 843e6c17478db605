//! The mailbox as visitors meet it: unknown, empty and full alike, replies read and deleted, slips named, the
//! code in no answer.

use std::collections::BTreeSet;

use asylia_envelope::{
    ids::InstanceId,
    reply::{REPLY_SLOT_BYTES, ReplyError, open_slot},
    return_code::ReturnCode,
    transfer::OfficeSubject,
};
use rand_core::OsRng;

use crate::server::{
    Place, Program, Server,
    http::{Answer, Form, Visitor},
    long,
};
use office::{Correspondence, Outbox};

mod collection;
mod decoys;
mod export;
mod follow_ups;
mod import;
mod notice;
pub(crate) mod office;
mod pairing;
#[expect(
    clippy::indexing_slicing,
    reason = "a wrong index fails the test, as it should"
)]
mod timing;

/// Report, try the code, read the first answer with its three words, delete it.
#[test]
fn a_person_reads_and_deletes_what_the_office_wrote() {
    let place = Place::new();
    let server = place.start(Program::Asylia);
    let mut visitor = Visitor::connect(server.address()).expect("the server listens");
    let form = Form::default().text("story", "It happened in March.");
    let shown = visitor.post(form).expect("an answer").receipt();
    let shown = shown.expect("a receipt");

    let tried = read(&server, &shown.code_words);
    assert_eq!(tried.status, 200);
    assert!(tried.body.contains("There is no answer for this code"));

    let mut office = Correspondence::with_the_reporter_of(&place, "1.asylia");
    let (first, second) = (office.received("We have it."), office.message("Rest well."));
    Outbox::new(&place).deliver(&[&first, &second]);

    for code in [&shown.code_digits, &shown.code_words.to_uppercase()] {
        let answer = read(&server, code);
        let body = &answer.body;
        let places = [&shown.proof_words, "We have it.", "Rest well."]
            .map(|text| body.find(text).expect("it is shown"));
        assert!(places.is_sorted(), "oldest first");
        assert_no_echo(&answer, &shown.code_words, &shown.code_digits);
    }
    let digest = office::digest(&second);
    assert!(read(&server, &shown.code_words).body.contains(&digest));

    let deleted = delete(&server, &shown.code_words, &digest);
    assert_eq!(deleted.status, 200);
    let left = read(&server, &shown.code_words).body;
    assert!(left.contains("We have it.") && !left.contains("Rest well."));
    assert_no_echo(&deleted, &shown.code_words, &shown.code_digits);
    let deleted_all = delete(&server, &shown.code_digits, "all");
    assert_eq!(
        (deleted_all.status, &deleted_all.body),
        (200, &deleted.body)
    );
    let empty = read(&server, &shown.code_words).body;
    let (empty, tried) = (without_number(&empty), without_number(&tried.body));
    assert_eq!(empty, tried, "as if there had never been an answer");
}

/// The page without the number that is drawn for each.
fn without_number(page: &str) -> String {
    let begins = "name=page_number value=";
    let (before, after) = page.split_once(begins).expect("a form is on it");
    let (number, after) = after.split_at(32);
    assert!(number.bytes().all(|byte| byte.is_ascii_hexdigit()));
    format!("{before}{after}")
}

/// Unknown, empty and full: the same length and the same head, a thousand times each, for persons and programs.
#[test]
fn unknown_empty_and_full_mailboxes_answer_alike() {
    let place = Place::new();
    let server = place.start(Program::Asylia);
    let codes = three_codes(&place);
    let times = if long() { 1000 } else { 50 };
    let (mut pages, mut answers) = (BTreeSet::new(), BTreeSet::new());
    for _ in 0..times {
        for code in &codes {
            let page = read(&server, &code.to_digits());
            pages.insert((page.status, page.head, page.body.len()));
            let keys = code.derive_mailbox(instance(&place));
            let (status, head, body) = program(&server, &*keys.lookup_token);
            answers.insert((status, head, body.len()));
        }
    }
    assert_eq!(pages.len(), 1, "{pages:?}");
    assert_eq!(answers.len(), 1, "{answers:?}");
    let (status, head, length) = pages.pop_first().expect("one");
    assert_eq!((status, length), (200, 48_000));
    assert!(head.contains("cache-control: no-store"), "{head}");
    let (status, _, length) = answers.pop_first().expect("one");
    assert_eq!((status, length), (200, 4 * REPLY_SLOT_BYTES));
}

/// Dummies are real seals: only their holder's code tells a reply from them, and no code opens a dummy.
#[test]
fn a_program_gets_four_slots_and_opens_what_is_its_own() {
    let place = Place::new();
    let server = place.start(Program::Asylia);
    let office_keys = &place.office().content.office_keys;
    for (code, replies) in three_codes(&place).iter().zip([0, 0, 4]) {
        let keys = code.derive_mailbox(instance(&place));
        let (_, _, body) = program(&server, &*keys.lookup_token);
        let opened = body.chunks(REPLY_SLOT_BYTES).filter(|slot| {
            match open_slot(slot, &keys, instance(&place), office_keys) {
                Ok(_) => true,
                Err(ReplyError::NothingForThisCode) => false,
                Err(error) => panic!("a slot is {error}"),
            }
        });
        assert_eq!(opened.count(), replies);
        // As JSON the same.
        let json = format!("{{\"token\":\"{}\"}}", hex::encode(*keys.lookup_token));
        let (status, _, body) = send(&server, API, JSON, json.as_bytes());
        assert_eq!((status, body.len()), (200, 4 * REPLY_SLOT_BYTES));
    }
}

#[test]
fn a_program_deletes_one_reply_or_all_and_nothing_by_accident() {
    let place = Place::new();
    let server = place.start(Program::Asylia);
    let [_, _, full] = three_codes(&place);
    let keys = full.derive_mailbox(instance(&place));
    let token = hex::encode(*keys.lookup_token);
    let (_, _, body) = program(&server, &*keys.lookup_token);
    let first = body.get(..REPLY_SLOT_BYTES).expect("four slots").to_vec();
    let delete = |body: String| send(&server, API_DELETE, JSON, body.as_bytes()).0;
    for nothing in [
        format!("{{\"token\":\"{token}\"}}"),
        format!("{{\"token\":\"{token}\",\"all\":true,\"slots\":[\"{token}\"]}}"),
        format!("{{\"token\":\"{token}\",\"slots\":[\"{}\"]}}", &token[2..]),
        format!("{{\"token\":\"{}\",\"all\":true}}", &token[2..]),
        format!("{{\"token\":\"{token}\",\"all\":true,\"more\":1}}"),
        "[]".to_owned(),
    ] {
        assert_eq!(delete(nothing.clone()), 400, "{nothing}");
    }
    let kept = |server: &Server| {
        let (_, _, body) = program(server, &*keys.lookup_token);
        let open = |slot: &[u8]| {
            let office_keys = &place.office().content.office_keys;
            open_slot(slot, &keys, instance(&place), office_keys).is_ok()
        };
        let slots = body.chunks(REPLY_SLOT_BYTES);
        slots.filter(|slot| open(slot)).count()
    };
    assert_eq!(kept(&server), 4);
    let one = office::digest(&first);
    assert_eq!(
        delete(format!("{{\"token\":\"{token}\",\"slots\":[\"{one}\"]}}")),
        204
    );
    assert_eq!(kept(&server), 3);
    assert_eq!(
        delete(format!("{{\"token\":\"{token}\",\"all\":true}}")),
        204
    );
    assert_eq!(kept(&server), 0);
    for (kind, body) in [
        ("application/octet-stream", &[7; 31][..]),
        ("application/octet-stream", &[7; 33]),
        ("text/plain", &[7; 32]),
        (JSON, &[b' '; 2000]),
    ] {
        let (status, _, answer) = send(&server, API, kind, body);
        let answer = String::from_utf8(answer).expect("JSON");
        assert_eq!(status, 400, "{kind}: {answer}");
        assert!(answer.contains("\"error\":\"malformed\""), "{answer}");
    }
}

#[test]
fn a_slip_of_the_pen_is_named_and_never_shown_back() {
    let place = Place::new();
    let server = place.start(Program::Asylia);
    let code = ReturnCode::generate(&mut OsRng);
    let words = code
        .to_words(asylia_envelope::words::WordList::English)
        .to_string();
    let words: Vec<&str> = words.split(' ').collect();
    let mut nine = words.clone();
    nine.pop();
    let with = |place: usize, word| {
        let mut typed = words.clone();
        if let Some(slot) = typed.get_mut(place) {
            *slot = word;
        }
        typed.join(" ")
    };
    let exchanged = ["abandon", "zoo"].map(|word| with(4, word));
    let mistyped = exchanged
        .iter()
        .find(|typed| ReturnCode::parse(typed).is_err());
    for (typed, says) in [
        (
            with(2, "qqqqqq"),
            "Word 3 is not a word that a code can have",
        ),
        (
            mistyped.expect("one of two does not fit").clone(),
            "is mistyped",
        ),
        (nine.join(" "), "ten words, or 34 digits"),
        (String::new(), "ten words, or 34 digits"),
    ] {
        for answer in [read(&server, &typed), delete(&server, &typed, "all")] {
            assert_eq!(answer.status, 422);
            assert!(answer.body.contains(says), "{says}");
            assert_eq!(answer.body.len(), 10_000);
            assert!(typed.is_empty() || !answer.body.contains(&typed));
            assert!(!answer.body.contains("qqqqqq"));
        }
    }
}

#[test]
fn a_form_that_asks_for_nothing_or_is_none_of_ours_is_named() {
    let place = Place::new();
    let server = place.start(Program::Asylia);
    let whole = ReturnCode::generate(&mut OsRng).to_digits().to_string();
    let nothing_chosen = post(
        &server,
        "/mailbox/delete",
        Form::default().text("code", &whole),
    );
    assert_eq!(nothing_chosen.status, 422);
    assert!(nothing_chosen.body.contains("Nothing was chosen"));
    let long = post(
        &server,
        "/mailbox",
        Form::default().text("code", &"word ".repeat(2000)),
    );
    let other = post(
        &server,
        "/mailbox",
        Form::default().text("story", "It happened."),
    );
    for answer in [long, other] {
        assert_eq!(answer.status, 400);
        assert!(answer.body.contains("The code could not be read"));
        assert!(!answer.body.contains("The report was not stored"));
    }
}

/// A proxy in front would read the code.
#[test]
fn no_code_is_taken_over_the_clear_web() {
    let place = Place::with_config("clear_web = true\n");
    let server = place.start(Program::Asylia);
    let mut visitor = Visitor::connect(server.address()).expect("the server listens");
    let page = visitor.ask("GET /mailbox", None).expect("an answer");
    assert!(page.status == 200 && !page.body.contains("formaction"));
    let code = ReturnCode::generate(&mut OsRng);
    assert_eq!(read(&server, &code.to_digits()).status, 403);
    assert_eq!(delete(&server, &code.to_digits(), "all").status, 403);
    let keys = code.derive_mailbox(instance(&place));
    assert_eq!(program(&server, &*keys.lookup_token).0, 200);
}

/// One that nobody ever wrote to, one that was emptied, one with four replies.
fn three_codes(place: &Place) -> [ReturnCode; 3] {
    let codes = [(); 3].map(|()| ReturnCode::generate(&mut OsRng));
    let [_, empty, full] = &codes;
    let instance = instance(place);
    let mut once = Correspondence::with(place, &empty.derive_mailbox(instance));
    let mut often = Correspondence::with(place, &full.derive_mailbox(instance));
    let text = "a line of text & more\n".repeat(150);
    let slots = [
        once.received("Gone."),
        often.received(&text),
        often.message(&text),
        often.message("Short."),
        often.message(&text),
    ];
    let mut outbox = Outbox::new(place);
    outbox.deliver(&slots.each_ref());
    let purge = OfficeSubject::Purge(empty.derive_mailbox(instance).lookup_id());
    place.run("import", &[&outbox.write(&[(purge, Vec::new())])]);
    codes
}

fn assert_no_echo(answer: &Answer, words: &str, digits: &str) {
    let words: Vec<&str> = words.split(' ').collect();
    for three in words.windows(3) {
        assert!(!answer.body.contains(&three.join(" ")), "words are echoed");
    }
    let grouped = digits.get(..8).expect("34 digits");
    assert!(!answer.body.contains(grouped), "digits are echoed");
}

fn read(server: &Server, code: &str) -> Answer {
    post(server, "/mailbox", Form::default().text("code", code))
}

fn delete(server: &Server, code: &str, which: &str) -> Answer {
    let form = Form::default().text("which", which).text("code", code);
    post(server, "/mailbox/delete", form)
}

fn post(server: &Server, path: &str, form: Form) -> Answer {
    let mut visitor = Visitor::connect(server.address()).expect("the server listens");
    visitor.post_to(path, form).expect("an answer")
}

fn program(server: &Server, token: &[u8]) -> (u16, String, Vec<u8>) {
    send(server, API, "application/octet-stream", token)
}

fn send(server: &Server, path: &str, kind: &str, body: &[u8]) -> (u16, String, Vec<u8>) {
    let mut visitor = Visitor::connect(server.address()).expect("the server listens");
    visitor.post_bytes(path, kind, body).expect("an answer")
}

fn instance(place: &Place) -> InstanceId {
    place.office().content.instance
}

const API: &str = "/api/v1/mailbox";
const API_DELETE: &str = "/api/v1/mailbox/delete";
const JSON: &str = "application/json";
