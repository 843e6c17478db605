//! A strict reader of the HTML that pages send: every tag closed in order, save options and list items,
//! and only plain words without quotes.

/// An element with its attributes and the names of those around it.
pub(super) struct Element {
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
    ancestors: Vec<String>,
}

impl Element {
    pub(super) fn get(&self, attribute: &str) -> Option<&str> {
        let (_, value) = self.attributes.iter().find(|(name, _)| name == attribute)?;
        Some(value)
    }

    pub(super) fn within(&self, name: &str) -> bool {
        self.ancestors.iter().any(|ancestor| ancestor == name)
    }
}

/// Reads a document into its elements, in order.
///
/// # Errors
///
/// Says what is not balanced or not quoted.
pub(super) fn elements(document: &str) -> Result<Vec<Element>, String> {
    let mut rest = document
        .strip_prefix("<!DOCTYPE html>")
        .ok_or("no document type")?;
    let mut open: Vec<String> = Vec::new();
    let mut elements = Vec::new();
    while let Some((before, tag)) = rest.split_once('<') {
        if before.contains('>') {
            return Err(format!("a bare > in {before:?}"));
        }
        if let Some(comment) = tag.strip_prefix("!--") {
            rest = comment.split_once("-->").ok_or("an open comment")?.1;
            continue;
        }
        let (tag, after) = tag.split_once('>').ok_or("an open tag")?;
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            close_open_ended(&mut open);
            if open.pop().as_deref() != Some(name) {
                return Err(format!("</{name}> closes something else"));
            }
            continue;
        }
        if OPEN_ENDED
            .iter()
            .any(|name| tag == *name || tag.starts_with(&format!("{name} ")))
        {
            close_open_ended(&mut open);
        }
        let element = element(tag, &open)?;
        if element.name == "style" {
            rest = rest.split_once("</style>").ok_or("an open style")?.1;
        } else if !VOID.contains(&element.name.as_str()) {
            open.push(element.name.clone());
        }
        elements.push(element);
    }
    match open.last() {
        Some(name) => Err(format!("<{name}> is not closed")),
        None => Ok(elements),
    }
}

fn element(tag: &str, open: &[String]) -> Result<Element, String> {
    let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
    let mut attributes = Vec::new();
    while !rest.is_empty() {
        let end = rest.find([' ', '=']).unwrap_or(rest.len());
        let (attribute, after) = rest.split_at(end);
        let (value, after) = match after.strip_prefix("=\"") {
            Some(value) => value.split_once('"').ok_or("an open value")?,
            None => match after.strip_prefix('=') {
                Some(after) => unquoted(after)?,
                None => ("", after),
            },
        };
        attributes.push((attribute.to_owned(), value.to_owned()));
        rest = after.strip_prefix(' ').unwrap_or(after);
    }
    Ok(Element {
        name: name.to_owned(),
        attributes,
        ancestors: open.to_vec(),
    })
}

/// Splits off a value without quotes.
fn unquoted(text: &str) -> Result<(&str, &str), String> {
    let (value, after) = text.split_at(text.find(' ').unwrap_or(text.len()));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_/.".contains(&byte);
    match !value.is_empty() && value.bytes().all(plain) {
        true => Ok((value, after)),
        false => Err(format!("{value:?} needs quotes")),
    }
}

fn close_open_ended(open: &mut Vec<String>) {
    open.pop_if(|name| OPEN_ENDED.contains(&name.as_str()));
}

/// Elements whose end HTML lets a writer leave out before a sibling or the end of the parent.
const OPEN_ENDED: [&str; 2] = ["option", "li"];

const VOID: [&str; 4] = ["meta", "link", "input", "br"];

/// Returns the words between the tags, without styles and comments.
pub(super) fn text_of(html: &str) -> String {
    let mut text = String::new();
    for part in html.split('<') {
        let (tag, words) = part.split_once('>').unwrap_or(("", part));
        if !tag.starts_with("style") && !tag.starts_with('!') {
            text.push_str(words);
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
