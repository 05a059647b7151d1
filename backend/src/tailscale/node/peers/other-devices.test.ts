import { expect, test } from "vitest";
import { createFakeClock } from "../../../testing.ts";
import type { Peer } from "../../localapi/peers.ts";
import { askOtherDevices } from "./other-devices.ts";

const PHONE: Peer = {
  ...{ id: "n-phone", name: "phone", addresses: ["100.64.0.2"], user: "anna", online: true, mute: false },
  ...{ active: false, path: null, received: 0, sent: 0 },
};
const LAPTOP: Peer = { ...PHONE, id: "n-laptop", addresses: ["100.64.0.3"] };

/** `answers`: milliseconds by address; devices without an entry stay silent. */
function asked(
  peers: readonly Peer[],
  answers: Readonly<Record<string, number>>,
  own: readonly string[] = [],
) {
  const clock = createFakeClock();
  const pings: string[] = [];
  const localApi = {
    // An answer shows the path.
    peers: async () =>
      await Promise.resolve(
        peers.map((peer) => ({ ...peer, path: pings.length > 0 ? ("direct" as const) : peer.path })),
      ),
    ping: async (address: string, type: "disco" | "TSMP") => {
      pings.push(`${type} ${address}`);
      return await Promise.resolve(answers[address] ?? null);
    },
  };
  return { answer: askOtherDevices(localApi, new Set(own), clock), clock, pings };
}

test("one device that answers is enough, and the time and path are reported", async () => {
  const { answer, pings } = asked([PHONE, LAPTOP], { "100.64.0.3": 12 });
  expect(await answer).toEqual({ kind: "answered", ms: 12, path: "direct" });
  expect(pings).toContain("TSMP 100.64.0.3");
  // Find the path first: a handshake that comes too early is retried only after seconds.
  expect(pings.indexOf("disco 100.64.0.3")).toBeLessThan(pings.indexOf("TSMP 100.64.0.3"));
});

test.each([
  ["offline", { ...PHONE, online: false }, []],
  ["one of ours", PHONE, ["n-phone"]],
  ["a rented exit node", { ...PHONE, mute: true }, []],
])("a device that is %s is not asked", async (_which, peer, own) => {
  const { answer, pings } = asked([peer], { "100.64.0.2": 1 }, own);
  expect(await answer).toEqual({ kind: "nobody-online" });
  expect(pings).toEqual([]);
});

test("silence is told after five seconds, whoever was asked", async () => {
  const { answer, clock, pings } = asked([PHONE, LAPTOP], {});
  await clock.advance(4_999);
  expect(pings.length).toBeGreaterThan(10);
  await clock.advance(1);
  expect(await answer).toEqual({ kind: "silence", asked: 2 });
});

test("of many only a few are asked, those first that packets went to of late", async () => {
  const many = Array.from({ length: 20 }, (_, index) => ({
    ...PHONE,
    id: `n-${index}`,
    addresses: [`100.64.1.${index}`],
    active: index === 19,
  }));
  const { answer, clock, pings } = asked(many, {});
  await clock.advance(5_000);
  expect(await answer).toEqual({ kind: "silence", asked: 6 });
  expect(new Set(pings).size).toBe(6);
  expect(pings).toContain("disco 100.64.1.19");
});
