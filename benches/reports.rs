//! Rates and CPU of the way of a report, printed with the machine's name: `cargo bench --profile dev`
//! (the profile of the tests; the bench profile would build every dependency once more).
//!
//! Each figure is a ratio or is compared with one measured in the same run; the bench fails only when it is
//! off by a factor of two (STYLE §6.4). The targets are those of the issue that asked for them.

use std::{
    fs, hint,
    io::{self, Write},
    time::{Duration, Instant},
};

use asylia_envelope::{
    hybrid::HybridIdentity,
    ids::{InstanceId, RecordId, SubmissionId},
    key_bundle::Period,
    record::{RecordHead, RecordWriter, SealedBy},
    return_code::ReturnCode,
    seal::Sealer,
    sealing::SubmissionSealer,
    submission::{Account, FORMAT_VERSION, IdentityPart, MailboxAddress},
    words::{WordList, draw_proof_words},
};
use rand_core::OsRng;
use sha2::{Digest, Sha256};
use stage::{Form, Stage, seeded};

#[expect(dead_code, reason = "the bench never stops its server politely")]
#[path = "../tests/it/process.rs"]
mod process;
#[path = "../tests/it/programs.rs"]
mod programs;
#[expect(dead_code, reason = "the bench needs the server and not the console")]
#[path = "../tests/it/stage.rs"]
mod stage;

fn main() {
    println!("machine: {}", machine());
    let Rates { sealing, bound } = rates();
    println!(
        "two layers against two bare age passes: {:.0} % of the rate (target 80 %)",
        100.0 * sealing
    );
    println!(
        "two bare passes and two SHA-256, one after the other, copying nothing: {:.0} %",
        100.0 * bound
    );
    let stage = Stage::new();
    stage_warm(&stage);
    let small = cpu_per_small_report(&stage);
    println!(
        "server CPU per 1 KiB report: {:.2} ms (target 3 ms)",
        millis(small)
    );
    let large = cpu_of(&stage, || post_large(&stage));
    println!(
        "server CPU for 100 MiB: {:.2} s (target 0.6 s)",
        large.as_secs_f64()
    );
    let bare = bare_seconds();
    println!("bare age, two passes over 100 MiB, in the same run: {bare:.2} s");
    let slow = sealing < bound / 2.0
        || small > Duration::from_millis(6)
        || large.as_secs_f64() > 2.0 * (4.0 * bare).max(0.6);
    assert!(!slow, "a figure is off by more than a factor of two");
}

/// Rates as parts of the rate of two bare age passes over the same bytes.
struct Rates {
    /// Sealing one attachment in both layers.
    sealing: f64,
    /// What the format asks for besides: a digest of the file and one of its ciphertext.
    bound: f64,
}

fn rates() -> Rates {
    let bytes = seeded(7, LARGE_BYTES);
    let runs: [&dyn Fn(); 3] = [
        &|| two_bare_passes(&bytes),
        &|| both_layers(&bytes),
        &|| two_digests(&bytes),
    ];
    let mut best = [Duration::MAX; 3];
    // In turn: the machine's speed drifts.
    for _ in 0..5 {
        for (best, run) in best.iter_mut().zip(runs) {
            *best = timed(run).min(*best);
        }
    }
    let [bare, ours, digests] = best.map(|time| time.as_secs_f64());
    Rates {
        sealing: bare / ours,
        bound: bare / (bare + digests),
    }
}

fn two_digests(bytes: &[u8]) {
    for _ in 0..2 {
        let mut digest = Sha256::new();
        bytes
            .chunks(PART_BYTES)
            .for_each(|part| digest.update(part));
        hint::black_box(digest.finalize());
    }
}

fn two_bare_passes(bytes: &[u8]) {
    let recipient = HybridIdentity::from_seed(&[1; 32]).to_recipient();
    for _ in 0..2 {
        let mut sealer = Sealer::new(&recipient, Counted(0)).expect("a good recipient");
        bytes
            .chunks(PART_BYTES)
            .for_each(|part| sealer.write_all(part).expect("a sink takes all"));
        hint::black_box(sealer.finish().expect("a sink takes all").0);
    }
}

fn both_layers(bytes: &[u8]) {
    let recipient = |seed| HybridIdentity::from_seed(&[seed; 32]).to_recipient();
    let period = Period {
        id: "2026-Q4".into(),
        from: "2026-10-01".parse().expect("a day"),
        until: "2027-03-01".parse().expect("a day"),
        intake: recipient(1),
        account: recipient(2),
        identity: recipient(3),
    };
    let instance = InstanceId([1; 16]);
    let head = RecordHead {
        version: FORMAT_VERSION,
        instance,
        record_id: RecordId([2; 16]),
        period: period.id.clone(),
        bundle_sequence: 1,
        day: period.from,
        path: SealedBy::Server,
    };
    let mailbox = ReturnCode::generate(&mut OsRng).derive_mailbox(instance);
    let account = Account {
        language: "en".into(),
        page_number: None,
        proof_words: draw_proof_words(WordList::English, &mut OsRng),
        mailbox: MailboxAddress::of(&mailbox),
        answers: Default::default(),
    };
    let identity = IdentityPart {
        answers: Default::default(),
    };
    let record = RecordWriter::start(&period.intake, &head, Counted(0)).expect("a sink takes all");
    let id = SubmissionId::generate(&mut OsRng);
    let sealer = SubmissionSealer::start(instance, &period, id, &account, &identity, record);
    let mut sealer = sealer.expect("a sink takes all");
    sealer.begin_attachment("a", "b").expect("a sink takes all");
    bytes
        .chunks(PART_BYTES)
        .for_each(|part| sealer.write_attachment(part).expect("a sink takes all"));
    let record = sealer.finish().expect("a sink takes all");
    hint::black_box(record.finish().expect("a sink takes all").1);
}

fn bare_seconds() -> f64 {
    let bytes = seeded(7, LARGE_BYTES);
    timed(&|| two_bare_passes(&bytes)).as_secs_f64()
}

fn stage_warm(stage: &Stage) {
    for _ in 0..20 {
        post_small(stage);
    }
}

fn cpu_per_small_report(stage: &Stage) -> Duration {
    cpu_of(stage, || (0..SMALL_REPORTS).for_each(|_| post_small(stage))) / SMALL_REPORTS
}

fn post_small(stage: &Stage) {
    let (status, _) = stage.post(Form::default().field("story", &[b'x'; 1024]));
    assert_eq!(status, 200);
}

fn post_large(stage: &Stage) {
    let form = Form::default()
        .field("story", b"x")
        .file("a", "a/b", &seeded(9, LARGE_BYTES));
    assert_eq!(stage.post(form).0, 200);
}

/// CPU that the server used while `run` ran, user and system, all threads.
fn cpu_of(stage: &Stage, run: impl FnOnce()) -> Duration {
    let server = stage.server.as_ref().expect("the server runs");
    let before = cpu(server.id());
    run();
    cpu(server.id()) - before
}

fn cpu(process: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).expect("our own process");
    let (_, fields) = stat.rsplit_once(')').expect("the name stands in brackets");
    // Fields 14 and 15 of proc_pid_stat(5), in ticks of 10 ms.
    let ticks: u64 = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(|ticks| ticks.parse::<u64>().expect("a number"))
        .sum();
    Duration::from_millis(10 * ticks)
}

fn timed(run: &dyn Fn()) -> Duration {
    let start = Instant::now();
    run();
    start.elapsed()
}

fn millis(duration: Duration) -> f64 {
    1000.0 * duration.as_secs_f64()
}

fn machine() -> String {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let count = cpus.matches("processor\t").count();
    format!(
        "{count} × {}",
        model.map_or("unknown processor", |(_, name)| name)
    )
}

struct Counted(u64);

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += hint::black_box(bytes).len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const LARGE_BYTES: usize = 100 << 20;
const PART_BYTES: usize = 64 << 10;
const SMALL_REPORTS: u32 = 200;
