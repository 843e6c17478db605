/**
 * What the page and its Worker say to each other. Orders go to the Worker, news come back. The report travels
 * in an order and the receipt in the last news, both in memory only.
 */
import type { FollowUp, Receipt } from "../core/index.js";

/** A file the person chose; `showsWho` is their tick "this file shows who I am". */
export interface ChosenFile {
  file: File;
  showsWho: boolean;
}

/** Everything the person wrote: plaintext, never put anywhere but into the sealer. */
export interface Report {
  language: string;
  pageNumber: string | null;
  fields: [name: string, value: string][];
  files: ChosenFile[];
  /** What makes it a follow-up; null for a report. */
  followUp: FollowUp | null;
}

/** Why this page cannot seal. */
export type Unready = "closed" | "connection" | "keys" | "old";

/** Why a report was not stored. Each has a text of its own, `client-failed-…`. */
export type Failure =
  | "closed"
  | "connection"
  | "field"
  | "file"
  | "files"
  | "keys"
  | "large"
  | "seal"
  | "server"
  | "story"
  | "text";

/** What is happening, in the order in which it does; `broken` waits for the connection. */
export type Phase = "broken" | "locking" | "sending" | "storing";

/** What the page wants. */
export type Order =
  | { kind: "prepare" }
  | { kind: "send"; report: Report }
  | { kind: "pause" }
  | { kind: "continue" }
  | { kind: "cancel" };

/** What the Worker has to tell. */
export type News =
  | { kind: "ready"; limitMib: number }
  | { kind: "unready"; reason: Unready }
  | { kind: "phase"; phase: Phase }
  /** Bytes of the sealed stream that are made, and that have left, of how many, as far as one can know. */
  | { kind: "progress"; sealed: number; sent: number; total: number }
  /** Nothing reached the server for so long that the Worker paused by itself. */
  | { kind: "unreachable" }
  | { kind: "failed"; failure: Failure }
  | { kind: "stored"; receipt: Receipt | null };
