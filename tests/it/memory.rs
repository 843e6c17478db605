//! Memory does not grow with a report: the server is measured by the kernel's own high-water mark.

use std::fs;

use crate::server::{
    Place, Program, Server,
    http::{Answer, Content, Form, Seeded, Visitor},
    long,
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

/// Room for what is on its way: buffers of the connection, 1 MiB of chunks and their transaction.
const GROWTH_LIMIT_KIB: u64 = 8 * 1024;
