import { assertNever, type Fault } from "./errors.ts";
import type { ContainerPort } from "./port.ts";
import type { Mode, Unanswered, UnansweredReason } from "./share.ts";

/** Explains why some ports of a share don't answer and how to fix it, with one fault per reason. Pure. */
export function unansweredFaults(unanswered: readonly Unanswered[], mode: Mode): Fault[] {
  return byReason(unanswered).map(({ reason, ports }) => faultFor(reason, ports, mode));
}

/** Groups the ports by reason, in the order of the list. Pure. */
export function byReason(
  unanswered: readonly Unanswered[],
): { reason: UnansweredReason; ports: ContainerPort[] }[] {
  const reasons = [...new Set(unanswered.map(({ reason }) => reason))];
  return reasons.map((reason) => ({ reason, ports: unanswered.filter((entry) => entry.reason === reason) }));
}

/** Names ports for a sentence: `port 80`, `ports 80 and 443`, `UDP port 53`, `ports 80 and 53/udp`. Pure. */
export function portWords(ports: readonly ContainerPort[]): string {
  const allUdp = ports.every(({ protocol }) => protocol === "udp");
  const names = ports.map(({ port, protocol }) =>
    protocol === "udp" && !allUdp ? `${port}/udp` : `${port}`,
  );
  return `${allUdp ? "UDP " : ""}${ports.length === 1 ? "port" : "ports"} ${LIST.format(names)}`;
}

const LIST = new Intl.ListFormat("en-GB");

function faultFor(reason: UnansweredReason, list: readonly ContainerPort[], mode: Mode): Fault {
  const onNode = mode === "node";
  const ports = portWords(list);
  /** A machine reaches programs on 127.0.0.1 and on IPv6 by forwarding, which is TCP only. */
  const machineHelps = onNode && list.every(({ protocol }) => protocol === "tcp");
  switch (reason) {
    case "refused":
      return {
        code: "NOT_LISTENING",
        message: `Nothing in the container ${ports.startsWith("UDP") ? "listens" : "takes connections"} on ${ports}.`,
        hint: "Check that the application is up, uses this port and listens on 0.0.0.0 and not on 127.0.0.1.",
      };
    case "not-started":
      return {
        code: "NOT_LISTENING",
        message: `The container started moments ago, and nothing listens on ${ports} yet.`,
        hint: "Wait until the application has started.",
      };
    case "no-answer":
      return {
        code: "NO_ANSWER",
        message: `Packets to ${ports} get no answer.`,
        hint: onNode
          ? "Check the firewall in the container and on the engine's host, and that the application is not stuck. An own machine doesn't need the container's network."
          : "Check the firewall in the container, and whether a VPN in it sends the answers another way. Shared on this node it may work.",
      };
    case "filtered":
      return {
        code: "NO_ANSWER",
        message: `A firewall or the container's network blocks ${ports}.`,
        hint: onNode
          ? "Share it as its own machine, or let containers on its network reach each other (enable_icc)."
          : "Allow it in the container's firewall.",
      };
    case "loopback-only":
    case "other-address":
    case "ipv6-only":
    case "ipv4-only":
    case "no-ipv6":
      return { code: "NOT_LISTENING", ...ELSEWHERE[reason](ports, machineHelps) };
    default:
      return assertNever(reason);
  }
}

type Elsewhere = Extract<
  UnansweredReason,
  "loopback-only" | "other-address" | "ipv6-only" | "ipv4-only" | "no-ipv6"
>;

/** A program that listens, but not at the address where clients arrive. */
const ELSEWHERE: Record<
  Elsewhere,
  (ports: string, machineHelps: boolean) => Pick<Fault, "message" | "hint">
> = {
  "loopback-only": (ports, machineHelps) => ({
    message: `The application listens on 127.0.0.1 only, on ${ports}.`,
    hint: machineHelps
      ? "Share it as its own machine, which also reaches 127.0.0.1, or have it listen on 0.0.0.0."
      : "Have it listen on all addresses and not on 127.0.0.1.",
  }),
  "other-address": (ports) => ({
    message: `The application listens on ${ports} at another address of the container only.`,
    hint: "Have it listen on all addresses.",
  }),
  "ipv6-only": (ports, machineHelps) => ({
    message: `The application listens on ${ports} over IPv6 only, and clients connect over IPv4.`,
    hint: machineHelps
      ? "Have it listen on 0.0.0.0 as well, or share it as its own machine."
      : "Have it listen on 0.0.0.0 as well.",
  }),
  "ipv4-only": (ports) => ({
    message: `The application listens on ${ports} over IPv4 only, and clients connect over IPv6.`,
    hint: "Have it listen on :: as well.",
  }),
  "no-ipv6": (ports) => ({
    message: `The application listens on ${ports} over IPv6 only, and the container has no IPv6.`,
    hint: "Have it listen on 0.0.0.0 as well.",
  }),
};
