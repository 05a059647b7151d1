import { expect, test } from "vitest";
import { overlaps, TAILNET_SUBNETS } from "./subnets.ts";

test.each([
  ["100.64.0.0/24", "100.64.0.0/10", true],
  ["100.127.255.0/24", "100.64.0.0/10", true],
  ["100.128.0.0/24", "100.64.0.0/10", false],
  ["100.63.255.0/24", "100.64.0.0/10", false],
  ["100.0.0.0/8", "100.64.0.0/10", true],
  ["0.0.0.0/0", "100.64.0.0/10", true],
  ["100.100.100.100", "100.100.0.0/16", true],
  ["172.18.0.5", "172.18.0.5", true],
  ["172.18.0.5", "172.18.0.6", false],
  ["192.168.1.77/24", "192.168.1.0/28", true],
  ["192.168.1.16/28", "192.168.1.0/28", false],
  ["fd7a:115c:a1e0:7::/64", "fd7a:115c:a1e0::/48", true],
  ["fd7a:115c:a1e1::/64", "fd7a:115c:a1e0::/48", false],
  ["fd00::/8", "fd7a:115c:a1e0::/48", true],
  ["::/0", "100.64.0.0/10", false],
  ["", "100.64.0.0/10", false],
  ["100.64.0.0/33", "100.64.0.0/10", false],
  ["web", "0.0.0.0/0", false],
])("%s and %s overlap: %s", (first, other, expected) => {
  expect(overlaps(first, other)).toBe(expected);
  expect(overlaps(other, first)).toBe(expected);
});

test("the addresses of devices and of MagicDNS are a tailnet's, those of Docker's own networks are not", () => {
  const isTailnets = (address: string) => TAILNET_SUBNETS.some((subnet) => overlaps(subnet, address));
  for (const address of ["100.64.0.1", "100.100.100.100", "fd7a:115c:a1e0::53"])
    expect(isTailnets(address)).toBe(true);
  for (const subnet of ["172.17.0.0/16", "10.0.0.0/8", "192.168.0.0/16", "fd00:1::/64"])
    expect(isTailnets(subnet)).toBe(false);
});
