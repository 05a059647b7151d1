import type { Fault } from "@tailnet-share/contract/errors";
import { describe, expect, it } from "vitest";
import { createFakeClock } from "../testing.ts";
import { createFailures } from "./failures.ts";
import type { Step } from "./plan.ts";

const FAULT: Fault = { code: "CONTROL_UNREACHABLE", message: "away", hint: "" };
const STEPS: readonly Step[] = [
  { kind: "machine-login", key: "0123456789abcdef", name: "web" },
  { kind: "machine-fetch", key: "0123456789abcdef", tag: "stable" },
  {
    kind: "join",
    networkId: "n",
    networkName: "app",
    refusal: null,
    neighbours: { asked: [], held: [], waiting: 0 },
  },
];
const TWO_HOURS = 7_200_000;

/** Milliseconds until a step that has just failed may be tried again; the date is set back by `setBack` at once. */
async function wait(step: Step, setBack: number): Promise<number> {
  const clock = createFakeClock();
  const failures = createFailures(clock);
  failures.add(step, FAULT);
  clock.setBack(setBack);
  let ms = 0;
  while (failures.isWaiting(step) && ms < TWO_HOURS) {
    await clock.advance(500);
    ms += 500;
  }
  return ms;
}

describe("when a step that failed is tried again", () => {
  it.each(STEPS.map((step) => [step.kind, step] as const))(
    "a clock set back two hours, or forward, changes nothing: %s",
    async (_kind, step) => {
      const usual = await wait(step, 0);
      expect(usual).toBeLessThan(60_000);
      expect(await wait(step, TWO_HOURS)).toBe(usual);
      expect(await wait(step, -TWO_HOURS)).toBe(usual);
    },
  );

  it("is at once after a click, whatever the clock says", async () => {
    const clock = createFakeClock();
    const failures = createFailures(clock);
    const [step] = STEPS;
    if (step === undefined) throw new Error("no step");
    failures.add(step, FAULT);
    clock.setBack(TWO_HOURS);
    failures.hurry();
    expect(failures.isWaiting(step)).toBe(false);
  });
});
