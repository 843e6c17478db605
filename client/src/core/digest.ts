/** SHA-256 of bytes that come in pieces and whose length is known in advance. */
import { sha256 } from "@noble/hashes/sha2.js";
import { hex } from "./bytes.js";

/**
 * Up to this many bytes wait in memory, twice a file, for the browser's own SHA-256: in Chromium it makes sealing
 * three times faster. A phone has to bear it, so not more.
 */
const NATIVE_LIMIT_BYTES = 32 * 1024 * 1024;

/** Takes pieces in order; tells the digest once. */
export class Digest {
  readonly #expected: number;
  #taken = 0;
  /** The whole, where the browser digests it; it has no way to take pieces. */
  readonly #whole: Uint8Array<ArrayBuffer> | null;
  readonly #hash = sha256.create();

  /** @param expected - bytes that will come. */
  constructor(expected: number) {
    this.#expected = expected;
    // No `subtle` in a page that came over plain HTTP.
    const native = expected <= NATIVE_LIMIT_BYTES && (globalThis.crypto as Crypto | undefined)?.subtle !== undefined;
    this.#whole = native ? new Uint8Array(expected) : null;
  }

  /** Takes a piece, which may be changed afterwards. */
  update(piece: Uint8Array): void {
    if (this.#whole) {
      this.#whole.set(piece, this.#taken);
    } else {
      this.#hash.update(piece);
    }
    this.#taken += piece.length;
  }

  /** 64 lower-case hexadecimal digits. */
  async hex(): Promise<string> {
    if (this.#taken !== this.#expected) {
      throw new RangeError("a digest of another length");
    }
    const digest = this.#whole ? new Uint8Array(await crypto.subtle.digest("SHA-256", this.#whole)) : this.#hash.digest();
    return hex(digest);
  }
}
