/**
 * A mailbox as the holder of its code sees it: its slots opened, in order, with what is wrong with them together
 * (docs/FORMAT.md#replies). Bytes in, values out; it asks nobody for anything.
 */
import type { VerifiedBundle } from "./bundle.js";
import { REPLY_SLOT_BYTES, openSlot, type Reply } from "./reply.js";
import type { mailboxSeeds } from "./return_code.js";

/** Slots of every answer. */
export const SLOTS = 4;

/** What a mailbox holds. */
export interface Mailbox {
  /** Oldest first. */
  readonly replies: readonly Reply[];
  /** Two replies of one number, or one that names another predecessor than the one that is here. */
  readonly contradicts: boolean;
  /** Slots that open, and hold nothing that the office wrote for this mailbox. */
  readonly refused: number;
}

/**
 * Opens the slots of a mailbox.
 *
 * @throws RangeError for bytes that are not `SLOTS` slots.
 */
export async function openMailbox(
  slots: Uint8Array,
  seeds: ReturnType<typeof mailboxSeeds>,
  bundle: VerifiedBundle,
): Promise<Mailbox> {
  if (slots.length !== SLOTS * REPLY_SLOT_BYTES) {
    throw new RangeError("not the slots of a mailbox");
  }
  const replies: Reply[] = [];
  let refused = 0;
  for (let at = 0; at < slots.length; at += REPLY_SLOT_BYTES) {
    const opened = await openSlot(slots.slice(at, at + REPLY_SLOT_BYTES), seeds, bundle);
    if (opened === "refused") {
      refused += 1;
    } else if (opened !== "nothing" && !replies.some(({ digest }) => digest === opened.digest)) {
      replies.push(opened);
    }
  }
  replies.sort((one, other) => one.counter - other.counter);
  const contradicts = replies.some((reply, at) => at > 0 && !follows(reply, replies[at - 1]));
  return { replies, contradicts, refused };
}

/** Early replies may be missing: a mailbox keeps the newest, and a person may delete any. */
function follows(reply: Reply, before: Reply | undefined): boolean {
  const gap = reply.counter - (before?.counter ?? 0);
  return gap > 1 || (gap === 1 && reply.previous === before?.digest);
}
