import fc from "fast-check";
import { expect, test } from "vitest";
import { createFakeClock } from "../../testing.ts";
import { createUndoTimes, RETIRE_AFTER_MS } from "./undo-time.ts";

const TWO_HOURS = 7_200_000;

/**
 * Milliseconds until a machine that was switched off just now may be retired, if the clock's date changes by `shift` after `after`
 * milliseconds.
 */
async function wait(shift: number, after: number): Promise<number> {
  const clock = createFakeClock();
  const undoTimes = createUndoTimes(clock);
  const retiring = [{ key: "k", workload: null, name: "web", since: clock.now(), dismissed: false }];
  const began = clock.monotonic();
  for (let ms = 0; ; ms += 500) {
    if (ms === after) clock.setBack(shift);
    const [one] = undoTimes(retiring);
    if (one !== undefined && one.dueAt <= clock.monotonic()) return clock.monotonic() - began;
    await clock.advance(500);
  }
}

test("the undo lasts as long whatever happens to the clock meanwhile", async () => {
  const moments = fc.integer({ min: 1, max: 19 }).map((halves) => halves * 500);
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(-TWO_HOURS, TWO_HOURS), moments, async (shift, after) => {
      expect(await wait(shift, after)).toBe(RETIRE_AFTER_MS);
    }),
    { numRuns: 20 },
  );
});

test("a date from the future, of before the clock was set back, delays nothing", () => {
  const clock = createFakeClock();
  const since = clock.now();
  clock.setBack(TWO_HOURS);
  const [one] = createUndoTimes(clock)([{ key: "k", workload: null, name: "web", since, dismissed: false }]);
  expect(one?.dueAt).toBe(clock.monotonic() + RETIRE_AFTER_MS);
});
