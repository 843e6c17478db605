//! What a seized database tells by lengths: the size class, and nothing finer.

use std::{collections::BTreeSet, thread};

use asylia::storage::{SqliteOptions, SqliteStore, Store as _, WINDOW_CHUNKS};

use crate::server::{
    Place, Program, Server,
    http::{Content, Form, Seeded, Visitor},
};

#[test]
fn a_thousand_reports_of_one_class_have_one_stored_length() {
    let place = Place::new();
    let server = place.start(Program::Asylia);
    thread::scope(|scope| {
        for client in 0..8 {
            let server = &server;
            scope.spawn(move || {
                for number in (client..1000).step_by(8) {
                    send(server, report(number));
                }
            });
        }
    });
    let lengths = stored_lengths(&place);
    assert_eq!(lengths.len(), 1000);
    let distinct: BTreeSet<u64> = lengths.into_iter().collect();
    assert_eq!(distinct.len(), 1, "one class, one length: {distinct:?}");
    // The measure can tell lengths apart: a report beyond the class has another one.
    let file = Content::Seeded(Seeded::new(1, 200_000));
    send(&server, report(0).file("file", file));
    let distinct: BTreeSet<u64> = stored_lengths(&place).into_iter().collect();
    assert_eq!(distinct.len(), 2);
}

/// From one letter to 11 KiB, with and without further answers.
fn report(number: usize) -> Form {
    let story = "s".repeat(1 + number * 11);
    let form = Form::default().text("story", &story);
    match number % 3 {
        0 => form,
        1 => form.text("person_names", &"n".repeat(number * 11)),
        _ => form
            .text("reprisal_act", "detention")
            .text("name_to_use", "N"),
    }
}

fn send(server: &Server, form: Form) {
    let mut visitor = Visitor::connect(server.address()).expect("the server listens");
    let answer = visitor.post(form).expect("an answer");
    assert!(answer.receipt().is_some(), "{}", answer.head);
}

/// Bytes of every record, counted from its chunks.
fn stored_lengths(place: &Place) -> Vec<u64> {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let options = SqliteOptions::new(place.database());
        let store = SqliteStore::open(&options).await.expect("it opens");
        let mut lengths = Vec::new();
        for listed in store.list_envelopes(None, 2000).await.expect("it lists") {
            let (mut length, mut next) = (0, Some(0));
            while let Some(from) = next {
                let window = store.read_chunks(listed.envelope.record, from, WINDOW_CHUNKS);
                let window = window.await.expect("it reads");
                let bytes = window.chunks.iter().map(|chunk| chunk.bytes.len() as u64);
                length += bytes.sum::<u64>();
                next = window.next;
            }
            assert_eq!(u64::try_from(listed.envelope.stored_bytes), Ok(length));
            lengths.push(length);
        }
        store.close().await.expect("it closes");
        lengths
    })
}
