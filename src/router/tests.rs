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

/// P26: an upload through Tor may take hours, as long as it moves.
#[tokio::test(start_paused = true)]
async fn an_upload_of_two_hours_is_taken() {
    use tokio::io::AsyncWriteExt as _;
    let site = TestSite::start(Setup::default());
    let begin = tokio::time::Instant::now();
    let body = crate::testing::form("story", 120_000);
    let head = format!("content-length: {}\r\nconnection: close", body.len());
    let mut stream = site.connect().await;
    let head = post_head(&head);
    let sent = stream.write_all(head.as_bytes()).await;
    sent.expect("a head is taken");
    for portion in body.chunks(1100) {
        tokio::time::sleep(std::time::Duration::from_secs(70)).await;
        stream.write_all(portion).await.expect("the site reads on");
    }
    let answer = crate::testing::read_all(&mut stream).await;
    let answer = answer.expect("an orderly end");
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.ends_with("120000"),
        "{answer}"
    );
    assert!(begin.elapsed().as_secs() > 2 * 60 * 60);
}

const POLICY: &str = "default-src 'none'; style-src 'sha256-AAAA'; script-src 'self'; worker-src \
    'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types asylia";

#[tokio::test]
async fn every_answer_carries_the_same_headers_and_no_others() {
    let site = TestSite::start(Setup::default());
    let strange = [
        "/nowhere",
        "/report/",
        "/..%2f",
        "/api/v1/",
        "/api/v1/uploads/",
    ];
    for path in ROUTES.iter().map(path).chain(strange.map(str::to_owned)) {
        let path = path.as_str();
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
        let path = path(route);
        for method in ["GET", "POST", "PUT", "DELETE"] {
            let answer = ask(&site, method, &path, "").await;
            let refused = answer.starts_with("HTTP/1.1 405 ");
            let mut here = ROUTES.iter().filter(|route| route.matches(&path));
            assert_eq!(
                refused,
                !here.any(|route| route.method == method),
                "{method} {path}: {answer}"
            );
            assert_eq!(
                refused,
                answer.contains("refused: MethodNotAllowed</h1>")
                    || answer.ends_with(r#"{"refused":"MethodNotAllowed"}"#)
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
        assert_eq!(route.changes_state(), route.method != Method::GET);
        let takes_body = route.body() != Accepts::Nothing;
        assert!(!takes_body || route.changes_state());
        assert_eq!(
            takes_body,
            route.limit_bytes(BodyLimits::for_reports_of(1)) > 0
        );
    }
}

/// A path of a route, with something in the place of what is in braces.
fn path(route: &Route) -> String {
    let token = "0123456789abcdef0123456789abcdef";
    route
        .path
        .replace("{token}", token)
        .replace("{number}", "0")
}

#[test]
fn a_route_matches_its_own_paths_and_no_others() {
    for route in ROUTES {
        let path = path(route);
        assert!(route.matches(&path), "{path}");
        for other in [
            format!("{path}/"),
            format!("{path}x/y"),
            format!("/x{path}"),
        ] {
            assert!(!route.matches(&other), "{other}");
        }
        let named = ROUTES
            .iter()
            .filter(|other| other.endpoint == route.endpoint);
        assert_eq!(named.count(), 1, "{:?} stands twice", route.endpoint);
    }
    let part = ROUTES
        .iter()
        .find(|route| route.endpoint == Endpoint::UploadPart);
    let part = part.expect("a part is taken");
    assert!(!part.matches("/api/v1/uploads//0") && !part.matches("/api/v1/uploads/a/"));
}

#[tokio::test]
async fn programs_are_refused_in_json() {
    let site = TestSite::start(Setup::default());
    let part = path(
        ROUTES
            .iter()
            .find(|route| route.body() == Accepts::Part)
            .expect("a part"),
    );
    // Who asks before sending sends nothing after a refusal, and is not waited for.
    let bytes =
        "content-type: application/octet-stream\r\ncontent-length: 1\r\nexpect: 100-continue\r\n";
    for (method, path, extra, status, kind) in [
        ("GET", "/api/v1/nowhere", "", 404, "NotFound"),
        ("POST", "/api/v1/intake", "", 405, "MethodNotAllowed"),
        ("PUT", &part, "origin: http://b.onion\r\n", 403, "OtherSite"),
        (
            "PUT",
            &part,
            "expect: 100-continue\r\ncontent-length: 1\r\n",
            400,
            "Malformed",
        ),
        ("PUT", &part, bytes, 503, "Busy"),
    ] {
        let answer = ask(&site, method, path, extra).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{answer}"
        );
        assert!(
            answer.ends_with(&format!("\r\n\r\n{{\"refused\":\"{kind}\"}}")),
            "{answer}"
        );
        assert!(
            answer.contains("content-type: application/json\r\n"),
            "{answer}"
        );
        assert_eq!(
            answer.contains("retry-after: 30\r\n"),
            kind == "Busy",
            "{answer}"
        );
        assert_dressed(&answer, path);
    }
    let answer = ask(&site, "DELETE", "/api/v1/uploads/00", "").await;
    assert!(answer.starts_with("HTTP/1.1 204 "), "{answer}");
    let foreign = ask(
        &site,
        "DELETE",
        "/api/v1/uploads/00",
        "origin: http://b.onion\r\n",
    )
    .await;
    assert!(foreign.starts_with("HTTP/1.1 403 "), "{foreign}");
}
