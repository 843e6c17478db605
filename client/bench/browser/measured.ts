/**
 * What `tests/browser/support/sealing_rate.py` measures in a browser: page, sealing Worker and digesting Workers in
 * one module, as in the real script, but the parts are thrown away. Rates are MiB of the file a second.
 */
import { SHA256 } from "@stablelib/sha256";
import { seal } from "../../src/core/age.js";
import { sealReport, verifyBundle } from "../../src/core/index.js";
import { HASHER, digestBlocks, type HasherScope } from "../../src/worker/hasher.js";
import { startHashing } from "../../src/worker/hashing.js";
import { inParts } from "../../src/worker/parts.js";
import { startWorker } from "../../src/worker/start.js";

/** Put in by `bundle.mjs`. */
declare const KEYS: { note: string; words: string; today: string; recipient: string };

type Measure = "sealing" | "sealing, digests in place" | "age alone" | "one digest alone";

interface Scope {
  onmessage: ((event: MessageEvent<[Measure, File]>) => void) | null;
  postMessage(rate: number): void;
}

const MIB = 1024 * 1024;
const PART_BYTES = 4 * MIB;
const SLICE_BYTES = 256 * 1024;

async function run(measure: Measure, file: File): Promise<number> {
  const start = performance.now();
  await MEASURES[measure](file);
  return file.size / MIB / ((performance.now() - start) / 1000);
}

const MEASURES: Record<Measure, (file: File) => Promise<void>> = {
  sealing: (file) => sealing(file, navigator.hardwareConcurrency),
  "sealing, digests in place": (file) => sealing(file, 1),
  "age alone": async (file) => {
    const { pieces } = await seal(KEYS.recipient, file.size, slices(file));
    for await (const _ of pieces);
  },
  "one digest alone": async (file) => {
    const hash = new SHA256();
    for await (const slice of slices(file)) {
      hash.update(slice);
    }
    hash.digest();
  },
};

async function sealing(file: File, cores: number): Promise<void> {
  const hashing = await startHashing([file.size], cores, () => startWorker(import.meta.url, HASHER));
  const { stream } = await sealReport({
    bundle: verifyBundle(KEYS.note, KEYS.words, KEYS.today),
    today: KEYS.today,
    language: "en",
    pageNumber: null,
    fields: [["story", "An invented story."]],
    files: [{ name: file.name, mediaType: "video/mp4", blob: file, showsWho: false }],
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
    digest: hashing.digest,
  });
  for await (const _ of inParts(stream, PART_BYTES));
  hashing.end();
}

async function* slices(file: File): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < file.size; at += SLICE_BYTES) {
    yield new Uint8Array(await file.slice(at, at + SLICE_BYTES).arrayBuffer());
  }
}

/** In the page: what the driver calls. */
function measured(measure: Measure): Promise<number> {
  const file = document.querySelector("input")?.files?.[0];
  const worker = startWorker(import.meta.url);
  return new Promise((resolve, reject) => {
    worker.onerror = reject;
    worker.onmessage = (event) => resolve(event.data as number);
    worker.postMessage([measure, file]);
  }).then((rate) => (worker.terminate(), rate as number));
}

if (typeof document !== "undefined") {
  Object.assign(globalThis, { measured });
} else if (self.name === HASHER) {
  digestBlocks(globalThis as unknown as HasherScope);
} else {
  const scope = globalThis as unknown as Scope;
  scope.onmessage = ({ data }) => void run(...data).then((rate) => scope.postMessage(rate));
}
