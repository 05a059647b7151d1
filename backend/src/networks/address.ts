import { isIPv4 } from "node:net";
import type { AddressPool } from "./facts.ts";
import type { Neighbours } from "./neighbours.ts";

export type AddressChoice =
  | { kind: "ask"; address: string }
  /** The engine has described no IPv4 pool: it chooses. */
  | { kind: "unknown" }
  /** Joining would take the last address, or one that a stopped container needs. */
  | { kind: "full" };

/** People give their containers the first addresses, and sometimes the very last. The search begins before those. */
const LEFT_AT_THE_END = 8;
const ROOMY = 32;

/**
 * The address to ask for on a network: nobody's, and from the far end, since engines hand out the lowest free address and people
 * write low ones into compose files.
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
  const left = size - used.size - 1;
  if (left < Math.max(1, waiting)) return { kind: "full" };
  const start = size >= ROOMY ? last - LEFT_AT_THE_END : last;
  // Ends: more addresses are free than none.
  for (let offset = 0; ; offset += 1) {
    const address = first + ((start - first - offset + size) % size);
    if (!used.has(address)) return { kind: "ask", address: toText(address) };
  }
}

/** What the engine hands out: the range, without the subnet's own address and its broadcast address. */
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
