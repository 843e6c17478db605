/**
 * The half of the script that runs in the Worker: fetches and verifies the office's keys, seals the report, brings
 * it to the server. Plaintext enters by one order and leaves only sealed. It trusts what `verifyBundle` accepted.
 */
import { BundleProblem, SealProblem, sealFollowUp, sealReport, verifyBundle } from "../core/index.js";
import type { Receipt, SealProblemKind, VerifiedBundle } from "../core/index.js";
import { streamBytes } from "./estimate.js";
import { Gate } from "./gate.js";
import { HASHER } from "./hasher.js";
import { HashingBroke, startHashing } from "./hashing.js";
import type { Hashing } from "./hashing.js";
import type { Failure, News, Order, Report, Unready } from "./messages.js";
import { inParts } from "./parts.js";
import { fetchIntake, fetchNote, thisServer } from "./server.js";
import type { Intake } from "./server.js";
import { startWorker } from "./start.js";
import { Tally } from "./tally.js";
import { Lost, Refused, upload } from "./upload.js";
import type { Surroundings } from "./upload.js";

/** The part of a Worker's global scope that is used here. */
export interface WorkerScope {
  onmessage: ((event: MessageEvent) => void) | null;
  postMessage(news: News): void;
}

/** Takes the page's orders from now on; `script` is the address of this very module. */
export function serve(scope: WorkerScope, script: string): void {
  const sealer = new Sealer((news) => scope.postMessage(news), script);
  scope.onmessage = (event) => sealer.take(event.data as Order);
}

/** The keys that were verified last, and what the server said with them. */
interface Office {
  bundle: VerifiedBundle;
  intake: Intake;
}

class Sealer {
  #tell: (news: News) => void;
  #office: Office | null = null;
  #gate = new Gate();
  #script: string;
  /** Of this device; counted as one after a Worker that digests has broken. */
  #cores = navigator.hardwareConcurrency;

  constructor(tell: (news: News) => void, script: string) {
    this.#tell = tell;
    this.#script = script;
  }

  take(order: Order): void {
    switch (order.kind) {
      case "prepare":
        void this.#prepare();
        break;
      case "send":
        this.#gate = new Gate();
        void this.#send(order.report, this.#gate);
        break;
      case "pause":
        this.#gate.shutNow();
        break;
      case "continue":
        this.#gate.open();
        break;
      case "cancel":
        this.#gate.cancel();
        break;
    }
  }

  /** Goes on trying while the server cannot be reached; says so after some tries. */
  async #prepare(): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        this.#office = await openOffice();
        this.#tell({ kind: "ready", limitMib: this.#office.intake.limitMib });
        return;
      } catch (problem) {
        const reason = unreadyOf(problem);
        if (reason !== "connection") {
          this.#tell({ kind: "unready", reason });
          return;
        }
        if (tries === QUIET_TRIES) {
          this.#tell({ kind: "unready", reason: "connection" });
        }
        await sleep(Math.min(2 ** (tries - 1), LONGEST_WAIT_SECONDS) * 1000, NEVER);
      }
    }
  }

  async #send(report: Report, gate: Gate): Promise<void> {
    try {
      const receipt = await this.#sealAndUpload(report, gate);
      // Also when it was cancelled too late: then it is stored, and the person needs the code.
      this.#tell({ kind: "stored", receipt });
    } catch (problem) {
      this.#tellOf(gate, { kind: "failed", failure: failureOf(problem) });
    }
  }

  /**
   * Every attempt is sealed anew: a report under a return code of its own, of which only the last is ever shown; a
   * follow-up under the one new code that it brings, since the office puts that of the first to be stored in force.
   */
  async #sealAndUpload(report: Report, gate: Gate): Promise<Receipt | null> {
    for (let attempt = 1; ; attempt += 1) {
      this.#tellOf(gate, { kind: "phase", phase: "locking" });
      try {
        return await this.#attempt(report, gate);
      } catch (problem) {
        if (attempt >= ATTEMPTS) {
          throw problem instanceof Lost ? new Refused("server") : problem;
        }
        if (problem instanceof Refused && problem.failure === "keys") {
          // The page may have stood open while the office changed its keys.
          this.#office = await openOffice();
        } else if (problem instanceof HashingBroke) {
          this.#cores = 1;
        } else if (!(problem instanceof Lost)) {
          throw problem;
        }
      }
    }
  }

  async #attempt(report: Report, gate: Gate): Promise<Receipt | null> {
    this.#office ??= await openOffice();
    const { bundle, intake } = this.#office;
    const sizes = report.files.map(({ file }) => file.size);
    const hashing = await startHashing(sizes, this.#cores, () => startWorker(this.#script, HASHER));
    try {
      return await this.#sealed(report, gate, { bundle, intake }, hashing);
    } finally {
      hashing.end();
    }
  }

  async #sealed(report: Report, gate: Gate, { bundle, intake }: Office, hashing: Hashing): Promise<Receipt | null> {
    const request = {
      bundle,
      today: intake.today,
      language: report.language,
      pageNumber: report.pageNumber,
      fields: report.fields,
      files: report.files.map(({ file, showsWho }) => ({ name: file.name, mediaType: file.type, blob: file, showsWho })),
      random,
      digest: hashing.digest,
    };
    const sealed = await (report.followUp ? sealFollowUp(request, report.followUp) : sealReport(request));
    const token = hexadecimal(random(TOKEN_BYTES));
    const total = streamBytes(report.files.map(({ file }) => file.size));
    const tally = new Tally((sealed, sent) => this.#tellOf(gate, { kind: "progress", sealed, sent, total }));
    const parts = inParts(tally.sealing(sealed.stream), intake.partBytes);
    try {
      await upload(token, parts, this.#surroundings(gate, tally));
    } catch (problem) {
      void parts.return();
      void thisServer.forget(token);
      throw problem;
    }
    return sealed.receipt;
  }

  /** Tells the page of the upload behind this gate, unless the person has cancelled it. */
  #tellOf(gate: Gate, news: News): void {
    if (!gate.cancelled) {
      this.#tell(news);
    }
  }

  #surroundings(gate: Gate, tally: Tally): Surroundings {
    return {
      server: thisServer,
      gate,
      now: () => performance.now(),
      sleep,
      onPhase: (phase) => this.#tellOf(gate, { kind: "phase", phase }),
      onSent: (bytes) => tally.sent(bytes),
      onUnreachable: () => this.#tellOf(gate, { kind: "unreachable" }),
    };
  }
}

/** @throws {Refused} `closed`, `connection` or `keys` */
async function openOffice(): Promise<Office> {
  const unreachable = (): never => {
    throw new Refused("connection");
  };
  const intake = await fetchIntake().catch(unreachable);
  if (!intake.accepting) {
    throw new Refused("closed");
  }
  const note = await fetchNote().catch(unreachable);
  try {
    return { intake, bundle: verifyBundle(note, intake.office, intake.today) };
  } catch (problem) {
    if (problem instanceof BundleProblem) {
      throw new Refused("keys");
    }
    throw problem;
  }
}

/** What is neither the office's nor the connection's fault is the browser's. */
function unreadyOf(problem: unknown): Unready {
  const failure = problem instanceof Refused ? problem.failure : null;
  return failure === "closed" || failure === "connection" || failure === "keys" ? failure : "old";
}

function failureOf(problem: unknown): Failure {
  if (problem instanceof Refused) {
    return problem.failure;
  }
  return problem instanceof SealProblem ? SEAL_FAILURES[problem.kind] : "seal";
}

function random(bytes: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(bytes));
}

function hexadecimal(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

const SEAL_FAILURES: Record<SealProblemKind, Failure> = {
  empty_story: "story",
  field_too_long: "field",
  file_unreadable: "file",
  text_too_long: "text",
  too_many_files: "files",
};
const NEVER = new AbortController().signal;
const QUIET_TRIES = 4;
const LONGEST_WAIT_SECONDS = 30;
const ATTEMPTS = 5;
const TOKEN_BYTES = 16;
