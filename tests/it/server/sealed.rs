//! The other sealer's side: reports that were sealed before they are sent, whole, altered on purpose, and sent in
//! parts.

use std::{io, net::SocketAddr, path::Path};

use asylia_envelope::{
    answers::Answers,
    ids::SubmissionId,
    key_bundle::BundleContent,
    return_code::ReturnCode,
    sealed_file::{SealedFileHead, SealedFileParser, SealedFileWriter, Step},
    sealing::{CompartmentSink, SubmissionSealer},
    submission::{
        Account, CompartmentName, FORMAT_VERSION, IdentityPart, MailboxAddress, ManifestEntry,
    },
    words::{WordList, draw_proof_words},
};
use rand_core::{OsRng, RngCore};
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use super::http::{Answer, Seeded, Visitor};

/// A sealed file in its pieces, to be altered and written again.
#[derive(Clone)]
pub(crate) struct Sealed {
    /// The header.
    pub(crate) head: SealedFileHead,
    /// Every compartment's ciphertext, in order.
    pub(crate) compartments: Vec<(CompartmentName, Vec<u8>)>,
}

impl Sealed {
    /// Seals a report to the first period of an office.
    pub(crate) fn new(office: &BundleContent, story: &str, files: &[Seeded]) -> Self {
        Self::with_id(SubmissionId::generate(&mut OsRng), office, story, files)
    }

    /// The same under a given number.
    pub(crate) fn with_id(
        id: SubmissionId,
        office: &BundleContent,
        story: &str,
        files: &[Seeded],
    ) -> Self {
        let bytes = sealed(id, office, story, files).expect("memory can be written");
        Self::parse(&bytes)
    }

    /// The file.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let write = || -> io::Result<Vec<u8>> {
            let mut writer = SealedFileWriter::start(&self.head, Vec::new())?;
            for (name, bytes) in &self.compartments {
                writer.begin(*name)?;
                writer.write(bytes)?;
                // The frame has no digests.
                writer.end(&ManifestEntry {
                    name: name.to_string(),
                    size: 0,
                    sha256: String::new(),
                })?;
            }
            writer.finish()
        };
        write().expect("the compartments are in order")
    }

    fn parse(mut bytes: &[u8]) -> Self {
        let mut parser = SealedFileParser::default();
        let head = parser.head(&mut bytes).expect("our own file");
        let mut compartments: Vec<(CompartmentName, Vec<u8>)> = Vec::new();
        loop {
            match parser.step(&mut bytes).expect("our own file") {
                Step::Begin(name) => compartments.push((name, Vec::new())),
                Step::Bytes(bytes) => {
                    let last = compartments.last_mut().expect("one began");
                    last.1.extend_from_slice(bytes);
                }
                Step::End(_) | Step::Head(_) => {}
                Step::Hungry | Step::Whole => break,
            }
        }
        Self {
            head: head.expect("the file is whole"),
            compartments,
        }
    }
}

fn sealed(
    id: SubmissionId,
    office: &BundleContent,
    story: &str,
    files: &[Seeded],
) -> io::Result<Vec<u8>> {
    let period = office.periods.last().expect("an office has a period");
    let code = ReturnCode::generate(&mut OsRng);
    let mut answers = Answers::default();
    answers.add("story", story);
    let account = Account {
        language: "en".to_owned(),
        page_number: None,
        proof_words: draw_proof_words(WordList::for_language("en"), &mut OsRng),
        mailbox: MailboxAddress::of(&code.derive_mailbox(office.instance)),
        answers: answers.clone(),
    };
    let identity = IdentityPart { answers };
    let head = SealedFileHead {
        version: FORMAT_VERSION,
        instance: office.instance,
        period: period.id.clone(),
        bundle_sequence: office.sequence,
    };
    let writer = SealedFileWriter::start(&head, Vec::new())?;
    let mut sealer =
        SubmissionSealer::start(office.instance, period, id, &account, &identity, writer)?;
    for file in files {
        sealer.begin_attachment("film.bin", "application/octet-stream")?;
        sealer.write_attachment(&file.to_vec())?;
    }
    sealer.finish()?.finish()
}

/// An upload in parts, as a client sees it.
pub(crate) struct Upload {
    address: SocketAddr,
    /// 32 hexadecimal digits.
    pub(crate) token: String,
}

impl Upload {
    /// A new one, of which the server knows nothing yet.
    pub(crate) fn new(address: SocketAddr) -> Self {
        let mut token = [0; 16];
        OsRng.fill_bytes(&mut token);
        Self {
            address,
            token: hex::encode(token),
        }
    }

    /// Method and path of a part.
    pub(crate) fn line(&self, number: u64) -> String {
        format!("PUT /api/v1/uploads/{}/{number}", self.token)
    }

    /// A connection of its own.
    pub(crate) fn visitor(&self) -> Visitor {
        Visitor::connect(self.address).expect("the server listens")
    }

    /// Sends a part and reads the answer.
    pub(crate) fn put(&self, number: u64, bytes: &[u8]) -> Answer {
        let answer = self.visitor().ask(&self.line(number), Some(bytes));
        answer.expect("an answer")
    }

    /// Sends the parts of `bytes` from the first on, each of `size` bytes; the answer to the last one sent,
    /// which is the first that is refused.
    pub(crate) fn put_all(&self, bytes: &[u8], size: usize) -> Answer {
        let mut last = None;
        for (number, part) in (0..).zip(bytes.chunks(size)) {
            let answer = self.put(number, part);
            let refused = answer.status != 200;
            last = Some(answer);
            if refused {
                break;
            }
        }
        last.expect("there is a part")
    }

    /// Gives it up.
    pub(crate) fn cancel(&self) -> Answer {
        let line = format!("DELETE /api/v1/uploads/{}", self.token);
        self.visitor().ask(&line, None).expect("an answer")
    }
}

impl Answer {
    /// The answer to a part: the number expected next, and whether the report is stored.
    pub(crate) fn taken(&self) -> Option<(u64, bool)> {
        let json: serde_json::Value = serde_json::from_str(&self.body).ok()?;
        let taken = (
            json.get("next")?.as_u64()?,
            json.get("complete")?.as_bool()?,
        );
        (self.status == 200).then_some(taken)
    }

    /// Status and kind of a refusal.
    pub(crate) fn refused(&self) -> (u16, String) {
        let json: serde_json::Value = serde_json::from_str(&self.body).expect("JSON");
        let text = |name: &str| json.get(name).and_then(|text| text.as_str());
        assert!(text("message").is_some_and(|message| message.ends_with('.')));
        (self.status, text("error").expect("a kind").to_owned())
    }
}

/// What a store holds: sealed records, unfinished uploads, and chunks of these.
pub(crate) fn held(database: &Path) -> (i64, i64, i64) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(async {
        let options = SqliteConnectOptions::new().filename(database).read_only(true);
        let mut db = SqliteConnection::connect_with(&options).await.expect("it opens");
        let held = sqlx::query_as(
            "SELECT (SELECT count(*) FROM envelope WHERE state = 2), \
             (SELECT count(*) FROM envelope WHERE state <> 2), \
             (SELECT count(*) FROM chunk WHERE record NOT IN (SELECT record FROM envelope WHERE state = 2))",
        );
        let held = held.fetch_one(&mut db).await.expect("it answers");
        db.close().await.expect("it closes");
        held
    })
}
