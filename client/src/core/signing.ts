/** Ed25519 by role: what is signed begins with the role's context (docs/FORMAT.md#signatures). */
import { ed25519 } from "@noble/curves/ed25519.js";
import { framed, fromBase64 } from "./bytes.js";

/**
 * Whether `key`, base64 of 32 bytes, has signed the fields under the context, `signature` being base64 too.
 *
 * Strict, as the server's side: noble's equation takes the cofactor out, and with points of the prime-order group
 * alone it is the strict one; a nonce of small order is refused.
 */
export function isSigned(key: string, signature: string, context: string, ...fields: Uint8Array[]): boolean {
  const point = fromBase64(key, 32);
  const bytes = fromBase64(signature, 64);
  if (!point || !bytes || !ed25519.verify(bytes, framed(context, ...fields), point, { zip215: false })) {
    return false;
  }
  return [point, bytes.subarray(0, 32)].every((encoded) => {
    const element = ed25519.Point.fromBytes(encoded);
    return !element.isSmallOrder() && element.isTorsionFree();
  });
}
