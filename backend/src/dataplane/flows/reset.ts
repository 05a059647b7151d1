import { connect } from "node:net";
import { RESET_PORTS } from "../rules/chains.ts";
import type { Ending } from "./conntrack.ts";

/** How long an end may take to answer. Milliseconds. */
const ANSWER_MS = 300;

/** A connection end to reset, and the local port that the reset uses. */
export interface Reset extends Ending {
  readonly localPort: number;
}

let last = -1;

/** Gives each ending its own local port. Endings beyond the last port are skipped: those ends get a reset when they send. */
export function withPorts(endings: readonly Ending[]): Reset[] {
  const count = RESET_PORTS.last - RESET_PORTS.first + 1;
  return endings.slice(0, count).map((ending) => {
    last = (last + 1) % count;
    return { ...ending, localPort: RESET_PORTS.first + last };
  });
}

/**
 * Entries for `conntrack --load-file`. They rewrite a reset's local port to the port that the end knows, and route answers back.
 * They expire within seconds.
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
 * Makes each end reset its connection, although only the ends' kernels know the sequence numbers. A local socket sends a SYN, which
 * the ruleset turns into a plain ACK. An end with the connection open answers with the numbers that it expects (RFC 9293, 3.5.2:
 * half-open connections). The local kernel has no such connection and resets it with those numbers. An end without the connection
 * resets the local socket. This can't open a connection, even if another container has the address by now.
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
