/** A whole report: what is read when, what is refused, and that typage opens each compartment with its own key only. */
import assert from "node:assert/strict";
import { Decrypter } from "age-encryption";
import { createHash, randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import { core, random } from "./core.mjs";
import { content, fingerprint, identities, note } from "./notes.mjs";

/** @typedef {import("../src/core/index.js").SealRequest} SealRequest */
/** @typedef {import("../src/core/index.js").FileInput} FileInput */

const { drawSecret, sealFollowUp, sealReport, verifyBundle, SealProblem } = await core();
const TODAY = "2026-11-23";
const MIB = 1024 * 1024;
const bundle = verifyBundle(note(content()), fingerprint(content()), TODAY);

/** @param {Partial<SealRequest>} change @returns {SealRequest} */
function request(change = {}) {
  const fields = /** @type {[string, string][]} */ ([["story", "An invented story."], ["person_names", "Salma"]]);
  return { bundle, today: TODAY, language: "en", pageNumber: null, fields, files: [], random, ...change };
}

/** @param {Blob} blob @returns {FileInput} */
const file = (blob, showsWho = false) => ({ name: "a.bin", mediaType: "", blob, showsWho });

/** @param {Partial<SealRequest>} change */
async function sealed(change = {}) {
  const pieces = [];
  for await (const piece of (await sealReport(request(change))).stream) {
    pieces.push(Buffer.from(piece));
  }
  return Buffer.concat(pieces);
}

describe("a sealed follow-up", () => {
  test("names and shows one new code, however often it is sealed", async () => {
    const said = { counter: 1, answersReply: null, nonce: null, permissions: {}, withdrawAll: false, deleteReport: false };
    const [secret, newSecret] = [drawSecret(random), drawSecret(random)];
    const attempt = async () => {
      const { receipt, stream } = await sealFollowUp(request(), { ...said, secret, newSecret });
      const pieces = [];
      for await (const piece of stream) {
        pieces.push(Buffer.from(piece));
      }
      const { compartments } = parsed(Buffer.concat(pieces));
      const named = await document(compartments, "account", identities.account, "new_mailbox.lookup_id");
      return { receipt, named };
    };
    const first = await attempt();
    assert.match(first.named, /^[0-9a-f]{64}$/);
    assert.deepEqual(await attempt(), first);
    const none = await sealFollowUp(request(), { ...said, secret, newSecret: null });
    assert.equal(none.receipt, null);
  });
});

describe("a sealed report", () => {
  test("has the frame of docs/FORMAT.md", async () => {
    const bytes = await sealed({ files: [file(new Blob([randomBytes(3 * MIB)])), file(new Blob([]))] });
    const { head, compartments } = parsed(bytes);
    assert.deepEqual(head, { version: 1, instance: bundle.instance, period: "2026-Q4", bundle_sequence: 3 });
    const names = ["account", "identity", "attachment-01", "attachment-02", "manifest"];
    assert.deepEqual([...compartments.keys()], names);
  });

  test("opens for whom it is meant, and the manifest knows every byte of it", async () => {
    const files = [file(new Blob(["facts"])), file(new Blob(["a face"]), true)];
    const { compartments } = parsed(await sealed({ files }));
    const { account, identity } = identities;
    assert.equal(await document(compartments, "account", account, "answers.story"), "An invented story.");
    assert.equal(await document(compartments, "identity", identity, "answers.person_names"), "Salma");
    assert.equal(await document(compartments, "attachment-01", account, "name"), "a.bin");
    assert.equal(await document(compartments, "attachment-02", identity, "media_type"), "application/octet-stream");
    for (const [name, key] of [["account", identity], ["identity", account], ["attachment-01", identity], ["attachment-02", account]]) {
      await assert.rejects(opened(compartments, name ?? "", key ?? ""), `${name} opened with the other key`);
    }
    const listed = await document(compartments, "manifest", account, "compartments");
    const found = [...compartments].filter(([name]) => name !== "manifest");
    assert.deepEqual(listed, found.map(([name, { bytes }]) => ({ name, size: bytes.length, sha256: sha256(bytes) })));
  });

  test("digests a file beyond the browser's own SHA-256 alike", async () => {
    const bytes = randomBytes(33 * MIB);
    const { compartments } = parsed(await sealed({ files: [file(new Blob([bytes]))] }));
    const archive = Buffer.from(await opened(compartments, "attachment-01", identities.account));
    assert.ok(archive.includes(JSON.stringify({ size: bytes.length, sha256: sha256(bytes) })));
    const [entry] = (await document(compartments, "manifest", identities.account, "compartments")).slice(2);
    const ciphertext = compartments.get("attachment-01")?.bytes ?? Buffer.alloc(0);
    assert.deepEqual([entry.size, entry.sha256], [ciphertext.length, sha256(ciphertext)]);
  });

  test("has the length of its class, whatever it says", async () => {
    const length = async (/** @type {string} */ story, /** @type {number} */ size) =>
      (await sealed({ fields: [["story", story]], files: [file(new Blob([randomBytes(size)]))] })).length;
    const short = await length("x", 1);
    assert.equal(await length("x".repeat(5000), 9000), short);
    assert.notEqual(await length("x".repeat(20_000), 1), short);
  });

  test("is another every time", async () => {
    const [first, second] = [await sealReport(request()), await sealReport(request())];
    assert.notDeepEqual(first.receipt, second.receipt);
    assert.match(first.receipt.words, /^([a-z]{3,8} ){9}[a-z]{3,8}$/);
    assert.match(first.receipt.digits, /^\d{34}$/);
    assert.match(first.receipt.proofWords ?? "", /^[a-z]{3,8} [a-z]{3,8} [a-z]{3,8}$/);
  });

  test("goes to the period that began last", async () => {
    const day = { today: "2027-02-01" };
    assert.equal(parsed(await sealed(day)).head.period, "2027-Q1");
    await assert.rejects(sealReport(request({ today: "2027-06-01" })), { name: "BundleProblem", kind: "not_in_force" });
  });

  test("keeps a page number in its only spelling, and no other", async () => {
    const kept = async (/** @type {string} */ pageNumber) =>
      document(parsed(await sealed({ pageNumber })).compartments, "account", identities.account, "page_number");
    assert.equal(await kept("0a".repeat(16)), "0a".repeat(16));
    assert.equal(await kept("0A".repeat(16)), null);
  });
});

describe("files", () => {
  test("are read as the stream is pulled, a slice or two ahead, and progress is told", async () => {
    const size = 20 * MIB;
    const counted = new CountedBlob(size);
    /** @type {[number, number][]} */
    const told = [];
    const onFileBytes = (/** @type {number} */ index, /** @type {number} */ done) => void told.push([index, done]);
    const { stream } = await sealReport(request({ files: [file(counted)], onFileBytes }));
    assert.equal(counted.read, 0, "read before anybody pulled");
    let pulled = 0;
    for await (const piece of stream) {
      pulled += piece.length;
      assert.ok(counted.read <= pulled + 2 * MIB, `${counted.read} bytes read, ${pulled} pulled`);
    }
    assert.equal(counted.read, size);
    assert.deepEqual(told.at(-1), [0, size]);
    assert.equal(told.length, size / (256 * 1024));
  });

  test("are not read on when the stream is given up", async () => {
    const counted = new CountedBlob(20 * MIB);
    const { stream } = await sealReport(request({ files: [file(counted)] }));
    let pulled = 0;
    for await (const piece of stream) {
      pulled += piece.length;
      if (pulled > 2 * MIB) {
        break;
      }
    }
    const then = counted.read;
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.ok(counted.read === then && then < 5 * MIB, `${then}, then ${counted.read}`);
  });

  test("that cannot be read, or shrank, end the stream by name", async () => {
    for (const outcome of [Promise.reject(new Error("gone")), Promise.resolve(new ArrayBuffer(7))]) {
      outcome.catch(() => undefined);
      const good = file(new Blob(["x"]));
      await assert.rejects(sealed({ files: [good, file(new CountedBlob(2 * MIB, outcome))] }), (problem) => {
        assert.ok(problem instanceof SealProblem);
        assert.deepEqual([problem.kind, problem.file], ["file_unreadable", 1]);
        return true;
      });
    }
  });

  test("are 64 at most", async () => {
    const files = Array.from({ length: 65 }, () => file(new Blob([])));
    await assert.rejects(sealReport(request({ files })), { name: "SealProblem", kind: "too_many_files" });
    assert.equal(parsed(await sealed({ files: files.slice(1) })).compartments.size, 67);
  });
});

test("a report without a story, or with too much text, is refused before anything is sealed", async () => {
  await assert.rejects(sealReport(request({ fields: [] })), { kind: "empty_story" });
  const fields = /** @type {[string, string][]} */ ([["story", "x".repeat(256 * 1024 + 1)]]);
  await assert.rejects(sealReport(request({ fields })), { kind: "field_too_long", field: "story" });
  await assert.rejects(sealReport(request({ language: "a language" })), RangeError);
});

/** A blob whose slices are made when they are read, and counted; the last may come out otherwise. */
class CountedBlob extends Blob {
  read = 0;
  #size;
  #last;

  /** @param {number} size @param {Promise<ArrayBuffer>} [last] */
  constructor(size, last) {
    super();
    this.#size = size;
    this.#last = last;
  }

  /** @override */
  get size() {
    return this.#size;
  }

  /** @override @param {number} start @param {number} end @returns {Blob} */
  slice(start = 0, end = this.#size) {
    const blob = new Blob();
    blob.arrayBuffer = () => {
      const until = Math.min(end, this.#size);
      this.read += until - start;
      return this.#last && until === this.#size ? this.#last : Promise.resolve(new ArrayBuffer(until - start));
    };
    return blob;
  }
}

/**
 * Takes the frame apart after docs/FORMAT.md#sealed-file.
 * @param {Buffer} file
 */
function parsed(file) {
  const magic = "asylia sealed submission v1\n";
  assert.equal(file.toString("latin1", 0, magic.length), magic);
  let at = magic.length;
  const take = (/** @type {number} */ count) => file.subarray(at, (at += count));
  const head = JSON.parse(take(take(4).readUInt32BE()).toString());
  /** @type {Map<string, { bytes: Buffer }>} */
  const compartments = new Map();
  for (let length = take(1).readUInt8(); length > 0; length = take(1).readUInt8()) {
    const name = take(length).toString();
    const chunks = [];
    for (let size = take(4).readUInt32BE(); size > 0; size = take(4).readUInt32BE()) {
      assert.ok(size === MIB || file.readUInt32BE(at + size) === 0, "a short chunk is not the last");
      chunks.push(take(size));
    }
    compartments.set(name, { bytes: Buffer.concat(chunks) });
  }
  assert.equal(at, file.length);
  return { head, compartments };
}

/** @param {Map<string, { bytes: Buffer }>} compartments @param {string} name @param {string} identity */
async function opened(compartments, name, identity) {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  return decrypter.decrypt(compartments.get(name)?.bytes ?? Buffer.alloc(0));
}

/**
 * A member of the JSON document behind `meta/compartment`.
 * @param {Map<string, { bytes: Buffer }>} compartments
 * @param {string} name
 * @param {string} identity
 * @param {string} path
 */
async function document(compartments, name, identity, path) {
  const archive = Buffer.from(await opened(compartments, name, identity));
  const size = (/** @type {number} */ at) => parseInt(archive.toString("latin1", at + 124, at + 135), 8);
  const second = 512 + Math.ceil(size(0) / 512) * 512;
  const json = JSON.parse(archive.toString("utf8", second + 512, second + 512 + size(second)));
  return path.split(".").reduce((value, key) => value[key], json);
}

/** @param {Uint8Array} bytes */
function sha256(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}
