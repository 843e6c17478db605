/** The server as the mailbox sees it: who the office is, four slots for a token, and what is to be deleted. */
import { REPLY_SLOT_BYTES, SLOTS, clockShift, verifyOffice } from "../core/index.js";
import type { VerifiedBundle } from "../core/index.js";
import { hex } from "../core/bytes.js";
import { fetchIntake, fetchNote } from "../worker/server.js";

/** The office, checked, and by how much this device's clock is off. */
export interface Office {
  bundle: VerifiedBundle;
  clockShift: number;
}

/**
 * Fetches the office's keys and checks them. Whether reports are taken today does not matter to who reads.
 *
 * @throws BundleProblem, or another error where the server cannot be reached.
 */
export async function fetchOffice(): Promise<Office> {
  const intake = await fetchIntake();
  const bundle = verifyOffice(await fetchNote(), intake.office);
  return { bundle, clockShift: clockShift(intake.today, Date.now()) };
}

/** The slots of the mailbox of a token. The token is all that the server learns. */
export async function fetchSlots(token: Uint8Array): Promise<Uint8Array> {
  const answer = await post("/api/v1/mailbox", "application/octet-stream", Uint8Array.from(token));
  const slots = new Uint8Array(await answer.arrayBuffer());
  if (slots.length !== SLOTS * REPLY_SLOT_BYTES) {
    throw new Error();
  }
  return slots;
}

/** Deletes replies by the digests of their slots, or all. */
export async function deleteSlots(token: Uint8Array, slots: readonly string[] | "all"): Promise<void> {
  const which = slots === "all" ? { all: true } : { slots };
  await post("/api/v1/mailbox/delete", "application/json", JSON.stringify({ token: hex(token), ...which }));
}

async function post(path: string, type: string, body: BodyInit): Promise<Response> {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "content-type": type },
    body,
    cache: "no-store",
    credentials: "omit",
    redirect: "error",
  });
  if (!answer.ok) {
    throw new Error();
  }
  return answer;
}
