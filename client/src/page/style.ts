/**
 * Looks of what the script adds. It comes with the script, not with every page, and as a constructed style sheet:
 * the page's policy permits no other inline style than the page's own two.
 */

/** Adds the sheet; a browser that cannot shows the same words with less order. */
export function adoptStyle(): void {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  } catch {
    // Only the looks are missing.
  }
}

const STYLE = `
[hidden]{display:none!important}
progress{appearance:none;width:100%;height:1rem;border:1px solid var(--act);background:var(--field)}
progress::-moz-progress-bar{background:var(--act)}
progress::-webkit-progress-bar{background:var(--field)}
progress::-webkit-progress-value{background:var(--act)}
.acts{display:flex;flex-wrap:wrap;gap:1rem}
.acts button{flex:1 1 10rem;margin:1rem 0 0}
.acts button+button,.files button{color:var(--act);background:none;border:1px solid}
.files{list-style:none;padding:0}
.files li{border:1px solid var(--soft);padding:.75rem 1rem;margin:1rem 0}
.files fieldset{margin:0}
.files button{margin:.5rem 0 0}
.wrong{border-inline-start:.25rem solid #a3071c;padding-inline-start:.75rem;font-weight:600}
h1:focus{outline:0}
.unseen{position:absolute;clip-path:inset(50%)}
`;
