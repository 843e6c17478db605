//! The pages through the real Router: who may come in, what is shown, in which order, and what never is.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use asylia_console::{
    door::{Door, guarded},
    ui::{App, content_security_policy, router},
};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use rand_core::OsRng;
use tower::ServiceExt;

use crate::office::{FIRST, Office, PASSPHRASE, Report, Stored, case, credentials, story, take};

mod audit;
mod casework;
mod identity;
mod import;
mod letters;
mod lock;
mod people;
mod roles;

const HOST: &str = "127.0.0.1:4321";

/// The pages behind their door, with a browser's memory of one cookie.
struct Site {
    office: Office,
    app: Arc<App>,
    door: Arc<Door>,
    pages: Router,
    cookie: Option<String>,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Site {
    /// A vault with these reports; locked, and nobody has entered.
    fn new(reports: &[Report]) -> (Self, Vec<Stored>) {
        let mut office = Office::new();
        let records: Vec<Stored> = reports.iter().map(|report| office.seal(report)).collect();
        let mut vault = office.vault();
        take(&mut vault, &office.pack(&records)).expect("the bundle is taken");
        drop(vault);
        (Self::over(office), records)
    }

    fn over(office: Office) -> Self {
        let app = App::new(office.machine(), office.directory(), Instant::now());
        let app = Arc::new(app.with_sticks(vec![office.folder.path().join("sticks")]));
        let address = HOST.parse().expect("an address");
        let door = Arc::new(Door::new(address, false, &mut OsRng));
        let pages = guarded(router(Arc::clone(&app)), Arc::clone(&door));
        Self {
            office,
            app,
            door,
            pages,
            cookie: None,
        }
    }

    /// Entered by the launch page and unlocked.
    fn open(reports: &[Report]) -> (Self, Vec<Stored>) {
        let (mut site, records) = Self::new(reports);
        site.enter();
        site.app.unlock(&credentials()).expect("it unlocks");
        (site, records)
    }

    fn launch_secret(&self) -> String {
        let page = self.door.launch_page().expect("not used yet");
        let (_, rest) = page.split_once("value=\"").expect("a field");
        rest.split('"').next().expect("a value").to_owned()
    }

    fn enter(&mut self) {
        let form = format!("secret={}", self.launch_secret());
        // As a browser sends it from a file.
        let answer = self.send(
            Self::request(Method::POST, "/enter", &form)
                .header(header::ORIGIN, "null")
                .header("sec-fetch-site", "cross-site"),
            form,
        );
        assert_eq!(answer.status, StatusCode::OK);
        let cookie = answer
            .headers
            .get(header::SET_COOKIE)
            .expect("a cookie")
            .to_str()
            .expect("text");
        assert!(cookie.ends_with("; HttpOnly; SameSite=Strict; Path=/"));
        self.cookie = cookie.split(';').next().map(str::to_owned);
    }

    fn request(method: Method, path: &str, form: &str) -> axum::http::request::Builder {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, HOST);
        if !form.is_empty() {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        request
    }

    fn send(&self, request: axum::http::request::Builder, body: String) -> Answer {
        let request = request.body(Body::from(body)).expect("a request");
        self.office.runtime.block_on(async {
            let response = self.pages.clone().oneshot(request).await;
            let response = response.expect("an answer");
            let (parts, body) = response.into_parts();
            let body = to_bytes(body, 10 << 20).await.expect("a body");
            Answer {
                status: parts.status,
                headers: parts.headers,
                text: String::from_utf8(body.to_vec()).expect("text"),
            }
        })
    }

    fn with_cookie(&self, method: Method, path: &str, form: &str) -> axum::http::request::Builder {
        let cookie = self.cookie.as_deref().expect("entered");
        Self::request(method, path, form).header(header::COOKIE, cookie)
    }

    fn get(&self, path: &str) -> Answer {
        let request = self
            .with_cookie(Method::GET, path, "")
            .header("sec-fetch-site", "same-origin");
        self.send(request, String::new())
    }

    fn post(&self, path: &str, form: &str) -> Answer {
        let request = self
            .with_cookie(Method::POST, path, form)
            .header("sec-fetch-site", "same-origin")
            .header(header::ORIGIN, format!("http://{HOST}"));
        self.send(request, form.to_owned())
    }
}

#[test]
fn the_launch_secret_opens_once() {
    let (mut site, _) = Site::new(&[]);
    let secret = site.launch_secret();
    let wrong = format!("secret={}", "0".repeat(secret.len()));
    let refused = site.send(Site::request(Method::POST, "/enter", &wrong), wrong);
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    site.enter();
    assert!(site.door.launch_page().is_none());
    let again = format!("secret={secret}");
    let refused = site.send(Site::request(Method::POST, "/enter", &again), again);
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert!(!refused.headers.contains_key(header::SET_COOKIE));
    assert_eq!(site.get("/").status, StatusCode::OK);
}

/// Method, host, cookie, origin, Sec-Fetch-Site, status; `-` for a header that is not there.
const GUARD: &str = "
    GET  ours           right        -      same-origin 200
    GET  ours           right        -      none        200
    GET  ours           among-others -      -           200
    GET  ours           right        ours   same-origin 200
    GET  ours           right        -      cross-site  403
    GET  ours           right        -      same-site   403
    GET  ours           right        evil   -           403
    GET  ours           right        null   -           403
    GET  ours           -            -      same-origin 401
    GET  ours           wrong-value  -      same-origin 401
    GET  ours           wrong-name   -      same-origin 401
    GET  localhost:4321 right        -      same-origin 421
    GET  127.0.0.1:4322 right        -      same-origin 421
    GET  127.0.0.1      right        -      same-origin 421
    GET  evil.example   right        -      none        421
    GET  -              right        -      none        421
    POST ours           right        -      same-origin 403
    POST ours           right        null   same-origin 403
    POST ours           right        evil   cross-site  403
    POST ours           right        ours   none        403
    POST ours           right        ours   cross-site  403
    POST ours           -            ours   same-origin 401
    POST evil.example   right        ours   same-origin 421
    POST ours           right        ours   same-origin 200
";

#[test]
fn the_guard_lets_in_what_our_own_pages_ask_and_nothing_else() {
    let (site, _) = Site::open(&[story("x")]);
    let cookie = site.cookie.clone().unwrap();
    let (name, value) = cookie.split_once('=').unwrap();
    let ours = format!("http://{HOST}");
    let wrong_value = format!("{name}={}", "0".repeat(value.len()));
    let wrong_name = format!("asylia-0000000000000000={value}");
    let among_others = format!("a=b; {cookie}");
    let rows = GUARD.lines().filter(|line| !line.trim().is_empty());
    for row in rows {
        let words: Vec<&str> = row.split_whitespace().collect();
        let cookie = match words[2] {
            "right" => &cookie,
            "among-others" => &among_others,
            "wrong-value" => &wrong_value,
            "wrong-name" => &wrong_name,
            other => other,
        };
        let origin = match words[3] {
            "ours" => &ours,
            "evil" => "http://evil.example",
            other => other,
        };
        let host = if words[1] == "ours" { HOST } else { words[1] };
        let path = if words[0] == "GET" { "/" } else { "/lock" };
        let mut request = Request::builder().method(words[0]).uri(path);
        for (name, value) in [
            ("host", host),
            ("cookie", cookie),
            ("origin", origin),
            ("sec-fetch-site", words[4]),
        ] {
            if value != "-" {
                request = request.header(name, value);
            }
        }
        let answer = site.send(request, String::new());
        assert_eq!(answer.status.as_str(), words[5], "{row}");
        if words[5] != "200" {
            assert!(!answer.text.contains("Inbox") && !answer.text.contains('⟦'));
        }
    }
    // The last row locked the vault, so the others did not.
    assert!(site.get("/").text.contains("Unlock the vault"));
}

#[test]
fn the_launch_routes_exemption_is_for_its_post_to_our_host_alone() {
    let (site, _) = Site::open(&[]);
    let elsewhere = Request::builder()
        .method(Method::POST)
        .uri("/enter")
        .header(header::HOST, "evil.example")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let answer = site.send(elsewhere, "secret=x".to_owned());
    assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST);
    let no_cookie = Site::request(Method::GET, "/enter", "");
    let answer = site.send(no_cookie, String::new());
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let two_hosts = site
        .with_cookie(Method::GET, "/", "")
        .header(header::HOST, "evil.example");
    let answer = site.send(two_hosts, String::new());
    assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST);
}

#[test]
fn every_answer_has_the_headers_refusals_too() {
    let (site, records) = Site::open(&[story("x")]);
    let case = format!("/report/{}", records[0].record_id);
    let no_cookie = site.send(Site::request(Method::GET, "/", ""), String::new());
    let answers = [
        site.get("/"),
        site.get(&case),
        site.get("/help"),
        site.get("/people"),
        site.get("/audit"),
        site.get("/search"),
        site.get("/passphrase"),
        site.post("/people/add", "name=x"),
        site.get("/no-such-page"),
        site.get("/report/zz"),
        site.get("/enter"),
        site.get("/unlock"),
        site.post("/unlock", &unlock_form(FIRST, "wrong", "2026-11-23")),
        site.post("/unlock", "nothing=x"),
        site.post("/lock", "x=y"),
        no_cookie,
    ];
    answers.iter().for_each(has_the_headers);
    let policy = content_security_policy();
    for part in [
        "default-src 'none'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "sandbox allow-forms allow-same-origin",
        "style-src 'sha256-",
    ] {
        assert!(policy.contains(part), "{part}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains("script"));
}

fn has_the_headers(answer: &Answer) {
    let header = |name: &str| {
        answer
            .headers
            .get(name)
            .map(|value| value.to_str().expect("a header is text").to_owned())
    };
    assert_eq!(
        header("content-security-policy").as_deref(),
        Some(content_security_policy())
    );
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
        ("referrer-policy", "same-origin"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(header(name).as_deref(), Some(value), "{name}");
    }
    for name in [
        "server",
        "date",
        "etag",
        "last-modified",
        "x-powered-by",
        "refresh",
    ] {
        assert_eq!(header(name), None);
    }
}

#[test]
fn unlocking_tells_a_wrong_passphrase_from_damage() {
    let (mut site, records) = Site::new(&[story("x")]);
    site.enter();
    let locked = site.get("/");
    assert!(locked.text.contains("Unlock the vault") && !locked.text.contains("Inbox"));
    let case = format!("/report/{}", records[0].record_id);
    assert!(site.get(&case).text.contains("Unlock the vault"));
    let wrong = site.post("/unlock", &unlock_form(FIRST, "nonsense", "2026-11-23"));
    assert_eq!(wrong.status, StatusCode::FORBIDDEN);
    assert!(
        wrong
            .text
            .contains("The passphrase is wrong; the vault is not damaged.")
    );
    assert!(!wrong.text.contains("nonsense"));
    // Neither without the date nor under another name.
    for form in [
        unlock_form(FIRST, PASSPHRASE, ""),
        unlock_form(FIRST, PASSPHRASE, "2025-11-23"),
    ] {
        let refused = site.post("/unlock", &form);
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        assert!(refused.text.contains("The date was not confirmed."));
    }
    let nobody = site.post(
        "/unlock",
        &unlock_form("somebody", PASSPHRASE, "2026-11-23"),
    );
    assert!(nobody.text.contains("The passphrase is wrong;"));
    let right = site.post("/unlock", &unlock_form(FIRST, PASSPHRASE, "2026-11-23"));
    assert_eq!(right.status, StatusCode::SEE_OTHER);
    let inbox = site.get("/");
    assert!(inbox.text.contains("One report."));
    assert!(inbox.text.contains("DEMO KEYS"));
    let locked = site.post("/lock", "");
    assert!(locked.text.contains("The vault is locked."));
    // Known from the first unlock on, and said on the locked page too.
    assert!(locked.text.contains("DEMO KEYS"));
    assert!(site.get("/").text.contains("Unlock the vault"));
    std::fs::write(site.office.directory().join("vault.db"), vec![7; 9000]).unwrap();
    let damaged = site.post("/unlock", &unlock_form(FIRST, PASSPHRASE, "2026-11-23"));
    assert!(damaged.text.contains("the passphrase is not at fault"));
}

#[test]
fn a_vault_that_nobody_uses_locks_by_itself() {
    let (site, _) = Site::open(&[]);
    let limit = Duration::from_secs(900);
    assert!(site.get("/").text.contains("No reports yet."));
    let now = Instant::now();
    assert!(!site.app.lock_if_idle(now, limit));
    assert!(site.app.lock_if_idle(now + limit, limit));
    assert!(site.get("/").text.contains("Unlock the vault"));
}

#[test]
fn the_inbox_shows_reports_and_quarantine_apart() {
    let mut office = Office::new();
    let mut vault = office.vault();
    let mut records = [office.seal(&case("TC-01")), office.seal(&story("b"))];
    let middle = records[1].bytes.len() / 2;
    records[1].bytes[middle] ^= 1;
    office.next = 3;
    take(&mut vault, &office.pack(&records)).unwrap();
    drop(vault);
    let mut site = Site::over(office);
    site.enter();
    site.app.unlock(&credentials()).unwrap();
    let inbox = site.get("/").text;
    let at = |part: &str| {
        inbox
            .find(part)
            .unwrap_or_else(|| panic!("{part} is shown"))
    };
    assert!(at(&records[0].record_id.to_string()) < at("In quarantine"));
    assert!(at("In quarantine") < at(&records[1].record_id.to_string()));
    assert!(
        inbox.contains("Its seal does not open")
            && inbox.contains("These bundles never arrived: 1, 2.")
    );
    assert!(inbox.contains("JavaScript was off"));
    assert!(!inbox.contains(&format!("/report/{}", records[1].record_id)));
    let refused = site.get(&format!("/report/{}", records[1].record_id));
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("Its seal does not open"));
    // A case's story never stands in the list.
    assert!(!inbox.contains("المقررة"));
}

#[test]
fn the_inbox_is_filtered_and_sorted() {
    let (site, records) = Site::open(&[story("none"), case("TC-01"), case("TC-06")]);
    let mut files: Vec<usize> = Vec::new();
    let shown = |address: &str| {
        let page = site.get(address).text;
        let mut found: Vec<(usize, usize)> = records
            .iter()
            .enumerate()
            .filter_map(|(number, record)| {
                let at = page.find(&format!("/report/{}\"", record.record_id))?;
                Some((at, number))
            })
            .collect();
        found.sort_unstable();
        found
            .into_iter()
            .map(|(_, number)| number)
            .collect::<Vec<_>>()
    };
    let newest = shown("/");
    assert_eq!(newest.len(), 3);
    let oldest = shown("/?sort=oldest");
    assert!(
        oldest.iter().rev().eq(newest.iter()),
        "{newest:?} {oldest:?}"
    );
    files.extend(newest.iter().filter(|number| **number != 0));
    assert_eq!(shown("/?only=files"), files);
    assert_eq!(shown("/?sort=files").last(), Some(&0));
    assert_eq!(shown("/?only=server"), newest);
    assert_eq!(shown("/?only=browser"), [0; 0]);
    assert!(
        site.get("/?only=browser")
            .text
            .contains("None of them fits")
    );
    let form = site.get("/?only=files&sort=oldest").text;
    assert!(form.contains("value=\"files\" selected") && form.contains("2 of them fit"));
    assert_eq!(site.get("/?only=nonsense").status, StatusCode::BAD_REQUEST);
}

#[test]
fn a_record_imported_by_another_program_shows_at_the_next_look() {
    let (site, _) = Site::open(&[]);
    assert!(site.get("/").text.contains("No reports yet."));
    let mut other = site.office.reopen();
    let record = site.office.seal(&story("later"));
    let note = site.office.note(std::slice::from_ref(&record));
    let bundle = site.office.write(&note, std::slice::from_ref(&record));
    take(&mut other, &bundle).unwrap();
    assert!(site.get("/").text.contains("One report."));
}

#[test]
fn nasty_strings_stay_text() {
    let mut report = case("TC-10");
    report.answers.push((
        "what_could_make_it_worse".to_owned(),
        "<b onclick=x>Do not call</b> \u{202e}me".to_owned(),
    ));
    report
        .answers
        .push(("groups".to_owned(), "</li><script>x</script>".to_owned()));
    report.files.push((
        "\"><svg onload=alert(1)>\u{202e}fdp.exe".to_owned(),
        "text/html<script>".to_owned(),
        vec![1],
    ));
    let (site, records) = Site::open(&[report]);
    let id = records[0].record_id.to_string();
    let page = site
        .post(&format!("/report/{id}/identity"), "motive=check")
        .text;
    for tag in [
        "<script",
        "<img",
        "<svg",
        "<b ",
        "onerror=\"",
        "<iframe",
        "javascript:",
    ] {
        assert!(!page.to_lowercase().contains(tag), "{tag}");
    }
    assert!(
        !page
            .chars()
            .any(|c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{1b}' | '\u{200b}'))
    );
    assert!(page.contains("&lt;script&gt;fetch(") && page.contains("[U+202E]gpj.tnemucod[U+202C]"));
    assert!(!page.contains('⟦'), "a message is missing");
    let at = |part: &str| page.find(part).unwrap_or_else(|| panic!("{part} is shown"));
    assert!(at("What must we not do or mention?") < at("Do not call"));
    assert!(at("Do not call") < at("My landlord"));
    assert!(at("My landlord") < at("class=\"apart\""));
    assert!(at("class=\"apart\"") < at("Robert'); --"));
    // Titles stay in browser histories.
    let title = &page[at("<title>")..at("</title>")];
    assert_eq!(title, "<title>Report – Asylia console");
    assert!(page.contains(&format!("<bdi class=\"id\" dir=\"ltr\">{id}</bdi>")));
    insta::assert_snapshot!(between(&page, "<section class=\"alarm\"", "</section>"), @r###"<section class="alarm" aria-labelledby="warning"><h2 id="warning">What must we not do or mention?</h2><div class="foreign" dir="auto">&lt;b onclick=x&gt;Do not call&lt;/b&gt; [U+202E]me</div></section>"###);
}

#[test]
fn every_answer_of_a_full_report_is_on_its_page() {
    let report = case("TC-01");
    let (site, records) = Site::open(std::slice::from_ref(&report));
    let address = format!("/report/{}/identity", records[0].record_id);
    let page = site.post(&address, "motive=check").text;
    for (id, value) in &report.answers {
        let question = asylia_envelope::questionnaire::Question::by_id(id).unwrap();
        if question.values.is_empty() && id != "risk_understood" {
            let value = value
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('"', "&quot;");
            assert!(page.contains(&value), "{id}");
        }
    }
    assert!(page.contains("dir=\"auto\"") && page.contains("Travel ban or passport taken"));
    assert!(page.contains("asylia-console attachment"));
}

fn unlock_form(who: &str, passphrase: &str, date: &str) -> String {
    let passphrase = passphrase.replace(' ', "+");
    match date {
        "" => format!("who={who}&passphrase={passphrase}"),
        date => format!("who={who}&passphrase={passphrase}&date={date}"),
    }
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let start = text.find(from).expect("it begins");
    let rest = &text[start..];
    &rest[..rest.find(to).expect("it ends") + to.len()]
}
