import type { Workload } from "@tailnet-share/contract/workload";
import { type Forward, sameForward } from "../dataplane/data-plane.ts";
import { NO_PREFERENCES } from "../workloads/choose-network.ts";
import type { ContainerFacts } from "../workloads/facts.ts";
import { resolveTarget } from "../workloads/targets.ts";
import type { ExposureContext } from "./exposure.ts";

/**
 * Returns what is still in place for a container that is no longer shared; null if nothing is. `wanted`: the forwards of all shares. Based
 * on observations, because the panel may show 'not shared' only when nobody can reach the container. Pure.
 */
export function endingOf(
  container: ContainerFacts,
  wanted: readonly Forward[],
  { observed, failures }: Pick<ExposureContext, "observed" | "failures">,
): Workload["ending"] {
  const machine = observed.machines.present.find(({ targetId }) => targetId === container.id);
  if (machine !== undefined)
    return { fault: failures.of({ kind: "machine-stop", key: machine.key }) ?? null };

  const addresses = addressesOf(container, observed);
  const isForwarded = observed.forwards.some(
    (forward) =>
      addresses.includes(forward.address) &&
      !wanted.some((wantedForward) => sameForward(wantedForward, forward)),
  );
  return isForwarded
    ? { fault: failures.of({ kind: "forward" }) ?? observed.forwardsError?.fault ?? null }
    : null;
}

/** All addresses that a share of the container may have led to. */
function addressesOf(
  container: ContainerFacts,
  { byId, self, hostAddress, machines }: ExposureContext["observed"],
): readonly string[] {
  const own = container.networks.flatMap(({ address }) => (address === "" ? [] : [address]));
  if (own.length > 0 || self === null) return own;
  const surroundings = { byId, self, hostAddress, refusals: new Map(), starts: machines.targetStarts };
  const target = resolveTarget(container, surroundings, NO_PREFERENCES);
  return target.kind === "unreachable" ? [] : [target.address];
}
