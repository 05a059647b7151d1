import { bedCommand } from "./bed-command.ts";
import { benchCommand } from "./bench-command.ts";
import { demo } from "./demo.ts";
import { docsCommand } from "./docs/docs-command.ts";
import { gallery } from "./gallery.ts";
import { createSteps } from "./lib/steps.ts";
import { testCommand } from "./test-command.ts";
import { testEnginesCommand } from "./test-engines-command.ts";
import { tortureCommand } from "./torture-command.ts";

const USAGE = `usage: node testbed/bootstrap.mjs COMMAND
  demo [--once]     show the product at work, from nothing
  test [ARGS]       ready the bed and run the specs; ARGS go to Vitest
  test-engines [--only debian|current] [ARGS]
                    run the specs on each engine that the bed starts; ARGS go to Vitest
  bench [--rounds N] [--only NAME,…]
                    measure clicks, events, the panel, the data paths and a crowd of shares
  torture [--seed N] [--only NAME,…]
                    crashes, load and a day in miniature: at most 20 minutes
  docs              write the tables of the documents that are made from the code
  gallery           serve every screen and state of the panel, from fixtures
  bed up|down       ready the engine and images; or clean up and stop the engine`;

async function main(args: readonly string[], signal: AbortSignal): Promise<void> {
  const [command, ...rest] = args;
  const steps = createSteps();
  if (command === "demo") return demo(steps, { once: rest.includes("--once"), signal });
  if (command === "test") return testCommand(rest, steps, signal);
  if (command === "test-engines") return testEnginesCommand(rest, steps, signal);
  if (command === "bench") return benchCommand(rest, steps, signal);
  if (command === "torture") return tortureCommand(rest, steps, signal);
  if (command === "docs") return docsCommand();
  if (command === "gallery") return gallery(signal);
  if (command === "bed") return bedCommand(rest[0], steps);
  throw new Error(USAGE);
}

const ended = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => ended.abort(signal));

// A promise that never settles empties the event loop, and Node would exit with code 0.
process.on("beforeExit", () => {
  console.error("\nended half-way: nothing was left to wait for");
  process.exit(1);
});

main(process.argv.slice(2), ended.signal).then(
  () => process.exit(process.exitCode ?? 0),
  (error: unknown) => {
    if (ended.signal.aborted) process.exit(130);
    console.error(`\n${error instanceof Error ? error.message : String(error)}`);
    if (process.env.DEBUG) console.error(error);
    process.exit(1);
  },
);
