//! Reference numbers of communications, such as `AL CAN 3/2026`. What does not match stays text.

use core::fmt;

/// A communication's reference, read from what somebody typed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reference {
    /// `AL`, `UA`, `OL` or a joint form, where it was given.
    pub kind: Option<String>,
    /// ISO 3166-1 alpha-3, or `OTH`.
    pub state: String,
    /// Running number within State and year.
    pub number: u16,
    /// Year.
    pub year: u16,
}

impl Reference {
    /// Reads a reference; `None` for a text that is none, which then stays text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().replace('+', " ");
        let parts: Vec<&str> = text
            .split([' ', '\t'])
            .filter(|part| !part.is_empty())
            .collect();
        let (kind, state, rest) = match parts.as_slice() {
            [kind, state, rest] => (Some(*kind), *state, *rest),
            [state, rest] => (None, *state, *rest),
            _ => return None,
        };
        if kind.is_some_and(|kind| !KINDS.contains(&kind)) {
            return None;
        }
        let letters = state.len() == 3 && state.bytes().all(|byte| byte.is_ascii_uppercase());
        let (number, year) = rest.split_once('/')?;
        let number = digits(number).filter(|_| number.len() <= 3)?;
        let of_century = year.starts_with("19") || year.starts_with("20");
        let year = digits(year).filter(|_| year.len() == 4 && of_century)?;
        letters.then(|| Self {
            kind: kind.map(str::to_owned),
            state: state.to_owned(),
            number,
            year,
        })
    }

    /// The part by which the public database knows it.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{} {}/{}", self.state, self.number, self.year)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(kind) = &self.kind {
            write!(f, "{kind} ")?;
        }
        f.write_str(&self.key())
    }
}

fn digits(text: &str) -> Option<u16> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

const KINDS: [&str; 6] = ["UA", "AL", "OL", "JUA", "JAL", "JOL"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_of_communications_are_read_and_everything_else_stays_text() {
        for (text, written) in [
            ("AL CAN 3/2026", "AL CAN 3/2026"),
            ("  JUA\tXPL  12/1999 ", "JUA XPL 12/1999"),
            ("TUN+4/2026", "TUN 4/2026"),
            ("AL+OTH+7/2025", "AL OTH 7/2025"),
            ("AL XPL 003/2025", "AL XPL 3/2025"),
        ] {
            let read = Reference::parse(text).map(|reference| reference.to_string());
            assert_eq!(read.as_deref(), Some(written), "{text}");
        }
        for text in [
            "",
            "AL XXX 999999/20266",
            "AL XPL 1000/2025",
            "XX XPL 3/2025",
            "AL Xpl 3/2025",
            "AL XPL 3/2125",
            "AL XPL ٣/2025",
            "AL XPL 3/٢٠٢٥",
            "AL XPL 3/2025 and more",
            "AL XPL /2025",
            "AL\nXPL 3/2025",
            "дело WGEID, номер не помню",
        ] {
            assert_eq!(Reference::parse(text), None, "{text}");
        }
    }
}
