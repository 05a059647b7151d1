import { isIPv4 } from "node:net";
import type { AddressPool } from "./facts.ts";
import type { Neighbours } from "./neighbours.ts";

export type AddressChoice =
  | { kind: "ask"; address: string }
  /** The engine describes no IPv4 pool, so it chooses the address. */
  | { kind: "unknown" }
  /** Joining would take the last address, or one that a stopped container needs. */
  | { kind: "full" };

/** Users assign the first addresses, and sometimes the very last ones. The search starts below those. */
const LEFT_AT_THE_END = 8;
const ROOMY = 32;

/**
 * Chooses a free address to request on a network, from the high end: engines hand out the lowest free address and users write low
 * ones into compose files.
 */
export function chooseAddress(
  pools: readonly AddressPool[],
  { asked, held, waiting }: Neighbours,
): AddressChoice {
  const pool = pools.find(({ subnet }) => isIPv4(subnet.split("/")[0] ?? ""));
  const usable = pool === undefined ? null : usableRange(pool);
  if (pool === undefined || usable === null) return { kind: "unknown" };
  const { first, last } = usable;
  const used = new Set(
    [pool.gateway ?? "", ...pool.reserved, ...asked, ...held]
      .filter((address) => isIPv4(address))
      .map(toNumber)
      .filter((address) => first <= address && address <= last),
  );
  const size = Math.max(0, last - first + 1);
  const freeCount = size - used.size - 1;
  if (freeCount < Math.max(1, waiting)) return { kind: "full" };
  const start = size >= ROOMY ? last - LEFT_AT_THE_END : last;
  // Terminates, because at least one address is free.
  for (let offset = 0; ; offset += 1) {
    const address = first + ((start - first - offset + size) % size);
    if (!used.has(address)) return { kind: "ask", address: toText(address) };
  }
}

/** The assignable addresses: the range without the network and broadcast addresses. */
function usableRange({ subnet, range }: AddressPool): { first: number; last: number } | null {
  const whole = bounds(subnet);
  const part = range === null ? whole : bounds(range);
  if (whole === null || part === null) return null;
  return { first: Math.max(part.first, whole.first + 1), last: Math.min(part.last, whole.last - 1) };
}

function bounds(cidr: string): { first: number; last: number } | null {
  const [address = "", length = ""] = cidr.split("/");
  const bits = Number(length);
  if (!isIPv4(address) || !/^\d+$/.test(length) || bits > 32) return null;
  const size = 2 ** (32 - bits);
  const first = toNumber(address) - (toNumber(address) % size);
  return { first, last: first + size - 1 };
}

function toNumber(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

function toText(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}
