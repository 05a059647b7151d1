import type { NodeState } from "@tailnet-share/contract/node";
import type { Settings } from "@tailnet-share/contract/settings";
import type { Visitor } from "@tailnet-share/contract/share";
import type { Snapshot } from "@tailnet-share/contract/snapshot";
import type { Workload } from "@tailnet-share/contract/workload";
import type { Forward } from "../dataplane/data-plane.ts";
import type { Observed } from "../reconcile/look/observe.ts";
import { networkView, type ResolvedShare, resolveShares, wantedForwards } from "../reconcile/plan/resolve.ts";
import { freeName, machineName } from "../shares/machine-names.ts";
import type { StoredShare } from "../shares/stored-share.ts";
import { identityKind, shown } from "../workloads/identity.ts";
import { likeliestFirst } from "../workloads/likely-port.ts";
import { machineRefusalOf } from "../workloads/machine-refusal.ts";
import { refusalOf, staleFault } from "../workloads/targets.ts";
import { currentContainers, type Present } from "../workloads/workloads.ts";
import { endingOf } from "./ending.ts";
import { countersOf, type ExposureContext, exposureOf, visitorsOf } from "./exposure.ts";
import { machineViewOf } from "./machine-exposure.ts";
import type { TrafficCounter } from "./traffic.ts";

/** Facts that rows are made of. */
export interface WorkloadInputs {
  observed: Observed;
  node: NodeState;
  shares: readonly StoredShare[];
  failures: ExposureContext["failures"];
  unanswered: ExposureContext["unanswered"];
  listeners: ExposureContext["listeners"];
  /** Returns the client with a tailnet address. */
  visitor: (address: string) => Visitor;
  traffic: TrafficCounter;
  dataPlane: Snapshot["dataPlane"];
  settings: Settings;
}

/** Used by several rows. */
interface RowContext {
  inputs: WorkloadInputs;
  exposure: ExposureContext;
  /** The forwards of all shares. */
  wanted: readonly Forward[];
  suggestName: SuggestName;
}

/**
 * A row for each container, then one for each share whose container is gone. Pure except for the byte counts that `traffic` sums up.
 */
export function workloadRows(inputs: WorkloadInputs): Workload[] {
  const { observed, shares, node, dataPlane, traffic, settings } = inputs;
  const { failures, unanswered, listeners } = inputs;
  const { mode } = dataPlane;
  const resolved = resolveShares(shares, observed);
  traffic.keepOnly(shares.map(({ workload }) => workload));
  const shareOf = new Map(
    resolved.map((resolvedShare) => [
      resolvedShare.found?.identity.id ?? resolvedShare.share.workload,
      resolvedShare,
    ]),
  );
  const context: RowContext = {
    inputs,
    exposure: { observed, node, mode, failures, unanswered, listeners },
    wanted: resolved.flatMap((share) => wantedForwards(share, mode)),
    suggestName: createSuggestName(shares, settings.machineNames),
  };
  const present = [...currentContainers(observed.containers, shares).values()];
  const gone = resolved.filter(({ found }) => found === null);
  return [
    ...present.map((workload) => presentRow(workload, shareOf.get(workload.identity.id), context)),
    ...gone.map((share) => goneRow(share, context)),
  ];
}

function presentRow(
  { container, identity }: Present,
  resolved: ResolvedShare | undefined,
  context: RowContext,
): Workload {
  const { observed } = context.inputs;
  const surroundings = { byId: observed.byId, starts: observed.machines.targetStarts };
  return {
    id: identity.id,
    identity: identityKind(identity.id),
    name: identity.name,
    project: identity.project,
    image: shown(container.image),
    run: container.run,
    containerId: container.id,
    ports: likeliestFirst(container.ports, container.published),
    portRanges: [...container.portRanges],
    portsKnown: container.portsKnown,
    refusal: refusalOf(container) ?? staleFault(container, surroundings),
    machine: {
      name: context.suggestName(identity, resolved?.share),
      refusal: machineRefusalOf(container, observed),
    },
    share: resolved === undefined ? null : shareView(resolved, context),
    ending: resolved === undefined ? endingOf(container, context.wanted, context.exposure) : null,
  };
}

function goneRow(resolved: ResolvedShare, context: RowContext): Workload {
  const { share } = resolved;
  return {
    id: share.workload,
    identity: identityKind(share.workload),
    name: shown(share.name),
    project: share.project && shown(share.project),
    image: shown(share.image),
    run: "removed",
    containerId: null,
    ports: share.ports.map(({ port, protocol }) => ({ port, protocol })),
    portRanges: [],
    portsKnown: true,
    refusal: null,
    machine: { name: context.suggestName(share, share), refusal: null },
    share: shareView(resolved, context),
    ending: null,
  };
}

function shareView(resolved: ResolvedShare, { inputs, exposure }: RowContext): Workload["share"] {
  const { share } = resolved;
  const { observed, node, failures, traffic, visitor } = inputs;
  const domain = "dnsName" in node ? node.dnsName.split(".").slice(1).join(".") : "";
  const machineContext = { machines: observed.machines, surroundings: observed, failures };
  return {
    mode: share.mode,
    ports: share.ports,
    machine: machineViewOf(resolved, machineContext, domain),
    network: networkView(resolved, observed),
    exposure: exposureOf(resolved, exposure),
    traffic: traffic.count(share.workload, countersOf(resolved, observed)),
    visitors: visitorsOf(resolved, observed, visitor),
    until: share.until === null ? null : new Date(share.until).toISOString(),
  };
}

/** The name that one click would give a machine. */
type SuggestName = (
  workload: { name: string; project: string | null },
  share: StoredShare | undefined,
) => string;

function createSuggestName(shares: readonly StoredShare[], style: Settings["machineNames"]): SuggestName {
  const withMachine = shares.filter(({ mode }) => mode === "machine");
  const allNames = machineNamesOf(withMachine);
  return (workload, share) => {
    const own = share !== undefined && withMachine.includes(share);
    const taken = own ? machineNamesOf(withMachine.filter((other) => other !== share)) : allNames;
    return freeName(share?.machine?.name ?? machineName(workload, style), taken);
  };
}

function machineNamesOf(shares: readonly StoredShare[]): ReadonlySet<string> {
  return new Set(shares.flatMap(({ machine }) => machine?.name ?? []));
}
