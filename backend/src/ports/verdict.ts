import { isIPv4 } from "node:net";
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

/** Explains why a container's TCP port didn't accept a connection at an IPv4 address. Pure. */
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

/** Explains from the listeners why a port is unreachable at an IPv4 address; null when it is reachable or unknown. Pure. */
export function listeningReason(
  port: ContainerPort,
  address: string,
  { listeners, young }: Pick<Circumstances, "listeners" | "young">,
): UnansweredReason | null {
  if (listeners === null) return null;
  const listener = listenerOn(listeners, port);
  if (listener === undefined) return young ? "not-started" : "refused";
  if (listensAt(listener, address)) return null;
  const outward = listener.addresses.filter((address) => !isLoopback(address));
  if (outward.some(isIPv4)) return "other-address";
  return outward.length > 0 ? "ipv6-only" : "loopback-only";
}

/** Returns whether nothing listens on a port at all. Images declare ports that they never use. */
export function isIdle(reason: UnansweredReason): boolean {
  return reason === "refused" || reason === "not-started";
}
