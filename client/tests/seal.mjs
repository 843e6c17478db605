/**
 * Seals what `request.json` in the folder of the first argument says, as the page would; no test itself, but the
 * browser's half of `tests/it/interop/client_seals.rs`.
 *
 * `request.json`: {note, words, today, pageNumber, fields, files: [{name, mediaType, path, showsWho}],
 * bare: [[path, recipient]], followUp: null or what makes it one}. Made are `sealed`, `receipt.json`, and `PATH.age` for each bare file: typage alone.
 */
import { Encrypter } from "age-encryption";
import { openAsBlob } from "node:fs";
import { open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { core, random } from "./core.mjs";

const [, , folder = "."] = process.argv;
const { sealFollowUp, sealReport, verifyBundle } = await core();
const request = JSON.parse(await readFile(join(folder, "request.json"), "utf8"));

/** @type {import("../src/core/index.js").FileInput[]} */
const files = [];
for (const { path, ...claims } of request.files) {
  files.push({ ...claims, blob: await openAsBlob(join(folder, path)) });
}
const { today, pageNumber, fields, note, words } = request;
const bundle = verifyBundle(note, words, today);
const asked = { bundle, today, language: "en", pageNumber, fields, files, random };
const unhex = (/** @type {"secret" | "newSecret"} */ name) => Buffer.from(request.followUp[name], "hex");
const { receipt, stream } = await (request.followUp
  ? sealFollowUp(asked, { ...request.followUp, secret: unhex("secret"), newSecret: unhex("newSecret") })
  : sealReport(asked));
const out = await open(join(folder, "sealed"), "w");
for await (const piece of stream) {
  await out.write(piece);
}
await out.close();
await writeFile(join(folder, "receipt.json"), JSON.stringify(receipt));

for (const [path, recipient] of request.bare) {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  await writeFile(join(folder, `${path}.age`), await encrypter.encrypt(await readFile(join(folder, path))));
}
