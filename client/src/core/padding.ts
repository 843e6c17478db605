/** Size classes: every length outside a seal is one of these (Padmé above a floor, docs/FORMAT.md#padding). */

/** Smallest plaintext of a compartment, in bytes. */
export const COMPARTMENT_FLOOR_BYTES = 16 * 1024;

/** The class of a plaintext: the least Padmé length that holds `length` bytes, at least `floor` (2 or more). */
export function sizeClass(length: number, floor: number): number {
  const least = Math.max(length, floor);
  let exponent = 0;
  // No shifts: lengths may have more than 32 bits.
  for (let rest = least; rest >= 2; rest = Math.floor(rest / 2)) {
    exponent += 1;
  }
  const keptBits = 32 - Math.clz32(exponent);
  const step = 2 ** Math.max(0, exponent - keptBits);
  return Math.ceil(least / step) * step;
}
