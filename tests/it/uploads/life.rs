//! How uploads end that are not completed, and how many there may be.

use std::{fs, time::Duration};

use asylia::limits::{OPEN_UPLOADS, PART_BYTES};

use super::{PART, assert_refused, large, place};
use crate::server::{
    Place, Program,
    http::{Form, Visitor},
    sealed::{Sealed, Upload, held},
    wait_for,
};

#[test]
fn an_upload_that_is_given_up_leaves_nothing() {
    let (place, server) = place();
    let (bytes, _) = large(&place, "given up");
    let upload = Upload::new(server.address());
    assert_eq!(upload.put(0, &bytes[..PART]).taken(), Some((1, false)));
    // In the middle of a part as well: whoever sends it is told.
    let mut sending = upload.visitor();
    let begun = sending.begin_part(&upload.line(1), PART_BYTES, &bytes[PART..PART + 500_000]);
    begun.expect("it is taken");
    let (records, unfinished, chunks) = held(&place.database());
    assert!(
        (records, unfinished) == (0, 1) && chunks > 16,
        "control: {chunks}"
    );
    assert_eq!(upload.cancel().status, 204);
    assert_eq!(held(&place.database()), (0, 0, 0), "gone before the answer");
    assert_refused(&sending.answer().expect("an answer"), 400, "cut_off");
    assert_refused(
        &upload.put(1, &bytes[PART..2 * PART]),
        404,
        "unknown_upload",
    );
    assert_eq!(upload.cancel().status, 204, "nothing is there to give up");
}

#[test]
fn open_uploads_are_bounded_and_disturb_nobody() {
    let (place, server) = place();
    let bytes = Sealed::new(&place.office().content, "bounded", &[]).to_bytes();
    let open = |upload: &Upload| upload.put(0, &bytes[..1000]);
    let uploads: Vec<Upload> = (0..OPEN_UPLOADS)
        .map(|_| Upload::new(server.address()))
        .collect();
    for upload in &uploads {
        assert_eq!(open(upload).taken(), Some((1, false)));
    }
    let one_more = Upload::new(server.address());
    let busy = open(&one_more);
    assert_refused(&busy, 503, "busy");
    assert!(
        busy.head
            .to_ascii_lowercase()
            .contains("retry-after: 30\r\n"),
        "{}",
        busy.head
    );
    // Those that are open go on, and so does the form.
    let answer = (1..).zip(bytes[1000..].chunks(1000));
    let last = answer
        .map(|(number, part)| uploads[0].put(number, part))
        .last();
    assert!(
        last.and_then(|last| last.taken())
            .is_some_and(|(_, complete)| complete)
    );
    let mut visitor = Visitor::connect(server.address()).expect("the server listens");
    let form = visitor.post(Form::default().text("story", "by the form"));
    assert_eq!(form.expect("an answer").status, 200);
    // The completed one made room for one, and one that is given up for another.
    assert_eq!(open(&one_more).taken(), Some((1, false)));
    assert_refused(&open(&Upload::new(server.address())), 503, "busy");
    assert_eq!(uploads[1].cancel().status, 204);
    assert_eq!(
        open(&Upload::new(server.address())).taken(),
        Some((1, false))
    );
    // A part that begins nothing holds no place.
    drop(server);
    let server = place.start(Program::Asylia);
    for _ in 0..=OPEN_UPLOADS {
        let upload = Upload::new(server.address());
        let mut cut_off = upload.visitor();
        cut_off
            .begin_part(&upload.line(0), 1000, b"")
            .expect("a head is taken");
    }
    let free = wait_for(Duration::from_secs(20), || {
        let upload = Upload::new(server.address());
        (open(&upload).status == 200).then_some(())
    });
    assert!(free.is_some(), "dropped connections hold places");
}

#[test]
fn a_server_that_is_killed_or_stopped_keeps_nothing_of_an_open_upload() {
    let place = Place::new();
    let (bytes, _) = large(&place, "killed");
    for kill in [true, false] {
        let server = place.start(Program::Asylia);
        let upload = Upload::new(server.address());
        assert_eq!(upload.put(0, &bytes[..PART]).taken(), Some((1, false)));
        assert_eq!(held(&place.database()).1, 1, "control: it is there");
        if kill {
            server.kill();
            assert_eq!(held(&place.database()).1, 1, "control: still");
            let server = place.start(Program::Asylia);
            let mut gone = Upload::new(server.address());
            gone.token = upload.token;
            assert_refused(&gone.put(1, &bytes[PART..2 * PART]), 404, "unknown_upload");
            server.stop();
        } else {
            server.stop();
        }
        assert_eq!(held(&place.database()), (0, 0, 0));
    }
}

#[test]
fn no_token_and_no_size_stands_in_the_log() {
    let (place, server) = place();
    let (bytes, _) = large(&place, "logged");
    let upload = Upload::new(server.address());
    assert!(upload.put_all(&bytes, PART).taken().is_some());
    let refused = Upload::new(server.address());
    assert_refused(&refused.put(0, b"no"), 400, "malformed");
    let given_up = Upload::new(server.address());
    assert!(given_up.put(0, &bytes[..1_234_567]).taken().is_some());
    given_up.cancel();
    server.stop();
    let log = fs::read_to_string(place.log()).expect("the log is text");
    assert!(log.contains("stopped"), "control: it logs");
    for upload in [&upload, &refused, &given_up] {
        assert!(!log.contains(&upload.token) && !log.contains(&upload.token[..16]));
    }
    assert!(!log.contains("1234567") && !log.contains(&bytes.len().to_string()));
}
