use axum::http::HeaderName;

use super::*;
use crate::{
    headers::{FIXED, KEPT},
    testing::{Setup, TestSite, post_head},
};

const METHODS: [&str; 8] = [
    "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE",
];

async fn ask(site: &TestSite, method: &str, path: &str, extra: &str) -> String {
    site.exchange(
        format!("{method} {path} HTTP/1.1\r\nhost: a.onion\r\nconnection: close\r\n{extra}\r\n")
            .as_bytes(),
    )
    .await
}

fn fields(answer: &str) -> Vec<(&str, &str)> {
    let (head, _) = answer.split_once("\r\n\r\n").expect("an answer has a head");
    head.lines()
        .skip(1)
        .map(|line| line.split_once(": ").expect("a field"))
        .collect()
}

/// Every field is on the list, every fixed field is there once with its value.
fn assert_dressed(answer: &str, what: &str) {
    let fields = fields(answer);
    let own = [header::CONTENT_SECURITY_POLICY, header::CACHE_CONTROL];
    for (name, _) in &fields {
        let known = |list: &[HeaderName]| list.iter().any(|known| known.as_str() == *name);
        let fixed = FIXED.iter().any(|(fixed, _)| fixed.as_str() == *name);
        assert!(known(&KEPT) || known(&own) || fixed, "{what} has {name}");
    }
    for (name, value) in &FIXED {
        let found: Vec<_> = fields
            .iter()
            .filter(|(field, _)| *field == name.as_str())
            .collect();
        assert_eq!(found, [&(name.as_str(), *value)], "{what}");
    }
    let all = |name: &str| -> Vec<&str> {
        fields
            .iter()
            .filter(|(field, _)| *field == name)
            .map(|(_, value)| *value)
            .collect()
    };
    assert_eq!(all("cache-control"), ["no-store"], "{what}");
    assert_eq!(all("content-security-policy"), [POLICY], "{what}");
}

const POLICY: &str = "default-src 'none'; style-src 'sha256-AAAA'; script-src 'self'; worker-src \
    'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types asylia";

#[tokio::test]
async fn every_answer_carries_the_same_headers_and_no_others() {
    let site = TestSite::start(Setup::default());
    for path in ROUTES
        .map(|route| route.path)
        .into_iter()
        .chain(["/nowhere", "/report/", "/..%2f"])
    {
        for method in METHODS {
            let answer = ask(&site, method, path, "").await;
            assert_dressed(&answer, &format!("{method} {path}: {answer}"));
        }
    }
}

#[tokio::test]
async fn every_route_answers_its_method_and_refuses_the_others_with_a_page() {
    let site = TestSite::start(Setup::default());
    for route in ROUTES {
        for method in ["GET", "POST", "DELETE"] {
            let answer = ask(&site, method, route.path, "").await;
            let refused = answer.starts_with("HTTP/1.1 405 ");
            assert_eq!(
                refused,
                route.method() != method,
                "{method} {}: {answer}",
                route.path
            );
            assert_eq!(
                refused,
                answer.ends_with("<h1>refused: MethodNotAllowed</h1>")
            );
            assert_eq!(
                refused,
                fields(&answer).iter().any(|(name, _)| *name == "allow"),
                "{answer}"
            );
        }
    }
}

#[tokio::test]
async fn each_kind_of_refusal_is_a_page() {
    let site = TestSite::start(Setup::default());
    for (answer, status, page) in [
        (ask(&site, "GET", "/nowhere", "").await, "404", "NotFound"),
        (
            ask(&site, "POST", "/report", "").await,
            "415",
            "NotMultipart",
        ),
        (
            ask(&site, "POST", "/report", "origin: null\r\n").await,
            "403",
            "OtherSite",
        ),
        (ask(&site, "GET", "/safety", "").await, "500", "Internal"),
        (ask(&site, "GET", "/about", "").await, "500", "Internal"),
    ] {
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{answer}"
        );
        assert!(
            answer.contains("content-type: text/html; charset=utf-8\r\n"),
            "{answer}"
        );
        assert!(
            answer.ends_with(&format!("<h1>refused: {page}</h1>")),
            "{answer}"
        );
        assert!(!answer.contains("MARKER"), "{answer}");
    }
}

#[tokio::test]
async fn a_form_that_ends_in_the_middle_was_cut_off() {
    let site = TestSite::start(Setup::default());
    let head = post_head("connection: close\r\ncontent-length: 5");
    let answer = site.exchange(format!("{head}--B\r\n").as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(answer.ends_with("<h1>refused: CutOff</h1>"), "{answer}");
}

#[tokio::test]
async fn get_never_changes_state() {
    for route in ROUTES {
        assert_eq!(route.takes_body(), route.method() == Method::POST);
        assert_eq!(
            route.takes_body(),
            route.limit_bytes(BodyLimits::for_reports_of(1)) > 0
        );
    }
}
