import type { CheckHop } from "@tailnet-share/contract/check";
import { engineName } from "@tailnet-share/contract/engine-name";
import { assertNever, type Fault } from "@tailnet-share/contract/errors";
import type { NodeState } from "@tailnet-share/contract/node";
import type { Exposure } from "@tailnet-share/contract/share";
import { hasHttps } from "../reconcile/plan/plan.ts";
import { type ResolvedShare, wantedForwards } from "../reconcile/plan/resolve.ts";
import { isIsolated } from "../status/exposure.ts";
import type { CheckContext } from "./context.ts";
import { visitFromTailnet } from "./from-tailnet.ts";
import { visitHttps } from "./https-visit.ts";
import { tryPorts } from "./listening.ts";
import { tryNames } from "./names.ts";
import { type HopList, notYet } from "./report.ts";
import { tryTailnet } from "./tailnet.ts";

/** Follows a share on the node: over the network and the forwarding rules to the node, and from there to the tailnet. */
export async function checkOnNode(
  resolved: ResolvedShare,
  exposure: Exposure,
  hops: HopList,
  context: CheckContext,
): Promise<CheckHop[]> {
  const { share, target, found } = resolved;
  if (target === null)
    return hops.fail(
      "network",
      notYet("NO_NETWORK", `${engineName(context.observed.engine)} hasn't been asked yet.`),
    );
  if (target.kind === "unreachable") return hops.fail("network", target.fault);
  if (target.kind === "network" && !target.joined) {
    return hops.fail(
      "network",
      exposure.state === "failed"
        ? exposure.fault
        : notYet("NETWORK_UNREACHABLE", "Tailnet Share hasn't joined the container's network yet."),
    );
  }
  hops.pass(
    "network",
    target.kind === "host" ? "reached at the engine's host" : `reached on '${target.networkName}'`,
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
    return hops.fail("data-plane", notYet("HTTPS_NOT_READY", exposure.progress));
  if (exposure.state === "pending" || !(await context.rulesInPlace(wantedForwards(resolved, context.mode))))
    return hops.fail("data-plane", RULES_MISSING);
  hops.pass("data-plane", "rules in place");
  const { node } = context;
  if (node.state !== "connected") return hops.fail("node", offline(node));
  hops.pass("node", `connected to ${node.tailnet} as ${node.name}`);
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
