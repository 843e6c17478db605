//! Whether the time of an answer tells an unknown code from an empty or a full mailbox.
//!
//! The three are asked in turn, in an order that moves on with each round, so that what slows the machine slows all
//! of them; then of each two kinds it is counted which was slower in a round. Without a difference that is the toss of
//! a coin, whatever the noise looks like; four standard deviations are allowed (one run in 10 000 fails by chance).

use std::time::{Duration, Instant};

use asylia_envelope::return_code::ReturnCode;

use super::{instance, post, program, read, three_codes};
use crate::server::{Place, Program, Server, http::Form, long};

#[test]
fn the_time_of_an_answer_tells_nothing() {
    let place = Place::new();
    let server = place.start(Program::Asylia);
    let codes = three_codes(&place);
    let tokens = codes
        .each_ref()
        .map(|code| code.derive_mailbox(instance(&place)).lookup_token);
    let rounds = if long() { 1000 } else { 60 };
    let page = |server: &Server, kind: usize| {
        assert_eq!(read(server, &code(&codes, kind).to_digits()).status, 200);
    };
    let slots = |server: &Server, kind: usize| {
        let token = tokens.get(kind).expect("three");
        assert_eq!(program(server, &**token).0, 200);
    };
    // It says nothing else, so that the answer is the refusal behind the look into the mailbox, without a disk's noise.
    let send = |server: &Server, kind: usize| {
        let form = Form::default().text("code", &code(&codes, kind).to_digits());
        assert_eq!(post(server, "/mailbox/send", form).status, 422);
    };
    compare("page", &measure(&server, rounds, page));
    compare("send", &measure(&server, rounds, send));
    compare("slots", &measure(&server, rounds, slots));
}

/// The control: a difference that the steps hide would be seen by the same measure.
#[test]
fn a_difference_of_a_millisecond_would_be_seen() {
    let rounds = |more: Duration| -> Vec<[Duration; 3]> {
        let noise =
            |round: u64, kind: u64| Duration::from_micros(scattered(3 * round + kind) % 1500);
        let times = |round| [noise(round, 0), noise(round, 1), noise(round, 2) + more];
        (0..60).map(times).collect()
    };
    assert!(worst(&rounds(Duration::from_millis(1))).2 > 4.0);
    assert!(worst(&rounds(Duration::ZERO)).2 < 4.0);
}

/// A number that looks drawn: the finaliser of splitmix64.
fn scattered(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn measure(server: &Server, rounds: usize, ask: impl Fn(&Server, usize)) -> Vec<[Duration; 3]> {
    (0..3).for_each(|kind| ask(server, kind));
    let round = |round: usize| {
        let mut times = [Duration::ZERO; 3];
        for place in 0..3 {
            let kind = (round + place) % 3;
            let begun = Instant::now();
            ask(server, kind);
            if let Some(time) = times.get_mut(kind) {
                *time = begun.elapsed();
            }
        }
        times
    };
    (0..rounds).map(round).collect()
}

fn compare(what: &str, rounds: &[[Duration; 3]]) {
    let medians = [0, 1, 2].map(|kind| median(rounds, kind));
    let (one, other, deviations) = worst(rounds);
    println!(
        "{what}: medians {medians:.3?} ms of {} rounds; {} against {}: {deviations:.1} standard deviations",
        rounds.len(),
        NAMES[one],
        NAMES[other]
    );
    assert!(
        deviations < 4.0,
        "{what}: {} and {} differ",
        NAMES[one],
        NAMES[other]
    );
}

/// The two kinds that differ most, and by how many standard deviations of a fair coin.
fn worst(rounds: &[[Duration; 3]]) -> (usize, usize, f64) {
    let pairs = [(0, 1), (0, 2), (1, 2)];
    let judged = pairs.map(|(one, other)| {
        let slower = rounds
            .iter()
            .filter(|times| times[one] > times[other])
            .count();
        let (slower, all) = (slower as f64, rounds.len() as f64);
        (one, other, (slower - all / 2.0).abs() / (all.sqrt() / 2.0))
    });
    let mut worst = judged[0];
    for judged in judged {
        if judged.2 > worst.2 {
            worst = judged;
        }
    }
    worst
}

fn median(rounds: &[[Duration; 3]], kind: usize) -> f64 {
    let mut times: Vec<f64> = rounds
        .iter()
        .map(|times| 1000.0 * times[kind].as_secs_f64())
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn code(codes: &[ReturnCode; 3], kind: usize) -> &ReturnCode {
    codes.get(kind).expect("three")
}

const NAMES: [&str; 3] = ["unknown", "empty", "full"];
