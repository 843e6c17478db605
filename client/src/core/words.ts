/** Numbers as words of the English BIP39 list: return code, proof words, fingerprint (docs/FORMAT.md#word-lists). */
import { ENGLISH } from "./english.js";

const PREFIX_LETTERS = 4;
let list: readonly string[] | undefined;

/** The 2048 words, unpacked when first needed. */
export function words(): readonly string[] {
  return (list ??= unpacked());
}

/** The first `count` groups of 11 bits of `bytes`, from the left, as words. */
export function wordsOfBits(bytes: Uint8Array, count: number): string[] {
  const number = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const bits = BigInt(bytes.length * 8);
  return Array.from({ length: count }, (_, place) => wordAt(number >> (bits - 11n * BigInt(place + 1))));
}

/** The word of the lowest 11 bits of a number. */
export function wordAt(number: bigint): string {
  return words()[Number(number & 0x7ffn)] ?? "";
}

/** The list's spelling of a typed word, in any case, or by its first four letters; `null` for none of the list. */
export function knownWord(typed: string): string | null {
  const plain = typed.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const byPrefix = (word: string) => plain.length === PREFIX_LETTERS && word.startsWith(plain);
  return words().find((word) => word === plain) ?? words().find(byPrefix) ?? null;
}

/** Three random words; 2048 divides 2^16, so the low bits are uniform. */
export function drawProofWords(random: (bytes: number) => Uint8Array): [string, string, string] {
  const draw = () => {
    const [high = 0, low = 0] = random(2);
    return wordAt(BigInt(high * 256 + low));
  };
  return [draw(), draw(), draw()];
}

/** Each word is packed as the number of letters it shares with the one before, and its other letters. */
function unpacked(): string[] {
  let before = "";
  return Array.from(ENGLISH.matchAll(/(\d)([a-z]*)/g), ([, shared, rest]) => {
    before = before.slice(0, Number(shared)) + (rest ?? "");
    return before;
  });
}
