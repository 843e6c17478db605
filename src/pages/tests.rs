//! Every page in every sample and language: whole, well formed, padded, free of script, links and bad words.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use self::html::elements;
use super::*;
use crate::l10n::LANGUAGES;
use crate::refusal::Refusal;
use crate::static_files::{MAILBOX_SCRIPT_PATH, SCRIPT_PATH};

mod form;
mod html;
mod mailbox;
mod sealed;

const PAGE_NUMBER: &str = "00112233445566778899aabbccddeeff";
/// Where a page may lead.
const PLACES: [&str; 10] = [
    "/",
    "/safety",
    "/about",
    "/keys",
    "/report",
    "/sealed",
    "/mailbox",
    "/mailbox/delete",
    "/mailbox/send",
    "data:,",
];

impl Site {
    /// An ordinary site, open.
    pub(crate) fn sample() -> Self {
        Self {
            language: Language::English,
            demo: false,
            office: Some("Focal point on reprisals, Coordination Committee".to_owned()),
            fingerprint: Some(
                "absent bridge cactus dragon eager fabric galaxy hazard impact jungle kernel lemon"
                    .to_owned(),
            ),
            closed: None,
            late: false,
            collected: Collected::ThisWeek,
            clear_web: false,
            answers_at_night: Vec::new(),
            field_limit_bytes: 262_144,
            text_limit_bytes: 1_048_576,
            file_limit: 64,
            report_limit_bytes: 1 << 30,
            files: Files::All,
        }
    }

    fn samples() -> Vec<Self> {
        let hostile = "<script>alert(1)</script>\u{202e}\"'&".to_owned();
        let reasons = [
            Closed::NoKeys,
            Closed::Expired,
            Closed::Full,
            Closed::Uncollected,
        ];
        let closed = reasons.map(|reason| Self {
            closed: Some(reason),
            ..Self::sample()
        });
        let mut samples = vec![
            Self::sample(),
            Self {
                demo: true,
                ..Self::sample()
            },
            Self {
                office: None,
                fingerprint: None,
                closed: Some(Closed::NoKeys),
                ..Self::sample()
            },
            Self {
                demo: true,
                office: Some(hostile.clone()),
                fingerprint: Some(hostile.clone()),
                answers_at_night: vec![hostile, "منظمة، كل ليلة".to_owned()],
                ..Self::sample()
            },
        ];
        samples.extend(closed);
        let languages = |site: &Self| {
            LANGUAGES.map(|language| Self {
                language,
                ..site.clone()
            })
        };
        samples.iter().flat_map(languages).collect()
    }
}

/// Every page of a site: name, HTML, status.
fn pages(site: &Site) -> Vec<(String, String, u16)> {
    let mut pages = vec![
        ("home".to_owned(), home(site, PAGE_NUMBER)),
        ("receipt".to_owned(), receipt(site, &Receipt::sample())),
        ("safety".to_owned(), safety(site)),
        ("about".to_owned(), about(site)),
        ("sealed".to_owned(), sealed(site)),
        ("sealed-one".to_owned(), sealed_result(site, &[Ok(())])),
        (
            "sealed-all".to_owned(),
            sealed_result(site, &sealed::verdicts()),
        ),
    ];
    pages.extend(mailbox::samples(site));
    pages.extend(
        Refusal::samples()
            .iter()
            .map(|sample| (format!("{sample:?}"), refusal(site, *sample))),
    );
    pages
        .into_iter()
        .map(|(name, page)| {
            let status = page.status();
            (name, text(page), status)
        })
        .collect()
}

fn text(page: Page) -> String {
    String::from_utf8(page.into_bytes()).expect("pages are UTF-8")
}

fn each_page(mut check: impl FnMut(&Site, &str, &str)) {
    for site in Site::samples() {
        for (name, html, _) in pages(&site) {
            check(&site, &name, &html);
        }
    }
}

#[test]
fn every_page_is_whole_and_well_formed() {
    each_page(|site, name, html| {
        assert!(!html.contains('⟦'), "{name}: missing text in {html}");
        let elements = elements(html).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        let root = &elements[0];
        assert_eq!(root.name, "html", "{name}");
        assert_eq!(root.get("lang"), Some(site.language.tag()), "{name}");
        assert_eq!(root.get("dir"), Some(site.language.direction()), "{name}");
        let count = |tag: &str| elements.iter().filter(|e| e.name == tag).count();
        assert_eq!(
            (count("h1"), count("title"), count("main")),
            (1, 1, 1),
            "{name}"
        );
        let mut ids: Vec<_> = elements.iter().filter_map(|e| e.get("id")).collect();
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all, "{name}: an id stands twice");
    });
}

#[test]
fn nothing_runs_and_nothing_is_fetched_but_the_scripts_of_form_and_mailbox() {
    each_page(|_, name, html| {
        let mut scripts = 0;
        for element in elements(html).expect("checked above") {
            if element.name == "script" {
                // The page's own, as a module, from this server; no page has another.
                let path = match name.starts_with("mailbox") {
                    true => MAILBOX_SCRIPT_PATH,
                    false => SCRIPT_PATH,
                };
                let attributes = [("type", "module"), ("src", path)];
                assert!(
                    attributes
                        .iter()
                        .all(|(name, value)| element.get(name) == Some(value))
                        && element.attributes.len() == attributes.len(),
                    "{name}: {:?}",
                    element.attributes
                );
                scripts += 1;
                continue;
            }
            assert!(
                ![
                    "iframe", "img", "object", "embed", "base", "svg", "audio", "video"
                ]
                .contains(&element.name.as_str()),
                "{name}: <{}>",
                element.name
            );
            for (attribute, value) in &element.attributes {
                assert!(
                    !attribute.starts_with("on")
                        && !["style", "src", "srcset", "ping"].contains(&attribute.as_str()),
                    "{name}: attribute {attribute}"
                );
                if ["href", "action", "formaction"].contains(&attribute.as_str()) {
                    assert!(
                        PLACES.contains(&value.as_str()),
                        "{name}: {attribute} leads to {value}"
                    );
                }
            }
        }
        let typed = name == "home" && html.contains("name=story") || html.contains("mailbox-note");
        let form = usize::from(typed);
        assert_eq!(scripts, form, "{name}: a script without its form");
        let count = |text: &str| html.matches(text).count();
        assert_eq!(
            count("</script>"),
            count("></script>"),
            "{name}: a script within the page"
        );
        for foreign in ["//", "@import", "url(", "http"] {
            assert!(
                !html.replace("http-equiv", "").contains(foreign),
                "{name}: {foreign}"
            );
        }
    });
}

#[test]
fn both_styles_stand_in_the_policy_and_no_other_does() {
    each_page(|_, name, html| {
        let sources: Vec<String> = html
            .split("<style>")
            .skip(1)
            .map(|rest| rest.split("</style>").next().unwrap())
            .map(|style| format!("sha256-{}", STANDARD.encode(Sha256::digest(style))))
            .collect();
        assert_eq!(sources, style_hashes(), "{name}");
    });
}

#[test]
fn every_page_has_exactly_the_size_of_its_class() {
    each_page(|_, name, html| {
        let class = match name {
            "home" if !html.contains("page_number") => PAGE_BYTES,
            "home" | "follow-up" => PAGE_FORM_BYTES,
            name if name.starts_with("answers") => PAGE_MAILBOX_BYTES,
            _ => PAGE_BYTES,
        };
        assert_eq!(html.len(), class, "{name}");
        let (_, end) = html.rsplit_once("</html>").unwrap();
        let spaces = end
            .strip_prefix("<!--")
            .and_then(|end| end.strip_suffix("-->"))
            .unwrap();
        assert!(spaces.bytes().all(|byte| byte == b' '), "{name}");
    });
}

#[test]
fn a_page_too_long_for_its_class_takes_the_next() {
    let size = |bytes: usize| {
        let content = maud::PreEscaped("x".repeat(bytes));
        Page::new(200, PAGE_BYTES, content).into_bytes().len()
    };
    assert_eq!(size(0), PAGE_BYTES);
    assert_eq!(size(PAGE_BYTES - 7), PAGE_BYTES);
    assert_eq!(size(PAGE_BYTES - 6), PAGE_FORM_BYTES);
    assert_eq!(size(PAGE_FORM_LONG_BYTES), PAGE_MAILBOX_BYTES);
    assert_eq!(size(PAGE_MAILBOX_BYTES - 6), 2 * PAGE_MAILBOX_BYTES);
}

#[test]
fn demo_keys_are_named_on_every_page_and_on_no_other_site() {
    each_page(|site, name, html| assert_eq!(html.contains("DEMO KEYS"), site.demo, "{name}"));
}

#[test]
fn the_receipt_shows_the_code_and_says_what_it_is_no_proof_of() {
    let html = text(receipt(&Site::sample(), &Receipt::sample()));
    let output = |id: &str| {
        let (_, rest) = html.split_once(&format!("<output id=\"{id}\"")).unwrap();
        let (inner, _) = rest.split_once("</output>").unwrap();
        html::text_of(&inner[inner.find('>').unwrap() + 1..])
    };
    assert_eq!(
        output("return-code"),
        "velvet harbor twelve cinnamon orbit puzzle ladder mushroom quick zebra"
    );
    assert_eq!(
        output("return-digits"),
        "4821 9733 5019 6447 0288 1553 6092 7144 08"
    );
    assert_eq!(output("proof-words"), "tiger lamp ocean");
    for sentence in [
        "If you lose this code, nobody can give it to you again.",
        "they prove nothing against somebody who took over our server",
        "Try your code now",
    ] {
        assert!(html.contains(sentence), "{sentence}");
    }
    // Nowhere but to the mailbox, and there in a second window: this page shows the code once.
    assert_eq!(html.matches("href=").count(), 3, "the icon and two links");
    for place in ["/mailbox", "/mailbox/send"] {
        let link = format!("<a href={place} target=_blank rel=noopener>");
        assert!(html.contains(&link), "{place}");
    }
}

#[test]
fn refusals_say_what_became_of_the_text_and_carry_their_status() {
    let site = Site::sample();
    let mut headings = Vec::new();
    for sample in Refusal::samples() {
        let page = refusal(&site, sample);
        assert_eq!(page.status(), sample.status().as_u16());
        assert!((400..=503).contains(&page.status()), "{sample:?}");
        let html = text(page);
        assert!(html.contains("kept nothing of"), "{sample:?}");
        assert!(html.contains("try its Back button"), "{sample:?}");
        headings.push(html::text_of(html.split("h1>").nth(1).unwrap()));
    }
    let site = Site {
        field_limit_bytes: 2048,
        ..site
    };
    assert!(text(refusal(&site, Refusal::FieldTooLong)).contains("longer than 2 KB"));
    headings.sort();
    headings.dedup();
    assert_eq!(headings.len(), Refusal::samples().len());
}

#[test]
fn a_closed_site_shows_no_form_and_says_why() {
    let closed = |reason| Site {
        closed: Some(reason),
        ..Site::sample()
    };
    let shown: Vec<String> = [Closed::NoKeys, Closed::Expired, Closed::Full]
        .map(|reason| {
            let page = home(&closed(reason), PAGE_NUMBER);
            assert_eq!(page.status(), 503);
            text(page)
        })
        .to_vec();
    assert!(
        shown
            .iter()
            .all(|html| !html.contains("<form") && !html.contains(PAGE_NUMBER))
    );
    assert!(shown[0] != shown[1] && shown[1] != shown[2] && shown[0] != shown[2]);
}

#[test]
fn what_an_office_writes_is_escaped_and_isolated() {
    let site = Site::samples()
        .into_iter()
        .find(|site| !site.answers_at_night.is_empty())
        .unwrap();
    let escaped = "&lt;script&gt;alert(1)&lt;/script&gt;\u{202e}&quot;'&amp;";
    assert!(text(home(&site, PAGE_NUMBER)).contains(&format!("Read by: <bdi>{escaped}</bdi>.")));
    assert!(text(safety(&site)).contains(&format!("<li dir=auto>{escaped}<li")));
    assert!(text(safety(&Site::sample())).contains("has not named anyone who answers at night"));
}

#[test]
fn no_page_uses_a_word_that_frightens_or_promises() {
    const NEVER: [&str; 11] = [
        "complaint",
        "accuse",
        "guarantee",
        "100%",
        "military",
        "hack",
        "encrypted",
        "cipher",
        "pgp",
        "fully anonymous",
        "completely safe",
    ];
    each_page(|_, name, html| {
        let words = html::text_of(html).to_lowercase();
        for never in NEVER {
            assert!(!words.contains(never), "{name}: {never}");
        }
        // The three words of the receipt are called so; nowhere else does a page speak of proof.
        assert!(name == "receipt" || !words.contains("proof"), "{name}");
    });
}
