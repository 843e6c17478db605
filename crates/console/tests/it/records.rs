//! What comes out: every answer and every file byte for byte, what is wrong with it in words.

use std::{fs, os::unix::fs::PermissionsExt};

use asylia_console::{
    attachment::{AttachmentError, write_attachment},
    l10n::Texts,
    report::OpenedReport,
    vault::{Vault, item::RecordState},
};
use asylia_envelope::{answers::with_line_feeds, questionnaire::QUESTIONS};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::office::{Office, Report, Stored, bytes, case, story, take};

const KEYS: [&str; 6] = ["TC-01", "TC-03", "TC-04", "TC-06", "TC-07", "TC-10"];

#[test]
fn every_answer_and_file_of_the_shared_cases_comes_out_as_it_went_in() {
    let mut office = Office::new();
    let mut vault = office.vault();
    let reports = KEYS.map(case);
    let records: Vec<Stored> = reports.iter().map(|report| office.seal(report)).collect();
    take(&mut vault, &office.pack(&records)).unwrap();
    for (report, record) in reports.iter().zip(&records) {
        let shown = show(&mut vault, record);
        assert_eq!(shown["id"], record.record_id.to_string());
        assert_eq!(shown["received_day"], "2026-11-23");
        assert_eq!(shown["path"], "server");
        assert_eq!(shown["language"], report.language);
        assert_eq!(shown["problems"], json!([]));
        assert_eq!(shown["submission"]["answers"], expected_answers(report));
        let members: Vec<&String> = shown.as_object().unwrap().keys().collect();
        assert_eq!(members.len(), 7);
        for (number, (name, media_type, content)) in (1..).zip(&report.files) {
            let listed = &shown["attachments"][number - 1];
            let expected = json!({
                "number": number,
                "name": name,
                "media_type": media_type,
                "size": content.len(),
                "sha256": hex::encode(Sha256::digest(content)),
            });
            assert_eq!(*listed, expected);
            let out = office
                .folder
                .path()
                .join(format!("{}-{number}", record.record_id));
            let item = vault.contents().record(record.record_id).unwrap().clone();
            let number = u16::try_from(number).unwrap();
            write_attachment(&mut vault, &item, number, &out).unwrap();
            assert!(fs::read(&out).unwrap() == *content);
            assert_eq!(
                fs::metadata(&out).unwrap().permissions().mode() & 0o777,
                0o600
            );
        }
    }
}

#[test]
fn files_of_every_boundary_size_come_out_whole() {
    let mut office = Office::new();
    let mut vault = office.vault();
    let mut report = story("files");
    for (seed, size) in (0..).zip([
        0, 1, 65_535, 65_536, 65_537, 1_048_575, 1_048_576, 1_048_577,
    ]) {
        let name = format!("{size}.bin");
        report.files.push((
            name,
            "application/octet-stream".to_owned(),
            bytes(seed, size),
        ));
    }
    let record = office.seal(&report);
    take(&mut vault, &office.pack(std::slice::from_ref(&record))).unwrap();
    let item = vault.contents().record(record.record_id).unwrap().clone();
    for (number, (_, _, content)) in (1..).zip(&report.files) {
        let out = office.folder.path().join(number.to_string());
        write_attachment(&mut vault, &item, number, &out).unwrap();
        assert!(fs::read(&out).unwrap() == *content, "attachment {number}");
    }
}

#[test]
fn an_attachment_is_written_once_whole_or_not_at_all() {
    let mut office = Office::new();
    let mut vault = office.vault();
    let mut report = story("files");
    report.files.push((
        "../../etc/passwd".to_owned(),
        "text/plain".to_owned(),
        bytes(1, 5000),
    ));
    let record = office.seal(&report);
    take(&mut vault, &office.pack(std::slice::from_ref(&record))).unwrap();
    let mut item = vault.contents().record(record.record_id).unwrap().clone();
    let folder = office.folder.path().join("out");
    fs::create_dir(&folder).unwrap();
    let out = folder.join("file");
    assert!(matches!(
        write_attachment(&mut vault, &item, 2, &out),
        Err(AttachmentError::NoSuch(2))
    ));
    assert!(matches!(
        write_attachment(&mut vault, &item, 0, &out),
        Err(AttachmentError::NoSuch(0))
    ));
    fs::write(&out, b"mine").unwrap();
    assert!(matches!(
        write_attachment(&mut vault, &item, 1, &out),
        Err(AttachmentError::Exists)
    ));
    assert_eq!(fs::read(&out).unwrap(), b"mine");
    fs::remove_file(&out).unwrap();
    let RecordState::Imported(imported) = &mut item.state else {
        panic!("it was imported");
    };
    imported.files[0].blob.sha256[0] ^= 1;
    assert!(matches!(
        write_attachment(&mut vault, &item, 1, &out),
        Err(AttachmentError::Refused(_))
    ));
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
}

/// Without the key of a compartment the rest is shown, with the problem in words.
#[test]
fn what_is_closed_is_said_and_costs_nothing_else() {
    let mut office = Office::new();
    let identities = office.identities();
    let without_identity = identities.into_iter().take(2).collect();
    let mut vault = office.vault_with(without_identity);
    let record = office.seal(&case("TC-01"));
    let report = take(&mut vault, &office.pack(std::slice::from_ref(&record))).unwrap();
    assert_eq!(report.with_problems, [record.record_id]);
    let shown = show(&mut vault, &record);
    assert_eq!(shown["problems"].as_array().unwrap().len(), 1);
    let problem = shown["problems"][0].as_str().unwrap();
    assert!(
        problem.starts_with("Closed: no key for the part with names"),
        "{problem}"
    );
    let answers = &shown["submission"]["answers"];
    assert_eq!(answers["person_names"], Value::Null);
    assert!(answers["story"].as_str().unwrap().contains("المقررة"));
    assert_eq!(answers.as_object().unwrap().len(), QUESTIONS.len());
}

#[test]
fn for_a_terminal_the_warning_stands_first_and_nothing_steers() {
    let mut office = Office::new();
    let mut vault = office.vault();
    let mut report = case("TC-10");
    report.answers.push((
        "what_could_make_it_worse".to_owned(),
        "\u{1b}]0;owned\u{7}Do not call \u{202e}me".to_owned(),
    ));
    report.files.push((
        "\u{1b}[2J\u{202e}fdp.exe\r\n".to_owned(),
        "a/b\u{9b}".to_owned(),
        vec![1],
    ));
    let record = office.seal(&report);
    take(&mut vault, &office.pack(std::slice::from_ref(&record))).unwrap();
    let text = shown_text(&mut vault, &record);
    assert!(
        !text.chars().any(|c| (c.is_control() && c != '\n')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{200b}')),
    );
    assert!(!text.contains('⟦'), "a message is missing");
    let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part} is shown"));
    assert!(at("Do not call [U+202E]me") < at("My landlord"));
    assert!(at("My landlord") < at("Robert'); --"));
    assert!(text.contains("[U+001B][31mred[U+001B][0m"));
    assert!(text.contains("[U+001B][2J[U+202E]fdp.exe"));
}

#[test]
fn unanswered_questions_have_the_shape_of_the_field_rule() {
    let mut office = Office::new();
    let mut vault = office.vault();
    let record = office.seal(&story("only this"));
    take(&mut vault, &office.pack(std::slice::from_ref(&record))).unwrap();
    let shown = show(&mut vault, &record);
    let answers = &shown["submission"]["answers"];
    assert_eq!(answers["gender"], Value::Null);
    assert_eq!(answers["groups"], json!([]));
    assert_eq!(answers["risk_understood"], json!(false));
    assert_eq!(shown["attachments"], json!([]));
}

fn show(vault: &mut Vault, record: &Stored) -> Value {
    let case = OpenedReport::open(vault, record.record_id).expect("it opens");
    let case = case.expect("it is here");
    let mut out = Vec::new();
    case.write_json(Texts::english(), &mut out)
        .expect("memory takes it");
    serde_json::from_slice(&out).expect("JSON")
}

fn shown_text(vault: &mut Vault, record: &Stored) -> String {
    let case = OpenedReport::open(vault, record.record_id).expect("it opens");
    let case = case.expect("it is here");
    let mut out = Vec::new();
    case.write_text(Texts::english(), &mut out)
        .expect("memory takes it");
    String::from_utf8(out).expect("text")
}

/// Made from what was sent by the rule of the domain, not by the code under test.
fn expected_answers(report: &Report) -> Value {
    let mut answers = serde_json::Map::new();
    for question in &QUESTIONS {
        let sent: Vec<String> = report
            .answers
            .iter()
            .filter(|(id, _)| id == question.id)
            .map(|(_, value)| with_line_feeds(value).to_string())
            .collect();
        let value = match question.kind {
            asylia_envelope::questionnaire::Kind::Tick => json!(!sent.is_empty()),
            asylia_envelope::questionnaire::Kind::Several => json!(sent),
            _ if sent.is_empty() => Value::Null,
            _ => json!(sent.join("\n")),
        };
        answers.insert(question.id.to_owned(), value);
    }
    Value::Object(answers)
}
