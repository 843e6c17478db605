/**
 * The return code: 102 secret bits and 8 check bits, and the mailbox that it derives (docs/FORMAT.md#return-code).
 * Derivations take the bits, never the words.
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import { expand, extract } from "@noble/hashes/hkdf.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { MLKEM768X25519 } from "@noble/post-quantum/hybrid.js";
import { bech32 } from "@scure/base";
import { base64, framed, fromHex, hex, utf8 } from "./bytes.js";
import { CodeProblem } from "./problems.js";
import { knownWord, wordAt, words } from "./words.js";

const SECRET_BYTES = 13;
const WORDS = 10;
const DIGITS = 34;
const SEPARATORS = /[\p{White_Space}\p{Cc}\-‐-―,.·،]+/u;

/** What the office needs to write to a submitter; stands in `account`, members in this order. */
export interface MailboxAddress {
  /** `age1pq1…`; replies are sealed to it. */
  readonly recipient: string;
  /** 64 hexadecimal digits; replies are filed under it. */
  readonly lookup_id: string;
  /** Base64 of an Ed25519 key; follow-ups are signed with it. */
  readonly verifying_key: string;
}

/** Draws 102 bits, as 13 bytes. */
export function drawSecret(random: (bytes: number) => Uint8Array): Uint8Array {
  const secret = Uint8Array.from(random(SECRET_BYTES));
  secret[0] = (secret[0] ?? 0) & 0x3f;
  return secret;
}

/** The code of a secret as ten English words, and as 34 digits. */
export function written(secret: Uint8Array): { words: string; digits: string } {
  const check = sha256(framed("asylia/v1/return-code/check", secret)).subarray(0, 1);
  const number = BigInt(`0x${hex(secret)}${hex(check)}`);
  const places = Array.from({ length: WORDS }, (_, place) => BigInt(11 * (WORDS - 1 - place)));
  return {
    words: places.map((shift) => wordAt(number >> shift)).join(" "),
    digits: number.toString().padStart(DIGITS, "0"),
  };
}

/**
 * Reads a typed code, as the server does: ten English words or 34 digits, in any case, spacing and dashes, words also
 * by their first four letters, digits of other scripts.
 *
 * @throws CodeProblem - a slip is told from a well-formed code before any work is done.
 */
export function parseCode(typed: string): Uint8Array<ArrayBuffer> {
  const parts = typed.normalize("NFKC").split(SEPARATORS).filter((part) => part !== "");
  const digits = Array.from(parts.join(""), digitOf);
  const inDigits = digits.length > 0 && !digits.includes(null);
  if (inDigits ? digits.length !== DIGITS : parts.length !== WORDS) {
    throw new CodeProblem("length");
  }
  const number = inDigits ? BigInt(digits.join("")) : parts.reduce(appendWord, 0n);
  const text = (number >> 8n).toString(16).padStart(2 * SECRET_BYTES, "0");
  const secret = fromHex(text);
  if (number >> 110n !== 0n || written(secret).digits !== number.toString().padStart(DIGITS, "0")) {
    throw new CodeProblem("check");
  }
  return secret;
}

function appendWord(number: bigint, typed: string, index: number): bigint {
  const word = knownWord(typed);
  if (word === null) {
    throw new CodeProblem("word", index + 1);
  }
  return (number << 11n) | BigInt(words().indexOf(word));
}

/** ASCII digits, and after NFKC those of Arabic-Indic and Persian keyboards. */
function digitOf(character: string): number | null {
  const place = "0123456789٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹".indexOf(character);
  return place < 0 ? null : place % 10;
}

/** The seeds that a secret derives at one instance, 32 bytes each. */
export function mailboxSeeds(secret: Uint8Array, instance: string) {
  const key = extract(sha512, secret, utf8("asylia/v1/mailbox"));
  const derived = (what: string) =>
    expand(sha512, key, framed(`asylia/v1/mailbox/${what}`, fromHex(instance)), 32);
  return {
    lookupToken: derived("lookup-token"),
    identity: derived("identity"),
    signingKey: derived("signing-key"),
  };
}

/** The public half of the mailbox that a secret has at one instance. */
export function mailboxAddress(secret: Uint8Array, instance: string): MailboxAddress {
  return addressOf(mailboxSeeds(secret, instance));
}

/** The public half of these seeds. */
export function addressOf(seeds: ReturnType<typeof mailboxSeeds>): MailboxAddress {
  const recipient = MLKEM768X25519.getPublicKey(seeds.identity);
  return {
    // The 90 characters of bech32's own limit do not hold for age.
    recipient: bech32.encode("age1pq", bech32.toWords(recipient), false),
    lookup_id: lookupId(seeds.lookupToken),
    verifying_key: base64(ed25519.getPublicKey(seeds.signingKey)),
  };
}

/** Where the server files the replies of whoever shows this token. */
export function lookupId(lookupToken: Uint8Array): string {
  return hex(sha256(framed("asylia/v1/mailbox/lookup-id", lookupToken)));
}
