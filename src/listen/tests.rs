use std::{os::unix::fs::FileTypeExt, sync::Arc};

use axum::routing::get;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
    sync::{Notify, oneshot},
    time::Instant,
};

use super::*;
use crate::testing::{Setup, TestSite, read_all, read_one, router};

const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n";
const GET_AND_CLOSE: &[u8] = b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";

/// Time is paused: it jumps forward when nothing else can happen, to the next time-out.
#[tokio::test(start_paused = true)]
async fn half_open_connections_end_after_the_time_for_a_head() {
    let site = TestSite::start(Setup::default());
    for sent in [&b""[..], b"G", b"GET / HTTP/1.1\r\nhost: a\r\nx-"] {
        let mut stream = site.connect().await;
        let begin = Instant::now();
        stream.write_all(sent).await.expect("sends");
        assert_eq!(
            read_all(&mut stream).await.expect("an orderly end"),
            "",
            "no answer"
        );
        assert_eq!(begin.elapsed().as_secs(), 5, "after {} bytes", sent.len());
    }
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_ends_too() {
    let site = TestSite::start(Setup::default());
    let mut stream = site.connect().await;
    stream.write_all(GET).await.expect("sends");
    read_one(&mut stream).await;
    let begin = Instant::now();
    assert_eq!(read_all(&mut stream).await.expect("an orderly end"), "");
    assert_eq!(begin.elapsed().as_secs(), 5);
}

#[tokio::test]
async fn a_malformed_head_is_answered_without_a_name() {
    let site = TestSite::start(Setup::default());
    let long = format!("GET /{} HTTP/1.1\r\nhost: a\r\n\r\n", "x".repeat(100_000));
    let wide = format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "x".repeat(31_000));
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(65));
    for (request, status) in [
        ("nonsense\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nbad header\r\n\r\n", "400"),
        (
            "POST / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
            "400",
        ),
        (
            "POST / HTTP/1.1\r\ncontent-length: 1\r\ntransfer-encoding: chunked, x\r\n\r\n",
            "400",
        ),
        (&long, "431"),
        (&many, "431"),
    ] {
        let answer = site.exchange(request.as_bytes()).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{answer}"
        );
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        let names: Vec<&str> = head
            .lines()
            .skip(1)
            .filter_map(|line| line.split(':').next())
            .collect();
        assert!(
            names
                .iter()
                .all(|name| ["connection", "content-length"].contains(name)),
            "{answer}"
        );
        assert_eq!(body, "");
    }
    let answer = site
        .exchange(
            wide.replace("\r\nx:", "\r\nconnection: close\r\nx:")
                .as_bytes(),
        )
        .await;
    assert!(
        answer.starts_with("HTTP/1.1 200"),
        "31 kB of head are accepted: {answer}"
    );
}

/// A site whose home page waits until the test lets it go on.
fn gated() -> (Router, Arc<Notify>, Arc<Notify>) {
    let (entered, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (arrive, wait) = (Arc::clone(&entered), Arc::clone(&go_on));
    let page = get(async move || {
        arrive.notify_one();
        wait.notified().await;
        "done"
    });
    (Router::new().route("/", page), entered, go_on)
}

#[tokio::test]
async fn stopping_finishes_what_is_in_progress_and_takes_nothing_new() {
    let (router, entered, go_on) = gated();
    let site = TestSite::start_with(router, Bounds::new(8));
    let address = site.address;
    let mut busy = site.connect().await;
    busy.write_all(GET).await.expect("sends");
    entered.notified().await;
    let mut idle = site.connect().await;
    idle.write_all(b"GET /nowhere HTTP/1.1\r\nhost: a\r\n\r\n")
        .await
        .expect("sends");
    read_one(&mut idle).await;
    let server = site.ask_to_stop();
    assert_eq!(
        read_all(&mut idle).await.expect("an orderly end"),
        "",
        "idle ones close at once"
    );
    tokio::net::TcpStream::connect(address)
        .await
        .expect_err("nobody listens any more");
    go_on.notify_one();
    let answer = read_all(&mut busy).await.expect("an orderly end");
    assert!(answer.ends_with("\r\n\r\ndone"), "{answer}");
    server.await.expect("no panic").expect("no error");
}

#[tokio::test(start_paused = true)]
async fn stopping_waits_no_longer_than_the_grace_time() {
    let (router, entered, _go_on) = gated();
    let site = TestSite::start_with(router, Bounds::new(8));
    let mut busy = site.connect().await;
    busy.write_all(GET).await.expect("sends");
    entered.notified().await;
    let begin = Instant::now();
    site.ask_to_stop()
        .await
        .expect("no panic")
        .expect("no error");
    assert_eq!(begin.elapsed(), limits::SHUTDOWN_GRACE);
}

#[tokio::test]
async fn connections_beyond_the_cap_wait_for_a_place() {
    let (router, entered, go_on) = gated();
    let site = TestSite::start_with(router, Bounds::new(1));
    let (mut first, mut second) = (site.connect().await, site.connect().await);
    first.write_all(GET_AND_CLOSE).await.expect("sends");
    entered.notified().await;
    second
        .write_all(GET_AND_CLOSE)
        .await
        .expect("the kernel takes it");
    let early = timeout(Duration::from_millis(200), entered.notified()).await;
    assert!(early.is_err(), "the second is not served beside the first");
    for stream in [&mut first, &mut second] {
        go_on.notify_one();
        assert!(
            read_all(stream)
                .await
                .expect("an orderly end")
                .ends_with("done")
        );
    }
}

#[tokio::test]
async fn a_unix_socket_serves_and_its_file_goes_with_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("clear.sock");
    let socket = Socket::bind(&ListenAt::Unix(path.clone()), 0o600).expect("binds");
    assert!(
        std::fs::symlink_metadata(&path)
            .expect("a file")
            .file_type()
            .is_socket()
    );
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = async { drop(stopped.await) };
    let server = tokio::spawn(serve(
        vec![Door::clear(
            socket.expect("a socket"),
            router(Setup::default()),
        )],
        Bounds::new(8),
        stopped,
    ));
    let mut stream = UnixStream::connect(&path).await.expect("the site listens");
    stream.write_all(GET_AND_CLOSE).await.expect("sends");
    let mut answer = String::new();
    stream
        .read_to_string(&mut answer)
        .await
        .expect("an orderly end");
    assert!(answer.ends_with("<h1>home</h1>"), "{answer}");
    stop.send(()).expect("the server runs");
    server.await.expect("no panic").expect("no error");
    assert!(!path.exists());
}

#[tokio::test]
async fn without_a_socket_the_server_waits_for_its_end() {
    serve(Vec::new(), Bounds::new(8), async {})
        .await
        .expect("nothing to fail");
}

/// tor's socket of a site, in a folder of its own.
fn onion_site(router: Router, bounds: Bounds) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("onion.sock");
    let socket = Socket::bind(&ListenAt::Unix(path.clone()), 0o600).expect("binds");
    let doors = vec![Door::onion(socket.expect("a socket"), router)];
    tokio::spawn(serve(doors, bounds, std::future::pending()));
    (folder, path)
}

async fn onion_exchange(path: &PathBuf, request: &str) -> String {
    let mut stream = UnixStream::connect(path).await.expect("the site listens");
    let mut answer = String::new();
    // What is closed on may be a reset.
    let _ = stream.write_all(request.as_bytes()).await;
    let _ = stream.read_to_string(&mut answer).await;
    answer
}

const LINE: &str = "PROXY TCP6 fc00:dead:beef:4dad::0:50 ::1 80 80\r\n";
const PAGE: &str = "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";

#[tokio::test]
async fn the_onion_socket_answers_only_behind_a_proxy_line() {
    let (_folder, path) = onion_site(router(Setup::default()), Bounds::new(8));
    let answer = onion_exchange(&path, &format!("{LINE}{PAGE}")).await;
    assert!(answer.ends_with("<h1>home</h1>"), "{answer}");
    for line in ["", "PROXY UNKNOWN\r\n", "garbage\r\n"] {
        assert_eq!(onion_exchange(&path, &format!("{line}{PAGE}")).await, "");
    }
}

/// Otherwise a visitor of the clear web could choose whom to be taken for.
#[tokio::test]
async fn the_clear_socket_never_reads_a_proxy_line() {
    let site = TestSite::start(Setup::default());
    let answer = site.exchange(format!("{LINE}{PAGE}").as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
}

#[tokio::test]
async fn one_circuit_s_connections_leave_room_for_others() {
    let (router, entered, go_on) = gated();
    let bounds = Bounds {
        connections_of_a_circuit: 1,
        ..Bounds::new(8)
    };
    let (_folder, path) = onion_site(router, bounds);
    let held = format!("{LINE}{PAGE}");
    let (of_held, held_request) = (path.clone(), held.clone());
    let first = tokio::spawn(async move { onion_exchange(&of_held, &held_request).await });
    entered.notified().await;
    assert_eq!(
        onion_exchange(&path, &held).await,
        "",
        "its second is closed"
    );
    let other = held.replace(":50 ", ":51 ");
    let (of_other, other) = (path.clone(), other);
    let second = tokio::spawn(async move { onion_exchange(&of_other, &other).await });
    entered.notified().await;
    go_on.notify_one();
    go_on.notify_one();
    for answer in [first, second] {
        let answer = answer.await.expect("no panic");
        assert!(answer.ends_with("done"), "{answer}");
    }
}

#[tokio::test]
async fn three_hundred_silent_and_three_hundred_garbled_connections_delay_nobody() {
    let (_folder, path) = onion_site(router(Setup::default()), Bounds::new(512));
    let mut held = Vec::new();
    for number in 0..600 {
        let mut stream = UnixStream::connect(&path).await.expect("the site listens");
        if number % 2 == 0 {
            // Closed on before it is read, perhaps.
            let _ = stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await;
        }
        held.push(stream);
    }
    let begin = Instant::now();
    let answer = onion_exchange(&path, &format!("{LINE}{PAGE}")).await;
    assert!(answer.ends_with("<h1>home</h1>"), "{answer}");
    assert!(
        begin.elapsed() < Duration::from_secs(3),
        "{:?}",
        begin.elapsed()
    );
}
