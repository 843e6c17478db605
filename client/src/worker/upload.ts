/**
 * Brings the parts of one sealed stream to the server, each again and again until it is there: Tor drops
 * circuits, telephones lose the net. It sees sealed bytes only.
 */
import type { Gate } from "./gate.js";
import type { Failure, Phase } from "./messages.js";
import type { Part } from "./parts.js";
import type { Answer, PartServer } from "./server.js";

/** The server no longer knows this upload: begin again with a new token. */
export class Lost extends Error {}

/** The server will not take this report. */
export class Refused extends Error {
  constructor(readonly failure: Failure) {
    super(failure);
  }
}

/** What an upload needs around it. */
export interface Surroundings {
  server: PartServer;
  gate: Gate;
  /** Milliseconds that only count up. */
  now(): number;
  /** Waits, or less long when the signal breaks off. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  onPhase(phase: Phase): void;
  /** Bytes of this stream that have left, all parts together; falls back when a part is sent again. */
  onSent(bytes: number): void;
  /** Nothing got through for `PATIENCE_MS`; the gate was shut. */
  onUnreachable(): void;
}

/**
 * Sends all parts in order. Returns when the server has said that the report is stored.
 * @throws {Lost | Refused | Cancelled} and whatever the parts throw
 */
export async function upload(token: string, parts: AsyncIterator<Part, void>, around: Surroundings): Promise<void> {
  let before = 0;
  let next = await parts.next();
  while (!next.done) {
    const part = next.value;
    // The next part is sealed while this one travels.
    const following = part.last ? null : parts.next();
    following?.catch(() => undefined);
    await sendPart(token, part, before, around);
    before += part.bytes.length;
    if (following === null) {
      return;
    }
    next = await following;
  }
}

async function sendPart(token: string, part: Part, before: number, around: Surroundings): Promise<void> {
  let waitSeconds = 1;
  let brokenSince: number | null = null;
  for (;;) {
    const signal = await around.gate.pass();
    around.onPhase("sending");
    const onSent = (bytes: number): void => {
      around.onSent(before + bytes);
      if (part.last && bytes === part.bytes.length) {
        around.onPhase("storing");
      }
    };
    const answer = await around.server.put(token, part.number, part.bytes, onSent, signal);
    if (isTaken(answer, part)) {
      around.onSent(before + part.bytes.length);
      return;
    }
    around.onSent(before);
    if (signal.aborted) {
      continue;
    }
    brokenSince ??= around.now();
    if (around.now() - brokenSince > PATIENCE_MS) {
      brokenSince = null;
      waitSeconds = 1;
      around.gate.shutNow();
      around.onUnreachable();
      continue;
    }
    around.onPhase("broken");
    await around.sleep(Math.max(waitSeconds, Math.min(answer.retryAfterSeconds, LONGEST_WAIT_SECONDS)) * 1000, signal);
    waitSeconds = Math.min(waitSeconds * 2, LONGEST_WAIT_SECONDS);
  }
}

/** Whether the server has the part; false: try again. */
function isTaken(answer: Answer, part: Part): boolean {
  if (answer.status === 200) {
    if (answer.complete !== part.last) {
      throw new Refused("server");
    }
    return true;
  }
  if (answer.status === 0 || answer.status === 408 || answer.status === 429) {
    return false;
  }
  switch (answer.error) {
    case "out_of_order":
      // The answer to an earlier try was lost on the way.
      if (answer.next === part.number + 1 && !part.last) {
        return true;
      }
      throw new Lost();
    case "unknown_upload":
    case "other_bytes":
    case "complete":
      throw new Lost();
    case "cut_off":
      return false;
    case "too_large":
      throw new Refused("large");
    case "closed":
      throw new Refused("closed");
    case "window_closed":
    case "wrong_office":
      throw new Refused("keys");
    default:
      if (answer.status >= 500) {
        return false;
      }
      throw new Refused("server");
  }
}

/** How long an upload tries by itself when nothing gets through. */
export const PATIENCE_MS = 30 * 60 * 1000;
const LONGEST_WAIT_SECONDS = 30;
