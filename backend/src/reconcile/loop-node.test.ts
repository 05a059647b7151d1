import { AppError } from "@tailnet-share/contract/errors";
import { expect, test } from "vitest";
import type { NodePreferences, NodeStep } from "../tailscale/node/preferences.ts";
import { createWorld } from "./loop.testing.ts";

const ADJUST = { kind: "node-adjust" } as const;

/** A node of the account `a` named `docker`, that takes `ms` for each change of its preferences. */
function createNode({ ms = 0, refusals = 0 } = {}) {
  let preferences: NodePreferences = { account: "a", hostname: "docker", acceptsDns: false };
  const node = {
    wish: { account: "a", hostname: "docker" },
    preferences: () => preferences,
    asked: [] as (string | null)[],
    async adjust({ hostname }: NodeStep) {
      node.asked.push(hostname);
      if (ms > 0) await world.clock.sleep(ms);
      refusals -= 1;
      if (refusals >= 0) throw new AppError("TAILSCALED_REFUSED", "no");
      preferences = { ...preferences, hostname: hostname ?? preferences.hostname, acceptsDns: false };
    },
    /** Changes a preference as `tailscale set` does. */
    change: (changes: Partial<NodePreferences>) => {
      preferences = { ...preferences, ...changes };
    },
  };
  const world = createWorld({
    node: { observeNode: () => preferences, node: { "node-adjust": node.adjust } },
    nodeWish: () => node.wish,
  });
  return { node, world };
}

test("gives the node its name, once, and takes back what somebody else changed", async () => {
  const { node, world } = createNode();
  await world.start();
  expect(node.asked).toEqual([]);
  node.wish = { account: "a", hostname: "laptop" };
  world.loop.trigger("user");
  await world.clock.advance(100);
  expect(node.asked).toEqual(["laptop"]);
  node.change({ hostname: "other", acceptsDns: true });
  world.loop.trigger("urgent");
  await world.clock.advance(100);
  expect(node.asked).toEqual(["laptop", "laptop"]);
  expect(node.preferences()).toEqual({ account: "a", hostname: "laptop", acceptsDns: false });
});

test("gives the node its name while the engine is unreachable", async () => {
  const { node, world } = createNode();
  await world.start();
  world.setAway(true);
  node.wish = { account: "a", hostname: "laptop" };
  world.loop.trigger("user");
  await world.clock.advance(100);
  expect(node.asked).toEqual(["laptop"]);
});

test("shares do not wait for a node that is slow to take its name", async () => {
  const { node, world } = createNode({ ms: 20_000 });
  node.wish = { account: "a", hostname: "laptop" };
  await world.start();
  expect(node.asked).toEqual(["laptop"]);
  expect(world.forwards()).toHaveLength(1);
});

test("reports a refusal as the failure of this step, retries it, and at once after a click", async () => {
  const { node, world } = createNode({ refusals: 2 });
  node.wish = { account: "a", hostname: "laptop" };
  await world.start();
  expect(world.loop.failures().of(ADJUST)).toMatchObject({ code: "TAILSCALED_REFUSED" });
  world.loop.trigger("user");
  await world.clock.advance(1);
  expect(node.asked).toHaveLength(2);
  await world.clock.advance(10_000);
  expect(node.asked).toHaveLength(3);
  expect(world.loop.failures().of(ADJUST)).toBeUndefined();
});
