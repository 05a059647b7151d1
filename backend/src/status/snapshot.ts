import { Hostname } from "@tailnet-share/contract/log-in";
import type { Account, NodeState, Update } from "@tailnet-share/contract/node";
import type { Settings } from "@tailnet-share/contract/settings";
import type { Visitor } from "@tailnet-share/contract/share";
import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { type Workload, WorkloadId } from "@tailnet-share/contract/workload";
import type { Observed } from "../reconcile/look/observe.ts";
import { networkView, type ResolvedShare, resolveShares, wantedForwards } from "../reconcile/plan/resolve.ts";
import { freeName, machineName } from "../shares/machine-names.ts";
import type { StoredShare } from "../shares/stored-share.ts";
import { machineUpdates } from "../tailscale/node/state/advisories.ts";
import { wantedUpdates } from "../tailscale/node/state/node-health.ts";
import { identityKind, shown } from "../workloads/identity.ts";
import { likeliestFirst } from "../workloads/likely-port.ts";
import { machineRefusalOf } from "../workloads/machine-refusal.ts";
import { refusalOf, staleFault } from "../workloads/targets.ts";
import { currentContainers } from "../workloads/workloads.ts";
import { endingOf } from "./ending.ts";
import { countersOf, type ExposureContext, exposureOf, visitorsOf } from "./exposure.ts";
import { machineViewOf } from "./machine-exposure.ts";
import type { TrafficCounter } from "./traffic.ts";

export interface SnapshotInputs {
  observed: Observed;
  /** Number of containers whose rows can't be parsed. */
  unread: number;
  node: NodeState;
  accounts: Account[];
  shares: readonly StoredShare[];
  failures: ExposureContext["failures"];
  unanswered: ExposureContext["unanswered"];
  listeners: ExposureContext["listeners"];
  /** Returns the visitor with a tailnet address. */
  visitor: (address: string) => Visitor;
  traffic: TrafficCounter;
  dataPlane: Snapshot["dataPlane"];
  alerts: Snapshot["alerts"];
  settings: Settings;
  versions: Snapshot["versions"];
  /** Updates of the bundled tailscale. */
  updates: Update[];
}

/**
 * Everything the panel shows except for the revision. Pure except for the byte counts that `traffic` sums up; rows are in a stable order.
 */
export function buildSnapshot(inputs: SnapshotInputs): Omit<Snapshot, "revision"> {
  const { observed, node, accounts, dataPlane, alerts, settings, versions, updates } = inputs;
  const resolved = resolveShares(inputs.shares, observed);
  inputs.traffic.keepOnly(inputs.shares.map(({ workload }) => workload));
  const shareOf = new Map(resolved.map((one) => [one.found?.identity.id ?? one.share.workload, one]));
  const { failures, unanswered, listeners } = inputs;
  const context: ExposureContext = { observed, node, mode: dataPlane.mode, failures, unanswered, listeners };
  const machineContext = { seen: observed.machines, surroundings: observed, failures };
  const places = { byId: observed.byId, starts: observed.machines.targetStarts };
  const domain = "dnsName" in node ? node.dnsName.split(".").slice(1).join(".") : "";
  const namesOf = (shares: readonly (StoredShare | null)[]) =>
    new Set(shares.flatMap((one) => one?.machine?.name ?? []));
  const machineShares: readonly (StoredShare | null)[] = inputs.shares.filter(
    ({ mode }) => mode === "machine",
  );
  const machineNames = namesOf(machineShares);
  const wanted = resolved.flatMap((one) => wantedForwards(one, dataPlane.mode));
  /** The name that one click would give. Reads the names of the tailnet's other devices only when needed. */
  const suggestion = (workload: { name: string; project: string | null }, share: StoredShare | undefined) => {
    const own = machineShares.includes(share ?? null);
    const taken = own ? namesOf(machineShares.filter((one) => one !== share)) : machineNames;
    return freeName(share?.machine?.name ?? machineName(workload, settings.machineNames), taken);
  };
  const view = (one: ResolvedShare | undefined): Workload["share"] =>
    one === undefined
      ? null
      : {
          mode: one.share.mode,
          ports: one.share.ports,
          machine: machineViewOf(one, machineContext, domain),
          network: networkView(one, observed),
          exposure: exposureOf(one, context),
          traffic: inputs.traffic.count(one.share.workload, countersOf(one, observed)),
          visitors: visitorsOf(one, observed, inputs.visitor),
          until: one.share.until === null ? null : new Date(one.share.until).toISOString(),
        };

  const present = [...currentContainers(observed.containers, inputs.shares).values()].map(
    ({ container, identity }): Workload => ({
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
      refusal: refusalOf(container) ?? staleFault(container, places),
      machine: {
        name: suggestion(identity, shareOf.get(identity.id)?.share),
        refusal: machineRefusalOf(container, observed),
      },
      share: view(shareOf.get(identity.id)),
      ending: shareOf.has(identity.id) ? null : endingOf(container, wanted, context),
    }),
  );
  const gone = resolved
    .filter(({ found }) => found === null)
    .map(
      (one): Workload => ({
        id: one.share.workload,
        identity: identityKind(one.share.workload),
        name: shown(one.share.name),
        project: one.share.project && shown(one.share.project),
        image: shown(one.share.image),
        run: "removed",
        containerId: null,
        ports: one.share.ports.map(({ port, protocol }) => ({ port, protocol })),
        portRanges: [],
        portsKnown: true,
        refusal: null,
        machine: { name: suggestion(one.share, one.share), refusal: null },
        share: view(one),
        ending: null,
      }),
    );
  const rows = [...present, ...gone];
  // A single invalid row would make the panel refuse the whole snapshot.
  const workloads = rows.filter(isPresentable).sort((a, b) => (order(a) < order(b) ? -1 : 1));
  const inMachines = workloads.flatMap(({ share }) => share?.machine?.version ?? []);
  return {
    node,
    accounts,
    engine: observed.engine,
    dataPlane,
    alerts,
    workloads,
    skipped: inputs.unread + rows.length - workloads.length,
    settings,
    versions,
    updates: wantedUpdates(
      [...updates, ...machineUpdates(settings.machineTailscale, inMachines)],
      settings.updateNotices,
    ),
  };
}

/** Whether a row's texts from the engine fit the contract. Other fields are validated where they are built. */
function isPresentable({ id, machine }: Workload): boolean {
  return WorkloadId.safeParse(id).success && Hostname.safeParse(machine.name).success;
}

function order({ project, name, id }: Workload): string {
  return `${project ?? ""}\0${name}\0${id}`;
}
