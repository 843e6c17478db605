//! What the browser's library seals, our readers open: every question answered, files of every awkward size,
//! a file for the identity key; and what `asylia-seal` makes of the same input has the same classes.

use std::{
    fs,
    io::{self, Read as _},
    path::Path,
    process::Command,
};

use asylia_envelope::{
    answers::Answers,
    follow_up::ProofError,
    ids::{InstanceId, RecordId},
    key_bundle::{BundleContent, Period},
    open::{OpenedRecord, RecordLabel, open_record},
    questionnaire::{Class, Kind, QUESTIONS, Question},
    record::{RecordHead, RecordWriter, SealedBy, stored_frame},
    return_code::ReturnCode,
    seal::{OpensSubmissions, open},
    sealed_file::SealedFileReader,
    sealing::CompartmentSink,
    signing::{Root, SigningKey},
    submission::{CompartmentName, MailboxAddress, ManifestEntry},
};
use asylia_keys::identity::{AccountIdentity, IdentitySeed, PeriodIdentities, PeriodSeed};
use serde_json::{Value, json};
use tempfile::TempDir;
use zeroize::Zeroizing;

use crate::{
    programs::{done, program},
    stage::seeded,
};

#[test]
fn every_answer_and_byte_that_the_browser_seals_comes_out() {
    let office = Office::new();
    let sealed = office.seal_in_node(&json!([]));
    let mut reader = SealedFileReader::open(sealed.as_slice()).expect("a sealed file");
    assert_eq!(reader.head().bundle_sequence, 7);
    assert_eq!(reader.head().period, PERIOD);
    let mut bytes = vec![Vec::new(); SIZES.len()];
    let opened = office.open(&mut reader, &mut bytes);
    assert_eq!(opened.problems, []);

    let account = opened.account.expect("the account opened");
    let mut answers = account.answers;
    let identity = opened.identity.expect("the identity part opened").answers;
    answers.merge(&identity, &[Class::Identity]);
    assert!(answers == expected_answers(), "an answer has changed");
    assert_eq!(account.language, "en");
    let page_number = account.page_number.map(|number| number.to_string());
    assert_eq!(page_number.as_deref(), Some(PAGE_NUMBER));
    let receipt: Value = office.json("receipt.json");
    for form in ["words", "digits"] {
        let code = receipt[form].as_str().expect("a text");
        let code = ReturnCode::parse(code).unwrap_or_else(|_| panic!("the {form} are no code"));
        let address = MailboxAddress::of(&code.derive_mailbox(INSTANCE));
        assert!(
            address == account.mailbox,
            "the {form} open another mailbox"
        );
    }
    let proof = account.proof_words.map(|word| word.to_string()).join(" ");
    assert_eq!(receipt["proofWords"], proof);

    for (at, found) in opened.attachments.iter().enumerate() {
        assert_eq!((&found.name, found.size), (&name(at), SIZES[at] as u64));
        assert_eq!(found.media_type, "application/octet-stream");
        assert!(bytes[at] == seeded(at as u64, SIZES[at]), "file {at}");
    }
    assert_eq!(opened.attachments.len(), SIZES.len());
}

#[test]
fn a_follow_up_that_the_browser_seals_opens_and_proves_whose_it_is() {
    let office = Office::new();
    let derive = |digits: &str| {
        let code = ReturnCode::parse(digits).unwrap_or_else(|_| panic!("{digits} is no code"));
        MailboxAddress::of(&code.derive_mailbox(INSTANCE))
    };
    let follow_up = json!({
        "secret": "0123456789abcdef0123456789",
        "counter": 1_795_824_000,
        "answersReply": "ab".repeat(32),
        "nonce": "5a".repeat(16),
        "permissions": {"government": "no", "mandate_holders": "without_identity"},
        "withdrawAll": false,
        "deleteReport": true,
        "newSecret": "00112233445566778899aabbcc",
    });
    let sealed = office.seal_in_node_as(&json!([]), &follow_up);
    let mut reader = SealedFileReader::open(sealed.as_slice()).expect("a sealed file");
    let mut bytes = vec![Vec::new(); SIZES.len()];
    let opened = office.open(&mut reader, &mut bytes);
    assert_eq!(opened.problems, []);
    // The digits of that secret, from the vectors.
    let mailbox = derive("0023076874926821455826562230749675");
    assert_eq!(opened.verify_follow_up(&mailbox), Ok(()));
    let stranger = derive("1298074214633706907132624082304909");
    assert_eq!(
        opened.verify_follow_up(&stranger),
        Err(ProofError::OtherMailbox)
    );

    let receipt: Value = office.json("receipt.json");
    let said = opened.follow_up.expect("the account opened").follow_up;
    assert_eq!((said.counter, said.delete_report), (1_795_824_000, true));
    assert!(said.answers_reply.is_some() && said.nonce.is_some() && !said.withdraw_all);
    assert_eq!(said.permissions.len(), 2);
    let new = derive(receipt["digits"].as_str().expect("the new code"));
    assert!(said.new_mailbox.is_some_and(|named| named == new));
    let mut answers = said.answers;
    let identity = opened.identity.expect("the identity part opened").answers;
    answers.merge(&identity, &[Class::Identity]);
    assert!(answers == expected_answers(), "an answer has changed");
    for (at, size) in SIZES.iter().enumerate() {
        assert!(bytes[at] == seeded(at as u64, *size), "file {at}");
    }
}

#[test]
fn a_file_that_shows_who_needs_the_identity_key() {
    let office = Office::new();
    let sealed = office.seal_in_node(&json!([]));
    let opened_by_account: Vec<String> = compartments(&sealed)
        .into_iter()
        .filter(|(_, ciphertext)| plain_bytes(ciphertext, &office.account).is_some())
        .map(|(name, _)| name)
        .collect();
    let mut expected = vec!["account".to_owned()];
    let attachments = (0..SIZES.len()).filter(|at| !shows_who(*at));
    expected.extend(attachments.map(|at| format!("attachment-{:02}", at + 1)));
    expected.push("manifest".to_owned());
    assert_eq!(opened_by_account, expected);
}

#[test]
fn the_browser_and_asylia_seal_make_the_same_classes() {
    let office = Office::new();
    let from_browser = office.classes(&office.seal_in_node(&json!([])));
    let answers: serde_json::Map<String, Value> = QUESTIONS
        .iter()
        .map(|question| (question.id.to_owned(), answer_for_seal(question)))
        .collect();
    office.write(
        "answers.json",
        Value::Object(answers).to_string().as_bytes(),
    );
    let mut seal = Command::new(program("asylia-seal"));
    seal.arg("new").arg("--keys").arg(office.path("keys.note"));
    seal.arg("--office")
        .arg(office.content.fingerprint().to_string());
    seal.arg("--answers").arg(office.path("answers.json"));
    for at in 0..SIZES.len() {
        seal.arg("--attach").arg(office.path(&name(at)));
    }
    done(seal.arg("--out").arg(office.path("by-seal")));
    let by_seal = fs::read(office.path("by-seal")).expect("asylia-seal wrote it");
    assert_eq!(from_browser, office.classes(&by_seal));
    assert_eq!(from_browser.len(), SIZES.len() + 3);
}

#[test]
fn what_typage_alone_seals_opens() {
    let office = Office::new();
    let recipient = office.account.recipient().to_string();
    let bare: Vec<_> = (0..SIZES.len())
        .map(|at| json!([name(at), recipient]))
        .collect();
    office.seal_in_node(&json!(bare));
    for (at, size) in SIZES.iter().enumerate() {
        let age = fs::read(office.path(&format!("{}.age", name(at)))).expect("typage sealed it");
        let mut plain = Vec::new();
        let key = core::iter::once(office.account.age_identity());
        let mut opened = open(age.as_slice(), key).expect("our recipient");
        opened.read_to_end(&mut plain).expect("whole chunks");
        assert!(plain == seeded(at as u64, *size), "{size} bytes");
    }
}

/// A throw-away office of one period, in a folder with the files of the test.
struct Office {
    folder: TempDir,
    content: BundleContent,
    account: AccountIdentity,
    identities: PeriodIdentities,
}

impl Office {
    fn new() -> Self {
        let seed = PeriodSeed::from_bytes(Zeroizing::new([1; 32]));
        let identity_seed = IdentitySeed::from_bytes(Zeroizing::new([2; 32]));
        let intake = seed.derive_intake(INSTANCE, PERIOD);
        let account = seed.derive_account(INSTANCE, PERIOD);
        let identity = identity_seed.derive_identity_part(INSTANCE, PERIOD);
        let root = SigningKey::<Root>::from_seed(&[3; 32]);
        let day = |text: &str| text.parse().expect("a day");
        let period = Period {
            id: PERIOD.to_owned(),
            from: day(FIRST_DAY),
            until: day(LAST_DAY),
            intake: intake.recipient(),
            account: account.recipient(),
            identity: identity.recipient(),
        };
        let content = BundleContent {
            instance: INSTANCE,
            office: "An invented office".to_owned(),
            sequence: 7,
            previous: None,
            not_before: day(FIRST_DAY),
            not_after: day(LAST_DAY),
            demo: false,
            threshold: 1,
            roots: vec![root.verifying_key()],
            office_keys: Vec::new(),
            transfer_key: None,
            periods: vec![period],
        };
        let mut identities = PeriodIdentities::new(INSTANCE, PERIOD);
        let account_again = seed.derive_account(INSTANCE, PERIOD);
        let fits = "of this period";
        identities.insert(intake).expect(fits);
        identities.insert(account_again).expect(fits);
        identities.insert(identity).expect(fits);
        let folder = tempfile::tempdir().expect("a temporary folder");
        let office = Self {
            folder,
            content,
            account,
            identities,
        };
        let note = office
            .content
            .to_note(&[office.content.signature_line(&root)]);
        office.write("keys.note", note.as_bytes());
        for (at, size) in SIZES.iter().enumerate() {
            office.write(&name(at), &seeded(at as u64, *size));
        }
        office
    }

    /// The sealed file that the browser's library makes of the test's answers and files.
    fn seal_in_node(&self, bare: &Value) -> Vec<u8> {
        self.seal_in_node_as(bare, &Value::Null)
    }

    /// The same as a follow-up, which says `follow_up` besides.
    fn seal_in_node_as(&self, bare: &Value, follow_up: &Value) -> Vec<u8> {
        let files: Vec<Value> = (0..SIZES.len())
            .map(|at| {
                let name = name(at);
                json!({"name": name, "path": name, "mediaType": "", "showsWho": shows_who(at)})
            })
            .collect();
        let note = fs::read_to_string(self.path("keys.note")).expect("written above");
        let request = json!({
            "note": note,
            "words": self.content.fingerprint().to_string(),
            "today": today(),
            "pageNumber": PAGE_NUMBER,
            "fields": fields(),
            "files": files,
            "bare": bare,
            "followUp": follow_up,
        });
        self.write("request.json", request.to_string().as_bytes());
        let client = Path::new(env!("CARGO_MANIFEST_DIR")).join("client");
        let mut node = Command::new("node");
        node.arg("--no-warnings")
            .arg("tests/seal.mjs")
            .arg(self.folder.path());
        done(node.current_dir(client));
        fs::read(self.path("sealed")).expect("the browser's library wrote it")
    }

    /// Wraps the compartments in a record, as the server does, and opens it, as the console does.
    fn open(&self, reader: &mut SealedFileReader<&[u8]>, bytes: &mut [Vec<u8>]) -> OpenedRecord {
        let label = RecordLabel {
            instance: INSTANCE,
            record_id: RecordId([5; 16]),
            period: PERIOD.to_owned(),
        };
        let head = RecordHead {
            version: 1,
            instance: INSTANCE,
            record_id: label.record_id,
            period: PERIOD.to_owned(),
            bundle_sequence: 7,
            day: today().parse().expect("a day"),
            path: SealedBy::Browser,
        };
        let [period] = self.content.periods.as_slice() else {
            panic!("one period")
        };
        let mut writer = RecordWriter::start(&period.intake, &head, Vec::new()).expect("memory");
        reader.pour_into(&mut writer).expect("a whole sealed file");
        let (mut stored, class) = writer.finish().expect("memory");
        let (length, padding) = stored_frame(stored.len() as u64, class).expect("it fits");
        stored.splice(0..0, length);
        stored.resize(stored.len() + usize::try_from(padding).expect("small"), 0);
        let identities = self.identities.for_opening().expect("all are there");
        let mut take = |number: u16, part: &[u8]| {
            bytes[usize::from(number) - 1].extend_from_slice(part);
            Ok(())
        };
        open_record(stored.as_slice(), &label, &identities, &mut take).expect("a record")
    }

    /// Names of the compartments, and how long their plaintexts are.
    fn classes(&self, sealed: &[u8]) -> Vec<(String, u64)> {
        let identity = self.identities.identity().expect("it is there");
        let length = |ciphertext: &[u8]| {
            let plain = plain_bytes(ciphertext, &self.account);
            plain.or_else(|| plain_bytes(ciphertext, identity))
        };
        compartments(sealed)
            .into_iter()
            .map(|(name, ciphertext)| (name, length(&ciphertext).expect("one of the two opens it")))
            .collect()
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).expect("the folder can be written");
    }

    fn json(&self, name: &str) -> Value {
        let text = fs::read(self.path(name)).expect("the file is there");
        serde_json::from_slice(&text).expect("JSON")
    }
}

/// Names and ciphertexts of a sealed file's compartments, in their order.
fn compartments(sealed: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut all = Compartments::default();
    let mut reader = SealedFileReader::open(sealed).expect("a sealed file");
    reader.pour_into(&mut all).expect("a whole sealed file");
    all.0
}

#[derive(Default)]
struct Compartments(Vec<(String, Vec<u8>)>);

impl CompartmentSink for Compartments {
    fn begin(&mut self, name: CompartmentName) -> io::Result<()> {
        self.0.push((name.to_string(), Vec::new()));
        Ok(())
    }

    fn write(&mut self, ciphertext: &[u8]) -> io::Result<()> {
        let (_, all) = self.0.last_mut().expect("one has begun");
        all.extend_from_slice(ciphertext);
        Ok(())
    }

    fn end(&mut self, _: &ManifestEntry) -> io::Result<()> {
        Ok(())
    }
}

/// Length of what is sealed, if this identity opens it.
fn plain_bytes(ciphertext: &[u8], identity: &dyn OpensSubmissions) -> Option<u64> {
    let mut plain = open(ciphertext, core::iter::once(identity.age_identity())).ok()?;
    Some(io::copy(&mut plain, &mut io::sink()).expect("whole chunks"))
}

/// Every question answered, as a form is posted.
fn fields() -> Vec<(&'static str, String)> {
    let answers = |question: &'static Question| -> Vec<(&'static str, String)> {
        let id = question.id;
        match question.kind {
            Kind::Text => vec![(id, text_answer(id))],
            Kind::One => question
                .values
                .iter()
                .take(1)
                .map(|value| (id, (*value).to_owned()))
                .collect(),
            Kind::Several => question
                .values
                .iter()
                .map(|value| (id, (*value).to_owned()))
                .collect(),
            Kind::Tick => vec![(id, "yes".to_owned())],
        }
    };
    QUESTIONS.iter().flat_map(answers).collect()
}

fn expected_answers() -> Answers {
    let mut answers = Answers::default();
    for (id, value) in fields() {
        assert!(answers.add(id, &value));
    }
    answers
}

/// The same answers as `asylia-seal` takes them.
fn answer_for_seal(question: &'static Question) -> Value {
    match question.kind {
        Kind::Text => json!(text_answer(question.id)),
        Kind::One => json!(question.values.first()),
        Kind::Several => json!(question.values),
        Kind::Tick => json!(true),
    }
}

/// All that JSON, UTF-8 and line ends may trip over; the story is longer than a slice is.
fn text_answer(id: &str) -> String {
    let odd = "\u{feff}\"\\/\r\n\rأكثر 漢 🕊 \u{0}\u{1f}\u{7f}\u{2028} </script> ";
    let times = if id == "story" { 3_000 } else { 1 };
    format!("{id}{}", odd.repeat(times))
}

fn name(at: usize) -> String {
    format!("файл {at}.bin")
}

/// The first and the last are marked.
fn shows_who(at: usize) -> bool {
    at == 0 || at + 1 == SIZES.len()
}

/// The day on which the test runs, for `asylia-seal` asks the clock.
fn today() -> String {
    let now = std::time::UNIX_EPOCH
        .elapsed()
        .expect("after 1970")
        .as_secs();
    let seconds = i64::try_from(now).expect("this millennium");
    let day = asylia_envelope::day::Day::from_unix_seconds(seconds);
    day.expect("a day of the calendar").to_string()
}

const SIZES: [usize; 7] = [0, 1, 65_535, 65_536, 65_537, (1 << 20) + 7, 5 << 20];
const INSTANCE: InstanceId = InstanceId([0x1f; 16]);
const PERIOD: &str = "test";
const FIRST_DAY: &str = "2026-01-01";
const LAST_DAY: &str = "2099-12-31";
const PAGE_NUMBER: &str = "00112233445566778899aabbccddeeff";
