import { expect, test } from "vitest";
import { PeersAnswer, peersOf } from "./peers.ts";

const device = {
  ID: "n1",
  HostName: "Anna's phone",
  DNSName: "phone.tail.test.",
  TailscaleIPs: ["100.64.0.2"],
  UserID: 7,
  Online: true,
  Active: true,
  CurAddr: "192.0.2.1:41641",
  RxBytes: 1_000,
  TxBytes: 2_000,
};
const peers = (...devices: object[]) =>
  peersOf(
    PeersAnswer.parse({
      Peer: Object.fromEntries(devices.map((device, index) => [`nodekey:${index}`, device])),
      User: { "7": { LoginName: "anna@example.com" } },
    }),
  );

test("a device has a name, a user, a path and counters", () => {
  expect(peers(device)).toEqual([
    {
      ...{ id: "n1", name: "phone", user: "anna@example.com", addresses: ["100.64.0.2"] },
      ...{ online: true, mute: false, active: true, path: "direct", received: 1_000, sent: 2_000 },
    },
  ]);
});

test("a tagged device has no user, and one without a name in the tailnet goes by its own", () => {
  const [tagged, nameless] = peers({ ...device, Tags: ["tag:ci"] }, { ...device, DNSName: "" });
  expect(tagged?.user).toBe("");
  expect(nameless?.name).toBe("Anna's phone");
});

test("packets without an address of the device's own go through a relay; without packets there is no path", () => {
  const [relayed, idle] = peers({ ...device, CurAddr: "" }, { ...device, CurAddr: "", Active: false });
  expect(relayed?.path).toBe("relayed");
  expect(idle?.path).toBeNull();
});

test("a tailnet of one has no other devices", () => {
  expect(peersOf(PeersAnswer.parse({ Peer: null, User: null }))).toEqual([]);
});

test("a rented exit node answers no pings", () => {
  expect(peers({ ...device, Location: { City: "Gothenburg" } }, device).map(({ mute }) => mute)).toEqual([
    true,
    false,
  ]);
});
