import type { Fault } from "@tailnet-share/contract/errors";
import type { Alert } from "@tailnet-share/contract/snapshot";
import type { Logger } from "pino";
import { controlUrlNow, homeOf, TAILSCALE_CONTROL_URL } from "../control/home.ts";
import type { ControlProbe } from "../control/shared-probe.ts";
import type { Engine } from "../engine/engine.ts";
import { createChannel } from "../lib/channel.ts";
import type { Clock } from "../lib/clock.ts";
import type { LookAgain } from "../lib/look-again.ts";
import type { ShareService } from "../shares/service.ts";
import type { Notify } from "../tailscale/localapi/types.ts";
import type { TailnetNode } from "../tailscale/node/node.ts";
import type { MachineRuntime } from "./container/container.ts";
import type { MachineCredentials } from "./credentials/credentials.ts";
import { createMachineDirectories, type MachineDirectories } from "./device/identity.ts";
import { createMachineExecutors } from "./execute.ts";
import { createMachineObserver, type MachineObserver } from "./observe.ts";
import type { ObservedMachines } from "./observed-machines.ts";
import { createDismiss } from "./retirement/dismiss.ts";
import { createKeptDevices, type KeptDevice, type KeptDevices } from "./retirement/kept-devices.ts";
import { createRetire } from "./retirement/retire.ts";
import { retirementAlerts } from "./retirement/retirement-alerts.ts";
import { stopMachines } from "./shutdown.ts";
import type { MachineExecutors, MachineFaults } from "./step.ts";
import { createNodeVisitor, type VisitNode } from "./visiting/visitor.ts";
import type { MachineNews } from "./watch/followed-machine.ts";
import {
  createListeningLook,
  type ListeningLook,
  type ListeningSurroundings,
} from "./watch/listening-look.ts";
import { createVisitCounter, type VisitCounter } from "./watch/visits.ts";
import { createMachineWatch, type MachineWatch } from "./watch/watch.ts";

export interface MachinesOptions {
  engine: Engine;
  shares: Pick<ShareService, "list" | "retiring" | "retired">;
  credentials: MachineCredentials;
  /** The extension's own node. */
  node: Pick<TailnetNode, "state" | "accounts" | "alerts" | "details">;
  /** Distinguishes this installation's containers from another's. */
  installation: string;
  settings: () => { controlUrl: string };
  /** The last observation. */
  runtime: () => MachineRuntime | null;
  surroundings: () => ListeningSurroundings;
  identities: () => ObservedMachines["identities"];
  /** Probes a control server, for all machines and the node. */
  probeControl: ControlProbe;
  /** Whether a panel is showing the machines. */
  watched: () => boolean;
  onNews: (news: MachineNews) => void;
  ownContainerId: string;
  stateDirectory: string;
  /** Switches for every machine's tailscaled. */
  switches: Readonly<Record<string, string>>;
  /** Extra authorities that machines trust, as PEM. */
  authorities: () => string;
  environment: NodeJS.ProcessEnv;
  tun: MachineRuntime["tun"];
  /** Aborts at the deadline for the backend's own shutdown. */
  lastCall: AbortSignal;
  again: LookAgain;
  clock: Clock;
  log: Logger;
}

/** Assembles everything about machines: what the loop observes and executes, and the cleanup at the end. */
export interface Machines {
  observe: MachineObserver;
  executors: MachineExecutors;
  lookInto: MachineWatch["lookAgain"];
  listening: ListeningLook["look"];
  /** Has one of the machines visit the node over the tailnet. */
  visitNode: VisitNode;
  /** Devices in the present tailnet that logged-out machines can become again. */
  keptDevices(): Promise<readonly ({ key: string } & KeptDevice)[]>;
  /** Explains why machines that are no longer shared are still in their tailnets. */
  retirementAlerts(failures: MachineFaults): Alert[];
  /** The client of a machine's tailscaled, by the machine's key. */
  localApi: MachineWatch["localApi"];
  /** Removes every machine's container; their identities stay. `steps`: resolves when the steps in progress have ended. Never rejects. */
  stop(steps: Promise<void>): Promise<void>;
}

export function createMachines(options: MachinesOptions): Machines {
  const { engine, shares, surroundings, clock, log } = options;
  const parts = partsOf(options);
  const { watch, keptDevices, controlUrl, home } = parts;
  void keptDevices.tidy();
  const starting = new Set<string>();
  const executors = executorsOf(options, { ...parts, starting });
  const listening = createListeningLook({
    ...{ engine, clock, log },
    surroundings,
    shares: shares.list,
    onFound: watch.found,
  });
  return {
    observe: observerOf(options, { ...parts, caredFor: listening.caresFor }),
    executors,
    lookInto: watch.lookAgain,
    listening: listening.look,
    visitNode: createNodeVisitor({
      ...{ engine, localApi: watch.localApi, log },
      machines: () => surroundings().machines,
    }),
    async keptDevices() {
      const at = home();
      return at === null ? [] : await keptDevices.all(at);
    },
    retirementAlerts: (failures) =>
      retirementAlerts(
        shares.retiring(),
        failures,
        options.identities(),
        controlUrl() || TAILSCALE_CONTROL_URL,
      ),
    localApi: watch.localApi,
    stop: async (steps) =>
      await stopMachines({
        ...{ engine, watch, machines: executors, starting, installation: options.installation, log },
        ...{ steps, lastCall: options.lastCall, clock },
        hostStateDirectory: options.runtime()?.hostStateDirectory ?? null,
      }),
  };
}

/** Used by steps and observations alike. */
interface Parts {
  watch: MachineWatch;
  visits: VisitCounter;
  directories: MachineDirectories;
  keptDevices: KeptDevices;
  controlUrl: () => string;
  /** The tailnet that machines join now; null while the node isn't connected. */
  home: () => string | null;
  /** Tags. An image that was removed again is pulled when its machine starts. */
  images: Set<string>;
}

function partsOf(options: MachinesOptions): Parts {
  const { node, settings, stateDirectory } = options;
  const { watch, visits } = watchWithVisits(options);
  return {
    ...{ watch, visits },
    directories: createMachineDirectories(stateDirectory),
    keptDevices: createKeptDevices(stateDirectory),
    controlUrl: () => controlUrlNow(node, settings().controlUrl),
    // Pausing the node pauses its machines.
    home: () => (node.state().state === "connected" ? homeOf(node, settings().controlUrl) : null),
    images: new Set(),
  };
}

/** The watch reports the machines' sessions to the counter of visits, which reports clients to the watch. */
function watchWithVisits({
  stateDirectory,
  onNews,
  watched,
  probeControl,
  clock,
  log,
}: MachinesOptions): Pick<Parts, "watch" | "visits"> {
  const notifications = createChannel<{ key: string; notify: Notify }>();
  const watch = createMachineWatch({
    ...{ stateDirectory, onNews, watched, probeControl, clock, log },
    onNotify: (key, notify) => notifications.send({ key, notify }),
  });
  const visits = createVisitCounter(
    async (key, until) => await watch.localApi(key).peers(until),
    watched,
    clock,
    watch.visited,
  );
  notifications.connect(({ key, notify }) => visits.hear(key, notify));
  return { watch, visits };
}

function executorsOf(options: MachinesOptions, parts: Parts & { starting: Set<string> }): MachineExecutors {
  const { engine, shares, credentials, node, stateDirectory, environment, clock, log } = options;
  const { directories, keptDevices, controlUrl, home, images } = parts;
  const { retired } = shares;
  return createMachineExecutors({
    ...{ engine, credentials, clock, log, directories, keptDevices, controlUrl, home },
    ...{ runtime: options.runtime, lastCall: options.lastCall, watch: parts.watch, starting: parts.starting },
    nodeHears: () => node.state().state === "connected" && node.alerts().every(isHeard),
    onImage: (tag) => images.add(tag),
    retire: createRetire({
      ...{ stateDirectory, directories, keptDevices, credentials, retired, controlUrl, home },
      ...{ environment, clock, log },
    }),
    dismiss: createDismiss({ directories, keptDevices, retired, home }),
  });
}

function observerOf(
  options: MachinesOptions,
  parts: Parts & { caredFor: ListeningLook["caresFor"] },
): MachineObserver {
  const { engine, shares, installation, node, stateDirectory, watched, again, clock } = options;
  const { watch, visits, directories, home, images, caredFor } = parts;
  return createMachineObserver({
    ...{
      engine,
      watch,
      visits,
      directories,
      installation,
      stateDirectory,
      home,
      images,
      caredFor,
      watched,
      again,
      clock,
    },
    ownContainerId: options.ownContainerId,
    environment: options.switches,
    authorities: options.authorities,
    tun: options.tun,
    shares: shares.list,
    retiring: shares.retiring,
    node: node.state,
    ownDevice: () => node.details().deviceId,
  });
}

function isHeard({ code }: Fault): boolean {
  return code !== "CONTROL_UNREACHABLE";
}
