/**
 * The plaintext of a compartment: a POSIX ustar archive of numbered members, padded to its class
 * (docs/FORMAT.md#slices). Written as it is pulled; nothing is copied but what is shorter than a slice.
 */
import { utf8 } from "./bytes.js";
import { COMPARTMENT_FLOOR_BYTES, sizeClass } from "./padding.js";

/** Most bytes of one member. */
export const SLICE_BYTES = 256 * 1024;

const BLOCK_BYTES = 512;
const CHECKSUM_AT = 148;
const ZEROS = new Uint8Array(64 * 1024);

/** One stream of an archive, such as `meta/account`. */
export interface Stream {
  readonly name: string;
  /** Bytes in all, known in advance. */
  readonly size: number;
  /** The bytes in slices: all of `SLICE_BYTES` but the last; none at all for no bytes. Called once, in turn. */
  slices(): Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/** A document as a stream of its own. */
export function documentStream(name: string, bytes: Uint8Array): Stream {
  return {
    name: `meta/${name}`,
    size: bytes.length,
    *slices() {
      for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
        yield bytes.subarray(at, at + SLICE_BYTES);
      }
    },
  };
}

/** Bytes of the archive of these streams, padding included. */
export function archiveBytes(streams: readonly Stream[]): number {
  return sizeClass(contentBytes(streams), COMPARTMENT_FLOOR_BYTES);
}

/** The archive, in pieces that are not to be changed. */
export async function* archive(streams: readonly Stream[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const { name, slices } of streams) {
    let number = 1;
    for await (const slice of slices()) {
      yield header(name, number, slice.length);
      yield slice;
      yield ZEROS.subarray(0, paddingAfter(slice.length));
      number += 1;
    }
    if (number === 1) {
      yield header(name, number, 0);
    }
  }
  let missing = archiveBytes(streams) - contentBytes(streams) + 2 * BLOCK_BYTES;
  while (missing > 0) {
    const now = ZEROS.subarray(0, missing);
    yield now;
    missing -= now.length;
  }
}

/** Everything up to the two zero blocks, and these. */
function contentBytes(streams: readonly Stream[]): number {
  return streams.reduce((sum, { size }) => sum + streamBytes(size), 2 * BLOCK_BYTES);
}

function streamBytes(size: number): number {
  const members = Math.max(1, Math.ceil(size / SLICE_BYTES));
  return members * BLOCK_BYTES + size + paddingAfter(size);
}

function paddingAfter(size: number): number {
  return (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES;
}

/** The ustar header of a member: owner 0, mode 600, time 0; one canonical form. */
function header(stream: string, number: number, size: number): Uint8Array {
  const block = new Uint8Array(BLOCK_BYTES);
  const put = (at: number, text: string) => {
    block.set(utf8(text), at);
  };
  put(0, `${stream}/${String(number).padStart(6, "0")}`);
  put(100, "0000600\0");
  put(108, "0000000\0");
  put(116, "0000000\0");
  put(124, `${octal(size, 11)}\0`);
  put(136, "00000000000\0");
  put(CHECKSUM_AT, "        0");
  put(257, "ustar\x0000");
  put(CHECKSUM_AT, `${octal(block.reduce((sum, byte) => sum + byte, 0), 6)}\0 `);
  return block;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, "0");
}
