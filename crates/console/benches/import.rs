//! Ten thousand reports from a stick into the vault, each with its first reply: how long, and how much memory.
//! `cargo bench --profile dev -p asylia-console --bench import [-- COUNT]`; fails above the figures promised, which
//! hold for the whole count.

use std::{
    fs::{self, File},
    io::{BufReader, BufWriter, Write},
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use asylia_console::{
    import::{Known, import},
    machine::Machine,
    vault::{
        Credentials, NewVault, Vault,
        header::{KDF_FLOOR_MIB, KdfCost},
    },
};
use asylia_envelope::{
    acknowledgement::AcknowledgementToken,
    answers::Answers,
    ids::{EpochId, RecordId, SubmissionId},
    key_bundle::{Anchor, UnverifiedBundle},
    record::{RecordHead, RecordWriter, SealedBy, stored_frame},
    return_code::ReturnCode,
    sealing::SubmissionSealer,
    signing::{SigningKey, Transfer},
    submission::{Account, FORMAT_VERSION, IdentityPart, MailboxAddress},
    transfer::{BlobLine, RecordSubject, TransferNote, write_blob_length, write_head},
    words::{WordList, draw_proof_words},
};
use asylia_keys::{demo::DemoOffice, identity::AnyIdentity};
use rand_core::OsRng;
use sha2::{Digest, Sha256};

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime starts");
    let count = std::env::args()
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(REPORTS);
    let folder = tempfile::tempdir().expect("a folder is made");
    let demo = DemoOffice::generate("2026-11-23".parse().expect("a day"), &mut OsRng);
    let bundle = folder.path().join("bundle");
    let begin = Instant::now();
    write_bundle(&demo, count, &folder.path().join("records"), &bundle);
    println!("{count} reports sealed in {:?}", begin.elapsed());
    let machine = Machine {
        handle: runtime.handle().clone(),
        clock: Arc::new(|| NOW),
        random: Arc::new(|| Box::new(OsRng)),
    };
    let mut vault = vault(&machine, &demo, &folder.path().join("vault"));
    let file = File::open(&bundle).expect("it is there");
    let length = file.metadata().expect("it is there").len();
    let (begin, mut told) = (Instant::now(), 0_u64);
    let source = BufReader::with_capacity(1 << 20, file);
    let report = import(&mut vault, source, length, Known::default(), &mut |_| {
        told += 1
    });
    let (took, memory) = (begin.elapsed(), peak_mib());
    let report = report.expect("it is taken in");
    assert_eq!((report.new, told), (count, count), "each is told of");
    assert!(report.acknowledge.is_some());
    let waiting = vault.contents().correspondence.waiting().count() as u64;
    assert_eq!(waiting, count, "each has its first reply");
    println!("{count} reports imported in {took:?}, memory at its most: {memory} MiB");
    assert!(took <= SECONDS, "the import takes {took:?}");
    assert!(memory <= MEMORY_MIB, "{memory} MiB");
    println!("within what is promised: 60 s, 300 MiB");
}

/// Records of ordinary reports without files, one after the other on the disk, then the bundle that carries them.
fn write_bundle(demo: &DemoOffice, count: u64, records: &Path, bundle: &Path) {
    let server = SigningKey::<Transfer>::generate(&mut OsRng);
    let instance = demo.content.instance;
    let period = &demo.period.public;
    let mut blobs = Vec::new();
    let mut file = BufWriter::new(File::create(records).expect("it can be written"));
    for number in 0..count {
        let (record_id, bytes) = record(demo, number);
        file.write_all(&bytes).expect("there is room");
        blobs.push(BlobLine {
            sha256: Sha256::digest(&bytes).into(),
            subject: RecordSubject {
                record_id,
                period: period.id.clone(),
            },
            size: bytes.len() as u64,
        });
    }
    drop(file);
    let token = AcknowledgementToken::generate(&mut OsRng);
    let note = TransferNote {
        instance,
        epoch: EpochId::generate(&mut OsRng),
        sequence: 1,
        previous: None,
        day: "2026-11-23".parse().expect("a day"),
        acknowledged: 0,
        waiting: 0,
        token: token.seal(&period.intake).expect("it is sealed"),
        signer: server.verifying_key(),
        blobs,
    };
    let mut records = BufReader::new(File::open(records).expect("it was written"));
    let mut out = BufWriter::new(File::create(bundle).expect("it can be written"));
    write_head(&mut out, &note.to_signed(&server)).expect("there is room");
    for blob in &note.blobs {
        write_blob_length(&mut out, blob.size).expect("there is room");
        let mut record = std::io::Read::take(&mut records, blob.size);
        std::io::copy(&mut record, &mut out).expect("there is room");
    }
    out.flush().expect("there is room");
}

fn record(demo: &DemoOffice, number: u64) -> (RecordId, Vec<u8>) {
    let (instance, period) = (demo.content.instance, &demo.period.public);
    let head = RecordHead {
        version: FORMAT_VERSION,
        instance,
        record_id: RecordId::generate(&mut OsRng),
        period: period.id.clone(),
        bundle_sequence: 1,
        day: "2026-11-23".parse().expect("a day"),
        path: SealedBy::Browser,
    };
    let mut answers = Answers::default();
    let story = format!(
        "Report {number}. {}",
        "They stopped us on the road. ".repeat(50)
    );
    assert!(answers.add("story", &story) && answers.add("person_names", "Somebody"));
    let code = ReturnCode::generate(&mut OsRng);
    let account = Account {
        language: "en".to_owned(),
        page_number: None,
        proof_words: draw_proof_words(WordList::English, &mut OsRng),
        mailbox: MailboxAddress::of(&code.derive_mailbox(instance)),
        answers: answers.clone(),
    };
    let writer = RecordWriter::start(&period.intake, &head, Vec::new()).expect("it is sealed");
    let id = SubmissionId::generate(&mut OsRng);
    let identity = IdentityPart { answers };
    let sealer = SubmissionSealer::start(instance, period, id, &account, &identity, writer);
    let writer = sealer
        .and_then(SubmissionSealer::finish)
        .expect("it is sealed");
    let (ciphertext, class) = writer.finish().expect("it is sealed");
    let frame = stored_frame(ciphertext.len() as u64, class);
    let (prefix, padding) = frame.expect("it is within its class");
    let padding = vec![0; usize::try_from(padding).expect("it is small")];
    (
        head.record_id,
        [&prefix[..], &ciphertext, &padding].concat(),
    )
}

fn vault(machine: &Machine, demo: &DemoOffice, directory: &Path) -> Vault {
    let bundle = UnverifiedBundle::parse(demo.note.as_bytes())
        .and_then(|note| note.verify(&Anchor::DemoOnly, None))
        .expect("the demonstration's note verifies");
    let period = &demo.period;
    let identities = [
        period.intake.to_secret_text(),
        period.account.to_secret_text(),
        period.identity.to_secret_text(),
    ];
    let identities = identities.iter();
    let new = NewVault {
        first: Credentials {
            name: "focal-point".to_owned(),
            passphrase: "six words that nobody else knows".into(),
        },
        cost: KdfCost::with_memory(KDF_FLOOR_MIB).expect("the floor is allowed"),
        bundle,
        anchor: Anchor::DemoOnly,
        identities: identities
            .map(|text| AnyIdentity::parse_secret_text(text).expect("it reads itself"))
            .collect(),
        recovery: None,
    };
    Vault::create(machine.clone(), directory, new).expect("a vault is made")
}

fn peak_mib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("it runs on Linux");
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1));
    let kib = kib.and_then(|kib| kib.parse::<u64>().ok());
    kib.expect("a number") / 1024
}

const REPORTS: u64 = 10_000;
const SECONDS: Duration = Duration::from_secs(60);
const MEMORY_MIB: u64 = 300;
const NOW: i64 = 1_795_428_000;
