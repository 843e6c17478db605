//! The signed head on the page that follows a lock: readable as a code and as text, and good for its purpose.

use std::time::{Duration, Instant};

use asylia_console::vault::head::{HeadError, HeadNote};

use super::{Site, between};
use crate::office::{Office, story};

#[test]
fn the_lock_shows_a_head_that_fits_this_vault_and_no_other() {
    let (site, _) = Site::open(&[story("CANARY-STORY")]);
    let locked = site.post("/lock", "").text;
    let shown = head_on(&locked);
    assert_eq!(
        read_code(&locked),
        shown,
        "the code says what the lines say"
    );
    let head = HeadNote::parse(&shown).expect("a head");
    let mut vault = site.office.reopen();
    vault.check_head(&head).expect("it fits");
    vault.close();
    let other = Office::new().vault().check_head(&head);
    assert!(matches!(other, Err(HeadError::OtherVault)));
    assert!(!locked.contains("CANARY") && !shown.contains("focal-point"));
}

#[test]
fn a_vault_that_locked_by_itself_shows_its_head_at_the_next_look() {
    let (site, _) = Site::open(&[]);
    let limit = Duration::from_secs(900);
    assert!(site.app.lock_if_idle(Instant::now() + limit, limit));
    let head = HeadNote::parse(&head_on(&site.get("/").text)).expect("a head");
    site.office.reopen().check_head(&head).expect("it fits");
}

fn head_on(page: &str) -> String {
    let lines = between(page, "asylia vault head v1", "</pre>");
    lines.strip_suffix("</pre>").expect("the end").to_owned()
}

fn read_code(page: &str) -> String {
    let after = |from: &str| page.split_once(from).expect("it begins").1;
    let side = after("viewBox=\"0 0 ").split(' ').next().expect("a side");
    let side: usize = side.parse().expect("a number");
    let path = after("<path d=\"").split('"').next().expect("a path");
    let dark: std::collections::HashSet<(usize, usize)> = path
        .split('M')
        .filter_map(|cell| cell.split_once("h1")?.0.split_once(' '))
        .map(|(x, y)| (x.parse().expect("a number"), y.parse().expect("a number")))
        .collect();
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(side * 4, side * 4, |x, y| {
        if dark.contains(&(x / 4, y / 4)) {
            0
        } else {
            255
        }
    });
    let grids = image.detect_grids();
    grids
        .first()
        .expect("a code is seen")
        .decode()
        .expect("it is read")
        .1
}
