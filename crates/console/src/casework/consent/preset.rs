//! From the answers of the form to the first matrix (`DOMAIN` §8, rules 1, 2 and 4).

use std::collections::BTreeMap;

use super::{Cell, First};
use crate::casework::{
    framework::Framework,
    values::{Basis, NamePreset, Purpose, Value},
};

/// The values of a first entry for the person it holds for.
#[must_use]
pub fn values_of(first: &First) -> BTreeMap<Cell, Value> {
    let purposes = Purpose::ALL.iter().copied();
    purposes
        .map(|purpose| (Cell::of(purpose), value_of(first, purpose)))
        .collect()
}

/// The values of somebody who was not asked: `no`, but that the office keeps and counts.
#[must_use]
pub fn of_nobody_asked() -> BTreeMap<Cell, Value> {
    let value = |purpose| match purpose {
        Purpose::FocalPoint => Value::WithIdentity,
        _ => Value::No,
    };
    let purposes = Purpose::ALL.iter().copied();
    purposes
        .map(|purpose| (Cell::of(purpose), value(purpose)))
        .collect()
}

fn value_of(first: &First, purpose: Purpose) -> Value {
    let framework = Framework::shipped();
    let preset = first.preset.map_or("unanswered", |preset| preset.code());
    let of_preset = framework.preset_matrix.get(preset);
    let cell = of_preset
        .and_then(|row| row.get(purpose.code()))
        .map(String::as_str);
    let value = match cell {
        Some("by_name_preset") => match reaches(first.names, purpose) {
            true => Value::WithIdentity,
            false => Value::WithoutIdentity,
        },
        // What the data does not know is the most private.
        other => other.and_then(Value::parse).unwrap_or(Value::No),
    };
    let only_a_wish = !first.risk_understood || first.basis == Some(Basis::NotYetAsked);
    match only_a_wish && value > Value::No && purpose != Purpose::FocalPoint {
        true => Value::AskFirst,
        false => value,
    }
}

fn reaches(names: Option<NamePreset>, purpose: Purpose) -> bool {
    let names = names.map_or("unanswered", NamePreset::code);
    let reach = Framework::shipped().name_preset_reach.get(names);
    reach.is_some_and(|reach| reach.iter().any(|reached| reached == purpose.code()))
}
