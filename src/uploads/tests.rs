use asylia_envelope::{
    day::Day,
    key_bundle::{Anchor, KeyBundle, UnverifiedBundle},
    record::SealedBy,
};
use asylia_keys::demo::DemoOffice;
use bytes::Bytes;
use futures_util::stream;
use rand_core::OsRng;

use super::*;
use crate::{
    keys::OfficeKeys,
    limits::REMEMBERED_PARTS,
    storage::{AnyStore, Store, StoreAddress},
};

/// A store, an office, and uploads with short bounds.
struct Bed {
    _folder: tempfile::TempDir,
    store: AnyStore,
    keys: OfficeKeys,
    uploads: Uploads,
}

const TODAY: &str = "2026-11-23";

impl Bed {
    async fn new(bounds: Bounds) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = format!("sqlite:{}", folder.path().join("intake.db").display());
        let address: StoreAddress = address.parse().unwrap();
        let office = DemoOffice::generate(TODAY.parse().unwrap(), &mut OsRng);
        let bundle = UnverifiedBundle::parse(office.note.as_bytes()).unwrap();
        let bundle: KeyBundle = bundle.verify(&Anchor::DemoOnly, None).unwrap();
        Self {
            _folder: folder,
            store: AnyStore::open(&address).await.unwrap(),
            keys: OfficeKeys::of(bundle),
            uploads: Uploads::new(bounds),
        }
    }

    async fn put(&self, token: u8, number: u64, bytes: &[u8]) -> Result<Taken, Refusal> {
        let body = stream::iter([Ok(Bytes::copy_from_slice(bytes))]);
        self.stream(token, number, bytes.len() as u64, body).await
    }

    async fn stream(
        &self,
        token: u8,
        number: u64,
        length: u64,
        body: impl Stream<Item = Result<Bytes, BodyError>> + Unpin,
    ) -> Result<Taken, Refusal> {
        let day: Day = TODAY.parse().unwrap();
        let door = SealedDoor {
            store: &self.store,
            keys: &self.keys,
            day,
            report_limit_mib: 1024,
            path: SealedBy::Browser,
        };
        let part = Part {
            token: Token([token; 16]),
            number,
            length,
        };
        let mut rng = Rng::seeded_for_tests(u64::from(token));
        let taken = self.uploads.take(&door, part, body, &mut rng).await;
        taken.map_err(AppError::into_refusal)
    }

    async fn open_in_store(&self) -> i64 {
        self.store.counts().await.unwrap().open_uploads
    }

    /// The beginning of a file: the first half MB of a compartment.
    fn beginning(&self) -> Vec<u8> {
        let bundle = self.keys.bundle().unwrap().content();
        let head = format!(
            "{{\"version\":1,\"instance\":\"{}\",\"period\":\"{}\",\"bundle_sequence\":1}}",
            bundle.instance, bundle.periods[0].id
        );
        let age = b"age-encryption.org/v1\n-> mlkem768x25519 AAAA\n\n\
            --- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n";
        let length = u32::try_from(head.len()).unwrap().to_be_bytes();
        let chunk = (1_u32 << 20).to_be_bytes();
        let mut bytes = [
            b"asylia sealed submission v1\n",
            &length[..],
            head.as_bytes(),
            b"\x07account",
            &chunk,
            age,
        ]
        .concat();
        bytes.resize(500_000, 7);
        bytes
    }
}

fn bounds() -> Bounds {
    Bounds {
        open: 2,
        ..Bounds::default()
    }
}

#[tokio::test]
async fn what_has_no_progress_is_swept_and_nothing_else() {
    let bed = Bed::new(bounds()).await;
    let bytes = bed.beginning();
    assert!(bed.put(1, 0, &bytes).await.is_ok());
    assert_eq!(bed.open_in_store().await, 1);
    let stale = limits::UPLOAD_STALE;
    bed.uploads.sweep(Instant::now() + stale / 2).await;
    assert_eq!(bed.open_in_store().await, 1, "not yet");
    assert!(bed.put(2, 0, &bytes[..10]).await.is_ok());
    let last = Instant::now();
    bed.uploads
        .sweep(last + stale - Duration::from_secs(1))
        .await;
    assert!(bed.put(2, 1, &bytes[10..20]).await.is_ok(), "still open");
    bed.uploads.sweep(last + stale).await;
    assert_eq!(bed.open_in_store().await, 0);
    let gone = bed.put(1, 1, &bytes).await;
    assert_eq!(gone, Err(Refusal::UnknownUpload));
    // The second one had progress after `last`.
    assert!(bed.put(2, 2, &bytes[20..30]).await.is_ok());
}

#[tokio::test]
async fn sweeping_ends_a_request_that_hangs() {
    let bed = Arc::new(Bed::new(bounds()).await);
    let bytes = bed.beginning();
    let first = Bytes::copy_from_slice(&bytes);
    let (given, wait) = tokio::sync::oneshot::channel();
    let hanging = tokio::spawn({
        let bed = Arc::clone(&bed);
        async move {
            let mut given = Some(given);
            // Gives something, tells that more was asked for, and then nothing.
            let mut first = Some(first);
            let body = stream::poll_fn(move |_| match first.take() {
                Some(bytes) => std::task::Poll::Ready(Some(Ok(bytes))),
                None => {
                    given.take().map(|given| given.send(()));
                    std::task::Poll::Pending
                }
            });
            bed.stream(1, 0, 2 << 20, body).await
        }
    });
    wait.await.unwrap();
    assert_eq!(bed.open_in_store().await, 1);
    bed.uploads
        .sweep(Instant::now() + limits::UPLOAD_STALE)
        .await;
    assert_eq!(bed.open_in_store().await, 0);
    assert_eq!(hanging.await.unwrap(), Err(Refusal::CutOff));
}

#[tokio::test]
async fn a_closed_server_gives_all_up_and_opens_none() {
    let bed = Bed::new(bounds()).await;
    let bytes = bed.beginning();
    for token in [1, 2] {
        assert!(bed.put(token, 0, &bytes).await.is_ok());
    }
    assert_eq!(
        bed.put(3, 0, &bytes).await,
        Err(Refusal::Busy),
        "two are enough"
    );
    assert_eq!(bed.open_in_store().await, 2);
    bed.uploads.close().await;
    assert_eq!(bed.open_in_store().await, 0);
    assert_eq!(bed.put(3, 0, &bytes).await, Err(Refusal::Busy));
}

/// Whoever holds every place with uploads that drip loses the slowest to whoever has something to send.
#[tokio::test]
async fn the_slowest_open_upload_makes_room_for_a_new_one() {
    let bed = Bed::new(bounds()).await;
    let bytes = bed.beginning();
    for token in [1, 2] {
        assert!(bed.put(token, 0, &bytes).await.is_ok());
    }
    let moves = bed.uploads.table().open[&Token([2; 16])].clone();
    moves.received.fetch_add(1 << 40, Ordering::Relaxed);
    let later = Instant::now() + limits::UPLOAD_GRACE * 10;
    assert!(
        bed.uploads.table().slowest(Instant::now()).is_none(),
        "too early"
    );
    let slowest = bed.uploads.table().slowest(later).expect("one is slow");
    slowest.give_up().await;
    assert!(
        bed.uploads.table().slowest(later).is_none(),
        "the other moves"
    );
    assert!(bed.uploads.table().open.contains_key(&Token([2; 16])));
    assert_eq!(bed.open_in_store().await, 1, "nothing of it is left");
    assert!(bed.put(3, 0, &bytes).await.is_ok());
}

#[tokio::test]
async fn a_store_that_fails_ends_the_upload_as_busy() {
    let bed = Bed::new(bounds()).await;
    let bytes = bed.beginning();
    assert!(bed.put(1, 0, &bytes).await.is_ok());
    bed.store.close().await.unwrap();
    assert_eq!(bed.put(1, 1, &[7; 500_000]).await, Err(Refusal::Busy));
    assert_eq!(bed.put(1, 2, &bytes).await, Err(Refusal::UnknownUpload));
}

#[test]
fn only_the_last_parts_and_uploads_are_remembered() {
    let mut parts = complete::PartsTaken::default();
    assert_eq!(parts.digest(0), None);
    let taken = u8::try_from(REMEMBERED_PARTS).unwrap() + 2;
    for number in 0..taken {
        parts.push([number; 32]);
    }
    let known: Vec<_> = (0..u64::from(taken) + 2)
        .map(|number| parts.digest(number))
        .collect();
    let expected = (0..taken).map(|number| (number >= 2).then_some([number; 32]));
    assert_eq!(known, expected.chain([None, None]).collect::<Vec<_>>());

    let kept = Duration::from_secs(60);
    let mut completed = Completed::new(2, kept);
    for token in 0..3 {
        completed.remember(Token([token; 16]), Complete::new(parts.clone()));
    }
    let now = Instant::now();
    let mut known = |token: u8, now| completed.find(Token([token; 16]), now).is_some();
    assert!(!known(0, now) && known(1, now) && known(2, now));
    assert!(!known(2, now + kept));
}

#[test]
fn a_token_has_one_spelling() {
    let text = "00112233445566778899aabbccddeeff";
    assert!(Token::parse(text) == Some(Token(hex::decode(text).unwrap().try_into().unwrap())));
    for wrong in [
        "",
        &text[1..],
        &text.to_uppercase(),
        "0011223344556677889_aabbccddeeff",
    ] {
        assert!(Token::parse(wrong).is_none(), "{wrong}");
    }
    assert!(Token::parse(&format!("{text}00")).is_none());
}
