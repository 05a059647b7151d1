import { isIPv4, isIPv6 } from "node:net";
import type { ContainerPort } from "@tailnet-share/contract/port";
import type { UnansweredReason } from "@tailnet-share/contract/share";
import { isLoopback, listenerOn, listensAt } from "./listener-addresses.ts";
import type { Listener } from "./listening.ts";

export interface Circumstances {
  /** Listeners in the container; null while unknown. */
  listeners: readonly Listener[] | null;
  /** The container was started moments ago. */
  young: boolean;
  /** The engine isolates the network's containers from each other (`enable_icc=false`). */
  isolated: boolean;
}

/** Explains why a container's TCP port didn't accept a connection at an address. Pure. */
export function reasonFor(
  answer: "refused" | "none",
  port: ContainerPort,
  address: string,
  circumstances: Circumstances,
): UnansweredReason {
  if (answer === "none") return circumstances.isolated ? "filtered" : "no-answer";
  if (circumstances.listeners === null) return circumstances.young ? "not-started" : "refused";
  // A program listens at this address, so a firewall refused.
  return listeningReason(port, address, circumstances) ?? "filtered";
}

/** Explains from the listeners why a port is unreachable at an address; null when it is reachable or unknown. Pure. */
export function listeningReason(
  port: ContainerPort,
  address: string,
  { listeners, young }: Pick<Circumstances, "listeners" | "young">,
): UnansweredReason | null {
  if (listeners === null) return null;
  const listener = listenerOn(listeners, port);
  if (listener === undefined) return young ? "not-started" : "refused";
  if (listener.lacksIPv6) return "no-ipv6";
  if (listensAt(listener, address)) return null;
  const outward = listener.addresses.filter((address) => !isLoopback(address));
  if (outward.length === 0) return "loopback-only";
  if (outward.some(isIPv6(address) ? isIPv6 : isIPv4)) return "other-address";
  return isIPv6(address) ? "ipv4-only" : "ipv6-only";
}

/** Returns whether nothing listens on a port at all. Images declare ports that they never use. */
export function isIdle(reason: UnansweredReason): boolean {
  return reason === "refused" || reason === "not-started";
}
