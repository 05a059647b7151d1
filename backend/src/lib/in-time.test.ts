import { expect, test } from "vitest";
import { createFakeClock } from "../testing.ts";
import { inTime, valueInTime } from "./in-time.ts";

const after = async <T>(clock: ReturnType<typeof createFakeClock>, ms: number, value: T): Promise<T> => {
  await clock.sleep(ms);
  return value;
};

test.each([
  ["nothing to wait for", null, 100, true],
  ["a promise that resolves in time", 50, 100, true],
  ["a promise that resolves late", 150, 100, false],
  ["a deadline that is over", 50, 0, false],
])("waits for %s", async (_, takes, ms, expected) => {
  const clock = createFakeClock();
  const waiting = inTime(takes === null ? null : after(clock, takes, "x"), ms, clock);
  await clock.advance(200);
  expect(await waiting).toBe(expected);
});

test("stops waiting when the signal aborts, and rejects as the promise does", async () => {
  const clock = createFakeClock();
  const stop = new AbortController();
  const waiting = inTime(after(clock, 1_000, "x"), 500, clock, stop.signal);
  stop.abort();
  expect(await waiting).toBe(false);
  await expect(inTime(Promise.reject(new Error("no")), 500, clock)).rejects.toThrow("no");
});

test.each([
  ["a value in time", async () => await Promise.resolve(7), 7],
  ["nothing that rejects", async () => await Promise.reject(new Error("no")), null],
  ["nothing that is late", async () => await new Promise<number>(() => undefined), null],
])("returns %s", async (_, value, expected) => {
  const clock = createFakeClock();
  const waiting = valueInTime(value(), 500, clock);
  await clock.advance(600);
  expect(await waiting).toBe(expected);
});
