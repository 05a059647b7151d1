import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Steps } from "./lib/steps.ts";
import { openPrerequisites } from "./prerequisites.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Readies the bed, then runs the specs. Rejects when one fails. `args` go to Vitest: file names, `-t …`. */
export async function testCommand(args: readonly string[], steps: Steps, signal: AbortSignal): Promise<void> {
  await openPrerequisites(steps, { browser: true });
  const vitest = spawn("npx", ["vitest", "run", "--config", "testbed/vitest.config.ts", ...args], {
    cwd: ROOT,
    stdio: "inherit",
  });
  // Vitest gets a terminal's Ctrl-C by itself and then tears its beds down; it must not be left behind by other signals.
  signal.addEventListener("abort", () => vitest.kill("SIGTERM"), { once: true });
  const [code] = await once(vitest, "exit");
  if (code !== 0) throw new Error("the specs did not pass: see above");
}
