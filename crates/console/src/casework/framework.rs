//! The framework's lists as data: acts, presets, channels, defaults (`data/framework.json`, compared with the
//! questionnaire's own values by a test).

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;

/// The lists.
#[derive(Deserialize)]
pub struct Framework {
    /// From a tick of the form to the codes of acts.
    pub act_types_to_act_codes: BTreeMap<String, Vec<String>>,
    /// The codes of acts.
    pub act_codes: Vec<ActCode>,
    /// Marks of a case that are no acts.
    pub case_flags: Vec<String>,
    /// What each preset means, by purpose.
    pub preset_matrix: BTreeMap<String, BTreeMap<String, String>>,
    /// Which purposes each name preset reaches.
    pub name_preset_reach: BTreeMap<String, Vec<String>>,
    /// Ways in which a case comes.
    pub intake_channels: Channels,
    /// Numbers of days, hours and months.
    pub defaults: Defaults,
}

/// One act.
#[derive(Deserialize)]
pub struct ActCode {
    /// Its code.
    pub code: String,
    /// Whether it counts for SDG indicator 16.10.1.
    pub sdg_16_10_1: bool,
}

/// Ways in which a case comes.
#[derive(Deserialize)]
pub struct Channels {
    /// Through Asylia.
    pub own: Vec<String>,
    /// By another door.
    pub other: Vec<String>,
}

/// Numbers that the framework sets; the project's own, where nothing official is known.
#[derive(Deserialize)]
pub struct Defaults {
    /// Days until a letter is published.
    pub publication_days: i64,
    /// Days until a reply is due.
    pub reply_days: i64,
    /// Days after which every named person is asked again before publication.
    pub recheck_consent_day: i64,
    /// Days until somebody who did not answer is reminded.
    pub ask_first_reminder_days: i64,
    /// Days until a question counts as unread.
    pub unread_question_days: i64,
    /// Months without contact until a case may be closed.
    pub no_contact_close_months: i64,
    /// Months between reviews of consent.
    pub consent_review_months: i64,
    /// Hours within which a packet made by one officer is countersigned.
    pub u1_countersign_hours: i64,
}

impl Framework {
    /// The lists of this program.
    #[must_use]
    pub fn shipped() -> &'static Self {
        &SHIPPED
    }

    /// The codes of a tick of the form; where there are two, the officer chooses.
    #[must_use]
    pub fn codes_of(&self, act_type: &str) -> &[String] {
        self.act_types_to_act_codes
            .get(act_type)
            .map_or(&[], Vec::as_slice)
    }

    /// Whether there is an act of that code.
    #[must_use]
    pub fn is_act(&self, code: &str) -> bool {
        self.act_codes.iter().any(|act| act.code == code)
    }

    /// Whether cases come by that channel from outside Asylia.
    #[must_use]
    pub fn is_other_channel(&self, channel: &str) -> bool {
        self.intake_channels
            .other
            .iter()
            .any(|other| other == channel)
    }
}

static SHIPPED: LazyLock<Framework> = LazyLock::new(|| {
    serde_json::from_str(FRAMEWORK).expect("the data is part of the program and read by its tests")
});
const FRAMEWORK: &str = include_str!("../../data/framework.json");

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_lists_are_those_of_the_questionnaire() {
        let ours: Value = serde_json::from_str(FRAMEWORK).unwrap();
        let form: Value =
            serde_json::from_str(include_str!("../../../envelope/testdata/form-values.json"))
                .unwrap();
        for (name, list) in ours.as_object().unwrap() {
            assert_eq!(Some(list), form.get(name), "{name}");
        }
        let framework = Framework::shipped();
        for codes in framework.act_types_to_act_codes.values() {
            assert!(codes.iter().all(|code| framework.is_act(code)));
        }
        assert_eq!(framework.act_codes.len(), 27);
        assert_eq!(
            framework.codes_of("incommunicado_or_no_lawyer"),
            ["arrest_or_detention"]
        );
        assert!(framework.is_other_channel("letter") && !framework.is_other_channel("form"));
    }

    #[test]
    fn the_words_of_the_case_model_are_those_of_the_domain() {
        use super::super::values;
        let form: Value =
            serde_json::from_str(include_str!("../../../envelope/testdata/form-values.json"))
                .unwrap();
        let codes = |list: &[&str]| serde_json::to_value(list).unwrap();
        macro_rules! same {
            ($($list:ident => $of:expr),+ $(,)?) => { $(
                let own: Vec<&str> = values::$list::ALL.iter().map(|word| word.code()).collect();
                assert_eq!(codes(&own), $of, stringify!($list));
            )+ };
        }
        same! {
            Stage => form["case_states"],
            Hold => form["case_holds"],
            End => form["case_ends"],
            Test => form["assessment_tests"]["tests"],
            Known => form["assessment_tests"]["values"],
            Assessment => form["allegation_assessment_values"],
            ActNature => form["act_nature_values"],
            Timing => form["timing_values"],
            StateRole => form["state_roles"],
            ReplyClass => form["reply_classes"],
            Outcome => form["follow_up_outcomes"],
        }
        let levels = form["urgency_levels"].as_array().unwrap();
        let levels: Vec<&str> = levels
            .iter()
            .map(|level| level["code"].as_str().unwrap())
            .collect();
        let own: Vec<&str> = values::Urgency::ALL
            .iter()
            .map(|level| level.code())
            .collect();
        assert_eq!(own, levels);
    }
}
