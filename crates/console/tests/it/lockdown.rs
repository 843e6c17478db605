//! The kernel's rule, from inside: with it no socket is made, connected, bound or, without pages, accepted on, while
//! the page still serves; without it each of the same calls succeeds.
#![expect(
    clippy::disallowed_types,
    reason = "the test tries what the console must not be able to do"
)]

use std::{
    io::{BufRead, BufReader, ErrorKind, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket},
    os::unix::net::{UnixDatagram, UnixStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use asylia_console::{
    listen::Listener,
    lockdown::{Lock, Refused, lock_down_thread},
    ui::{App, router},
};
use rustix::net::{AddressFamily, SocketAddrV4, SocketType, bind, connect, socket};

use crate::office::Office;

/// Sockets that were made before the rule, for the calls that need one.
struct Before {
    listener: TcpListener,
    unconnected: rustix::fd::OwnedFd,
    unbound: rustix::fd::OwnedFd,
}

impl Before {
    fn new() -> Self {
        let new = || socket(AddressFamily::INET, SocketType::STREAM, None).expect("a socket");
        Self {
            listener: TcpListener::bind("127.0.0.1:0").expect("a port"),
            unconnected: new(),
            unbound: new(),
        }
    }

    /// Tries every call in the calling thread; gives the names of those that were refused.
    fn refused(&self) -> Vec<&'static str> {
        let address = self.listener.local_addr().expect("an address");
        let there = SocketAddrV4::new(Ipv4Addr::LOCALHOST, address.port());
        let anywhere = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0);
        let denied = |kind: ErrorKind| kind == ErrorKind::PermissionDenied;
        let tried = [
            (
                "connect",
                connect(&self.unconnected, &there).err().map(|e| e.kind()),
            ),
            // The connection above waits to be accepted; without one this would wait for ever.
            ("accept", self.accept()),
            (
                "bind",
                bind(&self.unbound, &anywhere).err().map(|e| e.kind()),
            ),
            (
                "new listener",
                TcpListener::bind("127.0.0.1:0").err().map(|e| e.kind()),
            ),
            (
                "new connection",
                TcpStream::connect(address).err().map(|e| e.kind()),
            ),
            ("new IPv6 socket", socket_of(AddressFamily::INET6)),
            (
                "new datagram socket",
                UdpSocket::bind("127.0.0.1:0").err().map(|e| e.kind()),
            ),
            (
                "new local socket",
                UnixDatagram::unbound().err().map(|e| e.kind()),
            ),
            ("new pair", UnixStream::pair().err().map(|e| e.kind())),
        ];
        let refused = tried
            .into_iter()
            .filter(|(_, kind)| kind.is_some_and(denied));
        refused.map(|(name, _)| name).collect()
    }

    fn accept(&self) -> Option<ErrorKind> {
        self.listener.set_nonblocking(true).expect("an option");
        let begin = Instant::now();
        loop {
            match self.listener.accept() {
                Err(error)
                    if error.kind() == ErrorKind::WouldBlock
                        && begin.elapsed() < Duration::from_secs(2) => {}
                Err(error) => return Some(error.kind()),
                Ok(_) => return None,
            }
        }
    }
}

fn socket_of(family: AddressFamily) -> Option<ErrorKind> {
    let made = socket(family, SocketType::STREAM, None);
    // A machine without IPv6 says so with another error, which counts as no refusal.
    made.err().map(|error| error.kind())
}

/// In a thread of its own, whose rule ends with it.
fn in_thread<T: Send>(act: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| scope.spawn(act).join().expect("the thread ends well"))
}

#[test]
fn under_the_rule_every_call_is_refused_and_without_it_none() {
    let all = [
        "connect",
        "accept",
        "bind",
        "new listener",
        "new connection",
        "new IPv6 socket",
        "new datagram socket",
        "new local socket",
        "new pair",
    ];
    let without = in_thread(|| (Before::new().refused(), Refused::now()));
    assert_eq!(without.0, Vec::<&str>::new());
    let none = Refused {
        socket: false,
        connect: false,
        bind: false,
        accept: false,
    };
    assert_eq!(without.1, none);
    assert!(!none.is_off_the_network(Lock::Pages));
    let verb = in_thread(|| {
        let before = Before::new();
        lock_down_thread(Lock::Verb).expect("the kernel takes it");
        (before.refused(), Refused::now())
    });
    assert_eq!(verb.0, all);
    assert!(verb.1.is_off_the_network(Lock::Verb));
    let pages = in_thread(|| {
        let before = Before::new();
        let address = before.listener.local_addr().expect("an address");
        // Somebody outside the rule connects, as the browser does.
        let _outside = TcpStream::connect(address).expect("it listens");
        lock_down_thread(Lock::Pages).expect("the kernel takes it");
        (before.refused(), Refused::now())
    });
    let but_accepting: Vec<&str> = all.into_iter().filter(|name| *name != "accept").collect();
    assert_eq!(pages.0, but_accepting);
    assert!(pages.1.is_off_the_network(Lock::Pages));
    assert!(!pages.1.is_off_the_network(Lock::Verb));
}

/// The real listener and the real pages under the rule, asked from outside it.
#[test]
fn the_page_still_serves_under_the_rule_and_says_what_it_tried() {
    let office = Office::of_today();
    office.vault().close();
    for (rule, says) in [
        (true, "the kernel refused each"),
        (false, "could open network connections"),
    ] {
        let (tell, told) = std::sync::mpsc::channel::<SocketAddr>();
        let (machine, directory) = (office.machine(), office.directory());
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime starts");
            let listener = runtime
                .block_on(Listener::bind("127.0.0.1:0".parse().expect("an address")))
                .expect("a port");
            if rule {
                lock_down_thread(Lock::Pages).expect("the kernel takes it");
            }
            tell.send(listener.address()).expect("the test waits");
            let app = Arc::new(App::new(machine, directory, Instant::now()));
            runtime.block_on(listener.serve(router(app)));
        });
        let address = told.recv().expect("it listens");
        let page = ask(
            address,
            "GET /help HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        );
        assert!(
            page.starts_with("HTTP/1.1 200 OK") && page.contains(says),
            "{page}"
        );
    }
}

/// The program itself: every thread of the process that serves stands under a rule, the browser's helper under
/// none, and what the page tries is refused.
#[test]
fn every_thread_of_the_running_console_stands_under_the_rule() {
    let office = Office::of_today();
    office.vault().close();
    let mut child = Serving(
        Command::new(env!("CARGO_BIN_EXE_asylia-console"))
            .args(["browser", "--no-open", "--vault"])
            .arg(office.directory())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts"),
    );
    let mut lines = BufReader::new(child.0.stdout.take().expect("a pipe")).lines();
    let page = lines.next().expect("a line").expect("text");
    let launch = std::fs::read_to_string(&page).expect("the launch page");
    let address: SocketAddr = part(&launch, "action=\"http://", "/enter\"")
        .parse()
        .expect("an address");
    let secret = format!("secret={}", part(&launch, "value=\"", "\""));
    let entered = ask(
        address,
        &format!(
            "POST /enter HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{secret}",
            secret.len()
        ),
    )
    .to_lowercase();
    let cookie = part(&entered, "set-cookie: ", ";");
    let help = ask(
        address,
        &format!(
            "GET /help HTTP/1.1\r\nHost: {address}\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n"
        ),
    );
    assert!(help.contains("the kernel refused each"), "{help}");
    let threads = modes(child.0.id());
    assert!(
        threads.len() > 2 && threads.iter().all(|mode| mode == "2"),
        "{threads:?}"
    );
    let helper = children(child.0.id());
    assert_eq!(helper.len(), 1);
    // A filter of the machine itself would be counted in both.
    assert!(filters(helper[0]) < filters(child.0.id()));
    // However the console ends, its folder goes with it.
    let folder = Path::new(&page).parent().expect("a folder").to_owned();
    assert!(folder.exists());
    drop(child);
    let begin = Instant::now();
    while folder.exists() && begin.elapsed() < Duration::from_secs(10) {
        thread::sleep(Duration::from_millis(20));
    }
    assert!(!folder.exists());
}

struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// How each thread of a process stands to seccomp; `2` is under a filter.
fn modes(process: u32) -> Vec<String> {
    let tasks = std::fs::read_dir(format!("/proc/{process}/task")).expect("it runs");
    tasks
        .map(|task| status(&task.expect("a thread").path().join("status"), "Seccomp:"))
        .collect()
}

fn filters(process: u32) -> u32 {
    let path = format!("/proc/{process}/status");
    status(Path::new(&path), "Seccomp_filters:")
        .parse()
        .expect("a number")
}

fn status(path: &Path, name: &str) -> String {
    let status = std::fs::read_to_string(path).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.expect("the kernel says so").trim().to_owned()
}

fn children(process: u32) -> Vec<u32> {
    let path = format!("/proc/{process}/task/{process}/children");
    let children = std::fs::read_to_string(path).expect("the kernel says so");
    children
        .split_whitespace()
        .map(|child| child.parse().expect("a number"))
        .collect()
}

fn ask(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream
        .write_all(request.as_bytes())
        .expect("it takes the request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    answer
}

fn part<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let (_, rest) = text.split_once(from).expect("it begins");
    rest.split_once(to).expect("it ends").0
}
