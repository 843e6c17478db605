//! What a program is told, and the document that tells how to ask.

use asylia::{
    limits::PART_BYTES,
    refusal::Refusal,
    router::{ROUTES, Route},
};
use asylia_envelope::{day::Day, key_bundle::BundleContent};
use serde_json::Value;

use super::{assert_refused, place};
use crate::server::{
    Program,
    http::Visitor,
    sealed::{Sealed, Upload},
};

#[test]
fn a_program_is_told_what_it_needs_before_it_seals() {
    let (place, server) = place();
    let mut visitor = Visitor::connect(server.address()).expect("the server listens");
    let answer = visitor.ask("GET /api/v1/intake", None).expect("an answer");
    let told: Value = serde_json::from_str(&answer.body).expect("JSON");
    let today = told["today"]
        .as_str()
        .and_then(|day| day.parse::<Day>().ok());
    assert!(today.is_some_and(|day| day >= place.office().content.not_before));
    assert_eq!(
        told,
        serde_json::json!({
            "accepting": true,
            "office": place.office().fingerprint().to_string(),
            "demo": true,
            "today": told["today"],
            "collected": "never",
            "report_limit_mib": 1024,
            "part_bytes": PART_BYTES,
        })
    );
    assert!(
        answer.head.contains("cache-control: no-store\r\n"),
        "{}",
        answer.head
    );
    assert!(answer.head.contains("content-type: application/json\r\n"));

    place.set_bundle(&BundleContent {
        demo: false,
        sequence: 2,
        ..place.office().content.clone()
    });
    drop(server);
    let server = place.start(Program::Asylia);
    let mut visitor = Visitor::connect(server.address()).expect("the server listens");
    let answer = visitor.ask("GET /api/v1/intake", None).expect("an answer");
    let told: Value = serde_json::from_str(&answer.body).expect("JSON");
    assert_eq!(
        (&told["accepting"], &told["office"]),
        (&Value::Bool(false), &Value::Null)
    );
    let bytes = Sealed::new(&place.office().content, "closed", &[]).to_bytes();
    assert_refused(&Upload::new(server.address()).put(0, &bytes), 503, "closed");
}

/// `docs/openapi.yaml` is held against the route table and the refusals; it is read by its indentation.
#[test]
fn the_document_names_every_route_and_kind_and_no_other() {
    let document = include_str!("../../../docs/openapi.yaml");
    let mut path = "";
    let mut documented = Vec::new();
    for line in document.lines() {
        let name = line.trim().trim_end_matches(':');
        if line.starts_with("  /") {
            path = name;
        } else if let Some(method) = line.strip_prefix("    ")
            && ["get:", "put:", "post:", "delete:", "patch:", "head:"].contains(&method)
        {
            documented.push((name.to_uppercase(), path.to_owned()));
        }
    }
    let api = |route: &&Route| route.path.starts_with("/api/v1/");
    let mut routed: Vec<(String, String)> = ROUTES
        .iter()
        .filter(api)
        .map(|route| (route.method.to_string(), route.path.to_owned()))
        .collect();
    documented.sort();
    routed.sort();
    assert_eq!(documented, routed);

    let (_, kinds) = document
        .split_once("enum: # every kind\n")
        .expect("a list of kinds");
    let mut listed: Vec<&str> = kinds
        .lines()
        .map_while(|line| line.trim().strip_prefix("- "))
        .collect();
    let mut known: Vec<&str> = Refusal::samples()
        .iter()
        .filter_map(|refusal| refusal.kind())
        .collect();
    listed.sort_unstable();
    known.sort_unstable();
    known.dedup();
    assert_eq!(listed, known);
}
