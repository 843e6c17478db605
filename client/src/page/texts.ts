/** The script's texts: those of the locale, put in when it was built. */
import texts from "asylia:texts";

/** A text by its id; `{ $name }` in it becomes what `variables` says. The build refuses an id that is not there. */
export function text(id: string, variables: Readonly<Record<string, string | number>> = {}): string {
  return (texts[id] ?? "").replace(/\{ \$(\w+) \}/g, (_, name: string) => String(variables[name] ?? ""));
}

/** A size for people, rounded up: no file has nothing. */
export function size(bytes: number): string {
  const kib = Math.ceil(bytes / 1024);
  if (kib < 1000) {
    return text("size-kb", { number: kib });
  }
  const mib = bytes / (1024 * 1024);
  return text("size-mb", { number: mib < 10 ? mib.toFixed(1) : Math.round(mib) });
}
