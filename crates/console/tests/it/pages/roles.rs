//! Which pages each role gets, and a list that is longer than a page.

use asylia_console::{
    access::Role,
    vault::{Credentials, NewPerson, header::KdfCost},
};
use axum::http::StatusCode;

use super::{Site, between};
use crate::office::{Office, Stored, case, credentials, story, take};

const HEAD: &[Role] = &[Role::FocalPoint];
const CASEWORK: &[Role] = &[Role::FocalPoint, Role::Officer];
const READERS: &[Role] = &[Role::FocalPoint, Role::Officer, Role::Custodian];
const IDENTITY: &[Role] = &[Role::FocalPoint, Role::Custodian];
const LOG: &[Role] = &[Role::FocalPoint, Role::Auditor];

/// Every page under every role: what its keys do not open is not its page either.
#[test]
#[expect(
    clippy::too_many_lines,
    reason = "most of it is the table of pages and forms"
)]
fn each_role_gets_its_own_pages_and_no_others() {
    let (site, case, person) = an_office_with_every_role();
    // Address, then the roles that get it: written down by hand. Everything else is refused.
    let pages: [(&str, &[Role]); 13] = [
        ("/", CASEWORK),
        ("/identities", IDENTITY),
        ("/cases", CASEWORK),
        (&case, READERS),
        ("/help", &ROLES),
        ("/search", CASEWORK),
        ("/import", CASEWORK),
        ("/export", CASEWORK),
        ("/pair", HEAD),
        ("/audit", LOG),
        ("/people", HEAD),
        (&person, HEAD),
        ("/passphrase", &ROLES),
    ];
    // What a refused form must not have done is seen by its answer: 403 comes before the fields are looked at.
    let (set, remove) = (format!("{person}/roles"), format!("{person}/remove"));
    let reply = format!("{case}/reply");
    let open = format!("{case}/identity");
    let forms: [(&str, &str, &[Role], u16); 12] = [
        (&open, "motive=check", READERS, 200),
        ("/cases", "channel=pigeon&source=x", CASEWORK, 422),
        ("/search", "words=nothing-of-the-kind", CASEWORK, 200),
        ("/import", "bundle=none", CASEWORK, 422),
        ("/import/stop", "", CASEWORK, 303),
        ("/export", "place=none", CASEWORK, 422),
        ("/pair", "server_key=none", HEAD, 422),
        (&reply, "text=+", CASEWORK, 422),
        (
            "/people/add",
            "name=x&own=wrong&new=a&again=a&role=officer",
            HEAD,
            422,
        ),
        (&set, "own=wrong&role=officer", HEAD, 422),
        (&remove, "own=wrong&sure=yes", HEAD, 422),
        ("/passphrase", "own=wrong&new=a&again=a", &ROLES, 422),
    ];
    for role in ROLES {
        let who = match role {
            Role::FocalPoint => credentials(),
            role => of_role(role),
        };
        site.app.unlock(&who).unwrap();
        for page in &pages {
            let answer = opens_for(&site, role, page);
            let casework = [Role::FocalPoint, Role::Officer].contains(&role);
            let shows_story = answer.contains("المقررة");
            assert_eq!(shows_story, page.0 == case && casework, "{role:?}");
            let menu = between(&answer, "<header>", "</header>");
            for (path, allowed) in &pages {
                let offered = menu.contains(&format!("href=\"{path}\""));
                let own = allowed.contains(&role) && *path != case && *path != person;
                assert_eq!(offered, own, "{role:?} {path}");
            }
        }
        for form in &forms {
            is_taken_from(&site, role, form);
        }
        assert_eq!(site.get("/no-such-page").status, StatusCode::NOT_FOUND);
        assert!(site.post("/lock", "").text.contains("The vault is locked."));
        is_closed(
            &site,
            pages.map(|(path, _)| path),
            forms.map(|(path, form, ..)| (path, form)),
        );
    }
}

/// A locked console shows nobody anything but the help.
fn is_closed<const P: usize, const F: usize>(
    site: &Site,
    pages: [&str; P],
    forms: [(&str, &str); F],
) {
    for path in pages.into_iter().filter(|path| *path != "/help") {
        assert!(site.get(path).text.contains("Unlock the vault"), "{path}");
    }
    for (path, form) in forms {
        let answer = site.post(path, form);
        assert!(answer.text.contains("Unlock the vault"), "{path}");
    }
}

/// A form is taken from the roles that may send it, and refused to all others.
fn is_taken_from(
    site: &Site,
    role: Role,
    (path, form, allowed, status): &(&str, &str, &[Role], u16),
) {
    let allowed = allowed.contains(&role);
    let expected = if allowed { *status } else { 403 };
    let answer = site.post(path, form);
    assert_eq!(answer.status.as_u16(), expected, "{role:?} {path}");
}

/// The text of a page, after looking whether the role gets it.
fn opens_for(site: &Site, role: Role, (path, allowed): &(&str, &[Role])) -> String {
    let answer = site.get(path);
    let expected = if allowed.contains(&role) { 200 } else { 403 };
    assert_eq!(answer.status.as_u16(), expected, "{role:?} {path}");
    assert!(
        !answer.text.contains('⟦'),
        "{role:?} {path}: a message is missing"
    );
    answer.text
}

/// An office with one person of each role, and the addresses of a case and of the custodian.
pub(super) fn an_office_with_every_role() -> (Site, String, String) {
    let (site, records) = Site::new(&[case("TC-01")]);
    let mut vault = site.office.reopen();
    for role in ROLES.iter().skip(1) {
        let new = NewPerson {
            credentials: of_role(*role),
            cost: KdfCost::with_memory(19).expect("a cost within the bounds"),
            roles: [*role].into(),
        };
        vault.add_person(&new).expect("a person is added");
    }
    vault.close();
    let mut site = Site::over(site.office);
    site.enter();
    let custodian = site
        .office
        .reopen()
        .contents()
        .person_called("custodian")
        .map(|p| hex::encode(p.id));
    let person = format!("/people/{}", custodian.expect("a custodian"));
    (
        site,
        format!("/report/{}", records.first().expect("one report").record_id),
        person,
    )
}

pub(super) fn of_role(role: Role) -> Credentials {
    Credentials {
        name: role.code().to_owned(),
        passphrase: format!("the passphrase of {role:?}").into(),
    }
}

#[test]
fn a_long_inbox_is_shown_in_parts() {
    let (mut office, mut records) = (Office::new(), Vec::new());
    for number in 0..203 {
        records.push(office.seal(&story(&number.to_string())));
    }
    let mut vault = office.vault();
    take(&mut vault, &office.pack(&records)).unwrap();
    vault.close();
    let mut site = Site::over(office);
    site.enter();
    site.app.unlock(&credentials()).unwrap();
    let (first, second) = (site.get("/").text, site.get("/?from=200").text);
    assert!(first.contains("203 reports.") && first.contains("/?from=200"));
    assert!(second.contains("203 reports.") && second.contains("/?from=0"));
    let on =
        |page: &str, record: &Stored| page.contains(&format!("/report/{}\"", record.record_id));
    assert_eq!(
        records.iter().filter(|record| on(&first, record)).count(),
        200
    );
    assert_eq!(
        records.iter().filter(|record| on(&second, record)).count(),
        3
    );
    assert!(
        records
            .iter()
            .all(|record| on(&first, record) != on(&second, record))
    );
    assert_eq!(site.get("/?from=nonsense").status, StatusCode::BAD_REQUEST);
    assert_eq!(
        site.get("/?from=18446744073709551615").status,
        StatusCode::OK
    );
}

const ROLES: [Role; 5] = [
    Role::FocalPoint,
    Role::Officer,
    Role::Custodian,
    Role::Statistician,
    Role::Auditor,
];
