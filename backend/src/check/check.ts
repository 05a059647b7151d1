import type { CheckHop, CheckReport } from "@tailnet-share/contract/check";
import { assertNever, type Fault } from "@tailnet-share/contract/errors";
import type { NodeState } from "@tailnet-share/contract/node";
import type { ContainerPort } from "@tailnet-share/contract/port";
import type { Exposure } from "@tailnet-share/contract/share";
import type { RunState } from "@tailnet-share/contract/workload";
import type { Forward } from "../dataplane/data-plane.ts";
import { entranceOf } from "../machines/container/entrance.ts";
import { isForwarded } from "../machines/container/forwards.ts";
import { listeningReason } from "../ports/verdict.ts";
import { hasHttps } from "../reconcile/plan/plan.ts";
import { type ResolvedShare, resolveShares, wantedForwards } from "../reconcile/plan/resolve.ts";
import type { StoredShare } from "../shares/stored-share.ts";
import { type ExposureContext, exposureOf, isIsolated } from "../status/exposure.ts";
import { type FromTailnet, visitFromTailnet } from "./from-tailnet.ts";
import { type OpenTls, visitHttps } from "./https-visit.ts";
import { type ListeningTries, lookForPorts, tryPorts } from "./listening.ts";
import { type AskByName, tryNames } from "./names.ts";
import { createHopList, type HopList, notRunning, notYet } from "./report.ts";
import { type OwnDevice, tryTailnet } from "./tailnet.ts";
import { visitMachine } from "./visit.ts";

/** The port where a machine's HTTPS answers, whatever port of the container it leads to. */
const HTTPS_PORT = 443;

export interface CheckContext extends ListeningTries, FromTailnet, ExposureContext {
  /** Requests a page from a web server by a host name. */
  ask: AskByName;
  openTls: OpenTls;
  /** Whether exactly these forwards, with the rules around them, are in force now. */
  rulesInPlace: (forwards: readonly Forward[]) => Promise<boolean>;
  /** The node, or a machine by its key. */
  device: (machineKey: string | null) => OwnDevice;
}

/**
 * Follows the path from the container to the tailnet's other devices, and names the first hop that fails. Connects to each shared TCP port
 * of a container that is shared on the node, and once more from a machine, over the tailnet.
 */
export async function checkShare(share: StoredShare, context: CheckContext): Promise<CheckReport> {
  const hops = createHopList();
  const [resolved] = resolveShares([share], context.observed);
  if (resolved === undefined) throw new Error("a share resolves to one thing");
  const container = resolved.found?.container;
  const run: RunState = container?.run ?? "removed";
  const exposure = exposureOf(resolved, context);
  const of = { run, containerId: container?.id ?? null, exposure };
  const { engine } = context.observed;
  if (run !== "running")
    return {
      hops: hops.fail("container", engine.state === "unreachable" ? engine.fault : notRunning(run)),
      of,
    };
  if (engine.state === "unreachable")
    hops.skip("container", "It ran when Docker Engine last responded; now it doesn't respond.");
  else hops.pass("container", "The container is running.");
  const walk = share.mode === "machine" ? checkMachine : checkOnNode;
  return { hops: await walk(resolved, exposure, hops, context), of };
}

async function checkOnNode(
  resolved: ResolvedShare,
  exposure: Exposure,
  hops: HopList,
  context: CheckContext,
): Promise<CheckHop[]> {
  const { share, target, found } = resolved;
  if (target === null)
    return hops.fail("network", notYet("NO_NETWORK", "Docker Engine hasn't been asked yet."));
  if (target.kind === "unreachable") return hops.fail("network", target.fault);
  if (target.kind === "network" && !target.joined) {
    return hops.fail(
      "network",
      exposure.state === "failed"
        ? exposure.fault
        : notYet("NETWORK_UNREACHABLE", "The extension hasn't joined the container's network yet."),
    );
  }
  hops.pass(
    "network",
    target.kind === "host"
      ? "Reached at the engine's host."
      : `Reached on the network '${target.networkName}'.`,
  );
  const entrance = {
    address: target.address,
    young: found?.container.young ?? false,
    isolated: target.kind === "network" && isIsolated(target.networkId, context.observed),
  };
  const silent = await tryPorts(entrance, share.ports, hops, context);
  if (silent !== null) return hops.fail("listening", silent);
  const nodeName = context.node.state === "connected" ? context.node.dnsName : "";
  const unnamed = await tryNames(target.address, nodeName, share.ports, context.ask);
  if (unnamed !== null) return hops.fail("listening", unnamed);
  if (exposure.state === "failed") return hops.fail("data-plane", exposure.fault);
  if (exposure.state === "pending" && context.node.state === "connected" && hasHttps(resolved))
    return hops.fail("data-plane", notYet("HTTPS_NOT_READY", `It waits for ${exposure.waitsFor}.`));
  if (exposure.state === "pending" || !(await context.rulesInPlace(wantedForwards(resolved, context.mode))))
    return hops.fail("data-plane", RULES_MISSING);
  hops.pass("data-plane", "The forwarding rules are in place.");
  const { node } = context;
  if (node.state !== "connected") return hops.fail("node", offline(node));
  hops.pass("node", `Connected to ${node.tailnet} as ${node.name}.`);
  const unserved =
    context.mode === "kernel" ? await visitHttps(node, share.ports, hops, context.openTls) : null;
  if (unserved !== null) return hops.fail("visit", unserved);
  const device = context.device(null);
  const visited = { node, ports: share.ports, mode: context.mode, device };
  const unmet = await visitFromTailnet(visited, hops, context);
  if (unmet !== null) return unmet;
  const ports = share.ports.map(({ nodePort, protocol }) => ({ port: nodePort, protocol }));
  return await tryTailnet(device, node.addresses, ports, hops);
}

/** A machine answers from within the container's network, so no network or rule is in between. */
async function checkMachine(
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
  const served = (port: ContainerPort) => machine?.inside != null && isForwarded(port, machine.inside);
  const looked = await context.listening();
  const silent = lookForPorts(entrance, share.ports, hops, looked, served);
  /** The report above already names idle ports, so don't visit them. */
  const meets = (port: ContainerPort) =>
    served(port) ||
    looked.fault !== null ||
    listeningReason(port, entrance.address, { listeners: looked.listeners, young: entrance.young }) === null;
  if (silent !== null) return hops.fail("listening", silent);
  switch (exposure.state) {
    case "live": {
      hops.pass("machine", "Its machine is connected to the tailnet.");
      const device = context.device(share.machine?.key ?? null);
      const met = exposure.endpoints.filter((port) => meets(port));
      const from =
        context.node.state === "connected" && context.mode === "kernel" ? context.node.addresses : null;
      const filter = await device.packetFilter().catch(() => null);
      const visit = {
        from,
        to: addresses,
        ports: met.map(({ port, protocol }) => ({ port, protocol })),
        filter,
      };
      const unmet = await visitMachine(visit, hops, context);
      if (unmet !== null) return hops.fail("visit", unmet);
      if (from !== null && machine?.node.state === "connected") {
        const unnamed = await tryNames(entrance.address, machine.node.dnsName, met, context.ask);
        if (unnamed !== null) return hops.fail("visit", unnamed);
      }
      const https = share.machine?.httpsPort ? [{ port: HTTPS_PORT, protocol: "tcp" as const }] : [];
      const ports = exposure.endpoints.map(({ nodePort, protocol }) => ({ port: nodePort, protocol }));
      return await tryTailnet(device, addresses, [...ports, ...https], hops);
    }
    case "failed":
      return hops.fail("machine", exposure.fault);
    case "needs-approval":
      return hops.fail("machine", {
        code: "NODE_OFFLINE",
        message:
          exposure.by === "admin"
            ? "Its machine needs approval by an admin."
            : "Its machine isn't logged in yet.",
        hint: "Open the link in this container's row.",
      });
    case "waiting":
      return hops.fail("machine", {
        code: "NODE_OFFLINE",
        message: "Own machines stop while this node is offline.",
        hint: "Log in or resume.",
      });
    case "pending":
      return hops.fail("machine", notYet("MACHINE_FAILED", `It waits for ${exposure.waitsFor}.`));
    default:
      return assertNever(exposure);
  }
}

const RULES_MISSING: Fault = {
  code: "DATAPLANE_FAILED",
  message: "Forwarding rules are missing or were changed.",
  hint: "They're restored within seconds. Test again. If this persists, another program changes them.",
};

function offline(node: Exclude<NodeState, { state: "connected" }>): Fault {
  const fault = (message: string, hint: string): Fault => ({ code: "NODE_OFFLINE", message, hint });
  switch (node.state) {
    case "paused":
      return fault("This node is paused.", "Resume it.");
    case "expired":
      return fault("This node's key expired.", "Reauthenticate. Shares are kept.");
    case "logged-out":
      return fault("This node is logged out.", "Log in.");
    case "needs-approval":
      return fault("This node needs approval by an admin.", "Approve it in the admin console.");
    case "failed":
      return node.fault;
    case "starting":
    case "connecting":
      return fault(
        `This node is not connected: it waits for ${node.waitsFor}.`,
        "Wait a moment and test again.",
      );
    default:
      return assertNever(node);
  }
}
