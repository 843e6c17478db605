/** Cuts a stream into the equal parts of docs/FORMAT.md's upload; only the last may be shorter. */

/** One part of an upload. */
export interface Part {
  number: number;
  bytes: Uint8Array<ArrayBuffer>;
  /** Whether the stream ends with it. */
  last: boolean;
}

/**
 * Yields the parts of a stream, one at a time. Two buffers take turns, so that a browser has nothing to collect: a
 * part's bytes stay until the next but one is asked for.
 */
export async function* inParts(stream: AsyncIterable<Uint8Array>, partBytes: number): AsyncGenerator<Part, void> {
  let [bytes, other] = [new Uint8Array(partBytes), new Uint8Array(partBytes)];
  let filled = 0;
  let number = 0;
  for await (const chunk of stream) {
    let rest = chunk;
    while (rest.length > 0) {
      // A full part waits for the next byte: only then is it known not to be the last.
      if (filled === partBytes) {
        yield { number, bytes, last: false };
        number += 1;
        [bytes, other] = [other, bytes];
        filled = 0;
      }
      const taken = rest.subarray(0, partBytes - filled);
      bytes.set(taken, filled);
      filled += taken.length;
      rest = rest.subarray(taken.length);
    }
  }
  yield { number, bytes: bytes.subarray(0, filled), last: true };
}
