/** Writes the script of `measured.ts` to the standard output, with keys of a test's office in it. */
import { build } from "esbuild";
import { lean } from "../../lean.mjs";
import { content, fingerprint, note, recipients } from "../../tests/notes.mjs";

const keys = { note: note(content()), words: fingerprint(content()), today: "2026-11-23", recipient: recipients.account };
const { outputFiles } = await build({
  entryPoints: [new URL("measured.ts", import.meta.url).pathname],
  bundle: true,
  write: false,
  format: "esm",
  target: "es2022",
  minify: true,
  define: { KEYS: JSON.stringify(keys) },
  plugins: [lean],
});
process.stdout.write(outputFiles[0]?.contents ?? "");
