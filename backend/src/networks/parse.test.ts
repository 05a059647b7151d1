import { expect, test } from "vitest";
import { listedNetworks } from "./parse.ts";

const bridge = {
  Name: "bridge",
  Id: "b",
  Created: "2026-01-01T00:00:00Z",
  Scope: "local",
  Driver: "bridge",
  EnableIPv6: false,
  IPAM: { Driver: "default", Options: null, Config: [{ Subnet: "172.17.0.0/16" }] },
  Internal: false,
  Attachable: false,
  Ingress: false,
  Options: { "com.docker.network.bridge.enable_icc": "true" },
};

test("reads a network's subnets, range, gateway, reserved addresses and options", () => {
  const custom = {
    ...bridge,
    Id: "c",
    Name: "custom",
    EnableIPv6: true,
    IPAM: {
      Config: [
        {
          Subnet: "10.9.0.0/24",
          IPRange: "10.9.0.128/25",
          Gateway: "10.9.0.254",
          AuxiliaryAddresses: { router: "10.9.0.5" },
        },
        { Subnet: "fd00:9::/64", Gateway: "fd00:9::1" },
      ],
    },
  };
  expect(listedNetworks([bridge, custom]).get("c")).toEqual({
    id: "c",
    name: "custom",
    driver: "bridge",
    scope: "local",
    internal: false,
    attachable: false,
    ipv6: true,
    pools: [
      { subnet: "10.9.0.0/24", range: "10.9.0.128/25", gateway: "10.9.0.254", reserved: ["10.9.0.5"] },
      { subnet: "fd00:9::/64", range: null, gateway: "fd00:9::1", reserved: [] },
    ],
    options: { "com.docker.network.bridge.enable_icc": "true" },
  });
});

test("leaves out what an engine does not say, and a row that it cannot read", () => {
  const host = { Id: "h", Name: "host", Driver: "host", IPAM: { Config: [] }, Options: null };
  const networks = listedNetworks([host, { Id: 7 }, "odd", { ...bridge, IPAM: null }]);
  expect([...networks.keys()]).toEqual(["h", "b"]);
  expect(networks.get("h")).toMatchObject({ pools: [], options: {}, internal: false, attachable: false });
  expect(networks.get("b")?.pools).toEqual([]);
});
