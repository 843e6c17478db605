/**
 * The receipt, as `src/pages/receipt.rs` shows it without JavaScript: return code and proof words, once, in the
 * page's memory only.
 */
import type { Receipt } from "../core/index.js";
import { element, list, paragraph } from "./dom.js";
import { text } from "./texts.js";

/** Everything on the receipt; its heading takes the focus. */
export function receipt(shown: Receipt): HTMLElement {
  const heading = element("h1", { tabIndex: -1 }, text("page-receipt-heading"));
  return element(
    "section",
    {},
    heading,
    paragraph(text("page-receipt-unread")),
    title(text("page-receipt-code")),
    ...codeToKeep(shown),
    paragraph(text("page-receipt-lost")),
    mailboxLink(text("page-receipt-try")),
    paragraph(text("page-receipt-try-what")),
    title(text("page-receipt-words")),
    element("output", { id: "proof-words" }, shown.proofWords ?? ""),
    paragraph(text("page-receipt-words-use")),
    paragraph(text("client-receipt-words")),
    title(text("page-receipt-next")),
    mailboxLink(text("client-receipt-files")),
    list(text("page-receipt-next-read"), text("page-receipt-next-answer"), text("client-receipt-later")),
    element("p", { className: "note" }, element("strong", {}, text("page-receipt-close"))),
  );
}

/** A code in words and in digits, and how to keep it. */
export function codeToKeep({ words, digits }: Receipt): HTMLElement[] {
  return [
    element("p", {}, element("strong", {}, text("page-receipt-code-now"))),
    element("output", { id: "return-code" }, words),
    paragraph(text("page-receipt-digits")),
    element("output", { id: "return-digits", dir: "ltr" }, inFours(digits)),
    title(text("page-receipt-safe")),
    list(text("page-receipt-safe-who"), text("page-receipt-safe-paper"), text("page-receipt-safe-device")),
  ];
}

/** In a window of its own: this page shows the code once. */
function mailboxLink(words: string): HTMLParagraphElement {
  return element("p", {}, element("a", { href: "/mailbox", target: "_blank", rel: "noopener" }, words));
}

function title(words: string): HTMLHeadingElement {
  return element("h2", {}, words);
}

/** Digits in groups that can be read aloud. */
export function inFours(digits: string): string {
  return (digits.replace(/\s/g, "").match(/.{1,4}/g) ?? []).join(" ");
}
