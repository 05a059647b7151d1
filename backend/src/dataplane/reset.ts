import { connect } from "node:net";
import type { Ending } from "./conntrack.ts";
import { RESET_PORTS } from "./ruleset.ts";

/** How long an end may take to answer. Milliseconds. */
const ANSWER_MS = 300;

/** An ending and the local port that it is announced from. */
export interface Reset extends Ending {
  readonly localPort: number;
}

let last = -1;

/** Gives each ending a local port of its own. What there are no ports for is left out: those ends learn it when they send. */
export function withPorts(endings: readonly Ending[]): Reset[] {
  const count = RESET_PORTS.last - RESET_PORTS.first + 1;
  return endings.slice(0, count).map((ending) => {
    last = (last + 1) % count;
    return { ...ending, localPort: RESET_PORTS.first + last };
  });
}

/**
 * Entries for `conntrack --load-file`: what leaves from a reset's local port has the port that its end knows, and answers come back.
 * The kernel forgets them in seconds.
 */
export function translationsFor(resets: readonly Reset[]): string {
  return resets
    .map(
      ({ from, to, localPort }) =>
        `-I -p tcp -s ${from.address} -d ${to.address} --sport ${localPort} --dport ${to.port} -n ${from.address}:${from.port} --state SYN_SENT --timeout 3\n`,
    )
    .join("");
}

/**
 * Has each end reset its connection, which nobody but the kernels knows the sequence numbers of. A socket of ours asks for a
 * connection; the ruleset makes a plain acknowledgement of that packet. An end that has the connection answers with the numbers that it
 * expects (RFC 9293, 3.5.2: half-open connections); our kernel knows of none and resets it with those. An end without one resets
 * ours. Nothing can be opened by it, whoever has the address by now.
 */
export function announce(resets: readonly Reset[]): void {
  for (const { from, to, localPort } of resets) {
    const socket = connect({
      host: to.address,
      port: to.port,
      localAddress: from.address,
      localPort,
      timeout: ANSWER_MS,
    });
    const close = () => void socket.destroy();
    socket.once("connect", close).once("timeout", close).once("error", close);
  }
}
