/**
 * What the person sees while the report is locked and sent: a bar, what is happening, how long it takes, and Pause,
 * Continue and Cancel. A screen reader is told each change and each tenth, not every number.
 */
import type { Phase } from "../worker/messages.js";
import { button, element } from "./dom.js";
import { Remaining } from "./remaining.js";
import { size, text } from "./texts.js";

/** What is said of what is sent. */
export interface SendingWords {
  heading: string;
  /** Until when the page is to stay open. */
  stay: string;
}

/** What the buttons do. */
export interface ProgressActs {
  pause(): void;
  resume(): void;
  cancel(): void;
}

/** The panel of one upload. */
export class Progress {
  /** The panel itself. */
  readonly panel: HTMLElement;
  /** Takes the focus when the panel appears. */
  readonly heading: HTMLElement;
  #acts: ProgressActs;
  #bar = element("progress", { max: 1, value: 0 });
  #happening = element("span");
  #tenths = element("span", { className: "unseen" });
  #numbers = element("span");
  #time = element("span");
  #slow = element("p", { className: "note", hidden: true }, text("client-progress-slow"));
  #pause: HTMLButtonElement;
  #remaining = new Remaining();
  #phase: Phase = "locking";
  #stopped: "no" | "paused" | "unreachable" = "no";
  #tenth = 0;

  constructor({ heading, stay }: SendingWords, acts: ProgressActs) {
    this.#acts = acts;
    this.heading = element("h1", { tabIndex: -1 }, heading);
    this.#bar.ariaLabel = heading;
    this.#pause = button(text("client-pause"), () => this.#toggle());
    this.panel = element(
      "section",
      {},
      this.heading,
      element("p", {}, stay),
      this.#bar,
      element("p", { role: "status" }, this.#happening, " ", this.#tenths),
      element("p", {}, this.#numbers, " ", this.#time),
      this.#slow,
      element("div", { className: "acts" }, this.#pause, button(text("client-cancel"), () => acts.cancel())),
    );
    this.#remaining.run(true, performance.now());
    this.#say();
  }

  /** Another thing is happening now. */
  phase(phase: Phase): void {
    if (phase !== this.#phase && this.#stopped === "no") {
      this.#phase = phase;
      this.#remaining.run(this.#moves, performance.now());
      this.#say();
    }
  }

  /** So many bytes of the sealed report are made, and have left. */
  moved(sealed: number, sent: number, estimate: number): void {
    const total = Math.max(estimate, sealed);
    // Only the server's word makes it whole.
    const part = Math.min((sealed + sent) / (2 * total), 0.99);
    this.#bar.value = part;
    const percent = Math.floor(part * 100);
    this.#numbers.textContent = text("client-progress-sent", {
      percent,
      locked: size(sealed),
      sent: size(sent),
      total: size(total),
    });
    // Until the first part leaves, locking alone tells how fast this device is.
    const minutes = this.#remaining.after(sent || sealed, total, performance.now());
    if (minutes !== null) {
      this.#time.textContent =
        minutes.left > 1 ? text("client-progress-minutes", { minutes: minutes.left }) : text("client-progress-minute");
      this.#slow.hidden &&= minutes.all <= SLOW_MINUTES;
    }
    if (Math.floor(percent / 10) !== this.#tenth) {
      this.#tenth = Math.floor(percent / 10);
      this.#say();
    }
  }

  /** The server stayed away for half an hour: the upload waits for the person. */
  unreachable(): void {
    this.#stop("unreachable");
  }

  /** Whether time tells anything now. */
  get #moves(): boolean {
    return this.#stopped === "no" && (this.#phase === "locking" || this.#phase === "sending");
  }

  #toggle(): void {
    if (this.#stopped === "no") {
      this.#stop("paused");
      this.#acts.pause();
    } else {
      this.#stopped = "no";
      this.#pause.textContent = text("client-pause");
      this.#remaining.run(this.#moves, performance.now());
      this.#say();
      this.#acts.resume();
    }
  }

  #stop(how: "paused" | "unreachable"): void {
    this.#stopped = how;
    this.#remaining.run(false, performance.now());
    this.#pause.textContent = text("client-continue");
    this.#say();
  }

  #say(): void {
    this.#happening.textContent = this.#stopped === "no" ? PHASES[this.#phase] : STOPPED[this.#stopped];
    this.#time.hidden = !this.#moves;
    this.#tenths.textContent = this.#moves ? `${this.#tenth * 10} %` : "";
  }
}

const SLOW_MINUTES = 20;

/** In words. */
const PHASES: Record<Phase, string> = {
  broken: text("client-phase-broken"),
  locking: text("client-phase-locking"),
  sending: text("client-phase-sending"),
  storing: text("client-phase-storing"),
};
const STOPPED = { paused: text("client-phase-paused"), unreachable: text("client-phase-unreachable") };
