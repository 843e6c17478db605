use std::{fs, path::Path, sync::Arc};

use asylia_envelope::{
    ids::InstanceId,
    key_bundle::{BundleContent, UnverifiedBundle},
};
use asylia_keys::{
    period::{Window, new_period},
    signing_file::RootSigningKey,
};
use rand_core::OsRng;

use super::*;
use crate::{app::AppState, cli::ServeArgs, clock::Rng, config::Config};

const INSTANCE: InstanceId = InstanceId([6; 16]);

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn clock(text: &str) -> Clock {
    let days = u64::try_from(day(text).days_since_1970()).unwrap();
    Clock::Fixed(days * 86_400)
}

fn root(byte: u8) -> RootSigningKey {
    RootSigningKey::from_seed(&[byte; 32])
}

/// Roots 1, 2 and 3, of which two must sign; one quarter.
fn first() -> BundleContent {
    let window = Window::quarter(day("2027-01-01"));
    let made = new_period(INSTANCE, "2027-Q1", window, &mut OsRng)
        .ok()
        .unwrap();
    let mut roots = [1, 2, 3].map(|byte| root(byte).verifying_key()).to_vec();
    roots.sort_by_key(asylia_envelope::signing::VerifyingKey::to_bytes);
    BundleContent {
        instance: INSTANCE,
        office: "Office of the focal point".to_owned(),
        sequence: 1,
        previous: None,
        not_before: window.from(),
        not_after: window.until(),
        demo: false,
        threshold: 2,
        roots,
        office_keys: vec![],
        transfer_key: None,
        periods: vec![made.public],
    }
}

fn signed(content: &BundleContent, holders: &[u8]) -> String {
    let lines: Vec<String> = holders
        .iter()
        .map(|holder| content.signature_line(&root(*holder)))
        .collect();
    content.to_note(&lines)
}

/// A server's folder, and the first bundle that it serves with.
struct Place {
    folder: tempfile::TempDir,
    first: BundleContent,
}

impl Place {
    async fn new() -> (Self, AppState) {
        let place = Self {
            folder: tempfile::tempdir().unwrap(),
            first: first(),
        };
        fs::write(place.path("given"), signed(&place.first, &[1, 2])).unwrap();
        let state = place.serve("2027-02-01").await;
        (place, state)
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    async fn serve(&self, today: &str) -> AppState {
        let config = Config::load(&ServeArgs {
            data: Some(self.path("data")),
            keys: Some(self.path("given")),
            office: Some(self.first.fingerprint().to_string()),
            ..ServeArgs::default()
        });
        let rng = Rng::seeded_for_tests(1);
        let state = AppState::open(Arc::new(config.unwrap()), clock(today), rng).await;
        state.unwrap()
    }

    /// The digest that the next bundle names.
    fn digest(&self) -> [u8; 32] {
        let note = signed(&self.first, &[1, 2]);
        let words = Anchor::Fingerprint(self.first.fingerprint());
        let note = UnverifiedBundle::parse(note.as_bytes()).unwrap();
        note.verify(&words, None).unwrap().digest()
    }

    fn next(&self) -> BundleContent {
        let window = Window::quarter(day("2027-04-01"));
        let made = new_period(INSTANCE, "2027-Q2", window, &mut OsRng)
            .ok()
            .unwrap();
        let mut next = self.first.clone();
        next.sequence = 2;
        next.previous = Some(self.digest());
        next.not_after = window.until();
        next.periods.push(made.public);
        next
    }

    async fn install(&self, note: &str, today: &str) -> Result<Installed, String> {
        self.install_with(note, today, None).await
    }

    async fn install_with(
        &self,
        note: &str,
        today: &str,
        office: Option<String>,
    ) -> Result<Installed, String> {
        fs::write(self.path("new"), note).unwrap();
        let args = KeysInstallArgs {
            file: self.path("new"),
            data: self.path("data"),
            office,
        };
        let done = install(&args, clock(today)).await;
        done.map_err(|error| error.to_string())
    }

    fn offered(&self) -> bool {
        Path::exists(&self.path("data/keys.next"))
    }
}

fn sequence(state: &AppState) -> Option<u64> {
    state.keys.current().bundle().map(KeyBundle::sequence)
}

#[tokio::test]
async fn a_good_bundle_is_taken_over_while_serving_and_found_at_the_next_start() {
    let (place, state) = Place::new().await;
    let next = place.next();
    let held = state.keys.current();
    let mut takeover = state.takeover().unwrap();
    assert!(
        !takeover.look(day("2027-02-01")).await,
        "nothing is offered"
    );
    let done = place
        .install(&signed(&next, &[2, 3]), "2027-02-01")
        .await
        .unwrap();
    assert_eq!((done.sequence, done.known), (2, false));
    assert_eq!((done.last_day, done.other_words), (day("2027-08-29"), None));
    assert_eq!(sequence(&state), Some(1), "not before it is looked at");
    assert!(takeover.look(day("2027-02-01")).await);
    assert_eq!(sequence(&state), Some(2));
    assert!(!takeover.look(day("2027-02-01")).await, "once");
    // A request that began before goes on with what it has.
    assert_eq!(held.bundle().map(KeyBundle::sequence), Some(1));
    // The form would be closed in June without it.
    assert!(state.keys.current().in_force(day("2027-06-15")).is_some());
    assert!(held.in_force(day("2027-06-15")).is_none());
    let again = place
        .install(&signed(&next, &[2, 3]), "2027-02-01")
        .await
        .unwrap();
    assert!(again.known);
    drop((state, takeover));
    // What was given with --keys is still the first one, and that is no rollback.
    assert_eq!(sequence(&place.serve("2027-02-02").await), Some(2));
    // Nor does a spoiled file there close the form.
    fs::write(place.path("given"), "no bundle").unwrap();
    assert_eq!(sequence(&place.serve("2027-02-02").await), Some(2));
}

#[tokio::test]
async fn what_is_offered_while_nobody_serves_is_found_at_the_start() {
    let (place, state) = Place::new().await;
    drop(state);
    let next = signed(&place.next(), &[1, 3]);
    place.install(&next, "2027-02-01").await.unwrap();
    assert_eq!(sequence(&place.serve("2027-02-02").await), Some(2));
}

#[tokio::test]
async fn what_is_worse_is_refused_by_name_and_nothing_is_written() {
    let (place, state) = Place::new().await;
    let next = place.next();
    let altered = |change: &dyn Fn(&mut BundleContent)| {
        let mut altered = next.clone();
        change(&mut altered);
        signed(&altered, &[1, 2])
    };
    let good = signed(&next, &[1, 2]);
    let expired = altered(&|b| b.not_after = day("2027-01-31"));
    let early = altered(&|b| b.not_before = day("2027-02-02"));
    let gap = altered(&|b| b.periods.retain(|p| p.id == "2027-Q2"));
    let other = altered(&|b| b.instance = InstanceId([7; 16]));
    let fork = altered(&|b| b.sequence = 1);
    let chain = altered(&|b| b.previous = Some([0; 32]));
    let demo = altered(&|b| b.demo = true);
    let few = signed(&next, &[1, 9]);
    let forged = good.replace("Office of", "Friend of");
    for (note, named) in [
        (
            expired.as_str(),
            "is valid from 2027-01-01 to 2027-01-31 only",
        ),
        (&early, "is valid from 2027-02-02"),
        (&gap, "no period of the key bundle covers this day"),
        (&other, "belongs to another office"),
        (&fork, "two different key bundles carry the same number"),
        (&chain, "does not name the one in use"),
        (&demo, "is a demonstration's"),
        (&few, "carries 1 valid root signatures and needs 2"),
        (&forged, "carries 0 valid root signatures"),
        ("text", "this is not a key bundle"),
    ] {
        let refused = place.install(note, "2027-02-01").await.unwrap_err();
        assert!(refused.contains(named), "{named}: {refused}");
        assert!(!place.offered(), "{named}");
    }
    place.install(&good, "2027-02-01").await.unwrap();
    let mut takeover = state.takeover().unwrap();
    assert!(takeover.look(day("2027-02-01")).await);
    let older = place
        .install(&signed(&place.first, &[1, 2]), "2027-02-01")
        .await;
    assert!(older.unwrap_err().contains("older than the one in use"));
    // Whoever can write the folder cannot make the server take what `install` refuses.
    for bad in [&expired, &few, &demo, &other] {
        fs::write(place.path("data/keys.next"), bad).unwrap();
        assert!(!takeover.look(day("2027-02-01")).await);
        assert_eq!(sequence(&state), Some(2));
    }
}

#[tokio::test]
async fn other_root_keys_need_the_old_ones_and_the_operator() {
    let (place, _state) = Place::new().await;
    let mut next = place.next();
    next.roots = [1, 2, 4].map(|byte| root(byte).verifying_key()).to_vec();
    next.roots
        .sort_by_key(asylia_envelope::signing::VerifyingKey::to_bytes);
    let words = next.fingerprint().to_string();
    let with = |holders: &[u8], words: Option<&String>| {
        let (note, words) = (signed(&next, holders), words.cloned());
        async { place.install_with(&{ note }, "2027-02-01", words).await }
    };
    let refused = with(&[1, 2, 4], None).await.unwrap_err();
    assert!(refused.contains("belongs to another office"), "{refused}");
    let refused = with(&[1, 4], Some(&words)).await.unwrap_err();
    assert!(
        refused.contains("1 of the old ones signed and 2 must sign"),
        "{refused}"
    );
    let done = with(&[1, 2], Some(&words)).await.unwrap();
    assert_eq!(done.other_words, Some(words));
}
