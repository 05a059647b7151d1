import { trySilently } from "../../dataplane/silent-try.ts";
import { kernelEgress } from "../../engine/egress.ts";
import { createEngine, type Engine } from "../../engine/engine.ts";
import { ownContainerId as findOwnContainerId } from "../../engine/self.ts";
import { createMachines, type Machines } from "../../machines/machines.ts";
import { kernelTalks } from "../../networks/talks.ts";
import { createLoop } from "../../reconcile/loop.ts";
import { frontTargets, type ResolvedShare, resolveShares } from "../../reconcile/plan/resolve.ts";
import { createTries, type Tries } from "../../status/tries.ts";
import { createNodeExecutors } from "../../tailscale/node/preferences.ts";
import type { Basis } from "./basis.ts";
import type { Stored } from "./stored.ts";
import type { TailnetSide } from "./tailnet-side.ts";

/** The user's containers: the machines among them, and the loop that makes shares of them. `lastCall` ends all cleanup. */
export async function createEngineSide(
  basis: Basis,
  stored: Stored,
  tailnet: TailnetSide,
  lastCall: AbortSignal,
) {
  const { config, clock, log, observation, wake, lookAgain } = basis;
  const engine = createEngine(config.engineSocket, { again: lookAgain, clock, log });
  const ownContainerId = await findOwnContainerId();
  const own = { engine, ownContainerId, lastCall };
  const machines = machinesOf(basis, stored, tailnet, own);
  const resolved = () => resolveShares(stored.shares.list(), observation.observed());
  const tries = triesOf(basis, machines, resolved);
  const loop = loopOf(basis, stored, tailnet, { ...own, machines, tries, resolved });
  wake.connect((cause) => loop.trigger(cause));
  return { engine, ownContainerId, machines, tries, loop };
}

export type EngineSide = Awaited<ReturnType<typeof createEngineSide>>;

interface Own {
  engine: Engine;
  ownContainerId: string;
  lastCall: AbortSignal;
}

function machinesOf(basis: Basis, stored: Stored, tailnet: TailnetSide, own: Own): Machines {
  const { config, clock, log, audience, wake, lookAgain, redraw } = basis;
  const { observed } = basis.observation;
  const { shares, credentials, settings, installation, trust } = stored;
  return createMachines({
    ...own,
    ...{ shares, credentials, installation, clock, log },
    again: lookAgain,
    node: tailnet.node,
    probeControl: tailnet.probeControl,
    tun: tailnet.dataPlane.mode,
    settings: settings.get,
    runtime: () => observed().machines.runtime,
    surroundings: observed,
    identities: () => observed().machines.identities,
    watched: audience.watched,
    onNews(news) {
      if (news !== "due") redraw.send();
      wake.send(news === "found" ? "urgent" : "event");
    },
    environment: stored.tailscaledEnvironment,
    stateDirectory: config.stateDirectory,
    switches: config.tailscaleSwitches,
    authorities: trust.pem,
  });
}

/** Time limit for a look at the listeners in a container. Milliseconds. */
const LOOK_MS = 10_000;

function triesOf(basis: Basis, machines: Machines, resolved: () => readonly ResolvedShare[]): Tries {
  const { clock, audience, wake, redraw } = basis;
  return createTries({
    tryIt: trySilently,
    async look(workload) {
      const { listeners, fault } = await machines.listening(workload, LOOK_MS);
      return fault === null ? listeners : null;
    },
    resolved,
    refresh: redraw.send,
    onAnswers: () => wake.send("event"),
    watched: audience.watched,
    clock,
  });
}

function loopOf(
  { clock, log, meter, observation, audience, redraw, lookAgain, wayOut }: Basis,
  { shares, desired }: Stored,
  { node, names, https, dataPlane }: TailnetSide,
  parts: Own & { machines: Machines; tries: Tries; resolved: () => readonly ResolvedShare[] },
) {
  const { engine, ownContainerId, machines, tries, resolved } = parts;
  return createLoop({
    ...{ observation, engine, ownContainerId, dataPlane, clock, log, meter },
    again: lookAgain,
    observeMachines: machines.observe,
    machines: machines.executors,
    observeNode: node.preferences,
    node: createNodeExecutors(node),
    observeHttps: https.observe,
    https: https.executors,
    async learnNames(addresses) {
      // Names and paths are only for display, and looking at paths takes longer in a larger tailnet.
      if (!audience.watched()) return;
      const visitors = [...addresses];
      void node.lookAtPaths(visitors.length > 0).then((looked) => looked && redraw.send());
      await names.learn(visitors);
    },
    desired,
    watched: audience.watched,
    rebind: shares.rebind,
    unshare: shares.remove,
    egress: kernelEgress,
    wayOut,
    talks: kernelTalks,
    silent: tries.silent,
    onChange() {
      // Without a TUN, no rule keeps a probe from reaching the application.
      if (dataPlane.mode === "kernel") tries.see(observation.observed().forwards);
      https.see(resolved().flatMap(frontTargets));
      tries.show();
    },
  });
}
