//! What the gate must know of identities without showing them: names that must not leave, and whether a source is
//! known. Written when somebody who may opens an identity part, or by an officer who found a word in the story.

use std::collections::BTreeMap;

use asylia_envelope::{answers::Answers, ids::RecordId};
use serde::{Deserialize, Serialize};

use super::{case::Case, cases::Cases, figures::IdentityFigures, number::CaseNumber};
use crate::{
    deny_list::DenyList,
    vault::{
        Vault, VaultError,
        domain::Domain,
        item::{Item, Stamp},
    },
};

/// What an identity part tells the gate. No `Debug`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExtractItem {
    /// Of which record.
    pub record: RecordId,
    /// Names and contacts, each a line of what was written.
    pub terms: Vec<String>,
    /// Whether somebody could say who the source is.
    pub source_identified: bool,
    /// Whether the person is said to be under 18.
    pub under_18: bool,
}

/// Words that an officer adds to a case's deny list. No `Debug`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DenyItem {
    /// Of which case.
    pub case: CaseNumber,
    /// Where they must not stand.
    pub place: DenyIn,
    /// The words.
    pub terms: Vec<String>,
}

/// Where a word must not stand.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DenyIn {
    /// In what goes without identity, and in what is public.
    WithoutIdentity,
    /// In what is meant for a State or another actor outside the United Nations, even where the name may be used.
    Outside,
    /// In what is public, even where the name may be used.
    Public,
}

impl DenyIn {
    /// Its code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::WithoutIdentity => "without_identity",
            Self::Outside => "outside",
            Self::Public => "public",
        }
    }

    /// The place of that code.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|place| place.code() == code)
    }

    /// Every place.
    pub const ALL: [Self; 3] = [Self::WithoutIdentity, Self::Outside, Self::Public];
}

/// All of it, in memory.
#[derive(Default)]
pub struct Knowledge {
    extracts: BTreeMap<RecordId, ExtractItem>,
    words: BTreeMap<CaseNumber, Vec<(Stamp, DenyItem)>>,
}

impl ExtractItem {
    /// What the answers of an identity part tell. The name to use instead is meant to be used, and is no entry.
    #[must_use]
    pub fn of(record: RecordId, answers: &Answers) -> Self {
        let lines = |id: &str| {
            let text = answers.text(id).unwrap_or_default();
            let lines = text.split(['\n', ';', '؛']).map(str::trim);
            lines
                .filter(|line| !line.is_empty())
                .map(str::to_owned)
                .collect::<Vec<String>>()
        };
        let mut terms = lines("person_names");
        let named = !terms.is_empty();
        // Each word of a name gives somebody away as the whole does.
        for line in terms.clone() {
            let words = line.split([' ', '\t', ',', ':', '(', ')', '،', '、', '，']);
            let long = words.filter(|word| word.chars().count() >= WORD_CHARS);
            terms.extend(long.map(str::to_owned));
        }
        let contacts = lines("safe_contact");
        let source = answers
            .text("who_is_reporting")
            .is_some_and(|who| who != "prefer_not_to_say");
        Self {
            record,
            source_identified: (named && source) || !contacts.is_empty(),
            under_18: answers.text("age_group") == Some("under_18"),
            terms: terms.into_iter().chain(contacts).collect(),
        }
    }
}

impl Knowledge {
    pub(crate) fn add_extract(&mut self, item: ExtractItem) {
        self.extracts.insert(item.record, item);
    }

    pub(crate) fn add_words(&mut self, stamp: Stamp, item: DenyItem) {
        self.words.entry(item.case).or_default().push((stamp, item));
    }

    /// The words that officers added to a case.
    pub fn words(&self, case: CaseNumber) -> impl Iterator<Item = &(Stamp, DenyItem)> {
        self.words.get(&case).into_iter().flatten()
    }

    /// Whether somebody has looked at the identity part of a record.
    #[must_use]
    pub fn has_extract(&self, record: RecordId) -> bool {
        self.extracts.contains_key(&record)
    }

    /// Adds what is known of a record's names; false when nobody has looked at its identity part.
    pub(crate) fn add_names(&self, record: RecordId, list: &mut DenyList) -> bool {
        let extract = self.extracts.get(&record);
        let terms = extract.into_iter().flat_map(|extract| &extract.terms);
        terms.for_each(|term| list.add(term));
        extract.is_some()
    }

    /// Whether it is known who the source of a case is: an officer's word, or what identity parts said.
    #[must_use]
    pub fn source_identified(&self, case: &Case) -> Option<bool> {
        let extracts = case
            .records
            .iter()
            .filter_map(|record| self.extracts.get(record));
        let told = extracts
            .map(|extract| extract.source_identified)
            .reduce(|a, b| a || b);
        case.source_identified.or(told)
    }

    /// Whether an identity part says that somebody is under 18.
    #[must_use]
    pub fn under_18(&self, case: &Case) -> bool {
        let mut extracts = case
            .records
            .iter()
            .filter_map(|record| self.extracts.get(record));
        extracts.any(|extract| extract.under_18)
    }

    /// Whether every record of a case was looked at, so that the deny list can hold its names.
    #[must_use]
    pub fn is_complete(&self, case: &Case) -> bool {
        case.records.iter().all(|record| self.has_extract(*record))
    }

    /// The deny list of what leaves: of the case, and of every case of the same visit.
    #[must_use]
    pub fn deny_list(&self, cases: &Cases, case: CaseNumber, places: &[DenyIn]) -> DenyList {
        self.deny_list_towards(cases, case, places, places)
    }

    /// As [`Self::deny_list`], with places of their own for the other cases of the visit: who permits the own name
    /// to be used permits nothing for them.
    #[must_use]
    pub fn deny_list_towards(
        &self,
        cases: &Cases,
        case: CaseNumber,
        own: &[DenyIn],
        others: &[DenyIn],
    ) -> DenyList {
        let mut list = DenyList::default();
        for number in cases.of_one_visit(case) {
            let places = match number == case {
                true => own,
                false => others,
            };
            for (_, item) in self.words(number) {
                if places.contains(&item.place) {
                    item.terms.iter().for_each(|term| list.add(term));
                }
            }
            let records = cases.get(number).map_or(&[][..], |case| &case.records);
            if places.contains(&DenyIn::WithoutIdentity) {
                for extract in records
                    .iter()
                    .filter_map(|record| self.extracts.get(record))
                {
                    extract.terms.iter().for_each(|term| list.add(term));
                }
            }
        }
        list
    }
}

/// Writes what the answers of an identity part tell the gate and the figures, once a record.
///
/// # Errors
/// Those of the database.
pub(crate) fn write_extract(
    vault: &mut Vault,
    record: RecordId,
    answers: &Answers,
) -> Result<(), VaultError> {
    if vault.contents().extracted.contains(&record) {
        return Ok(());
    }
    let extract = ExtractItem::of(record, answers);
    let figures = IdentityFigures::of(record, answers, extract.source_identified);
    let mut transaction = vault.begin()?;
    transaction.append(Domain::Gate, Item::Extract(Box::new(extract)))?;
    transaction.append(Domain::Statistics, Item::IdentityFigures(Box::new(figures)))?;
    transaction.append(Domain::Identity, Item::ExtractMade(record))?;
    transaction.commit()
}

/// Fewest letters of a name's word that stands on the list by itself.
const WORD_CHARS: usize = 3;
