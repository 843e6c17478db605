/**
 * The server as the Worker sees it: three addresses below `/api/v1` and the signed keys. Parts go out with
 * XMLHttpRequest, which tells how much of a body has left; `fetch` does not.
 */

/** What `GET /api/v1/intake` says. */
export interface Intake {
  accepting: boolean;
  /** The twelve words that the server was told to trust: the anchor. */
  office: string | null;
  /** The day at the server, `YYYY-MM-DD`: devices' clocks are often wrong. */
  today: string;
  limitMib: number;
  partBytes: number;
}

/** An answer to a part. Status 0: none came. */
export interface Answer {
  status: number;
  /** The `error` of a refusal. */
  error: string | null;
  next: number | null;
  complete: boolean;
  retryAfterSeconds: number;
}

/** What an upload needs of a server; tests put another one in its place. */
export interface PartServer {
  /** Sends one part; `onSent` is told how many of its bytes have left. Never throws. */
  put(token: string, number: number, bytes: Uint8Array<ArrayBuffer>, onSent: (bytes: number) => void, signal: AbortSignal): Promise<Answer>;
  /** Gives an upload up, if the server can be reached. */
  forget(token: string): Promise<void>;
}

/** Reads what the server takes now. @throws when it cannot be reached or says something else. */
export async function fetchIntake(): Promise<Intake> {
  const answer = await get("/api/v1/intake");
  const said: unknown = await answer.json();
  const { accepting, office, today, report_limit_mib: limitMib, part_bytes: partBytes } = said as Record<string, unknown>;
  if (
    typeof accepting !== "boolean" ||
    !(office === null || typeof office === "string") ||
    typeof today !== "string" ||
    !isCount(limitMib) ||
    !isCount(partBytes)
  ) {
    throw new Error("the server's description is not one");
  }
  return { accepting, office, today, limitMib, partBytes: Math.min(partBytes, PART_LIMIT_BYTES) };
}

/** Reads the signed key bundle, unverified. */
export async function fetchNote(): Promise<string> {
  return (await get("/keys")).text();
}

async function get(path: string): Promise<Response> {
  const answer = await fetch(path, { cache: "no-store", credentials: "omit", redirect: "error" });
  if (!answer.ok) {
    throw new Error(`the server answered ${answer.status}`);
  }
  return answer;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0;
}

/** The server that this script came from. */
export const thisServer: PartServer = {
  put(token, number, bytes, onSent, signal) {
    return new Promise((resolve) => {
      const request = new XMLHttpRequest();
      const stalled = new Stall(() => request.abort());
      const finish = (): void => {
        stalled.over();
        signal.removeEventListener("abort", abort);
        resolve(read(request));
      };
      const abort = (): void => request.abort();
      request.upload.onprogress = (event) => {
        stalled.moved();
        onSent(Math.min(event.loaded, bytes.length));
      };
      request.onloadend = finish;
      request.open("PUT", `/api/v1/uploads/${token}/${number}`);
      request.setRequestHeader("content-type", "application/octet-stream");
      signal.addEventListener("abort", abort);
      if (signal.aborted) {
        finish();
      } else {
        request.send(bytes);
      }
    });
  },

  async forget(token) {
    const options: RequestInit = { method: "DELETE", credentials: "omit", redirect: "error" };
    await fetch(`/api/v1/uploads/${token}`, options).catch(() => undefined);
  },
};

function read(request: XMLHttpRequest): Answer {
  const answer: Answer = { status: request.status, error: null, next: null, complete: false, retryAfterSeconds: 0 };
  try {
    const said = JSON.parse(request.responseText) as Record<string, unknown>;
    const { error, next, complete } = said;
    answer.error = typeof error === "string" ? error : null;
    answer.next = typeof next === "number" ? next : null;
    answer.complete = complete === true;
  } catch {
    // A page, or nothing: the status alone decides.
  }
  const wait = request.status === 503 ? Number(request.getResponseHeader("retry-after")) : 0;
  answer.retryAfterSeconds = Number.isFinite(wait) ? wait : 0;
  return answer;
}

/** Ends a request of which nothing has moved for too long: a lost Tor circuit does not say that it is lost. */
class Stall {
  #onStall: () => void;
  #timer: ReturnType<typeof setTimeout>;

  constructor(onStall: () => void) {
    this.#onStall = onStall;
    this.#timer = setTimeout(onStall, STALL_MS);
  }

  moved(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#onStall, STALL_MS);
  }

  over(): void {
    clearTimeout(this.#timer);
  }
}

const STALL_MS = 90_000;
const PART_LIMIT_BYTES = 4 * 1024 * 1024;
