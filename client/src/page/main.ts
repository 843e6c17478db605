/**
 * The one module that the server sends. It is the page's script, and, started by that, its Worker, and that one's
 * own; so nothing is sent twice.
 */
import { HASHER, digestBlocks } from "../worker/hasher.js";
import type { HasherScope } from "../worker/hasher.js";
import { serve } from "../worker/worker.js";
import type { WorkerScope } from "../worker/worker.js";
import { start } from "./page.js";

if (typeof document !== "undefined") {
  start(import.meta.url);
} else if (self.name === HASHER) {
  digestBlocks(globalThis as unknown as HasherScope);
} else {
  serve(globalThis as unknown as WorkerScope, import.meta.url);
}
