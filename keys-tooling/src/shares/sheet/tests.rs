//! What stands on a sheet; how it looks in print is `tests/browser/share_sheet.py`.

use asylia_envelope::ids::InstanceId;

use super::{
    super::{Gathering, Group, NewSet, Scheme, split, testing::SeededRng},
    *,
};
use crate::custody::CustodySecret;

fn new_set(scheme: &Scheme) -> NewSet {
    let mut rng = SeededRng::new(61);
    let secret = CustodySecret::generate_recovery(InstanceId([3; 16]), "2027", &mut rng);
    let [made, destroy] = ["2026-11-23", "2028-01-22"].map(|day| day.parse().unwrap());
    split(&secret.ok().unwrap(), scheme, made, destroy, &mut rng)
        .ok()
        .unwrap()
}

#[test]
fn a_sheet_says_all_that_its_holder_needs() {
    let new = new_set(&Scheme::single(3, 5).unwrap());
    for share in &new.shares {
        let page = sheet_html(&new.set, share);
        for (word, number) in share.words().iter().zip(1..) {
            assert!(page.contains(&format!("<b>{number}</b>{word}<")));
        }
        for wanted in [
            &*format!("Holder {} of 5", share.holder()),
            "the key that reopens the office's vault",
            "3 of 5 holders",
            "2026-11-23",
            "<strong>2028-01-22</strong>",
            &new.set.id().to_string(),
            &new.set.fingerprint(),
            "asylia/v1/recovery-key",
            "<code>asylia/v1/recovery/vault</code>",
            &InstanceId([3; 16]).to_string(),
        ] {
            assert!(page.contains(wanted), "{wanted}");
        }
        assert!(!page.contains("{{") && !page.contains("group 1"));
    }
}

#[test]
fn a_sheet_of_several_groups_names_its_own() {
    let group = |threshold, count| Group { threshold, count };
    let new = new_set(&Scheme::of_groups(2, vec![group(1, 1), group(2, 3)]).unwrap());
    let page = sheet_html(&new.set, &new.shares[3]);
    assert!(page.contains("2 of 2 groups (1 of 1, 2 of 3); this sheet belongs to group 2;"));
}

#[test]
fn a_sheet_loads_nothing_and_runs_nothing() {
    let new = new_set(&Scheme::single(2, 3).unwrap());
    let page = sheet_html(&new.set, &new.shares[0]);
    for forbidden in ["<script", "http:", "https:", "src=", "url(", "href="] {
        // The name of the SVG namespace is no address that anything loads.
        let page = page.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    assert!(page.contains("default-src 'none'"));
    assert!(page.capacity() == PAGE_ROOM_BYTES, "the buffer moved");
    let mut escaped = String::new();
    push_escaped(&mut escaped, "<&\">");
    assert_eq!(escaped, "&lt;&amp;&quot;&gt;");
}

/// The dark squares of the picture, drawn by hand and read by another implementation.
#[test]
fn the_code_of_a_sheet_is_the_share() {
    let new = new_set(&Scheme::single(2, 3).unwrap());
    let image = qr_svg(&new.shares[1]);
    let path = image
        .split_once("d=\"")
        .and_then(|(_, rest)| rest.split_once('"'))
        .expect("a path")
        .0;
    let mut dark = Vec::new();
    for square in path.split('M').filter(|square| !square.is_empty()) {
        let (corner, rest) = square.split_once('h').expect("a square");
        let (x, y) = corner.split_once([' ', ',']).expect("two numbers");
        let side: usize = rest.split('v').next().unwrap().parse().unwrap();
        let place: (usize, usize) = (x.parse().unwrap(), y.parse().unwrap());
        dark.push((place.0, place.1, side));
    }
    let edge = dark.iter().map(|(x, _, side)| x + side).max().unwrap() + 40;
    let mut picture = rqrr::PreparedImage::prepare_from_greyscale(edge, edge, |x, y| {
        let inside = |(left, top, side): &(usize, usize, usize)| {
            (*left..left + side).contains(&x) && (*top..top + side).contains(&y)
        };
        if dark.iter().any(inside) { 0 } else { 255 }
    });
    let (_, text) = picture.detect_grids()[0].decode().expect("a code");
    let mut gathering = Gathering::new(&new.set, &[]);
    assert_eq!(gathering.add(&text), Ok(2));
}
