//! What a case is worth in the figures: a row without text and without names, sealed for the statistician at every
//! change. Every case is counted, those that are withheld too; what may be told of it beside a number is
//! [`Figures::included_as`].

use std::collections::BTreeSet;

use asylia_envelope::{answers::Answers, day::Day, ids::RecordId, questionnaire::QUESTIONS};
use serde::{Deserialize, Serialize};

use super::{
    case::Case,
    consent::in_force,
    number::CaseNumber,
    values::{
        ActNature, ActionResult, End, Hold, Known, Outcome, PersonKind, Preset, Purpose,
        ReplyClass, StateRole, Target, Timing, Urgency, Value,
    },
};

/// A case in the figures.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figures {
    /// Of which case; a later row replaces an earlier one.
    pub case: CaseNumber,
    /// The records that it is made of.
    pub records: Vec<RecordId>,
    /// The office's day on which its clock began.
    pub received: Day,
    /// By which channel it came.
    pub channel: String,
    /// Whether it is within the framework.
    pub in_scope: Option<Known>,
    /// Its urgency.
    pub urgency: Option<Urgency>,
    /// States said to be responsible.
    pub states: Vec<String>,
    /// Individuals and groups.
    pub counted: (u32, u32),
    /// The persons, as far as they are known one by one.
    pub persons: Vec<PersonFigures>,
    /// Categories of the definition.
    pub categories: BTreeSet<String>,
    /// Parts of the United Nations.
    pub bodies: BTreeSet<String>,
    /// The alleged acts.
    pub acts: Vec<ActFigures>,
    /// Marks.
    pub flags: BTreeSet<String>,
    /// Language of the story.
    pub language: Option<String>,
    /// As what it is counted.
    pub included_as: IncludedAs,
    /// Recommended actions and the last that is known of each.
    pub actions: Vec<(Target, ActionResult)>,
    /// Communications.
    pub communications: Vec<PaperFigures>,
    /// How it ended.
    pub end: Option<End>,
    /// How it went on.
    pub outcome: Option<Outcome>,
}

/// One person in the figures.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonFigures {
    /// One or many.
    pub kind: PersonKind,
    /// Gender, as far as it is known.
    pub gender: Option<String>,
    /// Age group, as far as it is known.
    pub age_group: Option<String>,
    /// Role.
    pub role: Option<String>,
}

/// What an identity part tells the figures: no name, and who it is about only as far as a table needs it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityFigures {
    /// Of which record.
    pub record: RecordId,
    /// Gender.
    pub gender: Option<String>,
    /// Age group.
    pub age_group: Option<String>,
    /// Role.
    pub role: Option<String>,
    /// Whether somebody could say who the source is.
    pub source_identified: bool,
}

impl IdentityFigures {
    /// What the answers of an identity part tell; text that is no choice of the form is left out.
    #[must_use]
    pub fn of(record: RecordId, answers: &Answers, source_identified: bool) -> Self {
        let choice = |id: &str| {
            let values = QUESTIONS.iter().find(|question| question.id == id)?.values;
            let said = answers.text(id)?;
            values.contains(&said).then(|| said.to_owned())
        };
        Self {
            record,
            gender: choice("gender"),
            age_group: choice("age_group"),
            role: choice("role"),
            source_identified,
        }
    }
}

/// One act in the figures.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActFigures {
    /// Its code.
    pub act: String,
    /// Kinds of the alleged actors.
    pub actors: Vec<String>,
    /// Intimidation or reprisal.
    pub nature: Option<ActNature>,
    /// When it is.
    pub timing: Option<Timing>,
    /// Whether it came after the case was made.
    pub follow_up: bool,
}

/// One communication in the figures.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaperFigures {
    /// Its reference or what was written in its place.
    pub reference: String,
    /// When it went.
    pub sent_on: Option<Day>,
    /// When an answer came.
    pub reply_on: Option<Day>,
    /// What it is worth.
    pub reply_class: Option<ReplyClass>,
}

/// As what a case is counted: each is counted as one of these.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncludedAs {
    /// In the total only.
    OutOfScopeTotalOnly,
    /// The persons wish that it is only kept.
    WithheldAtRequest,
    /// Nobody has permitted anything yet.
    WithheldNoPermissionYet,
    /// A number, until the report of the Secretary-General is permitted.
    CountOnlyUntilSgConsent,
    /// Without names.
    Anonymised,
    /// With names.
    Named,
}

impl IncludedAs {
    /// Its code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::OutOfScopeTotalOnly => "out_of_scope_total_only",
            Self::WithheldAtRequest => "withheld_at_request",
            Self::WithheldNoPermissionYet => "withheld_no_permission_yet",
            Self::CountOnlyUntilSgConsent => "count_only_until_sg_consent",
            Self::Anonymised => "anonymised",
            Self::Named => "named",
        }
    }
}

impl Figures {
    /// The row of a case on the office's day `today`; `received` is the office's day of its clock.
    #[must_use]
    pub fn of(case: &Case, received: Day, today: Day) -> Self {
        let acts = case.allegations.values().map(|act| ActFigures {
            act: act.act.clone(),
            actors: act.actors.clone(),
            nature: act.nature,
            timing: act.timing,
            follow_up: act.follow_up,
        });
        let papers = case.communications.values().map(|paper| PaperFigures {
            reference: paper.reference.clone(),
            sent_on: paper.sent_on,
            reply_on: paper.reply_on,
            reply_class: paper.reply_class,
        });
        let actions = case.actions.values().map(|action| {
            let last = action.results.last().map(|done| done.result);
            (
                action.decided.route.target,
                last.unwrap_or(ActionResult::Recommended),
            )
        });
        let contacts = || case.cooperation.values();
        Self {
            case: case.number,
            records: case.records.clone(),
            received,
            channel: case.door.channel.clone(),
            in_scope: case.in_scope,
            urgency: case.urgency,
            states: case
                .states_as(StateRole::AllegedResponsible)
                .map(str::to_owned)
                .collect(),
            counted: case.counted.unwrap_or_else(|| counted(case)),
            persons: persons(case),
            categories: contacts()
                .flat_map(|contact| contact.categories.clone())
                .collect(),
            bodies: contacts().map(|contact| contact.body.clone()).collect(),
            acts: acts.collect(),
            flags: case.flags.clone(),
            language: case.language.clone(),
            included_as: included_as(case, today),
            actions: actions.collect(),
            communications: papers.collect(),
            end: case.end,
            outcome: case.outcome,
        }
    }

    /// The genders that are known, joined; `group` for groups alone, `unknown` where nothing is known.
    #[must_use]
    pub fn genders(&self) -> String {
        let mut known: Vec<&str> = Vec::new();
        for person in &self.persons {
            let gender = match (person.kind, person.gender.as_deref()) {
                (PersonKind::Group, _) | (_, Some("not_applicable")) => "group",
                (_, Some(gender)) if gender != "prefer_not_to_say" => gender,
                _ => continue,
            };
            if !known.contains(&gender) {
                known.push(gender);
            }
        }
        match known.is_empty() {
            true => "unknown".to_owned(),
            false => known.join("+"),
        }
    }

    /// Whether a Government has answered a communication.
    #[must_use]
    pub fn reply_received(&self) -> bool {
        self.communications
            .iter()
            .any(|paper| paper.reply_on.is_some())
    }
}

/// As what a case is counted. Where it tells of several, the one who permits most counts: of the others it is silent.
#[must_use]
pub fn included_as(case: &Case, today: Day) -> IncludedAs {
    if case.in_scope == Some(Known::No) {
        return IncludedAs::OutOfScopeTotalOnly;
    }
    if case.holds.contains(&Hold::WithheldAtRequest) {
        return IncludedAs::WithheldAtRequest;
    }
    let of_person =
        |person: &u16| match in_force(case, *person, today).value(Purpose::SgReport, None) {
            Value::WithIdentity => IncludedAs::Named,
            Value::WithoutIdentity => IncludedAs::Anonymised,
            Value::AskFirst => IncludedAs::CountOnlyUntilSgConsent,
            Value::No => {
                let first = case.consents.first(*person).map(|(_, first)| first);
                let preset = first.and_then(|first| first.preset);
                match preset {
                    Some(Preset::FocalPointOnly) => IncludedAs::WithheldAtRequest,
                    Some(_) if has_lowered(case, *person) => IncludedAs::WithheldAtRequest,
                    _ => IncludedAs::WithheldNoPermissionYet,
                }
            }
        };
    let most = case.persons.keys().map(of_person).max();
    most.unwrap_or(IncludedAs::WithheldNoPermissionYet)
}

fn has_lowered(case: &Case, person: u16) -> bool {
    case.consents
        .iter()
        .any(|(_, entry)| matches!(entry, super::consent::Entry::Lowered(of, ..) if *of == person))
}

fn counted(case: &Case) -> (u32, u32) {
    let of = |kind| {
        case.persons
            .values()
            .filter(|person| person.kind == kind)
            .count()
    };
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    (
        number(of(PersonKind::Individual)),
        number(of(PersonKind::Group)),
    )
}

fn persons(case: &Case) -> Vec<PersonFigures> {
    let role = |role: &str| match (role, case.institution.as_deref()) {
        ("nhri_or_npm_staff", Some("npm" | "nhri_with_npm_mandate")) => "npm_staff".to_owned(),
        ("nhri_or_npm_staff", Some("nhri")) => "nhri_staff".to_owned(),
        (role, _) => role.to_owned(),
    };
    let affected = case.persons.values().filter(|person| !person.in_passing);
    affected
        .map(|person| PersonFigures {
            kind: person.kind,
            gender: person.gender.clone(),
            age_group: person.age_group.clone(),
            role: person.role.as_deref().map(role),
        })
        .collect()
}
