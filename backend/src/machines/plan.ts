import type { StoredMachine } from "../shares/stored-share.ts";
import { type MachineSurroundings, machineRefusalOf } from "../workloads/machine-refusal.ts";
import { isAsWished, type MachineRuntime, type MachineWish } from "./container/container.ts";
import { isLoggingIn } from "./device/login-outcome.ts";
import type { MachineSettings } from "./machine-settings.ts";
import type { ObservedMachines, SharedContainer } from "./observed-machines.ts";
import { planRunning } from "./plan-running.ts";
import type { MachineStep, MachineStepId } from "./step.ts";
import type { ObservedMachine } from "./watch/watch.ts";

export interface DesiredMachines {
  /** All shares with their containers. */
  shared: readonly SharedContainer[];
  settings: MachineSettings;
}

/** Plans the machines' next steps. Pure. */
export function planMachines(
  { shared: all, settings }: DesiredMachines,
  observed: ObservedMachines,
  surroundings: MachineSurroundings,
): MachineStep[] {
  const { runtime } = observed;
  if (runtime === null) return [];
  const refused = (shared: SharedContainer) =>
    shared.found !== null && machineRefusalOf(shared.found.container, surroundings) !== null;
  const wanted = new Map(
    all.flatMap((shared) => {
      const wish = refused(shared) ? null : wishOf(shared, settings, observed);
      return wish === null ? [] : [[wish.key, { shared, wish }] as const];
    }),
  );

  // Leave a helper that is at work alone: no two steps on one machine run at the same time.
  const steps: MachineStep[] = observed.helpers.map((helper) => ({
    kind: "machine-stop",
    ...helper,
    targetId: "",
    namespaceLives: false,
  }));
  const staying = new Map<string, ObservedMachine>();
  const missing = new Set<string>();
  for (const machine of observed.present) {
    const { key, containerId, targetId, targetStartedAt } = machine;
    const wish = wanted.get(key)?.wish;
    // A crash between two calls can leave two machines with one key: remove one.
    const lacksImage = wish !== undefined && waitsForImage(machine, wish, observed, runtime);
    const isWanted = wish !== undefined && !machine.hangs && !staying.has(key);
    if (isWanted && (lacksImage || isAsWished(machine, wish, runtime))) {
      staying.set(key, machine);
      if (lacksImage) missing.add(wish.tag);
    } else {
      const namespaceLives = observed.targetStarts.get(targetId) === targetStartedAt;
      steps.push({ kind: "machine-stop", key, containerId, targetId, namespaceLives });
    }
  }
  const stopping = new Set(steps.map(({ key }) => key));
  for (const tag of missing) steps.push({ kind: "machine-fetch", key: `image:${tag}`, tag });
  for (const [key, { shared, wish }] of wanted) {
    const machine = staying.get(key);
    if (machine !== undefined) steps.push(...planRunning(shared, wish, machine, { observed, settings }));
    else if (!stopping.has(key))
      steps.push({ kind: "machine-start", key, wish, home: observed.tailnet.home });
  }
  for (const { key, name, dueAt, dismissed } of observed.retiring) {
    if (stopping.has(key) || wanted.has(key)) continue;
    if (dismissed) steps.push({ kind: "machine-forget", key, name });
    else if (dueAt <= observed.at) steps.push({ kind: "machine-retire", key, name });
  }
  return steps;
}

/**
 * Steps that may still be wanted although they are not planned now. `busy`: keys of machines with steps that are planned or under way.
 * Pure.
 */
export function undecidedMachineSteps(
  busy: ReadonlySet<string>,
  { present }: Pick<ObservedMachines, "present">,
): MachineStepId[] {
  const logIns = present.filter(({ node }) => isLoggingIn(node));
  return [
    ...logIns.map(({ key }) => ({ kind: "machine-login" as const, key })),
    // These are planned only once a machine's earlier steps, such as a look into its container, are done.
    ...[...busy].flatMap((key) => [
      { kind: "machine-serve" as const, key },
      { kind: "machine-certificate" as const, key },
    ]),
  ];
}

/** Whether only the version differs and its image may be missing. Until the image is there, keep the running machine. */
function waitsForImage(
  machine: ObservedMachine,
  wish: MachineWish,
  { images }: ObservedMachines,
  runtime: MachineRuntime,
): boolean {
  if (wish.tag === "" || wish.tag === machine.tag || images.has(wish.tag)) return false;
  return isAsWished(machine, { ...wish, tag: machine.tag }, runtime);
}

/** The machine that a share currently asks for. Returns null for none. Pure. */
export function wishOf(
  { share, found }: SharedContainer,
  { tag }: MachineSettings,
  observed: ObservedMachines,
): MachineWish | null {
  const { machine } = share;
  if (share.mode !== "machine" || machine === null || found === null) return null;
  const targetStartedAt = observed.targetStarts.get(found.container.id);
  // A paused container keeps its namespace, and its machine.
  const lives = found.container.run === "running" || found.container.run === "paused";
  if (!lives || targetStartedAt === undefined || !mayRun(machine, observed)) return null;
  return {
    key: machine.key,
    name: machine.name,
    targetId: found.container.id,
    targetStartedAt,
    reachTailnet: machine.reachTailnet,
    tag,
  };
}

/**
 * A paused or logged-out extension shares nothing. While the node starts, its state is unknown, so running machines continue. A machine
 * runs in its own tailnet only. While the node's tailnet is unknown, machines that know theirs continue, and new ones wait.
 */
export function mayRun({ key }: StoredMachine, { tailnet, identities, present }: ObservedMachines): boolean {
  if (tailnet.state === "paused" || tailnet.state === "logged-out") return false;
  const home = identities.get(key)?.home;
  const isThere = present.some((machine) => machine.key === key);
  if (tailnet.state === "starting") return isThere;
  if (tailnet.state !== "connected") return home !== undefined || isThere;
  return home === undefined || home === tailnet.home;
}
