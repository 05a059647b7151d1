import type { NodeState } from "@tailnet-share/contract/node";
import type { ContainerPort } from "@tailnet-share/contract/port";
import type { StoredMachine, StoredShare } from "../shares/stored-share.ts";
import type { ContainerFacts } from "../workloads/facts.ts";
import { type MachineSurroundings, machineRefusalOf } from "../workloads/machine-refusal.ts";
import { isAsWished, type MachineRuntime, type MachineWish } from "./container/container.ts";
import { entranceOf } from "./container/entrance.ts";
import { forwardsInPlace, localForwards, redirectsOf, sameRedirects } from "./container/forwards.ts";
import { httpsAddress, isTlsUnknown } from "./container/https-target.ts";
import type { MachineInside } from "./container/seen-inside.ts";
import type { Retirement } from "./container/undo-time.ts";
import type { MachineIdentity } from "./device/identity.ts";
import { isLoggingIn } from "./device/login-outcome.ts";
import { HTTPS_PORT, lackingFeature, sameServe, wantedServe } from "./device/web.ts";
import type { MachineStep, MachineStepId } from "./step.ts";
import type { Visits } from "./watch/visits.ts";
import type { ObservedMachine } from "./watch/watch.ts";

/** A share and its container, as far as machines need them. */
export interface SharedContainer {
  share: StoredShare;
  /** Null if the container does not exist. */
  found: { container: ContainerFacts } | null;
}

/** Everything observed about machines. */
export interface MachinesSeen {
  /** Null until the backend knows its own image and volume; until then nothing is planned. */
  runtime: MachineRuntime | null;
  present: readonly ObservedMachine[];
  /** Containers used by a step on a machine, or left by a killed backend. */
  helpers: readonly { key: string; containerId: string }[];
  /** Start times by ID, see `whoseStarts`. */
  targetStarts: ReadonlyMap<string, string>;
  /** By key, for every machine that has a directory. */
  identities: ReadonlyMap<string, MachineIdentity | null>;
  retiring: readonly Retirement[];
  /** By key, of shared machines. */
  visits: ReadonlyMap<string, Visits>;
  /** Keys of machines to look into because a panel is open. */
  lookInto: ReadonlySet<string>;
  /** The extension's own node: machines join its tailnet and rest when it rests. */
  tailnet: { state: NodeState["state"]; home: string | null };
  /** Whether machines can log in without a person. */
  hasCredential: boolean;
  /** Tag of tailscale's image; empty for the bundled one. */
  tag: string;
  /** Tags whose images the engine has, as far as is known. */
  images: ReadonlySet<string>;
  /** By the monotonic clock. Milliseconds. */
  at: number;
}

export const noMachinesSeen: MachinesSeen = {
  runtime: null,
  present: [],
  helpers: [],
  targetStarts: new Map(),
  identities: new Map(),
  retiring: [],
  visits: new Map(),
  lookInto: new Set(),
  tailnet: { state: "starting", home: null },
  hasCredential: false,
  tag: "",
  images: new Set(),
  at: 0,
};

/** Plans the machines' next steps. Pure. */
export function planMachines(
  resolved: readonly SharedContainer[],
  seen: MachinesSeen,
  surroundings: MachineSurroundings,
): MachineStep[] {
  const { runtime } = seen;
  if (runtime === null) return [];
  const refused = (one: SharedContainer) =>
    one.found !== null && machineRefusalOf(one.found.container, surroundings) !== null;
  const wanted = new Map(
    resolved.flatMap((one) => {
      const wish = refused(one) ? null : wishOf(one, seen);
      return wish === null ? [] : [[wish.key, { one, wish }] as const];
    }),
  );

  // Leave a helper that is at work alone: no two steps on one machine run at the same time.
  const steps: MachineStep[] = seen.helpers.map((helper) => ({
    kind: "machine-stop",
    ...helper,
    targetId: "",
    namespaceLives: false,
  }));
  const staying = new Map<string, ObservedMachine>();
  const missing = new Set<string>();
  for (const machine of seen.present) {
    const { key, containerId, targetId, targetStartedAt } = machine;
    const wish = wanted.get(key)?.wish;
    // A crash between two calls can leave two machines with one key: remove one.
    const lacksImage = wish !== undefined && waitsForImage(machine, wish, seen, runtime);
    const isWanted = wish !== undefined && !machine.hangs && !staying.has(key);
    if (isWanted && (lacksImage || isAsWished(machine, wish, runtime))) {
      staying.set(key, machine);
      if (lacksImage) missing.add(wish.tag);
    } else {
      const namespaceLives = seen.targetStarts.get(targetId) === targetStartedAt;
      steps.push({ kind: "machine-stop", key, containerId, targetId, namespaceLives });
    }
  }
  const stopping = new Set(steps.map(({ key }) => key));
  for (const tag of missing) steps.push({ kind: "machine-fetch", key: `image:${tag}`, tag });
  for (const [key, { one, wish }] of wanted) {
    const machine = staying.get(key);
    if (machine !== undefined) steps.push(...planRunning(one, wish, machine, seen));
    else if (!stopping.has(key)) steps.push({ kind: "machine-start", key, wish, home: seen.tailnet.home });
  }
  for (const { key, name, dueAt, dismissed } of seen.retiring) {
    if (stopping.has(key) || wanted.has(key)) continue;
    if (dismissed) steps.push({ kind: "machine-forget", key, name });
    else if (dueAt <= seen.at) steps.push({ kind: "machine-retire", key, name });
  }
  return steps;
}

/**
 * Steps that may still be wanted although they are not planned now. `busy`: keys of machines with steps that are planned or under way.
 * Pure.
 */
export function undecidedMachineSteps(
  busy: ReadonlySet<string>,
  { present }: Pick<MachinesSeen, "present">,
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
  { images }: MachinesSeen,
  runtime: MachineRuntime,
): boolean {
  if (wish.tag === "" || wish.tag === machine.tag || images.has(wish.tag)) return false;
  return isAsWished(machine, { ...wish, tag: machine.tag }, runtime);
}

/** The machine that a share currently asks for. Returns null for none. Pure. */
export function wishOf({ share, found }: SharedContainer, seen: MachinesSeen): MachineWish | null {
  const { machine } = share;
  if (share.mode !== "machine" || machine === null || found === null) return null;
  const targetStartedAt = seen.targetStarts.get(found.container.id);
  // A paused container keeps its namespace, and its machine.
  const lives = found.container.run === "running" || found.container.run === "paused";
  if (!lives || targetStartedAt === undefined || !mayRun(machine, seen)) return null;
  return {
    key: machine.key,
    name: machine.name,
    targetId: found.container.id,
    targetStartedAt,
    reachTailnet: machine.reachTailnet,
    tag: seen.tag,
  };
}

/**
 * A paused or logged-out extension shares nothing. While the node starts, its state is unknown, so running machines continue. A machine
 * runs in its own tailnet only. While the node's tailnet is unknown, machines that know theirs continue, and new ones wait.
 */
export function mayRun({ key }: StoredMachine, { tailnet, identities, present }: MachinesSeen): boolean {
  if (tailnet.state === "paused" || tailnet.state === "logged-out") return false;
  const home = identities.get(key)?.home;
  const isThere = present.some((machine) => machine.key === key);
  if (tailnet.state === "starting") return isThere;
  if (tailnet.state !== "connected") return home !== undefined || isThere;
  return home === undefined || home === tailnet.home;
}

function planRunning(
  shared: SharedContainer,
  wish: MachineWish,
  machine: ObservedMachine,
  seen: MachinesSeen,
): MachineStep[] {
  const { key, name } = wish;
  const { node } = machine;
  switch (node.state) {
    case "logged-out":
    case "expired":
      // Leave a link that waits for a person alone, unless a credential has been added since. Retry after a fault.
      return node.login === null || node.fault !== null || (node.login.url !== null && seen.hasCredential)
        ? [{ kind: "machine-login", key, name }]
        : [];
    case "paused":
      return [{ kind: "machine-adjust", key, name }];
    case "connected": {
      const { inside } = machine;
      const look = planLook(shared, wish, inside, seen);
      const serve =
        inside === null || look.length > 0 ? [] : planServe(shared, wish, { ...machine, node, inside }, seen);
      return [...planIdentity(shared, wish, machine, seen), ...look, ...serve];
    }
    default:
      return [];
  }
}

/** Notes its identity, and gives it back its name. */
function planIdentity(
  { share }: SharedContainer,
  { key, name }: MachineWish,
  machine: ObservedMachine,
  seen: MachinesSeen,
): MachineStep[] {
  const steps: MachineStep[] = [];
  const { hostname } = machine.details;
  const identity = identityOf(share.workload, machine, seen);
  if (identity !== null && JSON.stringify(identity) !== JSON.stringify(seen.identities.get(key)))
    steps.push({ kind: "machine-note", key, identity });
  if (hostname !== null && hostname !== name) steps.push({ kind: "machine-adjust", key, name });
  return steps;
}

/** Looks into its container, unless the last look is good enough to plan what it serves. */
function planLook(
  { share, found }: SharedContainer,
  { key, targetId, reachTailnet }: MachineWish,
  inside: MachineInside | null,
  seen: MachinesSeen,
): MachineStep[] {
  const options = share.machine ?? NO_OPTIONS;
  const ports = portsOf(share);
  const hasToAsk = options.httpsPort !== null && inside?.tls?.port !== options.httpsPort;
  const life = found?.container.life ?? null;
  const isAsked = inside?.stale === true || seen.lookInto.has(key);
  const isOld = inside === null || isAsked || mayHaveChanged(inside, { ports, life }, seen.at);
  if (!isOld && !hasToAsk) return [];
  const askTls = isTlsUnknown(options, inside) ? options.httpsPort : null;
  return [{ kind: "machine-look", key, targetId, life, reachTailnet, ports, askTls }];
}

type ConnectedMachine = ObservedMachine & {
  node: Extract<NodeState, { state: "connected" }>;
  inside: MachineInside;
};

/** Makes it serve the share's ports, by the last look into its container. */
function planServe(
  { share }: SharedContainer,
  { key, targetId }: MachineWish,
  { node, details, inside }: ConnectedMachine,
  seen: MachinesSeen,
): MachineStep[] {
  const options = share.machine ?? NO_OPTIONS;
  const tun = seen.runtime?.tun ?? "kernel";
  const taken = new Set(options.httpsPort === null ? [] : [HTTPS_PORT]);
  const place = { entrance: entranceOf(node, seen.runtime), tun, taken, ipv6: inside.ipv6 };
  const possible =
    inside.listening === null
      ? forwardsInPlace(inside)
      : localForwards(portsOf(share), inside.listening, place);
  const forwards = inside.noRedirects ? [] : possible;
  const redirects = redirectsOf(forwards);
  const config = wantedServe(options, node.dnsName, details, {
    forwards,
    tls: inside.tls,
    certificate: inside.certificate,
    address: httpsAddress(options.httpsPort ?? 0, inside),
  });
  const ask = lackingFeature(options, node.dnsName, details)?.feature ?? null;
  const inPlace = sameServe(config, inside.serve) && sameRedirects(redirects, inside.redirects);
  if (!inPlace || ask !== inside.asked)
    return [{ kind: "machine-serve", key, targetId, config, redirects, ask }];
  if (options.httpsPort !== null && ask !== "serve" && inside.certificate !== node.dnsName)
    return [{ kind: "machine-certificate", key, domain: node.dnsName }];
  return [];
}

const NO_OPTIONS = { httpsPort: null, funnel: false };

function portsOf({ ports }: StoredShare): ContainerPort[] {
  return ports.map(({ port, protocol }) => ({ port, protocol }));
}

/** The user may have named another port, or connected the container to another network, since the last look. */
function mayHaveChanged(
  inside: MachineInside,
  { ports, life }: { ports: readonly ContainerPort[]; life: string | null },
  at: number,
): boolean {
  const { lookAgainAt, lookedFor } = inside;
  return (
    inside.life !== life ||
    at >= lookAgainAt ||
    (lookedFor !== null && JSON.stringify(lookedFor) !== JSON.stringify(ports))
  );
}

function identityOf(
  workload: string,
  { details }: ObservedMachine,
  { tailnet }: MachinesSeen,
): MachineIdentity | null {
  if (details.deviceId === null || tailnet.home === null) return null;
  return { version: 1, workload, deviceId: details.deviceId, home: tailnet.home };
}
