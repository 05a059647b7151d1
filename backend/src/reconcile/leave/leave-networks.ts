import type { Logger } from "pino";
import type { DataPlane } from "../../dataplane/data-plane.ts";
import type { Engine } from "../../engine/engine.ts";
import { findSelf } from "../../engine/self.ts";
import type { Clock } from "../../lib/clock.ts";
import { within } from "../../lib/timing.ts";

/** Deadline for current steps: the networks must be left before the engine's stop timeout. Milliseconds. */
const STEPS_MS = 5_000;

interface LeaveDependencies {
  engine: Pick<Engine, "listContainers" | "leaveNetwork">;
  dataPlane: Pick<DataPlane, "replace">;
  ownContainerId: string;
  /** Resolves when the current steps have ended: a join among them could finish after the leaves. */
  steps: Promise<void>;
  /** Aborts at the deadline. */
  lastCall: AbortSignal;
  clock: Pick<Clock, "sleep">;
  log: Pick<Logger, "warn">;
}

/**
 * Closes the node and leaves every network but the extension's own. The engine looks up a stopped container's networks by ID when it
 * starts it again and refuses the start if one was removed, as `compose down` does (moby, `daemon/container_operations.go`,
 * `findAndAttachNetwork`). The next start joins them again. Never rejects.
 */
export async function leaveNetworks(dependencies: LeaveDependencies): Promise<void> {
  const { engine, dataPlane, ownContainerId, steps, lastCall, clock, log } = dependencies;
  const gone = (err: unknown, networkId?: string) =>
    log.warn({ event: "network.unleft", err, network: networkId }, "a network could not be left at the end");
  try {
    await within(steps, STEPS_MS, { clock, signal: lastCall, otherwise: undefined });
    await dataPlane.replace([], [], lastCall).catch(gone);
    const self = findSelf(await engine.listContainers(lastCall), ownContainerId);
    if (self === null || self.homeNetworkId === null) return;
    const joinedForShares = self.joined.filter(({ networkId }) => networkId !== self.homeNetworkId);
    await Promise.all(
      joinedForShares.map(async ({ networkId }) => {
        // A failed leave must not stop the others.
        await engine.leaveNetwork(networkId, self.id, lastCall).catch((err: unknown) => gone(err, networkId));
      }),
    );
  } catch (err) {
    gone(err);
  }
}
