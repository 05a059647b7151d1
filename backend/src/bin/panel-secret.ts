import { readFileSync } from "node:fs";
import { PANEL_SECRET_FILE } from "../http/access/secret-file.ts";

/*
 * Prints the panel's secret. The panel runs this in the backend's container through its host; whoever may do that controls the engine.
 */
try {
  process.stdout.write(readFileSync(PANEL_SECRET_FILE, "utf8"));
} catch {
  console.error("The backend is not running yet.");
  process.exitCode = 1;
}
