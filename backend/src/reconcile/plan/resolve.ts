import { NetworkName, type ShareNetwork } from "@tailnet-share/contract/share";
import { type DataPlane, type Forward, forwardKey } from "../../dataplane/data-plane.ts";
import { type Front, type FrontTarget, proxyOf } from "../../https/fronts.ts";
import type { HttpsSeen } from "../../https/https.ts";
import { overlappingNetworks } from "../../networks/overlap.ts";
import type { StoredShare } from "../../shares/stored-share.ts";
import { type Preferences, silenceKey, usableAttachments } from "../../workloads/choose-network.ts";
import { type ContainerFacts, isUp, type NetworkAttachment } from "../../workloads/facts.ts";
import { resolveTarget, type Target } from "../../workloads/targets.ts";
import { type Present, sharedContainers } from "../../workloads/workloads.ts";
import { homeAddress, type Observed } from "../look/observe.ts";

/** A stored share with its current container and target. */
export interface ResolvedShare {
  share: StoredShare;
  /** The share's container and how it was identified; null if it does not exist. */
  found: Present | null;
  /** Route to the container; null if it neither runs nor is paused, or can't be looked up. Machines need none. */
  target: Target | null;
  /** The backend's own address, which tailscaled connects to for ports with HTTPS; null while unknown. */
  via: string | null;
}

/** Finds every share's container and the route to it. Pure. */
export function resolveShares(shares: readonly StoredShare[], observed: Observed): ResolvedShare[] {
  const byWorkload = sharedContainers(observed.containers, shares);
  const via = homeAddress(observed.self);
  return shares.map((share) => {
    const found = byWorkload.get(share.workload) ?? null;
    const target = share.mode === "node" ? targetOf(share, found, observed) : null;
    return { share, found, target, via };
  });
}

/** A paused container keeps its namespace and addresses, so its target stays valid. */
function targetOf(share: StoredShare, found: ResolvedShare["found"], observed: Observed): Target | null {
  const { self, machines, networks } = observed;
  if (found === null || !isUp(found.container) || self === null) return null;
  const refusals = overlappingNetworks(networks, self.homeNetworkId);
  const surroundings = { ...observed, self, refusals, starts: machines.targetStarts };
  return resolveTarget(found.container, surroundings, preferencesOf(share, found.container, observed));
}

function preferencesOf(
  { ports, network }: StoredShare,
  container: ContainerFacts,
  { forwards, failedJoins, silentPlaces, byId }: Observed,
): Preferences {
  const silent = attachmentsOf(container, byId)
    .map(({ networkId }) => networkId)
    .filter((networkId) => silentPlaces.has(silenceKey(container, networkId)));
  const keys = new Set(ports.map(forwardKey));
  const own = forwards.filter((forward) => keys.has(forwardKey(forward)));
  return {
    chosen: network,
    inUse: new Set(own.map(({ address }) => address)),
    failedJoins,
    silent: new Set(silent),
  };
}

/** A share's current, possible and chosen networks, for the panel. */
export function networkView({ share, found, target }: ResolvedShare, { byId }: Observed): ShareNetwork {
  const attachments =
    found === null || share.mode !== "node" ? [] : usableAttachments(attachmentsOf(found.container, byId));
  const names = attachments.map(({ networkName }) => networkName);
  return {
    available: names.filter((name) => NetworkName.safeParse(name).success).slice(0, MOST_NETWORKS),
    chosen: share.network,
    used: target?.kind === "network" && target.joined ? target.networkName : null,
  };
}

/** Limit of the panel's list. */
const MOST_NETWORKS = 50;

/** Unjoined networks that a share could use. The backoff of their failed joins is kept. */
export function joinable(resolved: readonly ResolvedShare[], { self, byId }: Observed): string[] {
  const joined = new Set(self?.joined.map(({ networkId }) => networkId));
  return resolved
    .filter(({ share }) => share.mode === "node")
    .flatMap(({ found }) => (found === null ? [] : attachmentsOf(found.container, byId)))
    .map(({ networkId }) => networkId)
    .filter((networkId) => networkId !== "" && !joined.has(networkId));
}

/** Includes the networks of the namespace's owner. */
function attachmentsOf(
  { networkMode, networks }: ContainerFacts,
  byId: Observed["byId"],
): NetworkAttachment[] {
  const lender = networkMode.kind === "container" ? byId.get(networkMode.id) : undefined;
  return [...networks, ...(lender?.networks ?? [])];
}

/** The forwards that a share asks for; empty while its target can't be reached, so that nothing goes to a wrong address. */
export function wantedForwards({ share, target, via }: ResolvedShare, mode: DataPlane["mode"]): Forward[] {
  const address = reachableAddress(share, target);
  if (address === null) return [];
  return share.ports
    .filter(({ protocol }) => mode === "kernel" || protocol === "tcp")
    .flatMap(({ port, protocol, nodePort, https }): Forward[] => {
      const forward = { protocol, nodePort, address, port };
      if (!https) return [forward];
      // Without a kernel to translate, tailscaled's HTTPS server connects to the container.
      return mode === "kernel" && via !== null ? [{ ...forward, via }] : [];
    });
}

/** The targets behind a share's ports with HTTPS; empty while they can't be reached. */
export function frontTargets({ share, target }: ResolvedShare): FrontTarget[] {
  const address = reachableAddress(share, target);
  return address === null ? [] : share.ports.flatMap(({ https, port }) => (https ? [{ address, port }] : []));
}

/**
 * The fronts where tailscaled answers HTTPS for a share; empty while there is no certificate or its target can't be reached. tailscaled
 * also requests a certificate for any name that it serves. That takes minutes, and other requests for the same certificate wait meanwhile.
 */
export function wantedFronts(
  { share, target, via }: ResolvedShare,
  { host, certifies, certificate, speaksTls }: HttpsSeen,
  mode: DataPlane["mode"],
): Front[] {
  const address = reachableAddress(share, target);
  if (address === null || host === null || !certifies || certificate?.host !== host) return [];
  return share.ports.flatMap(({ port, nodePort, https }): Front[] => {
    const own = mode === "kernel" && via !== null ? { address: via, port: nodePort } : null;
    if (!https || (mode === "kernel" && own === null)) return [];
    return [{ nodePort, host, proxy: proxyOf({ address, port }, own, speaksTls) }];
  });
}

function reachableAddress({ mode }: StoredShare, target: Target | null): string | null {
  if (mode !== "node" || target === null || target.kind === "unreachable") return null;
  return target.kind === "host" || target.joined ? target.address : null;
}
