/**
 * The mailbox's script. It reads, and opens here; where something is to be sealed it starts the form's script as its
 * Worker, so that nobody who only reads loads what seals.
 */
import { start } from "./mailbox.js";

start();
