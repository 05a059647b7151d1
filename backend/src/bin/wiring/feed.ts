import { countingFeed } from "../../operations/operations.ts";
import { publicSettings } from "../../settings/settings.ts";
import { imageFaults } from "../../status/machine-exposure.ts";
import { panelOnTailnet } from "../../status/panel-on-tailnet.ts";
import { buildSnapshot } from "../../status/snapshot.ts";
import { createSnapshotFeed } from "../../status/snapshot-feed.ts";
import { createTrafficCounter } from "../../status/traffic.ts";
import type { Basis } from "./basis.ts";
import type { EngineSide } from "./engine-side.ts";
import type { Stored } from "./stored.ts";
import type { TailnetSide } from "./tailnet-side.ts";

/** The snapshot, from everything that is known. `panelFeed` is the same feed, for those who count as watching. */
export function createFeeds(basis: Basis, stored: Stored, tailnet: TailnetSide, engineSide: EngineSide) {
  const { config, clock, observation, audience, redraw } = basis;
  const { node, names, dataPlane, kernel } = tailnet;
  const { engine, machines, tries, loop } = engineSide;
  const traffic = createTrafficCounter(clock);
  const feed = createSnapshotFeed(
    () =>
      buildSnapshot({
        observed: observation.observed(),
        unread: engine.unreadContainers(),
        node: node.state(),
        accounts: node.accounts(),
        shares: stored.shares.list(),
        failures: loop.failures(),
        ...tries.results(),
        visitor: (address) => ({ ...names.visitor(address), path: node.pathTo(address) }),
        traffic,
        dataPlane: { mode: dataPlane.mode, fault: kernel.fault, missing: kernel.missing },
        alerts: [
          ...stored.startAlerts,
          ...stored.mountFaults,
          ...stored.storeFaults(),
          ...node.alerts(),
          ...loop.failures().ofKind("node-adjust"),
          ...machines.retirementAlerts(loop.failures()),
          ...imageFaults(loop.failures()),
        ],
        settings: publicSettings(stored.settings, stored.credentials),
        panelOnTailnet:
          config.panelUrl === null
            ? null
            : panelOnTailnet({
                desired: stored.desired(),
                https: observation.observed().https,
                node: node.state(),
                failures: loop.failures(),
                unanswered: basis.panelUnanswered.fault,
              }),
        versions: { backend: config.version, tailscale: node.details().version },
        updates: node.updates(),
      }),
    clock,
  );
  redraw.connect(feed.refresh);
  return { feed, panelFeed: countingFeed(feed, audience) };
}

export type Feeds = ReturnType<typeof createFeeds>;
