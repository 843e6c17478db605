/** The mailbox in the browser: typed codes, replies and follow-ups, against the vectors that the other side reads too. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { bundled } from "./page.mjs";

/**
 * @typedef {typeof import("../src/core/return_code.js") & typeof import("../src/core/mailbox.js")
 *   & typeof import("../src/core/reply.js") & typeof import("../src/core/follow_up.js")
 *   & typeof import("../src/core/answers.js") & typeof import("../src/core/problems.js")
 *   & typeof import("../src/mailbox/permissions.js")} Tested
 */
/** @type {Tested} */
const {
  CodeProblem, PERMISSIONS, PURPOSES, REPLY_SLOT_BYTES, answersOf, clockShift, mailboxSeeds, nextCounter, openMailbox,
  openSlot, parseCode, prepareFollowUp, written,
} = await bundled(
  "core/return_code", "core/mailbox", "core/reply", "core/follow_up", "core/answers", "core/problems",
  "mailbox/permissions",
);

/** Lines of a file of vectors, in fields. @param {string} name */
const vectors = (name) =>
  readFileSync(new URL(`../../crates/envelope/testdata/${name}`, import.meta.url), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split("|"));
const SECRET = Buffer.from("0123456789abcdef0123456789", "hex");
const NEW_SECRET = Buffer.from("3fffffffffffffffffffffffff", "hex");
const INSTANCE = "11".repeat(16);
/** The public half of the seed 07 × 32. */
const OFFICE_KEY = "6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw=";
const SEEDS = mailboxSeeds(SECRET, INSTANCE);
const bundle = /** @type {import("../src/core/bundle.js").VerifiedBundle} */ (
  /** @type {unknown} */ ({ instance: INSTANCE, officeKeys: [OFFICE_KEY] })
);
const slots = new Map(vectors("reply.vec").map(([name = "", , slot = ""]) => [name, Buffer.from(slot, "base64")]));
const slot = (/** @type {string} */ name) => slots.get(name) ?? Buffer.alloc(0);

describe("a typed code", () => {
  const [, , , [, digits = "", words = ""] = []] = vectors("return_code.vec");
  const hex = (/** @type {string} */ typed) => Buffer.from(parseCode(typed)).toString("hex");

  test("is read in every form of the vectors", () => {
    for (const [secret = "", digits = "", words = ""] of vectors("return_code.vec")) {
      assert.equal(hex(words), secret.padStart(26, "0"));
      assert.equal(hex(digits), secret.padStart(26, "0"));
      assert.deepEqual(written(parseCode(words)), { words, digits });
    }
  });

  test("may have any case, spacing, dashes, first letters and digits of other scripts", () => {
    const secret = hex(words);
    const inFours = (digits.match(/.{1,4}/g) ?? []).join(" ");
    const arabic = digits.replace(/\d/g, (digit) => "٠١٢٣٤٥٦٧٨٩"[Number(digit)] ?? "");
    const persian = digits.replace(/\d/g, (digit) => "۰۱۲۳۴۵۶۷۸۹"[Number(digit)] ?? "");
    const fullWidth = digits.replace(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit)));
    for (const typed of [
      words.toUpperCase(), `  ${words.replaceAll(" ", "\n-\t")}. `, words.replaceAll(" ", "،"),
      words.split(" ").map((word) => word.slice(0, 4)).join("–"), inFours, inFours.replaceAll(" ", "-"), arabic, persian,
      fullWidth,
    ]) {
      assert.equal(hex(typed), secret, typed);
    }
  });

  test("that is none is told by what is wrong with it, and never shown back", () => {
    const refused = (/** @type {string} */ typed) => {
      try {
        parseCode(typed);
      } catch (problem) {
        assert.ok(problem instanceof CodeProblem);
        return [problem.kind, problem.place];
      }
      return null;
    };
    const ten = words.split(" ");
    assert.deepEqual(refused(""), ["length", 0]);
    assert.deepEqual(refused(ten.slice(1).join(" ")), ["length", 0]);
    assert.deepEqual(refused(digits.slice(1)), ["length", 0]);
    assert.deepEqual(refused(words.replace(ten[3] ?? "", "perhaps")), ["word", 4]);
    assert.deepEqual(refused([ten[1], ten[0], ...ten.slice(2)].join(" ")), ["check", 0]);
    assert.deepEqual(refused(digits.replace(/.$/, (last) => String((Number(last) + 1) % 10))), ["check", 0]);
    assert.deepEqual(refused("9".repeat(34)), ["check", 0]);
  });
});

describe("a slot", () => {
  test("is opened or refused as the vectors say", async () => {
    const seen = new Set();
    for (const [name, expected = ""] of vectors("reply.vec")) {
      const found = await openSlot(slot(name ?? ""), SEEDS, bundle);
      if (typeof found === "object") {
        assert.equal(`${found.counter} ${found.kind} ${found.digest}`, expected, name);
      } else {
        assert.equal(found, expected === "NothingForThisCode" ? "nothing" : "refused", name);
      }
      seen.add(expected.split(" ")[1] ?? expected);
    }
    assert.equal(seen.size, 8, "three kinds and five refusals");
  });

  test("gives back what the office wrote, and what the next message needs", async () => {
    const [first, question] = [await openSlot(slot("the first reply"), SEEDS, bundle), await openSlot(slot("a question"), SEEDS, bundle)];
    assert.ok(typeof first === "object" && typeof question === "object");
    assert.deepEqual([first.proofWords, first.previous, first.nonce], ["tiger lamp ocean", null, null]);
    assert.equal(first.text, "We have your report.\nWe read it on a working day.");
    assert.deepEqual([question.previous, question.nonce, question.language], [first.digest, "5a".repeat(16), "ar"]);
    assert.equal(first.slot, createHash("sha256").update(slot("the first reply")).digest("hex"));
  });

  test("opens with its own code and its own office's keys only", async () => {
    const first = slot("the first reply");
    assert.equal(await openSlot(first, mailboxSeeds(NEW_SECRET, INSTANCE), bundle), "nothing");
    assert.equal(await openSlot(first, mailboxSeeds(SECRET, "12".repeat(16)), bundle), "nothing");
    assert.equal(await openSlot(first, SEEDS, { ...bundle, officeKeys: [] }), "refused");
    for (const at of [0, 5, 700, 1700, 5000]) {
      const altered = Buffer.from(first);
      altered[at] = (altered[at] ?? 0) ^ 1;
      assert.equal(typeof (await openSlot(altered, SEEDS, bundle)), "string", String(at));
    }
  });
});

describe("a mailbox", () => {
  const of = (/** @type {string[]} */ ...names) =>
    openMailbox(Buffer.concat(names.map((name) => slot(name))), SEEDS, bundle);
  const nothing = "sealed to a key of nobody";

  test("shows its replies oldest first, each once", async () => {
    const { replies, contradicts, refused } = await of("a confirmation", "the first reply", "a question", "a question");
    assert.deepEqual(replies.map(({ counter }) => counter), [1, 2, 3]);
    assert.deepEqual([contradicts, refused], [false, 0]);
  });

  test("may miss early replies, and may hold none", async () => {
    const { replies, contradicts } = await of("the first reply", "a confirmation", nothing, nothing);
    assert.deepEqual([replies.length, contradicts], [2, false]);
    assert.deepEqual(await of(nothing, nothing, nothing, nothing), { replies: [], contradicts: false, refused: 0 });
  });

  test("counts what is not shown", async () => {
    const mixed = await of("the first reply", "signed by another key", "written for another mailbox", nothing);
    assert.deepEqual([mixed.replies.length, mixed.refused], [1, 2]);
  });

  test("has four slots", async () => {
    await assert.rejects(of("the first reply"), RangeError);
    assert.equal(slot("the first reply").length, REPLY_SLOT_BYTES);
  });
});

describe("a follow-up", () => {
  test("says and proves what the vectors say", () => {
    for (const [name, document = "", manifest = "", proof = ""] of vectors("follow_up.vec")) {
      const said = JSON.parse(document);
      const answers = answersOf(said.answers.story === null ? [] : [["story", said.answers.story]], false);
      const text = { language: said.language, pageNumber: said.page_number, answers };
      const made = prepareFollowUp(
        text,
        {
          secret: SECRET,
          counter: said.counter,
          answersReply: said.answers_reply,
          nonce: said.nonce,
          permissions: said.permissions,
          withdrawAll: said.withdraw_all,
          deleteReport: said.delete_report,
          newSecret: said.new_mailbox && NEW_SECRET,
        },
        { instance: INSTANCE, period: "2026-Q4", submissionId: "55".repeat(16) },
      );
      assert.equal(Buffer.from(made.document).toString(), document, name);
      assert.equal(Buffer.from(made.proof(Buffer.from(manifest))).toString(), proof, name);
      assert.notEqual(Buffer.from(made.proof(randomBytes(9))).toString(), proof, name);
    }
  });

  test("takes its place from the clock, above all that are known", () => {
    const now = Date.parse("2026-11-28T12:00:00Z");
    assert.equal(nextCounter(now, 0), now / 1000);
    assert.equal(nextCounter(now, now / 1000), now / 1000 + 1);
    assert.equal(nextCounter(now, now / 1000 + 500), now / 1000 + 501);
  });

  test("is not led astray by a device's calendar, nor by midnight", () => {
    const shifted = (/** @type {string} */ device) => {
      const now = Date.parse(device);
      return new Date(now + clockShift("2026-11-28", now)).toISOString().slice(0, 19);
    };
    assert.equal(shifted("2026-11-28T12:00:00Z"), "2026-11-28T12:00:00");
    assert.equal(shifted("2026-11-29T00:00:05Z"), "2026-11-29T00:00:05");
    assert.equal(shifted("2026-11-27T23:59:58Z"), "2026-11-27T23:59:58");
    assert.equal(shifted("2035-01-02T03:04:05Z"), "2026-11-28T03:04:05");
    assert.equal(shifted("1999-12-31T23:59:59Z"), "2026-11-28T23:59:59");
  });

  test("can name every purpose and permission of the domain but that it is kept, and no other", () => {
    const { consent_purposes: purposes, permission_values: values } = JSON.parse(
      readFileSync(new URL("../../crates/envelope/testdata/form-values.json", import.meta.url), "utf8"),
    );
    const ids = purposes.map((/** @type {{ id: string }} */ { id }) => id);
    assert.deepEqual(["focal_point", ...PURPOSES], ids);
    assert.deepEqual(PERMISSIONS, values);
  });
});
