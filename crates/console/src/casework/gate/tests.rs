//! The gate against the tables of `testdata/`, cell by cell, and what the tables do not say.

use std::collections::BTreeSet;

use super::*;
use crate::casework::{
    consent::{Cell, CellValue, Entry, First},
    event::Change,
    testing::{Draft, SECOND, day, person},
    values::{AnswerWay, LinkKind, NamePreset, PersonKind, Preset},
};

const TABLE: &str = include_str!("../../../testdata/gate.tsv");
const COPIES: &str = include_str!("../../../testdata/gate-public-copy.tsv");

/// Everything that officers can do beforehand.
const DONE: Checks = Checks {
    not_recognisable: true,
    second_officer: true,
    one_officer_only: false,
    more_than_the_report: true,
    consulted: true,
    translator_note: true,
};

const VALUES: [(&str, Value); 4] = [
    ("no", Value::No),
    ("ask", Value::AskFirst),
    ("wo", Value::WithoutIdentity),
    ("with", Value::WithIdentity),
];
const BASES: [(&str, Option<Basis>); 7] = [
    ("own", Some(Basis::MyOwn)),
    ("agreed", Some(Basis::TheyAgreed)),
    ("guardian", Some(Basis::ParentOrGuardian)),
    ("kin", Some(Basis::CannotReachThePerson)),
    ("mixed", Some(Basis::MixedMineAndOthers)),
    ("notasked", Some(Basis::NotYetAsked)),
    ("none", None),
];
const PATHS: [&str; 4] = ["preset", "sealed", "server", "twice"];

fn rows(table: &str) -> Vec<Vec<Vec<&str>>> {
    table
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| {
            line.split('\t')
                .map(|column| column.split('|').collect())
                .collect()
        })
        .collect()
}

fn fits(patterns: &[&str], word: &str) -> bool {
    patterns.contains(&"*") || patterns.contains(&word)
}

fn permits_all(basis: Option<Basis>) -> First {
    First {
        preset: Some(Preset::Public),
        names: Some(NamePreset::Public),
        basis,
        risk_understood: true,
        ..First::default()
    }
}

fn open_case(level: Urgency) -> Draft {
    let mut draft = Draft::of_person(level);
    draft
        .add(Change::State(
            "XAA".to_owned(),
            StateRole::AllegedResponsible,
            true,
        ))
        .add(Change::NamedActor("Acme".to_owned(), true))
        .add(Change::Summary(
            "A person was threatened.".to_owned(),
            "en".to_owned(),
        ))
        .add(Change::SummaryAgreed("through the mailbox".to_owned()));
    draft
}

fn ask<'a>(route: &'a Route, checks: Checks) -> Ask<'a> {
    Ask {
        route,
        persons: &[1],
        checks,
        source_identified: Some(true),
        child_known: false,
        today: day(0),
    }
}

/// A case whose value for the route is `value`, come by `path`.
fn with_value(route: &Route, value: Value, basis: Option<Basis>, path: &str) -> Draft {
    let mut draft = open_case(Urgency::U2);
    let cells = |purpose: Purpose, value| {
        vec![CellValue {
            cell: Cell::of(purpose),
            value,
        }]
    };
    if path == "preset" {
        draft.first(1, permits_all(basis));
        // A translator's packet and the office's record hang on no permission.
        if route.purpose() != Purpose::FocalPoint {
            draft.lower(1, cells(route.purpose(), value));
        }
        return draft;
    }
    let way = match path {
        "sealed" => AnswerWay::Sealed,
        _ => AnswerWay::Server,
    };
    draft.first(
        1,
        First {
            preset: Some(Preset::FocalPointOnly),
            ..permits_all(basis)
        },
    );
    let mut to = cells(route.purpose(), value);
    if route.needs_mandate_holder() {
        to.extend(cells(Purpose::MandateHolders, Value::WithIdentity));
    }
    if route.target == Target::R2 {
        to.extend(cells(Purpose::PublicCopyOfLetter, Value::WithIdentity));
    }
    draft.raise(1, to.clone(), way);
    if path == "twice" {
        draft.again(1, to);
    }
    draft
}

#[test]
fn every_cell_of_the_table_comes_out_as_it_says() {
    let rows = rows(TABLE);
    let targets: BTreeSet<&str> = rows.iter().flat_map(|row| row[0].iter().copied()).collect();
    let codes: BTreeSet<Target> = targets
        .iter()
        .map(|target| target.parse::<Route>().expect("a target").target)
        .collect();
    assert_eq!(codes.len(), Target::ALL.len(), "every target has its cells");
    let mut cells = 0;
    for target in targets {
        let route: Route = target.parse().unwrap();
        for (value_name, value) in VALUES {
            for (basis_name, basis) in BASES {
                for path in PATHS {
                    if path != "preset" && value < Value::WithoutIdentity {
                        continue;
                    }
                    let name = format!("{target} {value_name} {basis_name} {path}");
                    let fit: Vec<&Vec<Vec<&str>>> = rows
                        .iter()
                        .filter(|row| {
                            fits(&row[0], target)
                                && fits(&row[1], value_name)
                                && fits(&row[2], basis_name)
                                && fits(&row[3], path)
                        })
                        .collect();
                    assert_eq!(fit.len(), 1, "{name}: exactly one row");
                    let draft = with_value(&route, value, basis, path);
                    let decision = decide(&draft.case, &ask(&route, DONE));
                    let identity = match (decision.verdict, decision.identity) {
                        (Verdict::Allowed, Identity::With) => "with",
                        (Verdict::Allowed, Identity::Without) => "without",
                        _ => "-",
                    };
                    let needs = match (decision.verdict, decision.needs.as_slice()) {
                        (Verdict::Allowed, [Need::Countersign(1)]) => "countersign",
                        (Verdict::Allowed, []) => "-",
                        (Verdict::Allowed, other) => panic!("{name}: {other:?}"),
                        _ => "-",
                    };
                    let said = [decision.verdict.code(), identity, needs];
                    let expected = [fit[0][4][0], fit[0][5][0], fit[0][6][0]];
                    assert_eq!(said, expected, "{name}");
                    assert_eq!(decision.version, GATE_VERSION);
                    cells += 1;
                }
            }
        }
    }
    assert_eq!(cells, 26 * 7 * (4 + 6), "all of them");
}

#[test]
fn the_published_copy_of_a_letter_has_its_own_value_and_only_u1_goes_before_the_answer() {
    let rows = rows(COPIES);
    for (copy_name, copy) in VALUES {
        for level in [Urgency::U1, Urgency::U2, Urgency::U3, Urgency::U4] {
            let fit: Vec<_> = rows
                .iter()
                .filter(|row| fits(&row[0], copy_name) && fits(&row[1], level.code()))
                .collect();
            assert_eq!(fit.len(), 1, "{copy_name} {level:?}");
            for to in ["R2:XAA", "R2:Acme"] {
                let route: Route = to.parse().unwrap();
                let mut draft = open_case(level);
                draft.first(1, permits_all(Some(Basis::MyOwn)));
                let cell = Cell::of(Purpose::PublicCopyOfLetter);
                draft.lower(1, vec![CellValue { cell, value: copy }]);
                let decision = decide(&draft.case, &ask(&route, DONE));
                let redact = decision
                    .instructions
                    .contains(&Instruction::RedactPublicCopy);
                let instruction = match redact {
                    true => "redact",
                    false => "-",
                };
                let said = [decision.verdict.code(), instruction];
                assert_eq!(
                    said,
                    [fit[0][2][0], fit[0][3][0]],
                    "{to} {copy_name} {level:?}"
                );
                let asks = decision.questions.len();
                assert_eq!(
                    asks > 0,
                    copy == Value::AskFirst,
                    "the question is one click away"
                );
            }
        }
    }
}

#[test]
fn a_gate_must_hold_for_every_person_in_the_packet() {
    let route: Route = "M1".parse().unwrap();
    let mut draft = open_case(Urgency::U3);
    draft.first(1, permits_all(Some(Basis::MyOwn)));
    draft.person(2, person());
    let both = Ask {
        persons: &[1, 2],
        ..ask(&route, DONE)
    };
    assert_eq!(
        decide(&draft.case, &both).verdict,
        Verdict::Blocked,
        "nobody asked the second"
    );
    assert!(decide(&draft.case, &ask(&route, DONE)).is_open());
    let unlooked = Checks {
        not_recognisable: false,
        ..DONE
    };
    assert_eq!(
        decide(&draft.case, &ask(&route, unlooked)).needs,
        [Need::Recognition],
        "the second must not be recognised in what tells of the first"
    );
    let nobody = Ask {
        persons: &[],
        ..ask(&route, DONE)
    };
    assert_eq!(decide(&draft.case, &nobody).blocks, [Block::NobodyToTellOf]);
    draft.first(
        2,
        First {
            names: Some(NamePreset::Never),
            ..permits_all(Some(Basis::TheyAgreed))
        },
    );
    let decision = decide(&draft.case, &both);
    assert_eq!(
        (decision.verdict, decision.identity),
        (Verdict::Allowed, Identity::Without),
        "the name of one may not be told, so none is"
    );
}

#[test]
fn people_mentioned_in_passing_and_others_of_a_mixed_permission_are_no() {
    let route: Route = "M1".parse().unwrap();
    let others = [
        crate::casework::event::Person {
            in_passing: true,
            ..person()
        },
        crate::casework::event::Person {
            kind: PersonKind::Group,
            ..person()
        },
    ];
    for other in others {
        let mut draft = open_case(Urgency::U3);
        draft.person(1, other.clone());
        draft.first(1, permits_all(Some(Basis::MyOwn)));
        assert_eq!(
            decide(&draft.case, &ask(&route, DONE)).verdict,
            Verdict::Blocked
        );
        draft.person(
            1,
            crate::casework::event::Person {
                in_passing: false,
                representatives: vec!["elected council, minutes of May".to_owned()],
                ..other
            },
        );
        assert!(decide(&draft.case, &ask(&route, DONE)).is_open());
    }
    let mut draft = open_case(Urgency::U3);
    draft.first(1, permits_all(Some(Basis::MixedMineAndOthers)));
    let reporter = decide(&draft.case, &ask(&route, DONE));
    assert_eq!(reporter.needs, [Need::Countersign(1)]);
    draft.person(
        1,
        crate::casework::event::Person {
            reporter: false,
            ..person()
        },
    );
    assert_eq!(
        decide(&draft.case, &ask(&route, DONE)).verdict,
        Verdict::Blocked
    );
}

#[test]
fn what_is_excluded_is_never_reached_whatever_was_permitted() {
    let mut draft = open_case(Urgency::U3);
    draft.first(1, permits_all(Some(Basis::MyOwn)));
    draft
        .add(Change::State(
            "XAA".to_owned(),
            StateRole::NeverContact,
            true,
        ))
        .add(Change::Excluded("hc".to_owned(), true))
        .add(Change::Excluded("Translator One".to_owned(), true));
    for (to, block) in [
        ("R1:XAA", Block::NeverContact("XAA".to_owned())),
        ("R2:XAA", Block::NeverContact("XAA".to_owned())),
        ("X3:XAA", Block::NeverContact("XAA".to_owned())),
        ("R5", Block::Excluded("HC".to_owned())),
        (
            "TR:translator one",
            Block::Excluded("translator one".to_owned()),
        ),
        ("M1@hc", Block::Excluded("hc".to_owned())),
    ] {
        let route: Route = to.parse().unwrap();
        let decision = decide(&draft.case, &ask(&route, DONE));
        assert_eq!(decision.verdict, Verdict::Blocked, "{to}");
        assert!(
            decision.blocks.contains(&block),
            "{to}: {:?}",
            decision.blocks
        );
    }
    // A State that nobody named is `no`, and so is an actor.
    for to in ["R1:XBB", "R2:Another"] {
        let route: Route = to.parse().unwrap();
        assert_eq!(
            decide(&draft.case, &ask(&route, DONE)).verdict,
            Verdict::Blocked,
            "{to}"
        );
    }
}

#[test]
fn a_letter_needs_a_known_source_and_what_is_outside_the_framework_goes_nowhere() {
    let route: Route = "R2:XAA".parse().unwrap();
    let mut draft = open_case(Urgency::U3);
    draft.first(1, permits_all(Some(Basis::MyOwn)));
    let anonymous = Ask {
        source_identified: Some(false),
        child_known: false,
        ..ask(&route, DONE)
    };
    assert_eq!(
        decide(&draft.case, &anonymous).blocks,
        [Block::SourceNotIdentified]
    );
    let unlooked = Ask {
        source_identified: None,
        child_known: false,
        ..ask(&route, DONE)
    };
    let needs = decide(&draft.case, &unlooked).needs;
    assert_eq!(needs, [Need::LookWhetherSourceIsIdentified]);
    draft.add(Change::Scope(Known::No, "a landlord".to_owned()));
    let experts: Route = "M1".parse().unwrap();
    assert_eq!(
        decide(&draft.case, &ask(&experts, DONE)).blocks,
        [Block::OutOfScope]
    );
    let record: Route = "N0".parse().unwrap();
    assert_eq!(
        decide(&draft.case, &ask(&record, DONE)).verdict,
        Verdict::Allowed
    );
}

#[test]
fn a_report_may_be_permitted_alone_and_what_was_withheld_stays() {
    let mut draft = open_case(Urgency::U3);
    draft.first(1, permits_all(Some(Basis::MyOwn)));
    let cell = Cell::of(Purpose::PublicStatements);
    draft.lower(
        1,
        vec![CellValue {
            cell,
            value: Value::No,
        }],
    );
    let one = Cell::towards(
        Purpose::PublicStatements,
        Scope::Named("A/HRC/61/1".to_owned()),
    );
    draft.raise(
        1,
        vec![CellValue {
            cell: one,
            value: Value::WithoutIdentity,
        }],
        AnswerWay::Sealed,
    );
    let verdict =
        |draft: &Draft, to: &str| decide(&draft.case, &ask(&to.parse().unwrap(), DONE)).verdict;
    assert_eq!(verdict(&draft, "R4:A/HRC/61/1"), Verdict::Allowed);
    assert_eq!(verdict(&draft, "R4:A/HRC/62/1"), Verdict::Blocked);
    assert_eq!(verdict(&draft, "R3"), Verdict::Blocked);
    draft.add(Change::Hold(
        Hold::WithheldAtRequest,
        true,
        "asked".to_owned(),
    ));
    assert_eq!(verdict(&draft, "M1"), Verdict::Blocked);
    assert_eq!(
        verdict(&draft, "Y1:aggregate"),
        Verdict::Allowed,
        "it is counted"
    );
}

#[test]
fn two_officers_where_the_domain_lists_it_and_one_only_for_a_packet_of_u1() {
    let alone = Checks {
        second_officer: false,
        ..DONE
    };
    let only = Checks {
        one_officer_only: true,
        ..alone
    };
    let table = [
        // level, child, target, with the exception, without it
        (Urgency::U2, false, "M1", true, true),
        (Urgency::U1, false, "M1", true, false),
        (Urgency::U1, false, "R1:XAA", true, false),
        (Urgency::U1, false, "R3", false, false),
        (Urgency::U2, false, "R3", false, false),
        (Urgency::U2, false, "R4", false, false),
        (Urgency::U2, false, "X4", false, false),
        (Urgency::U2, false, "X3:public", false, false),
        (Urgency::U2, false, "X3:XAA", true, true),
        (Urgency::U2, true, "M1", false, false),
        (Urgency::U1, true, "M1", false, false),
    ];
    for (level, child, to, with, without) in table {
        let mut draft = open_case(level);
        let who = crate::casework::event::Person {
            age_group: child.then(|| "under_18".to_owned()),
            own_view: child.then(|| "wants the experts to know".to_owned()),
            ..person()
        };
        draft
            .person(1, who)
            .first(1, permits_all(Some(Basis::MyOwn)));
        let route: Route = to.parse().unwrap();
        for (checks, may) in [(only, with), (alone, without)] {
            let decision = decide(&draft.case, &ask(&route, checks));
            let missing = decision.needs.contains(&Need::SecondOfficer);
            assert_eq!(!missing, may, "{level:?} {child} {to} {checks:?}");
        }
        assert!(
            decide(&draft.case, &ask(&route, DONE)).is_open(),
            "{to} with two"
        );
    }
}

#[test]
fn next_of_kin_in_u1_may_be_countersigned_afterwards_and_a_refusal_blocks() {
    let route: Route = "M1".parse().unwrap();
    let only = Checks {
        second_officer: false,
        one_officer_only: true,
        ..DONE
    };
    let mut draft = open_case(Urgency::U1);
    draft.first(1, permits_all(Some(Basis::CannotReachThePerson)));
    let decision = decide(&draft.case, &ask(&route, only));
    assert!(decision.is_open(), "{decision:?}");
    assert_eq!(
        decision.instructions,
        [
            Instruction::CountersignPacket,
            Instruction::CountersignConsent(1)
        ]
    );
    assert!(decision.warnings.contains(&Warning::AskWhenReachable));
    assert_eq!(
        decide(&draft.case, &ask(&route, DONE)).needs,
        [Need::Countersign(1)]
    );
    // The first officer is no second one.
    draft.consent(Entry::Countersigned(1, true));
    assert_eq!(
        decide(&draft.case, &ask(&route, DONE)).needs,
        [Need::Countersign(1)]
    );
    draft.by(
        SECOND,
        Change::Consent(Box::new(Entry::Countersigned(1, true))),
    );
    assert!(decide(&draft.case, &ask(&route, DONE)).is_open());
    draft.by(
        SECOND,
        Change::Consent(Box::new(Entry::Countersigned(1, false))),
    );
    assert_eq!(
        decide(&draft.case, &ask(&route, DONE)).blocks,
        [Block::CountersignRefused(1)]
    );
}

#[test]
fn a_child_is_heard_and_no_authority_is_told_on_a_report_alone() {
    let mut draft = open_case(Urgency::U3);
    let child = crate::casework::event::Person {
        age_group: Some("under_18".to_owned()),
        ..person()
    };
    draft
        .person(1, child)
        .first(1, permits_all(Some(Basis::MyOwn)));
    let route: Route = "R1:XAA".parse().unwrap();
    let report_alone = Checks {
        more_than_the_report: false,
        ..DONE
    };
    assert_eq!(
        decide(&draft.case, &ask(&route, report_alone)).needs,
        [Need::OwnView(1), Need::MoreThanTheReport]
    );
}

#[test]
fn a_child_whom_only_the_identity_part_names_is_guarded_as_one_that_officers_recorded() {
    let mut draft = open_case(Urgency::U1);
    draft.first(1, permits_all(Some(Basis::MyOwn)));
    let alone = Checks {
        second_officer: false,
        one_officer_only: true,
        more_than_the_report: false,
        ..DONE
    };
    for (to, needs) in [
        ("M1", vec![Need::SecondOfficer]),
        ("R1:XAA", vec![Need::SecondOfficer, Need::MoreThanTheReport]),
    ] {
        let route: Route = to.parse().unwrap();
        let mut asked = ask(&route, alone);
        assert_eq!(decide(&draft.case, &asked).needs, [], "{to}");
        asked.child_known = true;
        assert_eq!(decide(&draft.case, &asked).needs, needs, "{to}");
    }
}

#[test]
fn what_goes_without_a_name_needs_the_agreed_summary_and_a_look_for_recognition() {
    let mut draft = Draft::of_person(Urgency::U3);
    draft.first(
        1,
        First {
            names: Some(NamePreset::Never),
            ..permits_all(Some(Basis::MyOwn))
        },
    );
    let route: Route = "M1".parse().unwrap();
    let needs = |draft: &Draft, checks| decide(&draft.case, &ask(&route, checks)).needs;
    let unlooked = Checks {
        not_recognisable: false,
        ..DONE
    };
    assert_eq!(
        needs(&draft, unlooked),
        [Need::AgreedSummary, Need::Recognition]
    );
    draft.add(Change::Summary("A person.".to_owned(), "en".to_owned()));
    assert_eq!(
        needs(&draft, DONE),
        [Need::AgreedSummary],
        "not before the answer"
    );
    draft.add(Change::SummaryAgreed("mailbox".to_owned()));
    assert_eq!(needs(&draft, DONE), []);
    draft.add(Change::Summary("Another text.".to_owned(), "en".to_owned()));
    assert_eq!(
        needs(&draft, DONE),
        [Need::AgreedSummary],
        "a new text was agreed to by nobody"
    );
    draft.level(Urgency::U1);
    let decision = decide(&draft.case, &ask(&route, DONE));
    assert!(
        decision.is_open()
            && decision
                .instructions
                .contains(&Instruction::SummaryNotAgreed)
    );
}

#[test]
fn the_president_speaks_with_states_and_a_report_of_the_secretary_general_is_asked_for_apart() {
    let mut draft = open_case(Urgency::U3);
    draft.first(
        1,
        First {
            preset: Some(Preset::UnSenior),
            ..permits_all(Some(Basis::MyOwn))
        },
    );
    for (to, instruction) in [
        ("R6", Instruction::NotForSgReport),
        ("X2", Instruction::NotForSgReport),
        ("R7", Instruction::NotToAState),
    ] {
        let decision = decide(&draft.case, &ask(&to.parse().unwrap(), DONE));
        assert!(
            decision.is_open() && decision.instructions.contains(&instruction),
            "{to}"
        );
    }
    let decision = decide(&draft.case, &ask(&"R7".parse().unwrap(), DONE));
    assert_eq!(decision.warnings, [Warning::PresidentSpeaksWithStates]);
}

#[test]
fn targets_are_read_as_they_are_written_and_impossible_ones_are_refused() {
    for text in [
        "M1@sr-torture",
        "R2:CHE@sr-torture",
        "R1:Acme Corporation",
        "R5@hc",
        "X1:CAT",
        "Y1:aggregate",
        "Y3:narrative",
        "X3:public",
        "R4:A/HRC/61/1",
        "TR:translator-1",
        "N0",
        "R3",
    ] {
        assert_eq!(
            text.parse::<Route>().map(|route| route.to_string()),
            Ok(text.to_owned())
        );
    }
    for text in [
        "",
        "R9",
        "R2",
        "R2:",
        "R3:CHE",
        "M1:CHE",
        "Y1",
        "X1",
        "X3:aggregate",
        "TR",
    ] {
        assert_eq!(text.parse::<Route>(), Err(BadTarget), "{text}");
    }
    // Linked cases have nothing to do with it.
    let mut draft = open_case(Urgency::U3);
    let other = "R-0000-01".parse().unwrap();
    draft.add(Change::Linked(LinkKind::SameVisit, other));
    assert_eq!(draft.case.links.len(), 1);
}

#[test]
fn the_targets_of_the_gate_are_those_of_the_framework() {
    let data: serde_json::Value =
        serde_json::from_str(include_str!("../../../data/framework.json")).unwrap();
    let targets = data["routing_targets"].as_array().unwrap();
    let listed: BTreeSet<&str> = targets
        .iter()
        .map(|of| of["code"].as_str().unwrap())
        .collect();
    let ours: BTreeSet<&str> = Target::ALL.iter().map(|target| target.code()).collect();
    assert_eq!(ours, listed);
    for target in targets {
        let code = target["code"].as_str().unwrap();
        // A purpose that the data names is the one that the gate asks.
        let gate = &target["gate"]["all_of"][0]["purpose"];
        let route = match code {
            "X1" | "X2F" => format!("{code}:XAA"),
            _ => code.to_owned(),
        };
        if let (Some(purpose), Ok(route)) = (gate.as_str(), route.parse::<Route>()) {
            assert_eq!(route.purpose().code(), purpose, "{code}");
        }
    }
}
