import { readFileSync } from "node:fs";

/** For how long the kernel remembers a flow after its last packet, in seconds. */
export interface FlowTimeouts {
  established: number;
  /** In place of `established` while data waits for its acknowledgement. */
  unacknowledged: number;
  udp: number;
  /** UDP that went both ways for two seconds. */
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

/** As this network namespace has them; where they cannot be read, Linux' defaults. */
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
 * How long nothing has come by a flow, in seconds, from its line in `conntrack -L`: each packet sets the time that the kernel will
 * still remember it back to the whole. Infinite for one that carries nothing any more, or nothing yet.
 */
export function quietSecondsOf(line: string, timeouts: FlowTimeouts): number {
  const [, protocol, left = ""] = /^(\w+)\s+\d+\s+(\d+)\s/.exec(line) ?? [];
  if (protocol === "tcp") {
    if (!line.includes(" ESTABLISHED ")) return Number.POSITIVE_INFINITY;
    return since(Number(left), timeouts.unacknowledged, timeouts.established);
  }
  if (protocol !== "udp") return Number.POSITIVE_INFINITY;
  return since(Number(left), timeouts.udp, line.includes("[ASSURED]") ? timeouts.udpStream : timeouts.udp);
}

/** `shorter` counts where it can: rather a visitor too many. */
function since(left: number, shorter: number, longer: number): number {
  const whole = left <= shorter ? Math.min(shorter, longer) : longer;
  return Math.max(0, whole - left);
}
