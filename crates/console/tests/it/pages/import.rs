//! The import page: what is found on sticks, what comes of it, and that the pages go on while it works.

use std::{
    fs,
    os::unix::fs::symlink,
    thread,
    time::{Duration, Instant},
};

use axum::http::StatusCode;

use super::{Site, between};
use crate::office::{Office, Stored, credentials, story};

const PATIENCE: Duration = Duration::from_secs(60);

impl Site {
    pub(super) fn put(&self, name: &str, bytes: &[u8]) {
        let stick = self.office.folder.path().join("sticks/officer/STICK");
        fs::create_dir_all(&stick).expect("a folder is made");
        fs::write(stick.join(name), bytes).expect("it is written");
    }

    /// Presses the button of the only bundle there is.
    pub(super) fn import(&self) {
        let page = self.get("/import").text;
        assert_eq!(page.matches("name=\"bundle\"").count(), 1, "{page}");
        let (_, rest) = page
            .split_once("name=\"bundle\" value=\"")
            .expect("a field");
        let code = rest.split('"').next().expect("a value");
        let answer = self.post("/import", &format!("bundle={code}"));
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
    }

    /// What the page says when the import is over.
    pub(super) fn outcome(&self) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let page = self.get("/import").text;
            if !page.contains("/import/stop") {
                return page;
            }
            assert!(Instant::now() < deadline, "the import does not end");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

#[test]
fn a_bundle_on_the_stick_is_three_actions_from_the_list() {
    let (mut site, _) = Site::open(&[]);
    let records = ["one", "two"].map(|text| site.office.seal(&story(text)));
    let bundle = site.office.pack(&records);
    assert!(site.get("/import").text.contains("No bundle was found"));
    site.put("\u{202e}reports.bin", &bundle);
    site.put("notes.txt", b"asylia transfer");
    site.put("other.txt", b"a longer text that is no bundle at all");
    let stick = site.office.folder.path().join("sticks/officer/STICK");
    symlink(stick.join("\u{202e}reports.bin"), stick.join("link")).unwrap();
    assert!(site.get("/import").text.contains("[U+202E]reports.bin"));
    site.import();
    let page = site.outcome();
    assert!(
        page.contains(": 2 new, 0 known, 0 in quarantine."),
        "{page}"
    );
    assert!(
        site.get("/")
            .text
            .contains(&records[0].record_id.to_string())
    );
    site.import();
    assert!(
        site.outcome()
            .contains(": 0 new, 2 known, 0 in quarantine.")
    );
    site.post("/lock", "");
    site.app.unlock(&credentials()).unwrap();
    assert!(
        !site.get("/import").text.contains("known"),
        "what came of it is told to who began it"
    );
    assert_eq!(fs::read(stick.join("\u{202e}reports.bin")).unwrap(), bundle);
}

#[test]
fn what_is_wrong_with_a_bundle_is_said() {
    let (mut site, _) = Site::open(&[]);
    let mut bundle = site.office.pack(&[]);
    let at = bundle.len() - 10;
    bundle[at] ^= 1;
    site.put("bundle", &bundle);
    site.import();
    let page = site.outcome();
    let alarm = between(&page, "role=\"alert\">", "</div>");
    assert!(alarm.contains("signature does not verify"), "{alarm}");
    let mut other = Office::new();
    other.bundle = site.office.bundle.clone();
    site.put("bundle", &other.pack(&[]));
    site.import();
    assert!(site.outcome().contains("another server"));
    let gone = site.post("/import", "bundle=00000000000000000000000000000000");
    assert_eq!(gone.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(gone.text.contains("not there any more"));
}

#[test]
fn while_a_bundle_is_imported_the_pages_answer_and_it_can_be_stopped() {
    let (mut site, _) = Site::open(&[]);
    let records: Vec<Stored> = (0..120)
        .map(|number| site.office.seal(&story(&number.to_string())))
        .collect();
    let bundle = site.office.pack(&records);
    site.put("bundle", &bundle);
    site.import();
    for path in ["/", "/search", "/people", "/audit", "/help"] {
        let answer = site.get(path);
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(
            path == "/help" || answer.text.contains("is being imported"),
            "{path}"
        );
    }
    assert_eq!(site.post("/import/stop", "").status, StatusCode::SEE_OTHER);
    assert!(site.outcome().contains("The import was stopped."));
    let taken = site.office.reopen().contents().records.len();
    assert!(taken < records.len(), "it was stopped in the middle");
    site.import();
    let whole = site.outcome();
    let expected = format!(": {} new, {taken} known", records.len() - taken);
    assert!(whole.contains(&expected), "{whole}");
}

/// Locking does not wait for the end of an import: it stops it.
#[test]
fn the_lock_ends_an_import() {
    let (mut site, _) = Site::open(&[]);
    let records: Vec<Stored> = (0..120)
        .map(|number| site.office.seal(&story(&number.to_string())))
        .collect();
    let bundle = site.office.pack(&records);
    site.put("bundle", &bundle);
    site.import();
    assert!(site.post("/lock", "").text.contains("The vault is locked."));
    let vault = site.office.reopen();
    assert!(vault.contents().records.len() < records.len());
    assert!(vault.contents().damaged.is_empty());
}
