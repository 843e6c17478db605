/**
 * Puts the texts of a Fluent file into the script: messages of the form `id = text`, in which other messages may be
 * named. What else Fluent can do is refused, since the script holds no Fluent.
 *
 * A source says `text("id")`, which becomes the text itself; `text("id", { name })`, whose variables are filled in
 * when it is shown; or `text(`client-…-${kind}`)`, which takes along every message that begins so.
 */
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const WHOLE = /\btext\("([a-z0-9-]+)"\)/g;
const WITH_VARIABLES = /\btext\("([a-z0-9-]+)", /g;
const BEGINNING = /\btext\(`([a-z0-9-]+-)\$\{\w+\}`\)/g;

/** Puts the English texts into every build of the page. @type {import("esbuild").Plugin} */
export const localeTexts = {
  name: "locale-texts",
  setup(build) {
    const client = dirname(fileURLToPath(import.meta.url));
    const locale = new Locale(join(client, "../locales/en.ftl"));
    build.onResolve({ filter: /^asylia:texts$/ }, ({ path }) => ({ path, namespace: "asylia" }));
    build.onLoad({ filter: /./, namespace: "asylia" }, () => ({
      contents: JSON.stringify(locale.lookedUp(join(client, "src/page"))),
      loader: "json",
    }));
    build.onLoad({ filter: /[\\/]src[\\/]page[\\/]\w+\.ts$/ }, ({ path }) => ({
      contents: locale.inline(readFileSync(path, "utf8")),
      loader: "ts",
    }));
  },
};

/** The messages of one locale. */
class Locale {
  /** @type {Map<string, string | null>} by id; null: more than one line, or with more than a text */
  #messages;

  /** @param {string} path the Fluent file */
  constructor(path) {
    this.#messages = readMessages(readFileSync(path, "utf8"));
  }

  /** A source with every `text("id")` replaced. @param {string} source */
  inline(source) {
    return source.replace(WHOLE, (_, id) => JSON.stringify(this.#resolved(id)));
  }

  /**
   * What the sources look up when they run, by id.
   * @param {string} folder the sources
   * @returns {Record<string, string>}
   * @throws where an id is used that is not there, or one of `client-…` is used nowhere
   */
  lookedUp(folder) {
    const sources = readdirSync(folder)
      .filter((name) => name.endsWith(".ts"))
      .map((name) => readFileSync(join(folder, name), "utf8"))
      .join("\n");
    const begun = [...idsIn(sources, BEGINNING)].flatMap((beginning) => this.#beginningWith(beginning));
    const looked = [...idsIn(sources, WITH_VARIABLES), ...begun];
    const used = new Set([...looked, ...idsIn(sources, WHOLE)]);
    const idle = this.#beginningWith("client-").filter((id) => !used.has(id));
    if (idle.length > 0) {
      throw new Error(`the script does not use ${idle.join(", ")}`);
    }
    return Object.fromEntries(looked.sort().map((id) => [id, this.#resolved(id)]));
  }

  /** @param {string} beginning */
  #beginningWith(beginning) {
    const ids = [...this.#messages.keys()].filter((id) => id.startsWith(beginning));
    if (ids.length === 0) {
      throw new Error(`no message begins with ${beginning}`);
    }
    return ids;
  }

  /**
   * @param {string} id
   * @returns {string}
   */
  #resolved(id) {
    const message = this.#messages.get(id);
    if (message === undefined || message === null) {
      throw new Error(`the locale has no ${id}, or not on one line`);
    }
    return message.replace(/\{ ([^}]*) \}/g, (whole, inside) => {
      if (/^\$[a-z]+$/.test(inside)) {
        return whole;
      }
      if (!/^[a-z][a-z0-9-]*$/.test(inside)) {
        throw new Error(`${id} holds more than a text: ${whole}`);
      }
      return this.#resolved(inside);
    });
  }
}

/**
 * @param {string} sources
 * @param {RegExp} use
 */
function idsIn(sources, use) {
  return new Set([...sources.matchAll(use)].map(([, id]) => id ?? ""));
}

/** Attributes and comments are left out. @param {string} source */
function readMessages(source) {
  /** @type {Map<string, string | null>} */
  const messages = new Map();
  let last = "";
  for (const line of source.split("\n")) {
    const [, id, message] = /^([a-z][a-z0-9-]*) = (.*)$/.exec(line) ?? [];
    if (id !== undefined && message !== undefined) {
      last = id;
      messages.set(id, message);
    } else if (/^ +[^ .]/.test(line)) {
      messages.set(last, null);
    }
  }
  return messages;
}
