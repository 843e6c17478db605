/**
 * Replies of the office: the slots of a mailbox, opened and checked (docs/FORMAT.md#replies). The signature comes
 * before the line is parsed, so nothing of a forger's choice is looked at.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { Decrypter } from "age-encryption";
import { bech32 } from "@scure/base";
import { fromUtf8, hex } from "./bytes.js";
import type { VerifiedBundle } from "./bundle.js";
import { lookupId, type mailboxSeeds } from "./return_code.js";
import { isSigned } from "./signing.js";
import { FORMAT_VERSION } from "./submission.js";

/** Bytes of every slot. */
export const REPLY_SLOT_BYTES = 8192;
const REPLY_PLAIN_BYTES = 6110;
const LENGTH_BYTES = 2;
const LINE_FEED = 10;
const SPACE = 32;
const CONTEXT = "asylia/v1/office/reply";

/** What a reply is for. */
export type ReplyKind = "received" | "message" | "question" | "confirmation";

/** A reply that opened and verified. */
export interface Reply {
  /** Counts up from 1 within one mailbox. */
  readonly counter: number;
  /** Digest of the reply before it. */
  readonly previous: string | null;
  /** Highest counter of a follow-up that the office has accepted from this code. */
  readonly followUpCounter: number;
  readonly kind: ReplyKind;
  /** Of the kind `received`: the words that stood on the receipt. */
  readonly proofWords: string | null;
  /** Of the kind `question`: what an answer repeats. */
  readonly nonce: string | null;
  readonly language: string;
  readonly text: string;
  /** SHA-256 of its signed line, which the next one names, hexadecimal. */
  readonly digest: string;
  /** SHA-256 of its slot, by which it is deleted, hexadecimal. */
  readonly slot: string;
}

/** What became of a slot: a reply, nothing that this code opens, or something that is not shown. */
export type Opened = Reply | "nothing" | "refused";

/** Opens a slot with what a code derives. */
export async function openSlot(
  slot: Uint8Array,
  seeds: ReturnType<typeof mailboxSeeds>,
  { instance, officeKeys }: VerifiedBundle,
): Promise<Opened> {
  const length = new DataView(slot.buffer, slot.byteOffset).getUint16(0) + LENGTH_BYTES;
  if (length > slot.length || slot.subarray(length).some((byte) => byte !== 0)) {
    return "refused";
  }
  const plain = await opened(slot.subarray(LENGTH_BYTES, length), seeds.identity);
  if (plain?.length !== REPLY_PLAIN_BYTES) {
    return "nothing";
  }
  const end = plain.indexOf(LINE_FEED);
  const signatureEnd = plain.indexOf(LINE_FEED, end + 1);
  const line = plain.subarray(0, end);
  const signature = fromUtf8(plain.subarray(end + 1, signatureEnd));
  const isWhole = end >= 0 && signatureEnd > end && plain.subarray(signatureEnd + 1).every((byte) => byte === SPACE);
  if (!isWhole || !officeKeys.some((key) => isSigned(key, signature, CONTEXT, line))) {
    return "refused";
  }
  const written = { digest: hex(sha256(line)), slot: hex(sha256(slot)) };
  return replyOf(line, instance, lookupId(seeds.lookupToken), written) ?? "refused";
}

/** The plaintext of an age file; null for dummies and for what is sealed to somebody else. */
async function opened(file: Uint8Array, identity: Uint8Array): Promise<Uint8Array | null> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(bech32.encodeFromBytes("age-secret-key-pq-", identity).toUpperCase());
  return decrypter.decrypt(file).catch(() => null);
}

/** Reads a signed line; null for what is none of this version, this installation or this mailbox. */
function replyOf(
  line: Uint8Array,
  instance: string,
  mailbox: string,
  written: { digest: string; slot: string },
): Reply | null {
  const said = members(fromUtf8(line), MEMBERS);
  if (said?.["version"] !== FORMAT_VERSION || said["instance"] !== instance || said["lookup_id"] !== mailbox) {
    return null;
  }
  const { counter, previous, language, text, follow_up_counter: followUpCounter } = said;
  const kind = kindOf(said["kind"]);
  const isPlaced = isCount(counter) && counter > 0 && (previous === null) === (counter === 1);
  if (
    kind === null ||
    !isPlaced ||
    !isCount(followUpCounter) ||
    !(previous === null || typeof previous === "string") ||
    typeof language !== "string" ||
    typeof text !== "string"
  ) {
    return null;
  }
  return { counter, previous, followUpCounter, language, text, ...kind, ...written };
}

/** `"message"`, `"confirmation"`, or an object of one member. */
function kindOf(said: unknown): Pick<Reply, "kind" | "nonce" | "proofWords"> | null {
  if (said === "message" || said === "confirmation") {
    return { kind: said, nonce: null, proofWords: null };
  }
  const { received, question } = (said ?? {}) as { received?: unknown; question?: unknown };
  const words = (received as { proof_words?: unknown } | undefined)?.proof_words;
  if (Array.isArray(words) && words.length === PROOF_WORDS && words.every((word) => typeof word === "string")) {
    return { kind: "received", nonce: null, proofWords: words.join(" ") };
  }
  const nonce = (question as { nonce?: unknown } | undefined)?.nonce;
  return typeof nonce === "string" ? { kind: "question", nonce, proofWords: null } : null;
}

/** The members of a JSON object that has exactly these. */
function members(json: string, names: readonly string[]): Record<string, unknown> | null {
  try {
    const said = JSON.parse(json) as Record<string, unknown>;
    const found = Object.keys(said);
    return found.length === names.length && names.every((name) => found.includes(name)) ? said : null;
  } catch {
    return null;
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

const PROOF_WORDS = 3;
const MEMBERS = [
  "version", "instance", "lookup_id", "submission_id", "counter", "previous", "day", "follow_up_counter", "kind",
  "language", "text",
];
