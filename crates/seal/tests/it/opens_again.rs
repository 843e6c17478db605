//! Sealed here, put into a record as the server does, opened with the identities of a throwaway
//! office.

use std::io::Cursor;

use asylia_envelope::{
    answers::Answers,
    day::Day,
    ids::RecordId,
    key_bundle::{Anchor, KeyBundle, UnverifiedBundle},
    open::{OpenedRecord, RecordLabel, open_record},
    questionnaire::{Class, Kind, QUESTIONS},
    record::{RecordHead, RecordWriter, SealedBy, stored_frame},
    return_code::ReturnCode,
    sealed_file::SealedFileReader,
    submission::{FORMAT_VERSION, MailboxAddress},
};
use asylia_keys::{demo::DemoOffice, identity::PeriodIdentities};
use asylia_seal::{
    answers_file,
    sealing::{Attachment, Receipt, SealError, Submission, seal_submission},
};
use rand_core::OsRng;
use serde_json::{Value, json};

const ALL_CLASSES: [Class; 4] = [
    Class::Story,
    Class::Identity,
    Class::Sensitive,
    Class::Permission,
];

fn today() -> Day {
    "2026-11-23".parse().unwrap()
}

struct Office {
    bundle: KeyBundle,
    identities: PeriodIdentities,
}

fn office() -> Office {
    let demo = DemoOffice::generate(today(), &mut OsRng);
    let note = UnverifiedBundle::parse(demo.note.as_bytes()).ok().unwrap();
    let mut identities = PeriodIdentities::new(demo.content.instance, &demo.period.public.id);
    identities.insert(demo.period.intake).unwrap();
    identities.insert(demo.period.account).unwrap();
    identities.insert(demo.period.identity).unwrap();
    Office {
        bundle: note.verify(&Anchor::DemoOnly, None).unwrap(),
        identities,
    }
}

fn seal(
    office: &Office,
    language: &str,
    answers: &Answers,
    files: &[(&str, Vec<u8>)],
) -> (Receipt, Vec<u8>) {
    let attachment = |(name, bytes): &(&str, Vec<u8>)| Attachment {
        name: (*name).to_owned(),
        media_type: "image/png".to_owned(),
        source: Box::new(Cursor::new(bytes.clone())),
    };
    let attachments = files.iter().map(attachment).collect();
    let mut told = 0;
    let all: u64 = files.iter().map(|(_, bytes)| bytes.len() as u64).sum();
    let submission = Submission {
        language,
        answers,
        attachments,
    };
    let progress = &mut |bytes| told += bytes;
    let sealed = seal_submission(
        &office.bundle,
        today(),
        submission,
        progress,
        &mut OsRng,
        Vec::new(),
    );
    assert_eq!(told, all);
    sealed.ok().unwrap()
}

/// The stored record of a sealed file, as the server makes it, and its label.
fn stored(office: &Office, file: &[u8]) -> (Vec<u8>, RecordLabel) {
    let mut reader = SealedFileReader::open(file).unwrap();
    let head = RecordHead {
        version: FORMAT_VERSION,
        instance: reader.head().instance,
        record_id: RecordId::generate(&mut OsRng),
        period: reader.head().period.clone(),
        bundle_sequence: reader.head().bundle_sequence,
        day: today(),
        path: SealedBy::SealedFile,
    };
    let intake = &office.bundle.period_on(today()).unwrap().intake;
    let mut writer = RecordWriter::start(intake, &head, Vec::new()).unwrap();
    reader.pour_into(&mut writer).unwrap();
    let (ciphertext, class) = writer.finish().unwrap();
    let (frame, padding) = stored_frame(ciphertext.len() as u64, class).unwrap();
    let label = RecordLabel {
        instance: head.instance,
        record_id: head.record_id,
        period: head.period,
    };
    let padding = vec![0; usize::try_from(padding).unwrap()];
    ([&frame[..], &ciphertext, &padding].concat(), label)
}

fn opened(office: &Office, file: &[u8]) -> (OpenedRecord, Vec<Vec<u8>>) {
    let (stored, label) = stored(office, file);
    let mut files: Vec<Vec<u8>> = Vec::new();
    let identities = office.identities.for_opening().unwrap();
    let record = open_record(
        stored.as_slice(),
        &label,
        &identities,
        &mut |number, bytes| {
            files.resize_with(usize::from(number).max(files.len()), Vec::new);
            files[usize::from(number) - 1].extend_from_slice(bytes);
            Ok(())
        },
    );
    (record.ok().unwrap(), files)
}

/// The same bytes every time, and none like another's.
fn generated(size: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()[0]
    };
    (0..size).map(|_| next()).collect()
}

fn all_answers(record: &OpenedRecord) -> Answers {
    let mut answers = Answers::default();
    let account = &record.account.as_ref().unwrap().answers;
    answers.merge(
        account,
        &[Class::Story, Class::Sensitive, Class::Permission],
    );
    answers.merge(
        &record.identity.as_ref().unwrap().answers,
        &[Class::Identity],
    );
    answers
}

/// The answer in the file as it must come out, computed apart from the code under test.
fn as_the_field_rule_says(kind: Kind, sent: &Value) -> Value {
    let line_feeds = |text: &str| text.replace("\r\n", "\n").replace('\r', "\n");
    match (kind, sent) {
        (Kind::Several, Value::Null) => json!([]),
        (Kind::Tick, Value::Null) => json!(false),
        (Kind::Text, Value::Array(names)) => {
            let names: Vec<&str> = names.iter().map(|name| name.as_str().unwrap()).collect();
            if names.is_empty() {
                Value::Null
            } else {
                json!(names.join("\n"))
            }
        }
        (_, Value::String(text)) if text.is_empty() => Value::Null,
        (_, Value::String(text)) => json!(line_feeds(text)),
        (_, sent) => sent.clone(),
    }
}

#[test]
fn every_case_of_the_domain_comes_out_as_it_was_answered() {
    let cases: Value =
        serde_json::from_str(include_str!("../../../../tests/data/cases.json")).unwrap();
    let office = office();
    let mut languages = Vec::new();
    for case in cases["cases"].as_array().unwrap() {
        let submission = &case["submission"];
        let language = case["language"].as_str().unwrap();
        let answers = answers_file::parse(submission.to_string().as_bytes());
        let answers = answers.unwrap_or_else(|error| panic!("{}: {error}", case["case_key"]));
        let (_, file) = seal(&office, language, &answers, &[]);
        let (record, _) = opened(&office, &file);
        assert_eq!(record.problems, []);
        assert_eq!(record.head.path, SealedBy::SealedFile);
        assert_eq!(record.account.as_ref().unwrap().language, language);
        let found = all_answers(&record);
        assert!(found == answers, "{}", case["case_key"]);
        let found = serde_json::to_value(found.of(&ALL_CLASSES)).unwrap();
        assert_eq!(found.as_object().unwrap().len(), QUESTIONS.len());
        for question in &QUESTIONS {
            let wanted = as_the_field_rule_says(question.kind, &submission[question.id]);
            assert_eq!(
                found[question.id], wanted,
                "{} {}",
                case["case_key"], question.id
            );
        }
        languages.push(language);
    }
    assert!(languages.len() >= 6 && languages.contains(&"ar") && languages.contains(&"ru"));
}

#[test]
fn attachments_come_out_byte_for_byte_at_every_edge() {
    let office = office();
    let answers = answers_file::parse(br#"{"story": "x"}"#).ok().unwrap();
    let sizes = [
        0,
        1,
        65_535,
        65_536,
        65_537,
        (1 << 20) - 1,
        1 << 20,
        (1 << 20) + 1,
    ];
    let files: Vec<(&str, Vec<u8>)> = sizes
        .into_iter()
        .map(|size| ("صورة.png", generated(size, size as u64 + 1)))
        .collect();
    let (_, file) = seal(&office, "ar", &answers, &files);
    let (record, bytes) = opened(&office, &file);
    assert_eq!(record.problems, []);
    assert_eq!(record.attachments.len(), sizes.len());
    let empty = Vec::new();
    for (at, attachment) in record.attachments.iter().enumerate() {
        assert_eq!(usize::from(attachment.number), at + 1);
        assert_eq!(
            (attachment.name.as_str(), attachment.size),
            ("صورة.png", sizes[at] as u64)
        );
        assert!(
            bytes.get(at).unwrap_or(&empty) == &files[at].1,
            "size {}",
            sizes[at]
        );
    }
}

#[test]
fn the_receipt_belongs_to_the_sealed_account() {
    let office = office();
    let answers = answers_file::parse(br#"{"story": "x"}"#).ok().unwrap();
    for language in ["en", "fr", "zh-Hant", "ru"] {
        let (receipt, file) = seal(&office, language, &answers, &[]);
        let (record, _) = opened(&office, &file);
        let account = record.account.unwrap();
        let instance = office.bundle.content().instance;
        for form in [&receipt.words, &receipt.digits] {
            let code = ReturnCode::parse(form).ok().unwrap();
            let address = MailboxAddress::of(&code.derive_mailbox(instance));
            assert!(address == account.mailbox, "{language}");
        }
        assert!(receipt.proof_words == account.proof_words);
        assert_eq!(receipt.upload_until.to_string(), "2027-03-01");
    }
    let (one, _) = seal(&office, "en", &answers, &[]);
    let (two, _) = seal(&office, "en", &answers, &[]);
    assert!(one.words != two.words, "no two reports have one code");
}

#[test]
fn nothing_of_the_answers_stands_in_the_sealed_file() {
    let office = office();
    let answers = br#"{"story": "MARKER-STORY", "person_names": "MARKER-NAME"}"#;
    let answers = answers_file::parse(answers).ok().unwrap();
    let files = [("MARKER-FILE.png", b"MARKER-BYTES".to_vec())];
    let (receipt, file) = seal(&office, "en", &answers, &files);
    for secret in [
        b"MARKER".as_slice(),
        receipt.words.as_bytes(),
        receipt.digits.as_bytes(),
    ] {
        assert!(!file.windows(secret.len()).any(|window| window == secret));
    }
}

#[test]
fn nothing_is_sealed_outside_the_bundles_days_or_beyond_the_limits() {
    let office = office();
    let answers = answers_file::parse(br#"{"story": "x"}"#).ok().unwrap();
    let attempt = |day: &str, language: &str, count: usize| {
        let attachment = |_| Attachment {
            name: String::new(),
            media_type: String::new(),
            source: Box::new(std::io::empty()),
        };
        let submission = Submission {
            language,
            answers: &answers,
            attachments: (0..count).map(attachment).collect(),
        };
        let day = day.parse().unwrap();
        let progress = &mut |_| ();
        seal_submission(
            &office.bundle,
            day,
            submission,
            progress,
            &mut OsRng,
            Vec::new(),
        )
        .map(|_| ())
        .err()
    };
    assert!(attempt("2027-03-01", "en", 64).is_none());
    assert!(matches!(
        attempt("2027-03-02", "en", 0),
        Some(SealError::Keys(_))
    ));
    assert!(matches!(
        attempt("2026-11-22", "en", 0),
        Some(SealError::Keys(_))
    ));
    assert!(matches!(
        attempt("2026-11-23", "english language", 0),
        Some(SealError::Language)
    ));
    assert!(matches!(
        attempt("2026-11-23", "en", 65),
        Some(SealError::TooManyAttachments)
    ));
}
