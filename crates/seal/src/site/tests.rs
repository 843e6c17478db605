use asylia_envelope::{
    signing::SigningKey,
    site::{SiteFileKind, SiteManifest},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use tempfile::TempDir;

use super::*;
use PageFault::{ForeignScript, Form, InlineScript, OtherSite, SendsInClear, Style};

const SCRIPT: &[u8] = b"let a = 1;";
const STYLE: &str = "p>a{margin:0}";

fn note() -> SiteNote {
    let style = BASE64_STANDARD.encode(Sha256::digest(STYLE));
    let file = |kind, path: &str, bytes: &[u8]| SiteFile {
        kind,
        sha256: Sha256::digest(bytes).into(),
        size: bytes.len() as u64,
        path: path.to_owned(),
    };
    let manifest = SiteManifest {
        release: "1".to_owned(),
        day: "2026-11-24".parse().unwrap(),
        policy: format!("default-src 'none'; style-src 'sha256-{style}'; script-src 'self'"),
        files: vec![
            file(SiteFileKind::Script, "/static/a.js", SCRIPT),
            file(SiteFileKind::File, "/static/b.png", b"b"),
        ],
    };
    let unsigned = SiteNote::parse(manifest.to_text().as_bytes()).unwrap();
    let signed = unsigned.sign(&SigningKey::from_seed(&[1; 32])).unwrap();
    SiteNote::parse(signed.as_bytes()).unwrap()
}

fn page(head: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html><html lang=en><head><title>a &amp; b</title>{head}<style>{STYLE}</style></head>\
         <body>{body}</body></html><!--   -->"
    )
}

const LOADS: &str = "<script type=module src=/static/a.js></script>";

fn copy() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("static")).unwrap();
    fs::write(folder.path().join("static/a.js"), SCRIPT).unwrap();
    fs::write(folder.path().join("static/b.png"), b"b").unwrap();
    fs::write(folder.path().join("index.html"), page(LOADS, "")).unwrap();
    folder
}

/// What is said of the folder, the bad findings alone.
fn bad(folder: &TempDir) -> Vec<(String, Found)> {
    let findings = compare(&note(), folder.path()).unwrap();
    let bad = findings.into_iter().filter(|it| !it.found.is_good());
    bad.map(|it| (it.path, it.found)).collect()
}

#[test]
fn a_true_copy_is_the_same_and_each_change_is_named() {
    let folder = copy();
    let at = |name: &str| folder.path().join(name);
    assert_eq!(bad(&folder), []);
    fs::write(at("site-manifest"), note().text()).unwrap();
    assert_eq!(bad(&folder), []);
    let said = |path: &str, found: Found| vec![(path.to_owned(), found)];

    fs::write(at("static/a.js"), b"let a = 2;").unwrap();
    assert_eq!(bad(&folder), said("/static/a.js", Found::Different));
    fs::write(at("static/a.js"), [SCRIPT, b"\n"].concat()).unwrap();
    assert_eq!(bad(&folder), said("/static/a.js", Found::Different));
    fs::remove_file(at("static/a.js")).unwrap();
    assert_eq!(bad(&folder), said("/static/a.js", Found::Missing));
    fs::write(at("static/a.js"), SCRIPT).unwrap();

    fs::write(at("static/c.js"), SCRIPT).unwrap();
    assert_eq!(bad(&folder), said("/static/c.js", Found::NotInManifest));
    fs::rename(at("static/c.js"), at("keys")).unwrap();
    assert_eq!(bad(&folder), said("/keys", Found::NotInManifest));
    let other = note().text().replace("release: 1", "release: 2");
    fs::write(at("keys"), other).unwrap();
    assert_eq!(bad(&folder), said("/keys", Found::NotInManifest));
    fs::write(at("keys"), vec![b' '; PAGE_LIMIT_BYTES + 1]).unwrap();
    assert_eq!(bad(&folder), said("/keys", Found::NotInManifest));
    fs::write(at("keys"), page("", "<iframe></iframe>")).unwrap();
    let fault = PageFault::Element("iframe".to_owned());
    assert_eq!(bad(&folder), said("/keys", Found::BadPage(fault)));
}

#[test]
fn links_and_endless_folders_are_refused() {
    let folder = copy();
    std::os::unix::fs::symlink("/etc/hostname", folder.path().join("static/l")).unwrap();
    let refused = compare(&note(), folder.path());
    assert!(matches!(refused, Err(FolderError::NotAFile)), "{refused:?}");
    let folder = copy();
    std::os::unix::fs::symlink(folder.path(), folder.path().join("again")).unwrap();
    let refused = compare(&note(), folder.path());
    assert!(matches!(refused, Err(FolderError::NotAFile)), "{refused:?}");
    let folder = copy();
    fs::create_dir_all(folder.path().join("d/".repeat(FOLDER_DEPTH_LIMIT + 1))).unwrap();
    let refused = compare(&note(), folder.path());
    assert!(matches!(refused, Err(FolderError::TooMuch)), "{refused:?}");
    let missing = compare(&note(), &folder.path().join("none"));
    assert!(matches!(
        missing,
        Err(FolderError::Io(io::ErrorKind::NotFound))
    ));
}

fn checked(html: &str) -> Result<Vec<String>, PageFault> {
    page::check(html.as_bytes(), note().manifest())
}

#[test]
fn a_page_is_known_by_what_it_loads() {
    assert_eq!(
        checked(&page(LOADS, "")),
        Ok(vec!["/static/a.js".to_owned()])
    );
    let body = "<p class=note>x &lt; y</p><form method=dialog><textarea name=\"story\" \
                required></textarea></form><a href=\"#x\">a</a>";
    assert_eq!(checked(&page("", body)), Ok(Vec::new()));
}

#[test]
fn whatever_could_run_load_or_lead_elsewhere_is_a_fault() {
    for (part, fault) in runs_or_loads().into_iter().chain(leads_or_hides()) {
        let said = checked(&page("", part));
        assert_eq!(said, Err(fault), "{part}");
    }
    assert_eq!(
        page::check(b"<!DOCTYPE html>\xff", note().manifest()),
        Err(Form)
    );
    assert_eq!(checked("<html></html>"), Err(Form));
    assert!(!page::claims_to_be_one(b"<html>"));
}

fn element(name: &str) -> PageFault {
    PageFault::Element(name.to_owned())
}

fn attribute(name: &str) -> PageFault {
    PageFault::Attribute(name.to_owned())
}

fn runs_or_loads() -> Vec<(&'static str, PageFault)> {
    vec![
        ("<script>a()</script>", InlineScript),
        (
            "<script type=module src=/static/a.js>a()</script>",
            InlineScript,
        ),
        ("<script type=module></script>", InlineScript),
        ("<script src=/static/c.js></script>", ForeignScript),
        ("<script src=/static/b.png></script>", ForeignScript),
        (
            "<script src=\"//evil.example/static/a.js\"></script>",
            OtherSite,
        ),
        (
            "<script src=\"https://evil.example/a.js\"></script>",
            OtherSite,
        ),
        (
            "<script src=\"/static/../static/a.js\"></script>",
            ForeignScript,
        ),
        ("<script src=\"/static/a.js?x\"></script>", OtherSite),
        ("<script src=\"&#47;/evil.example\"></script>", OtherSite),
        (
            "<script type=importmap src=/static/a.js></script>",
            attribute("type"),
        ),
        (
            "<script src=/static/a.js async></script>",
            attribute("async"),
        ),
        ("<SCRIPT>a()</SCRIPT>", Form),
        ("<p onclick=a>x</p>", attribute("onclick")),
        ("<p style=\"x\">x</p>", attribute("style")),
        ("<input src=\"/x\">", attribute("src")),
        ("<img src=\"/x\">", element("img")),
        ("<svg></svg>", element("svg")),
        ("<base href=\"//evil.example\">", element("base")),
        ("<template></template>", element("template")),
        (
            "<meta http-equiv=\"refresh\" content=\"0;url=//evil.example\">",
            attribute("http-equiv"),
        ),
        ("<meta name=referrer content=unsafe-url>", attribute("name")),
        ("<link rel=stylesheet href=/x>", attribute("rel")),
        ("<link rel=icon href=\"//evil.example\">", OtherSite),
    ]
}

fn sends_in_clear() -> Vec<&'static str> {
    vec![
        "<form method=post action=/report></form>",
        "<form></form>",
        "<form method=dialog action=/report></form>",
        "<form method=post></form>",
        "<form method=dialog><button formaction=/report formmethod=post>x</button></form>",
        "<noscript></noscript><button formmethod=post>x</button>",
        "<form method=post action=/sealed><textarea name=story></textarea></form>",
        "<form method=post action=/sealed><input name=story></form>",
        "<form method=post action=/sealed><div></form><select name=x></select>",
        "<form method=post action=/sealed></form><form method=dialog></form>",
    ]
}

#[test]
fn a_page_that_would_send_what_is_typed_is_a_fault() {
    for part in sends_in_clear() {
        assert_eq!(checked(&page(LOADS, part)), Err(SendsInClear), "{part}");
    }
    let nested = page("", "<noscript><noscript></noscript>");
    assert_eq!(checked(&nested), Err(Form));
    let submit = page(
        "",
        "<form method=dialog><input type=submit formmethod=post></form>",
    );
    assert_eq!(checked(&submit), Err(attribute("formmethod")));
    for good in [
        "<form method=dialog><noscript><button formaction=/report formmethod=post>x</button></noscript></form>",
        "<form method=post action=/sealed><input type=file name=sealed><button>x</button></form>",
    ] {
        assert_eq!(checked(&page("", good)), Ok(Vec::new()), "{good}");
    }
}

fn leads_or_hides() -> Vec<(&'static str, PageFault)> {
    vec![
        ("<a href=\"javascript:a()\">x</a>", OtherSite),
        ("<a href=\"https://evil.example\">x</a>", OtherSite),
        ("<a href=\"/\\evil.example\">x</a>", OtherSite),
        ("<a href=\"\">x</a>", OtherSite),
        ("<a href=/x target=x>x</a>", attribute("target")),
        ("<form action=\"//evil.example\"></form>", OtherSite),
        (
            "<button formaction=\"https://evil.example\">x</button>",
            OtherSite,
        ),
        ("<style>p{}</style>", Style),
        ("<style>p>a{margin:0}", Form),
        ("<!-- x -->", Form),
        ("<!--   --!><script>a()</script>-->", Form),
        ("<![CDATA[x]]>", Form),
        ("<?x?>", Form),
        ("a > b", Form),
        ("a < b", Form),
        ("<p title=\"<script>\">", Form),
        ("<p id='x'>", Form),
        ("<p id=x\n>", Form),
        ("<p id=x/id=y>", Form),
        ("<p id=x id=y>", Form),
        ("<p/>", Form),
        ("</p x>", element("px")),
        (
            "<noscript><textarea></noscript><script>a()</script></textarea>",
            InlineScript,
        ),
        ("\u{1b}(J", Form),
        ("\0", Form),
        ("<p id=\"x", Form),
        ("<p", Form),
    ]
}
