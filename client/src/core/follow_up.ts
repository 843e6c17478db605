/**
 * A follow-up: what a person sends later with the return code, tied to its mailbox and its place by the code's
 * signature (docs/FORMAT.md#follow-ups).
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { inClasses, type Answers } from "./answers.js";
import { base64, bigEndian, framed, fromHex, utf8 } from "./bytes.js";
import { addressOf, mailboxSeeds, type MailboxAddress } from "./return_code.js";
import { FORMAT_VERSION, json, type Belonging } from "./submission.js";

/** What a follow-up says besides answers and files. */
export interface FollowUp {
  /** The secret of the code that signs, 13 bytes. */
  secret: Uint8Array;
  /** Greater than that of every earlier follow-up of this code: see `nextCounter`. */
  counter: number;
  /** Digest of the newest reply that its writer had read, hexadecimal. */
  answersReply: string | null;
  /** Of the question that it answers; no other answer can raise a permission. */
  nonce: string | null;
  /** Permissions as they shall be from now on, by purpose; what is not named stays. */
  permissions: Readonly<Record<string, string>>;
  withdrawAll: boolean;
  deleteReport: boolean;
  /**
   * The secret of the code that is to take the place of this one, 13 bytes, or null. Drawn where the message is
   * composed: all attempts to send it name one code, for any of them may be stored while its answer is lost.
   */
  newSecret: Uint8Array | null;
}

/** A follow-up as it stands in `account`, and what proves it once the manifest is known. */
export interface PreparedFollowUp {
  document: Uint8Array;
  /** `meta/proof` for this manifest. */
  proof(manifest: Uint8Array): Uint8Array;
}

/**
 * By how many milliseconds a device's clock is to be moved: not at all where it is near the server's day, else by
 * whole days into it, since devices' calendars are often wrong.
 *
 * @param today - the server's day, `YYYY-MM-DD`.
 * @param now - the device's clock at that time, milliseconds from 1970.
 */
export function clockShift(today: string, now: number): number {
  const from = Date.parse(`${today}T00:00Z`);
  const isNear = now >= from - DAY_MS / 2 && now < from + (3 * DAY_MS) / 2;
  return isNear ? 0 : from - Math.floor(now / DAY_MS) * DAY_MS;
}

/**
 * The place of the next follow-up: the seconds from 1970, and above every place that is known.
 *
 * @param now - the clock, moved; milliseconds from 1970.
 * @param known - the highest place that was used here, or that a reply names.
 */
export function nextCounter(now: number, known: number): number {
  return Math.max(Math.floor(now / 1000), known + 1);
}

/** Writes a follow-up. */
export function prepareFollowUp(
  { language, pageNumber, answers }: { language: string; pageNumber: string | null; answers: Answers },
  said: FollowUp,
  { instance, submissionId }: Belonging,
): PreparedFollowUp {
  const { signingKey, ...seeds } = mailboxSeeds(said.secret, instance);
  const { lookup_id: lookupId } = addressOf({ signingKey, ...seeds });
  const newSeeds = said.newSecret && mailboxSeeds(said.newSecret, instance);
  const newMailbox: MailboxAddress | null = newSeeds && addressOf(newSeeds);
  const document = json({
    version: FORMAT_VERSION,
    language,
    page_number: pageNumber,
    lookup_id: lookupId,
    counter: said.counter,
    answers_reply: said.answersReply,
    nonce: said.nonce,
    permissions: said.permissions,
    withdraw_all: said.withdrawAll,
    delete_report: said.deleteReport,
    new_mailbox: newMailbox,
    answers: inClasses(answers, "NP"),
    sensitive: inClasses(answers, "S"),
  });
  const proof = (manifest: Uint8Array): Uint8Array => {
    const statement = framed(
      "asylia/v1/mailbox/follow-up",
      fromHex(instance),
      fromHex(submissionId),
      fromHex(lookupId),
      bigEndian(said.counter, 8),
      fromHex(said.answersReply ?? ""),
      utf8(newMailbox?.verifying_key ?? ""),
      sha256(manifest),
    );
    const signed = (seed: Uint8Array): string => base64(ed25519.sign(statement, seed));
    return json({ signature: signed(signingKey), new_signature: newSeeds && signed(newSeeds.signingKey) });
  };
  return { document, proof };
}

const DAY_MS = 24 * 60 * 60 * 1000;
