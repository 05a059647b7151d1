import { isIPv4 } from "node:net";
import type { Fault } from "@tailnet-share/contract/errors";
import type { ContainerPort } from "@tailnet-share/contract/port";
import { portWords, unansweredFaults } from "@tailnet-share/contract/unanswered";
import { letsOpen, type PacketFilter } from "../tailscale/localapi/packet-filter.ts";
import type { ListeningTries } from "./listening.ts";
import type { HopList } from "./report.ts";

export interface Visit {
  /** The node's tailnet addresses; null while it is disconnected or can't open tailnet connections. */
  from: readonly string[] | null;
  /** The machine's tailnet addresses. */
  to: readonly string[];
  ports: readonly ContainerPort[];
  /** The tailnet's rules at the machine; null if unknown. */
  filter: PacketFilter | null;
}

/** Limit that keeps a check fast. */
const MOST_VISITED = 8;
/** Retries, because the first packets may be lost while two devices find each other. */
const TRIES = 3;

/** Visits a machine from the node over the tailnet, end to end. Returns the failures. */
export async function visitMachine(
  { from, to, ports, filter }: Visit,
  hops: HopList,
  { connect }: Pick<ListeningTries, "connect">,
): Promise<Fault | null> {
  const address = to.find(isIPv4);
  const tcp = ports.filter(({ protocol }) => protocol === "tcp");
  if (from === null || address === undefined) {
    hops.skip("visit", "This node can't connect to it: the node is offline, or has no TUN device.");
    return null;
  }
  if (tcp.length === 0) {
    hops.skip("visit", "UDP programs may stay silent, so there's nothing to test.");
    return null;
  }
  const open = tcp
    .filter((port) => filter === null || letsOpen(filter, from, to, port))
    .slice(0, MOST_VISITED);
  if (open.length === 0) {
    hops.skip("visit", "Your access controls don't let this node connect to it.");
    return null;
  }
  const answers = await Promise.all(
    open.map(async (port) => {
      let answer = await connect(address, port.port);
      for (let turn = 1; turn < TRIES && answer !== "taken" && answer !== "refused"; turn += 1)
        answer = await connect(address, port.port);
      return { port, answer };
    }),
  );
  const bad = answers.filter(({ answer }) => answer !== "taken");
  const [fault] = unansweredFaults(
    bad.map(({ port, answer }) => ({ ...port, reason: answer === "refused" ? "filtered" : "no-answer" })),
    "machine",
  );
  if (fault !== undefined) return fault;
  hops.pass("visit", `${portWords(open)} answered`);
  return null;
}
