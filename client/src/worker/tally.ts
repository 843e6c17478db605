/** How far one upload is, told to the page a few times a second. */

/** Counts what is sealed and what is sent. */
export class Tally {
  #sealed = 0;
  #sent = 0;
  #toldAt = -Infinity;
  #tell: (sealed: number, sent: number) => void;

  constructor(tell: (sealed: number, sent: number) => void) {
    this.#tell = tell;
  }

  /** The same stream, counted. */
  async *sealing(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
    for await (const piece of stream) {
      this.#sealed += piece.length;
      this.#moved();
      yield piece;
    }
  }

  /** So many bytes have left. */
  sent(bytes: number): void {
    this.#sent = bytes;
    this.#moved();
  }

  #moved(): void {
    const now = performance.now();
    if (now - this.#toldAt > PAUSE_MS) {
      this.#toldAt = now;
      this.#tell(this.#sealed, this.#sent);
    }
  }
}

const PAUSE_MS = 100;
