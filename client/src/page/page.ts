/**
 * The half of the script that runs in the page: says how the report will be locked, adds the buttons when everything
 * is ready, hands what was written to the Worker, and shows progress and receipt. It stores nothing on the device,
 * adds nothing to the history, and never lets the form be sent in clear.
 */
import type { Failure, News, Order, Unready } from "../worker/messages.js";
import { startWorker } from "../worker/start.js";
import { button, element, paragraph } from "./dom.js";
import { FileList } from "./files.js";
import { Progress } from "./progress.js";
import { receipt } from "./receipt.js";
import { adoptStyle } from "./style.js";
import { text } from "./texts.js";

/** Takes over the form of this page, if it has one: a closed site shows none. */
export function start(script: string): void {
  const form = document.querySelector("form");
  const story = form?.querySelector<HTMLTextAreaElement>("[name=story]");
  const files = form?.querySelector<HTMLInputElement>("[name=attachments]");
  if (form && story && files) {
    adoptStyle();
    new FormPage(form, story, files, script);
  }
}

class FormPage {
  #form: HTMLFormElement;
  #story: HTMLTextAreaElement;
  #files: FileList;
  #script: string;
  #worker: Worker | null = null;
  #buttons: HTMLButtonElement[] = [];
  #progress: Progress | null = null;
  #panel: HTMLElement | null = null;

  constructor(form: HTMLFormElement, story: HTMLTextAreaElement, files: HTMLInputElement, script: string) {
    this.#form = form;
    this.#story = story;
    this.#files = new FileList(files);
    this.#script = script;
    // A page that comes back from memory must not show again what was written or received.
    addEventListener("pagehide", () => this.#hideReceipt());
    addEventListener("pageshow", (event) => {
      if (event.persisted) {
        this.#wipe();
        location.reload();
      }
    });
    this.#order({ kind: "prepare" });
  }

  /** Tells the Worker what to do; starts it first, or again after it broke. */
  #order(order: Order): void {
    try {
      this.#worker ??= this.#newWorker();
      this.#worker.postMessage(order);
    } catch {
      this.#break();
    }
  }

  #newWorker(): Worker {
    const worker = startWorker(this.#script);
    worker.onmessage = (event) => this.#hear(event.data as News);
    worker.onerror = () => this.#break();
    return worker;
  }

  #hear(news: News): void {
    switch (news.kind) {
      case "ready":
        this.#ready(news.limitMib);
        break;
      case "unready":
        this.#unready(news.reason);
        break;
      case "phase":
        this.#progress?.phase(news.phase);
        break;
      case "progress":
        this.#progress?.moved(news.sealed, news.sent, news.total);
        break;
      case "unreachable":
        this.#progress?.unreachable();
        break;
      case "failed":
        this.#failed(news.failure);
        break;
      case "stored":
        this.#stored(receipt(news.receipt));
        break;
    }
  }

  /** The Worker did not start, or broke: an old browser, or not enough memory. */
  #break(): void {
    this.#worker?.terminate();
    this.#worker = null;
    if (this.#progress === null) {
      this.#unready("old");
    } else {
      this.#failed("seal");
    }
  }

  #ready(limitMib: number): void {
    this.#files.limit(limitMib * MIB, FILES_LIMIT);
    this.#note("ready");
    const waiting = this.#form.querySelector<HTMLElement>(".js");
    if (waiting === null || this.#buttons.length > 0) {
      return;
    }
    const [first, last] = [this.#sendButton(), this.#sendButton()];
    waiting.replaceWith(first, paragraph(text("page-form-send-story")));
    this.#form.append(last);
    this.#buttons = [first, last];
  }

  #unready(reason: Unready): void {
    this.#note(reason);
    for (const each of this.#buttons.splice(0)) {
      each.remove();
    }
  }

  /** The plain line before anything is typed. */
  #note(way: Unready | "ready"): void {
    const note = document.querySelector("#script-note");
    if (note !== null) {
      note.role = "status";
      note.textContent = text(`client-path-${way}`);
    }
  }

  #sendButton(): HTMLButtonElement {
    return button(text("client-send"), () => this.#send());
  }

  #send(): void {
    if (this.#story.value.trim() === "") {
      this.#refuseEmptyStory();
    } else if (!this.#files.fits) {
      this.#files.showTotal();
    } else {
      this.#begin();
    }
  }

  #refuseEmptyStory(): void {
    if (this.#story.ariaInvalid !== "true") {
      const words = element("p", { className: "wrong", id: "story-wrong", role: "alert" }, text("client-story-empty"));
      this.#story.before(words);
      this.#story.ariaInvalid = "true";
      this.#story.setAttribute("aria-describedby", words.id);
      const amend = (): void => {
        words.remove();
        this.#story.ariaInvalid = null;
        this.#story.removeAttribute("aria-describedby");
      };
      this.#story.addEventListener("input", amend, { once: true });
    }
    this.#story.focus();
  }

  #begin(): void {
    const written = new FormData(this.#form);
    const number = written.get(PAGE_NUMBER);
    const fields = Array.from(written).filter(
      (field): field is [string, string] => typeof field[1] === "string" && field[0] !== PAGE_NUMBER,
    );
    this.#progress = new Progress({
      pause: () => this.#order({ kind: "pause" }),
      resume: () => this.#order({ kind: "continue" }),
      cancel: () => this.#cancel(),
    });
    this.#show(this.#progress.panel, this.#progress.heading);
    this.#order({
      kind: "send",
      report: {
        language: document.documentElement.lang,
        pageNumber: typeof number === "string" ? number : null,
        fields,
        files: [...this.#files.files],
      },
    });
  }

  #cancel(): void {
    this.#order({ kind: "cancel" });
    this.#back();
  }

  /** Asks what to do. Nothing is ever sent in another way without being asked for. */
  #failed(failure: Failure): void {
    this.#progress = null;
    const heading = element("h1", { tabIndex: -1 }, text("client-stopped-heading"));
    const panel = element(
      "section",
      {},
      heading,
      element("p", { className: "wrong", role: "alert" }, text(`client-failed-${failure}`)),
      paragraph(text("client-stopped-kept")),
      paragraph(text("client-stopped-other")),
      element(
        "div",
        { className: "acts" },
        button(text("client-again"), () => this.#begin()),
        button(text("client-back"), () => this.#back()),
      ),
    );
    this.#show(panel, heading);
  }

  /** Puts a panel in the place of the page; the form stays below, unseen, with all that was written. */
  #show(panel: HTMLElement, heading: HTMLElement): void {
    this.#panel?.remove();
    this.#panel = panel;
    this.#hideForm(true);
    document.querySelector("main")?.append(panel);
    heading.focus();
    scrollTo(0, 0);
  }

  #back(): void {
    this.#progress = null;
    this.#panel?.remove();
    this.#panel = null;
    this.#hideForm(false);
    this.#buttons[0]?.scrollIntoView({ block: "center" });
    this.#buttons[0]?.focus();
  }

  #hideForm(hidden: boolean): void {
    for (const each of document.querySelectorAll<HTMLElement>("nav, main > *")) {
      each.hidden = hidden;
    }
  }

  #stored(shown: HTMLElement): void {
    this.#progress = null;
    this.#wipe();
    document.querySelector("nav")?.remove();
    document.querySelector("main")?.replaceChildren(shown);
    this.#panel = shown;
    shown.querySelector<HTMLElement>("h1")?.focus();
    scrollTo(0, 0);
  }

  /** Forgets everything that was written and chosen, and the Worker with it. */
  #wipe(): void {
    this.#worker?.terminate();
    this.#worker = null;
    this.#files.clear();
    this.#form.reset();
    for (const field of this.#form.querySelectorAll("textarea")) {
      field.value = "";
    }
    this.#form.remove();
    this.#hideReceipt();
  }

  #hideReceipt(): void {
    for (const secret of document.querySelectorAll("output")) {
      secret.textContent = "";
    }
  }
}

const PAGE_NUMBER = "page_number";
const FILES_LIMIT = 64;
const MIB = 1024 * 1024;
