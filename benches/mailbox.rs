//! What reading a mailbox costs the server, and whether its time tells an unknown code from an empty or a full
//! mailbox: `cargo bench --profile dev --bench mailbox`.
//!
//! Times are taken over loopback, in turn for the three kinds, and compared as medians of the same run. The bench
//! fails only when a figure is off by a factor of two (STYLE §6.4).

use std::{
    fs,
    time::{Duration, Instant},
};

use asylia_envelope::{return_code::ReturnCode, transfer::OfficeSubject};
use office::{Correspondence, Outbox};
use rand_core::OsRng;
use server::{
    Place, Program, Server,
    http::{Form, Visitor},
};

#[path = "../tests/it"]
#[expect(dead_code, reason = "the bench needs a part of what the tests have")]
mod it {
    pub(crate) mod process;
    pub(crate) mod server;

    pub(crate) mod mailbox {
        pub(crate) mod office;
    }
}
// Where the tests' modules look for each other.
use it::{mailbox::office, process, server};

fn main() {
    let place = Place::new();
    let server = place.start(Program::Asylia);
    let codes = codes(&place);
    codes.iter().for_each(|code| read(&server, code));
    let full = cpu_of(&server, || {
        (0..TIMES).for_each(|_| read(&server, &codes[2]));
    });
    let unknown = cpu_of(&server, || {
        (0..TIMES).for_each(|_| read(&server, &codes[0]));
    });
    let token = codes[2].derive_mailbox(place.office().content.instance);
    let token = token.lookup_token;
    let api = cpu_of(&server, || {
        (0..TIMES).for_each(|_| ask(&server, &*token));
    });
    println!(
        "server CPU to read a mailbox without JavaScript: {:.2} ms full, {:.2} ms unknown (target 5 ms)",
        millis(full),
        millis(unknown)
    );
    println!("server CPU to fetch four slots: {:.2} ms", millis(api));
    let pages = times(&codes, |code| read(&server, code));
    report("page", &pages);
    let instance = place.office().content.instance;
    let tokens: Vec<_> = codes
        .iter()
        .map(|code| code.derive_mailbox(instance).lookup_token)
        .collect();
    let slots = times(&tokens, |token| ask(&server, &**token));
    report("slots", &slots);
    assert!(
        full < Duration::from_millis(10),
        "more than twice the target"
    );
    beside_logins(&server, &codes[2]);
}

/// How long a report takes alone, and while fifty visitors read their mailboxes.
fn beside_logins(server: &Server, code: &ReturnCode) {
    let report = || {
        let begun = Instant::now();
        let form = Form::default().text("story", "It happened in March.");
        assert_eq!(visitor(server).post(form).expect("an answer").status, 200);
        begun.elapsed()
    };
    let mut alone: Vec<Duration> = (0..REPORTS).map(|_| report()).collect();
    let mut beside: Vec<Duration> = (0..REPORTS)
        .map(|_| {
            std::thread::scope(|scope| {
                (0..LOGINS).for_each(|_| drop(scope.spawn(|| read(server, code))));
                report()
            })
        })
        .collect();
    alone.sort();
    beside.sort();
    let median = |times: &[Duration]| times.get(times.len() / 2).copied().map_or(0.0, millis);
    println!(
        "a report: median {:.1} ms alone, {:.1} ms beside {LOGINS} logins",
        median(&alone),
        median(&beside)
    );
}

/// Unknown, emptied, full.
fn codes(place: &Place) -> [ReturnCode; 3] {
    let codes = [(); 3].map(|()| ReturnCode::generate(&mut OsRng));
    let instance = place.office().content.instance;
    let emptied = codes[1].derive_mailbox(instance);
    let mut once = Correspondence::with(place, &emptied);
    let mut often = Correspondence::with(place, &codes[2].derive_mailbox(instance));
    let text = "A line of an answer of ordinary length.\n".repeat(30);
    let letters = [
        once.received(&text),
        often.received(&text),
        often.message(&text),
        often.message(&text),
        often.message(&text),
    ];
    let mut outbox = Outbox::new(place);
    outbox.deliver(&letters.each_ref());
    let purge = OfficeSubject::Purge(emptied.lookup_id());
    place.run("import", &[&outbox.write(&[(purge, Vec::new())])]);
    codes
}

/// Sorted times of each of three, measured in turn.
fn times<T>(of: &[T], run: impl Fn(&T)) -> Vec<Vec<Duration>> {
    let mut times = vec![Vec::new(); of.len()];
    for _ in 0..SAMPLES {
        for (one, times) in of.iter().zip(&mut times) {
            let begin = Instant::now();
            run(one);
            times.push(begin.elapsed());
        }
    }
    times.iter_mut().for_each(|times| times.sort());
    times
}

fn report(what: &str, times: &[Vec<Duration>]) {
    for (name, times) in ["unknown", "empty", "full"].iter().zip(times) {
        let at = |part: usize| {
            times
                .get(times.len() * part / 100)
                .copied()
                .map_or(0.0, millis)
        };
        println!(
            "{what}, {name}: median {:.3} ms, quartiles {:.3} to {:.3}, 5th {:.3}",
            at(50),
            at(25),
            at(75),
            at(5)
        );
    }
}

fn read(server: &Server, code: &ReturnCode) {
    let form = Form::default().text("code", &code.to_digits());
    let answer = visitor(server).post_to("/mailbox", form);
    assert_eq!(answer.expect("an answer").status, 200);
}

fn ask(server: &Server, token: &[u8]) {
    let kind = "application/octet-stream";
    let answer = visitor(server).post_bytes("/api/v1/mailbox", kind, token);
    assert_eq!(answer.expect("an answer").0, 200);
}

fn visitor(server: &Server) -> Visitor {
    Visitor::connect(server.address()).expect("the server listens")
}

/// CPU that the server used for one of [`TIMES`] requests, user and system, all threads.
fn cpu_of(server: &Server, run: impl FnOnce()) -> Duration {
    let before = cpu(server.id());
    run();
    (cpu(server.id()) - before) / TIMES
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

fn millis(duration: Duration) -> f64 {
    1000.0 * duration.as_secs_f64()
}

const TIMES: u32 = 400;
const SAMPLES: usize = 1000;
const REPORTS: usize = 21;
const LOGINS: usize = 50;
