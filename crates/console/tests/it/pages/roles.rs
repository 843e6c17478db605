//! Which pages each role gets, and a list that is longer than a page.

use asylia_console::{
    access::Role,
    vault::{Credentials, NewPerson, header::KdfCost},
};
use axum::http::StatusCode;

use super::Site;
use crate::office::{Office, Stored, case, credentials, story, take};

/// Every page under every role: what its keys do not open is not its page either.
#[test]
fn each_role_gets_its_own_pages_and_no_others() {
    let roles = [
        Role::FocalPoint,
        Role::Officer,
        Role::Custodian,
        Role::Statistician,
        Role::Auditor,
    ];
    let (site, records) = Site::new(&[case("TC-01")]);
    let mut vault = site.office.reopen();
    for role in &roles[1..] {
        let new = NewPerson {
            credentials: of_role(*role),
            cost: KdfCost::with_memory(19).unwrap(),
            roles: [*role].into(),
        };
        vault.add_person(&new).unwrap();
    }
    vault.close();
    let mut site = Site::over(site.office);
    site.enter();
    let case = format!("/case/{}", records[0].record_id);
    let expected = [
        (Role::FocalPoint, [200, 200, 200, 404]),
        (Role::Officer, [200, 200, 200, 404]),
        (Role::Custodian, [403, 200, 200, 404]),
        (Role::Statistician, [403, 403, 200, 404]),
        (Role::Auditor, [403, 403, 200, 404]),
    ];
    for (role, statuses) in expected {
        let who = match role {
            Role::FocalPoint => credentials(),
            role => of_role(role),
        };
        site.app.unlock(&who).unwrap();
        let answers = ["/", &case, "/help", "/users"].map(|path| site.get(path));
        let found = [0, 1, 2, 3].map(|at: usize| answers[at].status.as_u16());
        assert_eq!(found, statuses, "{role:?}");
        let shows_story = answers[1].text.contains("المقررة");
        assert_eq!(
            shows_story,
            matches!(role, Role::FocalPoint | Role::Officer),
            "{role:?}"
        );
        let shows_inbox = answers[2].text.contains(">Inbox<");
        assert_eq!(
            shows_inbox,
            matches!(role, Role::FocalPoint | Role::Officer),
            "{role:?}"
        );
        assert!(site.post("/lock", "").text.contains("The vault is locked."));
    }
}

fn of_role(role: Role) -> Credentials {
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
    let on = |page: &str, record: &Stored| page.contains(&format!("/case/{}\"", record.record_id));
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
