import { secretOfThisRun } from "../http/access/secret-file.ts";

/*
 * Prints the panel's secret. The panel runs this in the backend's container through its host; whoever may do that controls the engine.
 */
const secret = secretOfThisRun();
if (secret === "") {
  console.error("The backend is not running yet.");
  process.exitCode = 1;
} else process.stdout.write(secret);
