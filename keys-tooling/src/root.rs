//! The Committee's root: whose keys sign key bundles, and how many of them must.
//!
//! Each holder makes a key on their own machine and hands over one public line; a description
//! collects the lines. Its 12 words are the office's fingerprint, the same as of every key bundle
//! that the root signs, and stand on letterhead before the first bundle exists.

use asylia_envelope::{
    ids::InstanceId,
    key_bundle::Fingerprint,
    signing::{Root, VerifyingKey},
};

/// Most bytes of a description.
pub const ROOT_LIMIT_BYTES: usize = 8 * 1024;

/// Root keys, threshold, installation and office.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RootDescription {
    /// For practising only: its installation is drawn for it, and its bundles say `demo: yes`.
    pub rehearsal: bool,
    /// The installation.
    pub instance: InstanceId,
    /// The office, as a function and not a name of a person.
    pub office: String,
    /// How many keys must sign.
    pub threshold: usize,
    /// The keys, ascending by their bytes.
    pub roots: Vec<VerifyingKey<Root>>,
}

/// Why keys are no root. Each text is two sentences: what failed, what to do.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadRoot {
    /// The threshold cannot be met, or there are too many keys.
    #[error(
        "A root has 1 to 32 keys, and its threshold is between 1 and their number. Give other numbers."
    )]
    Number,
    /// One key was given twice.
    #[error("One root key was given twice. Collect one line from each holder.")]
    Twice,
    /// The office's name is empty, too long or has control characters.
    #[error("This is no name of an office. Use at most 120 letters on one line.")]
    Office,
    /// A text is no description of this version.
    #[error("This is not the description of a root. Give the file that `root collect` wrote.")]
    Text,
    /// A line is none that `root new` printed.
    #[error("This is not the public line of a root key. Give the line that `root new` printed.")]
    Line,
}

impl RootDescription {
    /// Collects keys, in any order.
    ///
    /// # Errors
    /// [`BadRoot::Number`], `Twice` and `Office`.
    pub fn new(
        rehearsal: bool,
        instance: InstanceId,
        office: &str,
        threshold: usize,
        mut roots: Vec<VerifyingKey<Root>>,
    ) -> Result<Self, BadRoot> {
        roots.sort_by_key(VerifyingKey::to_bytes);
        if roots.len() > KEYS_LIMIT || !(1..=roots.len()).contains(&threshold) {
            return Err(BadRoot::Number);
        }
        if !roots.is_sorted_by(|a, b| a.to_bytes() < b.to_bytes()) {
            return Err(BadRoot::Twice);
        }
        if !(1..=120).contains(&office.chars().count()) || office.chars().any(char::is_control) {
            return Err(BadRoot::Office);
        }
        Ok(Self {
            rehearsal,
            instance,
            office: office.to_owned(),
            threshold,
            roots,
        })
    }

    /// The office's 12 words.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.instance, &self.roots, self.threshold)
    }

    /// The text of its file.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!(
            "{MAGIC}\nfingerprint: {}\nrehearsal: {}\ninstance: {}\noffice: {}\nthreshold: {}\n",
            self.fingerprint(),
            if self.rehearsal { "yes" } else { "no" },
            self.instance,
            self.office,
            self.threshold,
        );
        self.roots
            .iter()
            .for_each(|key| text.push_str(&format!("root: {key}\n")));
        text
    }

    /// Reads what [`Self::to_text`] wrote; one description has one text.
    ///
    /// # Errors
    /// [`BadRoot::Text`].
    pub fn parse(text: &[u8]) -> Result<Self, BadRoot> {
        let text = core::str::from_utf8(text).map_err(|_| BadRoot::Text)?;
        Self::read(text)
            .filter(|read| read.to_text() == text)
            .ok_or(BadRoot::Text)
    }

    fn read(text: &str) -> Option<Self> {
        let mut lines = text.lines().skip(2);
        let mut value = |name: &str| lines.next()?.strip_prefix(name);
        let rehearsal = value("rehearsal: ")? == "yes";
        let instance = value("instance: ")?.parse().ok()?;
        let office = value("office: ")?;
        let threshold = value("threshold: ")?.parse().ok()?;
        let roots: Option<Vec<_>> = lines
            .map(|line| VerifyingKey::parse(line.strip_prefix("root: ")?).ok())
            .collect();
        Self::new(rehearsal, instance, office, threshold, roots?).ok()
    }
}

/// The public line that a holder hands over.
#[must_use]
pub fn public_line(key: &VerifyingKey<Root>) -> String {
    format!("{LINE}{key}\n")
}

/// Reads what [`public_line`] wrote.
///
/// # Errors
/// [`BadRoot::Line`].
pub fn parse_public_line(line: &[u8]) -> Result<VerifyingKey<Root>, BadRoot> {
    let line = core::str::from_utf8(line).map_err(|_| BadRoot::Line)?;
    let key = line.trim_end().strip_prefix(LINE).ok_or(BadRoot::Line)?;
    VerifyingKey::parse(key).map_err(|_| BadRoot::Line)
}

const MAGIC: &str = "asylia root v1";
const LINE: &str = "asylia root key v1: ";
const KEYS_LIMIT: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing_file::RootSigningKey;

    fn keys(bytes: &[u8]) -> Vec<VerifyingKey<Root>> {
        let of = |byte: &u8| RootSigningKey::from_seed(&[*byte; 32]).verifying_key();
        bytes.iter().map(of).collect()
    }

    fn root(threshold: usize, bytes: &[u8]) -> Result<RootDescription, BadRoot> {
        RootDescription::new(false, InstanceId([1; 16]), "Office", threshold, keys(bytes))
    }

    #[test]
    fn a_description_has_one_text_and_one_fingerprint() {
        let one = root(2, &[1, 2, 3]).unwrap();
        assert_eq!(Ok(&one), root(2, &[3, 1, 2]).as_ref());
        let text = one.to_text();
        assert_eq!(RootDescription::parse(text.as_bytes()), Ok(one.clone()));
        for (from, to) in [
            ("threshold: 2", "threshold: 1"),
            ("threshold: 2", "threshold: 4"),
            ("rehearsal: no", "rehearsal: on"),
            ("office: Office", "office: Other\n"),
            ("root v1", "root v2"),
        ] {
            let altered = text.replace(from, to);
            assert_ne!(altered, text);
            let read = RootDescription::parse(altered.as_bytes());
            assert_eq!(read, Err(BadRoot::Text), "{to}");
        }
        assert_ne!(
            one.fingerprint(),
            root(3, &[1, 2, 3]).unwrap().fingerprint()
        );
    }

    #[test]
    fn numbers_and_keys_that_make_no_root_are_refused() {
        assert_eq!(root(0, &[1]), Err(BadRoot::Number));
        assert_eq!(root(2, &[1]), Err(BadRoot::Number));
        assert_eq!(root(1, &[]), Err(BadRoot::Number));
        assert_eq!(root(1, &[1, 2, 1]), Err(BadRoot::Twice));
        let many: Vec<u8> = (1..=33).collect();
        assert_eq!(root(1, &many), Err(BadRoot::Number));
        let nameless = RootDescription::new(false, InstanceId([1; 16]), "", 1, keys(&[1]));
        assert_eq!(nameless, Err(BadRoot::Office));
        let line = public_line(&keys(&[5])[0]);
        assert_eq!(
            parse_public_line(line.as_bytes()),
            Ok(keys(&[5])[0].clone())
        );
        assert_eq!(parse_public_line(b"AAAA"), Err(BadRoot::Line));
    }
}
