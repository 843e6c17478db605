/**
 * The format library of the browser client: verifies the office's keys and seals a report to them, in the form that
 * `crates/envelope` reads (docs/FORMAT.md). Bytes in, bytes out: no page, no network, no clock, no random source.
 */
export { verifyBundle, type VerifiedBundle } from "./bundle.js";
export { Digest, NATIVE_LIMIT_BYTES, type Digested, type Digester, type NewDigest } from "./digest.js";
export type { Period } from "./bundle_note.js";
export { BundleProblem, SealProblem, type BundleProblemKind, type SealProblemKind } from "./problems.js";
export { sealReport, type FileInput, type Receipt, type SealedReport, type SealRequest } from "./sealing.js";
