/**
 * A submission's JSON documents, byte for byte as the other sealers write them: compact, members in the order of
 * docs/FORMAT.md#compartments.
 */
import { inClasses, type Answers } from "./answers.js";
import { fromUtf8, utf8 } from "./bytes.js";
import type { MailboxAddress } from "./return_code.js";

/** Version of every document. */
export const FORMAT_VERSION = 1;
/** Most attachments of one submission. */
export const ATTACHMENTS_LIMIT = 64;

const FILE_NAME_LIMIT_BYTES = 1024;

/** What every compartment of a submission says about it. */
export interface Belonging {
  readonly instance: string;
  readonly period: string;
  readonly submissionId: string;
}

/** What the manifest says of one compartment: size and SHA-256 of its ciphertext. */
export interface ManifestEntry {
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
}

/** `meta/compartment`, first in every compartment. */
export function compartmentHead({ instance, period, submissionId }: Belonging, compartment: string): Uint8Array {
  return json({ version: FORMAT_VERSION, instance, period, submission_id: submissionId, compartment });
}

/** `meta/account`. */
export function account(
  language: string,
  pageNumber: string | null,
  proofWords: readonly [string, string, string],
  mailbox: MailboxAddress,
  answers: Answers,
): Uint8Array {
  return json({
    language,
    page_number: pageNumber,
    proof_words: proofWords,
    mailbox,
    answers: inClasses(answers, "NP"),
    sensitive: inClasses(answers, "S"),
  });
}

/** `meta/identity`. */
export function identity(answers: Answers): Uint8Array {
  return json({ answers: inClasses(answers, "I") });
}

/** `meta/file`: what the sender claims, cut at a character, never refused. */
export function fileHead(name: string, mediaType: string): Uint8Array {
  // A browser that posts a form says this of a file whose type it does not know.
  return json({ name: cut(name), media_type: cut(mediaType || "application/octet-stream") });
}

/** `meta/end`, behind a file: its true length and the SHA-256 of its bytes. */
export function fileEnd(size: number, sha256: string): Uint8Array {
  return json({ size, sha256 });
}

/** `meta/manifest`. */
export function manifest(compartments: readonly ManifestEntry[]): Uint8Array {
  return json({ compartments });
}

/** The header of a sealed file. */
export function sealedFileHead({ instance, period }: Belonging, bundleSequence: number): Uint8Array {
  return json({ version: FORMAT_VERSION, instance, period, bundle_sequence: bundleSequence });
}

function cut(text: string): string {
  const bytes = utf8(text);
  let end = Math.min(bytes.length, FILE_NAME_LIMIT_BYTES);
  // Bytes 10xxxxxx continue a character.
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) {
    end -= 1;
  }
  return fromUtf8(bytes.subarray(0, end));
}

/** Compact JSON. */
export function json(value: object): Uint8Array {
  return utf8(JSON.stringify(value));
}
