import type { Fault } from "@tailnet-share/contract/errors";
import type { ContainerPort } from "@tailnet-share/contract/port";
import type { Unanswered } from "@tailnet-share/contract/share";
import { portWords, unansweredFaults } from "@tailnet-share/contract/unanswered";
import type { Looked } from "../machines/watch/listening-look.ts";
import type { Answer } from "../ports/answer.ts";
import { type Circumstances, isIdle, listeningReason, reasonFor } from "../ports/verdict.ts";
import type { HopList } from "./report.ts";

export interface ListeningTries {
  /** Opens and closes a TCP connection. */
  connect: (address: string, port: number) => Promise<Answer>;
  /** Sends an empty UDP datagram. */
  send: (address: string, port: number) => Promise<Answer>;
  /** The current listeners in the share's container, as seen from within its network namespace. */
  listening: () => Promise<Looked>;
}

/** A container as clients reach it. */
export interface Entrance extends Omit<Circumstances, "listeners"> {
  /** The address where clients arrive. */
  address: string;
}

/**
 * Connects to each TCP port from the same place as the node's clients. An unanswered UDP packet proves nothing, so UDP listeners are
 * looked up inside the container. Returns the failures.
 */
export async function tryPorts(
  entrance: Entrance,
  ports: readonly ContainerPort[],
  hops: HopList,
  { connect, send, listening }: ListeningTries,
): Promise<Fault | null> {
  const udp = ports.filter(({ protocol }) => protocol === "udp");
  const answers = await Promise.all(
    ports
      .filter(({ protocol }) => protocol === "tcp")
      .map(async (port) => ({ port, answer: await connect(entrance.address, port.port) })),
  );
  const closed = answers.filter(({ answer }) => answer !== "taken");
  const looked = closed.length === 0 && udp.length === 0 ? null : await listening();
  const circumstances = { ...entrance, listeners: looked?.fault === null ? looked.listeners : null };
  const bad: Unanswered[] = closed.map(({ port, answer }) => ({
    ...port,
    reason: reasonFor(answer === "refused" ? "refused" : "none", port, entrance.address, circumstances),
  }));
  const untold: ContainerPort[] = [];
  for (const port of udp) {
    const reason = listeningReason(port, entrance.address, circumstances);
    if (reason !== null) bad.push({ ...port, reason });
    else if (circumstances.listeners === null) {
      const answer = await send(entrance.address, port.port);
      if (answer === "refused") bad.push({ ...port, reason: "refused" });
      else if (answer !== "taken") untold.push(port);
    }
  }
  const [fault] = unansweredFaults(bad.map(plain), "node");
  if (fault !== undefined) return fault;
  if (untold.length > 0) {
    const why = looked?.fault?.message ?? "";
    const tcp = answers.length > 0 ? "TCP accepts connections. " : "";
    hops.skip("listening", `${tcp}Can't tell whether anything listens on ${portWords(untold)}. ${why}`);
  } else hops.pass("listening", answers.length > 0 ? "accepts connections" : "listens for UDP");
  return null;
}

/**
 * A machine's clients arrive inside the container's own network namespace, so its listeners decide. Returns the failures.
 * `served`: ports that tailscaled answers for a program that clients can't reach directly.
 */
export function lookForPorts(
  entrance: Entrance,
  ports: readonly ContainerPort[],
  hops: HopList,
  { listeners, fault }: Looked,
  served: (port: ContainerPort) => boolean,
): Fault | null {
  if (fault !== null) {
    hops.skip("listening", fault.message);
    return null;
  }
  const named = ports.length > 0 ? ports : listeners.map(({ port, protocol }) => ({ port, protocol }));
  const bad = named.flatMap((port): Unanswered[] => {
    const reason = served(port) ? null : listeningReason(port, entrance.address, { ...entrance, listeners });
    return reason === null ? [] : [{ ...port, reason }];
  });
  if (named.length === 0) return NOTHING_LISTENS;
  const works = bad.length < named.length;
  // Images declare unused ports, and a program may keep private ones.
  const remarked = works ? bad.filter(({ reason }) => isIdle(reason) || ports.length === 0) : [];
  const [failed] = unansweredFaults(bad.filter((port) => !remarked.includes(port)).map(plain), "machine");
  if (failed !== undefined) return failed;
  const idle = remarked.filter(({ reason }) => isIdle(reason));
  hops.pass("listening", idle.length === 0 ? "open" : `open, except ${portWords(idle)}`);
  return null;
}

function plain({ port, protocol, reason }: Unanswered): Unanswered {
  return { port, protocol, reason };
}

const NOTHING_LISTENS: Fault = {
  code: "NOT_LISTENING",
  message: "No port of the container is open to other devices.",
  hint: "Check that the application is up and listens on 0.0.0.0 and not on 127.0.0.1.",
};
