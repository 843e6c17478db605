//! The identity part of a report: closed until somebody opens it and says why.

use asylia_console::{
    access::Role,
    vault::audit::{Act, Motive},
};

use super::{Site, roles::an_office_with_every_role, roles::of_role};
use crate::office::{credentials, story};

#[test]
fn an_identity_part_is_opened_by_an_act_of_its_own() {
    let names = "NAMED-CANARY";
    let mut report = story("what happened");
    let answer = ("person_names".to_owned(), names.to_owned());
    report.answers.push(answer);
    let (site, records) = Site::open(std::slice::from_ref(&report));
    let record = records[0].record_id;
    let (address, open) = (
        format!("/report/{record}"),
        format!("/report/{record}/identity"),
    );
    let closed = site.get(&address).text;
    assert!(!closed.contains(names) && closed.contains("Why do you open it?"));
    let without = site.post(&open, "motive=").text;
    assert!(!without.contains(names) && without.contains("Why do you open it?"));
    let curious = site.post(&open, "motive=curiosity").text;
    assert!(!curious.contains(names));
    let opened = site.post(&open, "motive=contact").text;
    assert!(opened.contains(names) && !opened.contains("Why do you open it?"));
    site.post("/lock", "");
    let mut vault = site.office.reopen();
    let log = vault.audit_log().expect("the log is read");
    let looks: Vec<Option<Motive>> = log
        .iter()
        .filter(|entry| entry.item.act == Act::IdentityViewed)
        .map(|entry| entry.item.motive)
        .collect();
    assert_eq!(looks, [Some(Motive::Contact)], "closed looks are none");
    site.app.unlock(&credentials()).expect("it unlocks");
    let shown = site.get("/audit?act=identity-viewed").text;
    assert!(shown.contains("to reach the person concerned"));
}

#[test]
fn a_custodian_finds_by_its_number_what_an_officer_named() {
    let (site, report, _) = an_office_with_every_role();
    site.app
        .unlock(&of_role(Role::Custodian))
        .expect("it unlocks");
    let number = report.trim_start_matches("/report/");
    let found = |begin: &str| site.get(&format!("/identities?record={begin}")).text;
    assert!(found("").contains(&report) && found(&number[..6]).contains(&report));
    assert!(found(&number.to_uppercase()).contains(&report));
    let other = if number.starts_with('0') { "1" } else { "0" };
    assert!(found(other).contains("There is none with this number."));
    assert!(found("%22%26from=9%3Cx").contains("record\" value=\"f9\""));
    let closed = site.get(&report).text;
    assert!(closed.contains("Why do you open it?") && !closed.contains("What happened</h2><div"));
}
