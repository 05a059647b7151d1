import { isIPv4, isIPv6 } from "node:net";
import type { ListeningPort } from "@tailnet-share/contract/listening";
import type { ContainerPort } from "@tailnet-share/contract/port";
import type { Listener } from "./listening.ts";

/** Longer lists are unreadable. */
const MOST_SHOWN = 256;
/** Start of the ephemeral UDP ports, which DNS queries and other clients use. */
const FIRST_EPHEMERAL = 32_768;

export function isLoopback(address: string): boolean {
  return address === "::1" || (isIPv4(address) && address.startsWith("127."));
}

/** Returns whether the listener receives packets to this address of the container. */
export function listensAt({ addresses }: Pick<Listener, "addresses">, address: string): boolean {
  return addresses.includes(isIPv6(address) ? "::" : "0.0.0.0") || addresses.includes(address);
}

/** The address to connect to for a socket that listens on all addresses of its family. */
const ANY: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" };

/**
 * Returns the listener's address from within its namespace, which has these IPv6 addresses; null when no connection from there reaches
 * it. When IPv6 is disabled, as in containers whose networks have none, a socket on `::` can still be opened, but accepts IPv4 or
 * nothing. A socket opened before IPv6 was disabled also stays open. Pure.
 */
export function addressWithin(
  { addresses }: Pick<Listener, "addresses">,
  ipv6: readonly string[],
): string | null {
  // Linux routes packets to any own address through the loopback interface, so none arrives without IPv6 there.
  const works = (address: string) =>
    isIPv4(address) || (ipv6.includes("::1") && ipv6.includes(address) && !address.startsWith("fe80:"));
  const reachable = addresses.map((address) => ANY[address] ?? address).filter(works);
  const loopback = reachable.filter(isLoopback);
  return [...loopback.filter(isIPv4), ...loopback, ...reachable.filter(isIPv4), ...reachable][0] ?? null;
}

/** Whether every address is IPv6, in a namespace without IPv6. Programs can open such sockets. Pure. */
export function lacksIPv6({ addresses }: Pick<Listener, "addresses">, ipv6: readonly string[]): boolean {
  return ipv6.length === 0 && addresses.every(isIPv6);
}

/** Formats an address and port as in a URL. Pure. */
export function hostAndPort(address: string, port: number): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Returns whether the listener is reachable from outside the container. */
export function isReachable({ addresses }: Pick<Listener, "addresses">): boolean {
  return addresses.some((address) => !isLoopback(address));
}

export function listenerOn(
  listeners: readonly Listener[],
  { port, protocol }: ContainerPort,
): Listener | undefined {
  return listeners.find((listener) => listener.port === port && listener.protocol === protocol);
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
