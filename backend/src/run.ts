import type { Logger } from "pino";
import type { DataPlane } from "./dataplane/data-plane.ts";
import type { Engine } from "./engine/engine.ts";
import { watchEngine } from "./engine/watch.ts";
import type { Clock } from "./lib/clock.ts";
import { unlessAborted } from "./lib/timing.ts";
import type { Machines } from "./machines/machines.ts";
import { keepJournal } from "./operations/journal.ts";
import { type Meter, trafficCounters } from "./operations/metrics/meter.ts";
import { leaveNetworks } from "./reconcile/leave/leave-networks.ts";
import type { Loop } from "./reconcile/loop.ts";
import type { SnapshotFeed } from "./status/snapshot-feed.ts";
import type { Tries } from "./status/tries.ts";
import type { Daemon } from "./tailscale/daemon/daemon.ts";
import type { TailnetNode } from "./tailscale/node/node.ts";
import { standingOf } from "./tailscale/node/state/node-state.ts";

export interface RunDependencies {
  daemon: Pick<Daemon, "supervise">;
  node: Pick<TailnetNode, "handle" | "watch" | "state">;
  loop: Loop;
  feed: SnapshotFeed;
  tries: Pick<Tries, "run">;
  engine: Engine;
  machines: Pick<Machines, "stop">;
  dataPlane: DataPlane;
  ownContainerId: string;
  meter: Meter;
  /** Aborts at the deadline for the backend's shutdown. */
  lastCall: AbortSignal;
  clock: Clock;
  log: Logger;
}

/** Runs everything until the signal, then stops machines and leaves networks. Resolves when all of it has ended. */
export async function runUntilStopped(dependencies: RunDependencies, signal: AbortSignal): Promise<void> {
  const { daemon, node, loop, feed, tries, engine, machines, dataPlane } = dependencies;
  const { ownContainerId, meter, lastCall, clock, log } = dependencies;
  const steps = loop.run(signal);
  let standing = standingOf(node.state());
  await Promise.all([
    daemon.supervise((event) => {
      if (event.kind === "daemon-starting") meter.tailscaledStarted();
      node.handle(event);
    }, signal),
    node.watch(() => {
      feed.refresh();
      const before = standing;
      standing = standingOf(node.state());
      // Failed steps may work now that the node is in another tailnet, or in one at all. A warning or a client's path changes nothing.
      loop.trigger(standing === before ? "urgent" : "user");
    }, signal),
    tries.run(signal),
    watchEngine({ engine, clock, log }, (event) => loop.report(event), signal),
    keepJournal(
      feed,
      {
        log,
        onSnapshot: (snapshot) => {
          meter.engineSeen(snapshot.engine.state);
          meter.trafficSeen(trafficCounters(loop.observed().forwards, snapshot));
        },
      },
      signal,
    ),
    // Stop machines and leave networks here: if the extension is being uninstalled, nothing else will do it.
    unlessAborted(steps, signal, undefined).then(
      async () =>
        await Promise.all([
          machines.stop(steps),
          leaveNetworks({ engine, dataPlane, ownContainerId, steps, lastCall, clock, log }),
        ]),
    ),
  ]);
}
