//! What the server does not take: each has its own name, leaves nothing, and disturbs nothing else.

use asylia_envelope::day::Day;
use asylia_keys::period::{Window, new_period};
use rand_core::OsRng;
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use super::{PART, assert_kept, assert_opens, assert_refused, large, place};
use crate::server::{
    Place, Program,
    http::{Seeded, Visitor},
    sealed::{Sealed, Upload},
};

#[test]
fn parts_of_a_wrong_size_or_place_are_refused() {
    let (place, server) = place();
    let (bytes, _) = large(&place, "sizes");
    let upload = Upload::new(server.address());
    let too_large = upload.put(0, &bytes[..=PART]);
    assert_refused(&too_large, 413, "part_too_large");
    assert_refused(&upload.put(1, &bytes[..10]), 404, "unknown_upload");
    assert_eq!(upload.put(0, &bytes[..1000]).taken(), Some((1, false)));
    assert_refused(&upload.put(1, &bytes[1000..2001]), 413, "part_too_large");
    assert_eq!(upload.put(1, &bytes[1000..2000]).taken(), Some((2, false)));
    // Shorter than the first, and not the end.
    assert_refused(&upload.put(2, &bytes[2000..2999]), 400, "malformed");
    assert_refused(&upload.put(2, &bytes[2000..3000]), 404, "unknown_upload");

    let visit = |line: &str| {
        let mut visitor = Visitor::connect(server.address()).expect("the server listens");
        visitor.ask(line, Some(b"a")).expect("an answer")
    };
    let token = "0123456789abcdef0123456789abcdef";
    for path in [
        format!("/api/v1/uploads/{}/0", token.to_uppercase()),
        format!("/api/v1/uploads/{}/0", &token[1..]),
        format!("/api/v1/uploads/{token}/00"),
        format!("/api/v1/uploads/{token}/-1"),
        format!("/api/v1/uploads/{token}/18446744073709551616"),
        format!("/api/v1/uploads/{token}/"),
        format!("/api/v1/uploads/{token}/0/0"),
    ] {
        assert_refused(&visit(&format!("PUT {path}")), 404, "not_found");
    }
    let post = visit(&format!("POST /api/v1/uploads/{token}/0"));
    assert_refused(&post, 405, "method_not_allowed");
    assert_kept(&place, 0);
}

#[test]
fn a_foreign_token_reaches_no_upload_and_disturbs_none() {
    let (place, server) = place();
    let (bytes, files) = large(&place, "mine");
    let parts: Vec<&[u8]> = bytes.chunks(PART).collect();
    let mine = Upload::new(server.address());
    assert_eq!(mine.put(0, parts[0]).taken(), Some((1, false)));
    // A stranger's own, and mine with its last digit mistaken.
    let mut near = Upload::new(server.address());
    let other = if mine.token.ends_with('0') { "1" } else { "0" };
    near.token = format!("{}{other}", &mine.token[..31]);
    for foreign in [Upload::new(server.address()), near] {
        // The very bytes that the upload waits for.
        assert_refused(&foreign.put(1, parts[1]), 404, "unknown_upload");
        assert_eq!(foreign.cancel().status, 204, "nothing is there to give up");
    }
    for (number, part) in (1..).zip(&parts[1..]) {
        assert!(mine.put(number, part).taken().is_some(), "mine goes on");
    }
    assert_opens(&place, &["mine"], &files);
}

#[test]
fn a_report_over_the_limit_is_refused_and_leaves_nothing() {
    let place = Place::with_config("report_limit_mib = 1\n");
    let server = place.start(Program::Asylia);
    let sealed = |mebibytes: u64| {
        let files = [Seeded::new(1, mebibytes << 20)];
        Sealed::new(&place.office().content, "over", &files).to_bytes()
    };
    let upload = Upload::new(server.address());
    let refused = upload.put_all(&sealed(13), PART);
    assert_refused(&refused, 413, "too_large");
    assert_kept(&place, 0);
    let answer = Upload::new(server.address()).put_all(&sealed(1), PART);
    assert!(
        answer.taken().is_some_and(|(_, complete)| complete),
        "{}",
        answer.body
    );
    assert_kept(&place, 1);
}

#[test]
fn what_is_not_sealed_to_an_office_is_refused_and_leaves_nothing() {
    let (place, server) = place();
    let file = Seeded::new(3, 2 << 20);
    let whole = Sealed::new(&place.office().content, "whole", &[file]);
    let with_manifest = |manifest: &[u8]| {
        let mut altered = whole.clone();
        // The last compartment: most of the report is in the store by then.
        altered.compartments.last_mut().expect("a manifest").1 = manifest.to_vec();
        altered.to_bytes()
    };
    let age = b"age-encryption.org/v1\n";
    let scrypt = [age, &b"-> scrypt AAAA 18\nAAAA\n--- AAAA\n"[..]].concat();
    let bomb = [&age[..], &b"-> x-grease A\n\n".repeat(100_000)].concat();
    let long = [&age[..], b"-> x-grease ", &[b'A'; 100_000]].concat();
    for (manifest, kind) in [
        (&b"What happened, in clear."[..], "not_sealed"),
        (age, "not_sealed"),
        (&scrypt, "foreign_recipients"),
        (&bomb, "foreign_recipients"),
        (&long, "long_age_header"),
    ] {
        let upload = Upload::new(server.address());
        let refused = upload.put_all(&with_manifest(manifest), PART / 4);
        assert_refused(&refused, 422, kind);
        let again = upload.put(7, b"x");
        assert_refused(&again, 404, "unknown_upload");
    }
    assert_kept(&place, 0);

    let bytes = whole.to_bytes();
    let malformed = |bytes: &[u8]| {
        let refused = Upload::new(server.address()).put_all(bytes, PART);
        assert_refused(&refused, 400, "malformed");
    };
    malformed(&[&bytes[..], b"\0"].concat());
    malformed(b"[object ReadableStream]");
    malformed(&[&bytes[..28], b"\xff\xff\xff\xff", &bytes[32..]].concat());
    let mut other = bytes.clone();
    // Between the first compartment's name and its bytes.
    let at = bytes.windows(10).position(|at| at == b"\x07account\0\0");
    other[at.expect("an account") + 8] = 0xff;
    malformed(&other);
    assert_kept(&place, 0);

    let answer = Upload::new(server.address()).put_all(&bytes, PART);
    assert!(
        answer.taken().is_some_and(|(_, complete)| complete),
        "others go on"
    );
    assert_kept(&place, 1);
}

#[test]
fn keys_that_are_not_in_force_here_are_refused() {
    let place = Place::new();
    let office = &place.office().content;
    let day = |text: &str| text.parse::<Day>().expect("a day");
    let period = |id: &str, from: Day, until: Day| {
        let window = Window::new(from, until).expect("in order");
        let Ok(period) = new_period(office.instance, id, window, &mut OsRng) else {
            panic!("{id} is no period");
        };
        period.public
    };
    let (past, open) = (day("2020-01-01"), office.periods[0].from);
    let mut content = office.clone();
    content.sequence = 3;
    content.periods = vec![
        period("past", past, open.plus_days(-1)),
        // An overlap: not the one to seal to today, and still accepted.
        period("before", past.plus_days(1), open),
        office.periods[0].clone(),
        period("later", open.plus_days(1), open.plus_days(90)),
    ];
    place.set_bundle(&content);
    let server = place.start(Program::Asylia);
    let whole = Sealed::new(office, "keys", &[]);
    let with = |alter: &dyn Fn(&mut Sealed)| {
        let mut altered = whole.clone();
        alter(&mut altered);
        Upload::new(server.address()).put_all(&altered.to_bytes(), PART)
    };
    for id in ["past", "later", "never"] {
        let refused = with(&|file| file.head.period = id.to_owned());
        assert_refused(&refused, 422, "window_closed");
    }
    for sequence in [0, 4, u64::MAX] {
        let refused = with(&|file| file.head.bundle_sequence = sequence);
        assert_refused(&refused, 422, "window_closed");
    }
    let refused = with(&|file| file.head.instance.0[0] ^= 1);
    assert_refused(&refused, 422, "wrong_office");
    assert_kept(&place, 0);
    for sequence in [1, 2, 3] {
        let taken = with(&|file| file.head.bundle_sequence = sequence).taken();
        assert_eq!(taken, Some((1, true)));
    }
    // The outer layer is sealed to the period that the file names, so only its keys would open that one.
    let taken = with(&|file| file.head.period = "before".to_owned()).taken();
    assert_eq!(taken, Some((1, true)));
    assert_kept(&place, 4);
    let mut shown: Vec<(String, i64)> = periods(&place);
    shown.sort();
    let own = &office.periods[0].id;
    let expected = [(own, 1), (own, 2), (own, 3)].map(|(id, number)| (id.clone(), number));
    assert_eq!(shown[..3], expected);
    assert_eq!(shown[3], ("before".to_owned(), 1));
}

/// Period and bundle number of every record.
fn periods(place: &Place) -> Vec<(String, i64)> {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let options = SqliteConnectOptions::new().filename(place.database());
        let mut db = SqliteConnection::connect_with(&options.read_only(true)).await;
        let db = db.as_mut().expect("it opens");
        let rows = sqlx::query_as("SELECT period, bundle_sequence FROM envelope");
        rows.fetch_all(db).await.expect("it answers")
    })
}
