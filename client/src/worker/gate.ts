/** Pause, continue and cancel: a gate that everything on its way to the server has to pass. */

/** Thrown to whoever waits at the gate, or is past it, when the person cancels. */
export class Cancelled extends Error {}

/** Open at first. While it is shut nothing may leave the device. */
export class Gate {
  #shut = false;
  #cancelled = false;
  #attempt = new AbortController();
  #changed: (() => void)[] = [];

  /** Whether the person, or a server that stays away, has paused the upload. */
  get shut(): boolean {
    return this.#shut;
  }

  /** Whether the person has cancelled it. */
  get cancelled(): boolean {
    return this.#cancelled;
  }

  /** Shuts the gate and breaks off what is on its way. */
  shutNow(): void {
    this.#shut = true;
    this.#breakOff();
  }

  /** Opens it again. */
  open(): void {
    this.#shut = false;
    this.#breakOff();
  }

  /** Ends it for good. */
  cancel(): void {
    this.#cancelled = true;
    this.#breakOff();
  }

  /**
   * Waits until the gate is open; the signal breaks off at the next change.
   * @throws {Cancelled}
   */
  async pass(): Promise<AbortSignal> {
    while (this.#shut && !this.#cancelled) {
      await new Promise<void>((resolve) => this.#changed.push(resolve));
    }
    if (this.#cancelled) {
      throw new Cancelled();
    }
    return this.#attempt.signal;
  }

  #breakOff(): void {
    this.#attempt.abort();
    this.#attempt = new AbortController();
    for (const resolve of this.#changed.splice(0)) {
      resolve();
    }
  }
}
