import type { Diagnostics } from "@tailnet-share/contract/operations";
import type { Backups } from "../backup/backups.ts";
import type { OwnDevice } from "../check/tailnet.ts";
import type { DataPlane } from "../dataplane/data-plane.ts";
import type { Served } from "../http/serve.ts";
import type { Clock } from "../lib/clock.ts";
import type { MachineCredentials } from "../machines/credentials/credentials.ts";
import type { VisitNode } from "../machines/visiting/visitor.ts";
import type { Looked } from "../machines/watch/listening-look.ts";
import type { CountingFeed, Operations } from "../operations/operations.ts";
import type { Listener } from "../ports/listening.ts";
import type { Loop } from "../reconcile/loop.ts";
import type { SettingsFile } from "../settings/settings-file.ts";
import type { ShareService } from "../shares/service.ts";
import type { ExposureContext } from "../status/exposure.ts";
import type { JsonStore } from "../store/json-store.ts";
import type { TailnetDevice } from "../tailscale/localapi/tailnet-devices.ts";
import type { TailnetNode } from "../tailscale/node/node.ts";
import type { Heard } from "../workloads/likely-port.ts";

/** The use cases behind the routes. */
export type Application = Omit<Served, keyof Operations>;

export interface ApplicationDependencies {
  shares: ShareService;
  settings: JsonStore<SettingsFile>;
  credentials: MachineCredentials;
  backups: Backups;
  /** Makes tailscaled trust the authorities from the settings from now on. */
  trusted: () => Promise<void>;
  /** Devices that the node knows. */
  devices: () => Promise<TailnetDevice[]>;
  /** Devices in the tailnet that logged-out machines can become again. */
  keptDevices: () => Promise<readonly { key: string; workload: string | null; deviceId: string }[]>;
  /** Lists the listeners in a running machine's container with a new look; null if that takes too long. */
  lookInto: (machineKey: string, ms: number) => Promise<readonly Listener[] | null>;
  /** Lists the current listeners in a workload's container. */
  listening: (workload: string, ms: number) => Promise<Looked>;
  /** The ports in a workload's container that accept connections and answer HTTP; null when they don't matter or take too long. */
  hear: (workload: string, ms: number) => Promise<Heard | null>;
  /** Has a machine visit the node over the tailnet. */
  visitNode: VisitNode;
  /** The node as a device of the tailnet, or a machine by its key. */
  device: (machineKey: string | null) => OwnDevice;
  /** Results of probing shared ports. */
  tries: () => Pick<ExposureContext, "unanswered" | "listeners">;
  node: TailnetNode;
  loop: Loop;
  feed: CountingFeed;
  dataPlane: DataPlane;
  diagnostics: () => Promise<Diagnostics>;
  clock: Clock;
}
