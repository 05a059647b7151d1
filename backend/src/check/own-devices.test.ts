import { expect, it } from "vitest";
import type { LocalApi } from "../tailscale/localapi/localapi.ts";
import type { Peer } from "../tailscale/localapi/peers.ts";
import { createFakeClock, observed } from "../testing.ts";
import { createOwnDevices } from "./own-devices.ts";

const peer = (address: string, online: boolean): Peer => ({
  ...{ id: address, name: "device", addresses: [address], user: "tester", online },
  ...{ mute: false, active: false, path: null, received: 0, sent: 0 },
});

it("expects answers to be routed to online devices only, because tailscaled routes to no expired one", async () => {
  const peers = [peer("100.64.0.1", true), peer("100.64.0.7", false)];
  const localApi: Pick<LocalApi, "peers"> = { peers: async () => await Promise.resolve(peers) };
  const device = createOwnDevices({
    node: {
      details: () => ({
        ...{ version: "1", health: [], deviceId: "node", hostname: "docker" },
        certDomains: [],
        capabilities: new Set(),
      }),
    },
    observed: () => observed([]),
    localApi: localApi as LocalApi,
    machineApi: () => localApi as LocalApi,
    clock: createFakeClock(),
  });
  expect(await device(null).addressesOfOthers()).toEqual(["100.64.0.1"]);
});
