//! Letters in the pages: the words after an import, the thread and its form, the export, the pairing.

use std::fs;

use axum::http::StatusCode;

use super::{Site, between};
use crate::office::{Office, Report, Stored, credentials, story, take};

/// A vault that can sign, with one report that the server has let go; unlocked.
fn site() -> (Site, Stored) {
    let mut office = Office::new();
    let mut report: Report = story("a report");
    report
        .answers
        .push(("person_names".to_owned(), "Maren Osei-Lind".to_owned()));
    let record = office.seal(&report);
    let mut vault = office.vault();
    let instance = office.bundle.content().instance;
    vault
        .put_office_key(instance, &office.demo.office_key)
        .expect("the invented office works");
    for records in [&[record.clone()][..], &[]] {
        take(&mut vault, &office.pack(records)).expect("the invented office works");
    }
    vault.close();
    fs::create_dir(office.folder.path().join("sticks")).expect("the invented office works");
    let mut site = Site::over(office);
    site.enter();
    site.app
        .unlock(&credentials())
        .expect("the invented office works");
    (site, record)
}

#[test]
fn an_answer_is_written_on_the_report_and_leaves_with_an_export() {
    let (site, record) = site();
    let page = format!("/report/{}", record.record_id);
    let thread = site.get(&page).text;
    assert!(
        thread.contains("first answer 1 (waits for an export)"),
        "{thread}"
    );
    let reply = format!("{page}/reply");
    let held = site.post(&reply, "text=Dear+Maren+%3Cb%3E&question=yes");
    assert_eq!(held.status, StatusCode::UNPROCESSABLE_ENTITY);
    let field = between(&held.text, "<textarea", "</textarea>");
    assert!(
        field.contains("Dear Maren &lt;b&gt;"),
        "what was typed stays: {field}"
    );
    assert!(held.text.contains("name=\"anyway\"") && held.text.contains("checked"));
    let taken = site.post(&reply, "text=Are+you+safe%3F%0D%0ATell+us.&question=yes");
    assert_eq!(taken.status, StatusCode::SEE_OTHER);
    let thread = site.get(&page).text;
    assert!(
        thread.contains("question 2 (waits for an export)"),
        "{thread}"
    );
    assert!(thread.contains("Are you safe?\nTell us.") && thread.contains("focal-point"));

    let export = site.get("/export").text;
    assert!(export.contains("2 answers wait."), "{export}");
    let (_, rest) = export
        .split_once("name=\"place\" value=\"")
        .expect("a place");
    let place = format!("place={}", rest.split('"').next().expect("a value"));
    let done = site.post("/export", &place);
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    assert!(
        done.text
            .contains("Bundle 1 for the server is written: 2 new answers")
    );
    let sticks = site.office.folder.path().join("sticks");
    let first = fs::read(sticks.join("asylia-to-server-1")).unwrap();
    // The stick was lost: the same once more, beside the first.
    assert!(done.text.contains("Write bundle 1 again"));
    let again = site.post("/export", &format!("{place}&again=1"));
    assert_eq!(again.status, StatusCode::OK, "{}", again.text);
    assert!(first == fs::read(sticks.join("asylia-to-server-1-copy-2")).unwrap());
    let thread = site.get(&page).text;
    assert!(thread.contains("left with bundle 1, not confirmed yet"));
    let titles = [page.as_str(), "/export"]
        .map(|path| between(&site.get(path).text, "<title>", "</title>").to_owned());
    let id = record.record_id.to_string();
    assert!(
        titles.iter().all(|title| !title.contains(&id)),
        "titles name no report"
    );
}

#[test]
fn after_a_full_import_the_page_shows_twelve_words_and_their_code() {
    let (mut site, _) = Site::open(&[]);
    let record = site.office.seal(&story("x"));
    let bundle = site.office.pack(&[record]);
    site.put("bundle", &bundle);
    site.import();
    let page = site.outcome();
    let words = between(&page, "<ol class=\"words\"", "</ol>");
    assert_eq!(words.matches("<li>").count(), 12, "{page}");
    assert!(page.contains("class=\"qr\""));
    let mut harmed = site.office.seal(&story("y"));
    let middle = harmed.bytes.len() / 2;
    harmed.bytes[middle] ^= 1;
    let bundle = site.office.pack(&[harmed]);
    site.put("bundle", &bundle);
    site.import();
    let page = site.outcome();
    assert!(!page.contains("class=\"words\""));
    assert!(page.contains("One record is not here for good."), "{page}");
}

#[test]
fn pairing_shows_both_sides_and_changes_a_key_only_when_told() {
    let (site, _) = site();
    let page = site.get("/pair").text;
    let fingerprint = site.office.bundle.content().fingerprint().to_string();
    assert!(page.contains(&fingerprint) && page.contains("The words of both"));
    let other = Office::new().server.verifying_key().to_string();
    let form = format!(
        "server_key={}",
        other.replace('+', "%2B").replace('=', "%3D")
    );
    let refused = site.post("/pair", &form);
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!refused.text.contains(&other));
    let replaced = site.post("/pair", &format!("{form}&replace=yes"));
    assert_eq!(replaced.status, StatusCode::OK);
    assert!(replaced.text.contains(&other));
}
