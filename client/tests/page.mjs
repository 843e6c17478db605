/** Modules of the page and of its Worker, bundled as the script is; not a test itself. */
import { build } from "esbuild";
import { lean } from "../lean.mjs";
import { localeTexts, sourcesWithTexts } from "../texts.mjs";

/**
 * Everything that some modules export, from one bundle, so that their classes are the same.
 * @template T
 * @param {string[]} paths below `src`, without the ending
 * @returns {Promise<T>}
 */
export async function bundled(...paths) {
  const { outputFiles } = await build({
    stdin: {
      contents: paths.map((path) => `export * from "./${path}.js";`).join("\n"),
      resolveDir: new URL("../src", import.meta.url).pathname,
    },
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    plugins: [lean, localeTexts(sourcesWithTexts())],
  });
  const [{ contents } = { contents: new Uint8Array() }] = outputFiles;
  return import(`data:text/javascript;base64,${Buffer.from(contents).toString("base64")}`);
}
