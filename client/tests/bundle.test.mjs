/** Which key bundles a person's report may be sealed to, and which not, each refusal by its name. */
import assert from "node:assert/strict";
import { ed25519 } from "@noble/curves/ed25519.js";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { core } from "./core.mjs";
import { base64, content, fingerprint, framed, note, recipients, root, signed, text } from "./notes.mjs";

/** @typedef {import("./notes.mjs").Content} Content */

const { verifyBundle } = await core();
const WORDS = fingerprint(content());
const TODAY = "2026-11-23";

/** @param {string} note @param {string | null} [words] @param {string} [today] */
function verify(note, words = WORDS, today = TODAY) {
  return verifyBundle(note, words, today);
}

/** @param {() => unknown} act @param {string} kind @param {number | null} [line] */
function refused(act, kind, line) {
  assert.throws(act, (problem) => {
    const { name, kind: found, line: place } = /** @type {import("../src/core/problems.js").BundleProblem} */ (problem);
    assert.deepEqual([name, found], ["BundleProblem", kind]);
    if (line !== undefined) {
      assert.equal(place, line);
    }
    return true;
  });
}

/** A note in which something else is said, and properly signed. @param {Partial<Content>} change */
const changed = (change) => note({ ...content(), ...change });

/** A signed text in which one piece was exchanged. @param {string | RegExp} from @param {string} to */
function edited(from, to) {
  const all = text(content()).replace(from, to);
  assert.notEqual(all, text(content()));
  return `${all}\n${signed(all, 1)}${signed(all, 2)}`;
}

describe("a key bundle", () => {
  test("passes when root keys of the threshold signed it, and comes out as it says", () => {
    const bundle = verify(note(content()));
    assert.equal(bundle.office, "Office of the focal point");
    assert.equal(bundle.fingerprint, WORDS);
    assert.deepEqual([bundle.sequence, bundle.demo, bundle.periods.length], [3, false, 2]);
    assert.equal(bundle.periods[0]?.identity, recipients.identity);
    assert.deepEqual(structuredClone(bundle), bundle, "it cannot go to a worker");
    verify(note(content(), [3, 2, 1]));
    verify(changed({ after: `office key: ${root(8)}\ntransfer key: ${root(6)}\n` }));
    verify(edited(/previous: .*/, "previous: none"));
  });

  test("of another sealer's making passes", () => {
    const seed = readFileSync(new URL("../../fuzz/corpus/key_bundle/seed", import.meta.url), "utf8");
    const words = readFileSync(new URL("../../fuzz/corpus/typed/seed-fingerprint", import.meta.url), "utf8");
    const bundle = verify(seed, words, "2026-08-01");
    assert.deepEqual([bundle.demo, bundle.periods[0]?.id], [true, "2026-Q3"]);
    assert.equal(verify(seed, null, "2026-08-01").fingerprint, words.trim());
  });

  test("is forged when too few root keys of its own signed it", () => {
    const good = note(content());
    refused(() => verify(note(content(), [])), "signatures");
    refused(() => verify(note(content(), [1])), "signatures");
    refused(() => verify(note(content(), [1, 1])), "signatures");
    refused(() => verify(note(content(), [1, 4])), "signatures");
    refused(() => verify(good.replace("Office of", "Offices of")), "signatures");
    refused(() => verify(good.replace("2027-05-30\ndemo", "2027-05-31\ndemo")), "signatures");
    const all = text(content());
    refused(() => verify(`${all}\n${signed(all, 1)}${signed(all, 2, "asylia/v1/transfer/bundle")}`), "signatures");
    const [first = "", second = ""] = good.split("\n\n")[1]?.split("\n") ?? [];
    const crossed = `${first.split(" ").slice(0, 2).join(" ")} ${second.split(" ")[2]}\n${second}\n`;
    refused(() => verify(`${all}\n${crossed}`), "signatures");
  });

  test("is refused when a signature holds by the looser equation only", () => {
    const all = text(content());
    const signature = loose(framed("asylia/v1/root/key-bundle", [Buffer.from(all)]), 2);
    assert.ok(ed25519.verify(signature, framed("asylia/v1/root/key-bundle", [Buffer.from(all)]), keyOf(2)));
    refused(() => verify(`${all}\n${signed(all, 1)}— ${root(2)} ${base64(signature)}\n`), "signatures");
  });

  test("needs the words given beforehand, however they are typed", () => {
    const good = note(content());
    const short = WORDS.split(" ").map((word) => word.slice(0, 4));
    for (const typed of [WORDS.toUpperCase(), WORDS.replaceAll(" ", "-"), ` ${short.join("\n")} `]) {
      verify(good, typed);
    }
    refused(() => verify(good, fingerprint({ ...content(), threshold: 3 })), "other_office");
    refused(() => verify(good, null), "no_anchor");
    verify(changed({ demo: "yes" }), null);
    verify(changed({ demo: "yes" }), WORDS);
    for (const bad of ["", `${WORDS} zoo`, WORDS.replace(" ", "x ")]) {
      refused(() => verify(good, bad), "bad_anchor");
    }
    const stranger = { ...content(), roots: [root(1)], threshold: 1, fingerprint: WORDS };
    refused(() => verify(note(stranger, [1])), "line", 3);
  });

  test("holds on its days, with the period that began last", () => {
    const good = note(content());
    refused(() => verify(good, WORDS, "2026-09-30"), "not_in_force");
    refused(() => verify(good, WORDS, "2027-05-31"), "not_in_force");
    verify(good, WORDS, "2026-10-01");
    verify(good, WORDS, "2027-05-30");
    const gap = changed({ periods: [{ id: "2026-Q4", from: "2026-11-01", until: "2026-11-30" }] });
    refused(() => verify(gap, WORDS, "2026-10-31"), "no_period");
    refused(() => verify(gap, WORDS, "2026-12-01"), "no_period");
    verify(gap, WORDS, "2026-11-30");
    refused(() => verify(changed({ periods: [] })), "no_period");
  });

  test("has one spelling", () => {
    const q4 = { id: "2026-Q4", from: "2026-10-01", until: "2027-03-01" };
    /** @type {[string, number][]} */
    const bad = [
      [changed({ office: "" }), 2],
      [changed({ office: "a\tb" }), 2],
      [changed({ office: "é".repeat(121) }), 2],
      [edited(/instance: 07/, "instance: 0A"), 4],
      [changed({ sequence: "03" }), 5],
      [changed({ sequence: 0 }), 5],
      [changed({ sequence: "9007199254740993" }), 5],
      [edited(/previous: 09/, "previous: "), 6],
      [changed({ notBefore: "2026-02-30" }), 7],
      [changed({ notAfter: "2027-5-30" }), 8],
      [changed({ demo: "maybe" }), 9],
      [changed({ threshold: 4 }), 13],
      [changed({ roots: content().roots.toReversed() }), 13],
      [changed({ roots: [root(1), root(1)] }), 12],
      [edited(/root: .*/, `root: ${base64(new Uint8Array(32))}`), 11],
      [edited(/root: (.*)=/, "root: $1"), 11],
      [changed({ after: `transfer key: ${root(6)}\ntransfer key: ${root(5)}\n` }), 15],
      [changed({ after: `transfer key: ${root(6)}\noffice key: ${root(5)}\n` }), 15],
      [changed({ periods: [{ ...q4, from: "2027-03-02" }] }), 14],
      [changed({ periods: [{ ...q4, id: "2026-Q4-and-so-on" }] }), 14],
      [changed({ periods: [q4, { ...q4, from: "2027-01-01" }] }), 21],
      [changed({ periods: [q4, { ...q4, id: "2026-Q5" }] }), 21],
      [edited(/intake: age1pq1(...)/, "intake: age1pq1qqq"), 15],
      [edited(/account: age1pq1.*/, `account: ${recipients.account.toUpperCase()}`), 16],
      [edited(/identity: age1pq1.*/, "identity: age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"), 17],
      [edited("demo", "demo "), 9],
    ];
    for (const [wrong, line] of bad) {
      refused(() => verify(wrong, fingerprint(content())), "line", line);
    }
    for (const none of ["", "hello\n\n", note(content()).replace("v1", "v2"), `${text(content())}`]) {
      refused(() => verify(none), "not_a_bundle");
    }
    refused(() => verify(`${note(content())}${" ".repeat(256 * 1024)}`), "not_a_bundle");
    refused(() => verify(`${note(content())}so\n`), "line", 25);
  });

  test("is refused with an ML-KEM key that is not reduced", async () => {
    const { bech32 } = await import("@scure/base");
    const key = bech32.fromWords(bech32.decode(/** @type {`age1pq1${string}`} */ (recipients.intake), false).words);
    key.set([0x01, 0x0d], 3);
    const raised = bech32.encode("age1pq", bech32.toWords(key), false);
    refused(() => verify(edited(/intake: .*/, `intake: ${raised}`)), "line", 15);
  });
});

/** @param {number} number */
function keyOf(number) {
  return Buffer.from(root(number), "base64");
}

/**
 * A signature by the holder of a key whose nonce has a part of order 8: true with the cofactor, false without it.
 * @param {Uint8Array} message
 * @param {number} holder
 */
function loose(message, holder) {
  const { scalar } = ed25519.utils.getExtendedPublicKey(new Uint8Array(32).fill(holder));
  const { Fn } = ed25519.Point;
  const order8 = ed25519.Point.fromHex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa");
  const nonce = 12345n;
  const R = ed25519.Point.BASE.multiply(nonce).add(order8).toBytes();
  const k = Fn.create(littleEndian(sha512(R, keyOf(holder), message)));
  const s = Fn.create(nonce + k * scalar);
  return Buffer.concat([R, Fn.toBytes(s)]);
}

/** @param {Uint8Array[]} parts */
function sha512(...parts) {
  return createHash("sha512").update(Buffer.concat(parts)).digest();
}

/** @param {Uint8Array} bytes */
function littleEndian(bytes) {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`);
}
