/**
 * What a person writes to the office with the code: text, files, an answer to a question, other permissions, a new
 * code. Sealed and signed by the form's script as a Worker, and brought to the server as a report is.
 */
import { drawSecret } from "../core/index.js";
import type { FollowUp, Mailbox, Receipt } from "../core/index.js";
import { hex } from "../core/bytes.js";
import { button, element, paragraph, tick } from "../page/dom.js";
import { FILES_LIMIT, FileList, MIB } from "../page/files.js";
import { Sending, type Sender } from "../page/sending.js";
import { text } from "../page/texts.js";
import type { Unready } from "../worker/messages.js";
import { PermissionFields } from "./permissions.js";

/** What was said before in this page, and will be after. */
export interface Correspondence {
  /** The place of the next follow-up. */
  place(): number;
  /** It is stored; the receipt is that of a new code. */
  sent(receipt: Receipt | null): void;
}

/** The part of the page in which one writes. */
export class Composer implements Sender {
  /** All of it. */
  readonly section = element("section", {});
  #note = element("p", { className: "note", role: "status", hidden: true });
  #story = element("textarea", { rows: 6, dir: "auto" });
  #answers: HTMLSelectElement;
  #files: FileList;
  #permissions = new PermissionFields();
  #newCode = element("input");
  #wrong = element("p", { className: "wrong", role: "alert", hidden: true }, text("client-follow-empty"));
  #send = button(text("client-send"), () => this.#start());
  #sending: Sending;
  #secret: Uint8Array;
  #mailbox: Mailbox;
  #office: Correspondence;
  /** Drawn with the page: the same one twice is one follow-up sent twice. */
  #pageNumber = hex(random(16));
  /** Of the new code, if one is asked for: the same however often this is sent, and shown whichever was stored. */
  #newSecret = drawSecret(random);

  constructor(secret: Uint8Array, mailbox: Mailbox, office: Correspondence) {
    this.#secret = secret;
    this.#mailbox = mailbox;
    this.#office = office;
    const words = { heading: text("client-follow-sending"), stay: text("client-follow-stay") };
    this.#sending = new Sending(SEALER, words, this);
    this.#answers = questions(mailbox);
    const input = element("input", { type: "file", multiple: true });
    this.section.append(
      element("h2", {}, text("client-follow-heading")),
      paragraph(text("client-follow-what")),
      this.#note,
      labelled(text("client-follow-story"), this.#story),
      ...(this.#answers.length > 1 ? [labelled(text("client-follow-answers"), this.#answers)] : []),
      labelled(text("field-attachments"), input, text("client-follow-files-help")),
      ...this.#permissions.parts,
      element(
        "details",
        {},
        element("summary", {}, text("client-follow-code")),
        tick(this.#newCode, text("client-follow-code-tick"), text("client-follow-code-help")),
      ),
      this.#wrong,
      this.#send,
    );
    this.#files = new FileList(input);
    // Who only reads need not load what seals.
    this.section.addEventListener("focusin", () => this.#sending.prepare(), { once: true });
  }

  ready(limitMib: number): void {
    this.#files.limit(limitMib * MIB, FILES_LIMIT);
    this.#note.hidden = true;
  }

  unready(reason: Unready): void {
    this.#note.textContent = text(`client-path-${reason}`);
    this.#note.hidden = false;
  }

  back(): void {
    this.#send.scrollIntoView({ block: "center" });
    this.#send.focus();
  }

  stored(receipt: Receipt | null): void {
    this.#office.sent(receipt);
  }

  /** Forgets what was written, and the Worker with it. */
  end(): void {
    this.#sending.end();
    this.#story.value = "";
    this.#files.clear();
    this.#newSecret.fill(0);
    this.section.remove();
  }

  #start(): void {
    const said = this.#said();
    this.#wrong.hidden = this.#saysSomething(said);
    if (!this.#wrong.hidden) {
      this.#story.focus();
    } else if (!this.#files.fits) {
      this.#files.showTotal();
    } else {
      this.#sending.send({
        language: document.documentElement.lang,
        pageNumber: this.#pageNumber,
        fields: [["story", this.#story.value]],
        files: [...this.#files.files],
        followUp: { ...said, counter: this.#office.place() },
      });
    }
  }

  #said(): Omit<FollowUp, "counter"> {
    return {
      secret: this.#secret,
      answersReply: this.#mailbox.replies.at(-1)?.digest ?? null,
      nonce: this.#answers.value || null,
      ...this.#permissions.chosen,
      newSecret: this.#newCode.checked ? this.#newSecret : null,
    };
  }

  #saysSomething({ permissions, withdrawAll, deleteReport, newSecret }: Omit<FollowUp, "counter">): boolean {
    const changes = withdrawAll || deleteReport || newSecret !== null || Object.keys(permissions).length > 0;
    return changes || this.#files.files.length > 0 || this.#story.value.trim() !== "";
  }
}

/** Which question is answered; the newest where the office asked last. */
function questions({ replies }: Mailbox): HTMLSelectElement {
  const select = element("select", {}, element("option", { value: "" }, text("client-follow-answers-none")));
  for (const [index, { nonce }] of replies.entries()) {
    if (nonce !== null) {
      select.append(element("option", { value: nonce }, text("client-follow-answers-number", { number: index + 1 })));
    }
  }
  select.value = replies.at(-1)?.nonce ?? "";
  return select;
}

function random(bytes: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(bytes));
}

function labelled(words: string, field: HTMLElement, help?: string): HTMLLabelElement {
  const small = help === undefined ? [] : [element("small", {}, help)];
  return element("label", {}, words, ...small, field);
}
