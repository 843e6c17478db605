//! The server's doors as tor, a proxy and a watcher use them, and what of it is closed when: circuits that send too
//! much, disks that fill up.

use std::{
    fs,
    io::{Read, Write},
    os::unix::net::UnixStream,
    path::Path,
    time::{Duration, Instant},
};

use crate::server::{
    Place, Program, Server,
    http::{Content, Form, Seeded, Visitor},
};

/// One answer, head included.
fn exchange(socket: &Path, request: &[u8]) -> String {
    let mut stream = UnixStream::connect(socket).expect("the server listens");
    stream.write_all(request).expect("a short request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("UTF-8");
    answer
}

/// What tor writes in front of a connection of a circuit.
fn line(circuit: u16) -> String {
    format!("PROXY TCP6 fc00:dead:beef:4dad::{circuit:x} ::1 {circuit} 80\r\n")
}

fn post(circuit: u16, path: &str, field: &str, value: &str) -> Vec<u8> {
    let body = format!(
        "--b\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n--b--\r\n"
    );
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: a.onion\r\nOrigin: http://a.onion\r\nConnection: close\r\n\
         Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [line(circuit), head, body].concat().into_bytes()
}

fn get(circuit: u16, path: &str) -> Vec<u8> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: a.onion\r\nConnection: close\r\n\r\n");
    [line(circuit), request].concat().into_bytes()
}

/// A place whose server listens on these sockets besides its own.
fn place(lines: &str) -> Place {
    let place = Place::with_config("");
    let sockets = format!(
        "onion_socket = \"{}\"\nhealth_socket = \"{}\"\n{lines}",
        place.path("onion.sock").display(),
        place.path("health.sock").display()
    );
    place.configure(&sockets);
    place
}

#[test]
fn what_a_proxy_may_not_see_the_onion_socket_takes() {
    let place = place("clear_web = true\n");
    let server = place.start(Program::Asylia);
    let onion = place.path("onion.sock");
    let mut visitor = Visitor::connect(server.address()).expect("the server listens");
    let refused = visitor.post(Form::default().text("story", "It happened."));
    assert_eq!(refused.expect("an answer").status, 403);
    let page = exchange(&onion, &get(1, "/"));
    assert!(page.contains("formaction=/report"), "{page}");
    let receipt = exchange(&onion, &post(1, "/report", "story", "It happened."));
    assert!(receipt.contains("id=\"return-code\""), "{receipt}");
}

/// P74: with Retry-After, with a page, and only for who did it.
#[test]
fn a_circuit_that_sends_too_much_meets_a_calm_page_and_the_others_do_not() {
    let place = place("");
    let _server = place.start(Program::Asylia);
    let onion = place.path("onion.sock");
    let answers: Vec<String> = (0..40)
        .map(|_| exchange(&onion, &post(1, "/mailbox", "code", "no code")))
        .collect();
    let refused: Vec<&String> = answers.iter().filter(|a| a.contains(" 429 ")).collect();
    assert!(refused.len() >= 5, "{} of 40", refused.len());
    for answer in refused {
        assert!(answer.contains("retry-after: 30"), "{answer}");
        assert!(answer.contains("too much at once"), "{answer}");
    }
    assert!(exchange(&onion, &get(1, "/")).starts_with("HTTP/1.1 200"));
    let other = exchange(&onion, &post(2, "/report", "story", "It happened."));
    assert!(other.contains("id=\"return-code\""), "{other}");
}

#[test]
fn the_health_socket_says_whether_reports_are_taken_and_nothing_else() {
    let place = place("");
    let server = place.start(Program::Asylia);
    let health = place.path("health.sock");
    let ask = |path: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        exchange(&health, request.as_bytes())
    };
    let answer = ask("/health");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.ends_with("taking reports\n"), "{answer}");
    assert!(ask("/").starts_with("HTTP/1.1 404"));
    let mut visitor = Visitor::connect(server.address()).expect("the server listens");
    let outside = visitor.ask("GET /health", None).expect("an answer");
    assert_eq!(outside.status, 404, "visitors have no such page");
}

/// P18: no door that nobody opened, seen from the kernel's side.
#[test]
fn the_server_listens_where_it_was_told_and_nowhere_else() {
    let place = place("");
    let server = place.start(Program::Asylia);
    let own: Vec<String> = fs::read_dir(format!("/proc/{}/fd", server.id()))
        .expect("the process is ours")
        .flatten()
        .filter_map(|file| {
            let target = fs::read_link(file.path()).ok()?;
            let inode = target
                .to_str()?
                .strip_prefix("socket:[")?
                .strip_suffix(']')?;
            Some(inode.to_owned())
        })
        .collect();
    let lines = |table: &str| fs::read_to_string(format!("/proc/net/{table}")).unwrap_or_default();
    let listening = |table: &str, inode: usize, state: usize, listens: &str| {
        let text = lines(table);
        let rows = text
            .lines()
            .skip(1)
            .map(|row| row.split_whitespace().collect::<Vec<_>>());
        let ours = rows.filter(|row| {
            row.get(inode)
                .is_some_and(|inode| own.iter().any(|own| own == inode))
        });
        ours.filter(|row| row.get(state) == Some(&listens)).count()
    };
    let (tcp, tcp6) = (listening("tcp", 9, 3, "0A"), listening("tcp6", 9, 3, "0A"));
    // Accepting is a flag there.
    let unix = listening("unix", 6, 3, "00010000");
    let datagrams = ["udp", "udp6", "raw", "raw6"].map(|table| {
        let text = lines(table);
        text.lines()
            .filter(|row| own.iter().any(|own| row.contains(&format!(" {own} "))))
            .count()
    });
    assert_eq!(
        (tcp, tcp6, unix),
        (1, 0, 2),
        "loopback, tor's and the watcher's"
    );
    assert_eq!(datagrams, [0; 4]);
}

/// P72, P73: nothing expensive stands in front of a cheap check, and no guess waits for another.
#[test]
fn wrong_codes_and_a_flood_of_reports_delay_no_page() {
    let place = place("");
    let server = place.start(Program::Asylia);
    let onion = place.path("onion.sock");
    let slowest = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..50_u16)
            .map(|circuit| {
                let onion = &onion;
                scope.spawn(move || {
                    for _ in 0..5 {
                        exchange(
                            onion,
                            &post(circuit, "/mailbox", "code", "abandon ability able"),
                        );
                        exchange(onion, &post(circuit, "/report", "story", "spam"));
                    }
                })
            })
            .collect();
        let mut slowest = Duration::ZERO;
        while senders.iter().any(|sender| !sender.is_finished()) {
            let begin = Instant::now();
            assert_eq!(
                visitor(&server).ask("GET /", None).expect("a page").status,
                200
            );
            slowest = slowest.max(begin.elapsed());
        }
        slowest
    });
    eprintln!("beside 250 wrong codes and 250 reports the slowest page took {slowest:?}");
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
}

/// P79, on a real disk: each mark closes what it says, text goes on to the end, and nothing accepted is missing.
#[test]
fn a_disk_that_fills_up_takes_text_to_the_end_and_loses_nothing() {
    let place = place("disk_budget_mib = 64\n");
    let server = place.start(Program::Asylia);
    let (large, small) = (12 << 20, 5 << 20);
    let mut accepted = fill(&server, large);
    let home = page(&server);
    assert!(home.contains("files are limited to"), "half full");
    accepted += fill(&server, small);
    let home = page(&server);
    assert!(
        home.contains("only text can be taken"),
        "three quarters full"
    );
    assert!(!home.contains("name=attachments"));
    for number in 0..20 {
        let text = Form::default().text("story", &format!("It happened: {number}."));
        let answer = visitor(&server).post(text).expect("an answer");
        answer.receipt().expect("text goes through");
        accepted += 1;
    }
    let status = place.run("status", &["--json".as_ref()]);
    let status: serde_json::Value = serde_json::from_str(&status).expect("JSON");
    assert_eq!(status["records"], accepted);
    let bundle = place.export("1.asylia");
    assert_eq!(place.open_all(&bundle).len(), accepted);
}

/// Sends reports with a file of so many bytes until one is refused; how many were accepted.
fn fill(server: &Server, bytes: u64) -> usize {
    for accepted in 0..64 {
        let file = Content::Seeded(Seeded::new(bytes, bytes));
        let form = Form::default().text("story", "x").file("a", file);
        let answer = visitor(server).post(form).expect("an answer");
        if answer.status != 200 {
            assert_eq!(answer.status, 413, "{}", answer.body);
            return accepted;
        }
    }
    panic!("the disk does not fill up");
}

fn page(server: &Server) -> String {
    let answer = visitor(server).ask("GET /", None);
    answer.expect("the form").body
}

fn visitor(server: &Server) -> Visitor {
    Visitor::connect(server.address()).expect("the server listens")
}
