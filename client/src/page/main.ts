/**
 * The one module that the server sends. It is the page's script, and, started by that, its Worker; so nothing is
 * sent twice.
 */
import { serve } from "../worker/worker.js";
import type { WorkerScope } from "../worker/worker.js";
import { start } from "./page.js";

if (typeof document === "undefined") {
  serve(globalThis as unknown as WorkerScope);
} else {
  start(import.meta.url);
}
