//! What a person sends later with the code, JavaScript off: sealed and signed like a report, alike on the disk, slips
//! named, nothing kept of what is refused.

use std::fs;

use asylia_envelope::{
    follow_up::{Permission, Purpose},
    ids::{PageNumber, QuestionNonce},
    open::{OpenedFollowUp, OpenedRecord},
    record::SealedBy,
    return_code::ReturnCode,
    submission::MailboxAddress,
};
use rand_core::OsRng;

use super::{
    instance,
    office::{Correspondence, Outbox},
    post, read,
};
use crate::server::{
    Place, Program, Server,
    http::{Answer, Content, Form, Shown, Visitor},
};

/// Report, read the question, answer it with a file, lower and withdraw; the office finds it all, signed.
#[test]
fn a_person_answers_adds_and_takes_back_and_the_office_can_prove_it() {
    let place = Place::new();
    let server = place.start(Program::Asylia);
    let shown = report(&server);
    let mut office = Correspondence::with_the_reporter_of(&place, "1.asylia");
    let asked = QuestionNonce([5; 16]);
    let (first, question) = (
        office.received("We have it."),
        office.question(asked, "May an expert know?"),
    );
    office.confirm(4_000_000_000);
    let third = office.message("Take care.");
    Outbox::new(&place).deliver(&[&first, &question, &third]);

    let page = read(&server, &shown.code_words).body;
    let hidden = hidden(&page, "read");
    assert_eq!(hidden, office.newest().expect("three replies").to_string());
    assert!(
        page.contains(&format!("<option value={asked}>Answer 2")),
        "the question can be chosen"
    );

    let form = Form::default()
        .text("page_number", &self::hidden(&page, "page_number"))
        .text("read", &hidden)
        .text("code", &shown.code_words.to_uppercase())
        .text("question", &asked.to_string())
        .text("story", "Yes, but not my brother.")
        .text("in_danger_now", "soon")
        .text("permission_mandate_holders", "without_identity")
        .text("permission_government", "no")
        .text("permission_sg_report", "")
        .text("withdraw_all", "yes")
        .file("later.jpg", Content::Bytes(b"a picture".to_vec()));
    let sent = post(&server, "/mailbox/send", form);
    assert_eq!((sent.status, sent.body.len()), (200, 10_000));
    assert!(sent.body.contains("Stored, locked") && !sent.body.contains("brother"));

    let (record, files) = follow_up_in(&place, "2.asylia");
    let account = reports_in(&place, "3.asylia");
    let mailbox = account.account.expect("the account opens").mailbox;
    assert_eq!(record.verify_follow_up(&mailbox), Ok(()));
    assert_eq!(files, [b"a picture"]);
    assert_eq!(record.head.path, SealedBy::Server);
    assert_ne!(record.submission_id, account.submission_id);
    let said = said(&record);
    assert_eq!(said.answers.text("story"), Some("Yes, but not my brother."));
    assert_eq!(said.answers.text("in_danger_now"), Some("soon"));
    assert_eq!(said.nonce, Some(asked));
    assert_eq!(said.answers_reply, office.newest());
    assert!(said.withdraw_all && !said.delete_report && said.new_mailbox.is_none());
    let permissions = [
        (Purpose::MandateHolders, Permission::WithoutIdentity),
        (Purpose::Government, Permission::No),
    ];
    assert_eq!(said.permissions, permissions.into());
    assert_eq!(
        said.counter, 4_000_000_001,
        "above what the office confirmed"
    );
}

#[test]
fn each_follow_up_has_a_higher_place_than_the_one_before_though_nobody_keeps_it() {
    let place = Place::new();
    let server = place.start(Program::Asylia);
    let code = ReturnCode::generate(&mut OsRng);
    let mut places = Vec::new();
    for number in 0..2 {
        assert_eq!(say(&server, &code, "More.").status, 200);
        let name = format!("{number}.asylia");
        let records = place.open_all(&place.export(&name));
        places = records.iter().map(|record| said(record).counter).collect();
        // The place is the second of sealing; two within one second are no two acts of a person.
        let now = std::time::Instant::now();
        while now.elapsed().as_millis() < 1_050 {
            std::thread::yield_now();
        }
    }
    places.sort_unstable();
    places.dedup();
    assert_eq!(places.len(), 2, "{places:?}");
}

#[test]
fn a_new_code_is_shown_once_and_signed_by_both() {
    let place = Place::new();
    let server = place.start(Program::Asylia);
    let code = ReturnCode::generate(&mut OsRng);
    let form = new_code_form(&code, &PageNumber::generate(&mut OsRng));
    let sent = post(&server, "/mailbox/send", form);
    assert_eq!((sent.status, sent.body.len()), (200, 10_000));
    let digits = sent
        .output("return-digits")
        .expect("a new code")
        .replace(' ', "");
    let words = sent.output("return-code").expect("a new code");
    let new = ReturnCode::parse(&digits).expect("a whole code");
    assert_eq!(
        *ReturnCode::parse(&words).expect("the same").to_digits(),
        digits
    );
    assert_ne!(digits, *code.to_digits());
    let (record, _) = follow_up_in(&place, "1.asylia");
    let old = MailboxAddress::of(&code.derive_mailbox(instance(&place)));
    assert_eq!(record.verify_follow_up(&old), Ok(()));
    let named = said(&record).new_mailbox.clone().expect("a new mailbox");
    assert!(named == MailboxAddress::of(&new.derive_mailbox(instance(&place))));
}

/// The first answer may be lost, and the page posted again: the office puts the code of the first in force.
#[test]
fn a_page_that_is_posted_twice_names_one_new_code_and_shows_it_both_times() {
    let place = Place::new();
    let server = place.start(Program::Asylia);
    let code = ReturnCode::generate(&mut OsRng);
    let page = PageNumber::generate(&mut OsRng);
    let shown = |page: &PageNumber| {
        let sent = post(&server, "/mailbox/send", new_code_form(&code, page));
        sent.output("return-digits")
            .expect("a new code")
            .replace(' ', "")
    };
    let (first, again) = (shown(&page), shown(&page));
    assert_eq!(first, again);
    assert_ne!(shown(&PageNumber::generate(&mut OsRng)), first);
    let new = ReturnCode::parse(&first).expect("a whole code");
    let new = MailboxAddress::of(&new.derive_mailbox(instance(&place)));
    let records = place.open_all(&place.export("1.asylia"));
    let of_page = records
        .iter()
        .filter(|record| said(record).page_number == Some(page));
    let named: Vec<_> = of_page
        .map(|record| said(record).new_mailbox.clone())
        .collect();
    assert!(named.len() == 2 && named.iter().all(|named| named.as_ref() == Some(&new)));
}

#[test]
fn what_is_refused_is_named_and_leaves_nothing() {
    let place = Place::new();
    let server = place.start(Program::Asylia);
    let code = ReturnCode::generate(&mut OsRng);
    let whole = code.to_digits().to_string();
    for (form, status, says) in bad_codes(&whole).into_iter().chain(bad_forms(&code)) {
        let answer = post(&server, "/mailbox/send", form);
        assert_eq!(answer.status, status, "{says}: {}", answer.body);
        assert!(answer.body.contains(says), "{says}");
        assert!(!answer.body.contains("Secret") && !answer.body.contains(&whole));
        assert_eq!(answer.body.len(), 10_000);
    }
    // Stopped, so that what was cut off is not being removed while the store is looked at.
    server.stop();
    assert_eq!(place.records(), 0);
    let server = place.start(Program::Asylia);
    // A file alone says something.
    let alone = form(&code).file("a.jpg", Content::Bytes(b"x".to_vec()));
    assert_eq!(post(&server, "/mailbox/send", alone).status, 200);
    assert_eq!(place.records(), 1);
}

type Bad = (Form, u16, &'static str);

/// Forms whose code is mistyped, short, or not there.
fn bad_codes(whole: &str) -> Vec<Bad> {
    let (begin, end) = whole.split_at(33);
    let mistyped = format!("{begin}{}", if end == "0" { '1' } else { '0' });
    let with = |code: &str| {
        Form::default()
            .text("code", code)
            .text("story", "Secret words.")
    };
    let unknown = "zzzz one two three four five six seven eight nine";
    vec![
        (with(&mistyped), 422, "is mistyped"),
        (with(unknown), 422, "Word 1 is not"),
        (with(""), 422, "ten words, or 34 digits"),
        (with(&mistyped).file("a.jpg", picture()), 422, "is mistyped"),
        (
            Form::default().text("story", "Secret words."),
            400,
            "could not be read",
        ),
        (
            Form::default().file("a.jpg", picture()),
            400,
            "could not be read",
        ),
    ]
}

/// Forms that say nothing, or what our page cannot have written.
fn bad_forms(code: &ReturnCode) -> Vec<Bad> {
    let blank = form(code)
        .text("story", " \r\n")
        .text("permission_government", "");
    let behind = form(code).file("a.jpg", picture()).text("story", "Behind.");
    let with =
        |name: &str, value: &str| form(code).text("story", "Secret words.").text(name, value);
    vec![
        (form(code), 422, "nothing was said"),
        (blank, 422, "nothing was said"),
        (with("permission_everybody", "no"), 400, "could not be read"),
        (
            with("permission_government", "always"),
            400,
            "could not be read",
        ),
        (with("question", "maybe"), 400, "could not be read"),
        // Without the number of its page it would be another code each time it is sent.
        (with("new_code", "yes"), 400, "could not be read"),
        (behind, 400, "could not be read"),
    ]
}

fn picture() -> Content {
    Content::Bytes(vec![7; 3_000_000])
}

/// A code of nobody is taken like any other: the server cannot tell, and the office refuses it.
#[test]
fn on_the_disk_a_follow_up_is_a_record_like_a_report() {
    let place = Place::new();
    let server = place.start(Program::Asylia);
    report(&server);
    let code = ReturnCode::generate(&mut OsRng);
    assert_eq!(say(&server, &code, "More.").status, 200);
    let status = place.status();
    let (bytes, stored) = (
        status["bytes"].as_u64(),
        asylia_envelope::padding::stored_bytes(65_536),
    );
    assert_eq!(bytes, Some(2 * stored), "of one class");
    let lookup = code.derive_mailbox(instance(&place)).lookup_id().0;
    drop(server);
    for file in fs::read_dir(place.data()).expect("own folder") {
        let bytes = fs::read(file.expect("own folder").path()).expect("own file");
        assert!(
            !bytes.windows(32).any(|window| window == lookup),
            "the mailbox is named"
        );
    }
}

#[test]
fn nothing_is_sent_with_a_code_over_the_clear_web_or_while_the_form_is_closed() {
    let place = Place::with_config("clear_web = true\n");
    let server = place.start(Program::Asylia);
    let code = ReturnCode::generate(&mut OsRng);
    assert_eq!(say(&server, &code, "More.").status, 403);
    let page = ask(&server, "GET /mailbox/send");
    assert!(page.status == 200 && !page.body.contains("formaction"));
    drop(server);

    let place = Place::new();
    let mut expired = place.office().content.clone();
    expired.sequence += 1;
    expired.not_after = expired.not_before;
    let yesterday = expired.not_before.days_since_1970() - 1;
    let day = |number| asylia_envelope::day::Day::from_days_since_1970(number).expect("a day");
    (expired.not_before, expired.not_after) = (day(yesterday - 1), day(yesterday));
    place.set_bundle(&expired);
    let server = place.start(Program::Asylia);
    assert_eq!(ask(&server, "GET /mailbox/send").status, 503);
    assert_eq!(say(&server, &code, "More.").status, 503);
}

#[test]
fn the_form_says_beforehand_what_the_server_can_see_and_gives_its_code_to_no_url() {
    let place = Place::new();
    let server = place.start(Program::Asylia);
    let page = ask(&server, "GET /mailbox/send").body;
    let told = page.find("our server sees your code").expect("it says so");
    assert!(told < page.find("name=code").expect("a field for the code"));
    assert!(
        page.contains("type=file") && page.contains("last collected")
            || page.contains("has not collected")
    );
    assert_ne!(
        hidden(&page, "page_number"),
        hidden(&ask(&server, "GET /mailbox/send").body, "page_number")
    );
    // The receipt leads there.
    let mut visitor = Visitor::connect(server.address()).expect("the server listens");
    let receipt = visitor.post(Form::default().text("story", "It happened."));
    assert!(
        receipt
            .expect("an answer")
            .body
            .contains("href=/mailbox/send")
    );
}

fn report(server: &Server) -> Shown {
    let mut visitor = Visitor::connect(server.address()).expect("the server listens");
    let answer = visitor.post(Form::default().text("story", "It happened in March."));
    answer.expect("an answer").receipt().expect("a receipt")
}

fn form(code: &ReturnCode) -> Form {
    Form::default().text("code", &code.to_digits())
}

fn new_code_form(code: &ReturnCode, page: &PageNumber) -> Form {
    let form = form(code).text("page_number", &page.to_string());
    form.text("new_code", "yes")
}

fn say(server: &Server, code: &ReturnCode, story: &str) -> Answer {
    post(server, "/mailbox/send", form(code).text("story", story))
}

fn ask(server: &Server, line: &str) -> Answer {
    let mut visitor = Visitor::connect(server.address()).expect("the server listens");
    visitor.ask(line, None).expect("an answer")
}

/// The only follow-up of the next bundle.
fn follow_up_in(place: &Place, bundle: &str) -> (OpenedRecord, Vec<Vec<u8>>) {
    let opened = place.open_with_files(&place.export(bundle));
    let mut follow_ups = opened
        .into_iter()
        .filter(|(record, _)| record.follow_up.is_some());
    follow_ups.next().expect("one follow-up")
}

/// The only report of the next bundle.
fn reports_in(place: &Place, bundle: &str) -> OpenedRecord {
    let opened = place.open_all(&place.export(bundle)).into_iter();
    let mut reports = opened.filter(|record| record.account.is_some());
    reports.next().expect("one report")
}

fn said(record: &OpenedRecord) -> &asylia_envelope::follow_up::FollowUp {
    let OpenedFollowUp { follow_up, .. } = record.follow_up.as_ref().expect("a follow-up");
    follow_up
}

/// The value of a hidden field of a page.
fn hidden(page: &str, name: &str) -> String {
    let (_, after) = page
        .split_once(&format!("name={name} value="))
        .expect("it is there");
    after.split(['>', ' ']).next().expect("a value").to_owned()
}
