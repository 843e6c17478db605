/**
 * What the person sees while the report is locked and sent: a bar, what is happening, how long it takes, and Pause,
 * Continue and Cancel. A screen reader is told each change and each tenth, not every number.
 */
import type { Phase } from "../worker/messages.js";
import { button, element } from "./dom.js";
import { Remaining } from "./remaining.js";
import { size, text } from "./texts.js";

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
  readonly heading = element("h1", { tabIndex: -1 }, text("client-progress-heading"));
  #acts: ProgressActs;
  #bar = element("progress", { max: 1, value: 0, ariaLabel: text("client-progress-heading") });
  #happening = element("span");
  #tenths = element("span", { className: "unseen" });
  #numbers = element("p");
  #slow = element("p", { className: "note", hidden: true }, text("client-progress-slow"));
  #pause: HTMLButtonElement;
  #remaining = new Remaining();
  #phase: Phase = "locking";
  #stopped: "no" | "paused" | "unreachable" = "no";
  #tenth = 0;

  constructor(acts: ProgressActs) {
    this.#acts = acts;
    this.#pause = button(text("client-pause"), () => this.#toggle());
    this.panel = element(
      "section",
      {},
      this.heading,
      element("p", {}, text("client-progress-stay")),
      this.#bar,
      element("p", { role: "status" }, this.#happening, " ", this.#tenths),
      this.#numbers,
      this.#slow,
      element("div", { className: "acts" }, this.#pause, button(text("client-cancel"), () => acts.cancel())),
    );
    this.#say();
  }

  /** Another thing is happening now. */
  phase(phase: Phase): void {
    if (phase !== this.#phase && this.#stopped === "no") {
      this.#phase = phase;
      this.#remaining.run(phase === "sending", performance.now());
      this.#say();
    }
  }

  /** So many bytes of the sealed report have left. */
  sent(bytes: number, total: number): void {
    // Only the server's word makes it whole.
    const part = Math.min(bytes / total, 0.99);
    this.#bar.value = part;
    const percent = Math.floor(part * 100);
    const words = [text("client-progress-sent", { percent, sent: size(bytes), total: size(total) })];
    const minutes = this.#remaining.after(bytes, total, performance.now());
    if (minutes !== null && this.#phase === "sending") {
      words.push(minutes.left > 1 ? text("client-progress-minutes", { minutes: minutes.left }) : text("client-progress-minute"));
      this.#slow.hidden &&= minutes.all <= SLOW_MINUTES;
    }
    this.#numbers.textContent = words.join(" ");
    if (Math.floor(percent / 10) !== this.#tenth) {
      this.#tenth = Math.floor(percent / 10);
      this.#say();
    }
  }

  /** The server stayed away for half an hour: the upload waits for the person. */
  unreachable(): void {
    this.#stop("unreachable");
  }

  #toggle(): void {
    if (this.#stopped === "no") {
      this.#stop("paused");
      this.#acts.pause();
    } else {
      this.#stopped = "no";
      this.#pause.textContent = text("client-pause");
      this.#remaining.run(this.#phase === "sending", performance.now());
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
    const moves = this.#stopped === "no" && this.#phase === "sending";
    this.#happening.textContent = this.#stopped === "no" ? PHASES[this.#phase] : STOPPED[this.#stopped];
    this.#tenths.textContent = moves ? `${this.#tenth * 10} %` : "";
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
