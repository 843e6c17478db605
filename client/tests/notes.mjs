/** Key bundles for tests, written by hand after docs/FORMAT.md#key-bundle; nothing of `src` is used here. */
import { ed25519 } from "@noble/curves/ed25519.js";
import { generateHybridIdentity, identityToRecipient } from "age-encryption";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** @typedef {{ id: string, from: string, until: string }} Window */
/**
 * @typedef {object} Content
 * @property {string} office
 * @property {string} [fingerprint] another one than it has
 * @property {string | number} sequence
 * @property {string} demo
 * @property {string | number} threshold
 * @property {string[]} roots
 * @property {string} after lines behind the roots
 * @property {Window[]} periods
 * @property {string} notBefore
 * @property {string} notAfter
 */

export const INSTANCE = "07".repeat(16);

const WORDS = readFileSync(new URL(import.meta.resolve("@scure/bip39/wordlists/english.js")), "utf8")
  .match(/`([^`]*)`/)?.[1]
  ?.split("\n");

const identities = {
  intake: await generateHybridIdentity(),
  account: await generateHybridIdentity(),
  identity: await generateHybridIdentity(),
};
export { identities };

const recipients = {
  intake: await identityToRecipient(identities.intake),
  account: await identityToRecipient(identities.account),
  identity: await identityToRecipient(identities.identity),
};
export { recipients };

/** The seed of the root key of this number. @param {number} number */
const seed = (number) => new Uint8Array(32).fill(number);

/** Root key of this number, in base64. @param {number} number */
export const root = (number) => base64(ed25519.getPublicKey(seed(number)));

/** Three roots of which two must sign; two periods whose windows overlap. @returns {Content} */
export function content() {
  return {
    office: "Office of the focal point",
    sequence: 3,
    demo: "no",
    threshold: 2,
    roots: [1, 2, 3].map(root).sort((a, b) => Buffer.compare(Buffer.from(a, "base64"), Buffer.from(b, "base64"))),
    after: "",
    periods: [
      { id: "2026-Q4", from: "2026-10-01", until: "2027-03-01" },
      { id: "2027-Q1", from: "2027-01-01", until: "2027-05-30" },
    ],
    notBefore: "2026-10-01",
    notAfter: "2027-05-30",
  };
}

/** The 12 words of an office. @param {Content} content */
export function fingerprint({ threshold, roots }) {
  const keys = roots.map((key) => Buffer.from(key, "base64"));
  const fields = [Buffer.from(INSTANCE, "hex"), number(Number(threshold)), ...keys];
  const digest = createHash("sha256").update(framed("asylia/v1/fingerprint", fields)).digest();
  const bits = Array.from(digest, (byte) => byte.toString(2).padStart(8, "0")).join("");
  return Array.from({ length: 12 }, (_, at) => WORDS?.[parseInt(bits.slice(at * 11, at * 11 + 11), 2)]).join(" ");
}

/** What is signed. @param {Content} content */
export function text(content) {
  const periods = content.periods.flatMap(({ id, from, until }) => [
    `period: ${id} ${from} ${until}`,
    `intake: ${recipients.intake}`,
    `account: ${recipients.account}`,
    `identity: ${recipients.identity}`,
  ]);
  const lines = [
    "asylia key bundle v1",
    `office: ${content.office}`,
    `fingerprint: ${content.fingerprint ?? fingerprint(content)}`,
    `instance: ${INSTANCE}`,
    `sequence: ${content.sequence}`,
    `previous: ${"09".repeat(32)}`,
    `not before: ${content.notBefore}`,
    `not after: ${content.notAfter}`,
    `demo: ${content.demo}`,
    `threshold: ${content.threshold}`,
    ...content.roots.map((key) => `root: ${key}`),
  ];
  return `${[...lines, ...periods].join("\n")}\n`.replace(/(?=period: |$)/, content.after);
}

/** A signature line. @param {string} text @param {number} holder @param {string} [context] */
export function signed(text, holder, context = "asylia/v1/root/key-bundle") {
  const signature = ed25519.sign(framed(context, [Buffer.from(text)]), seed(holder));
  return `— ${root(holder)} ${base64(signature)}\n`;
}

/** The note of a content, signed by these holders. @param {Content} content @param {number[]} holders */
export function note(content, holders = [1, 2]) {
  const all = text(content);
  return `${all}\n${holders.map((holder) => signed(all, holder)).join("")}`;
}

/** @param {string} context @param {Uint8Array[]} fields */
export function framed(context, fields) {
  return Buffer.concat([Buffer.from(context), ...fields].flatMap((part) => [number(part.length), part]));
}

/** @param {number} value */
function number(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

/** @param {Uint8Array} bytes */
export function base64(bytes) {
  return Buffer.from(bytes).toString("base64");
}
