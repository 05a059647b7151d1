import { expect, test } from "vitest";
import type { NetworkFacts } from "./facts.ts";
import { overlappingNetworks } from "./overlap.ts";

const network = (id: string, more: Partial<NetworkFacts> & { subnets?: string[] } = {}): NetworkFacts => {
  const { subnets = ["172.20.0.0/16"], ...facts } = more;
  return {
    id,
    name: id,
    driver: "bridge",
    scope: "local",
    internal: false,
    attachable: false,
    ipv6: false,
    pools: subnets.map((subnet) => ({ subnet, range: null, gateway: null, reserved: [] })),
    options: {},
    ...facts,
  };
};
const home = network("home", { subnets: ["172.30.0.0/16"] });

test.each<[string, Parameters<typeof network>[1], string | null]>([
  ["a bridge with Docker's own addresses", {}, null],
  ["a bridge without known subnets", { subnets: [] }, null],
  ["a bridge inside 100.64.0.0/10", { subnets: ["100.64.0.0/24"] }, "NETWORK_OVERLAPS"],
  ["a bridge around MagicDNS's address", { subnets: ["100.100.100.0/24"] }, "NETWORK_OVERLAPS"],
  ["a network around all of them", { subnets: ["100.0.0.0/8"] }, "NETWORK_OVERLAPS"],
  ["a network beside them", { subnets: ["100.128.0.0/16"] }, null],
  [
    "one whose second subnet is a tailnet's",
    { subnets: ["172.20.0.0/16", "fd7a:115c:a1e0:5::/64"] },
    "NETWORK_OVERLAPS",
  ],
  ["one with other IPv6 addresses", { subnets: ["172.20.0.0/16", "fd00:5::/64"] }, null],
  [
    "a macvlan around the extension's own network",
    { driver: "macvlan", subnets: ["172.16.0.0/12"] },
    "NETWORK_OVERLAPS",
  ],
  ["a macvlan elsewhere", { driver: "macvlan", subnets: ["192.168.1.0/24"] }, null],
])("%s is refused or not before it is joined", (_what, more, code) => {
  const refusals = overlappingNetworks(
    new Map([
      ["home", home],
      ["n", network("n", more)],
    ]),
    "home",
  );
  expect(refusals.get("n")?.code ?? null).toBe(code);
  expect(refusals.has("home")).toBe(false);
});

test("the extension's own network is never refused, and neither is another one while that is not known", () => {
  const networks = new Map([
    ["home", network("home", { subnets: ["100.64.0.0/16"] })],
    ["n", network("n")],
  ]);
  expect(overlappingNetworks(networks, "home").size).toBe(0);
  expect(overlappingNetworks(new Map([["n", network("n")]]), null).size).toBe(0);
});
