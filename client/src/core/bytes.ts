/** Bytes and their texts: UTF-8, hexadecimal, base64, and the framing that every derivation begins with. */
const encoder = new TextEncoder();
// Without `ignoreBOM` a text that begins with U+FEFF would lose it.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** UTF-8 of a text; a lone surrogate becomes U+FFFD, as in a posted form. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/** The text of UTF-8 bytes. */
export function fromUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** Lower-case hexadecimal digits, two a byte. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Reads `hex`'s own spelling; the caller has checked that there are only such digits. */
export function fromHex(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text.match(/../g) ?? [], (digits) => parseInt(digits, 16));
}

/** Base64 with padding. */
export function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

/** Reads `length` bytes in `base64`'s own spelling; `null` for anything else. */
export function fromBase64(text: string, length: number): Uint8Array<ArrayBuffer> | null {
  try {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    return bytes.length === length && base64(bytes) === text ? bytes : null;
  } catch {
    return null;
  }
}

/** Joins parts into one array. */
export function joined(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** A number of up to 53 bits, big-endian in `width` bytes (4 or 8). */
export function bigEndian(value: number, width: 4 | 8): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt(value));
  return new Uint8Array(view.buffer).subarray(8 - width);
}

/** The canonical bytes of a context and its fields: each with its length as 8 bytes before it. */
export function framed(context: string, ...fields: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return joined(...[utf8(context), ...fields].flatMap((part) => [bigEndian(part.length, 8), part]));
}
