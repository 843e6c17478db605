//! Uploads in parts (`/api/v1/uploads`), against the real server: what arrives opens byte for byte, what breaks
//! off goes on, what is wrong is refused by its name and leaves nothing.

use std::{
    fs,
    time::{Duration, Instant},
};

use asylia::limits::PART_BYTES;
use asylia_envelope::record::SealedBy;
use serde_json::Value;

use crate::server::{
    Place, Program, Server,
    http::{Answer, Seeded},
    office::story,
    sealed::{Sealed, Upload, held},
    wait_for,
};

mod document;
mod life;
mod refused;

const PART: usize = PART_BYTES as usize;

fn place() -> (Place, Server) {
    let place = Place::new();
    let server = place.start(Program::Asylia);
    (place, server)
}

/// A report with two files, of some 9 MiB.
fn large(place: &Place, story: &str) -> (Vec<u8>, [Seeded; 2]) {
    let files = [Seeded::new(7, (5 << 20) + 17), Seeded::new(8, 3 << 20)];
    let sealed = Sealed::new(&place.office().content, story, &files);
    (sealed.to_bytes(), files)
}

/// Waits until nothing is left but this many records.
fn assert_kept(place: &Place, records: i64) {
    let mut last = (0, 0, 0);
    let kept = wait_for(Duration::from_secs(20), || {
        last = held(&place.database());
        (last == (records, 0, 0)).then_some(())
    });
    assert!(
        kept.is_some(),
        "records, unfinished, their chunks: {last:?}"
    );
}

#[track_caller]
fn assert_refused(answer: &Answer, status: u16, kind: &str) {
    assert_eq!(
        answer.refused(),
        (status, kind.to_owned()),
        "{}",
        answer.body
    );
}

/// The reports of a stopped or running server, opened with all their files.
fn assert_opens(place: &Place, stories: &[&str], files: &[Seeded]) {
    let bundle = place.export("stick");
    let opened = place.open_with_files(&bundle);
    let mut found: Vec<&str> = opened.iter().map(|(record, _)| story(record)).collect();
    found.sort_unstable();
    assert_eq!(found, stories);
    for (record, bytes) in &opened {
        assert_eq!(record.head.path, SealedBy::Browser);
        assert_eq!(record.attachments.len(), files.len());
        for (bytes, file) in bytes.iter().zip(files) {
            assert!(*bytes == file.to_vec(), "a file differs");
        }
    }
    fs::remove_file(bundle).expect("the test may remove it");
}

#[test]
fn a_report_in_parts_opens_byte_for_byte() {
    let (place, server) = place();
    let (bytes, files) = large(&place, "in parts");
    let upload = Upload::new(server.address());
    let parts: Vec<&[u8]> = bytes.chunks(PART).collect();
    assert!(parts.len() >= 3);
    for (number, part) in (0..).zip(&parts) {
        let last = number + 1 == parts.len() as u64;
        assert_eq!(upload.put(number, part).taken(), Some((number + 1, last)));
    }
    assert_kept(&place, 1);
    // Parts of another size, and a file that fits in one.
    let other = Upload::new(server.address());
    let (bytes, _) = large(&place, "in other parts");
    let answer = other.put_all(&bytes, 700_001);
    assert!(
        answer.taken().is_some_and(|(_, complete)| complete),
        "{}",
        answer.body
    );
    assert_opens(&place, &["in other parts", "in parts"], &files);
}

#[test]
fn a_part_that_broke_off_is_sent_again_and_goes_on() {
    let (place, server) = place();
    let (bytes, files) = large(&place, "broken off");
    let upload = Upload::new(server.address());
    for (number, part) in (0..).zip(bytes.chunks(PART)) {
        // Cut in the middle twice, the second time further on; also in the first bytes.
        for cut in [5, part.len() / 3, part.len() / 2] {
            let mut cut_off = upload.visitor();
            cut_off
                .begin_part(&upload.line(number), part.len() as u64, &part[..cut])
                .expect("it is taken");
        }
        assert!(put_until_taken(&upload, number, part).is_some());
    }
    assert_kept(&place, 1);
    assert_opens(&place, &["broken off"], &files);
}

/// Puts a part as the client does: again when it was cut off. The server may meet a connection that was opened
/// earlier later than this one, and then that one goes ahead.
fn put_until_taken(upload: &Upload, number: u64, part: &[u8]) -> Option<(u64, bool)> {
    wait_for(Duration::from_secs(20), || {
        let answer = upload.put(number, part);
        assert!(answer.status == 200 || answer.refused().1 == "cut_off");
        answer.taken()
    })
}

#[test]
fn a_retry_goes_ahead_of_a_request_that_hangs() {
    let (place, server) = place();
    let (bytes, files) = large(&place, "hanging");
    let upload = Upload::new(server.address());
    let mut parts = (0..).zip(bytes.chunks(PART));
    let (_, first) = parts.next().expect("a part");
    let mut hanging = upload.visitor();
    let begun = hanging.begin_part(&upload.line(0), first.len() as u64, &first[..PART / 2]);
    begun.expect("it is taken");
    let begin = Instant::now();
    assert_eq!(put_until_taken(&upload, 0, first), Some((1, false)));
    assert!(
        begin.elapsed() < Duration::from_secs(20),
        "it waited for the other"
    );
    assert_refused(&hanging.answer().expect("an answer"), 400, "cut_off");
    for (number, part) in parts {
        assert!(upload.put(number, part).taken().is_some());
    }
    assert_opens(&place, &["hanging"], &files);
}

#[test]
fn the_same_part_again_is_answered_the_same_and_another_is_refused() {
    let (place, server) = place();
    let (bytes, files) = large(&place, "again");
    let parts: Vec<&[u8]> = bytes.chunks(PART).collect();
    let upload = Upload::new(server.address());
    assert_eq!(upload.put(0, parts[0]).taken(), Some((1, false)));
    assert_eq!(upload.put(0, parts[0]).taken(), Some((1, false)));
    let mut other = parts[0].to_vec();
    other[1000] ^= 1;
    assert_refused(&upload.put(0, &other), 409, "other_bytes");

    let ahead = upload.put(2, parts[2]);
    assert_refused(&ahead, 409, "out_of_order");
    let body: Value = serde_json::from_str(&ahead.body).expect("JSON");
    assert_eq!(body["next"], 1);

    // Of a part that broke off, only the same bytes go on.
    let mut cut_off = upload.visitor();
    let begun = cut_off.begin_part(&upload.line(1), parts[1].len() as u64, &parts[1][..100_000]);
    begun.expect("it is taken");
    drop(cut_off);
    let mut other = parts[1].to_vec();
    other[50_000] ^= 1;
    // Whether the server has the first bytes already is the network's affair.
    let mut refused = wait_for(Duration::from_secs(20), || {
        let mut probe = upload.visitor();
        let line = upload.line(1);
        let begun = probe.begin_part(&line, parts[1].len() as u64, &parts[1][..100_000]);
        begun.expect("it is taken");
        std::thread::sleep(Duration::from_millis(50));
        let answer = upload.put(1, &other);
        (answer.status == 409).then_some(answer)
    });
    let refused = refused.take().expect("the other bytes are seen");
    assert_refused(&refused, 409, "other_bytes");
    let shorter = upload.put(1, &parts[1][..parts[1].len() - 1]);
    assert_refused(&shorter, 409, "other_bytes");

    assert_eq!(upload.put(1, parts[1]).taken(), Some((2, false)));
    let done = upload.put(2, parts[2]);
    assert_eq!(done.taken(), Some((3, true)));
    // Completed: the same again, also of a part before the last one; nothing else.
    assert_eq!(upload.put(2, parts[2]).taken(), Some((3, true)));
    assert_eq!(upload.put(1, parts[1]).taken(), Some((2, false)));
    let mut other = parts[2].to_vec();
    other[0] ^= 1;
    assert_refused(&upload.put(2, &other), 409, "other_bytes");
    assert_refused(&upload.put(3, b"more"), 409, "complete");
    assert_eq!(upload.cancel().status, 204, "and it stays stored");
    assert_kept(&place, 1);
    assert_opens(&place, &["again"], &files);
}
