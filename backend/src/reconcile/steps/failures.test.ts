import type { Fault } from "@tailnet-share/contract/errors";
import { describe, expect, it } from "vitest";
import { createFakeClock, observed } from "../../testing.ts";
import { undecided } from "../plan/plan.ts";
import { createFailures } from "./failures.ts";
import type { Step } from "./step.ts";

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

/** Milliseconds until a step that has just failed may be retried; the date is set back by `setBack` right after the failure. */
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

describe("the failure of a machine's certificate, which a look into its container comes before", () => {
  const key = "0123456789abcdef";
  const certificate: Step = { kind: "machine-certificate", key, domain: "web.tail.test" };
  const look = (of: string): Step => ({
    ...{ kind: "machine-look", key: of, targetId: "web", life: null },
    ...{ reachTailnet: false, ports: [], askTls: null },
  });
  it.each<[string, Step[], boolean]>([
    ["stays, with its delay, while a look is planned", [look(key)], true],
    ["stays while the certificate is wanted", [certificate], true],
    ["goes when only another machine is looked into", [look("fedcba9876543210")], false],
    ["goes when nothing is planned for the machine any more", [], false],
  ])("%s", (_what, planned, stays) => {
    const failures = createFailures(createFakeClock());
    failures.add(certificate, FAULT);
    failures.keepOnly([...planned, ...undecided(planned, [], observed([]))]);
    expect([failures.isWaiting(certificate), failures.all().length]).toEqual([stays, stays ? 1 : 0]);
  });

  it("goes with any other step's failure, such as a login's, that is not planned any more", () => {
    const failures = createFailures(createFakeClock());
    failures.add({ kind: "machine-login", key, name: "web" }, FAULT);
    failures.keepOnly([look(key), ...undecided([look(key)], [], observed([]))]);
    expect(failures.all()).toEqual([]);
  });
});
