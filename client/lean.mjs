/**
 * Leaves out of the built script what this client never reaches in its libraries: it seals to hybrid recipients only,
 * so typage's four other kinds, and the NIST curves and scrypt behind them, are 9 of 47 KB for nothing.
 *
 * Not one line that runs is changed. Each edit must fit exactly as often as it says, or the build fails: then a
 * library has changed, and somebody has to look.
 */
import { readFileSync } from "node:fs";

const REFUSE = '(() => { throw new Error("unrecognized recipient type"); })()';

const EDITS = [
  {
    file: /[\\/]age-encryption[\\/]dist[\\/]index\.js$/,
    wanted: /new (?:TagRecipient|HybridTagRecipient|X25519Recipient|ScryptRecipient)\([^)]*\)/g,
    times: 4,
    edited: () => REFUSE,
  },
  {
    // Constants of hybrids that nobody asks for; the bundler keeps a call unless it is told that it is pure.
    file: /[\\/]@noble[\\/]post-quantum[\\/]hybrid\.js$/,
    wanted: /(?<=^export const \w+ = )(?:QSF|createKitchenSink)\(|(?<=, )ecdhKem\(/gm,
    times: 5,
    edited: (/** @type {string} */ call) => `/* @__PURE__ */ ${call}`,
  },
];

/** For every build of this client. @type {import("esbuild").Plugin} */
export const lean = {
  name: "lean",
  setup(build) {
    for (const { file, wanted, times, edited } of EDITS) {
      build.onLoad({ filter: file }, ({ path }) => {
        const source = readFileSync(path, "utf8");
        const found = source.match(wanted)?.length ?? 0;
        if (found !== times) {
          throw new Error(`${path} has changed: ${found} places instead of ${times}`);
        }
        return { contents: source.replace(wanted, edited) };
      });
    }
  },
};
