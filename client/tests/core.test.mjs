/** The pieces of the format that the browser builds, against vectors and the writers of the other sealers. */
import assert from "node:assert/strict";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import * as bundles from "./core.mjs";

const { written, mailboxSeeds, mailboxAddress, drawSecret } = await bundles.returnCode();
const { words, wordsOfBits, knownWord, drawProofWords } = await bundles.words();
const { sizeClass, COMPARTMENT_FLOOR_BYTES } = await bundles.padding();
const { archive, archiveBytes, documentStream } = await bundles.slices();
const { answersOf, inClasses } = await bundles.answers();
const { QUESTIONS } = await bundles.questionnaire();
const submission = await bundles.submission();

/** @param {string} path */
const repository = (path) => readFileSync(new URL(`../../${path}`, import.meta.url));
const hex = (/** @type {Uint8Array} */ bytes) => Buffer.from(bytes).toString("hex");

describe("the return code", () => {
  test("and its mailbox are those of the vectors", () => {
    const instance = "11".repeat(16);
    const vectors = repository("crates/envelope/testdata/return_code.vec").toString();
    const lines = vectors.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    assert.equal(lines.length, 4);
    for (const line of lines) {
      const [number = "", digits, ten, lookupId, identity, signingKey] = line.split("|");
      const secret = Buffer.from(number.padStart(26, "0"), "hex");
      assert.deepEqual(written(secret), { words: ten, digits });
      const seeds = mailboxSeeds(secret, instance);
      assert.deepEqual([hex(seeds.identity), hex(seeds.signingKey)], [identity, signingKey]);
      assert.equal(mailboxAddress(secret, instance).lookup_id, lookupId);
    }
  });

  test("names a mailbox that the identity of its seed opens", async () => {
    const { Decrypter, Encrypter } = await import("age-encryption");
    const { bech32 } = await import("@scure/base");
    const secret = drawSecret(bundles.random);
    const address = mailboxAddress(secret, "22".repeat(16));
    const encrypter = new Encrypter();
    encrypter.addRecipient(address.recipient);
    const decrypter = new Decrypter();
    const { identity } = mailboxSeeds(secret, "22".repeat(16));
    decrypter.addIdentity(bech32.encodeFromBytes("age-secret-key-pq-", identity).toUpperCase());
    assert.equal(await decrypter.decrypt(await encrypter.encrypt("an answer"), "text"), "an answer");
    assert.equal(Buffer.from(address.verifying_key, "base64").length, 32);
  });

  test("has 102 bits of what was drawn", () => {
    const secret = drawSecret((count) => new Uint8Array(count).fill(255));
    assert.equal(hex(secret), "3f".padEnd(26, "f"));
    assert.equal(written(secret).words, "zoo zoo zoo zoo zoo zoo zoo zoo zoo vast");
  });
});

describe("words", () => {
  test("are those of the list, in its order", () => {
    assert.deepEqual(words(), wordlist);
  });

  test("stand for 11 bits from the left", () => {
    assert.deepEqual(wordsOfBits(Uint8Array.of(0, 0, 0), 2), ["abandon", "abandon"]);
    assert.deepEqual(wordsOfBits(Uint8Array.of(0xff, 0xe0, 0), 1), ["zoo"]);
  });

  test("are known in any case and by four letters", () => {
    for (const word of wordlist) {
      assert.equal(knownWord(word.toUpperCase()), word);
      assert.equal(knownWord(word.slice(0, 4)), word);
    }
    for (const strange of ["", "aban don", "aba", "abando", "qqqqq"]) {
      assert.equal(knownWord(strange), null);
    }
  });

  test("of proof reach from the first to the last", () => {
    const drawn = [0, 0, 255, 255, 8, 1].values();
    const from = (/** @type {number} */ count) => Uint8Array.from({ length: count }, () => drawn.next().value ?? NaN);
    assert.deepEqual(drawProofWords(from), ["abandon", "zoo", "ability"]);
  });
});

describe("padding", () => {
  test("has the classes of docs/FORMAT.md", () => {
    const table = repository("docs/FORMAT.md").toString().split("| plaintext | class of a compartment |")[1] ?? "";
    const rows = [...table.matchAll(/^\| (?:0 to )?([\d ]+) \| ([\d ]+) \| ([\d ]+) \| [\d ]+ \|$/gm)];
    assert.equal(rows.length, 8);
    for (const [, ...cells] of rows) {
      const [length = NaN, compartment, record] = cells.map((cell) => Number(cell.replaceAll(" ", "")));
      assert.deepEqual([sizeClass(length, COMPARTMENT_FLOOR_BYTES), sizeClass(length, 64 * 1024)], [compartment, record]);
    }
  });

  test("holds what it must, wastes an eighth at most, and fills whole blocks", () => {
    for (let length = 1; length < 2 ** 45; length = Math.floor(length * 1.37) + 1) {
      const found = sizeClass(length, COMPARTMENT_FLOOR_BYTES);
      assert.ok(found >= length && found <= Math.max(length, COMPARTMENT_FLOOR_BYTES) + length / 8);
      assert.equal(found % 512, 0);
      assert.equal(sizeClass(found, COMPARTMENT_FLOOR_BYTES), found);
    }
  });
});

describe("slices", () => {
  test("are the bytes that another writer makes", async () => {
    const text = Buffer.from("invented bytes");
    const data = { ...documentStream("file", text), name: "data/file" };
    const made = await whole(archive([documentStream("file", Buffer.from("{}")), data]));
    assert.ok(made.equals(repository("fuzz/corpus/slices/seed")));
  });

  test("come in 256 KiB, and an empty stream is one empty member", async () => {
    for (const [size, members] of [[0, 1], [1, 1], [262_144, 1], [262_145, 2], [800_000, 4]]) {
      const bytes = Buffer.alloc(size ?? 0, "x");
      const streams = [documentStream("account", bytes)];
      const made = await whole(archive(streams));
      assert.equal(made.length, archiveBytes(streams));
      assert.equal(made.toString("latin1").match(/meta\/account\/\d{6}\0/g)?.length, members);
      const blocks = (size ?? 0) + (members ?? 0) * 512;
      assert.equal(made.length, sizeClass(Math.ceil(blocks / 512) * 512 + 1024, COMPARTMENT_FLOOR_BYTES));
    }
  });
});

describe("the questionnaire", () => {
  test("is the domain's", () => {
    const { fields } = JSON.parse(repository("crates/envelope/testdata/form-values.json").toString());
    const domain = fields.map((/** @type {Record<string, string>} */ field) => [
      field["id"], field["type"], field["compartment"],
    ]);
    assert.deepEqual(QUESTIONS, domain);
  });
});

describe("answers", () => {
  const all = (/** @type {[string, string][]} */ ...fields) => inClasses(answersOf(fields), "NPSI");

  test("keep their text but for line ends", () => {
    const found = all(["story", "a\r\nb\rc\n\r\r\n d \u{feff}"], ["story", ""], ["person_names", "A"], ["person_names", "B"]);
    assert.equal(found["story"], "a\nb\nc\n\n\n d \u{feff}");
    assert.equal(found["person_names"], "A\nB");
    assert.equal(all(["story", "\u{feff}x\ud800y\udc00"])["story"], "\u{feff}x\ufffdy\ufffd");
  });

  test("have the shape of their question, answered or not", () => {
    const found = all(
      ["story", "x"], ["act_types", "threat"], ["act_types", "something else"], ["gender", ""], ["groups", ""],
      ["risk_understood", "yes"], ["in_danger_now", "soon"], ["page_number", "0"], ["__proto__", "x"],
    );
    assert.equal(Object.keys(found).length, QUESTIONS.length);
    assert.deepEqual(found["act_types"], ["threat", "something else"]);
    assert.deepEqual([found["groups"], found["gender"], found["in_danger_now"]], [[], null, "soon"]);
    assert.deepEqual([found["risk_understood"], all(["story", "x"], ["risk_understood", "no"])["risk_understood"]], [true, false]);
  });

  test("need a story that is not white space", () => {
    for (const story of ["", " \r\n\u{2003}\u{85}", undefined]) {
      assert.throws(() => all(...(story === undefined ? [] : [/** @type {[string, string]} */ (["story", story])])), { kind: "empty_story" });
    }
    // No white space, though it shows nothing.
    assert.equal(all(["story", "\u{feff}"])["story"], "\u{feff}");
  });

  test("are limited to the byte", () => {
    const limit = 256 * 1024;
    const story = "ж".repeat(limit / 2);
    assert.equal(all(["story", story])["story"], story);
    assert.throws(() => all(["story", `${story}x`]), { name: "SealProblem", kind: "field_too_long", field: "story" });
    assert.throws(() => all(["story", story], ["story", "x"]), { kind: "field_too_long" });
    /** @type {[string, string][]} */
    const four = ["story", "why_linked", "conditions", "name_to_use"].map((id) => [id, story]);
    all(...four);
    assert.throws(() => all(...four, ["steps_detail", "x"]), { kind: "text_too_long" });
  });
});

describe("documents", () => {
  test("are byte for byte those of another sealer", () => {
    const account = repository("fuzz/corpus/documents/seed-account");
    const { proof_words, mailbox } = JSON.parse(account.toString());
    const answers = answersOf([["story", "An invented story.\n"], ["danger_kinds", "violence"]]);
    assert.ok(Buffer.from(submission.account("en", null, proof_words, mailbox, answers)).equals(account));
    assert.ok(Buffer.from(submission.identity(answers)).equals(repository("fuzz/corpus/documents/seed-identity")));
  });

  test("have members in the order of docs/FORMAT.md", () => {
    const belonging = { instance: "01", period: "2026-Q4", submissionId: "02" };
    const text = (/** @type {Uint8Array} */ bytes) => Buffer.from(bytes).toString();
    assert.equal(
      text(submission.compartmentHead(belonging, "account")),
      '{"version":1,"instance":"01","period":"2026-Q4","submission_id":"02","compartment":"account"}',
    );
    assert.equal(
      text(submission.sealedFileHead(belonging, 7)),
      '{"version":1,"instance":"01","period":"2026-Q4","bundle_sequence":7}',
    );
    assert.equal(text(submission.fileEnd(5, "ab")), '{"size":5,"sha256":"ab"}');
    assert.equal(text(submission.fileHead("a\u007f\u2028\"\\\u0001.pdf", "")), '{"name":"a\u007f\u2028\\"\\\\\\u0001.pdf","media_type":"application/octet-stream"}');
  });

  test("cut a long file name at a character", () => {
    const name = (/** @type {string} */ claimed) =>
      Buffer.byteLength(JSON.parse(Buffer.from(submission.fileHead(claimed, "a/b")).toString()).name);
    assert.deepEqual([name("ж".repeat(600)), name(`x${"ж".repeat(600)}`), name("a.pdf")], [1024, 1023, 5]);
  });
});

/** @param {AsyncIterable<Uint8Array>} pieces */
async function whole(pieces) {
  const all = [];
  for await (const piece of pieces) {
    all.push(piece);
  }
  return Buffer.concat(all);
}
