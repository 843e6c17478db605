// Made by crates/envelope/examples/client_tables.rs, which says how; not written by hand.

/**
 * One input of the form: its id; how it is answered; and its class, which says where it is sealed (N story and
 * facts, I identity, S sensitive, P permissions). docs/FORMAT.md#text-and-answers
 */
export type Question = readonly [id: string, kind: "text" | "one" | "several" | "tick", class_: "N" | "I" | "S" | "P"];

/** Every input of the form, in its order; files and the hidden `page_number` apart. */
export const QUESTIONS: readonly Question[] = [
  ["story", "text", "N"],
  ["in_danger_now", "one", "N"],
  ["danger_kinds", "several", "N"],
  ["danger_date_text", "text", "N"],
  ["who_is_reporting", "one", "I"],
  ["people_affected_count", "text", "N"],
  ["definition_categories", "several", "N"],
  ["un_body_contacted", "several", "N"],
  ["un_contact_when_text", "text", "N"],
  ["why_linked", "text", "N"],
  ["act_types", "several", "N"],
  ["act_when_text", "text", "N"],
  ["act_country", "text", "N"],
  ["act_place_text", "text", "S"],
  ["perpetrators", "several", "N"],
  ["perpetrator_details", "text", "S"],
  ["steps_taken", "several", "N"],
  ["steps_detail", "text", "N"],
  ["un_reference_text", "text", "N"],
  ["government_knows", "one", "N"],
  ["what_would_help", "text", "N"],
  ["what_could_make_it_worse", "text", "S"],
  ["person_names", "text", "I"],
  ["name_to_use", "text", "I"],
  ["gender", "one", "I"],
  ["age_group", "one", "I"],
  ["role", "one", "I"],
  ["groups", "several", "S"],
  ["safe_contact", "text", "I"],
  ["permission_preset", "one", "P"],
  ["name_preset", "one", "P"],
  ["consent_basis", "one", "P"],
  ["risk_understood", "tick", "P"],
  ["conditions", "text", "P"],
  ["if_unreachable", "one", "P"],
];
