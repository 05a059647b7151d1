import {
  type ActiveForward,
  type DataPlane,
  forwardKey,
  forwardsBeyond,
  sameForward,
  sameForwards,
} from "../../dataplane/data-plane.ts";
import { lenders } from "../../events/concern.ts";
import { panelFronts, shareOnPanelPort } from "../../https/panel-fronts.ts";
import { planHttps, planWithoutContainers } from "../../https/plan.ts";
import { planMachines, undecidedMachineSteps } from "../../machines/plan.ts";
import { joinRefusalOf } from "../../networks/join-refusal.ts";
import { neighboursOn } from "../../networks/neighbours.ts";
import type { StoredShare } from "../../shares/stored-share.ts";
import { planNode } from "../../tailscale/node/preferences.ts";
import type { NetworkAttachment } from "../../workloads/facts.ts";
import type { Self } from "../../workloads/targets.ts";
import type { Desired } from "../desired.ts";
import type { Observed } from "../look/observe.ts";
import type { Step, StepId } from "../steps/step.ts";
import { joinable, type ResolvedShare, resolveShares, wantedForwards, wantedFronts } from "./resolve.ts";

/**
 * Plans the next steps, in order, that make the observed state match the desired one. Pure; empty when there is nothing to do. The loop calls
 * it again after the steps have run, so later stages (forwarding into a network just joined) are planned from the new observation. A
 * failed step blocks the later ones that need it: see the loop. While the engine is unreachable or slow, or the rules can't be read,
 * everything in place keeps working, and only withdrawals are planned.
 */
export function plan(desired: Desired, observed: Observed, mode: DataPlane["mode"]): Step[] {
  const { self, astray } = observed;
  const resolved = resolveShares(desired.shares, observed);
  const over = resolved.filter(({ share }) => isOver(share, observed.now));
  // Withdraw expired shares even if the store can't be written: a disk may stay full for long.
  const standing = resolved.filter((shared) => !over.includes(shared));
  const present = standing.filter((shared) => !hasYielded(shared, observed));
  const expires = over.map(({ share: { workload } }) => ({ kind: "expire" as const, workload }));
  const desiredMachines = { shared: standing, settings: desired.machines };
  const machines = observed.fresh ? planMachines(desiredMachines, observed.machines, observed) : [];
  const node = planNode(desired.node, observed.node);
  const panel = panelBeside(desired);
  if (!observed.fresh || self === null || observed.forwardsError !== null)
    return [
      ...expires,
      ...node,
      ...withdrawals(present, observed, mode),
      ...planWithoutContainers(
        (nodePort) => present.some((shared) => hasHttps(shared, nodePort)),
        panel && panelFronts(panel, observed.https),
        observed.https,
        observed.now,
      ),
      ...machines,
    ];

  const needed = new Map<string, string>();
  for (const { target } of present)
    if (target?.kind === "network") needed.set(target.networkId, target.networkName);
  const isJoined = (id: string) => self.joined.some(({ networkId }) => networkId === id);

  const joins = [...needed].filter(([id]) => !isJoined(id));
  const forwards = present.flatMap((share) => wantedForwards(share, mode));
  const fronts = [
    ...present.flatMap((share) => wantedFronts(share, observed.https, mode)),
    ...panelFronts(panel, observed.https),
  ];
  const https = planHttps(
    fronts,
    panel !== null || present.some((shared) => hasHttps(shared)),
    observed.https,
    observed.now,
  );
  const inPlace = observed.guarded && sameForwards(forwards, observed.forwards);
  const strangers = unneeded(self, needed);
  const leaves = astray === null ? strangers : [astray, ...strangers];
  // Include flows that an earlier end-flows step failed to kill: otherwise a busy client stays pinned to the old target.
  const withdrawn = forwardsBeyond(observed.forwards, forwards);
  const gone = [...withdrawn, ...forwardsBeyond(forwardsBeyond(observed.flows, forwards), withdrawn)];
  const ends = gone.length === 0 ? [] : [{ kind: "end-flows" as const, gone }];
  // Reset connections of surviving containers while the backend can still reach them.
  const heard = astray === null && gone.some(({ address }) => isInUse(address, observed));
  return [
    ...expires,
    ...node,
    ...rebinds(standing),
    ...https.before,
    ...(inPlace ? [] : [{ kind: "forward" as const, forwards, before: observed.forwards }]),
    ...https.after,
    // Leave only after its rules are gone, so that no packet takes another route to the network's addresses.
    ...(heard ? ends : []),
    ...leaves.map(({ networkId, networkName }) => ({ kind: "leave" as const, networkId, networkName })),
    ...(heard ? [] : ends),
    ...machines,
    // Do this last: an engine may take long, and no other step needs it.
    ...joins.map(([networkId, networkName]) => joinStep({ networkId, networkName }, observed, self)),
  ];
}

/**
 * Steps that are neither planned nor under way, and may still be wanted: forgetting their failures would retry them without their delay.
 * `known`: the steps that are planned or under way. Pure.
 */
export function undecided(
  known: readonly Step[],
  resolved: readonly ResolvedShare[],
  observed: Observed,
): StepId[] {
  // After a failed join, another network is tried.
  const joins = joinable(resolved, observed).map((networkId) => ({ kind: "join" as const, networkId }));
  const busy = new Set(known.flatMap((step) => ("key" in step ? [step.key] : [])));
  return [...joins, ...undecidedMachineSteps(busy, observed.machines)];
}

/**
 * The panel, unless a share has its port: settings from a backup or the environment may ask for both, and two handlers of one port would make
 * tailscaled refuse everybody's.
 */
function panelBeside({ panel, shares }: Pick<Desired, "panel" | "shares">): Desired["panel"] {
  return shareOnPanelPort(shares) === undefined ? panel : null;
}

/** Whether a share asks for HTTPS, on one port of the node or on any. */
export function hasHttps({ share }: Pick<ResolvedShare, "share">, nodePort?: number): boolean {
  return (
    share.mode === "node" &&
    share.ports.some((port) => port.https && (nodePort ?? port.nodePort) === port.nodePort)
  );
}

/** The networks to leave when containers end. */
export function departing(
  resolved: readonly ResolvedShare[],
  observed: Observed,
): readonly Extract<Step, { kind: "leave" }>[] {
  const present = resolved.filter(
    (shared) => !isOver(shared.share, observed.now) && !hasYielded(shared, observed),
  );
  const needed = new Set(
    present.flatMap(({ target }) => (target?.kind === "network" ? target.networkId : [])),
  );
  const strangers = observed.self === null ? [] : unneeded(observed.self, needed);
  return strangers.map(({ networkId, networkName }) => ({ kind: "leave", networkId, networkName }));
}

/** Joined networks that no forward uses. */
function unneeded(self: Self, needed: Pick<ReadonlySet<string>, "has">): NetworkAttachment[] {
  if (self.homeNetworkId === null) return [];
  return self.joined.filter(({ networkId }) => networkId !== self.homeNetworkId && !needed.has(networkId));
}

/** Whether a share's network was given up because its container, or the owner of the network namespace, is stopping. */
export function hasYielded(
  { found }: Pick<ResolvedShare, "found">,
  { yielded, byId }: Pick<Observed, "yielded" | "byId">,
): boolean {
  return (
    found !== null && yielded.size > 0 && [...lenders(found.container, byId)].some((id) => yielded.has(id))
  );
}

function joinStep(
  network: { networkId: string; networkName: string },
  { wayOutRule, networks, byId }: Observed,
  { id, homeNetworkId }: Self,
): Step {
  const home = networks.get(homeNetworkId ?? "");
  return {
    kind: "join",
    ...network,
    refusal: joinRefusalOf(networks.get(network.networkId), { home, rule: wayOutRule }),
    neighbours: neighboursOn(network, byId.values(), id),
  };
}

/** Whether a surviving container has the address. */
function isInUse(
  address: string,
  { containers, yielded }: Pick<Observed, "containers" | "yielded">,
): boolean {
  return containers.some(
    ({ id, run, networks }) =>
      run === "running" && !yielded.has(id) && networks.some((attachment) => attachment.address === address),
  );
}

/** Whether a share has expired; `now` in milliseconds since the epoch. */
export function isOver({ until }: Pick<StoredShare, "until">, now: number): boolean {
  return until !== null && until <= now;
}

/** Plans withdrawals only: without fresh data, the containers' locations are unknown, but ended shares are known. */
function withdrawals(
  resolved: readonly ResolvedShare[],
  { forwards }: Observed,
  mode: DataPlane["mode"],
): Step[] {
  const isWanted = (forward: ActiveForward): boolean =>
    resolved.some((shared) => {
      const { share, target } = shared;
      const ports = share.mode === "node" ? share.ports : [];
      if (!ports.some((port) => forwardKey(port) === forwardKey(forward))) return false;
      // A withdrawn share's port may belong to another share now.
      return target === null || wantedForwards(shared, mode).some((wanted) => sameForward(wanted, forward));
    });
  const gone = forwards.filter((forward) => !isWanted(forward));
  if (gone.length === 0) return [];
  const remaining = forwards.filter((forward) => !gone.includes(forward));
  return [
    { kind: "forward", forwards: remaining, before: forwards },
    { kind: "end-flows", gone },
  ];
}

function rebinds(resolved: readonly ResolvedShare[]): Step[] {
  return resolved.flatMap(({ share, found }): Step[] => {
    if (found === null) return [];
    const { container, identity } = found;
    const to = {
      workload: identity.id,
      name: identity.name,
      project: identity.project,
      image: container.image,
      containerId: container.id,
    };
    const same =
      share.workload === to.workload &&
      share.name === to.name &&
      share.project === to.project &&
      share.image === to.image &&
      share.lastContainerId === to.containerId;
    return same ? [] : [{ kind: "rebind", workload: share.workload, to }];
  });
}
