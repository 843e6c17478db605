/**
 * Digests beside the sealing: no browser's own SHA-256 takes a file in pieces, and in script it takes as long as the
 * sealing itself. So a large file has two Workers more, one for its own digest and one for the ciphertext's.
 * Where they do not come, everything is digested where it is sealed.
 */
import { Digest, NATIVE_LIMIT_BYTES, type Digested, type Digester, type NewDigest } from "../core/index.js";
import type { FromHasher, ToHasher } from "./hasher.js";

/** As much of a Worker as is needed here. */
export interface HasherWorker {
  onmessage: ((event: MessageEvent) => void) | null;
  onerror: ((event: never) => void) | null;
  postMessage(told: ToHasher, transfer: Transferable[]): void;
  terminate(): void;
}

/** The digests of one report. */
export interface Hashing {
  digest: NewDigest;
  /** Ends the Workers. */
  end(): void;
}

/** A Worker that digests ended before its time: begin again without. */
export class HashingBroke extends Error {}

/** Starts Workers if one of these files is large enough for them, and the device has cores to spare. */
export async function startHashing(
  fileBytes: readonly number[],
  cores: number,
  startWorker: () => HasherWorker,
): Promise<Hashing> {
  const here: NewDigest = (_, expected) => new Digest(expected);
  const lines: Line[] = [];
  const end = (): void => lines.forEach((line) => line.end());
  if (cores < 2 || !fileBytes.some((bytes) => bytes > NATIVE_LIMIT_BYTES)) {
    return { digest: here, end };
  }
  try {
    // One by one: where the second cannot be started, the first is to be ended.
    for (let of = 0; of < 2; of += 1) {
      lines.push(new Line(startWorker()));
    }
    await Promise.all(lines.map((line) => line.ready));
  } catch {
    end();
    return { digest: here, end };
  }
  const [file, ciphertext] = lines as [Line, Line];
  const by: Record<Digested, Line> = { file, ciphertext };
  const digest: NewDigest = (of, expected) =>
    expected > NATIVE_LIMIT_BYTES ? new FarDigest(by[of], expected) : here(of, expected);
  return { digest, end };
}

/** The line to one Worker: a few buffers go to and fro, and whoever has more bytes waits for one. */
class Line {
  /** Fails where no Worker comes in time. */
  readonly ready: Promise<void>;
  #worker: HasherWorker;
  #free: ArrayBuffer[] = Array.from({ length: BUFFERS }, () => new ArrayBuffer(BLOCK_BYTES));
  /** Who waits for the next thing that it says. */
  #heard: (said: FromHasher) => void = () => undefined;
  #broke: (problem: Error) => void = () => undefined;
  #broken: Error | null = null;

  constructor(worker: HasherWorker) {
    this.#worker = worker;
    worker.onmessage = (event) => {
      const said = event.data as FromHasher;
      if (typeof said !== "string") {
        this.#free.push(said);
      }
      this.#heard(said);
    };
    worker.onerror = () => this.#break();
    const timer = setTimeout(() => this.#break(), START_MS);
    this.ready = this.#next().then(() => undefined);
    const stop = (): void => clearTimeout(timer);
    // Heard here too: nobody waits for this Worker where the other did not even start.
    this.ready.then(stop, stop);
  }

  /** A buffer to be filled. */
  async buffer(): Promise<ArrayBuffer> {
    for (;;) {
      const free = this.#free.pop();
      if (free !== undefined) {
        return free;
      }
      await this.#next();
    }
  }

  send(bytes: Uint8Array<ArrayBuffer>): void {
    this.#worker.postMessage(bytes, [bytes.buffer]);
  }

  /** The digest of everything since the last one. */
  async digest(): Promise<string> {
    this.#worker.postMessage("end", []);
    for (;;) {
      const said = await this.#next();
      if (typeof said === "string") {
        return said;
      }
    }
  }

  end(): void {
    this.#worker.terminate();
    this.#break();
  }

  #next(): Promise<FromHasher> {
    return new Promise((resolve, reject) => {
      this.#heard = resolve;
      this.#broke = reject;
      if (this.#broken) {
        reject(this.#broken);
      }
    });
  }

  #break(): void {
    this.#broken ??= new HashingBroke();
    this.#broke(this.#broken);
  }
}

/** A digest that is made at the other end of a line. */
class FarDigest implements Digester {
  #line: Line;
  #left: number;
  #block: Uint8Array<ArrayBuffer> | null = null;
  #filled = 0;

  constructor(line: Line, expected: number) {
    this.#line = line;
    this.#left = expected;
  }

  async update(piece: Uint8Array): Promise<void> {
    for (let rest = piece; rest.length > 0; ) {
      const block = (this.#block ??= new Uint8Array(await this.#line.buffer()));
      const now = rest.subarray(0, block.length - this.#filled);
      block.set(now, this.#filled);
      this.#filled += now.length;
      this.#left -= now.length;
      rest = rest.subarray(now.length);
      if (this.#filled === block.length) {
        this.#pass();
      }
    }
  }

  async hex(): Promise<string> {
    if (this.#left !== 0) {
      throw new RangeError("a digest of another length");
    }
    this.#pass();
    return this.#line.digest();
  }

  #pass(): void {
    if (this.#block) {
      this.#line.send(this.#block.subarray(0, this.#filled));
    }
    this.#block = null;
    this.#filled = 0;
  }
}

/** Of each digest at most this much waits. */
const BUFFERS = 3;
const BLOCK_BYTES = 512 * 1024;
/** The script is in the browser's cache; a device that takes longer seals without. */
const START_MS = 5_000;
