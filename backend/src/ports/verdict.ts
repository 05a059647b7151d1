import { isIPv4 } from "node:net";
import type { ContainerPort, UnansweredReason } from "@tailnet-share/contract/model";
import type { Listener } from "./listening.ts";
import { isLoopback, listenerOn, listensAt } from "./places.ts";

/**
 * What came of opening a connection. `taken`: something listens there. `refused`: the other side said that nothing does, or a firewall
 * said so. `none`: nothing came back in time, or there is no way there. Null: the try could not be made.
 */
export type Answer = "taken" | "refused" | "none" | null;

export interface Circumstances {
  /** What listens in the container; null while that is not known. */
  listeners: readonly Listener[] | null;
  /** The container was started moments ago. */
  young: boolean;
  /** The engine lets no container on the network reach another one (`enable_icc=false`). */
  isolated: boolean;
}

/** Why a TCP port that was tried at an IPv4 address of its container did not take the connection. Pure. */
export function reasonFor(
  answer: "refused" | "none",
  port: ContainerPort,
  address: string,
  circumstances: Circumstances,
): UnansweredReason {
  if (answer === "none") return circumstances.isolated ? "filtered" : "no-answer";
  if (circumstances.listeners === null) return circumstances.young ? "not-started" : "refused";
  // It listens where it was tried, so a firewall answered in its place.
  return listeningReason(port, address, circumstances) ?? "filtered";
}

/** Why nobody is met at an IPv4 address of a container, by the list of what listens there; null when somebody is, or nobody knows. Pure. */
export function listeningReason(
  port: ContainerPort,
  address: string,
  { listeners, young }: Pick<Circumstances, "listeners" | "young">,
): UnansweredReason | null {
  if (listeners === null) return null;
  const listener = listenerOn(listeners, port);
  if (listener === undefined) return young ? "not-started" : "refused";
  if (listensAt(listener, address)) return null;
  const others = listener.addresses.filter((one) => !isLoopback(one));
  if (others.some(isIPv4)) return "other-address";
  return others.length > 0 ? "ipv6-only" : "loopback-only";
}

/** Whether nothing at all listens on a port: images declare ports that they leave so. */
export function isIdle(reason: UnansweredReason): boolean {
  return reason === "refused" || reason === "not-started";
}
