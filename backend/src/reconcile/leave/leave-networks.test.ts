import { expect, test } from "vitest";
import { attachment, container, createFakeClock } from "../../testing.ts";
import { leaveNetworks } from "./leave-networks.ts";

const HOME = attachment("0-tailnet-share", "172.30.0.2");

function world(joined = ["app", "db"]) {
  const calls: string[] = [];
  const warnings: unknown[] = [];
  const broken = { rules: false, list: false, leave: "" };
  const lastCall = new AbortController();
  let stepsEnd = () => {};
  const steps = new Promise<void>((resolve) => {
    stepsEnd = resolve;
  });
  const left = leaveNetworks({
    engine: {
      listContainers: async () => {
        if (broken.list) throw new Error("away");
        const own = container("backend", {
          id: "self",
          networkMode: { kind: "own", network: "0-tailnet-share" },
          networks: [HOME, ...joined.map((name) => attachment(name, "172.18.0.9"))],
        });
        return await Promise.resolve([container("web"), own]);
      },
      leaveNetwork: async (networkId, containerId) => {
        calls.push(`leave ${networkId} ${containerId}`);
        if (networkId === broken.leave) throw new Error("in use");
        await Promise.resolve();
      },
    },
    dataPlane: {
      replace: async (forwards) => {
        calls.push(`rules ${forwards.length}`);
        if (broken.rules) throw new Error("no");
        await Promise.resolve();
      },
    },
    ownContainerId: "self",
    steps,
    lastCall: lastCall.signal,
    clock: createFakeClock(),
    log: { warn: (warning: unknown) => void warnings.push(warning) },
  });
  return { calls, warnings, broken, lastCall, stepsEnd: () => stepsEnd(), left };
}

test("closes the node, then leaves every network but the extension's own", async () => {
  const { calls, warnings, stepsEnd, left } = world();
  stepsEnd();
  await left;
  expect(calls).toEqual(["rules 0", "leave id-of-app self", "leave id-of-db self"]);
  expect(warnings).toEqual([]);
});

test("waits for the steps that are under way, and no longer than the last call", async () => {
  const { calls, lastCall, left } = world();
  await Promise.resolve();
  expect(calls).toEqual([]);
  lastCall.abort();
  await left;
  expect(calls.filter((call) => call.startsWith("leave"))).toHaveLength(2);
});

test("leaves the other networks when one cannot be left, and when the rules cannot be replaced", async () => {
  const { calls, warnings, broken, stepsEnd, left } = world();
  broken.rules = true;
  broken.leave = "id-of-app";
  stepsEnd();
  await left;
  expect(calls).toEqual(["rules 0", "leave id-of-app self", "leave id-of-db self"]);
  expect(warnings).toHaveLength(2);
});

test("does not reject when the engine is away at the end", async () => {
  const { warnings, broken, stepsEnd, left } = world();
  broken.list = true;
  stepsEnd();
  await expect(left).resolves.toBeUndefined();
  expect(warnings).toHaveLength(1);
});
