import { AppError } from "@tailnet-share/contract/errors";
import type { EngineState } from "@tailnet-share/contract/node";
import type { ActiveForward, Flows } from "../../dataplane/data-plane.ts";
import { visitorsByForward } from "../../dataplane/flows/conntrack.ts";
import type { WayOut } from "../../dataplane/way-out.ts";
import type { Egress } from "../../engine/egress.ts";
import { type HttpsSeen, noHttps } from "../../https/https.ts";
import type { Clock } from "../../lib/clock.ts";
import { within } from "../../lib/timing.ts";
import { noMachinesSeen, type ObservedMachines } from "../../machines/observed-machines.ts";
import type { NetworkFacts } from "../../networks/facts.ts";
import type { WayOutRule } from "../../networks/join-refusal.ts";
import { neighboursOn } from "../../networks/neighbours.ts";
import type { NodePreferences } from "../../tailscale/node/preferences.ts";
import type { ContainerFacts, NetworkAttachment } from "../../workloads/facts.ts";
import { isHidden } from "../../workloads/identity.ts";
import type { Self } from "../../workloads/targets.ts";
import type { EngineLook, EngineSeen } from "./engine.ts";
import type { RulesLook } from "./rules.ts";

/** The actual state, read at every look. While the engine is unreachable, the containers are those of its last answer. */
export interface Observed {
  /** Milliseconds since the epoch. */
  now: number;
  engine: EngineState;
  /** Whether the engine answered this time. If not, the containers and everything that depends on them are from its last answer. */
  fresh: boolean;
  /** Containers to offer, without those of this extension, other extensions and Kubernetes. */
  containers: readonly ContainerFacts[];
  byId: ReadonlyMap<string, ContainerFacts>;
  /** Stopping containers whose networks were given up. */
  yielded: ReadonlySet<string>;
  /** Logical time of the engine query; the list includes everything earlier. */
  asked: number;
  /** Leaves out the network in `astray`: nothing may be forwarded into it. */
  self: Self | null;
  /**
   * A joined network that the backend has to leave. Either it took the default route, for example after a join whose answer was lost,
   * or a container, perhaps a new one, asks for the backend's address there.
   */
  astray: NetworkAttachment | null;
  /** Known networks by ID, at least those that containers are on. */
  networks: ReadonlyMap<string, NetworkFacts>;
  wayOutRule: WayOutRule;
  /** Networks whose last join failed, by ID, with the time of the next retry, by the monotonic clock. */
  failedJoins: ReadonlyMap<string, number>;
  /** Networks where containers don't answer, by `silenceKey`. */
  silentPlaces: ReadonlySet<string>;
  /** The address where the backend reaches the engine's host; null if it can't. */
  hostAddress: string | null;
  forwards: readonly ActiveForward[];
  /** Whether the node is closed to everything that is not shared. */
  guarded: boolean;
  /** The reason why the forwards could not be read; null if they could. */
  forwardsError: AppError | null;
  /** The preferences of the extension's own node; null while it is logged out, or unknown. */
  node: NodePreferences | null;
  machines: ObservedMachines;
  https: HttpsSeen;
  /** Connections, including those of forwards that no longer exist. */
  flows: readonly Flows[];
  /** Tailnet addresses of the clients that are connected now, by `forwardKey`. */
  visitors: ReadonlyMap<string, readonly string[]>;
}

export const nothingObserved: Observed = {
  now: 0,
  engine: { state: "connecting" },
  fresh: false,
  containers: [],
  byId: new Map(),
  yielded: new Set(),
  asked: 0,
  self: null,
  astray: null,
  networks: new Map(),
  wayOutRule: "order",
  failedJoins: new Map(),
  silentPlaces: new Set(),
  hostAddress: null,
  forwards: [],
  guarded: false,
  forwardsError: null,
  node: null,
  machines: noMachinesSeen,
  https: noHttps,
  flows: [],
  visitors: new Map(),
};

/** How long a pass waits for clients' names. Milliseconds. */
const NAMES_MS = 500;

export interface ObserveDependencies {
  lookAtEngine: EngineLook;
  rules: Pick<RulesLook, "look">;
  egress: Pick<Egress, "network">;
  wayOut: WayOut;
  observeNode: () => NodePreferences | null;
  /** HTTPS on the node. Never rejects. */
  observeHttps: (signal: AbortSignal) => Promise<HttpsSeen>;
  /** Learns the names of devices, by address. */
  learnNames: (addresses: Iterable<string>) => Promise<void>;
  clock: Clock;
}

/** Never rejects: a part that can't be read keeps its previous value and reports that. */
export async function observe(
  { lookAtEngine, rules, egress, wayOut, observeNode, observeHttps, learnNames, clock }: ObserveDependencies,
  before: Observed,
  signal: AbortSignal,
): Promise<Observed> {
  const rulesLook = rules.look(signal);
  const [engineState, flows, https, forwards] = await Promise.all([
    lookAtEngine({ ...before, list: [...before.byId.values()] }, signal),
    rulesLook.flows.catch(() => before.flows),
    observeHttps(signal),
    rulesLook.rules.then(
      (list) => ({ forwards: list ?? [], guarded: list !== null, forwardsError: null }),
      (error: unknown) => ({
        forwards: before.forwards,
        guarded: before.guarded,
        forwardsError: error instanceof AppError ? error : unread(error),
      }),
    ),
  ]);
  const visitors = visitorsByForward(flows);
  await namesInTime(learnNames([...visitors.values()].flat()), clock);
  const { list, ...shown } = engineState;
  await wayOut.keep(homeAddress(engineState.self));
  return {
    ...shown,
    yielded: before.yielded,
    ...(await withoutAstray(engineState, egress)),
    ...forwards,
    node: observeNode(),
    https,
    failedJoins: before.failedJoins,
    silentPlaces: before.silentPlaces,
    now: clock.now(),
    containers: list.filter((container) => !isHidden(container)),
    byId: new Map(list.map((container) => [container.id, container])),
    flows,
    visitors,
  };
}

/** The backend's address on the extension's own network; null while unknown. */
export function homeAddress(self: Self | null): string | null {
  return self?.joined.find(({ networkId }) => networkId === self.homeNetworkId)?.address || null;
}

/** Checks for a stray network at every look. The check is cheap, and a join with a missed outcome would cut the backend off permanently. */
async function withoutAstray(
  { self, list }: Pick<EngineSeen, "self" | "list">,
  egress: Pick<Egress, "network">,
): Promise<Pick<Observed, "self" | "astray">> {
  if (self === null || self.homeNetworkId === null) return { self, astray: null };
  const id = await egress.network(self.joined).catch(() => null);
  const joinedForShares = self.joined.filter(({ networkId }) => networkId !== self.homeNetworkId);
  const isAskedFor = (attachment: NetworkAttachment) =>
    neighboursOn(attachment, list, self.id).asked.includes(attachment.address);
  const astray =
    joinedForShares.find(({ networkId }) => networkId === id) ?? joinedForShares.find(isAskedFor) ?? null;
  return { self: { ...self, joined: self.joined.filter((attachment) => attachment !== astray) }, astray };
}

function unread(cause: unknown): AppError {
  return new AppError(
    "DATAPLANE_FAILED",
    "The forwarding rules cannot be read.",
    "Retrying automatically. If this persists, restart Tailnet Share and send its diagnostics.",
    { cause },
  );
}

/** Names are only for display: a tailscaled that hangs must not delay the shares. */
async function namesInTime(learning: Promise<void>, clock: Clock): Promise<void> {
  await within(
    learning.catch(() => undefined),
    NAMES_MS,
    { clock, otherwise: undefined },
  );
}
