import { readFileSync } from "node:fs";
import type { Protocol } from "@tailnet-share/contract/port";

/** Conntrack timeouts after a flow's last packet, in seconds. */
export interface FlowTimeouts {
  established: number;
  /** Replaces `established` while data is unacknowledged. */
  unacknowledged: number;
  udp: number;
  /** UDP flows with traffic both ways for two seconds. */
  udpStream: number;
}

/** Linux' defaults. Source: `net/netfilter/nf_conntrack_proto_{tcp,udp}.c` */
export const USUAL_TIMEOUTS: FlowTimeouts = {
  established: 432_000,
  unacknowledged: 300,
  udp: 30,
  udpStream: 120,
};

const FILES: Readonly<Record<keyof FlowTimeouts, string>> = {
  established: "tcp_timeout_established",
  unacknowledged: "tcp_timeout_unacknowledged",
  udp: "udp_timeout",
  udpStream: "udp_timeout_stream",
};

/** This network namespace's timeouts; Linux' defaults when they can't be read. */
export function readFlowTimeouts(): FlowTimeouts {
  const read = (name: keyof FlowTimeouts): number => {
    try {
      const seconds = Number(readFileSync(`/proc/sys/net/netfilter/nf_conntrack_${FILES[name]}`, "utf8"));
      return seconds > 0 ? seconds : USUAL_TIMEOUTS[name];
    } catch {
      return USUAL_TIMEOUTS[name];
    }
  };
  return {
    established: read("established"),
    unacknowledged: read("unacknowledged"),
    udp: read("udp"),
    udpStream: read("udpStream"),
  };
}

/** The part of a flow's entry that tells its age. */
export interface FlowAge {
  readonly protocol: Protocol;
  /** Seconds until the kernel forgets the flow, unless another packet comes. */
  readonly lifetime: number;
  /** TCP's state, as in `ESTABLISHED`; undefined for UDP. */
  readonly state: string | undefined;
  /** Whether the kernel saw enough packets both ways. */
  readonly isAssured: boolean;
}

/**
 * Seconds since a flow's last packet: each packet resets the remaining lifetime to the full timeout. Infinite for a TCP connection that is
 * closed or not open yet.
 */
export function idleSecondsOf(
  { protocol, lifetime, state, isAssured }: FlowAge,
  timeouts: FlowTimeouts,
): number {
  if (protocol === "udp") return since(lifetime, timeouts.udp, isAssured ? timeouts.udpStream : timeouts.udp);
  if (state !== "ESTABLISHED") return Number.POSITIVE_INFINITY;
  return since(lifetime, timeouts.unacknowledged, timeouts.established);
}

/** Prefers `shorter` where it applies: counting one client too many is safe. */
function since(lifetime: number, shorter: number, longer: number): number {
  const whole = lifetime <= shorter ? Math.min(shorter, longer) : longer;
  return Math.max(0, whole - lifetime);
}
