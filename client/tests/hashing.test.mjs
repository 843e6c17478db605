/** Digests in further Workers: the same digests, and in place where such a Worker does not come or breaks. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, mock, test } from "node:test";
import { random } from "./core.mjs";
import { bundled } from "./page.mjs";

/**
 * @typedef {typeof import("../src/worker/hashing.js") & typeof import("../src/worker/hasher.js")
 *   & typeof import("../src/core/digest.js")} Tested
 */
/** @type {Tested} */
const { HashingBroke, NATIVE_LIMIT_BYTES, digestBlocks, startHashing } = await bundled(
  "worker/hashing",
  "worker/hasher",
  "core/digest",
);
const LARGE = NATIVE_LIMIT_BYTES + 1;

/** A Worker in this thread; what is transferred is gone here, as between real ones. */
class Near {
  /** @type {((event: any) => void) | null} */ onmessage = null;
  /** @type {((event: never) => void) | null} */ onerror = null;
  ended = false;
  told = 0;
  /** @type {import("../src/worker/hasher.js").HasherScope} */
  #scope = {
    onmessage: null,
    postMessage: (said) => void setImmediate(() => this.silent || this.onmessage?.({ data: said })),
  };

  /** @param {boolean} silent */
  constructor(silent = false) {
    this.silent = silent;
    digestBlocks(this.#scope);
  }

  /** @param {any} told @param {Transferable[]} transfer */
  postMessage(told, transfer) {
    this.told += 1;
    const data = structuredClone(told, { transfer: /** @type {any} */ (transfer) });
    setImmediate(() => this.#scope.onmessage?.(/** @type {any} */ ({ data })));
  }

  terminate() {
    this.ended = true;
  }
}

/** @param {number[]} sizes @param {number} cores @param {() => any} make */
async function started(sizes, cores, make) {
  /** @type {Near[]} */
  const workers = [];
  const hashing = await startHashing(sizes, cores, () => {
    const worker = make();
    workers.push(worker);
    return worker;
  });
  return { hashing, workers };
}

/** @param {import("../src/core/digest.js").Digester} digester @param {Uint8Array} bytes @param {number} piece */
async function fed(digester, bytes, piece) {
  for (let at = 0; at < bytes.length; at += piece) {
    await digester.update(bytes.subarray(at, at + piece));
  }
  return digester.hex();
}

/** @param {Uint8Array} bytes */
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** @param {number} bytes */
function drawn(bytes) {
  const block = random(65_521);
  return Uint8Array.from({ length: bytes }, (_, at) => block[at % block.length] ?? 0);
}

describe("digests elsewhere", () => {
  test("are those of the bytes, two at a time, one after the other", async () => {
    const { hashing, workers } = await started([LARGE], 2, () => new Near());
    for (const extra of [0, 511 * 1024]) {
      const [file, ciphertext] = [drawn(LARGE + extra), drawn(LARGE + extra + 77)];
      const digests = await Promise.all([
        fed(hashing.digest("file", file.length), file, 256 * 1024),
        fed(hashing.digest("ciphertext", ciphertext.length), ciphertext, 65_552),
      ]);
      assert.deepEqual(digests, [sha256(file), sha256(ciphertext)]);
    }
    assert.ok(workers.every((worker) => worker.told > 100), "they were made there");
    hashing.end();
    assert.deepEqual(workers.map((worker) => worker.ended), [true, true]);
  });

  test("are of the length that was announced, or none", async () => {
    const { hashing } = await started([LARGE], 2, () => new Near());
    const digester = hashing.digest("file", LARGE);
    await digester.update(new Uint8Array(5));
    await assert.rejects(digester.hex(), RangeError);
    hashing.end();
  });

  test("of small compartments are made in place", async () => {
    const { hashing, workers } = await started([LARGE], 2, () => new Near());
    const bytes = drawn(70_000);
    assert.equal(await fed(hashing.digest("ciphertext", bytes.length), bytes, 65_552), sha256(bytes));
    assert.deepEqual(workers.map((worker) => worker.told), [0, 0]);
    hashing.end();
  });

  for (const [what, sizes, cores] of /** @type {[string, number[], number][]} */ ([
    ["small files", [NATIVE_LIMIT_BYTES, 5], 8],
    ["no files", [], 8],
    ["one core", [LARGE], 1],
  ])) {
    test(`${what}: no Worker is started`, async () => {
      const { workers } = await started(sizes, cores, () => new Near());
      assert.deepEqual(workers, []);
    });
  }

  test("a Worker that breaks while it digests is an error that says so, and not a wait without end", async () => {
    const { hashing, workers } = await started([LARGE], 2, () => new Near());
    const digester = hashing.digest("file", LARGE);
    await digester.update(new Uint8Array(LARGE));
    workers[0]?.onerror?.(/** @type {never} */ (undefined));
    await assert.rejects(digester.hex(), HashingBroke);
    hashing.end();
  });
});

describe("digests are made in place", () => {
  /** @param {import("../src/worker/hashing.js").Hashing} hashing */
  async function inPlace(hashing) {
    const bytes = drawn(LARGE);
    assert.equal(await fed(hashing.digest("file", LARGE), bytes, 256 * 1024), sha256(bytes));
  }

  test("where a Worker may start none", async () => {
    const { hashing } = await started([LARGE], 2, () => {
      throw new ReferenceError("Worker is not defined");
    });
    await inPlace(hashing);
  });

  test("where the second does not start; the first is ended", async () => {
    let made = 0;
    const { hashing, workers } = await started([LARGE], 2, () => {
      made += 1;
      if (made === 2) {
        throw new Error();
      }
      return new Near();
    });
    await inPlace(hashing);
    assert.deepEqual(workers.map((worker) => worker.ended), [true]);
  });

  test("where it fails to load", async () => {
    const { hashing, workers } = await started([LARGE], 2, () => {
      const worker = new Near(true);
      setImmediate(() => worker.onerror?.(/** @type {never} */ (undefined)));
      return worker;
    });
    await inPlace(hashing);
    assert.deepEqual(workers.map((worker) => worker.ended), [true, true]);
  });

  test("where it does not answer in five seconds", async () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    const starting = started([LARGE], 2, () => new Near(true));
    mock.timers.tick(5_000);
    const { hashing, workers } = await starting;
    mock.timers.reset();
    await inPlace(hashing);
    assert.deepEqual(workers.map((worker) => worker.ended), [true, true]);
  });
});
