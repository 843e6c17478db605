/** The script that is sent, its texts, and the page's own sums. */
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, test } from "node:test";
import { bundled } from "./page.mjs";

/**
 * @typedef {typeof import("../src/page/files.js") & typeof import("../src/page/remaining.js")
 *   & typeof import("../src/page/texts.js") & typeof import("../src/page/receipt.js")
 *   & typeof import("../src/worker/start.js")} Tested
 */
/** @type {Tested} */
const { Remaining, inFours, size, slowMinutes, startWorker, text, warning } = await bundled(
  "page/files",
  "page/remaining",
  "page/texts",
  "page/receipt",
  "worker/start",
);
const STATIC = new URL("../../static/", import.meta.url);
const SCRIPT_LIMIT_BYTES = 45_000;
const MIB = 1024 * 1024;

const names = readdirSync(STATIC).filter((name) => name.endsWith(".js"));

test("there is a script for the form and one for the mailbox", () => {
  const kinds = names.map((name) => name.replace(/-[0-9a-f]{16}\.js$/, ""));
  assert.deepEqual(kinds.sort(), ["asylia", "asylia-mailbox"]);
});

for (const name of names) {
  const script = readFileSync(new URL(name, STATIC), "utf8");

  test(`${name} is small`, () => {
    const { length } = gzipSync(script, { level: 9 });
    assert.ok(length <= SCRIPT_LIMIT_BYTES, `${length} bytes when compressed`);
  });

  test(`${name} names no other site, evaluates no text and keeps nothing`, () => {
    for (const never of [
      "://", "eval(", "new Function", "WebAssembly", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write",
      "localStorage", "sessionStorage", "indexedDB", "caches.", "cookie", "serviceWorker", "pushState", "replaceState",
      "sendBeacon", "WebSocket", "sourceMappingURL",
    ]) {
      assert.ok(!script.includes(never), `it holds ${never}`);
    }
  });
}

test("the mailbox starts the form's script where something is to be sealed, and no other", () => {
  const [form = "", mailbox = ""] = [...names].sort((one, other) => one.length - other.length);
  const named = readFileSync(new URL(mailbox, STATIC), "utf8").match(/\/static\/[^"'`]*/g);
  assert.deepEqual(named, [`/static/${form}`]);
});

test("texts have their variables filled in, and none left", () => {
  assert.equal(text("client-files-chosen", { count: 2, size: "3 KB" }).match(/[{}$]/), null);
  assert.match(text("client-files-chosen", { count: 2, size: "3 KB" }), /2.*3 KB/);
});

test("sizes are rounded up, so that no file has nothing", () => {
  assert.deepEqual(
    [1, 1024, 1025, 1023 * 1024, 9.9 * MIB, 10 * MIB, 1024 * MIB].map(size),
    ["1 KB", "1 KB", "2 KB", "1.0 MB", "9.9 MB", "10 MB", "1024 MB"],
  );
});

test("each kind of file has its warning, by its type or its name", () => {
  const of = (/** @type {string} */ name, type = "") => warning({ name, type });
  const [picture, document, other] = [of("a.jpg"), of("a.pdf"), of("a.bin")];
  assert.equal(new Set([picture, document, other]).size, 3);
  for (const found of [of("IMG.HEIC"), of("x", "image/png"), of("x", "video/mp4"), of("x", "audio/ogg")]) {
    assert.equal(found, picture);
  }
  const word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
  for (const found of [of("Letter.DOCX"), of("x", "application/pdf"), of("x", word), of("x.ods")]) {
    assert.equal(found, document);
  }
  for (const found of [of("pdf"), of("x", "text/plain"), of(""), of("jpg.zip")]) {
    assert.equal(found, other);
  }
});

test("large files are said to take long before they are sent, small ones are not", () => {
  assert.deepEqual([0, 99 * MIB, 100 * MIB, 1024 * MIB].map(slowMinutes), [null, null, 1, 9]);
});

describe("the time that is left", () => {
  test("is not told from too little", () => {
    const clock = new Remaining();
    clock.run(true, 0);
    assert.equal(clock.after(1 * MIB, 100 * MIB, 60_000), null);
    assert.equal(clock.after(3 * MIB, 100 * MIB, 1_000), null);
  });

  test("follows the rate, and counts no pause", () => {
    const clock = new Remaining();
    clock.run(true, 0);
    assert.deepEqual(clock.after(10 * MIB, 100 * MIB, 60_000), { left: 9, all: 10 });
    clock.run(false, 60_000);
    assert.deepEqual(clock.after(10 * MIB, 100 * MIB, 3_600_000), { left: 9, all: 10 });
    clock.run(true, 3_600_000);
    assert.deepEqual(clock.after(20 * MIB, 100 * MIB, 3_660_000), { left: 8, all: 10 });
  });
});

test("digits stand in fours", () => {
  assert.equal(inFours("1234567890"), "1234 5678 90");
});

test("the one policy of Trusted Types lets this script pass and no other", () => {
  const made = /** @type {unknown[]} */ ([]);
  /** @type {{ createScriptURL(url: string): string } | undefined} */
  let rules;
  Object.assign(globalThis, {
    Worker: class {
      /** @param {unknown[]} given */
      constructor(...given) {
        made.push(given);
      }
    },
    trustedTypes: {
      /** @param {string} name @param {NonNullable<typeof rules>} given */
      createPolicy(name, given) {
        assert.equal(name, "asylia");
        assert.equal(rules, undefined, "a browser lets the policy be made once");
        rules = given;
        return { createScriptURL: (/** @type {string} */ url) => `trusted ${given.createScriptURL(url)}` };
      },
    },
  });
  startWorker("/static/a.js");
  startWorker("/static/a.js", "digest");
  const options = ["", "digest"].map((name) => ({ type: "module", name }));
  assert.deepEqual(made, options.map((each) => ["trusted /static/a.js", each]));
  assert.throws(() => rules?.createScriptURL("/static/b.js"), TypeError);
});
