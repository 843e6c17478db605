/**
 * The mailbox's page with JavaScript on: takes over the form for the return code, derives its keys here, asks the
 * server with the lookup token alone, and opens what comes. Code, keys and answers stay in this page's memory; nothing
 * is stored on the device or added to the history.
 */
import { BundleProblem, CodeProblem, mailboxSeeds, nextCounter, openMailbox, parseCode } from "../core/index.js";
import type { Mailbox, Receipt } from "../core/index.js";
import { button, element, hideSecrets, paragraph } from "../page/dom.js";
import type { Content } from "../page/dom.js";
import { codeToKeep } from "../page/receipt.js";
import { adoptStyle } from "../page/style.js";
import { text } from "../page/texts.js";
import { Composer } from "./composer.js";
import { deleteSlots, fetchOffice, fetchSlots } from "./source.js";
import type { Office } from "./source.js";
import { thread } from "./thread.js";

/** Takes over the form of this page. */
export function start(): void {
  const form = document.querySelector("form");
  const code = form?.querySelector<HTMLTextAreaElement>("[name=code]");
  if (form && code) {
    adoptStyle();
    new MailboxPage(form, code);
  }
}

/** A code that was typed, and what it opens. */
interface Key {
  secret: Uint8Array;
  seeds: ReturnType<typeof mailboxSeeds>;
}

class MailboxPage {
  #form: HTMLFormElement;
  #code: HTMLTextAreaElement;
  #wrong = element("p", { className: "wrong", id: "code-wrong", role: "alert", hidden: true });
  #office: Office | null = null;
  #composer: Composer | null = null;
  /** When the office came last, as the server's page says. */
  #collected = document.querySelector("#collected");
  /** The highest place of a follow-up that was sent from here. */
  #sentCounter = 0;

  constructor(form: HTMLFormElement, code: HTMLTextAreaElement) {
    this.#form = form;
    this.#code = code;
    // What a page asks besides is asked again, here, once the code has opened the mailbox.
    form.replaceChildren(code.closest("label") ?? code);
    code.before(this.#wrong);
    // A page that comes back from memory must not show again what was typed or read.
    addEventListener("pagehide", hideSecrets);
    addEventListener("pageshow", (event) => {
      if (event.persisted) {
        this.#wipe();
        location.reload();
      }
    });
    void this.#prepare();
  }

  /** Goes on trying while the server cannot be reached; says so after some tries. */
  async #prepare(): Promise<void> {
    for (let tries = 1; this.#office === null; tries += 1) {
      try {
        this.#office = await fetchOffice();
      } catch (problem) {
        if (problem instanceof BundleProblem) {
          this.#note("keys");
          return;
        }
        if (tries === QUIET_TRIES) {
          this.#note("connection");
        }
        const seconds = Math.min(2 ** (tries - 1), LONGEST_WAIT_SECONDS);
        await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
      }
    }
    this.#note("ready");
    const read = button(text("mailbox-read"), () => {
      read.disabled = true;
      void this.#read().finally(() => {
        read.disabled = false;
      });
    });
    this.#form.append(read);
  }

  /** The plain line before anything is typed. */
  #note(way: "connection" | "keys" | "ready"): void {
    const note = document.querySelector("#mailbox-note");
    if (note !== null) {
      note.role = "status";
      note.textContent = text(`client-mailbox-${way}`);
    }
  }

  async #read(): Promise<void> {
    this.#wrong.hidden = true;
    try {
      const secret = parseCode(this.#code.value);
      const seeds = mailboxSeeds(secret, this.#office?.bundle.instance ?? "");
      await this.#open({ secret, seeds }, "");
    } catch (problem) {
      this.#refuse(problem instanceof CodeProblem ? wrong(problem) : text("client-failed-connection"));
    }
  }

  #refuse(words: string): void {
    this.#wrong.textContent = words;
    this.#wrong.hidden = false;
    this.#code.setAttribute("aria-describedby", this.#wrong.id);
    this.#code.focus();
  }

  /** Asks for the mailbox and shows it; `told` is what was done to it just now. */
  async #open(key: Key, told: string): Promise<void> {
    const office = this.#office;
    if (office !== null) {
      const slots = await fetchSlots(key.seeds.lookupToken);
      const mailbox = await openMailbox(slots, key.seeds, office.bundle);
      this.#code.value = "";
      this.#show(key, office, mailbox, told);
    }
  }

  #show(key: Key, office: Office, mailbox: Mailbox, told: string): void {
    this.#composer?.end();
    this.#composer = new Composer(key.secret, mailbox, {
      place: () => this.#place(office, mailbox),
      sent: (receipt) => this.#sent(key, receipt),
    });
    const remove = (slots: readonly string[] | "all"): Promise<void> => this.#remove(key, slots);
    this.#replace(
      element("h1", { tabIndex: -1 }, text("mailbox-answers-heading")),
      element("p", { role: "status" }, told),
      ...thread(mailbox, remove),
      this.#collected ?? "",
      this.#composer.section,
      element("p", { className: "note" }, element("strong", {}, text("mailbox-close"))),
    );
  }

  /** The place of the next follow-up. */
  #place(office: Office, mailbox: Mailbox): number {
    const known = mailbox.replies.map(({ followUpCounter }) => followUpCounter);
    this.#sentCounter = nextCounter(Date.now() + office.clockShift, Math.max(this.#sentCounter, ...known));
    return this.#sentCounter;
  }

  async #remove(key: Key, slots: readonly string[] | "all"): Promise<void> {
    await deleteSlots(key.seeds.lookupToken, slots);
    await this.#open(key, text("client-mailbox-deleted"));
  }

  /** What was sent is stored; a new code is shown once. */
  #sent(key: Key, receipt: Receipt | null): void {
    this.#composer?.end();
    this.#composer = null;
    const again = button(text("mailbox-again"), () => {
      this.#open(key, "").catch(() => again.after(paragraph(text("client-failed-connection"))));
    });
    const code =
      receipt === null
        ? []
        : [
            element("h2", {}, text("client-follow-new-code")),
            ...codeToKeep(receipt),
            paragraph(text("client-follow-new-code-keep")),
          ];
    this.#replace(
      element("h1", { tabIndex: -1 }, text("client-follow-stored")),
      paragraph(text("client-follow-stored-what")),
      ...code,
      element("div", { className: "acts" }, again),
      element("p", { className: "note" }, element("strong", {}, text("mailbox-close"))),
    );
  }

  #replace(...contents: Content[]): void {
    document.querySelector("main")?.replaceChildren(...contents);
    document.querySelector<HTMLElement>("h1")?.focus();
    scrollTo(0, 0);
  }

  #wipe(): void {
    this.#composer?.end();
    this.#code.value = "";
    hideSecrets();
    document.querySelector("main")?.replaceChildren();
  }
}

/** What is wrong with a typed code, in words; never a part of it. */
function wrong({ kind, place }: CodeProblem): string {
  switch (kind) {
    case "length":
      return text("mailbox-wrong-length");
    case "word":
      return text("client-mailbox-wrong-word", { place });
    case "check":
      return text("mailbox-wrong-check");
  }
}

const QUIET_TRIES = 4;
const LONGEST_WAIT_SECONDS = 30;
