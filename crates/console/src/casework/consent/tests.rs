//! Consent: presets into matrices, lowering at once, raising with all that it needs, silence.

use super::*;
use crate::casework::{
    event::{Change, Person},
    testing::{Draft, SECOND, day, given, person},
    values::{StateRole, Urgency},
};

const NAMED: First = First {
    preset: Some(Preset::UnExperts),
    names: Some(NamePreset::InsideUn),
    basis: Some(Basis::MyOwn),
    risk_understood: true,
    if_unreachable: None,
    given: None,
};

fn value(draft: &Draft, purpose: Purpose) -> Value {
    in_force(&draft.case, 1, day(0)).value(purpose, None)
}

fn state(code: &str) -> Scope {
    Scope::State(code.to_owned())
}

fn cells(purpose: Purpose, value: Value) -> Vec<CellValue> {
    vec![CellValue {
        cell: Cell::of(purpose),
        value,
    }]
}

fn draft(first: First) -> Draft {
    let mut draft = Draft::of_person(Urgency::U2);
    draft.first(1, first);
    draft
}

#[test]
fn every_preset_gives_the_row_of_the_framework_and_names_reach_no_further_than_was_said() {
    // The rows as the domain writes them: n is "as the name preset reaches".
    let rows: [(Option<Preset>, [&str; 9]); 6] = [
        (
            None,
            ["ask", "ask", "no", "no", "no", "no", "no", "no", "ask"],
        ),
        (Some(Preset::FocalPointOnly), ["no"; 9]),
        (
            Some(Preset::UnExperts),
            ["n", "ask", "no", "no", "no", "no", "no", "ask", "ask"],
        ),
        (
            Some(Preset::UnSenior),
            ["n", "n", "no", "no", "no", "no", "no", "ask", "ask"],
        ),
        (
            Some(Preset::Government),
            ["n", "n", "ask", "n", "ask", "ask", "no", "ask", "ask"],
        ),
        (Some(Preset::Public), ["n"; 9]),
    ];
    let reach: [(Option<NamePreset>, usize); 5] = [
        (None, 0),
        (Some(NamePreset::Never), 0),
        (Some(NamePreset::InsideUn), 3),
        (Some(NamePreset::Government), 4),
        (Some(NamePreset::Public), 9),
    ];
    for (preset, row) in rows {
        for (names, reached) in reach {
            for risk_understood in [true, false] {
                for basis in [Basis::MyOwn, Basis::NotYetAsked] {
                    let first = First {
                        preset,
                        names,
                        risk_understood,
                        basis: Some(basis),
                        ..NAMED
                    };
                    let matrix = preset::values_of(&first);
                    let purposes = Purpose::ALL.iter().skip(1).zip(row).enumerate();
                    for (at, (purpose, word)) in purposes {
                        let meant = match word {
                            "no" => Value::No,
                            "ask" => Value::AskFirst,
                            _ if at < reached => Value::WithIdentity,
                            _ => Value::WithoutIdentity,
                        };
                        let wish = !risk_understood || basis == Basis::NotYetAsked;
                        let meant = match wish {
                            true => meant.min(Value::AskFirst),
                            false => meant,
                        };
                        assert_eq!(matrix[&Cell::of(*purpose)], meant, "{preset:?} {purpose:?}");
                    }
                    assert_eq!(matrix[&Cell::of(Purpose::FocalPoint)], Value::WithIdentity);
                }
            }
        }
    }
}

#[test]
fn a_government_is_permitted_for_the_confirmed_state_alone_and_an_excluded_one_never() {
    let mut draft = draft(First {
        preset: Some(Preset::Public),
        names: Some(NamePreset::Public),
        ..NAMED
    });
    draft.add(Change::State(
        "XAA".to_owned(),
        StateRole::AllegedResponsible,
        true,
    ));
    let towards = |draft: &Draft, code| {
        in_force(&draft.case, 1, day(0)).value(Purpose::Government, Some(&state(code)))
    };
    assert_eq!(towards(&draft, "XAA"), Value::WithIdentity);
    assert_eq!(towards(&draft, "XBB"), Value::No);
    draft.add(Change::State(
        "XAA".to_owned(),
        StateRole::NeverContact,
        true,
    ));
    assert_eq!(towards(&draft, "XAA"), Value::No);
    let matrix = in_force(&draft.case, 1, day(0));
    let actor = Scope::Named("Acme".to_owned());
    assert_eq!(
        matrix.value(Purpose::NonStateAddressee, Some(&actor)),
        Value::No
    );
}

#[test]
fn lowering_acts_at_once_never_raises_and_takes_single_addressees_along() {
    let mut draft = draft(NAMED);
    draft.lower(1, cells(Purpose::Senior, Value::WithIdentity));
    assert_eq!(
        value(&draft, Purpose::Senior),
        Value::AskFirst,
        "it was lower before"
    );
    let cat = Cell::towards(Purpose::OtherMechanisms, Scope::Named("CAT".to_owned()));
    let raised = vec![CellValue {
        cell: cat.clone(),
        value: Value::WithIdentity,
    }];
    draft.raise(1, raised, AnswerWay::Sealed);
    let towards_cat = |draft: &Draft| {
        in_force(&draft.case, 1, day(0)).value(Purpose::OtherMechanisms, cat.scope.as_ref())
    };
    assert_eq!(towards_cat(&draft), Value::WithIdentity);
    draft.lower(1, cells(Purpose::OtherMechanisms, Value::No));
    assert_eq!(towards_cat(&draft), Value::No);
}

#[test]
fn a_raise_needs_another_officer_the_tick_and_where_the_server_saw_it_a_second_answer() {
    for (way, second_officer, tick, second_answer, holds) in [
        (AnswerWay::Sealed, true, true, false, true),
        (AnswerWay::Sealed, false, true, false, false),
        (AnswerWay::Sealed, true, false, false, false),
        (AnswerWay::Server, true, true, false, false),
        (AnswerWay::Server, true, true, true, true),
        (AnswerWay::Server, true, false, true, false),
        (AnswerWay::Server, false, true, true, false),
        (AnswerWay::Other, true, true, false, false),
        (AnswerWay::Other, true, true, true, true),
    ] {
        let mut draft = draft(NAMED);
        let to = cells(Purpose::Senior, Value::WithoutIdentity);
        draft.ask(1, 1, to.clone());
        draft.consent(Entry::Raise(Box::new(Raise {
            number: 1,
            person: 1,
            question: 1,
            to: to.clone(),
            given: given(way),
            no_pressure: tick,
        })));
        // The first officer once more is no second one.
        draft.consent(Entry::RaiseConfirmed(1, true));
        assert_eq!(
            value(&draft, Purpose::Senior),
            Value::AskFirst,
            "before anybody else"
        );
        // The same question again is no second one.
        draft.consent(Entry::SecondAnswer(1, 1, given(way)));
        if second_officer {
            draft.by(
                SECOND,
                Change::Consent(Box::new(Entry::RaiseConfirmed(1, false))),
            );
        }
        if second_answer {
            draft.again(1, to);
        }
        let expected = match holds {
            true => Value::WithoutIdentity,
            false => Value::AskFirst,
        };
        assert_eq!(
            value(&draft, Purpose::Senior),
            expected,
            "{way:?} {second_officer} {tick}"
        );
        draft.consent(Entry::RaiseRefused(1, "he was in the room".to_owned()));
        assert_eq!(value(&draft, Purpose::Senior), Value::AskFirst, "refused");
    }
}

#[test]
fn what_is_lowered_while_a_raise_waits_for_its_second_officer_stays_lowered() {
    let mut draft = draft(NAMED);
    let to = cells(Purpose::Senior, Value::WithIdentity);
    draft.ask(1, 1, to.clone());
    draft.consent(Entry::Raise(Box::new(Raise {
        number: 1,
        person: 1,
        question: 1,
        to,
        given: given(AnswerWay::Sealed),
        no_pressure: true,
    })));
    draft.lower(1, cells(Purpose::Senior, Value::No));
    draft.by(
        SECOND,
        Change::Consent(Box::new(Entry::RaiseConfirmed(1, true))),
    );
    assert_eq!(value(&draft, Purpose::Senior), Value::No);
}

#[test]
fn a_withdrawal_said_later_and_written_down_earlier_outlives_the_raise() {
    let mut draft = draft(NAMED);
    let later = Given {
        on: day(3),
        ..given(AnswerWay::Sealed)
    };
    let lowered = cells(Purpose::Senior, Value::No);
    draft.consent(Entry::Lowered(
        1,
        lowered,
        "withdrawn".to_owned(),
        Some(later),
    ));
    draft.raise(
        1,
        cells(Purpose::Senior, Value::WithIdentity),
        AnswerWay::Sealed,
    );
    assert_eq!(value(&draft, Purpose::Senior), Value::No);
}

#[test]
fn a_permission_ends_with_its_day() {
    let until = Given {
        until: Some(day(10)),
        ..given(AnswerWay::Sealed)
    };
    let draft = draft(First {
        given: Some(until),
        ..NAMED
    });
    let on = |days| in_force(&draft.case, 1, day(days)).value(Purpose::MandateHolders, None);
    assert_eq!((on(10), on(11)), (Value::WithIdentity, Value::AskFirst));
}

/// The table of silence: what was asked, what the person had said for that case, and what holds afterwards.
#[test]
#[expect(clippy::too_many_lines, reason = "most of it is the table")]
fn a_question_that_nobody_reads_for_two_weeks_applies_what_was_said_for_that_case() {
    use IfUnreachable::{AgreedStillHolds, ExpertWithoutName, NothingMore};
    use Value::{AskFirst, No, WithIdentity, WithoutIdentity};
    let rows = [
        // still holds?, answer, purpose, value before, after
        (false, None, Purpose::MandateHolders, AskFirst, AskFirst),
        (
            false,
            Some(NothingMore),
            Purpose::MandateHolders,
            AskFirst,
            AskFirst,
        ),
        (
            false,
            Some(ExpertWithoutName),
            Purpose::MandateHolders,
            AskFirst,
            WithoutIdentity,
        ),
        (
            false,
            Some(ExpertWithoutName),
            Purpose::MandateHolders,
            No,
            No,
        ),
        (
            false,
            Some(ExpertWithoutName),
            Purpose::Senior,
            AskFirst,
            AskFirst,
        ),
        (
            false,
            Some(ExpertWithoutName),
            Purpose::Government,
            AskFirst,
            AskFirst,
        ),
        (
            false,
            Some(AgreedStillHolds),
            Purpose::MandateHolders,
            AskFirst,
            AskFirst,
        ),
        (true, None, Purpose::MandateHolders, WithIdentity, AskFirst),
        (
            true,
            Some(NothingMore),
            Purpose::Senior,
            WithIdentity,
            AskFirst,
        ),
        (
            true,
            Some(ExpertWithoutName),
            Purpose::MandateHolders,
            WithIdentity,
            WithoutIdentity,
        ),
        (
            true,
            Some(ExpertWithoutName),
            Purpose::Senior,
            WithIdentity,
            AskFirst,
        ),
        (
            true,
            Some(AgreedStillHolds),
            Purpose::MandateHolders,
            WithIdentity,
            WithoutIdentity,
        ),
        (
            true,
            Some(AgreedStillHolds),
            Purpose::Senior,
            WithoutIdentity,
            WithoutIdentity,
        ),
        (
            true,
            Some(AgreedStillHolds),
            Purpose::PublicStatements,
            WithIdentity,
            AskFirst,
        ),
        (
            true,
            Some(AgreedStillHolds),
            Purpose::SgReport,
            WithIdentity,
            AskFirst,
        ),
        (
            true,
            Some(AgreedStillHolds),
            Purpose::UnFieldPresenceInCountry,
            WithIdentity,
            AskFirst,
        ),
        (
            true,
            Some(AgreedStillHolds),
            Purpose::NonStateAddressee,
            WithIdentity,
            AskFirst,
        ),
        (
            true,
            Some(AgreedStillHolds),
            Purpose::PublicCopyOfLetter,
            WithIdentity,
            AskFirst,
        ),
        (true, Some(NothingMore), Purpose::Senior, No, No),
    ];
    for (still_holds, answer, purpose, before, after) in rows {
        let mut draft = draft(First {
            preset: Some(Preset::Public),
            names: Some(NamePreset::Public),
            if_unreachable: answer,
            ..NAMED
        });
        draft.add(Change::State(
            "XAA".to_owned(),
            StateRole::AllegedResponsible,
            true,
        ));
        draft.add(Change::NamedActor("Acme".to_owned(), true));
        draft.lower(1, cells(purpose, before));
        let other = Purpose::OtherMechanisms;
        let asks = cells(purpose, WithIdentity);
        let question = Question {
            number: 1,
            person: 1,
            asks,
            still_holds,
            asked_on: day(1),
            nonce: None,
        };
        draft.consent(Entry::Asked(Box::new(question)));
        draft.consent(Entry::Reached(1, day(2)));
        let on =
            |draft: &Draft, days, purpose| in_force(&draft.case, 1, day(days)).value(purpose, None);
        assert_eq!(
            on(&draft, 15, purpose),
            before,
            "13 days after it reached the server"
        );
        assert_eq!(
            on(&draft, 16, purpose),
            after,
            "{still_holds} {answer:?} {purpose:?}"
        );
        assert_eq!(
            on(&draft, 16, other),
            WithIdentity,
            "nothing else was asked"
        );
        assert_eq!(in_force::unread_questions(&draft.case, day(16)), [1]);
        for sign in [
            Change::Consent(Box::new(Entry::Opened(1))),
            Change::Consent(Box::new(Entry::Answered(1))),
            Change::SignOfLife(day(4)),
        ] {
            let mut read = draft_again(&draft);
            read.add(sign);
            assert_eq!(
                on(&read, 30, purpose),
                before,
                "it was read, or somebody wrote"
            );
        }
    }
}

/// The same entries once more, since a case is not copied.
fn draft_again(draft: &Draft) -> Draft {
    let mut again = Draft::of_person(Urgency::U2);
    again.add(Change::State(
        "XAA".to_owned(),
        StateRole::AllegedResponsible,
        true,
    ));
    again.add(Change::NamedActor("Acme".to_owned(), true));
    for (_, entry) in draft.case.consents.iter() {
        again.consent(entry.clone());
    }
    again
}

#[test]
fn silence_gives_nothing_for_somebody_whom_nobody_asked() {
    let mut draft = draft(First {
        preset: None,
        basis: Some(Basis::NotYetAsked),
        if_unreachable: Some(IfUnreachable::ExpertWithoutName),
        ..NAMED
    });
    draft.ask(1, 1, cells(Purpose::MandateHolders, Value::WithoutIdentity));
    draft.consent(Entry::Reached(1, day(0)));
    let matrix = in_force(&draft.case, 1, day(60));
    assert_eq!(matrix.value(Purpose::MandateHolders, None), Value::AskFirst);
    draft.person(
        1,
        Person {
            in_passing: true,
            ..person()
        },
    );
    let matrix = in_force(&draft.case, 1, day(60));
    assert_eq!(matrix.value(Purpose::MandateHolders, None), Value::No);
}
