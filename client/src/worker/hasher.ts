/**
 * A Worker that only digests: one SHA-256 at a time, of blocks that the sealer hands over. What comes in is given
 * back to be filled again; what comes out is a digest. It keeps nothing.
 */
import { SHA256 } from "@stablelib/sha256";
import { hex } from "../core/bytes.js";

/** The name of such a Worker, by which the script knows what it is to be. */
export const HASHER = "digest";

/** What it is told: the next bytes, in a buffer of its own, or that these were all. */
export type ToHasher = Uint8Array<ArrayBuffer> | "end";

/** What it says: that it is there, that a buffer is free again, or a digest in hexadecimal. */
export type FromHasher = "ready" | ArrayBuffer | string;

/** The part of a Worker's global scope that is used here. */
export interface HasherScope {
  onmessage: ((event: MessageEvent) => void) | null;
  postMessage(said: FromHasher, transfer: Transferable[]): void;
}

/** Takes blocks from now on. */
export function digestBlocks(scope: HasherScope): void {
  let hash = new SHA256();
  scope.onmessage = (event) => {
    const told = event.data as ToHasher;
    if (told === "end") {
      scope.postMessage(hex(hash.digest()), []);
      hash = new SHA256();
    } else {
      hash.update(told);
      scope.postMessage(told.buffer, [told.buffer]);
    }
  };
  scope.postMessage("ready", []);
}
