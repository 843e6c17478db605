//! The shared test cases of the domain: the officer's input is given as an officer would, then what the console
//! proposes, permits, blocks and counts is compared with what the domain expects.

use asylia_envelope::{answers::Answers, day::Day};
use serde_json::Value as Json;

use super::{
    calendar::Calendar,
    case::Case,
    consent::{Cell, CellValue, Entry, First, Given, Question, Raise, Scope, in_force},
    deadline::level,
    event::{
        Allegation, Change, Communication, Cooperation, HardDeadline, Numbered, Person, Told,
        Triage,
    },
    figures::Figures,
    gate::{Ask, Checks, Identity, Route, Verdict, decide},
    reference::Reference,
    testing::{Draft, SECOND, person},
    triage::due,
    values::{
        AnswerWay, Assessment, Basis, Giver, IfUnreachable, Known, NamePreset, PersonKind, Preset,
        Purpose, StateRole, Timing, Urgency, Value,
    },
};

const CASES: &str = include_str!("../../../../tests/data/cases.json");

/// What officers do beside the gate: two of them, with every tick.
const DONE: Checks = Checks {
    not_recognisable: true,
    second_officer: true,
    one_officer_only: false,
    more_than_the_report: true,
    consulted: true,
    translator_note: true,
};

fn shared(key: &str) -> Json {
    let all: Json = serde_json::from_str(CASES).unwrap();
    let cases = all["cases"].as_array().unwrap();
    cases
        .iter()
        .find(|case| case["case_key"] == key)
        .unwrap()
        .clone()
}

fn texts(list: &Json) -> Vec<String> {
    let list = list.as_array().cloned().unwrap_or_default();
    list.iter()
        .map(|text| text.as_str().unwrap().to_owned())
        .collect()
}

fn text(value: &Json) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn moment(text: &str) -> i64 {
    let (day, time) = text.trim_end_matches('Z').split_once('T').unwrap();
    let day: Day = day.parse().unwrap();
    let parts: Vec<i64> = time.split(':').map(|part| part.parse().unwrap()).collect();
    day.days_since_1970() * 86_400 + parts[0] * 3600 + parts[1] * 60 + parts[2]
}

fn day_of(at: i64) -> Day {
    Day::from_unix_seconds(at).unwrap()
}

/// The first entry of a person, from answers of the form.
fn first_of(said: &Json) -> First {
    let word = |id: &str| said[id].as_str();
    First {
        preset: word("permission_preset").and_then(Preset::parse),
        names: word("name_preset").and_then(NamePreset::parse),
        basis: word("consent_basis").and_then(Basis::parse),
        risk_understood: said["risk_understood"] == true,
        if_unreachable: word("if_unreachable").and_then(IfUnreachable::parse),
        given: None,
    }
}

fn person_of(said: &Json) -> Person {
    Person {
        gender: text(&said["gender"]),
        age_group: text(&said["age_group"]),
        role: text(&said["role"]),
        ..person()
    }
}

fn group(said: Person, authority: &str) -> Person {
    Person {
        kind: PersonKind::Group,
        representatives: vec![authority.to_owned()],
        ..said
    }
}

/// The case as an officer takes it from the report: acts, scope, counts, contacts, State, the first person.
fn taken(shared: &Json) -> Draft {
    let said = &shared["submission"];
    let expected = &shared["expected"];
    let mut answers = Answers::default();
    for (id, value) in said.as_object().unwrap() {
        match value {
            Json::String(text) => assert!(answers.add(id, text)),
            Json::Array(values) => {
                values
                    .iter()
                    .for_each(|value| assert!(answers.add(id, value.as_str().unwrap())));
            }
            _ => {}
        }
    }
    let at = moment(shared["received_at"].as_str().unwrap());
    let mut draft = Draft::new(at, Told::of(&answers));
    draft.add(Change::Language(text(&shared["language"]).unwrap()));
    let in_scope = match &expected["in_scope"] {
        Json::Bool(true) => Known::Yes,
        Json::Bool(false) => Known::No,
        _ => Known::Unknown,
    };
    draft.add(Change::Scope(in_scope, "read".to_owned()));
    facts(&mut draft, said, expected);
    if let Some(state) = expected["statistics"]["state"].as_str() {
        draft.add(Change::State(
            state.to_owned(),
            StateRole::AllegedResponsible,
            true,
        ));
    }
    draft.person(1, person_of(said)).first(1, first_of(said));
    draft.add(Change::Summary(
        "A person met an alleged reprisal.".to_owned(),
        "en".to_owned(),
    ));
    draft.add(Change::SummaryAgreed("through the mailbox".to_owned()));
    draft
}

/// Acts, counts and contacts, as the officer reads them.
fn facts(draft: &mut Draft, said: &Json, expected: &Json) {
    for (number, act) in (1..).zip(texts(&expected["act_codes"])) {
        let item = Allegation {
            act,
            date: String::new(),
            place: String::new(),
            actors: texts(&said["perpetrators"]),
            involvement: String::new(),
            nature: None,
            timing: Some(Timing::Past),
            link: Known::Unknown,
            assessment: Assessment::Unassessed,
            reliability: String::new(),
            follow_up: false,
        };
        draft.add(Change::Allegation(Numbered { number, item }));
    }
    let count = |id: &str| {
        expected[id]
            .as_u64()
            .and_then(|count| u32::try_from(count).ok())
    };
    draft.add(Change::Counted {
        individuals: count("victim_individuals").unwrap_or(0),
        groups: count("victim_groups").unwrap_or(0),
    });
    let categories = texts(&expected["definition_categories"]);
    let named = |number: &String| {
        let list = [
            "cooperated_with_un",
            "used_un_procedure",
            "submitted_or_assisted_communication",
            "relative_of_victim",
        ];
        list[number.parse::<usize>().unwrap() - 1].to_owned()
    };
    draft.add(Change::Cooperation(Numbered {
        number: 1,
        item: Cooperation {
            body: texts(&said["un_body_contacted"])
                .first()
                .cloned()
                .unwrap_or_default(),
            date: String::new(),
            manner: String::new(),
            categories: categories.iter().map(named).collect(),
        },
    }));
}

fn cells(purposes: &[Purpose], value: Value) -> Vec<CellValue> {
    let cell = |purpose: &Purpose| CellValue {
        cell: Cell::of(*purpose),
        value,
    };
    purposes.iter().map(cell).collect()
}

/// Towards whom a purpose is asked in these cases.
fn scope_of(case: &Case, purpose: Purpose) -> Option<Scope> {
    let state = case.states_as(StateRole::AllegedResponsible).next();
    match (purpose, state) {
        (Purpose::Government, Some(state)) => Some(Scope::State(state.to_owned())),
        _ => None,
    }
}

fn assert_matrix(case: &Case, person: u16, today: Day, expected: &Json, name: &str) {
    let expected = expected.as_object().unwrap();
    assert_eq!(expected.len(), Purpose::ALL.len(), "{name}: every purpose");
    let matrix = in_force(case, person, today);
    for (purpose, value) in expected {
        let purpose = Purpose::parse(purpose).unwrap();
        let scope = scope_of(case, purpose);
        let mut found = matrix.value(purpose, scope.as_ref());
        if purpose == Purpose::Government && scope.is_none() {
            found = matrix.value(purpose, None);
        }
        assert_eq!(found.code(), value.as_str().unwrap(), "{name}: {purpose:?}");
    }
}

/// The route that an action of the cases means, and whether it says with or without identity.
fn route_of(action: &str, state: Option<&str>) -> Option<(Route, Option<Identity>)> {
    let code = action.split('_').next().unwrap();
    let state = state.unwrap_or("XXX");
    let text = match code {
        "R1" | "R2" => format!("{code}:{state}"),
        "X1" => format!("X1:{}", action.strip_prefix("X1_").unwrap_or("SPT")),
        "X2F" => format!("X2F:OHCHR-FIELD:{state}"),
        code => code.to_owned(),
    };
    let identity = match action {
        action if action.ends_with("without_identity") => Some(Identity::Without),
        action if action.ends_with("with_identity") || action.contains("_named_for_") => {
            Some(Identity::With)
        }
        _ => None,
    };
    text.parse().ok().map(|route| (route, identity))
}

struct Outcome<'a> {
    name: &'a str,
    case: &'a Case,
    source_identified: bool,
    today: Day,
}

impl Outcome<'_> {
    fn actions(&self, expected: &Json, suffix: &str) -> usize {
        let state = self.case.states_as(StateRole::AllegedResponsible).next();
        let mut looked = 0;
        for (list, wanted) in [
            ("allowed_actions", Verdict::Allowed),
            ("ask_first_actions", Verdict::AskFirst),
            ("blocked_actions", Verdict::Blocked),
        ] {
            for action in texts(&expected[&format!("{list}{suffix}")]) {
                // Acts of the record itself, which no gate guards.
                let Some((route, identity)) = route_of(&action, state) else {
                    assert!(RECORD_ACTS.contains(&action.as_str()), "{action}");
                    continue;
                };
                let ask = Ask {
                    route: &route,
                    persons: &[1],
                    checks: DONE,
                    source_identified: Some(self.source_identified),
                    child_known: false,
                    today: self.today,
                };
                let decision = decide(self.case, &ask);
                let name = format!("{} {action}: {decision:?}", self.name);
                match wanted {
                    Verdict::Allowed => assert!(decision.is_open(), "{name}"),
                    Verdict::AskFirst => assert_eq!(decision.verdict, wanted, "{name}"),
                    // What asks first blocks as well.
                    Verdict::Blocked => assert_ne!(decision.verdict, Verdict::Allowed, "{name}"),
                }
                if let Some(identity) = identity {
                    assert_eq!(decision.identity, identity, "{name}");
                }
                looked += 1;
            }
        }
        looked
    }

    fn statistics(&self, expected: &Json) {
        let received = day_of(self.case.clock);
        let figures = Figures::of(self.case, received, self.today);
        let expected = &expected["statistics"];
        assert_eq!(
            figures.included_as.code(),
            expected["included_as"],
            "{}",
            self.name
        );
        if let Some(state) = expected.get("state") {
            assert_eq!(figures.states.first().map(String::as_str), state.as_str());
        }
        if let Some(gender) = expected["gender"].as_str() {
            assert_eq!(figures.genders(), gender, "{}", self.name);
        }
        if expected.get("victim_roles").is_some() {
            let roles: Vec<String> = figures
                .persons
                .iter()
                .filter_map(|person| person.role.clone())
                .collect();
            assert_eq!(roles, texts(&expected["victim_roles"]));
        }
        if let Some(reply) = expected["reply_received"].as_bool() {
            assert_eq!(figures.reply_received(), reply);
        }
    }
}

fn triaged(draft: &mut Draft, expected: &Json) {
    let proposed = level(&draft.case, draft.at);
    assert_eq!(proposed.code(), expected["urgency"], "the proposal");
    draft.add(Change::Triaged(Triage {
        level: proposed,
        proposed,
        reason: String::new(),
    }));
}

fn answer(way: AnswerWay, at: &str, language: &str) -> Given {
    Given {
        by: Giver::ThePerson,
        on: day_of(moment(at)),
        language: language.to_owned(),
        explained: "published about 60 days later".to_owned(),
        way,
        until: None,
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one case from its report to its end")]
fn a_travel_ban_after_a_visit_is_raised_by_two_answers_and_goes_without_the_name() {
    let shared = shared("TC-01");
    let expected = &shared["expected"];
    let mut draft = taken(&shared);
    triaged(&mut draft, expected);
    let today = day_of(draft.at);
    assert_matrix(
        &draft.case,
        1,
        today,
        &expected["effective_consent_before_mailbox"],
        "before",
    );
    let messages = shared["mailbox_messages"].as_array().unwrap().clone();
    let at = |index: usize| messages[index]["sent_at"].as_str().unwrap().to_owned();
    let towards = Cell::towards(Purpose::Government, Scope::State("QQS".to_owned()));
    let to = vec![
        CellValue {
            cell: towards,
            value: Value::WithoutIdentity,
        },
        CellValue {
            cell: Cell::of(Purpose::PublicCopyOfLetter),
            value: Value::WithoutIdentity,
        },
    ];
    let question = |number| {
        Entry::Asked(Box::new(Question {
            number,
            person: 1,
            asks: to.clone(),
            still_holds: false,
            asked_on: today,
            nonce: None,
        }))
    };
    draft.consent(question(1));
    // The report came without JavaScript, and so did the answer.
    draft.consent(Entry::Raise(Box::new(Raise {
        number: 1,
        person: 1,
        question: 1,
        to: to.clone(),
        given: answer(AnswerWay::Server, &at(1), "ar"),
        no_pressure: true,
    })));
    draft.by(
        SECOND,
        Change::Consent(Box::new(Entry::RaiseConfirmed(1, true))),
    );
    let after_first = &expected["effective_consent_after_first_answer"];
    assert_matrix(&draft.case, 1, today, after_first, "after the first answer");
    draft.consent(question(2));
    draft.consent(Entry::SecondAnswer(
        1,
        2,
        answer(AnswerWay::Server, &at(3), "ar"),
    ));
    let today = day_of(moment(&at(3)));
    assert_matrix(
        &draft.case,
        1,
        today,
        &expected["effective_consent"],
        "after the second",
    );
    let outcome = Outcome {
        name: "TC-01",
        case: &draft.case,
        source_identified: true,
        today,
    };
    assert_eq!(outcome.actions(expected, ""), 9);
    outcome.statistics(expected);
}

#[test]
fn a_brother_held_incommunicado_is_urgent_and_next_of_kin_is_countersigned() {
    let shared = shared("TC-03");
    let expected = &shared["expected"];
    let mut draft = taken(&shared);
    // The disappeared son; nobody can ask him, and the packet is about his uncle.
    draft.person(2, person_of(&Json::Null));
    draft.add(Change::HardDeadline(Some(HardDeadline {
        at: moment("2026-03-30T08:00:00Z"),
        zone: "as told".to_owned(),
        what: "court hearing on detention".to_owned(),
    })));
    triaged(&mut draft, expected);
    let due = due(Urgency::U1, draft.case.clock, &Calendar::default());
    assert_eq!(due.act, moment(expected["action_due_by"].as_str().unwrap()));
    let today = day_of(draft.at);
    assert_matrix(
        &draft.case,
        1,
        today,
        &expected["effective_consent"],
        "TC-03",
    );
    // One officer alone may make the packet to the experts, and nothing else.
    let experts: Route = "M1".parse().unwrap();
    let alone = |route| Ask {
        route,
        persons: &[1],
        checks: Checks {
            second_officer: false,
            one_officer_only: true,
            ..DONE
        },
        source_identified: Some(true),
        child_known: false,
        today,
    };
    assert!(decide(&draft.case, &alone(&experts)).is_open());
    let press: Route = "R3".parse().unwrap();
    assert!(!decide(&draft.case, &alone(&press)).is_open());
    draft.by(
        SECOND,
        Change::Consent(Box::new(Entry::Countersigned(1, true))),
    );
    let outcome = Outcome {
        name: "TC-03",
        case: &draft.case,
        source_identified: true,
        today,
    };
    assert_eq!(outcome.actions(expected, ""), 8);
    outcome.statistics(expected);
}

#[test]
fn of_a_detainee_and_an_officer_only_the_one_who_agreed_is_told_of() {
    let shared = shared("TC-04");
    let expected = &shared["expected"];
    let mut draft = taken(&shared);
    draft.add(Change::Institution(
        text(&shared["on_behalf_of"]["institution_type"]).unwrap(),
    ));
    let second = &shared["on_behalf_of"]["persons"][1];
    draft
        .person(2, person_of(second))
        .first(2, first_of(second));
    triaged(&mut draft, expected);
    let today = day_of(draft.at);
    assert_matrix(
        &draft.case,
        1,
        today,
        &expected["effective_consent"],
        "Anselme",
    );
    let matrix = in_force(&draft.case, 2, today);
    for purpose in Purpose::ALL.iter().skip(1) {
        assert_eq!(matrix.value(*purpose, None), Value::No, "Délia {purpose:?}");
    }
    let outcome = Outcome {
        name: "TC-04",
        case: &draft.case,
        source_identified: true,
        today,
    };
    assert_eq!(outcome.actions(expected, ""), 9);
    outcome.statistics(expected);
    let both = Ask {
        route: &"M1".parse().unwrap(),
        persons: &[1, 2],
        checks: DONE,
        source_identified: Some(true),
        child_known: false,
        today,
    };
    assert_eq!(decide(&draft.case, &both).verdict, Verdict::Blocked);
}

#[test]
#[expect(clippy::too_many_lines, reason = "one case from its report to its end")]
fn an_organisation_permits_everything_and_withdraws_what_is_public_at_once() {
    let shared = shared("TC-06");
    let expected = &shared["expected"];
    let mut draft = taken(&shared);
    let director = "its director, as named representative";
    draft.person(1, group(person_of(&shared["submission"]), director));
    for number in 2..=5 {
        draft.person(number, person());
    }
    draft.add(Change::HardDeadline(Some(HardDeadline {
        at: moment("2026-03-02T09:00:00Z"),
        zone: "as told".to_owned(),
        what: "appeal hearing".to_owned(),
    })));
    triaged(&mut draft, expected);
    let history = expected["consent_history"].as_array().unwrap();
    let on = |index: usize| -> Day { history[index]["at"].as_str().unwrap().parse().unwrap() };
    assert_matrix(&draft.case, 1, on(0), &history[0]["effective"], "at first");
    for member in 2..=5 {
        let experts = in_force(&draft.case, member, on(0)).value(Purpose::MandateHolders, None);
        assert_eq!(
            experts,
            Value::No,
            "each of the staff is asked for themselves"
        );
    }
    draft.add(Change::Communication(Numbered {
        number: 1,
        item: Communication {
            reference: "AL XPL 2/2026".to_owned(),
            addressee: "XPL".to_owned(),
            sent_on: "2026-02-09".parse().ok(),
            reply_due: None,
            reply_on: None,
            reply_class: None,
            published_on: None,
            public_copy_redacted: false,
        },
    }));
    // What an officer reads in the withdrawal of 5 March.
    let mut lowered = cells(
        &[
            Purpose::Government,
            Purpose::NonStateAddressee,
            Purpose::PublicStatements,
        ],
        Value::No,
    );
    lowered.extend(cells(
        &[Purpose::PublicCopyOfLetter, Purpose::SgReport],
        Value::WithoutIdentity,
    ));
    lowered.extend(cells(&[Purpose::OtherMechanisms], Value::AskFirst));
    draft.lower(1, lowered);
    assert_matrix(
        &draft.case,
        1,
        on(1),
        &history[1]["effective"],
        "after the withdrawal",
    );
    let outcome = Outcome {
        name: "TC-06",
        case: &draft.case,
        source_identified: true,
        today: on(1),
    };
    assert_eq!(outcome.actions(expected, "_after_withdrawal"), 7);
    outcome.statistics(expected);
}

#[test]
fn a_few_lines_alone_are_recorded_and_nothing_is_inferred() {
    let shared = shared("TC-07");
    let expected = &shared["expected"];
    let mut draft = taken(&shared);
    draft.add(Change::Flag("child".to_owned(), true));
    triaged(&mut draft, expected);
    let today = day_of(draft.at);
    assert_matrix(
        &draft.case,
        1,
        today,
        &expected["effective_consent"],
        "TC-07",
    );
    assert_eq!(draft.case.told.country, None);
    let outcome = Outcome {
        name: "TC-07",
        case: &draft.case,
        source_identified: false,
        today,
    };
    assert_eq!(outcome.actions(expected, ""), 8);
    outcome.statistics(expected);
}

#[test]
fn hostile_text_outside_the_framework_is_neither_urgent_nor_permitted() {
    let shared = shared("TC-10");
    let expected = &shared["expected"];
    let mut draft = taken(&shared);
    triaged(&mut draft, expected);
    let today = day_of(draft.at);
    for purpose in Purpose::ALL.iter().skip(1) {
        let value = in_force(&draft.case, 1, today).value(*purpose, None);
        assert_eq!(
            value,
            Value::AskFirst,
            "{}: {purpose:?}",
            expected["consent_note"]
        );
    }
    let reference = shared["submission"]["un_reference_text"].as_str().unwrap();
    assert_eq!(Reference::parse(reference), None, "kept as text");
    let outcome = Outcome {
        name: "TC-10",
        case: &draft.case,
        source_identified: true,
        today,
    };
    assert_eq!(outcome.actions(expected, ""), 8);
    outcome.statistics(expected);
}

/// Acts of the record and the mailbox that no gate guards.
const RECORD_ACTS: [&str; 4] = [
    "record_only",
    "reply_through_mailbox",
    "close",
    "ask_public_copy_to_be_redacted",
];
