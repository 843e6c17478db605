//! What a server that was taken over can still do: the leaky server (`src/leak.rs`) tries it by itself, inside
//! the same sandbox as the product, and the kernel answers.
//!
//! Everything else in this folder runs inside the sandbox too, where a call that is not permitted ends the
//! process: reports, answers, bundles, keys that are taken over, and the end.

use std::os::unix::process::ExitStatusExt as _;

use crate::{
    postgres,
    server::{
        Place, Program, Server,
        http::{Form, Visitor},
    },
};

#[test]
fn no_file_but_its_own_is_read_or_written_inside_the_sandbox() {
    // What is refused there is permitted here, so a refusal is the sandbox's.
    std::fs::read("/etc/passwd").expect("every Linux has it");
    tempfile::NamedTempFile::new_in("/tmp").expect("anybody may write there");
    let place = Place::new();
    let server = place.start(Program::Leaky);
    for name in ["read", "list", "write", "memory"] {
        assert_eq!(probe(&server, name), "PermissionDenied", "{name}");
    }
    report(&server);
    server.stop();
}

#[test]
fn a_program_a_socket_and_tracing_end_the_process() {
    let place = Place::new();
    for name in [
        "exec", "fork", "connect", "listen", "datagram", "local", "ptrace",
    ] {
        ends_it(place.start(Program::Leaky), name);
    }
}

/// The second profile: sockets in the file system for the database, and still none on a network.
#[test]
fn with_postgresql_only_sockets_of_this_machine_are_permitted() {
    let Some(cluster) = postgres::shared() else {
        return;
    };
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    let database = runtime
        .block_on(cluster.new_database())
        .expect("a database");
    let store = format!(
        "store = \"postgres:{}/{}\"\n",
        database.socket_dir.display(),
        database.database
    );
    let place = Place::with_config(&store);
    let server = place.start(Program::Asylia);
    report(&server);
    let bundle = place.path("1.asylia");
    let said = place.run("export", &["--out".as_ref(), &bundle]);
    assert!(said.contains("holds 1 records"), "{said}");
    server.stop();
    let server = place.start(Program::Leaky);
    assert_eq!(probe(&server, "local"), "NotFound");
    assert_eq!(probe(&server, "read"), "PermissionDenied");
    ends_it(server, "connect");
    for name in ["datagram", "fork", "ptrace"] {
        ends_it(place.start(Program::Leaky), name);
    }
}

fn probe(server: &Server, name: &str) -> String {
    let mut visitor = Visitor::connect(server.address()).expect("the server listens");
    let answer = visitor.ask(&format!("GET /danger/{name}"), None);
    answer.expect("the server goes on").body
}

fn ends_it(server: Server, name: &str) {
    let mut visitor = Visitor::connect(server.address()).expect("the server listens");
    let answer = visitor.ask(&format!("GET /danger/{name}"), None);
    assert!(answer.is_err(), "{name} was answered");
    let status = server.ended();
    assert_eq!(status.signal(), Some(libc::SIGSYS), "{name}: {status}");
}

fn report(server: &Server) {
    let mut visitor = Visitor::connect(server.address()).expect("the server listens");
    let answer = visitor.post(Form::default().text("story", "It happened."));
    answer.expect("an answer").receipt().expect("a receipt");
}
