/**
 * The files a person chose, each with its size, its type and a warning, before anything is sent. The list is the
 * page's own: choosing again adds, and each file can be taken away.
 */
import type { ChosenFile } from "../worker/messages.js";
import { button, element, tick } from "./dom.js";
import { size, text } from "./texts.js";

/** The list below the form's file field. */
export class FileList {
  #files: ChosenFile[] = [];
  #items = element("ul", { className: "files" });
  #total = element("p", { role: "status" });
  #slow = element("p", { className: "note", hidden: true });
  #limitBytes = Infinity;
  #atMost = Infinity;

  /** Takes over a file field: what is chosen in it moves into the list. */
  constructor(input: HTMLInputElement) {
    const label = input.closest("label") ?? input;
    label.after(this.#total, this.#slow, this.#items);
    const take = (): void => {
      this.#add(Array.from(input.files ?? []));
      input.value = "";
    };
    input.addEventListener("change", take);
    take();
  }

  /** The files, in the order in which they were chosen. */
  get files(): readonly ChosenFile[] {
    return this.#files;
  }

  /** Whether the server would take that many files of that size. */
  get fits(): boolean {
    return this.#files.length <= this.#atMost && this.#bytes() <= this.#limitBytes;
  }

  /** Sets what the server takes. */
  limit(bytes: number, files: number): void {
    this.#limitBytes = bytes;
    this.#atMost = files;
    this.#sum();
  }

  /** Leads to the line that says how much was chosen, and whether that is too much. */
  showTotal(): void {
    this.#total.scrollIntoView();
  }

  /** Forgets all files. */
  clear(): void {
    this.#files = [];
    this.#items.replaceChildren();
    this.#sum();
  }

  #add(files: File[]): void {
    const isNew = (file: File): boolean => !this.#files.some((chosen) => isSame(chosen.file, file));
    for (const file of files.filter(isNew)) {
      const chosen = { file, showsWho: false };
      this.#files.push(chosen);
      this.#items.append(this.#item(chosen));
    }
    this.#sum();
  }

  #item(chosen: ChosenFile): HTMLLIElement {
    const { file } = chosen;
    const who = element("input");
    who.addEventListener("change", () => {
      chosen.showsWho = who.checked;
    });
    const remove = button(text("client-file-remove"), () => {
      this.#files = this.#files.filter((other) => other !== chosen);
      item.remove();
      this.#sum();
      this.#total.focus();
    });
    remove.ariaLabel = text("client-file-remove-name", { name: file.name });
    const name = element("bdi", {}, file.name);
    const item = element(
      "li",
      {},
      element("strong", {}, name),
      element("p", {}, `${size(file.size)}, ${file.type || text("client-file-unknown")}`),
      element("p", {}, warning(file)),
      tick(who, text("client-file-who"), text("client-file-who-help")),
      remove,
    );
    return item;
  }

  #bytes(): number {
    return this.#files.reduce((sum, { file }) => sum + file.size, 0);
  }

  #sum(): void {
    this.#total.tabIndex = -1;
    const minutes = slowMinutes(this.#bytes());
    this.#slow.hidden = minutes === null || !this.fits;
    this.#slow.textContent = text("client-files-slow", { minutes: minutes ?? 0 });
    const count = this.#files.length;
    if (count === 0) {
      this.#total.textContent = "";
    } else if (this.fits) {
      this.#total.textContent = text("client-files-chosen", { count, size: size(this.#bytes()) });
    } else {
      const limits = { files: this.#atMost, limit: size(this.#limitBytes) };
      this.#total.textContent = text("client-files-too-many", limits);
    }
  }
}

/** Minutes that the slowest browser that is known takes to lock so much; null where nobody would mind. */
export function slowMinutes(bytes: number): number | null {
  return bytes < LARGE_BYTES ? null : Math.ceil(bytes / (60 * SLOW_BYTES_A_SECOND));
}

function isSame(one: File, other: File): boolean {
  return one.name === other.name && one.size === other.size && one.lastModified === other.lastModified;
}

/** What a file of this kind usually gives away. */
export function warning(file: { name: string; type: string }): string {
  const ending = /\.(\w+)$/.exec(file.name)?.[1]?.toLowerCase() ?? "";
  if (/^(image|video|audio)\//.test(file.type) || PICTURES.has(ending)) {
    return text("client-file-picture");
  }
  if (/(pdf|word|document|sheet|excel|presentation|powerpoint|rtf)/.test(file.type) || DOCUMENTS.has(ending)) {
    return text("client-file-document");
  }
  return text("client-file-other");
}

export const MIB = 1024 * 1024;
/** Most files of one report, or of one message. */
export const FILES_LIMIT = 64;
const LARGE_BYTES = 100 * MIB;
/** Without a compiler: docs/ARCHITECTURE.md has the figure. */
const SLOW_BYTES_A_SECOND = 1.9 * MIB;
const PICTURES = new Set(["heic", "heif", "jpg", "jpeg", "png", "tif", "tiff", "webp", "mp4", "mov", "3gp", "m4a", "opus"]);
const DOCUMENTS = new Set(["pdf", "doc", "docx", "odt", "ods", "odp", "rtf", "xls", "xlsx", "ppt", "pptx", "pages"]);
