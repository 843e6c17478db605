//! What a saved page loads. A page is made for each visitor and has no digest, so its build is checked: only the
//! elements and attributes that our pages have, scripts of the manifest alone, nothing from elsewhere.
//!
//! A browser forgives, and a checker that reads a page otherwise than a browser does can be led past a script. So
//! nothing is forgiven here: `<` begins a tag and stands nowhere else, whatever is around it, and what is
//! not on a list is a fault. Words are not judged.

use asylia_envelope::site::{SiteFileKind, SiteManifest};
use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};

/// What is wrong with a page.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PageFault {
    /// Not written as our pages are.
    #[error("it is not written as this release writes its pages")]
    Form,
    /// An element that our pages do not have.
    #[error("it has a part that this release never puts into a page: <{0}>")]
    Element(String),
    /// An attribute that our pages do not have, or one with a value that it may not have.
    #[error("it has a setting that this release never puts into a page: {0}")]
    Attribute(String),
    /// A script that the manifest does not name.
    #[error("it loads a script that the manifest does not name")]
    ForeignScript,
    /// A script inside the page.
    #[error("it carries a script inside the page")]
    InlineScript,
    /// It refers to another site.
    #[error("it loads from, leads or sends to another site")]
    OtherSite,
    /// With JavaScript on, what is typed would be sent as it is.
    #[error("with JavaScript on it would send what is typed without locking it")]
    SendsInClear,
    /// A style that the policy of the manifest does not name.
    #[error("it carries a style that the manifest does not name")]
    Style,
}

/// Whether bytes begin as a page does.
#[must_use]
pub fn claims_to_be_one(bytes: &[u8]) -> bool {
    bytes.starts_with(DOCTYPE.as_bytes())
}

/// Checks a page; returns the paths of the scripts that it loads.
///
/// # Errors
/// The first [`PageFault`].
pub fn check(bytes: &[u8], manifest: &SiteManifest) -> Result<Vec<String>, PageFault> {
    let html = core::str::from_utf8(bytes).map_err(|_| PageFault::Form)?;
    // No escape sequence and no zero byte: such change how some browsers read what follows.
    if html.chars().any(|c| c.is_control() && c != '\n') {
        return Err(PageFault::Form);
    }
    let mut rest = html.strip_prefix(DOCTYPE).ok_or(PageFault::Form)?;
    let mut scripts = Vec::new();
    let mut state = State::default();
    while let Some((text, after)) = rest.split_once('<') {
        no_bracket(text)?;
        rest = if let Some(comment) = after.strip_prefix("!--") {
            let (padding, after) = comment.split_once("-->").ok_or(PageFault::Form)?;
            if padding.bytes().any(|byte| byte != b' ') {
                return Err(PageFault::Form);
            }
            after
        } else if let Some(end) = after.strip_prefix('/') {
            let (name, after) = end.split_once('>').ok_or(PageFault::Form)?;
            known(name)?;
            state.noscript &= name != "noscript";
            after
        } else {
            let (tag, after) = Tag::read(after)?;
            known(tag.name)?;
            tag.check_attributes()?;
            state.enter(&tag)?;
            match tag.name {
                "script" => {
                    let (path, after) = script(&tag, after, manifest)?;
                    scripts.push(path);
                    after
                }
                "style" => style(after, manifest)?,
                _ => after,
            }
        };
    }
    no_bracket(rest)?;
    Ok(scripts)
}

/// What decides whether something typed could be sent in clear.
#[derive(Default)]
struct State {
    /// Inside `<noscript>`, which is mere text to a browser with JavaScript on.
    noscript: bool,
    /// A form that posts has begun. Never cleared: where a form ends, broken nesting can make unclear.
    posting: bool,
}

impl State {
    fn enter(&mut self, tag: &Tag<'_>) -> Result<(), PageFault> {
        match tag.name {
            "noscript" if self.noscript => return Err(PageFault::Form),
            "noscript" => self.noscript = true,
            "form" if self.posting => return Err(PageFault::SendsInClear),
            "form" => match (tag.attribute("method"), tag.attribute("action")) {
                (Some("dialog"), None) => {}
                (Some("post"), Some(action)) if POSTS_FILES.contains(&action) => {
                    self.posting = true;
                }
                _ => return Err(PageFault::SendsInClear),
            },
            "button" if !self.noscript && tag.sends() => return Err(PageFault::SendsInClear),
            "input" if self.posting && tag.attribute("type") != Some("file") => {
                return Err(PageFault::SendsInClear);
            }
            "textarea" | "select" if self.posting => return Err(PageFault::SendsInClear),
            _ => {}
        }
        Ok(())
    }
}

/// A tag that begins an element; borrowed from the page.
struct Tag<'a> {
    name: &'a str,
    attributes: Vec<(&'a str, &'a str)>,
}

impl<'a> Tag<'a> {
    /// Reads what follows a `<`; returns what follows its `>`.
    fn read(text: &'a str) -> Result<(Self, &'a str), PageFault> {
        let (name, mut rest) = word(text);
        let mut attributes: Vec<(&str, &str)> = Vec::new();
        loop {
            if let Some(after) = rest.strip_prefix('>') {
                return Ok((Self { name, attributes }, after));
            }
            let (attribute, after) = word(rest.strip_prefix(' ').ok_or(PageFault::Form)?);
            let (value, after) = match after.strip_prefix('=') {
                None => ("", after),
                Some(after) => value(after)?,
            };
            // Of two, browsers take the first.
            if attribute.is_empty() || attributes.iter().any(|(known, _)| *known == attribute) {
                return Err(PageFault::Form);
            }
            attributes.push((attribute, value));
            rest = after;
        }
    }

    fn check_attributes(&self) -> Result<(), PageFault> {
        for (name, value) in &self.attributes {
            let fault = || PageFault::Attribute((*name).to_owned());
            match (self.name, *name) {
                ("link", "href") if *value != "data:," => return Err(PageFault::OtherSite),
                ("link", "rel") if *value != "icon" => return Err(fault()),
                ("meta", "name") if *value != "viewport" => return Err(fault()),
                ("script", "src") | ("link", "href" | "rel") | ("meta", "name") => {}
                ("button", "formmethod" | "formenctype") => {}
                ("a", "target") if *value == "_blank" => {}
                ("a", "rel") if *value == "noopener" => {}
                ("a", "href") | ("form", "action") | ("button", "formaction") => own(value)?,
                ("script", "type") if *value != "module" => return Err(fault()),
                (_, known) if ATTRIBUTES.contains(&known) => {}
                _ => return Err(fault()),
            }
        }
        Ok(())
    }

    /// Whether it is a button that overrides what its form does.
    fn sends(&self) -> bool {
        let form = |(name, _): &(&str, &str)| name.starts_with("form");
        self.attributes.iter().any(form)
    }

    fn attribute(&self, name: &str) -> Option<&'a str> {
        let found = self.attributes.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| *value)
    }
}

/// A name: lower-case letters, digits, dashes.
fn word(text: &str) -> (&str, &str) {
    let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let end = text.find(|c| !letter(c)).unwrap_or(text.len());
    text.split_at(end)
}

/// A value, in double quotes or bare, as `squeezed` of the server's pages leaves them.
fn value(text: &str) -> Result<(&str, &str), PageFault> {
    let (value, after) = match text.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').ok_or(PageFault::Form)?,
        None => {
            let letter = |c: char| c.is_ascii_alphanumeric() || "-_/.".contains(c);
            text.split_at(text.find(|c| !letter(c)).unwrap_or(text.len()))
        }
    };
    let bare = !text.starts_with('"');
    if value.contains(['<', '>', '\n']) || (bare && value.is_empty()) {
        return Err(PageFault::Form);
    }
    Ok((value, after))
}

fn known(name: &str) -> Result<(), PageFault> {
    if ELEMENTS.contains(&name) {
        Ok(())
    } else {
        let shown = name.chars().filter(char::is_ascii_alphanumeric);
        Err(PageFault::Element(shown.take(SHOWN_CHARS).collect()))
    }
}

fn no_bracket(text: &str) -> Result<(), PageFault> {
    match text.contains('>') {
        true => Err(PageFault::Form),
        false => Ok(()),
    }
}

/// A place on this site: `#` and a name, or a path. `//x` and `/\x` are other sites, `&` could spell them.
fn own(place: &str) -> Result<(), PageFault> {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-#".contains(&byte);
    let begins = place.starts_with('#') || (place.starts_with('/') && !place.starts_with("//"));
    if begins && place.bytes().all(letter) {
        Ok(())
    } else {
        Err(PageFault::OtherSite)
    }
}

/// A script element: its source stands in the manifest, and nothing stands inside.
fn script<'a>(
    tag: &Tag<'_>,
    after: &'a str,
    manifest: &SiteManifest,
) -> Result<(String, &'a str), PageFault> {
    let after = after
        .strip_prefix("</script>")
        .ok_or(PageFault::InlineScript)?;
    let source = tag.attribute("src").ok_or(PageFault::InlineScript)?;
    own(source)?;
    match manifest.file(source) {
        Some(file) if file.kind == SiteFileKind::Script => Ok((source.to_owned(), after)),
        _ => Err(PageFault::ForeignScript),
    }
}

/// A style element: the policy names its digest, so the browser would take no other.
fn style<'a>(after: &'a str, manifest: &SiteManifest) -> Result<&'a str, PageFault> {
    let (style, after) = after.split_once("</style>").ok_or(PageFault::Form)?;
    let source = format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(style)));
    let named = manifest.policy.split(';').any(|directive| {
        let mut words = directive.split_ascii_whitespace();
        words.next() == Some("style-src") && words.any(|word| word == source)
    });
    match named && !style.contains('<') {
        true => Ok(after),
        false => Err(PageFault::Style),
    }
}

const DOCTYPE: &str = "<!DOCTYPE html>";
const SHOWN_CHARS: usize = 20;

/// Forms that post without a script: they take files that were sealed before.
const POSTS_FILES: [&str; 1] = ["/sealed"];

/// Every element of our pages.
const ELEMENTS: [&str; 34] = [
    "html", "head", "meta", "title", "script", "link", "style", "noscript", "body", "header",
    "nav", "main", "h1", "h2", "p", "ul", "li", "a", "strong", "small", "bdi", "div", "form",
    "fieldset", "legend", "label", "select", "option", "output", "textarea", "input", "button",
    "details", "summary",
];

/// Every attribute of our pages that may have any value: none of them loads, runs or leads anywhere.
const ATTRIBUTES: [&str; 23] = [
    "lang",
    "dir",
    "charset",
    "content",
    "class",
    "id",
    "name",
    "type",
    "value",
    "method",
    "enctype",
    "autocomplete",
    "spellcheck",
    "autocorrect",
    "autocapitalize",
    "rows",
    "required",
    "multiple",
    "selected",
    "hidden",
    "role",
    "for",
    "open",
];
