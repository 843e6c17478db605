/**
 * Takes from a Fluent file the texts that the script uses: messages of the form `id = text`, in which other messages may
 * be named. What else Fluent can do is refused, since the script holds no Fluent.
 */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** What the sources call a text by, as a whole or up to a dash, after which the rest is computed. */
const USE = /(?:text|title|paragraph|note)\(\s*["`]([a-z][a-z0-9-]*)(?:\$\{[^}]*\})?["`]/g;
const QUOTED = /["`](client-[a-z0-9-]+)(\$\{)?/g;

/**
 * Returns the texts by their ids, in alphabetical order.
 * @param {string} folder the sources
 * @param {string} locale the Fluent file
 * @returns {Record<string, string>}
 * @throws where an id is used that is not there, or one of `client-…` is not used
 */
export function usedTexts(folder, locale) {
  const messages = readMessages(readFileSync(locale, "utf8"));
  const sources = readdirSync(folder)
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .join("\n");
  const used = new Set();
  for (const [, id] of sources.matchAll(USE)) {
    use(id ?? "");
  }
  for (const [, id] of sources.matchAll(QUOTED)) {
    use(id ?? "");
  }
  /** @param {string} id */
  function use(id) {
    const ids = id.endsWith("-") ? [...messages.keys()].filter((each) => each.startsWith(id)) : [id];
    if (ids.length === 0 || !messages.has(ids[0] ?? "")) {
      throw new Error(`the script uses ${id}, which is not in the locale`);
    }
    ids.forEach((each) => used.add(each));
  }
  const idle = [...messages.keys()].filter((id) => id.startsWith("client-") && !used.has(id));
  if (idle.length > 0) {
    throw new Error(`the script does not use ${idle.join(", ")}`);
  }
  return Object.fromEntries([...used].sort().map((id) => [id, resolved(messages, id)]));
}

/** Messages of one line each; attributes and comments are left out. @param {string} source */
function readMessages(source) {
  const messages = new Map();
  let last = "";
  for (const line of source.split("\n")) {
    const found = /^([a-z][a-z0-9-]*) = (.*)$/.exec(line);
    if (found !== null) {
      last = found[1] ?? "";
      messages.set(last, found[2]);
    } else if (/^ +[^ .]/.test(line)) {
      // It goes on over several lines: to be refused where it is used.
      messages.delete(last);
    }
  }
  return messages;
}

/**
 * @param {Map<string, string>} messages
 * @param {string} id
 * @returns {string}
 */
function resolved(messages, id) {
  const message = messages.get(id);
  if (message === undefined) {
    throw new Error(`the locale has no ${id}`);
  }
  return message.replace(/\{ ([^}]*) \}/g, (whole, inside) => {
    if (/^\$[a-z]+$/.test(inside)) {
      return whole;
    }
    if (!/^[a-z][a-z0-9-]*$/.test(inside)) {
      throw new Error(`${id} holds more than a plain text: ${whole}`);
    }
    return resolved(messages, inside);
  });
}
