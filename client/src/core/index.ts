/**
 * The format library of the browser client: verifies the office's keys and seals a report to them, in the form that
 * `crates/envelope` reads (docs/FORMAT.md). Bytes in, bytes out: no page, no network, no clock, no random source.
 */
export { verifyBundle, verifyOffice, type VerifiedBundle } from "./bundle.js";
export { Digest, NATIVE_LIMIT_BYTES, type Digested, type Digester, type NewDigest } from "./digest.js";
export type { Period } from "./bundle_note.js";
export { clockShift, nextCounter, type FollowUp } from "./follow_up.js";
export { SLOTS, openMailbox, type Mailbox } from "./mailbox.js";
export {
  BundleProblem, CodeProblem, SealProblem, type BundleProblemKind, type CodeProblemKind, type SealProblemKind,
} from "./problems.js";
export { REPLY_SLOT_BYTES, type Reply, type ReplyKind } from "./reply.js";
export { drawSecret, mailboxSeeds, parseCode } from "./return_code.js";
export { sealFollowUp, sealReport, type FileInput, type Receipt, type Sealed, type SealRequest } from "./sealing.js";
