/**
 * Stock tools open what Asylia seals: typage opens both layers of a stored record, the system's tar
 * unpacks them, and the answers and attachments come out as they went in. No code of Asylia is used here.
 *
 * `ASYLIA_INTEROP_DIR` names a folder made by the Rust test `tests/it/interop.rs`:
 * `record.stored` (8-byte big-endian length, age ciphertext, padding), `identities.json`
 * ({intake, account, identity}: AGE-SECRET-KEY-PQ-1… strings) and `expected.json`
 * ({story, attachments: [{name, sha256}]}). Without it the test fails: a proof that did not run is no proof.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Decrypter } from "age-encryption";

/** @typedef {{ intake: string, account: string, identity: string }} Identities */
/** @typedef {{ story: string, attachments: { name: string, sha256: string }[] }} Expected */

const LENGTH_BYTES = 8;
const RECORD_FLOOR_BYTES = 64 * 1024;

describe("a stored record, opened by typage and tar", () => {
  /** @type {Identities} */
  let identities;
  /** @type {Expected} */
  let expected;
  /** The record as the database holds it. @type {Buffer} */
  let stored;
  /** Archives of this run. @type {Archives} */
  let archives;
  /** The outer layer's archive. @type {string} */
  let record;

  before(async () => {
    const folder = process.env["ASYLIA_INTEROP_DIR"];
    assert.ok(
      folder,
      "ASYLIA_INTEROP_DIR is not set: run `scripts/test interop`, which makes the record that this test opens",
    );
    identities = JSON.parse(readFileSync(join(folder, "identities.json"), "utf8"));
    expected = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8"));
    archives = new Archives();
    stored = readFileSync(join(folder, "record.stored"));
    record = archives.keep(await open(identities.intake, ciphertextOf(stored)));
  });

  after(() => {
    archives?.remove();
  });

  test("the archive fills its size class, and after the ciphertext come zeros", () => {
    const { size } = statSync(record);
    assert.ok(size >= RECORD_FLOOR_BYTES && size === padme(size), `${size} bytes are no size class`);
    const padding = stored.subarray(LENGTH_BYTES + ciphertextOf(stored).length);
    assert.ok(padding.every((byte) => byte === 0), "the padding holds something");
  });

  test("the account compartment holds the story", async () => {
    const account = archives.keep(await open(identities.account, archives.bytes(record, "data/account")));
    assert.equal(archives.json(account, "meta/account").answers.story, expected.story);
  });

  test("the identity compartment opens with its own identity and with no other", async () => {
    const sealed = archives.bytes(record, "data/identity");
    const identity = archives.keep(await open(identities.identity, sealed));
    assert.ok("answers" in archives.json(identity, "meta/identity"), "the compartment holds no answers");
    await assert.rejects(open(identities.account, sealed), "the account identity opened the identity compartment");
    await assert.rejects(open(identities.intake, sealed), "the intake identity opened the identity compartment");
  });

  test("the manifest names every other compartment's ciphertext, in order", async () => {
    const sealed = archives.bytes(record, "data/manifest");
    const manifest = archives.keep(await open(identities.account, sealed));
    const others = archives.streams(record, "data").filter((name) => name !== "data/manifest");
    const found = others.map((name) => {
      const bytes = archives.bytes(record, name);
      return { name: name.replace("data/", ""), size: bytes.length, sha256: sha256(bytes) };
    });
    assert.deepEqual(archives.json(manifest, "meta/manifest").compartments, found);
  });

  test("every attachment comes out byte for byte", async () => {
    const sealed = archives.streams(record, "data").filter((name) => name.startsWith("data/attachment-"));
    const found = [];
    for (const name of sealed) {
      const opened = await open([identities.account, identities.identity], archives.bytes(record, name));
      const attachment = archives.keep(opened);
      const bytes = archives.bytes(attachment, "data/file");
      found.push({ name: archives.json(attachment, "meta/file").name, sha256: sha256(bytes) });
    }
    assert.deepEqual(found, expected.attachments);
  });

  test("a record with one altered byte is refused", async () => {
    const ciphertext = Uint8Array.from(ciphertextOf(stored));
    const last = ciphertext.length - 1;
    ciphertext[last] = (ciphertext[last] ?? 0) ^ 1;
    await assert.rejects(open(identities.intake, ciphertext));
  });
});

/** Archives of one run in a folder of their own, read by the system's tar and by nothing else. */
class Archives {
  #folder = mkdtempSync(join(tmpdir(), "asylia-interop-"));
  #count = 0;

  /**
   * Keeps an archive and returns its path.
   * @param {Uint8Array} bytes
   */
  keep(bytes) {
    this.#count += 1;
    const path = join(this.#folder, `${this.#count}.tar`);
    writeFileSync(path, bytes, { mode: 0o600 });
    return path;
  }

  /**
   * Names of the streams of a kind (`data` or `meta`), in their order, without member numbers.
   * @param {string} archive
   * @param {string} kind
   */
  streams(archive, kind) {
    const members = tar("tf", archive).toString("utf8").split("\n");
    const names = members.filter((name) => name.startsWith(`${kind}/`)).map((name) => name.replace(/\/\d+$/, ""));
    return [...new Set(names)];
  }

  /**
   * All bytes of one stream.
   * @param {string} archive
   * @param {string} stream
   */
  bytes(archive, stream) {
    return tar("xOf", archive, "--wildcards", `${stream}/*`);
  }

  /**
   * One stream read as a JSON document.
   * @param {string} archive
   * @param {string} stream
   */
  json(archive, stream) {
    return JSON.parse(this.bytes(archive, stream).toString("utf8"));
  }

  remove() {
    rmSync(this.#folder, { recursive: true });
  }
}

/** @param {string[]} options */
function tar(...options) {
  return execFileSync("tar", options, { maxBuffer: 2 ** 30 });
}

/**
 * Opens an age file with one identity, or the first of several that fits.
 * @param {string | string[]} identities
 * @param {Uint8Array} sealed
 */
async function open(identities, sealed) {
  const decrypter = new Decrypter();
  for (const identity of [identities].flat()) {
    decrypter.addIdentity(identity);
  }
  return decrypter.decrypt(sealed);
}

/** @param {Buffer} stored */
function ciphertextOf(stored) {
  const length = Number(stored.readBigUInt64BE(0));
  assert.ok(length <= stored.length - LENGTH_BYTES, "the stored record is shorter than it says");
  return stored.subarray(LENGTH_BYTES, LENGTH_BYTES + length);
}

/** @param {Uint8Array} bytes */
function sha256(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}

/**
 * The Padmé class of a length (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files", 2019).
 * @param {number} length
 */
function padme(length) {
  const exponent = Math.floor(Math.log2(length));
  const kept = Math.floor(Math.log2(exponent)) + 1;
  const step = 2 ** (exponent - kept);
  return Math.ceil(length / step) * step;
}
