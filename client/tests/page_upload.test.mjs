/** The Worker's upload: equal parts, every one until it is there, and nothing past a shut gate. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { core, random } from "./core.mjs";
import { content, fingerprint, note } from "./notes.mjs";
import { bundled } from "./page.mjs";

/** @typedef {import("../src/worker/server.js").Answer} Answer */
/** @typedef {import("../src/worker/parts.js").Part} Part */
/**
 * @typedef {typeof import("../src/worker/upload.js") & typeof import("../src/worker/gate.js")
 *   & typeof import("../src/worker/parts.js") & typeof import("../src/worker/estimate.js")} Tested
 */

/** @type {Tested} */
const { Cancelled, Gate, Lost, PATIENCE_MS, Refused, inParts, streamBytes, upload } = await bundled(
  "worker/upload",
  "worker/gate",
  "worker/parts",
  "worker/estimate",
);
const TOKEN = "00112233445566778899aabbccddeeff";
const PART_BYTES = 4;

describe("parts", () => {
  for (const [bytes, sizes] of /** @type {[number, number[]][]} */ ([
    [1, [1]],
    [4, [4]],
    [5, [4, 1]],
    [8, [4, 4]],
    [11, [4, 4, 3]],
  ])) {
    for (const pieces of [1, 3, 4, 100]) {
      test(`${bytes} bytes in pieces of ${pieces} become parts of ${sizes.join(", ")}`, async () => {
        const parts = [];
        for await (const part of inParts(stream(bytes, pieces), PART_BYTES)) {
          parts.push({ ...part, bytes: part.bytes.slice() });
        }
        assert.deepEqual(parts.map((part) => part.bytes.length), sizes);
        assert.deepEqual(parts.map((part) => part.number), sizes.map((_, number) => number));
        assert.deepEqual(parts.map((part) => part.last), sizes.map((_, number) => number === sizes.length - 1));
        assert.deepEqual(parts.flatMap((part) => [...part.bytes]), counted(bytes));
      });
    }
  }

  test("stay while the next is made, though their buffers take turns", async () => {
    const parts = inParts(stream(12, 3), PART_BYTES);
    const [first, second] = [await parts.next(), await parts.next()];
    assert.deepEqual([first.value, second.value].map((part) => [...(part?.bytes ?? [])]), [[1, 2, 3, 4], [5, 6, 7, 8]]);
  });
});

describe("an upload", () => {
  test("sends every part once and ends with the server's word", async () => {
    const run = new Run();
    await run.upload(11);
    assert.deepEqual(run.sent, [0, 1, 2]);
    assert.deepEqual(run.stored, counted(11));
    assert.deepEqual(run.waits, []);
    assert.equal(run.phases.at(-1), "storing");
  });

  test("tries a broken part again after 1, 2, 4 … 30 seconds", async () => {
    const run = new Run();
    run.answers = Array.from({ length: 7 }, () => broken());
    await run.upload(6);
    assert.deepEqual(run.waits, [1, 2, 4, 8, 16, 30, 30]);
    assert.deepEqual(run.sent, [...Array(8).fill(0), 1]);
    assert.deepEqual(run.stored, counted(6));
    assert.ok(run.phases.includes("broken"));
  });

  test("waits as long as a busy server asks, at most half a minute", async () => {
    const run = new Run();
    const busy = (/** @type {number} */ seconds) => ({ ...refused(503, "busy"), retryAfterSeconds: seconds });
    run.answers = [busy(7), busy(3600)];
    await run.upload(1);
    assert.deepEqual(run.waits, [7, 30]);
  });

  test("goes on where the answer to a part was lost", async () => {
    const run = new Run();
    run.answers = [{ ...refused(409, "out_of_order"), next: 1 }];
    await run.upload(6);
    assert.deepEqual(run.sent, [0, 1]);
  });

  for (const error of ["unknown_upload", "other_bytes", "complete", "out_of_order"]) {
    test(`is lost when the server says ${error}`, async () => {
      const run = new Run();
      run.answers = [refused(error === "unknown_upload" ? 404 : 409, error)];
      await assert.rejects(run.upload(6), Lost);
    });
  }

  for (const [status, error, failure] of /** @type {[number, string | null, string][]} */ ([
    [413, "too_large", "large"],
    [503, "closed", "closed"],
    [422, "window_closed", "keys"],
    [422, "wrong_office", "keys"],
    [422, "not_sealed", "server"],
    [400, "malformed", "server"],
    [404, null, "server"],
  ])) {
    test(`is refused for good with ${status} ${error}`, async () => {
      const run = new Run();
      run.answers = [refused(status, error)];
      await assert.rejects(run.upload(6), (problem) => problem instanceof Refused && problem.failure === failure);
      assert.deepEqual(run.sent, [0]);
    });
  }

  test("is no success when the server does not say that the report is stored", async () => {
    const run = new Run();
    run.answers = [{ ...broken(), status: 200, complete: false }];
    await assert.rejects(run.upload(1), Refused);
  });

  test("pauses by itself when nothing got through for half an hour, and goes on when told", async () => {
    const run = new Run();
    run.answers = Array.from({ length: 80 }, () => broken());
    const done = run.upload(6);
    await until(() => run.unreachable === 1);
    assert.ok(run.clock > PATIENCE_MS && run.gate.shut);
    const { length } = run.sent;
    await ticks();
    assert.equal(run.sent.length, length, "something left while it was paused");
    run.answers = [];
    run.gate.open();
    await done;
    assert.deepEqual(run.stored, counted(6));
  });

  test("breaks off what is on its way when it is paused, and sends it again", async () => {
    const run = new Run();
    run.answers = ["never"];
    const done = run.upload(6);
    await until(() => run.sent.length === 1);
    run.gate.shutNow();
    await ticks();
    assert.deepEqual(run.sent, [0]);
    run.gate.open();
    await done;
    assert.deepEqual(run.sent, [0, 0, 1]);
    assert.deepEqual(run.waits, [], "a pause is no broken connection");
  });

  test("ends when it is cancelled: on its way, waiting, paused", async () => {
    for (const how of ["travelling", "paused"]) {
      const run = new Run();
      run.answers = ["never"];
      const done = assert.rejects(run.upload(6), Cancelled);
      await until(() => run.sent.length === 1);
      if (how === "paused") {
        run.gate.shutNow();
        await ticks();
      }
      run.gate.cancel();
      await done;
      assert.deepEqual(run.sent, [0]);
    }
  });

  test("fails with what its source fails with", async () => {
    const run = new Run();
    async function* source() {
      yield new Uint8Array(6);
      throw new RangeError("the file is gone");
    }
    await assert.rejects(upload(TOKEN, inParts(source(), PART_BYTES), run.surroundings()), RangeError);
  });
});

test("the estimate is hardly off what the core makes", async () => {
  const { sealReport, verifyBundle } = await core();
  const today = "2026-11-23";
  const bundle = verifyBundle(note(content()), fingerprint(content()), today);
  for (const sizes of [[], [1], [300_000], [5_000_000, 70_000]]) {
    const files = sizes.map((size) => ({ name: "a", mediaType: "", blob: new Blob([new Uint8Array(size)]), showsWho: false }));
    const fields = /** @type {[string, string][]} */ ([["story", "An invented story."]]);
    const report = await sealReport({ bundle, today, language: "en", pageNumber: null, fields, files, random });
    let actual = 0;
    for await (const piece of report.stream) {
      actual += piece.length;
    }
    const estimate = streamBytes(sizes);
    assert.ok(Math.abs(actual - estimate) / actual < 0.02, `${sizes}: ${estimate} instead of ${actual}`);
  }
});

/** One upload against a server that answers as told, and takes everything once it has nothing left to say. */
class Run {
  /** @type {(Answer | "never")[]} */
  answers = [];
  /** @type {number[]} */
  sent = [];
  /** @type {number[]} */
  stored = [];
  /** @type {number[]} */
  waits = [];
  /** @type {string[]} */
  phases = [];
  unreachable = 0;
  clock = 0;
  gate = new Gate();

  /** @param {number} bytes */
  upload(bytes) {
    return upload(TOKEN, inParts(stream(bytes, 3), PART_BYTES), this.surroundings());
  }

  /** @returns {import("../src/worker/upload.js").Surroundings} */
  surroundings() {
    return {
      server: { put: (...part) => this.#put(...part), forget: async () => undefined },
      gate: this.gate,
      now: () => this.clock,
      sleep: async (ms) => {
        this.waits.push(ms / 1000);
        this.clock += ms;
      },
      onPhase: (phase) => this.phases.push(phase),
      onSent: () => undefined,
      onUnreachable: () => {
        this.unreachable += 1;
      },
    };
  }

  /** @type {import("../src/worker/server.js").PartServer["put"]} */
  async #put(token, number, bytes, onSent, signal) {
    assert.equal(token, TOKEN);
    this.sent.push(number);
    const answer = this.answers.shift();
    if (answer === "never") {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      return broken();
    }
    if (answer !== undefined) {
      return answer;
    }
    onSent(bytes.length);
    this.stored.push(...bytes);
    return { ...broken(), status: 200, next: number + 1, complete: bytes.length < PART_BYTES };
  }
}

/** @returns {Answer} */
function broken() {
  return { status: 0, error: null, next: null, complete: false, retryAfterSeconds: 0 };
}

/**
 * @param {number} status
 * @param {string | null} error
 * @returns {Answer}
 */
function refused(status, error) {
  return { ...broken(), status, error };
}

/**
 * @param {number} bytes
 * @param {number} pieces
 */
async function* stream(bytes, pieces) {
  for (let at = 0; at < bytes; at += pieces) {
    yield Uint8Array.from(counted(bytes).slice(at, at + pieces));
  }
}

/** @param {number} bytes */
function counted(bytes) {
  return Array.from({ length: bytes }, (_, index) => index + 1);
}

/** @param {() => boolean} holds */
async function until(holds) {
  for (let turns = 0; !holds(); turns += 1) {
    assert.ok(turns < 1000, "it did not happen");
    await ticks(1);
  }
}

async function ticks(count = 20) {
  for (let turn = 0; turn < count; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
