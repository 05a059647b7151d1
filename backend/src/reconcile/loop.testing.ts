import { AppError } from "@tailnet-share/contract/errors";
import { pino } from "pino";
import { afterEach } from "vitest";
import { type ActiveForward, type DataPlane, type Flows, forwardsBeyond } from "../dataplane/data-plane.ts";
import type { Engine } from "../engine/engine.ts";
import { type HttpsSeen, noHttps } from "../https/https.ts";
import { noMachinesSeen, type ObservedMachines } from "../machines/observed-machines.ts";
import type { MachineExecutors } from "../machines/step.ts";
import type { StoredShare } from "../shares/stored-share.ts";
import type { NodeWish } from "../tailscale/node/preferences.ts";
import {
  attachment,
  container,
  createFakeClock,
  desired,
  NEVER_AGAIN,
  machineRuntime as runtime,
  share,
} from "../testing.ts";
import type { ContainerFacts } from "../workloads/facts.ts";
import { createObservation } from "./look/observation.ts";
import { createLoop, type LoopDependencies } from "./loop.ts";

const stopping: AbortController[] = [];
afterEach(() => {
  for (const controller of stopping.splice(0)) controller.abort();
});

const unexpected = async () => await Promise.reject(new Error("not used"));
const notUsed = {
  inspectContainer: unexpected,
  mayShareMount: unexpected,
  networks: async () => await Promise.resolve(new Map()),
  createOwn: unexpected,
  startOwn: unexpected,
  stopOwn: unexpected,
  removeOwn: unexpected,
  runInOwn: unexpected,
  waitForOwn: unexpected,
  ownOutput: unexpected,
  ensureImage: unexpected,
};

/** A loop with a fake engine and data plane that record their calls. It ends with its test. */
export function createWorld({
  shares = [share("web")],
  refuseJoins = 0,
  joinsMoveEgress = false,
  joinedBefore = [],
  failLogins = 0,
  mode = "kernel",
  dataPlane = null,
  more: addedContainers = {},
  seenNow = () => ({}),
  watched = true,
  node = {},
  nodeWish = () => desired([]).node,
}: {
  shares?: StoredShare[];
  refuseJoins?: number;
  joinsMoveEgress?: boolean;
  /** Names of networks that the backend has joined before it starts. */
  joinedBefore?: string[];
  failLogins?: number;
  mode?: DataPlane["mode"];
  /** Replaces the fake that only records. */
  dataPlane?: DataPlane | null;
  /** Executors that replace those that only record. */
  more?: Partial<MachineExecutors>;
  /** The observation of machines at each look. */
  seenNow?: () => Partial<ObservedMachines>;
  /** Whether a panel is open. */
  watched?: boolean;
  /** How the loop sees and adjusts the extension's own node, which is otherwise unknown. */
  node?: Partial<Pick<LoopDependencies, "observeNode" | "node">>;
  nodeWish?: () => NodeWish;
} = {}) {
  const clock = createFakeClock();
  const joined = new Map(
    [
      attachment("0-tailnet-share", "172.30.0.2"),
      ...joinedBefore.map((name) => attachment(name, "172.18.0.9")),
    ].map((one) => [one.networkId, one]),
  );
  /** Faults that a test can switch on. */
  const broken = { store: false, rules: false, flows: false, joinAnswers: false, joinMs: 0, listingMs: 0 };
  /** IDs of networks that cannot be joined. */
  const closed = new Set<string>();
  /** Forwards whose probes get no answer, by `forwardKey`. */
  const silent = new Set<string>();
  let flows: readonly Flows[] = [];
  let packets = 0;
  let passing = false;
  let more: ContainerFacts[] = [];
  const calls: string[] = [];
  let forwards: ActiveForward[] = [];
  /** How often rules and connections were listed. */
  const listed = { rules: 0, flows: 0 };
  const retiring = new Set<string>();
  const dismissed = new Set<string>();
  const retirements = new Map<string, { succeed: () => void; fail: (error: unknown) => void }>();
  const machines = {
    ...notUsed,
    "machine-retire": async ({ key }: { key: string }, signal: AbortSignal) => {
      calls.push(`retire ${key}`);
      await new Promise<void>((succeed, fail) => {
        retirements.set(key, { succeed, fail });
        signal.addEventListener("abort", () => fail(signal.reason));
      });
      retiring.delete(key);
    },
    "machine-forget": async ({ key }: { key: string }) => {
      calls.push(`forget ${key}`);
      retiring.delete(key);
    },
    "machine-login": async ({ key }: { key: string }, signal: AbortSignal) => {
      calls.push(`login ${key}`);
      await clock.sleep(20_000, signal);
      failLogins -= 1;
      if (failLogins >= 0) throw new AppError("CREDENTIAL_REFUSED", "no");
    },
    "machine-certificate": async ({ key }: { key: string }, signal: AbortSignal) => {
      calls.push(`certificate ${key}`);
      await clock.sleep(60_000, signal);
    },
    "machine-stop": async ({ key }: { key: string }) => {
      calls.push(`stop ${key}`);
      await Promise.resolve();
    },
    ...addedContainers,
  } as unknown as MachineExecutors;
  let seen: Partial<ObservedMachines> = {};
  let away = false;
  let slowMs = 0;
  let refusals = refuseJoins;
  const reach = async () => {
    // Sleep only if something is slow: a fake clock's sleep takes a turn.
    if (slowMs > 0) await clock.sleep(slowMs);
    if (away) throw new AppError("ENGINE_UNREACHABLE", "away");
  };
  const engine: Engine = {
    ...notUsed,
    connect: async () => {
      await reach();
      return await Promise.resolve({ version: "20", apiVersion: "1.41" });
    },
    wayOutRule: () => "order",
    expectEnds: () => undefined,
    listenForEnds: () => undefined,
    unreadContainers: () => 0,
    listContainers: async () => {
      await reach();
      calls.push("list");
      const own = container("backend", {
        id: "self",
        labels: { "tailnet-share.role": "backend" },
        networkMode: { kind: "own", network: "0-tailnet-share" },
        networks: [...joined.values()],
      });
      const elsewhere = container("elsewhere", { networks: [attachment("other", "172.19.0.5")] });
      return await Promise.resolve([own, container("web"), elsewhere, ...more]);
    },
    joinNetwork: async (id) => {
      calls.push(`join ${id}`);
      await reach();
      if (broken.joinMs > 0) await clock.sleep(broken.joinMs);
      refusals -= 1;
      if (refusals >= 0 || closed.has(id)) throw new AppError("ENGINE_REFUSED", "not now");
      joined.set(id, attachment(id.replace("id-of-", ""), "172.18.0.9"));
      if (broken.joinAnswers) throw new AppError("ENGINE_UNREACHABLE", "cut");
      return await Promise.resolve(true);
    },
    leaveNetwork: async (id) => {
      calls.push(`leave ${id}`);
      await reach();
      joined.delete(id);
      await Promise.resolve();
    },
    network: async () => await Promise.resolve(null),
    hostAddressOn: async () => await Promise.resolve("172.30.0.1"),
    events: async () => await Promise.reject(new Error("not used")),
  };
  const remembering: DataPlane = {
    mode,
    async observe() {
      listed.rules += 1;
      return await Promise.resolve(forwards);
    },
    intact: async () => await Promise.resolve(true),
    replace: async (next) => {
      calls.push(`forward ${next.length}`);
      if (broken.rules) throw new AppError("DATAPLANE_FAILED", "not now");
      forwards = next.map((one) => ({ ...one, traffic: { received: 0, sent: 0 } }));
      await Promise.resolve();
    },
    async flows() {
      listed.flows += 1;
      if (broken.listingMs > 0) await clock.sleep(broken.listingMs);
      return await Promise.resolve(flows);
    },
    flowsAtOnce: () => (broken.listingMs > 0 ? null : flows),
    packets: () => {
      if (passing) packets += 1;
      return packets;
    },
    endFlows: async (gone) => {
      calls.push(`end flows ${gone.length}`);
      if (broken.flows) throw new AppError("DATAPLANE_FAILED", "not now");
      flows = forwardsBeyond(flows, gone);
      await Promise.resolve();
    },
  };
  let https: HttpsSeen = noHttps;
  const egressInto = () => [...joined.keys()].at(joinsMoveEgress ? -1 : 0) ?? "";
  const controller = new AbortController();
  stopping.push(controller);
  const loop = createLoop({
    observation: createObservation(),
    engine,
    dataPlane: dataPlane ?? remembering,
    ownContainerId: "self",
    again: NEVER_AGAIN,
    observeMachines: async () =>
      await Promise.resolve({
        ...noMachinesSeen,
        runtime,
        at: clock.monotonic(),
        retiring: [...retiring].map((key) => ({
          ...{ key, workload: null, name: key, since: 0, dueAt: 0 },
          dismissed: dismissed.has(key),
        })),
        ...seen,
        ...seenNow(),
      }),
    machines,
    observeNode: () => null,
    node: { "node-adjust": unexpected },
    ...node,
    observeHttps: async () => await Promise.resolve(https),
    https: {
      serve: async ({ fronts }) => {
        calls.push(`serve ${fronts.map(({ nodePort, proxy }) => `${nodePort} to ${proxy}`).join(", ")}`);
        https = { ...https, fronts };
        await Promise.resolve();
      },
      certificate: async ({ host }) => {
        calls.push(`certificate ${host}`);
        https = { ...https, certificate: { host, at: clock.now() } };
        await Promise.resolve();
      },
    },
    learnNames: async () => await Promise.resolve(),
    desired: () => ({ ...desired(shares), node: nodeWish() }),
    watched: () => watched,
    unshare: async (workload) => {
      calls.push(`unshare ${workload}`);
      if (broken.store) throw new AppError("STORE_UNWRITABLE", "full");
      shares = shares.filter((one) => one.workload !== workload);
      await Promise.resolve();
    },
    rebind: async () => await Promise.reject(new Error("not used")),
    egress: {
      route: async () => await Promise.resolve(egressInto()),
      network: async () => await Promise.resolve(egressInto()),
    },
    wayOut: { keep: async () => await Promise.resolve() },
    silent: () => silent,
    talks: {
      open: async () => await Promise.resolve([]),
      cardTo: async () => await Promise.resolve(null),
      answers: async () => await Promise.resolve(true),
    },
    onChange: () => undefined,
    clock,
    log: pino({ level: "silent" }),
  });
  return {
    loop,
    clock,
    calls,
    broken,
    closed,
    silent,
    addContainers: (next: ContainerFacts[]) => {
      more = next;
    },
    setFlows: (next: readonly Flows[]) => {
      flows = next;
    },
    /** Whether packets keep passing through the network interfaces. */
    setPassing: (next: boolean) => {
      passing = next;
    },
    listed,
    setWatched: (next: boolean) => {
      watched = next;
    },
    looks: () => calls.filter((call) => call === "list").length,
    changes: () => calls.filter((call) => call !== "list"),
    forwards: () => forwards,
    retiring,
    retirements,
    dismissed,
    setSeen: (next: Partial<ObservedMachines>) => {
      seen = next;
    },
    setShares: (next: StoredShare[]) => {
      shares = next;
    },
    /** Sets how long the engine takes for each answer. */
    setSlow: (ms: number) => {
      slowMs = ms;
    },
    setAway: (value: boolean) => {
      away = value;
    },
    start: async () => {
      loop.run(controller.signal).catch(() => undefined);
      await clock.advance(0);
    },
  };
}
