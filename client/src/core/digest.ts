/** SHA-256 of bytes that come in pieces and whose length is known in advance. */
import { SHA256 } from "@stablelib/sha256";
import { hex } from "./bytes.js";

/**
 * Up to this many bytes wait in memory, twice a file, for the browser's own SHA-256, which is three times faster than
 * any script. A phone has to bear it, so not more.
 */
export const NATIVE_LIMIT_BYTES = 32 * 1024 * 1024;

/** Takes pieces in order; tells the digest once. */
export interface Digester {
  /** Takes a piece, which may be changed once this has returned; whoever has more waits for the promise. */
  update(piece: Uint8Array): Promise<void> | void;
  /** 64 lower-case hexadecimal digits. */
  hex(): Promise<string>;
}

/** What a digest is of: a file as it is, or its compartment as it is sealed. Both go on at the same time. */
export type Digested = "file" | "ciphertext";

/** Begins a digest of so many bytes. Of each kind there is one at a time. */
export type NewDigest = (of: Digested, expected: number) => Digester;

/** Digests where it is. */
export class Digest implements Digester {
  readonly #expected: number;
  #taken = 0;
  /** The whole, where the browser digests it; it has no way to take pieces. */
  readonly #whole: Uint8Array<ArrayBuffer> | null;
  readonly #hash = new SHA256();

  /** @param expected - bytes that will come. */
  constructor(expected: number) {
    this.#expected = expected;
    // No `subtle` in a page that came over plain HTTP.
    const native = expected <= NATIVE_LIMIT_BYTES && (globalThis.crypto as Crypto | undefined)?.subtle !== undefined;
    this.#whole = native ? new Uint8Array(expected) : null;
  }

  update(piece: Uint8Array): void {
    if (this.#whole) {
      this.#whole.set(piece, this.#taken);
    } else {
      this.#hash.update(piece);
    }
    this.#taken += piece.length;
  }

  async hex(): Promise<string> {
    if (this.#taken !== this.#expected) {
      throw new RangeError("a digest of another length");
    }
    const digest = this.#whole ? new Uint8Array(await crypto.subtle.digest("SHA-256", this.#whole)) : this.#hash.digest();
    return hex(digest);
  }
}
