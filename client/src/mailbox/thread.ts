/** The answers of a mailbox, oldest first, as `src/pages/mailbox.rs` shows them without JavaScript. */
import type { Mailbox, Reply } from "../core/index.js";
import { button, element, paragraph } from "../page/dom.js";
import { text } from "../page/texts.js";

/** Deletes replies by the digests of their slots, or all. */
export type Remove = (slots: readonly string[] | "all") => Promise<void>;

/** Everything between the heading and what can be written. */
export function thread({ replies, contradicts, refused }: Mailbox, remove: Remove): HTMLElement[] {
  const warnings = [
    ...(contradicts ? [text("mailbox-contradiction")] : []),
    ...(refused > 0 ? [text("mailbox-refused")] : []),
  ];
  const failed = element("p", { className: "wrong", role: "alert", hidden: true }, text("client-mailbox-not-deleted"));
  const removing = (slots: readonly string[] | "all") => (): void => {
    failed.hidden = true;
    remove(slots).catch(() => {
      failed.hidden = false;
      failed.scrollIntoView();
    });
  };
  return [
    ...(replies.length === 0 ? [paragraph(text("mailbox-empty"))] : []),
    ...warnings.map((words) => element("p", { className: "note" }, element("strong", {}, words))),
    failed,
    ...replies.map((reply, index) => article(reply, index + 1, removing([reply.slot]))),
    ...(replies.length > 0 ? [paragraph(text("client-mailbox-here"))] : []),
    ...(replies.length > 1 ? [button(text("client-mailbox-delete-all"), removing("all"))] : []),
  ];
}

function article(reply: Reply, number: number, remove: () => void): HTMLElement {
  const heading = text("mailbox-answer", { number });
  const body = element("div", { className: "note", lang: reply.language });
  for (const line of reply.text.split("\n").filter((words) => words.trim() !== "")) {
    body.append(element("p", { dir: "auto" }, line));
  }
  const gone = button(text("client-mailbox-delete", { number }), remove);
  const words = reply.proofWords === null ? [] : [
    element("output", { className: "proof-words" }, reply.proofWords),
    paragraph(text("mailbox-words")),
  ];
  return element(
    "article",
    {},
    element("h2", {}, heading),
    paragraph(KINDS[reply.kind]),
    ...words,
    body,
    gone,
  );
}

/** In words. */
const KINDS = {
  received: text("mailbox-kind-received"),
  message: text("mailbox-kind-message"),
  question: text("mailbox-kind-question"),
  confirmation: text("mailbox-kind-confirmation"),
};
