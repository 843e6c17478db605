//! The fields of a form, in the order in which they came.

use asylia_envelope::day::Day;

/// Names and values.
pub(in crate::ui) struct Fields(Vec<(String, String)>);

impl Fields {
    pub(super) fn of(fields: Vec<(String, String)>) -> Self {
        Self(fields)
    }

    /// The first value of a name, line ends as LF; empty where there is none.
    pub(super) fn text(&self, name: &str) -> String {
        let value = self.0.iter().find(|(field, _)| field == name);
        value.map_or_else(String::new, |(_, value)| {
            value.replace("\r\n", "\n").trim().to_owned()
        })
    }

    /// The same, if it is not empty.
    pub(super) fn some(&self, name: &str) -> Option<String> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// Every value of a name.
    pub(super) fn all(&self, name: &str) -> Vec<String> {
        let of_name = self.0.iter().filter(|(field, _)| field == name);
        of_name
            .map(|(_, value)| value.clone())
            .filter(|value| !value.is_empty())
            .collect()
    }

    pub(super) fn ticked(&self, name: &str) -> bool {
        self.text(name) == "yes"
    }

    pub(super) fn number(&self, name: &str) -> Option<u16> {
        self.text(name).parse().ok()
    }

    pub(super) fn day(&self, name: &str) -> Option<Day> {
        self.text(name).parse().ok()
    }
}
