import { expect, test } from "vitest";
import type { ContainerLife } from "../../engine/engine.ts";
import { container, createFakeClock } from "../../testing.ts";
import { createTargetStarts, whoseStarts } from "./target-starts.ts";

const signal = new AbortController().signal;
const life = (startedAt: string, running = true): ContainerLife => ({
  startedAt,
  running,
  exitCode: 0,
  mounts: new Map(),
});
const web = (endpoints: string | null) => container("web", { life: endpoints });

function world(answers: (() => Promise<ContainerLife | null>)[]) {
  const clock = createFakeClock();
  let asked = 0;
  const told: string[] = [];
  const again = { late: () => void told.push("late"), missed: () => void told.push("missed") };
  const starts = createTargetStarts(
    {
      inspectContainer: async () => {
        const answer = answers[Math.min(asked, answers.length - 1)];
        asked += 1;
        return (await answer?.()) ?? null;
      },
    },
    again,
    clock,
  );
  return {
    clock,
    told,
    asked: () => asked,
    look: async (one = web("first"), assumed = new Map<string, string>()) =>
      Object.fromEntries(await starts([one], assumed, signal)),
  };
}

test("is asked for once, until the list shows another life of it, or five minutes have passed", async () => {
  const { look, asked, clock } = world([async () => life("one"), async () => life("two")]);
  expect(await look()).toEqual({ "id-of-web": "one" });
  expect(await look()).toEqual({ "id-of-web": "one" });
  expect(asked()).toBe(1);
  expect(await look(web("second"))).toEqual({ "id-of-web": "two" });
  expect(asked()).toBe(2);
  await clock.advance(300_000);
  await look(web("second"));
  expect(asked()).toBe(3);
});

test("is asked for each time where the list tells nothing of lives", async () => {
  const { look, asked } = world([async () => life("one")]);
  await look(web(null));
  await look(web(null));
  expect(asked()).toBe(2);
});

test("a stopped container has no start time and is looked at again", async () => {
  const { look, asked } = world([async () => life("one", false), async () => null, async () => life("two")]);
  expect(await look()).toEqual({});
  expect(await look()).toEqual({});
  expect(await look()).toEqual({ "id-of-web": "two" });
  expect(asked()).toBe(3);
});

test("a container that the engine does not report keeps its known start time, or the one that its machine was made for", async () => {
  const refuse = async () => await Promise.reject(new Error("no"));
  const { look, told } = world([refuse, async () => life("one"), refuse]);
  expect(await look(web("first"), new Map([["id-of-web", "as labelled"]]))).toEqual({
    "id-of-web": "as labelled",
  });
  expect(await look()).toEqual({ "id-of-web": "one" });
  expect(await look(web("second"))).toEqual({ "id-of-web": "one" });
  expect(told).toEqual(["missed", "missed"]);
});

test("one whose answer hangs is waited for once, and its answer counts when it comes, which causes a look", async () => {
  let answer: (value: ContainerLife) => void = () => undefined;
  const { look, clock, asked, told } = world([
    async () =>
      await new Promise<ContainerLife>((resolve) => {
        answer = resolve;
      }),
  ]);
  const first = look();
  await clock.advance(2_000);
  expect(await first).toEqual({});
  expect(await look()).toEqual({});
  expect(asked()).toBe(1);
  expect(told).toEqual([]);
  answer(life("one"));
  await clock.advance(0);
  expect(told).toEqual(["late"]);
  expect(await look()).toEqual({ "id-of-web": "one" });
  expect(asked()).toBe(1);
});

const borrower = (name: string, of: string, more: Parameters<typeof container>[1] = {}) =>
  container(name, { networkMode: { kind: "container", id: `id-of-${of}` }, networks: [], ...more });
const asked = (
  containers: ReturnType<typeof container>[],
  machines: string[],
  nodeTargets: string[] = [],
) => {
  const ids = (names: string[]) => new Set(names.map((name) => `id-of-${name}`));
  return whoseStarts(containers, { machines: ids(machines), nodeTargets: ids(nodeTargets) }).map(
    ({ name }) => name,
  );
};

test.each<[string, ReturnType<typeof container>[], string[], string[], string[]]>([
  ["a machine's container", [container("vpn"), container("db")], ["vpn"], [], ["vpn"]],
  ["one that uses its network", [container("vpn"), borrower("app", "vpn")], ["vpn"], [], ["vpn", "app"]],
  [
    "one that uses it by way of another",
    [container("vpn"), borrower("app", "vpn"), borrower("side", "app")],
    ["vpn"],
    [],
    ["vpn", "app", "side"],
  ],
  ["no stopped one", [container("vpn"), borrower("app", "vpn", { run: "stopped" })], ["vpn"], [], ["vpn"]],
  [
    "no machine in its network",
    [container("vpn"), borrower("m", "vpn", { labels: { "tailnet-share.role": "machine" } })],
    ["vpn"],
    [],
    ["vpn"],
  ],
  ["nobody else's borrower", [container("vpn"), borrower("app", "vpn"), container("db")], ["db"], [], ["db"]],
  [
    "a shared borrower and its owners",
    [container("vpn"), borrower("app", "vpn"), borrower("side", "app")],
    [],
    ["side"],
    ["vpn", "app", "side"],
  ],
  ["no other container that is shared on the node", [container("db")], [], ["db"], []],
  ["two that use each other's network", [borrower("a", "b"), borrower("b", "a")], [], ["a"], ["a", "b"]],
])("asks for the start of %s", (_who, containers, machines, nodeTargets, names) => {
  expect(asked(containers, machines, nodeTargets)).toEqual(names);
});
