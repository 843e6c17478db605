/** Answers to the questionnaire, in the classes of its compartments (docs/FORMAT.md#text-and-answers). */
import { fromUtf8, utf8 } from "./bytes.js";
import { SealProblem } from "./problems.js";
import { QUESTIONS, type Question } from "./questionnaire.js";

const TEXT_FIELD_LIMIT_BYTES = 256 * 1024;
const REPORT_TEXT_LIMIT_BYTES = 1024 * 1024;

/** Text or one choice, several choices, or a tick; `null` where nothing was answered. */
export type Answer = string | string[] | boolean | null;

/** An answer for every question. */
export type Answers = Map<string, Answer>;

/**
 * Answers from the fields of a form, as they would be posted.
 *
 * CRLF and lone CR become LF, and nothing else of a text changes; the empty text is no answer; a text sent twice is
 * joined with LF; fields that are no question are left out.
 *
 * @param needsStory - false for a follow-up, which may say something in other ways.
 * @throws SealProblem - `field_too_long`, `text_too_long` or `empty_story`.
 */
export function answersOf(fields: readonly (readonly [name: string, value: string])[], needsStory = true): Answers {
  const answers: Answers = new Map(QUESTIONS.map(([id, kind]) => [id, unanswered(kind)]));
  const kinds = new Map(QUESTIONS.map(([id, kind]) => [id, kind]));
  const lengths = new Map<string, number>();
  let total = 0;
  for (const [id, value] of fields) {
    const kind = kinds.get(id);
    if (!kind) {
      continue;
    }
    const bytes = utf8(value);
    // One line feed joins the parts of a field.
    const length = (lengths.get(id) ?? -1) + 1 + bytes.length;
    lengths.set(id, length);
    total += bytes.length;
    if (length > TEXT_FIELD_LIMIT_BYTES) {
      throw new SealProblem("field_too_long", { field: id });
    }
    answers.set(id, added(kind, answers.get(id) ?? null, fromUtf8(bytes).replace(/\r\n?/g, "\n")));
  }
  if (total > REPORT_TEXT_LIMIT_BYTES) {
    throw new SealProblem("text_too_long");
  }
  if (needsStory && !/\P{White_Space}/u.test(String(answers.get("story") ?? ""))) {
    throw new SealProblem("empty_story");
  }
  return answers;
}

/** The answers of some classes, every question of them by its id, in the order of the form. */
export function inClasses(answers: Answers, classes: string): Record<string, Answer> {
  const chosen = QUESTIONS.filter(([, , class_]) => classes.includes(class_));
  return Object.fromEntries(chosen.map(([id]) => [id, answers.get(id) ?? null]));
}

function unanswered(kind: Question[1]): Answer {
  return kind === "tick" ? false : kind === "several" ? [] : null;
}

function added(kind: Question[1], known: Answer, value: string): Answer {
  if (kind === "tick") {
    return known === true || value === "yes";
  }
  if (value === "") {
    return known;
  }
  if (Array.isArray(known)) {
    return [...known, value];
  }
  return known === null ? value : `${String(known)}\n${value}`;
}
