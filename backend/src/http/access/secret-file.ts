import { readFileSync } from "node:fs";

/** Where the programs in `bin` find the secret of the current run: on a tmpfs of the backend's container. */
export const PANEL_SECRET_FILE = "/tmp/panel-secret";

/** The secret of the current run; empty before the backend has made it. */
export function secretOfThisRun(): string {
  try {
    return readFileSync(PANEL_SECRET_FILE, "utf8");
  } catch {
    return "";
  }
}
