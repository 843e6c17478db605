/** How long an upload will still take, from how fast it went so far. Pauses do not count. */

/** A clock over one upload. */
export class Remaining {
  #elapsedMs = 0;
  #since: number | null = null;
  #sent = 0;

  /** The upload moves, or not; `now` in milliseconds. */
  run(moves: boolean, now: number): void {
    if (this.#since !== null) {
      this.#elapsedMs += now - this.#since;
    }
    this.#since = moves ? now : null;
  }

  /** Minutes left, rounded up, and minutes in all; null while there is too little to tell from. */
  after(sent: number, total: number, now: number): { left: number; all: number } | null {
    this.#sent = Math.max(this.#sent, sent);
    const elapsed = this.#elapsedMs + (this.#since === null ? 0 : now - this.#since);
    if (this.#sent < ENOUGH_BYTES || elapsed < ENOUGH_MS) {
      return null;
    }
    const minutes = (bytes: number): number => Math.ceil((elapsed / this.#sent) * (bytes / 60_000));
    return { left: minutes(total - sent), all: minutes(total) };
  }
}

const ENOUGH_BYTES = 2 * 1024 * 1024;
const ENOUGH_MS = 2_000;
