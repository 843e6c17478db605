/** The sealed file: one submission's compartments in one framed stream (docs/FORMAT.md#sealed-file). */
import { bigEndian, joined, utf8 } from "./bytes.js";

/** Most bytes of one chunk of a compartment. */
export const CHUNK_BYTES = 1024 * 1024;

const MAGIC = "asylia sealed submission v1\n";

/** What begins the file: magic line and header. */
export function fileStart(head: Uint8Array): Uint8Array {
  return joined(utf8(MAGIC), bigEndian(head.length, 4), head);
}

/** What ends the file. */
export const FILE_END: Uint8Array = new Uint8Array(1);

/**
 * One compartment, whose ciphertext has `size` bytes: because that is known, no chunk waits in memory.
 *
 * @throws RangeError - when the pieces have another length together.
 */
export async function* framedCompartment(
  name: string,
  size: number,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield joined(Uint8Array.of(name.length), utf8(name));
  let left = size;
  let chunkLeft = 0;
  for await (let piece of pieces) {
    while (piece.length > 0) {
      if (chunkLeft === 0) {
        chunkLeft = Math.min(left, CHUNK_BYTES);
        yield bigEndian(chunkLeft, 4);
      }
      const now = piece.subarray(0, chunkLeft);
      if (now.length === 0) {
        throw new RangeError("a compartment is longer than it was said to be");
      }
      yield now;
      chunkLeft -= now.length;
      left -= now.length;
      piece = piece.subarray(now.length);
    }
  }
  if (left > 0) {
    throw new RangeError("a compartment is shorter than it was said to be");
  }
  yield bigEndian(0, 4);
}
