import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { createEnds } from "../events/ends.ts";
import { createFakeClock, share } from "../testing.ts";
import { createWorld } from "./loop.testing.ts";
import { createPace } from "./pace.ts";
import { stepKey } from "./steps/step.ts";

/** Minutes of simulated time take long on a busy host. Milliseconds. */
vi.setConfig({ testTimeout: 60_000 });

const TWO_HOURS = 7_200_000;
const STEP_MS = 250;
const STEPS = 240;

/** The loop's progress after each 250 ms of a minute with faults. The date is set by `shift` at one moment. */
async function minute(shift: number, atStep: number): Promise<string[]> {
  const world = createWorld({ refuseJoins: 5, failLogins: 2, shares: [share("web"), share("other")] });
  const { clock, calls, loop, retiring, setSlow, setAway, start } = world;
  retiring.add("old");
  await start();
  const seen: string[] = [];
  for (let step = 0; step < STEPS; step += 1) {
    if (step === atStep) clock.setBack(shift);
    // A slow engine, an unreachable engine, and the user's own changes.
    if (step === 60) setSlow(4_000);
    if (step === 90) setSlow(0);
    if (step === 100) setAway(true);
    if (step === 140) setAway(false);
    if (step === 160) world.setShares([share("web")]);
    if (step === 161) loop.trigger("user");
    await clock.advance(STEP_MS);
    seen.push(
      `${calls.length} ${calls.at(-1)} ${loop.observed().engine.state} ${loop.failed().map(({ step }) => stepKey(step))}`,
    );
  }
  return seen;
}

test("a clock set back or forward two hours at any moment changes nothing of what the loop does, and when", async () => {
  const usual = await minute(0, 0);
  expect(new Set(usual).size).toBeGreaterThan(6);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(TWO_HOURS, -TWO_HOURS),
      fc.integer({ min: 0, max: STEPS - 1 }),
      async (shift, atStep) => {
        expect(await minute(shift, atStep)).toEqual(usual);
      },
    ),
    { numRuns: 12 },
  );
});

test.each([TWO_HOURS, -TWO_HOURS])(
  "an end that was reported is believed as long with the date set by %i ms",
  async (shift) => {
    const believedFor = async (by: number) => {
      const clock = createFakeClock();
      const ends = createEnds(clock);
      ends.died("web", null);
      const revision = ends.revision();
      clock.setBack(by);
      let ms = 0;
      for (; ms < 60_000; ms += 500) {
        ends.yielded();
        if (ends.revision() !== revision) break;
        await clock.advance(500);
      }
      return ms;
    };
    expect(await believedFor(shift)).toBe(await believedFor(0));
  },
);

test.each([TWO_HOURS, -TWO_HOURS])(
  "the next look is as late with the date set by %i ms meanwhile",
  async (shift) => {
    const clock = createFakeClock();
    const pace = createPace(clock, () => false);
    const began = clock.monotonic();
    let took = 0;
    void pace.next({ lookMs: 10, dueMs: 8_000 }, new AbortController().signal).then(() => {
      took = clock.monotonic() - began;
    });
    await clock.advance(1_000);
    clock.setBack(shift);
    await clock.advance(20_000);
    expect(took).toBe(8_000);
  },
);
