/** How long the sealed stream will be, for the bar: sizes come in classes, so this is off by a few kilobytes only. */
import { COMPARTMENT_FLOOR_BYTES, sizeClass } from "../core/padding.js";

/** Bytes of a stream with these files; text beyond its class is not counted. */
export function streamBytes(fileBytes: readonly number[]): number {
  const files = fileBytes.map((bytes) => sealed(bytes + FRAME_BYTES + Math.ceil(bytes / SLICE_BYTES) * HEADER_BYTES));
  return files.reduce((sum, bytes) => sum + bytes, TEXT_COMPARTMENTS * sealed(0));
}

/** An age file around a padded plaintext. */
function sealed(plain: number): number {
  const padded = sizeClass(plain, COMPARTMENT_FLOOR_BYTES);
  return padded + AGE_HEADER_BYTES + Math.ceil(padded / AGE_CHUNK_BYTES) * AGE_TAG_BYTES;
}

/** Account, identity and manifest. */
const TEXT_COMPARTMENTS = 3;
const SLICE_BYTES = 256 * 1024;
const HEADER_BYTES = 512;
/** The members beside a file, and the end of the archive. */
const FRAME_BYTES = 4096;
const AGE_HEADER_BYTES = 1700;
const AGE_CHUNK_BYTES = 64 * 1024;
const AGE_TAG_BYTES = 16;
