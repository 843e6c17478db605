//! People and keys in the pages: added, other roles, removed, own passphrase; each confirmed, each written down.

use asylia_console::vault::{Credentials, Vault, audit::Act};
use axum::http::StatusCode;

use super::{Answer, Site};
use crate::office::{PASSPHRASE, credentials, story};

const OFFICER: &str = "name=Amal&role=officer&new=a+b+c+d+e+f&again=a+b+c+d+e+f";

#[test]
fn a_person_is_added_given_other_roles_and_removed() {
    let (site, _) = Site::open(&[story("x")]);
    let own = PASSPHRASE.replace(' ', "+");
    let added = site.post("/people/add", &format!("{OFFICER}&own={own}"));
    assert_eq!(added.status, StatusCode::SEE_OTHER, "{}", added.text);
    assert_eq!(added.headers["location"], "/people?done=added");
    let list = site.get("/people?done=added").text;
    assert!(
        list.contains("The person is added")
            && list.contains(">Amal<")
            && list.contains("<td>Officer</td>")
    );
    assert!(!list.contains("recovery") && !list.contains("a b c d e f"));
    let page = person_page(&list, "Amal");
    assert!(site.get(&page).text.contains("value=\"officer\" checked"));
    let amal = |passphrase: &str| open(&site, "Amal", passphrase);
    let roles = |site: &Site, form: &str| site.post(&format!("{page}/roles"), form);
    assert!(amal("a b c d e f").is_some_and(|vault| vault.contents().records.len() == 1));
    let set = roles(&site, &format!("role=auditor&role=statistician&own={own}"));
    assert_eq!(set.status, StatusCode::SEE_OTHER);
    let mut vault = amal("a b c d e f").expect("it opens");
    assert!(vault.contents().records.is_empty());
    let acts: Vec<Act> = vault
        .audit_log()
        .unwrap()
        .iter()
        .map(|entry| entry.item.act)
        .collect();
    vault.close();
    assert!(
        acts.ends_with(&[Act::PersonAdded, Act::KeysRenewed, Act::RolesChanged]),
        "{acts:?}"
    );
    let removed = site.post(&format!("{page}/remove"), &format!("sure=yes&own={own}"));
    assert_eq!(removed.status, StatusCode::SEE_OTHER);
    assert!(amal("a b c d e f").is_none());
    assert!(!site.get("/people").text.contains("Amal"));
    assert_eq!(site.get(&page).status, StatusCode::NOT_FOUND);
}

#[test]
fn what_is_not_right_changes_nothing_and_says_why() {
    let (site, _) = Site::open(&[]);
    let own = PASSPHRASE.replace(' ', "+");
    let rows = site
        .office
        .rows("SELECT CAST(COUNT(*) AS BLOB) FROM events");
    refuses_what_cannot_be_added(&site, &own);
    refuses_what_would_leave_nobody(&site, &own);
    let nobody = format!("/people/{}/remove", "00".repeat(16));
    let unknown = site.post(&nobody, &format!("sure=yes&own={own}"));
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    assert_eq!(site.get("/people/nonsense").status, StatusCode::NOT_FOUND);
    assert_eq!(
        site.office
            .rows("SELECT CAST(COUNT(*) AS BLOB) FROM events"),
        rows
    );
}

fn refuses_what_cannot_be_added(site: &Site, own: &str) {
    for (form, why) in [
        (
            format!("{OFFICER}&own=wrong"),
            "Your own passphrase is not right",
        ),
        (OFFICER.to_owned(), "Your own passphrase is not right"),
        (
            format!("name=A&role=officer&new=a&again=b&own={own}"),
            "not typed twice alike",
        ),
        (
            format!("name=A&role=officer&new=&again=&own={own}"),
            "The passphrase is empty",
        ),
        (
            format!("name=A&new=a&again=a&own={own}"),
            "needs at least one role",
        ),
        (
            format!("name=A&role=king&new=a&again=a&own={own}"),
            "needs at least one role",
        ),
        (
            format!("name=Focal-Point&role=officer&new=a&again=a&own={own}"),
            "reserved or taken",
        ),
        (
            format!("name=recovery&role=officer&new=a&again=a&own={own}"),
            "reserved or taken",
        ),
    ] {
        assert_refused(&site.post("/people/add", &form), why);
    }
}

fn refuses_what_would_leave_nobody(site: &Site, own: &str) {
    let me = person_page(&site.get("/people").text, "focal-point");
    for (path, form, why) in [
        (
            "roles",
            format!("role=officer&own={own}"),
            "the only focal point",
        ),
        ("roles", format!("own={own}"), "needs at least one role"),
        (
            "remove",
            format!("sure=yes&own={own}"),
            "the only focal point",
        ),
        ("remove", format!("own={own}"), "The box was not ticked"),
        (
            "remove",
            "sure=yes&own=x".to_owned(),
            "Your own passphrase is not right",
        ),
    ] {
        assert_refused(&site.post(&format!("{me}/{path}"), &form), why);
    }
}

#[test]
fn ones_own_passphrase_is_changed_and_the_old_one_opens_no_more() {
    let (site, _) = Site::open(&[]);
    let own = PASSPHRASE.replace(' ', "+");
    let unlike = site.post("/passphrase", &format!("own={own}&new=one&again=two"));
    assert_refused(&unlike, "not typed twice alike");
    assert_refused(
        &site.post("/passphrase", "own=x&new=one&again=one"),
        "Your own passphrase",
    );
    let changed = site.post("/passphrase", &format!("own={own}&new=one&again=one"));
    assert!(
        changed.status == StatusCode::OK && changed.text.contains("Your passphrase is changed.")
    );
    assert!(site.app.unlock(&credentials()).is_err());
    assert!(open(&site, "focal-point", "one").is_some());
}

fn assert_refused(answer: &Answer, why: &str) {
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{why}");
    assert!(
        answer.text.contains("role=\"alert\"") && answer.text.contains(why),
        "{why}: {}",
        answer.text
    );
}

fn open(site: &Site, name: &str, passphrase: &str) -> Option<Vault> {
    let who = Credentials {
        name: name.to_owned(),
        passphrase: passphrase.into(),
    };
    Vault::open(site.office.machine(), &site.office.directory(), &who).ok()
}

/// The address that stands on somebody's name in the list.
fn person_page(list: &str, name: &str) -> String {
    let (before, _) = list
        .split_once(&format!("\">{}", bdi(name)))
        .expect("the name is listed");
    before
        .rsplit("href=\"")
        .next()
        .expect("an address")
        .to_owned()
}

fn bdi(name: &str) -> String {
    format!("<bdi dir=\"auto\">{name}</bdi>")
}
