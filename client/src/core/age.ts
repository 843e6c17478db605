/** Sealing to one hybrid recipient, by typage; nothing of it is written here (docs/FORMAT.md#sealing). */
import { Encrypter } from "age-encryption";

/** An age file as it is pulled. */
export interface Sealed {
  /** Bytes of the whole age file. */
  readonly size: number;
  /** Its bytes, once. Whoever stops pulling early stops the plaintext as well. */
  readonly pieces: AsyncIterable<Uint8Array>;
}

/**
 * Seals a plaintext of `plainBytes` bytes to `recipient`, an `age1pq1…` of a verified bundle.
 * An error of the plaintext is the error of the pieces.
 */
export async function seal(
  recipient: string,
  plainBytes: number,
  plaintext: AsyncGenerator<Uint8Array, void, undefined>,
): Promise<Sealed> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  const sealed = await encrypter.encrypt(streamOf(plaintext));
  return { size: sealed.size(plainBytes), pieces: piecesOf(sealed) };
}

/** Pulls one piece at a time: nothing waits in the stream. */
function streamOf(pieces: AsyncGenerator<Uint8Array, void, undefined>): ReadableStream<Uint8Array> {
  const source: UnderlyingDefaultSource<Uint8Array> = {
    async pull(controller) {
      const next = await pieces.next();
      if (next.done) {
        controller.close();
      } else {
        controller.enqueue(next.value);
      }
    },
    async cancel() {
      await pieces.return();
    },
  };
  return new ReadableStream(source, { highWaterMark: 0 });
}

/** Not every browser iterates over streams by itself. */
async function* piecesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = stream.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      yield next.value;
    }
  } finally {
    await reader.cancel();
  }
}
