import type { NodeState } from "@tailnet-share/contract/node";
import { noHttps } from "./https/https.ts";
import type { Clock } from "./lib/clock.ts";
import type { LookAgain } from "./lib/look-again.ts";
import type { MachineRuntime } from "./machines/container/container.ts";
import type { MachineSettings } from "./machines/machine-settings.ts";
import { noMachinesSeen } from "./machines/observed-machines.ts";
import type { NetworkFacts } from "./networks/facts.ts";
import type { Desired } from "./reconcile/desired.ts";
import type { Observed } from "./reconcile/look/observe.ts";
import type { SettingsFile } from "./settings/settings-file.ts";
import type { StoredShare } from "./shares/stored-share.ts";
import type { ContainerFacts, NetworkAttachment } from "./workloads/facts.ts";
import { USUAL_STOP } from "./workloads/stop-signal.ts";

/* Small factories for the unit tests beside the sources. */

export function attachment(networkName: string, address: string): NetworkAttachment {
  return { networkId: `id-of-${networkName}`, networkName, address };
}

export function networkFacts(name: string, more: Partial<NetworkFacts> = {}): NetworkFacts {
  return {
    id: `id-of-${name}`,
    name,
    driver: "bridge",
    scope: "local",
    internal: false,
    attachable: false,
    ipv6: false,
    pools: [],
    options: {},
    ...more,
  };
}

export function container(name: string, more: Partial<ContainerFacts> = {}): ContainerFacts {
  return {
    id: `id-of-${name}`,
    name,
    image: "image",
    imageId: "sha256:image",
    run: "running",
    labels: {},
    networkMode: { kind: "own", network: "app" },
    networks: [attachment("app", "172.18.0.5")],
    life: null,
    young: false,
    ports: [{ port: 80, protocol: "tcp" }],
    portRanges: [],
    portsKnown: true,
    published: [],
    stop: USUAL_STOP,
    directories: [],
    ...more,
  };
}

export function share(name: string, more: Partial<StoredShare> = {}): StoredShare {
  return {
    workload: `name:${name}`,
    mode: "node",
    ports: [{ port: 80, protocol: "tcp", nodePort: 80 }],
    machine: null,
    network: null,
    until: null,
    name,
    project: null,
    image: "image",
    lastContainerId: `id-of-${name}`,
    ...more,
  };
}

const HOME = attachment("0-tailnet-share", "172.30.0.2");

/** An observation of these containers, with the backend on its home network and on those named in `joined`. */
export function observed(
  containers: readonly ContainerFacts[],
  { joined = [], ...more }: Partial<Observed> & { joined?: readonly NetworkAttachment[] } = {},
): Observed {
  return {
    now: 0,
    engine: { state: "connected", version: "20.10", apiVersion: "1.41" },
    fresh: (more.engine?.state ?? "connected") === "connected",
    containers,
    byId: new Map(containers.map((container) => [container.id, container])),
    yielded: new Set(),
    asked: 0,
    self: { id: "self", homeNetworkId: HOME.networkId, joined: [HOME, ...joined] },
    networks: new Map(),
    wayOutRule: "order",
    hostAddress: "172.30.0.1",
    astray: null,
    failedJoins: new Map(),
    silentPlaces: new Set(),
    forwards: [],
    guarded: true,
    forwardsError: null,
    node: null,
    machines: noMachinesSeen,
    https: noHttps,
    flows: [],
    visitors: new Map(),
    ...more,
  };
}

export function settingsFile(more: Partial<SettingsFile> = {}): SettingsFile {
  return {
    version: 6,
    controlUrl: "",
    hostname: "docker",
    oneClick: "auto",
    machineTailscale: "",
    machineNames: "service",
    updateNotices: "all",
    authorities: "",
    panelOnTailnet: false,
    installation: "",
    hostnameAccount: "",
    ...more,
  };
}

export const noMachineSettings: MachineSettings = { hasCredential: false, tag: "" };

/** These shares, and settings that nobody has changed. */
export function desired(shares: readonly StoredShare[]): Desired {
  return { shares, machines: noMachineSettings, node: { account: "", hostname: "docker" }, panel: null };
}

export const connectedNode: Extract<NodeState, { state: "connected" }> = {
  state: "connected",
  name: "docker",
  dnsName: "docker.tail.test",
  addresses: ["100.64.0.1"],
  tailnet: "example.com",
  user: "anna",
  magicDns: true,
  keyExpiry: null,
  paths: { direct: 0, relayed: 0, relay: "" },
  renewal: null,
};

/** A clock that stands still until a test advances it. */
/** For tests in which nothing is missing. */
export const NEVER_AGAIN: LookAgain = { late: () => undefined, missed: () => undefined };

export function createFakeClock(): Clock & {
  advance(ms: number): Promise<void>;
  /** Sets the date back, as a time server does. */
  setBack(ms: number): void;
} {
  let now = 1_000_000;
  let ahead = 0;
  const sleepers = new Set<{ until: number; wake: () => void }>();
  const flush = async () => {
    for (let turn = 0; turn < 200; turn += 1) await Promise.resolve();
  };
  return {
    now: () => now + ahead,
    monotonic: () => now,
    setBack(ms) {
      ahead -= ms;
    },
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      await new Promise<void>((resolve, reject) => {
        const stop = () => {
          sleepers.delete(sleeper);
          reject(signal?.reason);
        };
        const wake = () => {
          signal?.removeEventListener("abort", stop);
          resolve();
        };
        const sleeper = { until: now + ms, wake };
        sleepers.add(sleeper);
        signal?.addEventListener("abort", stop);
      });
    },
    async advance(ms) {
      const end = now + ms;
      await flush();
      for (;;) {
        const next = [...sleepers].filter(({ until }) => until <= end).sort((a, b) => a.until - b.until)[0];
        if (next === undefined) break;
        sleepers.delete(next);
        now = Math.max(now, next.until);
        next.wake();
        await flush();
      }
      now = end;
      await flush();
    },
  };
}

export const machineRuntime: MachineRuntime = {
  installation: "0123456789abcdef",
  ownImage: "sha256:own",
  hostStateDirectory: "/volumes/state",
  environment: {},
  authorities: "",
  tun: "kernel",
};
