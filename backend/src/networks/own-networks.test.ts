import { expect, test } from "vitest";
import { tailnetLikeNetworks } from "./own-networks.ts";

const card = (cidr: string, internal = false) => ({
  address: cidr.split("/")[0] ?? "",
  cidr,
  netmask: "",
  mac: "",
  internal,
  ...(cidr.includes(":") ? { family: "IPv6" as const, scopeid: 0 } : { family: "IPv4" as const }),
});

test("names the networks whose addresses could be a tailnet's, by card, and no others", () => {
  const cards = {
    lo: [card("127.0.0.1/8", true), card("100.64.0.9/32", true)],
    eth0: [card("172.18.0.5/16"), card("fe80::1/64")],
    eth1: [card("100.99.0.5/24"), card("fd7a:115c:a1e0:1::5/64")],
    tailscale0: [card("100.64.0.7/32")],
    'odd"; drop': [card("100.99.1.5/24")],
    gone: undefined,
  };
  expect(tailnetLikeNetworks(cards, ["tailscale0"])).toEqual([
    { card: "eth1", address: "100.99.0.5", subnet: "100.99.0.5/24", family: "ip" },
    { card: "eth1", address: "fd7a:115c:a1e0:1::5", subnet: "fd7a:115c:a1e0:1::5/64", family: "ip6" },
  ]);
});
