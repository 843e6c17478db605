/**
 * Puts the texts of a Fluent file into the script: messages of the form `id = text`, in which other messages may be
 * named. What else Fluent can do is refused, since the script holds no Fluent.
 *
 * A source says `text("id")`, which becomes the text itself; `text("id", { name })`, whose variables are filled in
 * when it is shown; or `text(`client-…-${kind}`)`, which takes along every message that begins so. A script takes along
 * what its own sources look up.
 */
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const WHOLE = /\btext\("([a-z0-9-]+)"\)/g;
const WITH_VARIABLES = /\btext\("([a-z0-9-]+)", /g;
const BEGINNING = /\btext\(`([a-z0-9-]+-)\$\{\w+\}`\)/g;

const CLIENT = dirname(fileURLToPath(import.meta.url));
const FOLDERS = ["src/page", "src/mailbox"];

/** Every source that shows texts. */
export const sourcesWithTexts = () =>
  FOLDERS.flatMap((folder) =>
    readdirSync(join(CLIENT, folder))
      .filter((name) => name.endsWith(".ts"))
      .map((name) => join(folder, name)),
  );

/**
 * Puts the English texts into a build.
 * @param {string[]} sources those of the build, by their paths below the client's folder
 * @returns {import("esbuild").Plugin}
 */
export const localeTexts = (sources) => ({
  name: "locale-texts",
  setup(build) {
    const locale = new Locale(join(CLIENT, "../locales/en.ftl"));
    build.onResolve({ filter: /^asylia:texts$/ }, ({ path }) => ({ path, namespace: "asylia-texts" }));
    build.onLoad({ filter: /./, namespace: "asylia-texts" }, () => ({
      contents: JSON.stringify(locale.lookedUp(sources)),
      loader: "json",
    }));
    build.onLoad({ filter: /[\\/]src[\\/](?:page|mailbox)[\\/]\w+\.ts$/ }, ({ path }) => ({
      contents: locale.inline(readFileSync(path, "utf8")),
      loader: "ts",
    }));
  },
});

/** @throws where a message `client-…` is used by no script */
export function checkIdle() {
  const locale = new Locale(join(CLIENT, "../locales/en.ftl"));
  const idle = locale.idle(sourcesWithTexts());
  if (idle.length > 0) {
    throw new Error(`no script uses ${idle.join(", ")}`);
  }
}

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
   * @param {string[]} sources
   * @returns {Record<string, string>}
   * @throws where an id is used that is not there
   */
  lookedUp(sources) {
    const ids = new Set(this.#ids(joined(sources)));
    return Object.fromEntries([...ids].sort().map((id) => [id, this.#resolved(id)]));
  }

  /** Messages `client-…` that no source names. @param {string[]} sources */
  idle(sources) {
    const text = joined(sources);
    const used = new Set([...this.#ids(text), ...idsIn(text, WHOLE)]);
    return this.#beginningWith("client-").filter((id) => !used.has(id));
  }

  /** @param {string} text */
  #ids(text) {
    const begun = [...idsIn(text, BEGINNING)].flatMap((beginning) => this.#beginningWith(beginning));
    return [...idsIn(text, WITH_VARIABLES), ...begun];
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

/** @param {string[]} sources */
function joined(sources) {
  return sources.map((source) => readFileSync(join(CLIENT, source), "utf8")).join("\n");
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
