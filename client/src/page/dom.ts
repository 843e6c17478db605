/** Makes elements out of text and other elements, never out of markup. */

/** What an element may contain. */
export type Content = Node | string;

/** Makes an element with properties (not attributes) and contents. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  properties: Partial<HTMLElementTagNameMap[Name]> = {},
  ...contents: Content[]
): HTMLElementTagNameMap[Name] {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...contents);
  return made;
}

/** A button that does something here and sends nothing. */
export function button(words: string, onClick: () => void): HTMLButtonElement {
  return element("button", { type: "button", onclick: onClick }, words);
}

/** A paragraph. */
export function paragraph(words: string): HTMLParagraphElement {
  return element("p", {}, words);
}

/** A tick with its words, as the page's own ticks look. */
export function tick(input: HTMLInputElement, words: string, help: string): HTMLFieldSetElement {
  input.type = "checkbox";
  const label = element("label", {}, input, words, element("small", {}, help));
  return element("fieldset", { role: "none" }, label);
}

/** Empties what shows a code or proof words. */
export function hideSecrets(): void {
  for (const secret of document.querySelectorAll("output")) {
    secret.textContent = "";
  }
}

/** A list of sentences. */
export function list(...sentences: string[]): HTMLUListElement {
  return element("ul", {}, ...sentences.map((words) => element("li", {}, words)));
}
