//! A form that nobody empties: `doctor` warns, the form says so, the form closes; and opens again when somebody
//! comes.

use std::process::Command;

use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::server::{
    Place, Program, Server,
    http::{Answer, Form, Visitor},
};

#[test]
fn a_form_that_nobody_empties_warns_says_so_and_closes() {
    let place = Place::new();
    let server = place.start(Program::Asylia);
    assert_eq!(post(&server).status, 200);
    assert!(!doctor(&place).contains("MISSING  collection"));
    let home = |server: &Server| ask(server, "GET /");
    assert!(!home(&server).body.contains("Nobody has collected"));
    drop(server);

    let server = later(&place, 8);
    assert!(doctor(&place).contains("MISSING  collection: the oldest report waits since"));
    assert!(!home(&server).body.contains("Nobody has collected"));
    drop(server);

    let server = later(&place, 7);
    let told = home(&server);
    assert_eq!(told.status, 200);
    assert!(told.body.contains("Nobody has collected reports"));
    assert_eq!(post(&server).status, 200, "it still takes reports");
    drop(server);

    let server = later(&place, 16);
    let closed = home(&server);
    assert_eq!(closed.status, 503);
    assert!(closed.body.contains("Other ways"), "{}", closed.body);
    assert_eq!(post(&server).status, 503);
    let part = ask_with(
        &server,
        "PUT /api/v1/uploads/0123456789abcdef0123456789abcdef/0",
        b"x",
    );
    assert!(part.body.contains("\"error\":\"closed\""), "{}", part.body);
    assert_eq!(
        ask(&server, "GET /mailbox").status,
        200,
        "answers can be read"
    );
    drop(server);

    // What was never acknowledged by the office is still there, and is carried by the next bundle.
    assert_eq!(place.open_all(&place.export("1.asylia")).len(), 2);
}

#[test]
fn the_days_are_those_of_the_configuration() {
    let days =
        "uncollected_warn_days = 1\nuncollected_notice_days = 2\nuncollected_close_days = 3\n";
    let place = Place::with_config(days);
    let server = place.start(Program::Asylia);
    assert_eq!(post(&server).status, 200);
    drop(server);
    let server = later(&place, 2);
    assert!(ask(&server, "GET /").body.contains("Nobody has collected"));
    drop(server);
    let server = later(&place, 1);
    assert_eq!(ask(&server, "GET /").status, 503);
}

#[test]
fn the_mailbox_says_in_weeks_when_the_office_came() {
    let place = Place::new();
    let server = place.start(Program::Asylia);
    let said = |server: &Server| ask(server, "GET /mailbox").body;
    assert!(said(&server).contains("has not collected reports from this site yet"));
    drop(server);
    place.export("1.asylia");
    for (days, text) in [
        (0, "this week"),
        (7, "last week"),
        (7, "more than two weeks ago"),
    ] {
        change(&place, days, "UPDATE collection SET day = day - ?");
        let server = place.start(Program::Asylia);
        let page = said(&server);
        assert!(
            page.contains(&format!("last collected reports {text}.")),
            "{text}"
        );
        drop(server);
    }
}

/// The server some days later: everything in the store is older by as many.
fn later(place: &Place, days: i64) -> Server {
    change(place, days, "UPDATE envelope SET day = day - ?");
    place.start(Program::Asylia)
}

fn change(place: &Place, days: i64, sql: &'static str) {
    let options = SqliteConnectOptions::new().filename(place.database());
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let connection = SqliteConnection::connect_with(&options).await;
        let mut connection = connection.expect("the database opens");
        let changed = sqlx::query(sql).bind(days).execute(&mut connection).await;
        assert!(changed.expect("it can be changed").rows_affected() > 0);
        connection.close().await.expect("it closes");
    });
}

fn doctor(place: &Place) -> String {
    let mut doctor = Command::new(Program::Asylia.path());
    doctor.arg("doctor").arg("--data").arg(place.data());
    let output = doctor.output().expect("the program runs");
    String::from_utf8(output.stdout).expect("text")
}

fn post(server: &Server) -> Answer {
    let mut visitor = Visitor::connect(server.address()).expect("the server listens");
    let form = Form::default().text("story", "It happened in March.");
    visitor.post(form).expect("an answer")
}

fn ask(server: &Server, line: &str) -> Answer {
    let mut visitor = Visitor::connect(server.address()).expect("the server listens");
    visitor.ask(line, None).expect("an answer")
}

fn ask_with(server: &Server, line: &str, body: &[u8]) -> Answer {
    let mut visitor = Visitor::connect(server.address()).expect("the server listens");
    visitor.ask(line, Some(body)).expect("an answer")
}
