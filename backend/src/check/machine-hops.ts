import type { CheckHop } from "@tailnet-share/contract/check";
import { assertNever, type Fault } from "@tailnet-share/contract/errors";
import type { NodeState } from "@tailnet-share/contract/node";
import type { ContainerPort } from "@tailnet-share/contract/port";
import type { Endpoint, Exposure } from "@tailnet-share/contract/share";
import { entranceOf } from "../machines/namespace/entrance.ts";
import { isForwarded } from "../machines/namespace/forwards.ts";
import { listeningReason } from "../ports/verdict.ts";
import type { ResolvedShare } from "../reconcile/plan/resolve.ts";
import type { CheckContext } from "./context.ts";
import { lookForPorts } from "./listening.ts";
import { tryNames } from "./names.ts";
import { type HopList, notYet } from "./report.ts";
import { type OwnDevice, tryTailnet } from "./tailnet.ts";
import { visitMachine } from "./visit.ts";

/** The port where a machine's HTTPS answers, whatever port of the container it leads to. */
const HTTPS_PORT = 443;

/**
 * Follows a share with a machine of its own. A machine answers from within the container's network, so no network or rule is in between.
 */
export async function checkMachine(
  { share, found }: ResolvedShare,
  exposure: Exposure,
  hops: HopList,
  context: CheckContext,
): Promise<CheckHop[]> {
  const { machines } = context.observed;
  const machine = machines.present.find(({ key }) => key === share.machine?.key);
  const addresses = machine?.node.state === "connected" ? machine.node.addresses : [];
  const entrance = {
    address: entranceOf({ addresses }, machines.runtime),
    young: found?.container.young ?? false,
    isolated: false,
  };
  const served = (port: ContainerPort) =>
    machine?.inspection != null && isForwarded(port, machine.inspection);
  const looked = await context.listening();
  const silent = lookForPorts(entrance, share.ports, hops, looked, served);
  if (silent !== null) return hops.fail("listening", silent);
  if (exposure.state !== "live") return hops.fail("machine", notLive(exposure));
  hops.pass("machine", "connected to the tailnet");
  /** The report above already names idle ports, so don't visit them. */
  const met = exposure.endpoints.filter(
    (port) =>
      served(port) ||
      looked.fault !== null ||
      listeningReason(port, entrance.address, { listeners: looked.listeners, young: entrance.young }) ===
        null,
  );
  const device = context.device(share.machine?.key ?? null);
  const visited = { address: entrance.address, node: machine?.node, addresses, device, ports: met };
  const unmet = await visitFromNode(visited, hops, context);
  if (unmet !== null) return hops.fail("visit", unmet);
  const https = share.machine?.httpsPort ? [{ port: HTTPS_PORT, protocol: "tcp" as const }] : [];
  const ports = exposure.endpoints.map(({ nodePort, protocol }) => ({ port: nodePort, protocol }));
  return await tryTailnet(device, addresses, [...ports, ...https], hops);
}

/** Visits the machine from the node, by address and by name. Returns the failure. */
async function visitFromNode(
  {
    address,
    node,
    addresses,
    device,
    ports,
  }: {
    /** The address where clients arrive. */
    address: string;
    /** The machine's. */
    node: NodeState | undefined;
    /** The machine's tailnet addresses. */
    addresses: readonly string[];
    device: OwnDevice;
    ports: readonly Endpoint[];
  },
  hops: HopList,
  context: CheckContext,
): Promise<Fault | null> {
  const from =
    context.node.state === "connected" && context.mode === "kernel" ? context.node.addresses : null;
  const filter = await device.packetFilter().catch(() => null);
  const visit = {
    from,
    to: addresses,
    ports: ports.map(({ port, protocol }) => ({ port, protocol })),
    filter,
  };
  const unmet = await visitMachine(visit, hops, context);
  if (unmet !== null || from === null || node?.state !== "connected") return unmet;
  return await tryNames(address, node.dnsName, ports, context.ask);
}

/** Why the machine is not in the tailnet. */
function notLive(exposure: Exclude<Exposure, { state: "live" }>): Fault {
  switch (exposure.state) {
    case "failed":
      return exposure.fault;
    case "needs-approval":
      return {
        code: "NODE_OFFLINE",
        message:
          exposure.by === "admin"
            ? "Its machine needs approval by an admin."
            : "Its machine isn't logged in yet.",
        hint: "Open the link in this container's row.",
      };
    case "waiting":
      return {
        code: "NODE_OFFLINE",
        message: "Own machines stop while this node is offline.",
        hint: "Log in or resume.",
      };
    case "pending":
      return notYet("MACHINE_FAILED", exposure.progress);
    default:
      return assertNever(exposure);
  }
}
