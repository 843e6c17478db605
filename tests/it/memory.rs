//! Memory does not grow with a report: the server is measured by the kernel's own high-water mark.

use std::fs;

use asylia::limits::PART_BYTES;

use crate::server::{
    Place, Program, Server,
    http::{Answer, Content, Form, Seeded, Visitor},
    long,
    sealed::{Sealed, Upload},
};

#[test]
fn a_large_report_is_taken_in_constant_memory() {
    let place = Place::new();
    let server = place.start(Program::Asylia);
    let mebibytes = if long() { 1024 } else { 256 };
    let warm = post(&server, with_file(1));
    assert_eq!(warm.status, 200);
    let (answer, growth) = growth_kib(&server, || post(&server, with_file(mebibytes)));
    assert!(answer.receipt().is_some(), "{}", answer.head);
    eprintln!("a report of {mebibytes} MiB: the server grew by {growth} KiB");
    assert!(growth <= GROWTH_LIMIT_KIB, "it grew by {growth} KiB");
    let records = place.run("status", &[]);
    assert!(records.starts_with("records     2 "), "{records}");
}

#[test]
fn a_hundred_mebibytes_of_text_are_refused_in_constant_memory() {
    let place = Place::new();
    let server = place.start(Program::Asylia);
    assert_eq!(post(&server, with_file(1)).status, 200);
    let text = Content::Repeated(b"Q7xkPz2mVt ", 100 << 20);
    let form = Form::default().long_text("story", text);
    let (answer, growth) = growth_kib(&server, || post(&server, form));
    eprintln!(
        "100 MiB of text: {}, {} bytes of answer, the server grew by {growth} KiB",
        answer.status,
        answer.head.len() + answer.body.len()
    );
    assert_eq!(answer.status, 413);
    assert!(answer.head.len() + answer.body.len() < 20_000);
    assert!(!answer.body.contains("Q7xkPz2mVt"), "it is echoed");
    assert!(growth <= GROWTH_LIMIT_KIB, "it grew by {growth} KiB");
}

#[test]
fn a_large_upload_and_a_large_sealed_file_are_taken_in_constant_memory() {
    let place = Place::new();
    let server = place.start(Program::Asylia);
    let mebibytes = if long() { 1024 } else { 200 };
    let sealed = |mebibytes: u64| {
        let file = Seeded::new(mebibytes, mebibytes << 20);
        Sealed::new(&place.office().content, "large", &[file]).to_bytes()
    };
    let upload = |bytes: &[u8]| Upload::new(server.address()).put_all(bytes, PART_BYTES as usize);
    let post = |bytes: &[u8]| {
        let mut visitor = Visitor::connect(server.address()).expect("the server listens");
        let form = Form::default().sealed("x", bytes);
        visitor.post_sealed(form).expect("an answer")
    };
    let warm = sealed(1);
    assert_eq!((upload(&warm).status, post(&warm).status), (200, 200));
    let bytes = sealed(mebibytes);
    let begin = std::time::Instant::now();
    let (answer, growth) = growth_kib(&server, || upload(&bytes));
    let seconds = begin.elapsed().as_secs_f64();
    eprintln!("an upload of {mebibytes} MiB: {seconds:.1} s, the server grew by {growth} KiB");
    assert!(answer.taken().is_some_and(|(_, complete)| complete));
    assert!(growth <= GROWTH_LIMIT_KIB, "it grew by {growth} KiB");
    let (answer, growth) = growth_kib(&server, || post(&bytes));
    eprintln!("a sealed file of {mebibytes} MiB: the server grew by {growth} KiB");
    assert_eq!(answer.status, 200);
    assert!(growth <= GROWTH_LIMIT_KIB, "it grew by {growth} KiB");
}

#[test]
fn an_upload_that_waits_holds_less_than_a_mebibyte() {
    let place = Place::new();
    let server = place.start(Program::Asylia);
    let file = Seeded::new(1, 5 << 20);
    let bytes = Sealed::new(&place.office().content, "waits", &[file]).to_bytes();
    let part = bytes.get(..PART_BYTES as usize).expect("it has two parts");
    let open = |count: u64| {
        for _ in 0..count {
            let taken = Upload::new(server.address()).put(0, part).taken();
            assert_eq!(taken, Some((1, false)));
        }
    };
    open(2);
    let (_, growth) = growth_kib(&server, || open(WAITING));
    eprintln!("an upload that waits: {} KiB", growth / WAITING);
    assert!(growth <= WAITING * 1024, "it grew by {growth} KiB");
}

/// Negative control: the server that keeps what it reads grows by what it was sent.
#[test]
fn the_measure_sees_a_server_that_keeps_a_report() {
    let place = Place::new();
    let server = place.start(Program::Leaky);
    assert_eq!(post(&server, with_file(1)).status, 200);
    let (_, growth) = growth_kib(&server, || post(&server, with_file(32)));
    assert!(growth > 32 * 1024, "it grew by {growth} KiB only");
}

fn with_file(mebibytes: u64) -> Form {
    let file = Content::Seeded(Seeded::new(mebibytes, mebibytes << 20));
    let form = Form::default().text("story", "What happened.");
    form.file("film.bin", file)
}

fn post(server: &Server, form: Form) -> Answer {
    let mut visitor = Visitor::connect(server.address()).expect("the server listens");
    visitor.post(form).expect("an answer")
}

/// By how much the resident memory rose, at its highest, above what it was before.
fn growth_kib<T>(server: &Server, work: impl FnOnce() -> T) -> (T, u64) {
    let before = status_kib(server, "VmRSS:");
    // 5: sets the high-water mark back to the present value, proc(5).
    let reset = fs::write(format!("/proc/{}/clear_refs", server.id()), "5");
    reset.expect("root may reset the mark");
    let marked = status_kib(server, "VmHWM:");
    assert!(marked <= before + 1024, "the mark was not set back");
    let done = work();
    let highest = status_kib(server, "VmHWM:");
    (done, highest.saturating_sub(before))
}

fn status_kib(server: &Server, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.id()));
    let status = status.expect("the server runs");
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
    kib.expect("the kernel says it in kB")
}

const WAITING: u64 = 24;
/// Room for what is on its way: buffers of the connection, 1 MiB of chunks and their transaction.
const GROWTH_LIMIT_KIB: u64 = 8 * 1024;
