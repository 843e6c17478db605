/** How long an upload will still take, from how fast it went so far. Pauses do not count. */

/** A clock over one upload. */
export class Remaining {
  #elapsedMs = 0;
  #since: number | null = null;

  /** The upload moves, or not; `now` in milliseconds. */
  run(moves: boolean, now: number): void {
    if (this.#since !== null) {
      this.#elapsedMs += now - this.#since;
    }
    this.#since = moves ? now : null;
  }

  /** Minutes left, rounded up, and minutes in all; null while there is too little to tell from. */
  after(done: number, total: number, now: number): { left: number; all: number } | null {
    const elapsed = this.#elapsedMs + (this.#since === null ? 0 : now - this.#since);
    if (done < ENOUGH_BYTES || elapsed < ENOUGH_MS) {
      return null;
    }
    const minutes = (bytes: number): number => Math.ceil((elapsed / done) * (bytes / 60_000));
    return { left: minutes(total - done), all: minutes(total) };
  }
}

const ENOUGH_BYTES = 2 * 1024 * 1024;
const ENOUGH_MS = 2_000;
