import { isIPv4 } from "node:net";
import type { CheckHop } from "@tailnet-share/contract/check";
import { assertNever, type Fault } from "@tailnet-share/contract/errors";
import type { DataPlane } from "@tailnet-share/contract/node";
import type { SharedPort } from "@tailnet-share/contract/share";
import { portWords } from "@tailnet-share/contract/unanswered";
import type { Clock } from "../lib/clock.ts";
import type { NodeVisit, VisitNode } from "../machines/visiting/visitor.ts";
import type { HopList } from "./report.ts";
import type { OwnDevice } from "./tailnet.ts";

export interface FromTailnet {
  /** Has a machine visit the node. */
  visitNode: VisitNode;
  /** The local address from which the kernel sends to an address; null without a route. Sends nothing. */
  sourceTowards: (address: string) => Promise<string | null>;
  clock: Pick<Clock, "sleep">;
}

interface Visited {
  node: { readonly addresses: readonly string[]; readonly tailnet: string };
  ports: readonly SharedPort[];
  mode: DataPlane["mode"];
  /** The node as a device of the tailnet. */
  device: Pick<OwnDevice, "packetFilter" | "addressesOfOthers">;
}

/**
 * Has a machine visit the node's TCP ports over the tailnet. If none can, checks that answers are routed back to the tailnet. Returns the
 * report if it ends with a failure, or null.
 */
export async function visitFromTailnet(
  visited: Visited,
  hops: HopList,
  fromTailnet: FromTailnet,
): Promise<CheckHop[] | null> {
  const { node, device, mode } = visited;
  const ports = visited.ports.filter(({ protocol }) => protocol === "tcp").map(({ nodePort }) => nodePort);
  const filter = ports.length === 0 ? null : await device.packetFilter().catch(() => null);
  const visit: NodeVisit =
    ports.length === 0 ? { kind: "nobody" } : await fromTailnet.visitNode({ ...node, ports, filter });
  if (visit.kind === "met") {
    hops.pass("machine-visit", `${words(visit.ports)} answered ${visit.by}`);
    return null;
  }
  // In userspace mode tailscaled itself answers, and the kernel routes nothing.
  const back = mode === "kernel" ? await wayBack(node.addresses, device, fromTailnet) : null;
  const lost = back !== null && back !== "found" ? back : null;
  if (visit.kind === "unmet") return hops.fail("machine-visit", lost ?? unmet(visit));
  const why = reasonOf(visit);
  if (why !== null) hops.skip("machine-visit", why);
  if (lost !== null) return hops.fail("way-back", lost);
  if (back === "found") hops.pass("way-back", "through the tailnet's interface");
  return null;
}

/**
 * Returns whether the kernel sends to the tailnet's other devices from the node's own address; null without any other device. Looks twice
 * before it finds fault: tailscaled lists a device for a moment before it has a route to it, and after.
 */
async function wayBack(
  own: readonly string[],
  { addressesOfOthers }: Pick<OwnDevice, "addressesOfOthers">,
  { sourceTowards, clock }: FromTailnet,
): Promise<Fault | "found" | null> {
  const others = async () => (await addressesOfOthers().catch(() => [])).filter(isIPv4);
  async function astray(addresses: readonly string[]): Promise<readonly string[]> {
    const sources = await Promise.all(addresses.map(sourceTowards));
    return addresses.filter((_, index) => !own.includes(sources[index] ?? ""));
  }
  const addresses = (await others()).slice(0, MOST_LOOKED_UP);
  if (addresses.length === 0) return null;
  const first = await astray(addresses);
  if (first.length === 0) return "found";
  await clock.sleep(SETTLED_MS);
  const listed = new Set(await others());
  const [still] = await astray(first.filter((address) => listed.has(address)));
  return still === undefined ? "found" : leavesElsewhere(still);
}

/** After this long, tailscaled has set the routes to the devices that it lists. Milliseconds. */
const SETTLED_MS = 1_000;
/** A tailnet may have thousands of devices. */
const MOST_LOOKED_UP = 256;

/** The reason why no machine visited the node; null if no machine could. Pure. */
function reasonOf(visit: Exclude<NodeVisit, { kind: "met" | "unmet" }>): string | null {
  switch (visit.kind) {
    case "nobody":
      return null;
    case "not-allowed":
      return `Your access controls don't let ${visit.by} connect to it.`;
    case "cut-off":
      return `${visit.by} can't reach this node over the tailnet right now.`;
    case "unable":
      return `${visit.by} couldn't connect to it from its container.`;
    default:
      return assertNever(visit);
  }
}

function unmet({ by, port, answer }: Extract<NodeVisit, { kind: "unmet" }>): Fault {
  return {
    code: "VISIT_FAILED",
    message: `${by} tried ${words([port])} of this node over the tailnet and ${answer === "refused" ? "was refused" : "got no answer"}.`,
    hint: `Restart Tailnet Share. If this persists, look for packet rules and routes that something else has added in Tailnet Share's container, or in that of ${by}.`,
  };
}

function leavesElsewhere(address: string): Fault {
  return {
    code: "VISIT_FAILED",
    message: `Answers to ${address}, a device of the tailnet, don't leave through the tailnet's interface.`,
    hint: "Restart Tailnet Share. If this persists, look for a container network with this address, and for routes that something else has added in Tailnet Share's container.",
  };
}

function words(ports: readonly number[]): string {
  return portWords(ports.map((port) => ({ port, protocol: "tcp" })));
}
