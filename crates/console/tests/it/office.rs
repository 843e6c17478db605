//! An office and a server in memory: seals records as the server does, packs bundles, makes vaults.

use std::{
    io::{self, Cursor, Write},
    path::PathBuf,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use asylia_console::{
    import::{ImportError, ImportReport, Known, import},
    machine::Machine,
    vault::{Credentials, NewVault, Vault, header::KDF_FLOOR_MIB, header::KdfCost},
};
use asylia_envelope::{
    acknowledgement::AcknowledgementToken,
    answers::Answers,
    day::Day,
    follow_up::{FollowUp, FollowUpKeys},
    ids::{EpochId, PageNumber, RecordId, SubmissionId},
    key_bundle::{Anchor, KeyBundle, Period, UnverifiedBundle},
    record::{RecordHead, RecordWriter, SealedBy, stored_frame},
    return_code::{MailboxKeys, ReturnCode},
    sealing::{CompartmentSink, SubmissionSealer},
    signing::{SigningKey, Transfer},
    submission::{
        Account, CompartmentName, FORMAT_VERSION, IdentityPart, MailboxAddress, ManifestEntry,
    },
    transfer::{
        BlobLine, RecordSubject, ToServerNote, TransferNote, write_blob_length, write_head,
    },
    words::{WordList, draw_proof_words},
};
use asylia_keys::{demo::DemoOffice, identity::AnyIdentity};
use rand_core::OsRng;
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use sqlx::{ConnectOptions, Connection, Row, sqlite::SqliteConnectOptions};
use tempfile::TempDir;
use tokio::runtime::{self, Runtime};
use zeroize::Zeroizing;

pub(crate) const PASSPHRASE: &str = "six words that nobody else knows";

/// The first person's name.
pub(crate) const FIRST: &str = "focal-point";
/// Ten in the morning of 2026-11-23, in seconds since 1970.
pub(crate) const NOW: i64 = 1_795_428_000;

/// What a person says, before it is sealed.
#[derive(Clone, Default)]
pub(crate) struct Report {
    pub(crate) answers: Vec<(String, String)>,
    pub(crate) files: Vec<(String, String, Vec<u8>)>,
    pub(crate) language: String,
    pub(crate) page_number: Option<PageNumber>,
    pub(crate) submission_id: Option<SubmissionId>,
    /// Of somebody whose code the test knows.
    pub(crate) mailbox: Option<MailboxAddress>,
    pub(crate) proof_words: Option<[String; 3]>,
    pub(crate) path: Option<SealedBy>,
}

/// Compartments apart from each other, so that a test can put others in their place.
#[derive(Default)]
pub(crate) struct Parts(Vec<(CompartmentName, Vec<u8>, Option<ManifestEntry>)>);

impl CompartmentSink for Parts {
    fn begin(&mut self, name: CompartmentName) -> io::Result<()> {
        self.0.push((name, Vec::new(), None));
        Ok(())
    }

    fn write(&mut self, ciphertext: &[u8]) -> io::Result<()> {
        let (_, bytes, _) = self.0.last_mut().expect("one is begun");
        bytes.extend_from_slice(ciphertext);
        Ok(())
    }

    fn end(&mut self, entry: &ManifestEntry) -> io::Result<()> {
        let (_, _, listed) = self.0.last_mut().expect("one is begun");
        *listed = Some(entry.clone());
        Ok(())
    }
}

/// A stored record with what the server's row says of it.
#[derive(Clone)]
pub(crate) struct Stored {
    pub(crate) record_id: RecordId,
    pub(crate) period: String,
    pub(crate) bytes: Vec<u8>,
}

/// One office with its keys, one server, one runtime, one folder.
pub(crate) struct Office {
    pub(crate) demo: DemoOffice,
    pub(crate) bundle: KeyBundle,
    pub(crate) server: SigningKey<Transfer>,
    pub(crate) epoch: EpochId,
    pub(crate) runtime: Runtime,
    pub(crate) folder: TempDir,
    pub(crate) previous: Option<[u8; 32]>,
    pub(crate) next: u64,
    now: i64,
}

impl Office {
    pub(crate) fn new() -> Self {
        Self::at(NOW)
    }

    /// An office for the program itself, which has the real clock: what is written before and after lies in order.
    #[expect(
        clippy::disallowed_methods,
        reason = "the program that is started has no other clock"
    )]
    pub(crate) fn of_today() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let seconds = since.expect("it is after 1970").as_secs();
        Self::at(i64::try_from(seconds).expect("a time of this age"))
    }

    /// An office that begins on a day.
    pub(crate) fn on(day: &str) -> Self {
        let day: Day = day.parse().expect("a day");
        Self::at(day.days_since_1970() * 86_400)
    }

    fn at(now: i64) -> Self {
        let demo = DemoOffice::generate(day_of(now), &mut OsRng);
        let bundle = UnverifiedBundle::parse(demo.note.as_bytes())
            .and_then(|note| note.verify(&Anchor::DemoOnly, None))
            .expect("the demonstration's note verifies");
        Self {
            demo,
            bundle,
            server: SigningKey::generate(&mut OsRng),
            epoch: EpochId::generate(&mut OsRng),
            runtime: runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .expect("a runtime starts"),
            folder: tempfile::tempdir().expect("a folder is made"),
            previous: None,
            next: 1,
            now,
        }
    }

    pub(crate) fn directory(&self) -> PathBuf {
        self.folder.path().join("vault")
    }

    /// The office's identities, as often as they are asked for.
    pub(crate) fn identities(&self) -> Vec<AnyIdentity> {
        let period = &self.demo.period;
        [
            period.intake.to_secret_text(),
            period.account.to_secret_text(),
            period.identity.to_secret_text(),
        ]
        .iter()
        .map(|text| AnyIdentity::parse_secret_text(text).expect("an identity reads itself"))
        .collect()
    }

    pub(crate) fn vault(&self) -> Vault {
        self.vault_with(self.identities())
    }

    pub(crate) fn vault_with(&self, identities: Vec<AnyIdentity>) -> Vault {
        let new = NewVault {
            first: credentials(),
            cost: KdfCost::with_memory(KDF_FLOOR_MIB).expect("the floor is allowed"),
            bundle: self.bundle.clone(),
            anchor: Anchor::DemoOnly,
            identities,
            recovery: None,
        };
        Vault::create(self.machine(), &self.directory(), new).expect("a vault is made")
    }

    pub(crate) fn reopen(&self) -> Vault {
        self.open_as(FIRST, PASSPHRASE)
    }

    pub(crate) fn open_as(&self, name: &str, passphrase: &str) -> Vault {
        let who = Credentials {
            name: name.to_owned(),
            passphrase: passphrase.into(),
        };
        Vault::open(self.machine(), &self.directory(), &who).expect("the vault opens")
    }

    /// The day on which everything happens.
    pub(crate) fn day(&self) -> Day {
        day_of(self.now)
    }

    /// From now on everything happens that many days later.
    pub(crate) fn pass(&mut self, days: i64) {
        self.now += days * 86_400;
    }

    /// The test's machine: always the same moment of the same day.
    pub(crate) fn machine(&self) -> Machine {
        let now = self.now;
        Machine {
            handle: self.runtime.handle().clone(),
            clock: Arc::new(move || now),
            random: Arc::new(|| Box::new(OsRng)),
        }
    }

    /// What somebody does who has the file and SQLite.
    pub(crate) fn rows(&self, statement: &str) -> Vec<Vec<u8>> {
        let options = SqliteConnectOptions::new().filename(self.directory().join("vault.db"));
        self.runtime.block_on(async {
            let mut connection = options.connect().await.expect("the file opens");
            let statement = sqlx::AssertSqlSafe(statement.to_owned());
            let rows = sqlx::query(statement)
                .fetch_all(&mut connection)
                .await
                .expect("the statement runs");
            // Dropped, it would be closed at some later moment, and its log go away under a reader.
            connection.close().await.expect("it closes");
            rows.iter().map(|row| row.get(0)).collect()
        })
    }

    fn head(&self, path: SealedBy, period: &Period) -> RecordHead {
        RecordHead {
            version: FORMAT_VERSION,
            instance: self.bundle.content().instance,
            record_id: RecordId::generate(&mut OsRng),
            period: period.id.clone(),
            bundle_sequence: 1,
            day: self.day(),
            path,
        }
    }

    /// Seals a follow-up with the code's keys, as a browser does.
    pub(crate) fn seal_follow_up(
        &self,
        said: &FollowUp,
        keys: &MailboxKeys,
        new_keys: Option<&MailboxKeys>,
        path: SealedBy,
    ) -> Stored {
        self.stored(&self.follow_up(said, keys, new_keys), path)
    }

    /// A follow-up that was signed, with the text of another one in the place of its own.
    pub(crate) fn seal_with_a_lifted_proof(
        &self,
        signed: &FollowUp,
        put_in: &FollowUp,
        keys: &MailboxKeys,
    ) -> Stored {
        let mut signed = self.follow_up(signed, keys, None);
        let put_in = self.follow_up(put_in, keys, None);
        let account = put_in.0.into_iter().next().expect("the account is first");
        *signed.0.first_mut().expect("the account is first") = account;
        self.stored(&signed, SealedBy::Browser)
    }

    fn follow_up(
        &self,
        said: &FollowUp,
        keys: &MailboxKeys,
        new_keys: Option<&MailboxKeys>,
    ) -> Parts {
        let copy = |keys: &MailboxKeys| SigningKey::from_seed(&keys.signing_key.seed());
        let signing = FollowUpKeys {
            code: copy(keys),
            new_code: new_keys.map(copy),
        };
        let identity = IdentityPart {
            answers: Answers::default(),
        };
        SubmissionSealer::start_follow_up(
            self.bundle.content().instance,
            &self.demo.period.public,
            SubmissionId::generate(&mut OsRng),
            said,
            &identity,
            signing,
            Parts::default(),
        )
        .and_then(SubmissionSealer::finish)
        .expect("it is sealed")
    }

    fn stored(&self, parts: &Parts, path: SealedBy) -> Stored {
        let period = &self.demo.period.public;
        let head = self.head(path, period);
        let mut writer = RecordWriter::start(&period.intake, &head, Vec::new()).expect("it begins");
        for (name, bytes, entry) in &parts.0 {
            writer.begin(*name).expect("memory takes it");
            CompartmentSink::write(&mut writer, bytes).expect("memory takes it");
            let entry = entry.as_ref().expect("it ended");
            writer.end(entry).expect("memory takes it");
        }
        let (ciphertext, class) = writer.finish().expect("it is sealed");
        Stored {
            record_id: head.record_id,
            period: period.id.clone(),
            bytes: framed(&ciphertext, class),
        }
    }

    /// Seals a report into a stored record, as the server does without JavaScript.
    pub(crate) fn seal(&self, report: &Report) -> Stored {
        self.seal_to(report, &self.demo.period.public)
    }

    /// As [`Self::seal`], to the recipients of another period.
    pub(crate) fn seal_to(&self, report: &Report, period: &Period) -> Stored {
        let head = self.head(report.path.unwrap_or(SealedBy::Server), period);
        let record_id = head.record_id;
        let mut answers = Answers::default();
        for (id, value) in &report.answers {
            assert!(answers.add(id, value), "{id} is a question");
        }
        let code = ReturnCode::generate(&mut OsRng);
        let account = Account {
            language: report.language.clone(),
            page_number: report.page_number,
            proof_words: match &report.proof_words {
                Some(words) => words.clone().map(Zeroizing::new),
                None => draw_proof_words(WordList::English, &mut OsRng),
            },
            mailbox: report
                .mailbox
                .clone()
                .unwrap_or_else(|| MailboxAddress::of(&code.derive_mailbox(head.instance))),
            answers: answers.clone(),
        };
        let writer = RecordWriter::start(&period.intake, &head, Vec::new()).expect("it is sealed");
        let submission_id = report
            .submission_id
            .unwrap_or_else(|| SubmissionId::generate(&mut OsRng));
        let identity = IdentityPart { answers };
        let mut sealer = SubmissionSealer::start(
            head.instance,
            period,
            submission_id,
            &account,
            &identity,
            writer,
        )
        .expect("it is sealed");
        for (name, media_type, bytes) in &report.files {
            sealer
                .begin_attachment(name, media_type)
                .expect("it is sealed");
            sealer.write_attachment(bytes).expect("it is sealed");
        }
        let writer = sealer.finish().expect("it is sealed");
        let (ciphertext, class) = writer.finish().expect("it is sealed");
        Stored {
            record_id,
            period: period.id.clone(),
            bytes: framed(&ciphertext, class),
        }
    }

    /// The next bundle with these records.
    pub(crate) fn pack(&mut self, records: &[Stored]) -> Vec<u8> {
        let note = self.note(records);
        self.previous = Some(note.digest());
        self.next += 1;
        self.write(&note, records)
    }

    /// The next bundle, with a note that says something else; no records.
    pub(crate) fn pack_note(&mut self, note: &TransferNote) -> Vec<u8> {
        self.pack_as(note, &[])
    }

    /// The next bundle, with a note that was made for these records.
    pub(crate) fn pack_as(&mut self, note: &TransferNote, records: &[Stored]) -> Vec<u8> {
        self.previous = Some(note.digest());
        self.next += 1;
        self.write(note, records)
    }

    pub(crate) fn note(&self, records: &[Stored]) -> TransferNote {
        TransferNote {
            instance: self.bundle.content().instance,
            epoch: self.epoch,
            sequence: self.next,
            previous: self.previous,
            day: self.day(),
            acknowledged: 0,
            waiting: 0,
            token: AcknowledgementToken::generate(&mut OsRng)
                .seal(&self.demo.period.public.intake)
                .expect("it is sealed"),
            signer: self.server.verifying_key(),
            blobs: records
                .iter()
                .map(|record| BlobLine {
                    sha256: Sha256::digest(&record.bytes).into(),
                    subject: RecordSubject {
                        record_id: record.record_id,
                        period: record.period.clone(),
                    },
                    size: record.bytes.len() as u64,
                })
                .collect(),
        }
    }

    /// An empty bundle that this office signs for a server.
    pub(crate) fn bundle_to_a_server(&self) -> Vec<u8> {
        let key = self.demo.office_key.for_bundles();
        let note = ToServerNote {
            instance: self.bundle.content().instance,
            epoch: self.epoch,
            sequence: 1,
            previous: None,
            day: self.day(),
            acknowledged: 0,
            waiting: 0,
            token: Vec::new(),
            signer: key.verifying_key(),
            blobs: Vec::new(),
        };
        let mut file = Vec::new();
        write_head(&mut file, &note.to_signed(&key)).expect("memory takes it");
        file
    }

    /// The file of a note; the blobs are what they are, whether they fit it or not.
    pub(crate) fn write(&self, note: &TransferNote, records: &[Stored]) -> Vec<u8> {
        let mut file = Vec::new();
        write_head(&mut file, &note.to_signed(&self.server)).expect("memory takes it");
        for record in records {
            write_blob_length(&mut file, record.bytes.len() as u64).expect("memory takes it");
            file.write_all(&record.bytes).expect("memory takes it");
        }
        file
    }
}

/// Imports a bundle that lies in memory.
pub(crate) fn take(vault: &mut Vault, file: &[u8]) -> Result<ImportReport, ImportError> {
    import(
        vault,
        Cursor::new(file),
        file.len() as u64,
        Known::default(),
        &mut |_| {},
    )
}

pub(crate) fn story(text: &str) -> Report {
    Report {
        answers: vec![("story".to_owned(), text.to_owned())],
        language: "en".to_owned(),
        ..Report::default()
    }
}

pub(crate) fn credentials() -> Credentials {
    Credentials {
        name: FIRST.to_owned(),
        passphrase: passphrase(),
    }
}

pub(crate) fn passphrase() -> SecretString {
    SecretString::from(PASSPHRASE)
}

/// Bytes of a file, different for each seed, the same in each run.
pub(crate) fn bytes(seed: u8, length: usize) -> Vec<u8> {
    let mut state = u32::from(seed) + 1;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..length).map(|_| next()).collect()
}

/// One of the domain's shared test cases, as a person would send it.
pub(crate) fn case(key: &str) -> Report {
    let cases: serde_json::Value =
        serde_json::from_str(include_str!("../../../../tests/data/cases.json")).expect("JSON");
    let cases = cases.get("cases").and_then(serde_json::Value::as_array);
    let case = cases
        .into_iter()
        .flatten()
        .find(|case| member(case, "case_key") == key)
        .expect("the case is there");
    let mut report = Report {
        language: text_of(case, "language"),
        ..Report::default()
    };
    for (id, value) in member(case, "submission").as_object().expect("an object") {
        let mut add = |value: &str| report.answers.push((id.clone(), value.to_owned()));
        match value {
            serde_json::Value::String(text) => add(text),
            serde_json::Value::Bool(true) => add("yes"),
            serde_json::Value::Array(values) => values
                .iter()
                .for_each(|value| add(value.as_str().expect("a text"))),
            _ => {}
        }
    }
    for (seed, file) in (0..).zip(member(case, "attachments").as_array().expect("a list")) {
        let size = member(file, "size_bytes").as_u64().expect("a number");
        let content = bytes(seed, usize::try_from(size).expect("it is small"));
        report.files.push((
            text_of(file, "filename"),
            text_of(file, "media_type"),
            content,
        ));
    }
    report
}

fn member<'a>(value: &'a serde_json::Value, name: &str) -> &'a serde_json::Value {
    value.get(name).expect("the member is there")
}

fn text_of(value: &serde_json::Value, name: &str) -> String {
    member(value, name).as_str().expect("a text").to_owned()
}

fn framed(ciphertext: &[u8], class: u64) -> Vec<u8> {
    let (prefix, padding) =
        stored_frame(ciphertext.len() as u64, class).expect("it is within its class");
    let mut stored = prefix.to_vec();
    stored.extend_from_slice(ciphertext);
    stored.resize(
        stored.len() + usize::try_from(padding).expect("it is small"),
        0,
    );
    stored
}

fn day_of(seconds: i64) -> Day {
    Day::from_days_since_1970(seconds.div_euclid(86_400)).expect("a day of this age")
}
