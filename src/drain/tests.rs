use std::{io, time::Duration};

use tokio::{io::AsyncWriteExt, net::TcpStream, time::timeout};

use super::*;
use crate::{
    body,
    limits::{BodyLimits, MIB},
    testing::{Setup, TOO_LARGE, TestSite, form, post_head, read_all, read_one},
};

/// What a browser does: sends everything, then reads; an error while sending is a broken page.
async fn like_a_browser(stream: &mut TcpStream, head: &str, body: &[u8]) -> io::Result<String> {
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body).await?;
    read_all(stream).await
}

fn declared(body: &[u8]) -> String {
    post_head(&format!("content-length: {}", body.len()))
}

fn assert_refused(answer: &str, status: &str, page: &str) {
    assert!(
        answer.starts_with(&format!("HTTP/1.1 {status}")),
        "{answer}"
    );
    assert!(answer.contains("connection: close\r\n"), "{answer}");
    assert!(answer.ends_with(page), "{answer}");
}

const TOO_LARGE_PAGE: &str = "<h1>refused: TooLarge { limit_mib: 1 }</h1>";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_sends_40_mib_before_reading_still_reads_the_413() {
    let site = TestSite::start(Setup::default());
    let body = form("attachments", TOO_LARGE);
    let mut stream = site.connect().await;
    let answer = like_a_browser(&mut stream, &declared(&body), &body)
        .await
        .expect("no reset");
    assert_refused(&answer, "413", TOO_LARGE_PAGE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_discarding_the_same_client_meets_a_reset() {
    let site = TestSite::start(Setup {
        drain_slots: 0,
        ..Setup::default()
    });
    let body = form("attachments", TOO_LARGE);
    let mut stream = site.connect().await;
    let error = like_a_browser(&mut stream, &declared(&body), &body)
        .await
        .expect_err("the negative control");
    let broken = [io::ErrorKind::ConnectionReset, io::ErrorKind::BrokenPipe];
    assert!(broken.contains(&error.kind()), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_reads_early_gets_the_answer_early() {
    let site = TestSite::start(Setup::default());
    let body = form("attachments", TOO_LARGE);
    let (first, rest) = body.split_at(64 * 1024);
    let mut stream = site.connect().await;
    stream
        .write_all(declared(&body).as_bytes())
        .await
        .expect("sends the head");
    stream.write_all(first).await.expect("sends the beginning");
    assert_refused(&read_one(&mut stream).await, "413", TOO_LARGE_PAGE);
    stream
        .write_all(rest)
        .await
        .expect("the rest is still taken");
    assert_eq!(read_all(&mut stream).await.expect("an orderly end"), "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_parser_that_stops_early_leaves_a_readable_page() {
    let limits = BodyLimits {
        report_bytes: 64 * MIB,
        sealed_bytes: 64 * MIB,
        drain_bytes: 64 * MIB,
    };
    for (part, status, page) in [
        ("stop", "422", "EmptyStory</h1>"),
        ("panic", "500", "Internal</h1>"),
    ] {
        let site = TestSite::start(Setup {
            limits,
            ..Setup::default()
        });
        let body = form(part, TOO_LARGE);
        let mut stream = site.connect().await;
        let answer = like_a_browser(&mut stream, &declared(&body), &body)
            .await
            .expect("no reset");
        assert_refused(&answer, status, page);
        assert!(!answer.contains("MARKER"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_without_declared_length_is_bounded_and_discarded_too() {
    let site = TestSite::start(Setup::default());
    let mut chunked = Vec::new();
    for piece in form("attachments", 8 * MIB as usize).chunks(100_000) {
        chunked.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
        chunked.extend_from_slice(piece);
        chunked.extend_from_slice(b"\r\n");
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    let mut stream = site.connect().await;
    let head = post_head("transfer-encoding: chunked");
    let answer = like_a_browser(&mut stream, &head, &chunked)
        .await
        .expect("no reset");
    assert_refused(&answer, "413", TOO_LARGE_PAGE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn discarding_ends_at_its_cap() {
    let limits = BodyLimits {
        report_bytes: MIB,
        sealed_bytes: MIB,
        drain_bytes: 4 * MIB,
    };
    let site = TestSite::start(Setup {
        limits,
        ..Setup::default()
    });
    let body = form("attachments", TOO_LARGE);
    let mut stream = site.connect().await;
    like_a_browser(&mut stream, &declared(&body), &body)
        .await
        .expect_err("cut off at the cap");
}

#[tokio::test]
async fn who_asked_before_sending_is_not_waited_for() {
    let site = TestSite::start(Setup::default());
    let head = post_head(&format!(
        "expect: 100-continue\r\ncontent-length: {TOO_LARGE}"
    ));
    let answer = timeout(Duration::from_secs(20), site.exchange(head.as_bytes()))
        .await
        .expect("the site closes without a byte of the body");
    assert_refused(&answer, "413", TOO_LARGE_PAGE);
}

#[tokio::test]
async fn an_answered_form_ends_its_connection() {
    for size in [0, 5, 100_000] {
        let site = TestSite::start(Setup::default());
        let mut stream = site.connect().await;
        let body = form("story", size);
        stream
            .write_all(declared(&body).as_bytes())
            .await
            .expect("sends");
        stream.write_all(&body).await.expect("sends");
        // To the end: the library keeps the last bytes of a body for as long as a connection lives.
        let answer = read_all(&mut stream).await.expect("no reset");
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.ends_with(&format!("\r\n\r\n{size}")), "{answer}");
        assert!(answer.contains("connection: close"), "{answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_house_discards_nothing_and_a_stalled_client_leaves_it() {
    let drains = Drains::new(1, MIB);
    let never =
        || axum::body::Body::from_stream(futures_util::stream::pending::<io::Result<Vec<u8>>>());
    let progress = body::Progress {
        window: Duration::from_secs(120),
        least_bytes: 1,
    };
    for free_afterwards in [0, 0] {
        let (_lent, owner) = body::lend(never(), 0, progress);
        drains.settle(owner, false, Response::default());
        tokio::task::yield_now().await;
        assert_eq!(drains.slots.available_permits(), free_afterwards);
    }
    tokio::time::sleep(Duration::from_secs(121)).await;
    assert_eq!(drains.slots.available_permits(), 1);
}
