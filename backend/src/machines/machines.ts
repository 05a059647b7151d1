import type { Fault } from "@tailnet-share/contract/errors";
import type { Alert } from "@tailnet-share/contract/snapshot";
import type { Logger } from "pino";
import { controlUrlNow, homeOf, TAILSCALE_CONTROL_URL } from "../control/home.ts";
import type { ControlProbe } from "../control/shared-probe.ts";
import type { Engine } from "../engine/engine.ts";
import type { Clock } from "../lib/clock.ts";
import type { ShareService } from "../shares/service.ts";
import type { TailnetNode } from "../tailscale/node/node.ts";
import type { MachineRuntime } from "./container/container.ts";
import type { MachineCredentials } from "./device/credentials.ts";
import { createDismiss } from "./device/dismiss.ts";
import { createMachineDirectories } from "./device/identity.ts";
import { createKeptDevices, type KeptDevice } from "./device/kept-devices.ts";
import { createRetire } from "./device/retire.ts";
import { retirementAlerts } from "./device/retirement-alerts.ts";
import { createMachineExecutors, type MachineExecutors } from "./execute.ts";
import { createMachineObserver, type MachineObserver } from "./observe.ts";
import type { MachinesSeen } from "./plan.ts";
import { stopMachines } from "./shutdown.ts";
import type { MachineFaults } from "./step.ts";
import { createNodeVisitor, type VisitNode } from "./visiting/visitor.ts";
import {
  createListeningLook,
  type ListeningLook,
  type ListeningSurroundings,
} from "./watch/listening-look.ts";
import { createVisitCounter } from "./watch/visits.ts";
import { createMachineWatch, type MachineWatch } from "./watch/watch.ts";

export interface MachinesOptions {
  engine: Engine;
  shares: Pick<ShareService, "list" | "retiring" | "retired">;
  credentials: MachineCredentials;
  /** The extension's own node. */
  node: Pick<TailnetNode, "state" | "accounts" | "alerts" | "details">;
  /** Distinguishes this installation's containers from another's. */
  installation: string;
  settings: () => { controlUrl: string; machineTailscale: string };
  /** The last observation. */
  runtime: () => MachineRuntime | null;
  surroundings: () => ListeningSurroundings;
  identities: () => MachinesSeen["identities"];
  /** Probes a control server, for all machines and the node. */
  probeControl: ControlProbe;
  /** Whether a panel is showing the machines. */
  watched: () => boolean;
  /** Called whenever something about a machine has changed. */
  onChange: () => void;
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
  const { engine, shares, credentials, installation, settings, stateDirectory, environment, clock, log } =
    options;
  const directories = createMachineDirectories(stateDirectory);
  const keptDevices = createKeptDevices(stateDirectory);
  void keptDevices.tidy();
  const visits = createVisitCounter(
    async (key, until) => await watch.localApi(key).peers(until),
    options.watched,
    clock,
    (key) => watch.visited(key),
  );
  const watch: MachineWatch = createMachineWatch({
    stateDirectory,
    onChange: options.onChange,
    onNotify: visits.hear,
    watched: options.watched,
    probeControl: options.probeControl,
    clock,
    log,
  });
  const controlUrl = () => controlUrlNow(options.node, settings().controlUrl);
  // Pausing the node pauses its machines.
  const home = () =>
    options.node.state().state === "connected" ? homeOf(options.node, settings().controlUrl) : null;
  /** Tags. An image that was removed again is pulled when its machine starts. */
  const images = new Set<string>();
  const starting = new Set<string>();
  const executors = createMachineExecutors({
    starting,
    lastCall: options.lastCall,
    engine,
    watch,
    directories,
    keptDevices,
    credentials,
    runtime: options.runtime,
    controlUrl,
    home,
    nodeHears: () => options.node.state().state === "connected" && options.node.alerts().every(isHeard),
    onImage: (tag) => images.add(tag),
    retire: createRetire({
      stateDirectory,
      directories,
      keptDevices,
      credentials,
      retired: shares.retired,
      controlUrl,
      home,
      environment,
      clock,
      log,
    }),
    dismiss: createDismiss({ directories, keptDevices, retired: shares.retired, home }),
    clock,
    log,
  });
  const listening = createListeningLook({
    engine,
    seen: options.surroundings,
    shares: shares.list,
    onFound: watch.found,
    clock,
    log,
  });
  const observe = createMachineObserver({
    engine,
    watch,
    visits,
    directories,
    installation,
    ownContainerId: options.ownContainerId,
    stateDirectory,
    environment: options.switches,
    authorities: options.authorities,
    tun: options.tun,
    shares: shares.list,
    retiring: shares.retiring,
    node: options.node.state,
    ownDevice: () => options.node.details().deviceId,
    home,
    hasCredential: () => credentials.view().kind !== "none",
    tag: () => settings().machineTailscale,
    images,
    caredFor: listening.caresFor,
    watched: options.watched,
    clock,
  });
  return {
    observe,
    executors,
    lookInto: watch.lookAgain,
    listening: listening.look,
    visitNode: createNodeVisitor({
      ...{ engine, localApi: watch.localApi, log },
      seen: () => options.surroundings().machines,
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
        ...{ engine, watch, machines: executors, starting, installation, log },
        ...{ steps, lastCall: options.lastCall, clock },
        hostStateDirectory: options.runtime()?.hostStateDirectory ?? null,
      }),
  };
}

function isHeard({ code }: Fault): boolean {
  return code !== "CONTROL_UNREACHABLE";
}
