import { isIPv4, isIPv6 } from "node:net";
import type { ContainerPort } from "@tailnet-share/contract/model";
import type { ListeningPort } from "@tailnet-share/contract/routes";
import type { Listener } from "./listening.ts";

/** Longer lists are unreadable. */
const MOST_SHOWN = 256;
/** Start of the ephemeral UDP ports, which DNS queries and other clients use. */
const FIRST_EPHEMERAL = 32_768;

export function isLoopback(address: string): boolean {
  return address === "::1" || (isIPv4(address) && address.startsWith("127."));
}

/** Whether the listener receives packets to this address of the container. */
export function listensAt({ addresses }: Pick<Listener, "addresses">, address: string): boolean {
  return addresses.includes(isIPv6(address) ? "::" : "0.0.0.0") || addresses.includes(address);
}

/** Whether the listener is reachable from outside the container. */
export function isReachable({ addresses }: Pick<Listener, "addresses">): boolean {
  return addresses.some((address) => !isLoopback(address));
}

export function listenerOn(
  listeners: readonly Listener[],
  { port, protocol }: ContainerPort,
): Listener | undefined {
  return listeners.find((one) => one.port === port && one.protocol === protocol);
}

/** A listener as a panel shows it. Pure. */
export function listeningPort({ port, protocol, addresses }: Listener): ListeningPort {
  const reachable = addresses.filter((address) => !isLoopback(address));
  const shown = reachable.length > 0 ? reachable : addresses;
  const isAny = shown.some((address) => address === "0.0.0.0" || address === "::");
  return {
    port,
    protocol,
    at: reachable.length === 0 ? "loopback" : isAny ? "any" : "address",
    families: [
      ...(shown.some(isIPv4) ? (["ipv4"] as const) : []),
      ...(shown.every(isIPv4) ? [] : (["ipv6"] as const)),
    ],
  };
}

/** The ports worth showing, lowest first. Checks use the whole list instead. Pure. */
export function shownListeners(listeners: readonly Listener[]): Listener[] {
  return listeners
    .filter(({ port, protocol }) => protocol === "tcp" || port < FIRST_EPHEMERAL)
    .slice(0, MOST_SHOWN);
}
