//! The questionnaire: every input of the form by its id, its type and its class.
//!
//! One table for every program. The wording lives in `locales/`; the values come from the domain's
//! `form-values.json`, against which a test compares this table.

/// What an input holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Free text in any language; never parsed.
    Text,
    /// One choice, nothing preselected.
    One,
    /// Any number of choices, nothing preselected.
    Several,
    /// One box; posts `yes`.
    Tick,
}

/// Who may read an answer, and so in which compartment or section it is sealed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// N: story and facts; `account` compartment.
    Story,
    /// I: identity; `identity` compartment.
    Identity,
    /// S: sensitive; `account` compartment, a section of its own.
    Sensitive,
    /// P: permissions; `account` compartment, travel with every packet.
    Permission,
}

/// One input of the form.
#[derive(Debug)]
pub struct Question {
    /// The id: name of the HTML field and key of the answer.
    pub id: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Who may read it.
    pub class: Class,
    /// The block (1 to 6) of the form in which it stands.
    pub block: u8,
    /// Values offered, the "rather not say" choice last; empty for text and ticks.
    pub values: &'static [&'static str],
}

impl Question {
    /// Looks a question up by its id.
    #[must_use]
    pub fn by_id(id: &str) -> Option<&'static Self> {
        QUESTIONS.iter().find(|question| question.id == id)
    }
}

/// Every input of the form, in its order; files and the hidden `page_number` apart.
pub static QUESTIONS: [Question; 35] = [
    question("story", Kind::Text, Class::Story, 1, &[]),
    question(
        "in_danger_now",
        Kind::One,
        Class::Story,
        1,
        &["now", "soon", "no", "not_sure"],
    ),
    question(
        "danger_kinds",
        Kind::Several,
        Class::Story,
        1,
        &[
            "life",
            "arrest_or_detention",
            "torture",
            "disappearance",
            "deportation",
            "violence",
            "health",
            "child_at_risk",
            "prefer_not_to_say",
        ],
    ),
    question("danger_date_text", Kind::Text, Class::Story, 1, &[]),
    question(
        "who_is_reporting",
        Kind::One,
        Class::Identity,
        2,
        &[
            "affected_person",
            "relative",
            "lawyer_or_representative",
            "organisation",
            "nhri_or_npm",
            "mandate_holder_or_un_staff",
            "witness",
            "prefer_not_to_say",
        ],
    ),
    question("people_affected_count", Kind::Text, Class::Story, 2, &[]),
    question(
        "definition_categories",
        Kind::Several,
        Class::Story,
        2,
        &[
            "cooperated_with_un",
            "used_un_procedure",
            "submitted_or_assisted_communication",
            "relative_of_victim",
            "not_sure",
        ],
    ),
    question(
        "un_body_contacted",
        Kind::Several,
        Class::Story,
        2,
        &[
            "special_procedures",
            "human_rights_council",
            "upr",
            "treaty_body",
            "treaty_body_spt",
            "ohchr_or_field_presence",
            "un_country_team",
            "peace_mission",
            "other_un_forum",
            "wanted_to_but_could_not",
            "prefer_not_to_say",
        ],
    ),
    question("un_contact_when_text", Kind::Text, Class::Story, 2, &[]),
    question("why_linked", Kind::Text, Class::Story, 2, &[]),
    question(
        "act_types",
        Kind::Several,
        Class::Story,
        3,
        &[
            "killing",
            "physical_attack",
            "sexual_violence",
            "torture_or_ill_treatment",
            "disappearance_or_abduction",
            "threat",
            "death_threat",
            "threat_to_family",
            "smear_or_doxxing",
            "surveillance_offline",
            "surveillance_online",
            "arrest_or_detention",
            "incommunicado_or_no_lawyer",
            "interrogation_or_summons",
            "search_or_seizure",
            "judicial_or_administrative_harassment",
            "worse_detention_conditions",
            "denial_of_medical_care",
            "travel_ban_or_passport_taken",
            "deportation_or_citizenship",
            "denied_access_to_un",
            "loss_of_licence_or_job",
            "ngo_closed_or_deregistered",
            "asset_freeze_or_fine",
            "attack_on_property",
            "restrictive_law",
            "other",
            "prefer_not_to_say",
        ],
    ),
    question("act_when_text", Kind::Text, Class::Story, 3, &[]),
    question("act_country", Kind::Text, Class::Story, 3, &[]),
    question("act_place_text", Kind::Text, Class::Sensitive, 3, &[]),
    question(
        "perpetrators",
        Kind::Several,
        Class::Story,
        3,
        &[
            "police",
            "armed_forces",
            "intelligence_or_security_service",
            "prison_officials",
            "court_or_prosecutor",
            "other_public_authority",
            "company_or_private_security",
            "armed_group",
            "family_or_community",
            "unknown_online_accounts",
            "unknown",
        ],
    ),
    question("perpetrator_details", Kind::Text, Class::Sensitive, 3, &[]),
    question(
        "steps_taken",
        Kind::Several,
        Class::Story,
        4,
        &[
            "police_or_prosecutor_complaint",
            "court_or_administrative_appeal",
            "lawyer",
            "nhri_or_npm",
            "un",
            "regional_body",
            "media",
            "nothing",
            "too_dangerous",
            "prefer_not_to_say",
        ],
    ),
    question("steps_detail", Kind::Text, Class::Story, 4, &[]),
    question("un_reference_text", Kind::Text, Class::Story, 4, &[]),
    question(
        "government_knows",
        Kind::One,
        Class::Story,
        4,
        &["yes", "no", "unknown"],
    ),
    question("what_would_help", Kind::Text, Class::Story, 4, &[]),
    question(
        "what_could_make_it_worse",
        Kind::Text,
        Class::Sensitive,
        4,
        &[],
    ),
    question("person_names", Kind::Text, Class::Identity, 5, &[]),
    question("name_to_use", Kind::Text, Class::Identity, 5, &[]),
    question(
        "gender",
        Kind::One,
        Class::Identity,
        5,
        &[
            "woman",
            "man",
            "other",
            "prefer_not_to_say",
            "not_applicable",
        ],
    ),
    question(
        "age_group",
        Kind::One,
        Class::Identity,
        5,
        &[
            "under_18",
            "18_to_24",
            "adult",
            "over_60",
            "prefer_not_to_say",
        ],
    ),
    question(
        "role",
        Kind::One,
        Class::Identity,
        5,
        &[
            "human_rights_defender",
            "lawyer",
            "journalist",
            "victim",
            "relative_of_victim",
            "witness",
            "nhri_or_npm_staff",
            "detainee",
            "indigenous_leader",
            "civil_society_organisation",
            "other",
            "prefer_not_to_say",
        ],
    ),
    question(
        "groups",
        Kind::Several,
        Class::Sensitive,
        5,
        &[
            "indigenous",
            "ethnic_religious_or_linguistic_minority",
            "lgbtiq",
            "person_with_disability",
            "person_with_chronic_illness",
            "refugee",
            "asylum_seeker",
            "migrant",
            "stateless_person",
            "person_in_detention",
            "older_person",
            "other",
            "prefer_not_to_say",
        ],
    ),
    question("safe_contact", Kind::Text, Class::Identity, 5, &[]),
    question(
        "permission_preset",
        Kind::One,
        Class::Permission,
        6,
        &[
            "focal_point_only",
            "un_experts",
            "un_senior",
            "government",
            "public",
        ],
    ),
    question(
        "name_preset",
        Kind::One,
        Class::Permission,
        6,
        &["never", "inside_un", "government", "public"],
    ),
    question(
        "consent_basis",
        Kind::One,
        Class::Permission,
        6,
        &[
            "my_own",
            "they_agreed",
            "parent_or_guardian",
            "cannot_reach_the_person",
            "mixed_mine_and_others",
            "not_yet_asked",
        ],
    ),
    question("risk_understood", Kind::Tick, Class::Permission, 6, &[]),
    question("conditions", Kind::Text, Class::Permission, 6, &[]),
    question(
        "if_unreachable",
        Kind::One,
        Class::Permission,
        6,
        &["nothing_more", "expert_without_name", "agreed_still_holds"],
    ),
];

/// Groups of the question `act_types`, each with its values in the order of the form.
pub static ACT_GROUPS: [(&str, &[&str]); 6] = [
    (
        "violence",
        &[
            "killing",
            "physical_attack",
            "sexual_violence",
            "torture_or_ill_treatment",
            "disappearance_or_abduction",
        ],
    ),
    (
        "threats",
        &[
            "threat",
            "death_threat",
            "threat_to_family",
            "smear_or_doxxing",
            "surveillance_offline",
            "surveillance_online",
        ],
    ),
    (
        "police_and_courts",
        &[
            "arrest_or_detention",
            "incommunicado_or_no_lawyer",
            "interrogation_or_summons",
            "search_or_seizure",
            "judicial_or_administrative_harassment",
            "worse_detention_conditions",
            "denial_of_medical_care",
        ],
    ),
    (
        "movement",
        &[
            "travel_ban_or_passport_taken",
            "deportation_or_citizenship",
            "denied_access_to_un",
        ],
    ),
    (
        "work_and_organisation",
        &[
            "loss_of_licence_or_job",
            "ngo_closed_or_deregistered",
            "asset_freeze_or_fine",
            "attack_on_property",
            "restrictive_law",
        ],
    ),
    ("other", &["other"]),
];

const fn question(
    id: &'static str,
    kind: Kind,
    class: Class,
    block: u8,
    values: &'static [&'static str],
) -> Question {
    Question {
        id,
        kind,
        class,
        block,
        values,
    }
}
