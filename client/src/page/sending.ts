/**
 * A Worker, and what it brings on its way: progress with its buttons, then whoever asked is told; or what stopped it,
 * and what the person may do. Nothing is ever sent in another way without being asked for.
 */
import type { Receipt } from "../core/index.js";
import type { Failure, News, Order, Report, Unready } from "../worker/messages.js";
import { startWorker } from "../worker/start.js";
import { button, element, paragraph } from "./dom.js";
import { Progress, type SendingWords } from "./progress.js";
import { text } from "./texts.js";

/** Whoever has something sent. */
export interface Sender {
  /** Keys and Worker are there; the largest report has so many MiB. */
  ready(limitMib: number): void;
  unready(reason: Unready): void;
  /** It is durable at the server; the receipt is null where no code was drawn. */
  stored(receipt: Receipt | null): void;
  /** What was written is to be seen again. */
  back(): void;
}

/** One way to the server, used as often as wanted. */
export class Sending {
  #script: string;
  #words: SendingWords;
  #sender: Sender;
  #worker: Worker | null = null;
  #progress: Progress | null = null;
  #panel: HTMLElement | null = null;
  #hidden: HTMLElement[] = [];
  #again: (() => void) | null = null;

  /** `script` is the Worker's; `words` stand above the progress. */
  constructor(script: string, words: SendingWords, sender: Sender) {
    this.#script = script;
    this.#words = words;
    this.#sender = sender;
  }

  /** Fetches the keys and checks them. */
  prepare(): void {
    this.#order({ kind: "prepare" });
  }

  /** Seals and sends. */
  send(report: Report): void {
    this.#again = () => this.send(report);
    this.#progress = new Progress(this.#words, {
      pause: () => this.#order({ kind: "pause" }),
      resume: () => this.#order({ kind: "continue" }),
      cancel: () => {
        this.#order({ kind: "cancel" });
        this.#back();
      },
    });
    this.#show(this.#progress.panel, this.#progress.heading);
    this.#order({ kind: "send", report });
  }

  /** Forgets everything; the Worker with it. */
  end(): void {
    this.#worker?.terminate();
    this.#worker = null;
    this.#again = null;
    this.#clear();
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
        this.#sender.ready(news.limitMib);
        break;
      case "unready":
        this.#sender.unready(news.reason);
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
        this.#clear();
        this.#sender.stored(news.receipt);
        break;
    }
  }

  /** The Worker did not start, or broke: an old browser, or not enough memory. */
  #break(): void {
    this.#worker?.terminate();
    this.#worker = null;
    if (this.#progress === null) {
      this.#sender.unready("old");
    } else {
      this.#failed("seal");
    }
  }

  /** Asks what to do. */
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
        button(text("client-again"), () => this.#again?.()),
        button(text("client-back"), () => this.#back()),
      ),
    );
    this.#show(panel, heading);
  }

  /** Puts a panel in the place of the page, which stays below, unseen, with all that was written. */
  #show(panel: HTMLElement, heading: HTMLElement): void {
    this.#panel?.remove();
    this.#panel = panel;
    for (const each of document.querySelectorAll<HTMLElement>("nav, main > :not([hidden])")) {
      each.hidden = true;
      this.#hidden.push(each);
    }
    document.querySelector("main")?.append(panel);
    heading.focus();
    scrollTo(0, 0);
  }

  #back(): void {
    this.#clear();
    this.#sender.back();
  }

  #clear(): void {
    this.#progress = null;
    this.#panel?.remove();
    this.#panel = null;
    for (const each of this.#hidden.splice(0)) {
      each.hidden = false;
    }
  }
}
