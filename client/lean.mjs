/**
 * Leaves out of the built script what this client never reaches in its libraries: it seals to hybrid recipients only,
 * so typage's four other kinds, and the NIST curves and scrypt behind them, are 9 of 47 KB for nothing. So are what
 * errors say, 2 KB.
 *
 * Not one line that runs is changed. Each edit must fit exactly as often as it says, or the build fails: then a
 * library has changed, and somebody has to look.
 */
import { readFileSync } from "node:fs";

const REFUSE = '(() => { throw new Error("unrecognized recipient type"); })()';

const EDITS = [
  {
    // Passphrases; a bundler leaves no method of a class out.
    file: /[\\/]age-encryption[\\/]dist[\\/]index\.js$/,
    wanted: /^ {4}(?:setPassphrase|setScryptWorkFactor|addPassphrase)\([^)]*\) \{\n[^]*?\n {4}\}\n/gm,
    times: 3,
    edited: () => "",
  },
  {
    file: /[\\/]age-encryption[\\/]dist[\\/]index\.js$/,
    wanted: /new (?:TagRecipient|HybridTagRecipient|X25519Recipient|ScryptRecipient|X25519Identity)\([^)]*\)/g,
    times: 6,
    edited: () => REFUSE,
  },
  {
    // Constants of hybrids that nobody asks for; the bundler keeps a call unless it is told that it is pure.
    file: /[\\/]@noble[\\/]post-quantum[\\/]hybrid\.js$/,
    wanted: /(?<=^export const \w+ = )(?:QSF|createKitchenSink)\(|(?<=, )ecdhKem\(/gm,
    times: 5,
    edited: (/** @type {string} */ call) => `/* @__PURE__ */ ${call}`,
  },
  ...[
    ["hashes", 4],
    ["curves", 2],
    ["ciphers", 2],
  ].map(([name, times]) => ({
    // Words for errors, put together before; see below.
    file: new RegExp(`[\\\\/]@noble[\\\\/]${name}[\\\\/]utils\\.js$`),
    wanted: /^ +const (?:prefix|ofLen|got) = .*$/gm,
    times: Number(times),
    edited: () => "",
  })),
  {
    // Points as texts.
    file: /[\\/]@noble[\\/]curves[\\/]abstract[\\/]edwards\.js$/,
    wanted: /^ {8}(?:static fromHex|toHex|toString|toMontgomery|toMontgomerySecret)\([^)]*\) \{\n[^]*?\n {8}\},?\n/gm,
    times: 5,
    edited: () => "",
  },
  {
    // Square roots in any field; the curve of Ed25519 brings its own, and nothing else asks.
    file: /[\\/]@noble[\\/]curves[\\/]abstract[\\/]modular\.js$/,
    wanted: /^export function FpSqrt\(P\) \{\n[^]*?\n\}\n/gm,
    times: 1,
    edited: () => "export function FpSqrt() { throw new Error(); }\n",
  },
  {
    file: /[\\/]@scure[\\/]base[\\/]index\.js$/,
    wanted: /^ {4}const (?:fromWords|decode)Unsafe = .*\n|^ {8}(?:fromWords|decode)Unsafe,\n/gm,
    times: 4,
    edited: () => "",
  },
  {
    // What resumes or wipes a hash.
    file: /[\\/]@stablelib[\\/]sha256[\\/]lib[\\/]sha256\.js$/,
    wanted: /^ {4}(?:clean|saveState|restoreState|cleanSavedState)\([^)]*\) \{\n[^]*?\n {4}\}\n/gm,
    times: 4,
    edited: () => "",
  },
];

/**
 * What the libraries' errors say, which only programmers would read: nothing depends on it, and the page has texts of
 * its own. Texts in quotes, whatever stands in them, and anything between without a parenthesis, so without a call but
 * the one that puts a title in quotes.
 */
const ERROR_WITH_WORDS =
  /\bnew ((?:Range|Type)?Error)\((?:"[^"\\\n]*"|'[^'\\\n]*'|`[^`\\\n]*`|atitle\(\w+\)|[^()\n"'`])+\)/g;

/** For every build of this client. @type {import("esbuild").Plugin} */
export const lean = {
  name: "lean",
  setup(build) {
    build.onLoad({ filter: /[\\/]node_modules[\\/].*\.js$/ }, ({ path }) => {
      const edits = EDITS.filter(({ file }) => file.test(path));
      const source = edits.reduce((text, edit) => edited(path, text, edit), readFileSync(path, "utf8"));
      return { contents: source.replace(ERROR_WITH_WORDS, "new $1()") };
    });
  },
};

/** @param {string} path @param {string} source @param {typeof EDITS[number]} edit */
function edited(path, source, edit) {
  const found = source.match(edit.wanted)?.length ?? 0;
  if (found !== edit.times) {
    throw new Error(`${path} has changed: ${found} places instead of ${edit.times}`);
  }
  return source.replace(edit.wanted, edit.edited);
}
