import { expect, test } from "vitest";
import { createManualClock } from "../testing/manual-clock.ts";
import { loaded } from "./loaded.ts";

/** Loads a part that fails so many times. Returns the outcome, and the tries by then. */
async function outcome(failures: number) {
  const clock = createManualClock();
  let tries = 0;
  let state: unknown = "loading";
  const load = async () => {
    tries += 1;
    if (tries <= failures) throw new TypeError("network changed");
    return await Promise.resolve("part");
  };
  loaded(load, clock).then(
    (part) => {
      state = part;
    },
    () => {
      state = "failed";
    },
  );
  for (let step = 0; step < 60; step += 1) {
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
    clock.advance(100);
  }
  return [state, tries];
}

test("tries again three times when a part can't be loaded", async () => {
  expect(await outcome(0)).toEqual(["part", 1]);
  expect(await outcome(1)).toEqual(["part", 2]);
  expect(await outcome(3)).toEqual(["part", 4]);
  expect(await outcome(4)).toEqual(["failed", 4]);
});
