import type { NodeState } from "@tailnet-share/contract/node";
import type { StoredShare } from "../shares/stored-share.ts";
import { connectedNode, container, noMachineSettings, machineRuntime as runtime, share } from "../testing.ts";
import type { ContainerFacts } from "../workloads/facts.ts";
import { type MachineWish, machineContainers, machineSpec } from "./container/container.ts";
import { NOT_INSPECTED } from "./namespace/inspection.ts";
import { noMachinesSeen, type ObservedMachines } from "./observed-machines.ts";
import { planMachines, wishOf } from "./plan.ts";
import type { ObservedMachine } from "./watch/watch.ts";

/* The container `web`, its share as a machine, and a possible observation of it, for the tests of the plan. */

export const KEY = "00000000000000aa";
const HOME = "https://control.test example.com";
export const options = { name: "web", reachTailnet: false, httpsPort: null, funnel: false };
export const web = container("web");
export const machineShare = (more: Partial<StoredShare> = {}) =>
  share("web", { mode: "machine", machine: { key: KEY, ...options }, ...more });
export const identity = { version: 1 as const, workload: "name:web", deviceId: "7", home: HOME };
export const loggedOut = { state: "logged-out" as const, login: null, fault: null };

export function observedMachines(more: Partial<ObservedMachines> = {}): ObservedMachines {
  return {
    ...noMachinesSeen,
    runtime,
    targetStarts: new Map([[web.id, "first"]]),
    tailnet: { state: "connected", home: HOME },
    ...more,
  };
}

export function steps(
  shares: StoredShare[],
  observed: ObservedMachines,
  containers: ContainerFacts[] = [web],
  settings = noMachineSettings,
) {
  const shared = shares.map((item) => {
    const found = containers.find(({ name }) => `name:${name}` === item.workload);
    return { share: item, found: found ? { container: found } : null };
  });
  return planMachines({ shared, settings }, observed, {
    byId: new Map(containers.map((item) => [item.id, item])),
    networks: new Map(),
  });
}

export function wished(): MachineWish {
  const wish = wishOf(
    { share: machineShare(), found: { container: web } },
    noMachineSettings,
    observedMachines(),
  );
  if (wish === null) throw new Error("nothing is wished for");
  return wish;
}

/** The machine that the share asks for, running and in this state. */
export function running(node: NodeState, more: Partial<ObservedMachine> = {}): ObservedMachine {
  const { labels } = machineSpec(wished(), runtime);
  const facts = container("m", { labels, networkMode: { kind: "container", id: web.id } });
  const [machine] = machineContainers([facts], runtime.installation);
  if (machine === undefined) throw new Error("not recognised as a machine");
  return {
    ...machine,
    node,
    hangs: false,
    details: {
      version: "1",
      health: [],
      deviceId: "7",
      hostname: "web",
      certDomains: [],
      capabilities: new Set(),
    },
    inspection: NOT_INSPECTED,
    ...more,
  };
}
export const targetIds = { key: KEY, targetId: web.id };
export const named = [{ port: 80, protocol: "tcp" as const }];
export const settled = { present: [running(connectedNode)], identities: new Map([[KEY, identity]]) };
