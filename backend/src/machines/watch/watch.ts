import type { NodeState } from "@tailnet-share/contract/node";
import type { Logger } from "pino";
import type { ControlProbe } from "../../control/shared-probe.ts";
import type { Clock } from "../../lib/clock.ts";
import { createMutex, until } from "../../lib/timing.ts";
import type { Listener } from "../../ports/listening.ts";
import { createLocalApi, type LocalApi } from "../../tailscale/localapi/localapi.ts";
import type { Notify } from "../../tailscale/localapi/types.ts";
import type { TailnetNode } from "../../tailscale/node/node.ts";
import type { NodeDetails } from "../../tailscale/node/state/node-identity.ts";
import { type MachineContainer, machineSocket } from "../container/container.ts";
import type { MachineInspection } from "../namespace/inspection.ts";
import { type FollowedMachine, followMachine, type MachineNews } from "./followed-machine.ts";

/** A machine's container and the state that its tailscaled reports. */
export interface ObservedMachine extends MachineContainer {
  node: NodeState;
  details: NodeDetails;
  inspection: MachineInspection | null;
  /** Its tailscaled has been silent for so long that the machine needs to be made again. */
  hangs: boolean;
}

/** Follows the tailscaled of every machine that runs. */
export interface MachineWatch {
  /** Starts following the running machines, and stops following the others. */
  observe(containers: readonly MachineContainer[]): ObservedMachine[];
  /** Returns null if its container does not run. */
  node(key: string): TailnetNode | null;
  containerId(key: string): string | null;
  /** The container whose network namespace it uses. */
  targetId(key: string): string | null;
  /** The only client of a machine's tailscaled. Every extra client would leave connections that tailscaled never closes. */
  localApi(key: string): LocalApi;
  /** Has the loop look inside again. Returns its listeners, or null after `ms` or if the machine does not run. */
  lookAgain(key: string, ms: number): Promise<readonly Listener[] | null>;
  /** The last inspection of a machine's container; null before the first look, or if it does not run. */
  inspection(key: string): MachineInspection | null;
  /** Reports a visitor: the application's listeners may have changed since the last look. */
  visited(key: string): void;
  /** Takes listeners that another look has found in a container. */
  found(containerId: string, listening: readonly Listener[]): void;
  /** Merges an observation; omitted fields keep their values. */
  saw(key: string, inspection: Partial<MachineInspection>): void;
  /** Stops following all machines. */
  close(): void;
}

export interface MachineWatchOptions {
  stateDirectory: string;
  onNews: (news: MachineNews) => void;
  /** Called with every line of a machine's bus. */
  onNotify: (key: string, notify: Notify) => void;
  /** Whether a panel is showing the machines. If omitted, always true. */
  watched?: () => boolean;
  probeControl: ControlProbe;
  clock: Clock;
  log: Logger;
}

const LOOK_POLL_MS = 20;
const TOGETHER_MS = 10;

export function createMachineWatch(options: MachineWatchOptions): MachineWatch {
  const { clock } = options;
  const followed = new Map<string, FollowedMachine>();
  const clients = createClients(options.stateDirectory);
  const follow = createFollow(options, clients.of);

  function unfollow(key: string): void {
    followed.get(key)?.stop();
    followed.delete(key);
    clients.close(key);
  }

  function inspection(key: string): MachineInspection | null {
    return followed.get(key)?.inspection() ?? null;
  }

  return {
    observe(containers) {
      const running = new Map(
        containers
          .filter(({ run }) => run === "running")
          .map((container) => [container.key, container] as const),
      );
      for (const [key, { containerId }] of followed)
        if (running.get(key)?.containerId !== containerId) unfollow(key);
      for (const [key, container] of running) if (!followed.has(key)) followed.set(key, follow(container));
      return containers.map((container) => observed(container, followed.get(container.key)));
    },
    node: (key) => followed.get(key)?.node ?? null,
    containerId: (key) => followed.get(key)?.containerId ?? null,
    targetId: (key) => followed.get(key)?.targetId ?? null,
    localApi: clients.of,
    async lookAgain(key, ms) {
      if (!followed.get(key)?.expire()) return null;
      const hasLooked = async () => await Promise.resolve(!inspection(key)?.stale);
      await until(hasLooked, ms, { clock, everyMs: LOOK_POLL_MS });
      const latest = inspection(key);
      return latest && !latest.stale ? latest.listening : null;
    },
    inspection,
    visited: (key) => followed.get(key)?.visited(),
    found(containerId, listening) {
      const machine = [...followed.values()].find((candidate) => candidate.containerId === containerId);
      machine?.found(listening);
    },
    saw: (key, inspected) => followed.get(key)?.saw(inspected),
    close() {
      for (const key of followed.keys()) unfollow(key);
    },
  };
}

function createFollow(
  { stateDirectory, onNews, onNotify, watched = () => true, probeControl, clock, log }: MachineWatchOptions,
  localApi: MachineWatch["localApi"],
): (container: MachineContainer) => FollowedMachine {
  const reconnections = createMutex();
  let isDue = false;

  /** Timers for the same moment fire within milliseconds, and one pass of the loop serves them all. */
  async function dueTogether(): Promise<void> {
    if (isDue) return;
    isDue = true;
    await clock.sleep(TOGETHER_MS);
    isDue = false;
    onNews("due");
  }

  return (container) =>
    followMachine(container, {
      ...{ stateDirectory, watched, probeControl, clock, log },
      onNews: (news) => (news === "due" ? void dueTogether() : onNews(news)),
      localApi: localApi(container.key),
      onNotify: (notify) => onNotify(container.key, notify),
      inTurn: reconnections,
    });
}

/** Clients of machines' tailscaleds, also of starting machines, which aren't followed yet. */
function createClients(stateDirectory: string) {
  const clients = new Map<string, LocalApi>();
  return {
    of(key: string): LocalApi {
      const known = clients.get(key);
      if (known !== undefined) return known;
      const client = createLocalApi(machineSocket(stateDirectory, key));
      clients.set(key, client);
      return client;
    },
    close(key: string): void {
      clients.get(key)?.close();
      clients.delete(key);
    },
  };
}

/** Omits what was seen of a machine whose container doesn't run. */
function observed(container: MachineContainer, followed: FollowedMachine | undefined): ObservedMachine {
  const machine = container.run === "running" ? followed : undefined;
  return {
    ...container,
    node: machine?.node.state() ?? { state: "starting", waitsFor: "tailscaled" },
    details: machine?.node.details() ?? NO_DETAILS,
    inspection: machine?.inspection() ?? null,
    hangs: machine?.hangs() ?? false,
  };
}

const NO_DETAILS: NodeDetails = {
  version: null,
  health: [],
  deviceId: null,
  hostname: null,
  certDomains: [],
  capabilities: new Set(),
};
