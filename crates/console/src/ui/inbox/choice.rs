//! Which reports of the inbox are shown, and in which order. It stands in the address, which names no report.

use asylia_envelope::record::SealedBy;
use maud::{Markup, html};
use serde::Deserialize;

use super::Report;
use crate::{l10n::Texts, words};

/// What the list was asked for; the default is everything, newest day first.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(in crate::ui) struct Choice {
    /// How many of the reports that fit come before those that are shown.
    pub(super) from: usize,
    only: Only,
    sort: Sort,
}

/// Which reports fit.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Only {
    #[default]
    All,
    Browser,
    Server,
    SealedFile,
    Files,
    Problems,
    Twice,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Sort {
    #[default]
    Newest,
    Oldest,
    Files,
    Problems,
}

impl Choice {
    /// The reports that fit, in their order; `reports` are newest first.
    pub(super) fn of(self, mut reports: Vec<Report>) -> Vec<Report> {
        reports.retain(|report| self.only.fits(report));
        match self.sort {
            Sort::Newest => {}
            Sort::Oldest => reports.reverse(),
            // Stable: of equal ones the newest stays first.
            Sort::Files => reports.sort_by_key(|report| std::cmp::Reverse(report.attachments)),
            Sort::Problems => reports.sort_by_key(|report| std::cmp::Reverse(report.problems)),
        }
        reports
    }

    /// The address of the part of the same list that begins there.
    pub(super) fn address(self, from: usize) -> String {
        let (only, sort) = (self.only.code(), self.sort.code());
        match self
            == (Self {
                from: self.from,
                ..Self::default()
            }) {
            true => format!("/?from={from}"),
            false => format!("/?only={only}&sort={sort}&from={from}"),
        }
    }

    /// The form that asks for another choice.
    pub(super) fn form(self, texts: &Texts) -> Markup {
        html! {
            form.filter method="get" action="/" {
                p {
                    label for="only" { (texts.get("console-inbox-only")) }
                    select id="only" name="only" { @for only in Only::EACH {
                        option value=(only.code()) selected[only == self.only] { (only.words(texts)) }
                    } }
                }
                p {
                    label for="sort" { (texts.get("console-inbox-sort")) }
                    select id="sort" name="sort" { @for sort in Sort::EACH {
                        option value=(sort.code()) selected[sort == self.sort] {
                            (texts.get(&format!("console-inbox-sort-{}", sort.code())))
                        }
                    } }
                }
                button type="submit" { (texts.get("console-inbox-choose")) }
            }
        }
    }
}

impl Only {
    const EACH: [Self; 7] = [
        Self::All,
        Self::Browser,
        Self::Server,
        Self::SealedFile,
        Self::Files,
        Self::Problems,
        Self::Twice,
    ];

    fn code(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Browser => "browser",
            Self::Server => "server",
            Self::SealedFile => "sealed-file",
            Self::Files => "files",
            Self::Problems => "problems",
            Self::Twice => "twice",
        }
    }

    fn words(self, texts: &Texts) -> String {
        match self.path() {
            Some(path) => words::path(texts, path),
            None => texts.get(&format!("console-inbox-only-{}", self.code())),
        }
    }

    fn path(self) -> Option<SealedBy> {
        match self {
            Self::Browser => Some(SealedBy::Browser),
            Self::Server => Some(SealedBy::Server),
            Self::SealedFile => Some(SealedBy::SealedFile),
            Self::All | Self::Files | Self::Problems | Self::Twice => None,
        }
    }

    fn fits(self, report: &Report) -> bool {
        match self {
            Self::All => true,
            Self::Files => report.attachments > 0,
            Self::Problems => report.problems > 0,
            Self::Twice => report.twice,
            Self::Browser | Self::Server | Self::SealedFile => self.path() == Some(report.path),
        }
    }
}

impl Sort {
    const EACH: [Self; 4] = [Self::Newest, Self::Oldest, Self::Files, Self::Problems];

    fn code(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Oldest => "oldest",
            Self::Files => "files",
            Self::Problems => "problems",
        }
    }
}
