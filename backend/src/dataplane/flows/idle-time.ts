import { readFileSync } from "node:fs";

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

/**
 * Seconds since a flow's last packet, from its line in `conntrack -L`: each packet resets the remaining lifetime to the full timeout.
 * Infinite for a flow that is closed or not open yet.
 */
export function idleSecondsOf(line: string, timeouts: FlowTimeouts): number {
  const [, protocol, lifetime = ""] = /^(\w+)\s+\d+\s+(\d+)\s/.exec(line) ?? [];
  if (protocol === "tcp") {
    if (!line.includes(" ESTABLISHED ")) return Number.POSITIVE_INFINITY;
    return since(Number(lifetime), timeouts.unacknowledged, timeouts.established);
  }
  if (protocol !== "udp") return Number.POSITIVE_INFINITY;
  return since(
    Number(lifetime),
    timeouts.udp,
    line.includes("[ASSURED]") ? timeouts.udpStream : timeouts.udp,
  );
}

/** Prefers `shorter` where it applies: counting one client too many is safe. */
function since(lifetime: number, shorter: number, longer: number): number {
  const whole = lifetime <= shorter ? Math.min(shorter, longer) : longer;
  return Math.max(0, whole - lifetime);
}
