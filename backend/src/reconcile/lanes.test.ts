import { expect, test } from "vitest";
import { createLanes } from "./lanes.ts";
import type { Step } from "./steps/step.ts";

const look = (key: string): Step => ({
  ...{ kind: "machine-look", key, targetId: "web", life: null, reachTailnet: false, ports: [], askTls: null },
});
const adjust: Step = { kind: "machine-adjust", key: "a", name: "web" };

/** Looks at machine `a`, asks meanwhile whether these steps may begin, and ends the look. Returns what `onEnd` was called with. */
async function endsOf(refused: readonly Step[]): Promise<(readonly [string, boolean])[]> {
  const ends: (readonly [string, boolean])[] = [];
  const lanes = createLanes((step, isAwaited) => ends.push([step.kind, isAwaited]));
  const signal = new AbortController().signal;
  let end = (): void => undefined;
  const work = async () => await new Promise<void>((resolve) => (end = resolve));
  const ended = lanes.begin("a", look("a"), work, signal);
  for (const step of refused) expect(lanes.isFree("a", step)).toBe(false);
  expect(lanes.isFree("b", look("b"))).toBe(true);
  end();
  await ended;
  expect(lanes.isFree("a", adjust)).toBe(true);
  await lanes.begin("b", look("b"), async () => await Promise.resolve(), signal);
  return ends;
}

test.each<[string, Step[], boolean]>([
  ["nothing else", [], false],
  ["the same step", [look("a")], true],
  ["another step on the machine", [adjust], true],
])("says at a step's end whether a step waits: %s does", async (_what, refused, isAwaited) => {
  expect(await endsOf(refused)).toEqual([
    ["machine-look", isAwaited],
    ["machine-look", false],
  ]);
});
