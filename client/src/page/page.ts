/**
 * The half of the script that runs in the page: says how the report will be locked, adds the buttons when everything
 * is ready, hands what was written to the Worker, and shows the receipt. It stores nothing on the device, adds nothing
 * to the history, and never lets the form be sent in clear.
 */
import type { Receipt } from "../core/index.js";
import type { Unready } from "../worker/messages.js";
import { button, element, hideSecrets, paragraph } from "./dom.js";
import { FILES_LIMIT, FileList, MIB } from "./files.js";
import { receipt } from "./receipt.js";
import { Sending, type Sender } from "./sending.js";
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

class FormPage implements Sender {
  #form: HTMLFormElement;
  #story: HTMLTextAreaElement;
  #files: FileList;
  #sending: Sending;
  #buttons: HTMLButtonElement[] = [];

  constructor(form: HTMLFormElement, story: HTMLTextAreaElement, files: HTMLInputElement, script: string) {
    this.#form = form;
    this.#story = story;
    this.#files = new FileList(files);
    const words = { heading: text("client-progress-heading"), stay: text("client-progress-stay") };
    this.#sending = new Sending(script, words, this);
    // A page that comes back from memory must not show again what was written or received.
    addEventListener("pagehide", hideSecrets);
    addEventListener("pageshow", (event) => {
      if (event.persisted) {
        this.#wipe();
        location.reload();
      }
    });
    this.#sending.prepare();
  }

  ready(limitMib: number): void {
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

  unready(reason: Unready): void {
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
    this.#sending.send({
      language: document.documentElement.lang,
      pageNumber: typeof number === "string" ? number : null,
      fields,
      files: [...this.#files.files],
      followUp: null,
    });
  }

  back(): void {
    this.#buttons[0]?.scrollIntoView({ block: "center" });
    this.#buttons[0]?.focus();
  }

  stored(shown: Receipt | null): void {
    this.#wipe();
    document.querySelector("nav")?.remove();
    const panel = shown ? receipt(shown) : "";
    document.querySelector("main")?.replaceChildren(panel);
    document.querySelector<HTMLElement>("h1")?.focus();
    scrollTo(0, 0);
  }

  /** Forgets everything that was written and chosen, and the Worker with it. */
  #wipe(): void {
    this.#sending.end();
    this.#files.clear();
    this.#form.reset();
    for (const field of this.#form.querySelectorAll("textarea")) {
      field.value = "";
    }
    this.#form.remove();
    hideSecrets();
  }
}

const PAGE_NUMBER = "page_number";
