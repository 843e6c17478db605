/** The core as the page has it, bundled once for all tests of a file; not a test itself. */
import { build } from "esbuild";
import { lean } from "../lean.mjs";

/**
 * One module of `src/core`, bundled as the script is.
 * @template T
 * @param {string} name
 * @returns {Promise<T>}
 */
async function bundled(name) {
  const { outputFiles } = await build({
    entryPoints: [new URL(`../src/core/${name}.ts`, import.meta.url).pathname],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    minify: true,
    legalComments: "none",
    plugins: [lean],
  });
  const [{ contents } = { contents: new Uint8Array() }] = outputFiles;
  return import(`data:text/javascript;base64,${Buffer.from(contents).toString("base64")}`);
}

/** The public interface. @returns {Promise<typeof import("../src/core/index.js")>} */
export const core = () => bundled("index");
/** @returns {Promise<typeof import("../src/core/return_code.js")>} */
export const returnCode = () => bundled("return_code");
/** @returns {Promise<typeof import("../src/core/words.js")>} */
export const words = () => bundled("words");
/** @returns {Promise<typeof import("../src/core/padding.js")>} */
export const padding = () => bundled("padding");
/** @returns {Promise<typeof import("../src/core/slices.js")>} */
export const slices = () => bundled("slices");
/** @returns {Promise<typeof import("../src/core/answers.js")>} */
export const answers = () => bundled("answers");
/** @returns {Promise<typeof import("../src/core/questionnaire.js")>} */
export const questionnaire = () => bundled("questionnaire");
/** @returns {Promise<typeof import("../src/core/submission.js")>} */
export const submission = () => bundled("submission");

/** @param {number} count */
export function random(count) {
  return crypto.getRandomValues(new Uint8Array(count));
}
