import { AppError } from "@tailnet-share/contract/errors";
import { expect, test } from "vitest";
import type { AddressPool } from "../../networks/facts.ts";
import { egressMoved } from "../../networks/join-refusal.ts";
import type { Neighbours } from "../../networks/neighbours.ts";
import { networkFacts } from "../../testing.ts";
import { createJoin } from "./join.ts";
import type { Step } from "./step.ts";

const signal = new AbortController().signal;
const POOL = { subnet: "172.31.77.0/24", range: null, gateway: "172.31.77.1", reserved: [] };

function world({
  pools = [POOL] as AddressPool[],
  takesWishes = true,
  gives = "172.31.77.2",
  movesEgress = false,
  refuses = null as string | null,
  members = new Map<string, string>(),
} = {}) {
  const calls: string[] = [];
  const now = new Map(members);
  const join = createJoin({
    engine: {
      network: async () => await Promise.resolve({ facts: networkFacts("app", { pools }), members: now }),
      joinNetwork: async (_network, id, address) => {
        calls.push(`join ${address}`);
        if (refuses !== null) throw new AppError("ENGINE_REFUSED", refuses);
        if (address !== null && !takesWishes) return await Promise.resolve(false);
        now.set(id, address ?? gives);
        return await Promise.resolve(true);
      },
      leaveNetwork: async (_network, id) => {
        calls.push("leave");
        now.delete(id);
        await Promise.resolve();
      },
    },
    egress: { route: async () => await Promise.resolve(movesEgress && now.has("self") ? "app" : "home") },
  });
  const step = (neighbours: Partial<Neighbours> = {}): Extract<Step, { kind: "join" }> => ({
    kind: "join",
    networkId: "id-of-app",
    networkName: "app",
    refusal: null,
    neighbours: { asked: [], held: [], waiting: 0, ...neighbours },
  });
  return { calls, now, step, join: async (next = step()) => await join(next, signal, "self") };
}

test("asks for an address that no container of the network has or asks for", async () => {
  const { now, step, join } = world({ members: new Map([["db", "172.31.77.245"]]) });
  await join(step({ asked: ["172.31.77.246"] }));
  expect(now.get("self")).toBe("172.31.77.244");
});

test("lets the engine choose when it refuses static addresses or describes no subnet", async () => {
  const { calls, join } = world({ takesWishes: false });
  await join();
  expect(calls).toEqual(["join 172.31.77.246", "join null"]);
  const plain = world({ pools: [] });
  await plain.join();
  expect(plain.calls).toEqual(["join null"]);
});

test("leaves again when the engine's choice is an address that somebody asks for", async () => {
  const { calls, step, join } = world({ takesWishes: false, gives: "172.31.77.3" });
  await expect(join(step({ asked: ["172.31.77.3"] }))).rejects.toMatchObject({ code: "NETWORK_FULL" });
  expect(calls.at(-1)).toBe("leave");
});

test("does not join where it would take the last address", async () => {
  const pool = { ...POOL, range: "172.31.77.4/30" };
  const { calls, step, join } = world({ pools: [pool] });
  const held = ["172.31.77.4", "172.31.77.5", "172.31.77.6"];
  await expect(join(step({ held }))).rejects.toMatchObject({ code: "NETWORK_FULL" });
  expect(calls).toEqual([]);
  await join(step({ held: held.slice(1) }));
  expect(calls).toEqual(["join 172.31.77.7"]);
});

test.each([
  "no available addresses on network's address pool",
  "no available IPv4 addresses on this network's address pools: app (id-of-app)",
])("calls a network full when the engine says '%s'", async (refuses) => {
  const { join } = world({ pools: [], refuses });
  await expect(join()).rejects.toMatchObject({ code: "NETWORK_FULL" });
});

test("skips a join known to move the default route, and undoes one that moves it anyway", async () => {
  const { calls, step, join } = world();
  await expect(join({ ...step(), refusal: egressMoved("app") })).rejects.toMatchObject({
    code: "EGRESS_MOVED",
  });
  expect(calls).toEqual([]);
  const moving = world({ movesEgress: true });
  await expect(moving.join()).rejects.toMatchObject({ code: "EGRESS_MOVED" });
  expect(moving.calls.at(-1)).toBe("leave");
});

test("names a next step beside the engine's reason for a refusal", async () => {
  await expect(world({ refuses: "parent is in use" }).join()).rejects.toMatchObject({
    fault: {
      code: "ENGINE_REFUSED",
      message: "parent is in use",
      hint: expect.stringContaining("own machine"),
    },
  });
});

test("joining a second time is no error and asks for nothing", async () => {
  const { calls, join } = world({ members: new Map([["self", "172.31.77.2"]]) });
  await join();
  expect(calls).toEqual(["join null"]);
});
