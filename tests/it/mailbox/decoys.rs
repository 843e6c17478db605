//! Decoys: a day has as many records as the operator says, the stick too, and the office tells them apart.

use std::time::Duration;

use asylia_envelope::padding::stored_bytes;

use crate::server::{
    Place, Program,
    http::{Form, Visitor},
    wait_for,
};

#[test]
fn a_day_is_filled_when_it_is_over_and_before_it_leaves_on_a_stick() {
    let place = Place::with_config("decoys_a_day = 4\n");
    let mut content = place.office().content.clone();
    // Yesterday, which is filled at the start, must lie in the period.
    content.sequence += 1;
    for period in &mut content.periods {
        period.from = "2026-01-01".parse().expect("a day");
    }
    content.not_before = "2026-01-01".parse().expect("a day");
    place.set_bundle(&content);
    let server = place.start(Program::Asylia);
    let filled = wait_for(Duration::from_secs(20), || {
        (place.records() == 4).then_some(())
    });
    assert!(filled.is_some(), "yesterday is filled");
    let mut visitor = Visitor::connect(server.address()).expect("the server listens");
    let report = visitor.post(Form::default().text("story", "It happened in March."));
    assert_eq!(report.expect("an answer").status, 200);
    assert_eq!(place.records(), 5, "today goes on");

    let bundle = place.export("1.asylia");
    assert_eq!(
        place.records(),
        8,
        "four of yesterday, one report and three of today"
    );
    assert_eq!(place.decoys(&bundle), 7);
    assert_eq!(place.open_all(&bundle).len(), 1);
    let status = place.status();
    assert_eq!(
        status["bytes"].as_u64(),
        Some(8 * stored_bytes(65_536)),
        "of one class"
    );
    // A day that is full stays as it is.
    let again = place.export("2.asylia");
    assert_eq!((place.decoys(&again), place.records()), (7, 8));
}

#[test]
fn without_the_key_nobody_makes_decoys() {
    let place = Place::new();
    let _server = place.start(Program::Asylia);
    let bundle = place.export("1.asylia");
    assert_eq!((place.decoys(&bundle), place.records()), (0, 0));
}
