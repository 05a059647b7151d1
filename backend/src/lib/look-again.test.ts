import { expect, test } from "vitest";
import { createFakeClock } from "../testing.ts";
import { createLookAgain } from "./look-again.ts";

function world() {
  const clock = createFakeClock();
  let looks = 0;
  const again = createLookAgain(clock, () => {
    looks += 1;
  });
  return { clock, again, looks: () => looks };
}

test("looks again at once when a late answer has arrived", () => {
  const { again, looks } = world();
  again.late();
  expect(looks()).toBe(1);
});

test("looks again a second after a failure, once for everything that is missing", async () => {
  const { clock, again, looks } = world();
  again.missed();
  again.missed();
  await clock.advance(999);
  expect(looks()).toBe(0);
  await clock.advance(1);
  expect(looks()).toBe(1);
});

test("waits longer while answers keep failing, a minute at most, and a second again later", async () => {
  const { clock, again, looks } = world();
  const delays: number[] = [];
  for (let round = 0; round < 9; round += 1) {
    const before = looks();
    const since = clock.monotonic();
    again.missed();
    while (looks() === before) await clock.advance(500);
    delays.push((clock.monotonic() - since) / 1_000);
  }
  expect(delays).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
  await clock.advance(61_000);
  again.missed();
  await clock.advance(1_000);
  expect(looks()).toBe(10);
});
