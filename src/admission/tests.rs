use std::{sync::Arc, time::Duration};

use futures_util::task::noop_waker_ref;
use tokio::time::advance;

use super::*;
use crate::limits::{BODIES, BODIES_OF_A_PEER, LARGE_BODIES};

fn everything() -> Admission {
    Admission::new(Room::default(), 1024)
}

fn asked(peer: Peer, declared: u64, what: What) -> Asked {
    Asked {
        peer,
        declared: Some(declared),
        what,
    }
}

fn text(peer: u32) -> Asked {
    asked(Peer::Circuit(peer), 5_000, What::Report)
}

fn files(peer: u32) -> Asked {
    asked(Peer::Circuit(peer), 50 * MIB, What::Report)
}

fn refusal(outcome: Result<Seat, Refusal>) -> Option<Refusal> {
    outcome.err()
}

fn is_cut(seat: &Seat) -> bool {
    seat.poll_cut(&Context::from_waker(noop_waker_ref()))
        .is_ready()
}

/// P74, P75: an attack on one circuit leaves the others alone, and its own waiting time is short.
#[tokio::test(start_paused = true)]
async fn one_circuit_s_flood_is_its_own_affair() {
    let admission = everything();
    let burst = PEER_BURST as usize;
    let sent = (0..burst + 20).filter(|_| admission.admit(text(1)).is_ok());
    assert_eq!(sent.count(), burst);
    assert_eq!(refusal(admission.admit(text(1))), Some(Refusal::TooMany));
    assert!(admission.admit(text(2)).is_ok());
    advance(Duration::from_secs(2)).await;
    assert!(admission.admit(text(1)).is_ok());
}

/// P74: with a circuit for every post the budget of all posts is what is left; small ones have a part of it that
/// large ones cannot use up.
#[tokio::test(start_paused = true)]
async fn large_posts_leave_a_reserve_to_small_ones() {
    let admission = everything();
    let mut circuit = 0;
    let mut refused = None;
    while refused.is_none() {
        circuit += 1;
        assert!(circuit < 100_000, "somebody is refused at last");
        refused = refusal(admission.admit(files(circuit)));
    }
    assert_eq!(refused, Some(Refusal::Busy));
    assert!(admission.admit(text(circuit + 1)).is_ok());
    advance(Duration::from_secs(1)).await;
    assert!(admission.admit(files(circuit + 2)).is_ok());
}

/// A circuit for each: what is used up of codes is missing of codes only, and of reports of reports only.
#[tokio::test(start_paused = true)]
async fn a_flood_of_codes_stops_no_report_and_a_flood_of_reports_stops_no_code() {
    let word = |circuit| asked(Peer::Circuit(circuit), 50, What::Word);
    let until_busy = |admission: &Admission, flood: &dyn Fn(u32) -> Asked| {
        let mut posts = (0..100_000).map(|circuit| refusal(admission.admit(flood(circuit))));
        assert_eq!(posts.find_map(|refused| refused), Some(Refusal::Busy));
    };
    let codes = everything();
    until_busy(&codes, &word);
    assert!(codes.admit(text(200_000)).is_ok());
    assert!(codes.admit(files(200_001)).is_ok());
    advance(Duration::from_secs(1)).await;
    assert!(codes.admit(word(200_002)).is_ok(), "it fills again");
    let reports = everything();
    until_busy(&reports, &text);
    assert!(reports.admit(word(200_000)).is_ok());
}

/// P78.
#[tokio::test(start_paused = true)]
async fn a_million_circuits_are_not_remembered() {
    let admission = everything();
    for circuit in 0..1_000_000 {
        let _ = admission.admit(text(circuit));
        if circuit % 1000 == 0 {
            advance(Duration::from_secs(20)).await;
        }
    }
    assert!(admission.budgets().peers.len() <= PEERS);
    advance(Duration::from_secs(60)).await;
    admission.budgets().prune(Instant::now());
    assert_eq!(admission.budgets().peers.len(), 0);
    assert!(admission.budgets().peers.capacity() < 64);
}

/// P76: whoever holds every place with bodies that drip loses one to whoever has something to send.
#[tokio::test(start_paused = true)]
async fn the_slowest_body_makes_room_and_an_honest_one_does_not() {
    let admission = everything();
    let seats: Vec<Seat> = (0..BODIES as u32)
        .map(|circuit| admission.admit(text(circuit)).expect("a place"))
        .collect();
    assert_eq!(refusal(admission.admit(text(9_999))), Some(Refusal::Busy));
    for seat in seats.iter().skip(1) {
        seat.count(4_000);
    }
    advance(Duration::from_secs(5)).await;
    let _new = admission.admit(text(9_999)).expect("a place");
    assert!(is_cut(&seats[0]) && !is_cut(&seats[1]));
}

#[tokio::test(start_paused = true)]
async fn a_large_body_that_moves_keeps_its_place() {
    let admission = everything();
    let seats: Vec<Seat> = (0..LARGE_BODIES as u32)
        .map(|circuit| admission.admit(files(circuit)).expect("a place"))
        .collect();
    for seat in &seats {
        seat.count(30 * 5_000);
    }
    advance(Duration::from_secs(30)).await;
    assert_eq!(refusal(admission.admit(files(9_999))), Some(Refusal::Busy));
    assert!(
        admission.admit(text(9_999)).is_ok(),
        "text has places of its own"
    );
    advance(Duration::from_secs(30)).await;
    assert!(admission.admit(files(9_999)).is_ok());
    assert_eq!(seats.iter().filter(|seat| is_cut(seat)).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_place_is_free_again_when_its_body_ends() {
    let admission = everything();
    let held: Vec<_> = (0..BODIES_OF_A_PEER)
        .map(|_| admission.admit(text(1)).expect("a place"))
        .collect();
    assert_eq!(refusal(admission.admit(text(1))), Some(Refusal::TooMany));
    drop(held);
    assert!(admission.admit(text(1)).is_ok());
}

/// P79, and what is announced is not charged: nobody can use the hour up with a number in a head.
#[tokio::test(start_paused = true)]
async fn an_hour_s_files_are_counted_as_they_come_and_text_goes_on() {
    let admission = everything();
    for circuit in 0..1_000 {
        let announced = admission.admit(asked(Peer::Circuit(circuit), 500 * MIB, What::Report));
        assert!(announced.is_ok());
    }
    let seat = admission.admit(files(5_000)).expect("a place");
    assert!(seat.count(600 * MIB), "what has begun goes on");
    drop(seat);
    assert_eq!(
        refusal(admission.admit(files(5_001))),
        Some(Refusal::FilesLater)
    );
    assert_eq!(
        refusal(admission.admit(asked(Peer::Circuit(5_001), 9, What::Part))),
        Some(Refusal::FilesLater),
        "small parts add up"
    );
    assert!(admission.admit(text(5_001)).is_ok());
    advance(Duration::from_secs(600)).await;
    assert!(admission.admit(files(5_001)).is_ok());
}

/// P79: each mark of the disk, from the head alone.
#[tokio::test(start_paused = true)]
async fn full_disks_take_small_files_then_text_and_stop_what_is_under_way_last() {
    let room = Room::default();
    let admission = Admission::new(room.clone(), 1024);
    let part = asked(Peer::Circuit(1), 4 * MIB, What::Part);
    let under_way = admission.admit(files(7)).expect("a place");
    room.set(50_000 * MIB, 100_000 * MIB);
    let too_large = Refusal::TooLarge { limit_mib: 10 };
    assert_eq!(refusal(admission.admit(files(1))), Some(too_large));
    let small = asked(Peer::Circuit(1), 10 * MIB, What::Report);
    assert!(admission.admit(small).is_ok());
    room.set(75_000 * MIB, 100_000 * MIB);
    assert_eq!(refusal(admission.admit(small)), Some(Refusal::TextOnly));
    assert!(admission.admit(part).is_ok(), "what has begun goes on");
    assert!(under_way.count(2 * MIB));
    assert!(admission.admit(text(1)).is_ok());
    room.set(90_000 * MIB, 100_000 * MIB);
    assert_eq!(refusal(admission.admit(part)), Some(Refusal::TextOnly));
    assert!(!under_way.count(MIB), "the last tenth is for text");
    assert!(admission.admit(text(1)).is_ok());
    let word = asked(Peer::Circuit(1), 50, What::Word);
    assert!(admission.admit(word).is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_body_that_declares_little_and_sends_much_counts_as_files() {
    let admission = everything();
    let seat = admission.admit(text(1)).expect("a place");
    seat.count(TEXT_ONLY_BYTES);
    let full = admission.0.files.burst;
    let left = |admission: &Admission| {
        let files = admission.0.files;
        admission.budgets().files.left(&files, Instant::now())
    };
    assert!((left(&admission) - full).abs() < f64::EPSILON);
    seat.count(1000);
    assert!((left(&admission) - (full - 1000.0)).abs() < 1.0);
}

/// What a body holds is given back however its request ends.
#[test]
fn nothing_of_the_admission_is_kept_by_a_seat_that_is_gone() {
    let admission = everything();
    let before = Arc::strong_count(&admission.0);
    drop(admission.admit(text(1)));
    assert_eq!(Arc::strong_count(&admission.0), before);
}
