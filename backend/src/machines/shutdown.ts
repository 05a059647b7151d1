import type { Logger } from "pino";
import type { Engine } from "../docker/engine.ts";
import { machineContainers } from "./container.ts";
import type { MachineExecutors } from "./execute.ts";
import { helperContainers } from "./inside.ts";
import type { MachineWatch } from "./watch.ts";

/** An engine gives a container ten seconds to stop. Milliseconds. */
const MOST_MS = 7_000;

/**
 * Removes every machine's container and leaves their identities: the backend is on its way out, for good perhaps, and who
 * starts it again gets them back. Never rejects.
 */
export async function stopMachines({
  engine,
  watch,
  machines,
  installation,
  log,
}: {
  engine: Engine;
  watch: MachineWatch;
  machines: MachineExecutors;
  installation: string;
  log: Logger;
}): Promise<void> {
  watch.close();
  const signal = AbortSignal.timeout(MOST_MS);
  try {
    const containers = await engine.listContainers(signal);
    const helpers = helperContainers(containers, installation);
    await Promise.all(helpers.map(async ({ containerId }) => await engine.removeOwn(containerId, signal)));
    const alive = new Set(containers.flatMap(({ id, run }) => (run === "stopped" ? [] : [id])));
    await Promise.all(
      machineContainers(containers, installation).map(async ({ key, containerId, targetId }) => {
        const step = { key, containerId, targetId, namespaceLives: alive.has(targetId) };
        await machines["machine-stop"]({ kind: "machine-stop", ...step }, signal).catch(
          async (err: unknown) => {
            log.warn(
              { event: "machine.unstopped", err, machine: key },
              "a machine could not be stopped in order",
            );
            // One that holds out must not keep the others, nor stay behind.
            await engine.removeOwn(containerId);
          },
        );
      }),
    );
  } catch (err) {
    log.warn({ event: "machine.unremoved", err }, "not every machine could be removed");
  }
}
