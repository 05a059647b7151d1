import type { Logger } from "pino";
import type { Engine } from "../engine/engine.ts";
import type { Clock } from "../lib/clock.ts";
import { limited, unlessAborted } from "../lib/timing.ts";
import type { ContainerFacts } from "../workloads/facts.ts";
import { machineContainers } from "./container/container.ts";
import { helperContainers } from "./namespace/namespace-runner.ts";
import type { MachineExecutors } from "./step.ts";
import type { MachineWatch } from "./watch/watch.ts";

/**
 * An engine gives a container ten seconds to end unless configured otherwise, and then kills it. By then all our containers have to be
 * gone: an orderly stop within the first part, by force within the rest. Milliseconds.
 */
const ORDERLY_MS = 6_000;
export const SHUTDOWN_MS = 8_500;

interface StopDependencies {
  engine: Pick<Engine, "listContainers" | "removeOwn">;
  watch: Pick<MachineWatch, "close">;
  machines: Pick<MachineExecutors, "machine-stop">;
  /** Keys of machines whose start is being undone. */
  starting: ReadonlySet<string>;
  installation: string;
  hostStateDirectory: string | null;
  /** Resolves when the steps in progress have ended, including those that undo their own work. */
  steps: Promise<void>;
  /** Aborts at the deadline. */
  lastCall: AbortSignal;
  clock: Pick<Clock, "sleep">;
  log: Logger;
}

/**
 * Removes every machine's container and keeps their identities. The backend may never start again; if it does, it gets the
 * same machines back. Never rejects.
 */
export async function stopMachines(dependencies: StopDependencies): Promise<void> {
  const { engine, watch, machines, starting, installation, steps, lastCall, clock, log } = dependencies;
  const own = (containers: readonly ContainerFacts[]) =>
    machineContainers(containers, installation, dependencies.hostStateDirectory);
  watch.close();

  async function remove(containers: readonly { containerId: string }[], until: AbortSignal): Promise<void> {
    const removals = containers.map(async ({ containerId }) => await engine.removeOwn(containerId, until));
    const failed = (await Promise.allSettled(removals)).find(({ status }) => status === "rejected");
    if (failed?.status === "rejected") throw failed.reason;
  }

  async function stopInOrder(orderly: AbortSignal): Promise<void> {
    const containers = await engine.listContainers(orderly);
    const alive = new Set(containers.flatMap(({ id, run }) => (run === "stopped" ? [] : [id])));
    const mine = own(containers).filter(({ key }) => !starting.has(key));
    await Promise.all(
      mine.map(async ({ key, containerId, targetId }) => {
        const step = { key, containerId, targetId, namespaceLives: alive.has(targetId) };
        await machines["machine-stop"]({ kind: "machine-stop", ...step }, orderly).catch((err: unknown) => {
          // A machine that does not stop must not hold up the others; it is removed with the rest below.
          log.warn(
            { event: "machine.unstopped", err, machine: key },
            "a machine could not be stopped in order",
          );
        });
      }),
    );
    await unlessAborted(steps, orderly, undefined);
  }

  try {
    await limited(stopInOrder, ORDERLY_MS, { clock, signal: lastCall });
    // The remaining containers: those that did not stop, were still being created during the first listing, or belong to a previous
    // backend.
    const remaining = await engine.listContainers(lastCall);
    await remove([...own(remaining), ...helperContainers(remaining, installation)], lastCall);
  } catch (err) {
    log.warn({ event: "machine.unremoved", err }, "not every machine could be removed");
  }
}
