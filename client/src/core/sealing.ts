/**
 * From a filled form to a sealed file and the receipt: the only way in which this client seals.
 * Trusts the bundle because `verifyBundle` made it. Files are read as the stream is pulled, a slice at a time.
 */
import { seal } from "./age.js";
import { answersOf } from "./answers.js";
import { periodOn, type VerifiedBundle } from "./bundle.js";
import type { Period } from "./bundle_note.js";
import { hex } from "./bytes.js";
import { Digest, type Digester, type NewDigest } from "./digest.js";
import { prepareFollowUp, type FollowUp, type PreparedFollowUp } from "./follow_up.js";
import { SealProblem } from "./problems.js";
import { drawSecret, mailboxAddress, written } from "./return_code.js";
import { FILE_END, fileStart, framedCompartment } from "./sealed_file.js";
import { SLICE_BYTES, archive, archiveBytes, documentStream, type Stream } from "./slices.js";
import {
  ATTACHMENTS_LIMIT,
  account,
  compartmentHead,
  fileEnd,
  fileHead,
  identity,
  manifest,
  sealedFileHead,
  type Belonging,
  type ManifestEntry,
} from "./submission.js";
import { drawProofWords } from "./words.js";

/** A file that goes along. */
export interface FileInput {
  /** Claimed name, without folders; sealed inside, cut at 1024 bytes. */
  name: string;
  /** Claimed media type; may be empty. */
  mediaType: string;
  blob: Blob;
  /** Sealed to the identity key; nothing outside the seal says so. */
  showsWho: boolean;
}

/** What the person keeps; shown once and stored nowhere. */
export interface Receipt {
  /** The return code as ten words, with single spaces. */
  words: string;
  /** The same code as 34 digits, without groups. */
  digits: string;
  /** Three words that the office's first reply repeats, with single spaces; none of a code that follows another. */
  proofWords: string | null;
}

/** A report or a follow-up as it leaves the browser. */
export interface Sealed {
  /** Null where no code was drawn. */
  receipt: Receipt | null;
  /**
   * The sealed-file frame, once, in pieces of any size that are not to be changed. Files are read as it is pulled.
   * May throw a `SealProblem` (`file_unreadable`): what came before is to be thrown away then.
   */
  stream: AsyncIterable<Uint8Array>;
}

/** What is to be sealed. */
export interface SealRequest {
  bundle: VerifiedBundle;
  /** The day in UTC, `YYYY-MM-DD`; decides the period. */
  today: string;
  /** Language of the page, BCP 47. */
  language: string;
  /** Drawn with the page, 32 hexadecimal digits; anything else counts as none. */
  pageNumber: string | null;
  /** Text fields of the form, as they would be posted. */
  fields: readonly (readonly [name: string, value: string])[];
  files: readonly FileInput[];
  /** Random bytes of the operating system. */
  random(bytes: number): Uint8Array;
  /** Told the bytes of a file that were read so far; `index` counts from 0. */
  onFileBytes?(index: number, done: number): void;
  /** Begins a digest, if not here, then elsewhere: in parallel. */
  digest?: NewDigest;
}

/** A compartment before it is sealed. */
interface Compartment {
  readonly name: string;
  readonly recipient: string;
  /** The streams behind `meta/compartment`. */
  readonly streams: readonly Stream[];
}

/**
 * Checks the request and prepares the stream; nothing is read or sealed before the stream is pulled.
 *
 * @throws SealProblem - `empty_story`, `field_too_long`, `text_too_long` or `too_many_files`.
 * @throws BundleProblem - when the bundle is not in force on the day, or no period covers it.
 */
export async function sealReport(request: SealRequest): Promise<Sealed & { receipt: Receipt }> {
  const { bundle, language, random } = request;
  const answers = answersOf(request.fields);
  const { period, pageNumber, belonging } = begin(request);
  const secret = drawSecret(random);
  const proofWords = drawProofWords(random);
  const mailbox = mailboxAddress(secret, bundle.instance);
  const receipt = { ...written(secret), proofWords: proofWords.join(" ") };
  secret.fill(0);
  const documents = {
    account: documentStream("account", account(language, pageNumber, proofWords, mailbox, answers)),
    identity: identity(answers),
  };
  return { receipt, stream: sealedFile(request, period, belonging, documents) };
}

/**
 * The same for a follow-up; the receipt is that of the new code, where it names one.
 *
 * @throws as `sealReport`, but the story may be empty.
 */
export async function sealFollowUp(request: SealRequest, said: FollowUp): Promise<Sealed> {
  const answers = answersOf(request.fields, false);
  const { period, pageNumber, belonging } = begin(request);
  const text = { language: request.language, pageNumber, answers };
  const { document, proof } = prepareFollowUp(text, said, belonging);
  const receipt = said.newSecret && { ...written(said.newSecret), proofWords: null };
  const documents = { account: documentStream("follow-up", document), identity: identity(answers), proof };
  return { receipt, stream: sealedFile(request, period, belonging, documents) };
}

/** What every submission has: checks what does not hang on its kind. */
function begin({ bundle, today, language, files, pageNumber, random }: SealRequest) {
  if (files.length > ATTACHMENTS_LIMIT) {
    throw new SealProblem("too_many_files");
  }
  // A reader refuses a longer one, and the account with it.
  if (!/^[A-Za-z0-9-]{1,35}$/.test(language)) {
    throw new RangeError("not a language tag");
  }
  const period = periodOn(bundle, today);
  return {
    period,
    pageNumber: /^[0-9a-f]{32}$/.test(pageNumber ?? "") ? pageNumber : null,
    belonging: { instance: bundle.instance, period: period.id, submissionId: hex(random(16)) },
  };
}

/** The documents of a submission; a follow-up has a proof behind its manifest. */
interface Documents {
  account: Stream;
  identity: Uint8Array;
  proof?: PreparedFollowUp["proof"];
}

async function* sealedFile(
  request: SealRequest,
  period: Period,
  belonging: Belonging,
  { account, identity, proof }: Documents,
): AsyncGenerator<Uint8Array, void, undefined> {
  const entries: ManifestEntry[] = [];
  const digest = request.digest ?? ((_, expected) => new Digest(expected));
  const ofDocuments = (name: string, recipient: string, ...streams: Stream[]) =>
    sealedCompartment({ name, recipient, streams }, belonging, entries, digest);
  yield fileStart(sealedFileHead(belonging, request.bundle.sequence));
  yield* ofDocuments("account", period.account, account);
  yield* ofDocuments("identity", period.identity, documentStream("identity", identity));
  for (const [index, file] of request.files.entries()) {
    const name = `attachment-${String(index + 1).padStart(2, "0")}`;
    const recipient = file.showsWho ? period.identity : period.account;
    const streams = fileStreams(file, index, digest, request.onFileBytes?.bind(request));
    yield* sealedCompartment({ name, recipient, streams }, belonging, entries, digest);
  }
  const listed = manifest(entries);
  const proofs = proof ? [documentStream("proof", proof(listed))] : [];
  yield* ofDocuments("manifest", period.account, documentStream("manifest", listed), ...proofs);
  yield FILE_END;
}

/** Seals one compartment into the frame, and adds what the manifest will say of it. */
async function* sealedCompartment(
  { name, recipient, streams }: Compartment,
  belonging: Belonging,
  entries: ManifestEntry[],
  newDigest: NewDigest,
): AsyncGenerator<Uint8Array, void, undefined> {
  const all = [documentStream("compartment", compartmentHead(belonging, name)), ...streams];
  const { size, pieces } = await seal(recipient, archiveBytes(all), archive(all));
  const digest = newDigest("ciphertext", size);
  yield* framedCompartment(name, size, digested(pieces, digest));
  entries.push({ name, size, sha256: await digest.hex() });
}

/** What an attachment holds: the claims about it, its bytes, and what they turned out to be. */
function fileStreams(
  { name, mediaType, blob }: FileInput,
  index: number,
  newDigest: NewDigest,
  onFileBytes: ((index: number, done: number) => void) | undefined,
): Stream[] {
  const { size } = blob;
  const digest = newDigest("file", size);
  const data: Stream = {
    name: "data/file",
    size,
    async *slices() {
      let done = 0;
      for await (const slice of digested(blobSlices(blob, index), digest)) {
        yield slice;
        done += slice.length;
        onFileBytes?.(index, done);
      }
    },
  };
  const end: Stream = {
    name: "meta/end",
    // Its length is known before its digest.
    size: fileEnd(size, "0".repeat(64)).length,
    async *slices() {
      yield fileEnd(size, await digest.hex());
    },
  };
  return [documentStream("file", fileHead(name, mediaType)), data, end];
}

/** The slices of a blob; while one is sealed, the next is read. */
async function* blobSlices(blob: Blob, index: number): AsyncGenerator<Uint8Array, void, undefined> {
  const read = (at: number) => {
    const slice = at < blob.size ? blob.slice(at, at + SLICE_BYTES).arrayBuffer() : null;
    // Its failure counts when its turn comes; until then nobody waits for it.
    slice?.catch(() => undefined);
    return slice;
  };
  let next = read(0);
  for (let at = 0; next; at += SLICE_BYTES) {
    const bytes = await next.catch(() => null);
    if (bytes?.byteLength !== Math.min(SLICE_BYTES, blob.size - at)) {
      throw new SealProblem("file_unreadable", { file: index });
    }
    next = read(at + SLICE_BYTES);
    yield new Uint8Array(bytes);
  }
}

async function* digested(
  pieces: AsyncIterable<Uint8Array>,
  digest: Digester,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of pieces) {
    await digest.update(piece);
    yield piece;
  }
}
