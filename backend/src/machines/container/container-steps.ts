import type { Target } from "../namespace/namespace-runner.ts";
import type { MachineExecutors } from "../step.ts";
import { entryFault } from "./entry-fault.ts";
import { createStart, type StartDependencies } from "./start.ts";
import { createStop } from "./stop.ts";

export interface ContainerStepDependencies extends StartDependencies {
  /** Keys of machines whose start is in progress. The start itself removes them if it fails. */
  starting: Set<string>;
}

/** The steps that pull a machine's image, and make and remove its container. */
export function createContainerSteps(
  dependencies: ContainerStepDependencies,
): Pick<MachineExecutors, "machine-fetch" | "machine-start" | "machine-stop"> {
  const { engine, watch, runner, starting, clock } = dependencies;
  const starter = createStart(dependencies);

  async function tidy(machine: Target & { containerId: string | null }, signal: AbortSignal): Promise<void> {
    const { code, output } = await runner.run(machine, ["tidy"], signal);
    if (code !== 0) throw entryFault(code, output);
  }

  const stop = createStop({
    engine,
    goodBye: async (key) => await watch.localApi(key).patchPrefs({ WantRunning: false }),
    untilItAnswers: async (...container) => await starter.untilItAnswers(...container),
    tidy,
    mayBeAtWork: runner.mayBeAtWork,
    clock,
  });

  return {
    "machine-fetch": async ({ tag }, signal) => await starter.fetchImage(tag, signal),

    async "machine-start"({ wish, home }, signal) {
      starting.add(wish.key);
      try {
        await starter.start(wish, home, signal);
      } finally {
        starting.delete(wish.key);
      }
    },

    async "machine-stop"(step, signal) {
      await stop(step, signal);
      runner.forget(step.containerId);
    },
  };
}
