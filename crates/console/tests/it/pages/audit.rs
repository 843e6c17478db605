//! The audit log and the search in the pages: what is shown, in which parts, what is written down and what never.

use asylia_console::vault::audit::{Act, AuditItem};

use super::Site;
use crate::office::{case, story};

#[test]
fn the_log_is_shown_newest_first_in_parts_and_by_what_is_asked() {
    let (site, records) = Site::open(&[story("CANARY-IN-STORY")]);
    let mut vault = site.office.reopen();
    let mut transaction = vault.begin().unwrap();
    for number in 0..205 {
        transaction
            .log(AuditItem::of(Act::ImportBegun).with_number(9000 + number))
            .unwrap();
    }
    transaction.commit().unwrap();
    vault.close();
    let id = records[0].record_id.to_string();
    assert!(
        site.get(&format!("/report/{id}"))
            .text
            .contains("CANARY-IN-STORY")
    );
    let log = site.get("/audit").text;
    let at = |part: &str| log.find(part).unwrap_or_else(|| panic!("{part} is shown"));
    assert!(at("<td>looked at a report</td>") < at("<td>9204</td>"));
    assert!(log.contains("9204") && !log.contains("9100"));
    assert!(log.contains("focal-point") && log.contains("2026-11-23T10:00:00Z"));
    assert!(!log.contains("CANARY") && !log.contains('⟦'));
    assert!(log.contains("name=\"from\" value=\"100\""));
    let second = site.get("/audit?act=&by=&record=&from=100").text;
    assert!(second.contains("9100") && second.contains("name=\"from\" value=\"0\""));
    let begun = site.get("/audit?act=import-begun").text;
    assert!(begun.contains("206 entries.") && !begun.contains("<td>looked at a report</td>"));
    let of_record = site.get(&format!("/audit?record={id}&by=focal-point")).text;
    assert!(
        of_record.contains("2 entries.") && of_record.contains("<td>took a record in</td>"),
        "{of_record}"
    );
    assert!(site.get("/audit?by=nobody").text.contains("No entry fits."));
    let odd = site
        .get("/audit?from=18446744073709551615&record=%3Cscript%3E")
        .text;
    assert!(odd.contains("No entry fits.") && !odd.contains("<script"));
}

#[test]
fn a_search_finds_by_words_and_its_words_are_kept_nowhere() {
    let mut names = story("Nothing to see");
    names
        .answers
        .push(("person_names".to_owned(), "Zaphira Quonsett".to_owned()));
    names.files.push((
        "Protokoll der Straße.pdf".to_owned(),
        "a/b".to_owned(),
        vec![1],
    ));
    let (site, records) = Site::open(&[
        case("TC-01"),
        story("They came at NIGHT,\nwith two cars"),
        names,
    ]);
    let found = |words: &str| {
        let page = site.post("/search", &format!("words={words}")).text;
        let hits: Vec<usize> = (0..records.len())
            .filter(|at| page.contains(&format!("/report/{}\"", records[*at].record_id)))
            .collect();
        (page, hits)
    };
    assert_eq!(found("night").1, [1]);
    assert_eq!(
        found("cars+ni%EF%BD%87ht").1,
        [1],
        "every word, in any order and form"
    );
    assert_eq!(found("night+train").1, Vec::<usize>::new());
    assert_eq!(found("strasse").1, [2]);
    assert_eq!(
        found("%D8%A7%D9%84%D9%85%D9%8F%D9%82%D8%B1%D8%B1%D9%87").1,
        [0],
        "a vowel sign and another ta"
    );
    assert_eq!(found(&records[1].record_id.to_string()).1, [1]);
    // The identity part is not searched, though this person holds its key.
    assert_eq!(found("Zaphira").1, Vec::<usize>::new());
    let (page, _) = found("%3Cb%3Ezz-canary-words");
    assert!(page.contains("Nothing found") && page.contains("3 reports were looked through."));
    assert!(page.contains("&lt;b&gt;zz-canary-words") && !page.contains("<b>"));
    let log = site.get("/audit?act=searched").text;
    assert!(
        log.contains("8 entries.") && !log.contains("canary-words"),
        "{log}"
    );
    // A new report is found without a new unlock.
    let later = site.office.seal(&story("a later night"));
    let note = site.office.note(std::slice::from_ref(&later));
    let bundle = site.office.write(&note, std::slice::from_ref(&later));
    let mut other = site.office.reopen();
    // The first bundle was number 1 already, and this office's next one is 2.
    crate::office::take(&mut other, &bundle).unwrap();
    drop(other);
    let page = site.post("/search", "words=night").text;
    assert!(page.contains("2 reports found"), "{page}");
}

#[test]
fn a_damaged_report_is_said_to_be_missing_from_the_search() {
    let (mut site, records) = Site::new(&[story("night one"), story("night two")]);
    let vault = site.office.reopen();
    let item = vault.contents().record(records[0].record_id).unwrap();
    let blob = hex::encode(item.imported().unwrap().account.as_ref().unwrap().id);
    vault.close();
    site.office.rows(&format!(
        "UPDATE blobs SET sealed = CAST(substr(sealed, 1, length(sealed) - 1) || CASE substr(sealed, -1) WHEN x'01' THEN x'02' ELSE x'01' END AS BLOB) WHERE blob = x'{blob}'"
    ));
    site.enter();
    site.app.unlock(&crate::office::credentials()).unwrap();
    let page = site.post("/search", "words=night").text;
    assert!(
        page.contains("One report found")
            && page.contains("One report could not be looked through")
    );
}
