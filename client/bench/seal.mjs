/**
 * How fast the browser's library seals: one file of 100 MiB (or as many as the first argument says), beside typage
 * alone on the same bytes in the same run, and the memory that it takes. `npm run bench`; the figures are of Node.
 */
import { Encrypter } from "age-encryption";
import { core, random } from "../tests/core.mjs";
import { content, fingerprint, note, recipients } from "../tests/notes.mjs";

const MIB = 1024 * 1024;
const ROUNDS = 3;
const mib = Number(process.argv[2] ?? 100);

const { sealReport, verifyBundle } = await core();
const today = "2026-11-23";
const bundle = verifyBundle(note(content()), fingerprint(content()), today);
const block = random(64 * 1024);
const blob = new Blob(Array.from({ length: mib * 16 }, () => block));

let peak = 0;
await sealed(new Blob([block]));
/** @type {number[]} */
const rates = [];
/** @type {number[]} */
const alone = [];
for (let round = 0; round < ROUNDS; round += 1) {
  alone.push(await timed(typage));
  rates.push(await timed(() => sealed(blob)));
}
const [rate = 0, typageRate = 1] = [Math.max(...rates), Math.max(...alone)];
console.log(`sealing ${rate.toFixed(1)} MiB/s, typage alone ${typageRate.toFixed(1)} MiB/s, ratio ${(rate / typageRate).toFixed(2)}`);
console.log(`most memory beside the file: ${(peak / MIB).toFixed(0)} MiB in buffers`);

/** @param {() => Promise<void>} act @returns {Promise<number>} MiB a second */
async function timed(act) {
  const start = performance.now();
  await act();
  return mib / ((performance.now() - start) / 1000);
}

/** @param {Blob} blob */
async function sealed(blob) {
  const { stream } = await sealReport({
    bundle,
    today,
    language: "en",
    pageNumber: null,
    fields: [["story", "An invented story."]],
    files: [{ name: "a.mp4", mediaType: "video/mp4", blob, showsWho: false }],
    random,
  });
  const before = process.memoryUsage().arrayBuffers;
  for await (const piece of stream) {
    peak = Math.max(peak, process.memoryUsage().arrayBuffers - before, piece.length);
  }
}

async function typage() {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipients.account);
  let left = mib * 16;
  const stream = await encrypter.encrypt(
    new ReadableStream({
      pull(controller) {
        left -= 1;
        return left < 0 ? controller.close() : controller.enqueue(block);
      },
    }),
  );
  const reader = stream.getReader();
  while (!(await reader.read()).done);
}
