/**
 * Builds the scripts of the form and of the mailbox: `client/src` and the texts of `locales/en.ftl` become
 * `static/asylia-HASH.js` and `static/asylia-mailbox-HASH.js`, HASH being the first 16 hexadecimal digits of a script's
 * SHA-256, and `src/static_files.rs`, which puts them into the server. All are committed, so that running the server
 * needs no Node. The mailbox's script starts the form's as its Worker where something is to be sealed.
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
import { checkIdle, localeTexts } from "./texts.mjs";

const CLIENT = dirname(fileURLToPath(import.meta.url));
const ROOT = dirname(CLIENT);
const BANNER = "/* Asylia. Licences: see THIRD-PARTY.md in the source. */";
const SCRIPT_NAME = /^asylia-.*\.js$/;

/** Every file that the build makes, by its path in the repository. @returns {Promise<Map<string, string>>} */
async function files() {
  checkIdle();
  const form = named("asylia", await bundle("src/page/main.ts", ""));
  const mailbox = named("asylia-mailbox", await bundle("src/mailbox/main.ts", `/static/${form.name}`));
  return new Map([
    ...[form, mailbox].map(({ name, script }) => /** @type {const} */ ([`static/${name}`, script])),
    ["src/static_files.rs", rustSource(form.name, mailbox.name)],
  ]);
}

/**
 * @param {string} begin
 * @param {string} script
 */
function named(begin, script) {
  const digest = createHash("sha256").update(script).digest("hex");
  return { name: `${begin}-${digest.slice(0, 16)}.js`, script };
}

/**
 * One minified module: no source map, nothing that runs before it is needed.
 * @param {string} entry
 * @param {string} sealer the address of the script that seals
 */
async function bundle(entry, sealer) {
  /** @type {import("esbuild").BuildOptions & { write: false, metafile: true }} */
  const options = {
    absWorkingDir: CLIENT,
    entryPoints: [entry],
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
    define: { SEALER: JSON.stringify(sealer) },
  };
  // First to learn which sources are in it, since each script takes along its own texts only.
  const { metafile } = await build({ ...options, plugins: [lean, localeTexts([])] });
  const sources = Object.keys(metafile.inputs).filter((path) => path.startsWith("src/"));
  const result = await build({ ...options, plugins: [lean, localeTexts(sources)] });
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

/**
 * @param {string} form
 * @param {string} mailbox
 */
function rustSource(form, mailbox) {
  return `//! The pages' scripts, as \`npm run build\` in \`client/\` wrote them; not to be changed by hand.
//! Names hold the beginning of each one's SHA-256, so that it may be cached for ever. Each is one JavaScript module;
//! modules are UTF-8 whatever their media type says.

/// Where the script of the form is served; it is the Worker that seals as well.
pub const SCRIPT_PATH: &str = "/static/${form}";

/// The script of the form.
pub const SCRIPT: &[u8] = include_bytes!("../static/${form}");

/// Where the script of the mailbox is served.
pub const MAILBOX_SCRIPT_PATH: &str = "/static/${mailbox}";

/// The script of the mailbox.
pub const MAILBOX_SCRIPT: &[u8] = include_bytes!("../static/${mailbox}");
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
