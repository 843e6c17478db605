/**
 * Builds the script of the form page: `client/src` and the texts of `locales/en.ftl` become `static/asylia-HASH.js`,
 * HASH being the first 16 hexadecimal digits of its SHA-256, and `src/static_files.rs`, which puts it into the server.
 * Both are committed, so that running the server needs no Node.
 *
 *   node build.mjs           writes them, and removes an older script
 *   node build.mjs --check   writes nothing; fails where the tree holds something else
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { lean } from "./lean.mjs";
import { localeTexts } from "./texts.mjs";

const CLIENT = dirname(fileURLToPath(import.meta.url));
const ROOT = dirname(CLIENT);
const BANNER = "/* Asylia. Licences: see THIRD-PARTY.md in the source. */";
const SCRIPT_NAME = /^asylia-[0-9a-f]{16}\.js$/;

/** Every file that the build makes, by its path in the repository. @returns {Promise<Map<string, string>>} */
async function files() {
  const script = await bundle();
  const name = `asylia-${createHash("sha256").update(script).digest("hex").slice(0, 16)}.js`;
  const files = new Map([
    [`static/${name}`, script],
    ["src/static_files.rs", rustSource(name)],
  ]);
  return files;
}

/** One minified module: no source map, nothing that runs before it is needed. */
async function bundle() {
  const result = await build({
    absWorkingDir: CLIENT,
    entryPoints: ["src/page/main.ts"],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    minify: true,
    sourcemap: false,
    // The licences stand in THIRD-PARTY.md, which names every package (see below); the script names the page.
    legalComments: "none",
    banner: { js: BANNER },
    metafile: true,
    plugins: [lean, localeTexts],
  });
  const [output] = result.outputFiles;
  if (output === undefined) {
    throw new Error("esbuild made no file");
  }
  const licences = readFileSync(join(ROOT, "THIRD-PARTY.md"), "utf8");
  for (const name of packages(Object.keys(result.metafile.inputs))) {
    if (!licences.includes(`\`${name}\``)) {
      throw new Error(`${name} stands in the script, but not in THIRD-PARTY.md`);
    }
  }
  return output.text;
}

/** Packages by the paths of their files. @param {string[]} paths */
function packages(paths) {
  const names = paths.map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\/[^]*$/.exec(path)?.[1]);
  return new Set(names.filter((name) => name !== undefined));
}

/** @param {string} name */
function rustSource(name) {
  return `//! The script of the form page, as \`npm run build\` in \`client/\` wrote it; not to be changed by hand.

/// Where the script is served: the name holds the beginning of its SHA-256, so that it may be cached for ever.
pub const SCRIPT_PATH: &str = "/static/${name}";

/// The script: one JavaScript module. Modules are UTF-8 whatever their media type says.
pub const SCRIPT: &[u8] = include_bytes!("../static/${name}");
`;
}

/** @param {Map<string, string>} wanted */
function write(wanted) {
  for (const path of strays(wanted)) {
    rmSync(join(ROOT, path));
  }
  for (const [path, content] of wanted) {
    writeFileSync(join(ROOT, path), content);
  }
}

/** @param {Map<string, string>} wanted */
function check(wanted) {
  const differing = [...wanted]
    .filter(([path, content]) => !existsSync(join(ROOT, path)) || readFileSync(join(ROOT, path), "utf8") !== content)
    .map(([path]) => path);
  differing.push(...strays(wanted));
  if (differing.length > 0) {
    console.error(`Not what the sources give: ${differing.join(", ")}. Run \`npm run build\` in client/ and commit it.`);
    process.exit(1);
  }
}

/** Scripts of earlier builds. @param {Map<string, string>} wanted */
function strays(wanted) {
  return readdirSync(join(ROOT, "static"))
    .filter((name) => SCRIPT_NAME.test(name))
    .map((name) => `static/${name}`)
    .filter((path) => !wanted.has(path));
}

const wanted = await files();
if (process.argv.includes("--check")) {
  check(wanted);
} else {
  write(wanted);
}
