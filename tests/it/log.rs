//! Nothing of a visitor reaches the log, at the most talkative level: marks go in wherever a request has a place
//! for one, over every route and both sockets, and what the server printed is searched for them.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    os::unix::net::UnixStream,
};

use asylia::router::ROUTES;

use crate::server::{Place, Program};

const MARKS: [&str; 9] = [
    "markpath",
    "markquery",
    "markagent",
    "markreferer",
    "markcookie",
    "markheader",
    "markbody",
    "markfile",
    "markhost",
];
/// In hexadecimal the circuit, in decimal the port that tor's line names.
const CIRCUIT: &str = "beef:cafe";
const PORT: &str = "54321";

#[test]
fn nothing_of_a_visitor_reaches_the_log_at_trace() {
    let place = Place::new();
    let onion = place.path("onion.sock");
    let named = "x-client-address: 198.51.100.77";
    place.configure(&format!("onion_socket = \"{}\"\n", onion.display()));
    let server = place.start(Program::Asylia);
    let mut asked = 0;
    for route in ROUTES {
        let path = route
            .path
            .replace("{token}", "markpath")
            .replace("{number}", "0");
        for path in [
            path.clone(),
            format!("{path}?markquery"),
            format!("{path}/markpath"),
        ] {
            for kind in [
                "multipart/form-data; boundary=b",
                "application/octet-stream",
                "markheader",
            ] {
                let request = request(route.method.as_str(), &path, kind, named);
                let mut clear = TcpStream::connect(server.address()).expect("the server listens");
                exchange(&mut clear, &request);
                let mut tor = UnixStream::connect(&onion).expect("the server listens");
                let line = format!("PROXY TCP6 fc00:dead:beef:4dad::{CIRCUIT} ::1 {PORT} 80\r\n");
                exchange(&mut tor, &(line + &request));
                asked += 1;
            }
        }
    }
    assert!(asked > 100);
    // What is no request at all, and a line of tor's that is none.
    let mut clear = TcpStream::connect(server.address()).expect("the server listens");
    exchange(&mut clear, "markpath markquery\r\nmarkheader\r\n\r\n");
    let mut tor = UnixStream::connect(&onion).expect("the server listens");
    exchange(&mut tor, "PROXY markpath\r\n");
    server.stop();
    let log = fs::read_to_string(place.log()).expect("the log");
    assert!(
        log.contains("serving on") && log.contains("stopped"),
        "{log}"
    );
    for mark in MARKS
        .into_iter()
        .chain([CIRCUIT, "beef", PORT, "198.51", "/report", "multipart"])
    {
        assert!(!log.contains(mark), "{mark} in {log}");
    }
}

fn request(method: &str, path: &str, kind: &str, named: &str) -> String {
    let body = "--b\r\nContent-Disposition: form-data; name=\"story\"\r\n\r\nmarkbody\r\n--b\r\n\
                Content-Disposition: form-data; name=\"attachments\"; filename=\"markfile\"\r\n\r\nmarkbody\r\n--b--\r\n";
    format!(
        "{method} {path} HTTP/1.1\r\nHost: markhost\r\nConnection: close\r\nUser-Agent: markagent\r\n\
         Referer: http://markreferer/\r\nCookie: a=markcookie\r\nX-Markheader: markheader\r\n{named}\r\n\
         Content-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Sends and reads to the end; what becomes of it is no matter here.
fn exchange(stream: &mut (impl Read + Write), request: &str) {
    let mut answer = Vec::new();
    let sent = stream.write_all(request.as_bytes());
    let read = stream.read_to_end(&mut answer);
    drop((sent, read));
}
