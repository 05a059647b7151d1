import { BlockList, isIP } from "node:net";

/** Address ranges of devices and DNS in every tailnet. Source: https://tailscale.com/kb/1015/100.x-addresses. */
export const TAILNET_SUBNETS = ["100.64.0.0/10", "fd7a:115c:a1e0::/48"] as const;

interface Subnet {
  base: string;
  prefix: number;
  type: "ipv4" | "ipv6";
}

/** Parses a subnet in CIDR notation or a single address; null for anything else. */
function parse(text: string): Subnet | null {
  const [base = "", bits] = text.split("/");
  const version = isIP(base);
  if (version === 0) return null;
  const most = version === 4 ? 32 : 128;
  const prefix = bits === undefined ? most : Number(bits);
  const type = version === 4 ? "ipv4" : "ipv6";
  return Number.isInteger(prefix) && prefix >= 0 && prefix <= most ? { base, prefix, type } : null;
}

/** Returns whether two subnets or addresses overlap. False when one can't be parsed. */
export function overlaps(first: string, other: string): boolean {
  const [a, b] = [parse(first), parse(other)];
  if (a === null || b === null || a.type !== b.type) return false;
  const [wide, narrow] = a.prefix <= b.prefix ? [a, b] : [b, a];
  const list = new BlockList();
  list.addSubnet(wide.base, wide.prefix, wide.type);
  return list.check(narrow.base, narrow.type);
}
