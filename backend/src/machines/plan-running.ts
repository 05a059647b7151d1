import type { NodeState } from "@tailnet-share/contract/node";
import type { ContainerPort } from "@tailnet-share/contract/port";
import type { StoredShare } from "../shares/stored-share.ts";
import type { MachineWish } from "./container/container.ts";
import type { MachineIdentity } from "./device/identity.ts";
import { HTTPS_PORT, lackingFeature, sameServe, wantedServe } from "./device/web.ts";
import type { MachineSettings } from "./machine-settings.ts";
import { entranceOf } from "./namespace/entrance.ts";
import { forwardsInPlace, localForwards, redirectsOf, sameRedirects } from "./namespace/forwards.ts";
import { httpsAddress, isTlsUnknown } from "./namespace/https-target.ts";
import type { MachineInspection } from "./namespace/inspection.ts";
import type { ObservedMachines, SharedContainer } from "./observed-machines.ts";
import type { MachineStep } from "./step.ts";
import type { ObservedMachine } from "./watch/watch.ts";

/** Plans the next steps of a machine that runs as wished. Pure. */
export function planRunning(
  shared: SharedContainer,
  wish: MachineWish,
  machine: ObservedMachine,
  { observed, settings }: { observed: ObservedMachines; settings: MachineSettings },
): MachineStep[] {
  const { key, name } = wish;
  const { node } = machine;
  switch (node.state) {
    case "logged-out":
    case "expired":
      // Leave a link that waits for a person alone, unless a credential has been added since. Retry after a fault.
      return node.login === null || node.fault !== null || (node.login.url !== null && settings.hasCredential)
        ? [{ kind: "machine-login", key, name }]
        : [];
    case "paused":
      return [{ kind: "machine-adjust", key, name }];
    case "connected": {
      const { inspection } = machine;
      const look = planLook(shared, wish, inspection, observed);
      const serve =
        inspection === null || look.length > 0
          ? []
          : planServe(shared, wish, { ...machine, node, inspection }, observed);
      return [...planIdentity(shared, wish, machine, observed), ...look, ...serve];
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
  observed: ObservedMachines,
): MachineStep[] {
  const steps: MachineStep[] = [];
  const { hostname } = machine.details;
  const identity = identityOf(share.workload, machine, observed);
  if (identity !== null && JSON.stringify(identity) !== JSON.stringify(observed.identities.get(key)))
    steps.push({ kind: "machine-note", key, identity });
  if (hostname !== null && hostname !== name) steps.push({ kind: "machine-adjust", key, name });
  return steps;
}

/** Looks into its container, unless the last look is good enough to plan what it serves. */
function planLook(
  { share, found }: SharedContainer,
  { key, targetId, reachTailnet }: MachineWish,
  inspection: MachineInspection | null,
  observed: ObservedMachines,
): MachineStep[] {
  const options = share.machine ?? NO_OPTIONS;
  const ports = portsOf(share);
  const hasToAsk = options.httpsPort !== null && inspection?.tls?.port !== options.httpsPort;
  const life = found?.container.life ?? null;
  const isAsked = inspection?.stale === true || observed.lookInto.has(key);
  const isOld = inspection === null || isAsked || mayHaveChanged(inspection, { ports, life }, observed.at);
  if (!isOld && !hasToAsk) return [];
  const askTls = isTlsUnknown(options, inspection) ? options.httpsPort : null;
  return [{ kind: "machine-look", key, targetId, life, reachTailnet, ports, askTls }];
}

type ConnectedMachine = ObservedMachine & {
  node: Extract<NodeState, { state: "connected" }>;
  inspection: MachineInspection;
};

/** Makes it serve the share's ports, by the last look into its container. */
function planServe(
  { share }: SharedContainer,
  { key, targetId }: MachineWish,
  { node, details, inspection }: ConnectedMachine,
  observed: ObservedMachines,
): MachineStep[] {
  const options = share.machine ?? NO_OPTIONS;
  const tun = observed.runtime?.tun ?? "kernel";
  const taken = new Set(options.httpsPort === null ? [] : [HTTPS_PORT]);
  const context = { entrance: entranceOf(node, observed.runtime), tun, taken, ipv6: inspection.ipv6 };
  const possible =
    inspection.listening === null
      ? forwardsInPlace(inspection)
      : localForwards(portsOf(share), inspection.listening, context);
  const forwards = inspection.noRedirects ? [] : possible;
  const redirects = redirectsOf(forwards);
  const config = wantedServe(options, node.dnsName, details, {
    forwards,
    tls: inspection.tls,
    certificate: inspection.certificate,
    address: httpsAddress(options.httpsPort ?? 0, inspection),
  });
  const ask = lackingFeature(options, node.dnsName, details)?.feature ?? null;
  const inPlace = sameServe(config, inspection.serve) && sameRedirects(redirects, inspection.redirects);
  if (!inPlace || ask !== inspection.asked)
    return [{ kind: "machine-serve", key, targetId, config, redirects, ask }];
  if (options.httpsPort !== null && ask !== "serve" && inspection.certificate !== node.dnsName)
    return [{ kind: "machine-certificate", key, domain: node.dnsName }];
  return [];
}

const NO_OPTIONS = { httpsPort: null, funnel: false };

function portsOf({ ports }: StoredShare): ContainerPort[] {
  return ports.map(({ port, protocol }) => ({ port, protocol }));
}

/** The user may have named another port, or connected the container to another network, since the last look. */
function mayHaveChanged(
  inspection: MachineInspection,
  { ports, life }: { ports: readonly ContainerPort[]; life: string | null },
  at: number,
): boolean {
  const { lookAgainAt, lookedFor } = inspection;
  return (
    inspection.life !== life ||
    at >= lookAgainAt ||
    (lookedFor !== null && JSON.stringify(lookedFor) !== JSON.stringify(ports))
  );
}

function identityOf(
  workload: string,
  { details }: ObservedMachine,
  { tailnet }: ObservedMachines,
): MachineIdentity | null {
  if (details.deviceId === null || tailnet.home === null) return null;
  return { version: 1, workload, deviceId: details.deviceId, home: tailnet.home };
}
