/**
 * The office's key bundle: a signed note, and the rules that protect whoever seals to it (docs/FORMAT.md#key-bundle).
 * Only `verifyBundle` makes a `VerifiedBundle`. A browser remembers no earlier bundle: rollback is the server's check.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bigEndian, framed, fromBase64, fromHex, utf8 } from "./bytes.js";
import { parseNote, type Note, type Period } from "./bundle_note.js";
import { BundleProblem } from "./problems.js";
import { isSigned } from "./signing.js";
import { knownWord, wordsOfBits } from "./words.js";

const FINGERPRINT_WORDS = 12;
const ROOT_CONTEXT = "asylia/v1/root/key-bundle";

declare const verified: unique symbol;

/** A bundle whose signatures, office and day were checked. Plain data: it may cross to a worker by structured clone. */
export interface VerifiedBundle {
  /** Never present; keeps an unchecked object from passing for a checked one. */
  readonly [verified]: true;
  /** The office, as a function and not a name of a person. */
  readonly office: string;
  /** Its 12 words, in the list's spelling, with single spaces. */
  readonly fingerprint: string;
  /** The installation, 32 hexadecimal digits. */
  readonly instance: string;
  /** Number of the bundle. */
  readonly sequence: number;
  /** First and last day on which the bundle holds. */
  readonly notBefore: string;
  readonly notAfter: string;
  /** A throw-away office: whoever shows the form says DEMO KEYS. */
  readonly demo: boolean;
  /** Keys that sign the office's replies, base64. */
  readonly officeKeys: readonly string[];
  /** Ascending by their first day. */
  readonly periods: readonly Period[];
}

/**
 * Reads and checks a note, to seal to it.
 *
 * @param note - the text of `GET /keys`.
 * @param anchorWords - the office's 12 words as typed or configured; `null` lets a demonstration pass and nothing else.
 * @param today - the day in UTC, `YYYY-MM-DD`.
 * @throws BundleProblem - also when no period covers the day, so that nobody writes a story that cannot be sealed.
 */
export function verifyBundle(note: string, anchorWords: string | null, today: string): VerifiedBundle {
  const bundle = verifyOffice(note, anchorWords);
  periodOn(bundle, today);
  return bundle;
}

/**
 * Reads and checks a note whatever the day: who the office is does not end with a period, and its replies can be read
 * after its last day.
 *
 * @throws BundleProblem
 */
export function verifyOffice(note: string, anchorWords: string | null): VerifiedBundle {
  const read = parseNote(note);
  const fingerprint = fingerprintOf(read);
  if (read.fingerprint !== fingerprint) {
    throw new BundleProblem("line", 3);
  }
  if (anchorWords === null ? !read.demo : anchorOf(anchorWords) !== fingerprint) {
    throw new BundleProblem(anchorWords === null ? "no_anchor" : "other_office");
  }
  if (validSignatures(read) < read.threshold) {
    throw new BundleProblem("signatures");
  }
  const { office, instance, sequence, notBefore, notAfter, demo, officeKeys, periods } = read;
  return { office, fingerprint, instance, sequence, notBefore, notAfter, demo, officeKeys, periods } as VerifiedBundle;
}

/**
 * The period to seal to on a day: of those whose window holds it, the one that began last.
 *
 * @throws BundleProblem - `not_in_force` or `no_period`.
 */
export function periodOn(bundle: VerifiedBundle, today: string): Period {
  // Days of one form compare as their texts do.
  if (today < bundle.notBefore || today > bundle.notAfter) {
    throw new BundleProblem("not_in_force");
  }
  const period = bundle.periods.filter(({ from, until }) => from <= today && today <= until).at(-1);
  if (!period) {
    throw new BundleProblem("no_period");
  }
  return period;
}

function anchorOf(typed: string): string {
  const found = typed.split(/[\s-]+/).filter((word) => word !== "").map(knownWord);
  if (found.length !== FINGERPRINT_WORDS || found.includes(null)) {
    throw new BundleProblem("bad_anchor");
  }
  return found.join(" ");
}

function fingerprintOf(note: Note): string {
  const keys = note.roots.map((key) => fromBase64(key, 32) ?? new Uint8Array());
  const text = framed("asylia/v1/fingerprint", fromHex(note.instance), bigEndian(note.threshold, 8), ...keys);
  return wordsOfBits(sha256(text), FINGERPRINT_WORDS).join(" ");
}

/** Root keys of the note, each counted once, that signed its text. */
function validSignatures(note: Note): number {
  const text = utf8(note.text);
  const signed = (root: string) =>
    note.signatures.some(([key, signature]) => key === root && isSigned(key, signature, ROOT_CONTEXT, text));
  return note.roots.filter(signed).length;
}
