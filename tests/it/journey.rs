//! The product in one sentence: a person fills in the form with JavaScript off, the server stores only
//! ciphertext, a stick carries it, and an officer reads it in the offline console.

use std::{collections::BTreeMap, path::Path};

use asylia_envelope::questionnaire::{Kind, QUESTIONS};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::stage::{Form, Stage, output, seeded};

#[test]
fn every_answer_and_every_attachment_of_the_shared_cases_comes_out() {
    let mut stage = Stage::new();
    let cases: Value =
        serde_json::from_str(include_str!("../data/cases.json")).expect("the cases are JSON");
    let cases = cases["cases"].as_array().expect("a list of cases");
    for case in cases {
        let (status, page) = stage.post(form_of(case));
        assert_eq!(status, 200, "{}", case["case_key"]);
        assert_eq!(output(&page, "return-code").split_whitespace().count(), 10);
        assert_eq!(output(&page, "proof-words").split_whitespace().count(), 3);
        assert!(
            !page.contains(first_words(case)),
            "the receipt echoes {}",
            case["case_key"]
        );
    }
    let bundle = stage.export();
    let imported = stage.import(&bundle);
    assert_eq!(imported["new"], cases.len());
    assert_eq!(
        (&imported["known"], &imported["quarantined"]),
        (&json!(0), &json!(0))
    );
    let shown: BTreeMap<String, Value> = stage
        .list()
        .iter()
        .map(|row| stage.show(row["id"].as_str().expect("an id")))
        .map(|shown| (story(&shown).to_owned(), shown))
        .collect();
    assert_eq!(shown.len(), cases.len());
    for case in cases {
        let expected = with_line_feeds(case["submission"]["story"].as_str().expect("a story"));
        check(&stage, case, &shown[&expected]);
    }
    let again = stage.import(&bundle);
    assert_eq!(
        (&again["new"], &again["known"]),
        (&json!(0), &json!(cases.len()))
    );
}

/// Compares one case with what the officer sees of it.
fn check(stage: &Stage, case: &Value, shown: &Value) {
    let key = &case["case_key"];
    assert_eq!(shown["problems"], json!([]), "{key}");
    assert_eq!(
        (&shown["path"], &shown["language"]),
        (&json!("server"), &json!("en")),
        "{key}"
    );
    let answers = shown["submission"]["answers"].as_object().expect("answers");
    assert_eq!(answers.len(), QUESTIONS.len(), "{key}");
    for question in &QUESTIONS {
        let expected = expected_answer(question.kind, &case["submission"][question.id]);
        assert_eq!(answers[question.id], expected, "{key} {}", question.id);
    }
    let attachments = shown["attachments"].as_array().expect("attachments");
    let sent = attachments_of(case);
    assert_eq!(attachments.len(), sent.len(), "{key}");
    for (index, (attachment, (name, media_type, bytes))) in attachments.iter().zip(sent).enumerate()
    {
        let number = index as u64 + 1;
        assert_eq!(attachment["number"], number, "{key}");
        assert_eq!(
            (&attachment["name"], &attachment["media_type"]),
            (&json!(name), &json!(media_type)),
            "{key}"
        );
        assert_eq!(
            (&attachment["size"], &attachment["sha256"]),
            (&json!(bytes.len()), &json!(hash(&bytes)))
        );
        let id = shown["id"].as_str().expect("an id");
        assert!(
            stage.attachment(id, number) == bytes,
            "{key}: attachment {number} differs"
        );
    }
}

#[test]
fn attachments_of_every_awkward_size_and_text_that_is_not_utf8_arrive() {
    let mut stage = Stage::new();
    let small = [
        0,
        1,
        65_535,
        65_536,
        65_537,
        (1 << 20) - 1,
        1 << 20,
        (1 << 20) + 1,
    ];
    let form = Form::default()
        .field("story", b"a\r\nb\rc\nd\n\r\xff\xfe \xc3\x28")
        .field("person_names", b"")
        .field("conditions", " kept as it is \u{202e}\u{feff} ".as_bytes())
        .field("no_such_field", b"nobody asked")
        .file("", "application/octet-stream", b"");
    assert_eq!(stage.post(with_files(form, &small)).0, 200);
    // A report of its own, since every look at an attachment verifies its whole record.
    let large = [100 << 20];
    assert_eq!(
        stage
            .post(with_files(Form::default().field("story", b"large"), &large))
            .0,
        200
    );
    let bundle = stage.export();
    assert_eq!(stage.import(&bundle)["new"], 2);
    for row in stage.list() {
        let shown = stage.show(row["id"].as_str().expect("an id"));
        if story(&shown) == "large" {
            check_files(&stage, &shown, &large);
            continue;
        }
        check_files(&stage, &shown, &small);
        assert_eq!(story(&shown), "a\nb\nc\nd\n\n\u{fffd}\u{fffd} \u{fffd}(");
        let answers = &shown["submission"]["answers"];
        assert_eq!(answers["person_names"], Value::Null);
        assert_eq!(answers["conditions"], " kept as it is \u{202e}\u{feff} ");
    }
}

fn with_files(form: Form, sizes: &[usize]) -> Form {
    sizes.iter().enumerate().fold(form, |form, (index, size)| {
        form.file(
            &format!("{index}.bin"),
            "text/plain",
            &seeded(*size as u64, *size),
        )
    })
}

fn check_files(stage: &Stage, shown: &Value, sizes: &[usize]) {
    let id = shown["id"].as_str().expect("an id");
    assert_eq!(
        shown["attachments"].as_array().map(Vec::len),
        Some(sizes.len())
    );
    for (index, size) in sizes.iter().enumerate() {
        let bytes = seeded(*size as u64, *size);
        assert_eq!(
            shown["attachments"][index]["sha256"],
            hash(&bytes),
            "{size} bytes"
        );
        assert!(
            stage.attachment(id, index as u64 + 1) == bytes,
            "{size} bytes"
        );
    }
}

#[test]
fn a_story_of_white_space_is_refused_and_leaves_nothing() {
    let mut stage = Stage::new();
    for form in [
        Form::default().field("story", " \r\n\u{2003}".as_bytes()),
        Form::default().field("conditions", b"SECRETWORD"),
        Form::default()
            .field("conditions", b"SECRETWORD")
            .file("SECRETWORD", "a/b", b"SECRETWORD"),
    ] {
        let (status, page) = stage.post(form);
        assert_eq!(status, 422);
        assert!(!page.contains("SECRETWORD"));
    }
    let bundle = stage.export();
    assert_eq!(stage.import(&bundle)["new"], 0);
}

#[test]
fn a_record_altered_in_the_database_is_named_and_costs_no_other() {
    let mut stage = Stage::new();
    for number in 0..7 {
        let form = Form::default().field("story", format!("report {number}").as_bytes());
        assert_eq!(stage.post(form).0, 200);
    }
    stage.kill();
    let harmed = harm(&stage.path("server/intake.db"));
    stage.start();
    let bundle = stage.export();
    let imported = stage.import(&bundle);
    assert_eq!(
        (&imported["new"], &imported["quarantined"]),
        (&json!(2), &json!(5)),
        "{imported} {harmed:?}"
    );
    let said = imported.to_string();
    for id in &harmed {
        assert!(said.contains(id.as_str()), "{id} is not named in {said}");
    }
    let whole: Vec<Value> = stage
        .list()
        .into_iter()
        .filter(|row| row["state"] == "imported")
        .collect();
    assert_eq!(whole.len(), 2);
    for row in whole {
        let id = row["id"].as_str().expect("an id");
        assert!(!harmed.iter().any(|harmed| harmed == id));
        assert!(story(&stage.show(id)).starts_with("report "));
    }
}

/// Alters one record, cuts another, swaps the bytes of two and re-labels a fifth; returns their numbers.
fn harm(database: &Path) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let options = SqliteConnectOptions::new().filename(database);
        let mut db = SqliteConnection::connect_with(&options)
            .await
            .expect("the store opens");
        let ids: Vec<Vec<u8>> =
            sqlx::query_scalar("SELECT record FROM envelope ORDER BY record LIMIT 5")
                .fetch_all(&mut db)
                .await
                .expect("five records");
        let mut altered = chunk(&mut db, &ids[0], 0).await;
        altered[40_000] ^= 1;
        put_chunk(&mut db, &ids[0], 0, &altered).await;
        sqlx::query("DELETE FROM chunk WHERE record = $1 AND number = 1")
            .bind(&ids[1])
            .execute(&mut db)
            .await
            .expect("the last chunk goes");
        for number in 0..2 {
            let third = chunk(&mut db, &ids[2], number).await;
            let fourth = chunk(&mut db, &ids[3], number).await;
            put_chunk(&mut db, &ids[2], number, &fourth).await;
            put_chunk(&mut db, &ids[3], number, &third).await;
        }
        sqlx::query("UPDATE envelope SET period = '2027-Q1' WHERE record = $1")
            .bind(&ids[4])
            .execute(&mut db)
            .await
            .expect("the label changes");
        db.close().await.expect("the store closes");
        ids.iter().map(hex::encode).collect()
    })
}

async fn chunk(db: &mut SqliteConnection, record: &[u8], number: i64) -> Vec<u8> {
    let query = sqlx::query_scalar("SELECT bytes FROM chunk WHERE record = $1 AND number = $2");
    query
        .bind(record)
        .bind(number)
        .fetch_one(db)
        .await
        .expect("the chunk is there")
}

async fn put_chunk(db: &mut SqliteConnection, record: &[u8], number: i64, bytes: &[u8]) {
    let query = sqlx::query("UPDATE chunk SET bytes = $3 WHERE record = $1 AND number = $2");
    query
        .bind(record)
        .bind(number)
        .bind(bytes)
        .execute(db)
        .await
        .expect("the chunk is there");
}

fn form_of(case: &Value) -> Form {
    let mut form = Form::default();
    for (id, answer) in case["submission"].as_object().expect("answers") {
        let question = QUESTIONS
            .iter()
            .find(|question| question.id == id)
            .expect("a question of the form");
        form = match (question.kind, answer) {
            (_, Value::Null | Value::Bool(false)) => form,
            (_, Value::Bool(true)) => form.field(id, b"yes"),
            // A browser sends CRLF for every line end of a text.
            (Kind::Text, Value::Array(lines)) => {
                form.field(id, strings(lines).join("\r\n").as_bytes())
            }
            (_, Value::Array(values)) => strings(values)
                .iter()
                .fold(form, |form, value| form.field(id, value.as_bytes())),
            (_, text) => form.field(id, text.as_str().expect("a text").as_bytes()),
        };
    }
    attachments_of(case)
        .iter()
        .fold(form, |form, (name, media_type, bytes)| {
            form.file(name, media_type, bytes)
        })
}

fn attachments_of(case: &Value) -> Vec<(String, String, Vec<u8>)> {
    let list = case["attachments"].as_array().expect("attachments");
    list.iter()
        .map(|attachment| {
            let text = |name: &str| attachment[name].as_str().expect("a text").to_owned();
            let size = attachment["size_bytes"].as_u64().expect("a size");
            (
                text("filename"),
                text("media_type"),
                seeded(size, usize::try_from(size).expect("small")),
            )
        })
        .collect()
}

fn expected_answer(kind: Kind, sent: &Value) -> Value {
    match (kind, sent) {
        (Kind::Several, Value::Null) => json!([]),
        (Kind::Tick, Value::Null) => json!(false),
        (Kind::Text, Value::Array(lines)) => json!(strings(lines).join("\n")),
        (Kind::Text | Kind::One, Value::String(text)) if text.is_empty() => Value::Null,
        (Kind::Text | Kind::One, Value::String(text)) => json!(with_line_feeds(text)),
        _ => sent.clone(),
    }
}

fn strings(values: &[Value]) -> Vec<&str> {
    values
        .iter()
        .map(|value| value.as_str().expect("a text"))
        .collect()
}

fn with_line_feeds(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

fn story(shown: &Value) -> &str {
    shown["submission"]["answers"]["story"]
        .as_str()
        .expect("a story")
}

fn first_words(case: &Value) -> &str {
    let story = case["submission"]["story"].as_str().expect("a story");
    story
        .char_indices()
        .nth(24)
        .map_or(story, |(end, _)| &story[..end])
}

fn hash(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
