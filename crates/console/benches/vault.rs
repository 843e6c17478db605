//! Ten thousand cases: how long an unlock takes beyond the passphrase's stretching, how long the inbox, how long a
//! search once the reports were read for it (and that reading), and how much memory it all needs. `cargo bench --profile dev -p asylia-console`; fails above the figures promised.

use std::{
    fs,
    io::Write,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use asylia_console::{
    machine::Machine,
    ui::{App, router},
    vault::{
        Credentials, NewVault, Vault, VaultError, VaultTransaction,
        audit::{Act, AuditItem},
        domain::Domain,
        header::{KDF_FLOOR_MIB, KdfCost},
        item::{FileItem, IdentityItem, IdentityState, Imported, Item, RecordItem, RecordState},
    },
};
use asylia_envelope::{
    answers::Answers,
    ids::{InstanceId, PageNumber, RecordId, SubmissionId},
    key_bundle::{Anchor, UnverifiedBundle},
    open::OpenedAttachment,
    record::SealedBy,
    return_code::ReturnCode,
    submission::{Account, MailboxAddress},
    words::{WordList, draw_proof_words},
};
use asylia_keys::demo::DemoOffice;
use axum::{body::Body, http::Request};
use rand_core::OsRng;
use tower::ServiceExt;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime starts");
    let folder = tempfile::tempdir().expect("a folder is made");
    let directory = folder.path().join("vault");
    let machine = Machine {
        handle: runtime.handle().clone(),
        clock: Arc::new(|| NOW),
        random: Arc::new(|| Box::new(OsRng)),
    };
    let begin = Instant::now();
    fill(&machine, &directory);
    println!("{CASES} cases written in {:?}", begin.elapsed());
    let stretching = stretching(&machine, &folder.path().join("empty"));
    let app = Arc::new(App::new(machine, directory, Instant::now()));
    let begin = Instant::now();
    app.unlock(&credentials()).expect("it unlocks");
    let unlock = begin.elapsed().saturating_sub(stretching);
    let pages = router(Arc::clone(&app));
    let mut inbox = Duration::MAX;
    for _ in 0..3 {
        let begin = Instant::now();
        let request = Request::get("/").body(Body::empty()).expect("a request");
        let answer = runtime.block_on(pages.clone().oneshot(request));
        let answer = answer.expect("an answer");
        assert!(answer.status().is_success());
        let page = runtime.block_on(axum::body::to_bytes(answer.into_body(), 10 << 20));
        let page = String::from_utf8(page.expect("a page").to_vec()).expect("text");
        assert!(page.contains("/?from=200"), "the inbox is shown");
        inbox = inbox.min(begin.elapsed());
    }
    let begin = Instant::now();
    while app.prepare_search(50) {}
    let prepared = begin.elapsed();
    let search = searches(&runtime, &pages);
    let memory = peak_mib();
    println!("unlock after the stretching ({stretching:?}): {unlock:?}");
    println!("inbox: {inbox:?}");
    println!("reading all reports for the search, in the background: {prepared:?}");
    println!("slowest of the searches: {search:?}");
    println!("memory at its most: {memory} MiB");
    assert!(unlock <= Duration::from_secs(5), "unlock takes {unlock:?}");
    assert!(
        inbox <= Duration::from_millis(100),
        "the inbox takes {inbox:?}"
    );
    assert!(
        search <= Duration::from_millis(300),
        "a search takes {search:?}"
    );
    assert!(memory <= 1024, "{memory} MiB");
    println!("within what is promised: 5 s, 100 ms, 300 ms, 1024 MiB");
    std::io::stdout().flush().expect("it prints");
}

/// The slowest of some searches through the page, for what is nowhere, rare, and in every report.
fn searches(runtime: &tokio::runtime::Runtime, pages: &axum::Router) -> Duration {
    let mut slowest = Duration::ZERO;
    for (words, found) in [
        ("nowhere-in-any-of-them", 0),
        ("number-7777-of", 1),
        ("e+e+e+nowhere", 0),
        ("%D8%A7%D9%84%D9%85%D8%AF%D8%B1%D8%B3%D9%87", CASES),
        ("the+road+evening", CASES),
    ] {
        let begin = Instant::now();
        let form = "application/x-www-form-urlencoded";
        let request = Request::post("/search").header("content-type", form);
        let request = request.body(Body::from(format!("words={words}")));
        let answer = runtime.block_on(pages.clone().oneshot(request.expect("a request")));
        let answer = answer.expect("an answer").into_body();
        let page = runtime.block_on(axum::body::to_bytes(answer, 10 << 20));
        let took = begin.elapsed();
        let page = String::from_utf8(page.expect("a page").to_vec()).expect("text");
        let says = match found {
            0 => "Nothing found".to_owned(),
            1 => "One report found".to_owned(),
            many => format!("{many} reports found"),
        };
        assert!(page.contains(&says), "{words}: {page}");
        println!("search for {words}: {took:?}");
        slowest = slowest.max(took);
    }
    slowest
}

fn fill(machine: &Machine, directory: &Path) {
    let mut vault = create(machine, directory);
    for batch in 0..CASES / BATCH {
        let mut transaction = vault.begin().expect("it begins");
        for number in 0..BATCH {
            write_case(&mut transaction, batch * BATCH + number).expect("it is written");
        }
        transaction.commit().expect("it is written");
    }
    vault.close();
}

fn write_case(transaction: &mut VaultTransaction<'_>, number: usize) -> Result<(), VaultError> {
    let record_id = RecordId::generate(&mut OsRng);
    let account = transaction.put_blob(&account(number))?;
    let part = transaction.put_blob(&vec![b'y'; 2000])?;
    let file = transaction.put_blob(&[b'z'; 4000])?;
    let attachment = OpenedAttachment {
        number: 1,
        name: format!("file {number}.pdf"),
        media_type: "application/pdf".to_owned(),
        size: 4000,
        sha256: "00".repeat(32),
    };
    let imported = Imported {
        received_day: "2026-11-23".parse().expect("a day"),
        path: SealedBy::Browser,
        bundle_sequence: 1,
        attachments: 1,
        submission_id: Some(SubmissionId::generate(&mut OsRng)),
        page_number: Some(PageNumber::generate(&mut OsRng)),
        problems: Vec::new(),
        compartments: Vec::new(),
        account: Some(account.clone()),
        files: vec![FileItem::of(&attachment, file.clone())],
        mailbox: None,
        follow_up: None,
    };
    let record = RecordItem {
        instance: InstanceId::generate(&mut OsRng),
        record_id,
        period: "2026-Q4".to_owned(),
        named_sha256: [1; 32],
        stored_sha256: [1; 32],
        size: 81_976,
        carried_by: 1,
        replaces: None,
        state: RecordState::Imported(Box::new(imported)),
    };
    let state = IdentityState::Sealed {
        part: Some(part.clone()),
        files: Vec::new(),
        problems: Vec::new(),
    };
    let record = Item::Record(Box::new(record));
    transaction.append_with(Domain::Case, record, &[&account, &file], &[])?;
    let identity = Item::Identity(Box::new(IdentityItem { record_id, state }));
    transaction.append_with(Domain::Identity, identity, &[&part], &[])?;
    let entry = AuditItem::of(Act::RecordTaken).on_record(record_id);
    transaction.log(entry)
}

/// An account of about eight kilobytes, half of it in Arabic with its vowel signs.
fn account(number: usize) -> Vec<u8> {
    let latin = "They stopped us on the road to the village in the evening and took the papers. ";
    let arabic = "أوقفونا عند المَدْرَسَةِ في المساء وأخذوا الأوراق كلها. ";
    let story = format!(
        "number-{number}-of the reports. {}{}",
        latin.repeat(50),
        arabic.repeat(40)
    );
    let mut answers = Answers::default();
    assert!(answers.add("story", &story));
    let code = ReturnCode::generate(&mut OsRng);
    let account = Account {
        language: "ar".to_owned(),
        page_number: None,
        proof_words: draw_proof_words(WordList::English, &mut OsRng),
        mailbox: MailboxAddress::of(&code.derive_mailbox(InstanceId::generate(&mut OsRng))),
        answers,
    };
    account.to_json().to_vec()
}

fn create(machine: &Machine, directory: &Path) -> Vault {
    let demo = DemoOffice::generate("2026-11-23".parse().expect("a day"), &mut OsRng);
    let bundle = UnverifiedBundle::parse(demo.note.as_bytes())
        .and_then(|note| note.verify(&Anchor::DemoOnly, None))
        .expect("the demonstration's note verifies");
    let new = NewVault {
        first: credentials(),
        cost: KdfCost::with_memory(KDF_FLOOR_MIB).expect("the floor is allowed"),
        bundle,
        anchor: Anchor::DemoOnly,
        identities: vec![demo.period.intake.into()],
        recovery: None,
    };
    Vault::create(machine.clone(), directory, new).expect("a vault is made")
}

/// How long an empty vault takes to unlock: the stretching and nothing else.
fn stretching(machine: &Machine, directory: &Path) -> Duration {
    create(machine, directory).close();
    let begin = Instant::now();
    let vault = Vault::open(machine.clone(), directory, &credentials()).expect("it opens");
    let took = begin.elapsed();
    vault.close();
    took
}

fn credentials() -> Credentials {
    Credentials {
        name: "focal-point".to_owned(),
        passphrase: "six words that nobody else knows".into(),
    }
}

fn peak_mib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("it runs on Linux");
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1));
    kib.and_then(|kib| kib.parse::<u64>().ok())
        .expect("a number")
        / 1024
}

const CASES: usize = 10_000;
const BATCH: usize = 100;
const NOW: i64 = 1_795_428_000;
