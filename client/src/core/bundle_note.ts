/** The grammar of the key bundle: fixed lines in fixed order, each `name: value`; one text has one reading. */
import { ed25519 } from "@noble/curves/ed25519.js";
import { bech32 } from "@scure/base";
import { fromBase64, utf8 } from "./bytes.js";
import { BundleProblem } from "./problems.js";

const NOTE_LIMIT_BYTES = 256 * 1024;
const KEYS_LIMIT = 32;
const PERIODS_LIMIT = 16;
const MAGIC = "asylia key bundle v1";
const RECIPIENT_BYTES = 1216;
const COEFFICIENTS_BYTES = 1152;
const MLKEM_MODULUS = 3329;

/** The time for which one set of recipients is in force. */
export interface Period {
  readonly id: string;
  /** First day on which sealing to it is right. */
  readonly from: string;
  /** Last day on which something sealed to it is accepted. */
  readonly until: string;
  /** Recipient of account, manifest and attachments, `age1pq1…`. */
  readonly account: string;
  /** Recipient of the identity compartment, and of files that show who somebody is. */
  readonly identity: string;
}

/** A note whose signatures nobody has checked. */
export interface Note {
  /** What is signed; ends with a line feed. */
  readonly text: string;
  readonly office: string;
  readonly fingerprint: string;
  readonly instance: string;
  readonly sequence: number;
  readonly notBefore: string;
  readonly notAfter: string;
  readonly demo: boolean;
  readonly threshold: number;
  /** Base64, ascending by their bytes. */
  readonly roots: readonly string[];
  /** Base64. */
  readonly officeKeys: readonly string[];
  readonly periods: readonly Period[];
  /** Key and signature, in base64. */
  readonly signatures: readonly (readonly [key: string, signature: string])[];
}

/**
 * Reads a note; says nothing about who wrote it.
 *
 * @throws BundleProblem - `not_a_bundle`, or `line` with the line's number.
 */
export function parseNote(note: string): Note {
  const end = note.indexOf("\n\n");
  if (utf8(note).length > NOTE_LIMIT_BYTES || end < 0) {
    throw new BundleProblem("not_a_bundle");
  }
  const lines = new Lines(note.slice(0, end).split("\n"));
  if (lines.next() !== MAGIC) {
    throw new BundleProblem("not_a_bundle");
  }
  const content = readContent(lines);
  const signatures = readSignatures(note.slice(end + 2), lines.number + 1);
  return { ...content, text: note.slice(0, end + 1), signatures };
}

function readContent(lines: Lines) {
  // One after the other: the order of the members is the order of the lines.
  const office = lines.value("office", /^[^\p{Cc}]{1,120}$/u);
  const fingerprint = lines.value("fingerprint", /^.+$/);
  const instance = lines.value("instance", /^[0-9a-f]{32}$/);
  const sequence = lines.number_("sequence");
  lines.value("previous", /^(none|[0-9a-f]{64})$/);
  const notBefore = lines.value("not before", isDay);
  const notAfter = lines.value("not after", isDay);
  const demo = lines.value("demo", /^(yes|no)$/) === "yes";
  const threshold = lines.number_("threshold");
  const roots = lines.keys("root");
  if (threshold > roots.length || !isAscending(roots)) {
    lines.fail();
  }
  const officeKeys = lines.keys("office key");
  if (lines.keys("transfer key").length > 1) {
    lines.fail();
  }
  const periods = readPeriods(lines);
  return { office, fingerprint, instance, sequence, notBefore, notAfter, demo, threshold, roots, officeKeys, periods };
}

function readPeriods(lines: Lines): Period[] {
  const periods: Period[] = [];
  while (lines.more()) {
    const [id = "", from = "", until = "", ...rest] = lines.value("period", /^[0-9A-Za-z-]{1,12} /).split(" ");
    if (rest.length > 0 || !isDay(from) || !isDay(until) || from > until) {
      lines.fail();
    }
    lines.value("intake", isRecipient);
    const account = lines.value("account", isRecipient);
    const identity = lines.value("identity", isRecipient);
    const follows = periods.every((known) => known.from < from && known.id !== id);
    if (!follows || periods.length >= PERIODS_LIMIT) {
      lines.fail();
    }
    periods.push({ id, from, until, account, identity });
  }
  return periods;
}

function readSignatures(text: string, linesBefore: number): [string, string][] {
  const lines = text.replace(/\n$/, "").split("\n");
  if (lines.length > KEYS_LIMIT) {
    throw new BundleProblem("not_a_bundle");
  }
  return lines.flatMap((line, at): [string, string][] => {
    if (text === "") {
      return [];
    }
    const [, key = "", signature = ""] = /^— (\S+) ([0-9A-Za-z+/]+={0,2})$/.exec(line) ?? [];
    if (!isKey(key)) {
      throw new BundleProblem("line", linesBefore + 1 + at);
    }
    return [[key, signature]];
  });
}

/** The lines of a note, taken one by one; every refusal names the line. */
class Lines {
  /** Lines taken so far, which is the number of the last one, from 1. */
  number = 0;
  readonly #lines: readonly string[];

  constructor(lines: readonly string[]) {
    this.#lines = lines;
  }

  more(): boolean {
    return this.number < this.#lines.length;
  }

  next(): string {
    this.number += 1;
    return this.#lines[this.number - 1] ?? "";
  }

  fail(): never {
    throw new BundleProblem("line", this.number);
  }

  /** Takes the next line, which must have this name and a value of this form. */
  value(name: string, form: RegExp | ((value: string) => boolean)): string {
    const line = this.next();
    const value = line.slice(name.length + 2);
    const fits = form instanceof RegExp ? form.test(value) : form(value);
    return line.startsWith(`${name}: `) && fits ? value : this.fail();
  }

  /** Takes a number from 1. */
  number_(name: string): number {
    const value = Number(this.value(name, /^[1-9]\d*$/));
    return Number.isSafeInteger(value) ? value : this.fail();
  }

  /** Takes all keys of this name that follow here. */
  keys(name: string): string[] {
    const keys: string[] = [];
    while (this.#lines[this.number]?.startsWith(`${name}: `)) {
      keys.push(this.value(name, isKey));
      if (keys.length > KEYS_LIMIT) {
        this.fail();
      }
    }
    return keys;
  }
}

function isDay(text: string): boolean {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00Z`) : new Date(NaN);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

function isAscending(keys: readonly string[]): boolean {
  const codes = keys.map((key) => Array.from(fromBase64(key, 32) ?? [], (byte) => String.fromCharCode(byte)).join(""));
  return codes.every((code, at) => at === 0 || (codes[at - 1] ?? "") < code);
}

/** Base64 of an Ed25519 key that is a point of the curve, and none of small order. */
function isKey(text: string): boolean {
  const bytes = fromBase64(text, 32);
  try {
    return bytes !== null && !ed25519.Point.fromBytes(bytes).isSmallOrder();
  } catch {
    return false;
  }
}

/** Lower-case bech32 of a hybrid recipient whose ML-KEM part is reduced (FIPS 203, section 7.2). */
function isRecipient(text: string): boolean {
  try {
    const bytes = bech32.fromWords(bech32.decode(text as `age1pq1${string}`, false).words);
    return text.startsWith("age1pq1") && bytes.length === RECIPIENT_BYTES && isReduced(bytes);
  } catch {
    return false;
  }
}

function isReduced(key: Uint8Array): boolean {
  for (let at = 0; at < COEFFICIENTS_BYTES; at += 3) {
    const [a = 0, b = 0, c = 0] = key.subarray(at, at + 3);
    if ((a | ((b & 15) << 8)) >= MLKEM_MODULUS || ((b >> 4) | (c << 4)) >= MLKEM_MODULUS) {
      return false;
    }
  }
  return true;
}
