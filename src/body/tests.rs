use std::{convert::Infallible, io};

use axum::body::Body;
use futures_util::stream::{self, StreamExt};
use http_body_util::BodyExt;
use tokio::{sync::mpsc, time::sleep};

use super::*;

const PROGRESS: Progress = Progress {
    window: Duration::from_secs(120),
    least_bytes: 1024,
};

/// A body fed by hand.
fn fed() -> (mpsc::Sender<io::Result<Bytes>>, Body) {
    let (feed, food) = mpsc::channel::<io::Result<Bytes>>(1);
    let chunks = stream::unfold(food, async |mut food| {
        food.recv().await.map(|item| (item, food))
    });
    (feed, Body::from_stream(chunks))
}

/// Sends `pieces` of `size` bytes with a pause before each, then nothing more, without ending.
fn dribble(pieces: usize, size: usize, pause_s: u64) -> Body {
    let (feed, body) = fed();
    tokio::spawn(async move {
        for _ in 0..pieces {
            sleep(Duration::from_secs(pause_s)).await;
            if feed.send(Ok(Bytes::from(vec![0; size]))).await.is_err() {
                return;
            }
        }
        std::future::pending::<()>().await;
    });
    body
}

async fn read_to_error(mut body: SharedBody) -> (usize, BodyError) {
    let mut total = 0;
    loop {
        match body.frame().await.expect("the body does not end") {
            Ok(frame) => total += frame.into_data().map_or(0, |bytes| bytes.len()),
            Err(error) => return (total, error),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_client_is_given_up_after_the_window() {
    let begin = Instant::now();
    let (lent, owner) = lend(dribble(0, 0, 0), 1 << 20, PROGRESS);
    assert_eq!(read_to_error(lent).await, (0, BodyError::Stalled));
    assert_eq!(begin.elapsed().as_secs(), 120);
    assert!(owner.is_over() && !owner.is_finished());
}

#[tokio::test(start_paused = true)]
async fn a_slow_upload_is_not_given_up() {
    let begin = Instant::now();
    let (lent, _owner) = lend(dribble(70, 1024, 119), 1 << 20, PROGRESS);
    assert_eq!(read_to_error(lent).await, (70 * 1024, BodyError::Stalled));
    assert_eq!(
        begin.elapsed().as_secs(),
        70 * 119 + 120,
        "more than two hours"
    );
}

#[tokio::test(start_paused = true)]
async fn a_byte_now_and_then_is_no_progress() {
    let begin = Instant::now();
    let (lent, _owner) = lend(dribble(1000, 1, 50), 1 << 20, PROGRESS);
    assert_eq!(read_to_error(lent).await, (2, BodyError::Stalled));
    assert_eq!(begin.elapsed().as_secs(), 120);
}

#[tokio::test(start_paused = true)]
async fn slow_sealing_is_not_held_against_the_client() {
    let (lent, _owner) = lend(dribble(3, 10, 50), 1 << 20, PROGRESS);
    let mut lent = lent;
    for _ in 0..2 {
        lent.frame()
            .await
            .expect("a frame")
            .expect("arrives in time");
        sleep(Duration::from_secs(1000)).await;
    }
    lent.frame()
        .await
        .expect("a frame")
        .expect("it waited in the queue all the time");
}

#[tokio::test]
async fn the_limit_ends_the_reader_and_not_the_discarding() {
    let chunks = stream::iter((0..100).map(|_| Ok::<_, Infallible>(vec![0_u8; 1000])));
    let (lent, owner) = lend(Body::from_stream(chunks), 5000, PROGRESS);
    assert_eq!(read_to_error(lent).await, (5000, BodyError::TooLarge));
    assert!(!owner.is_over());
    assert!(owner.discard_rest(100_000).await);
}

#[tokio::test]
async fn discarding_stops_at_the_cap() {
    let chunks = stream::iter((0..100).map(|_| Ok::<_, Infallible>(vec![0_u8; 1000])));
    let (_lent, owner) = lend(Body::from_stream(chunks), 0, PROGRESS);
    assert!(!owner.discard_rest(99_999).await);
}

#[tokio::test]
async fn a_reader_that_outlives_its_answer_gets_nothing() {
    let (feed, body) = fed();
    let (lent, owner) = lend(body, 1 << 20, PROGRESS);
    let rest = tokio::spawn(owner.discard_rest(1 << 20));
    feed.send(Ok(Bytes::from_static(b"late")))
        .await
        .expect("somebody reads");
    drop(feed);
    assert!(rest.await.expect("no panic"));
    assert_eq!(read_to_error(lent).await, (0, BodyError::TakenBack));
}

#[tokio::test(start_paused = true)]
async fn the_cause_is_found_below_the_parser() {
    let (feed, body) = fed();
    feed.send(Ok(Bytes::from_static(
        b"--B\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\nx",
    )))
    .await
    .expect("the body takes one chunk");
    let (lent, _owner) = lend(body, 1 << 20, PROGRESS);
    let mut form = multer::Multipart::new(Body::new(lent).into_data_stream(), "B");
    let mut field = form
        .next_field()
        .await
        .expect("a part")
        .expect("there is one");
    let error = loop {
        match field.chunk().await {
            Ok(chunk) => assert!(chunk.is_some(), "the part does not end"),
            Err(error) => break error,
        }
    };
    assert_eq!(BodyError::in_chain(&error), Some(BodyError::Stalled));
    drop(feed);
}

#[tokio::test]
async fn a_broken_connection_is_a_cut() {
    let chunks = stream::iter([Ok(vec![0_u8; 3]), Err(io::Error::other("reset"))]);
    let (lent, owner) = lend(Body::from_stream(chunks), 1 << 20, PROGRESS);
    assert_eq!(read_to_error(lent).await, (3, BodyError::Cut));
    assert!(owner.is_over());
}

/// The parser's buffer grows by all that is ready; a fast client must not fill the memory through
/// it.
#[tokio::test]
async fn a_reader_that_takes_all_there_is_must_wait_between_portions() {
    let chunks = stream::repeat_with(|| Ok::<_, Infallible>(vec![0_u8; 1000])).take(1000);
    let (lent, _owner) = lend(Body::from_stream(chunks), u64::MAX, PROGRESS);
    let mut data = Body::new(lent).into_data_stream();
    let greedy = std::future::poll_fn(|cx| {
        let mut total = 0;
        while let Poll::Ready(Some(Ok(bytes))) = data.poll_next_unpin(cx) {
            total += bytes.len();
        }
        Poll::Ready(total)
    });
    assert_eq!(
        greedy.await,
        66_000,
        "one portion, to the end of its last chunk"
    );
}
