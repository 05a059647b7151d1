import { expect, test } from "vitest";
import { backoffDelay } from "./backoff.ts";

test("doubles from the first delay and stops at the longest", () => {
  expect([1, 2, 3, 4].map((n) => backoffDelay(n))).toEqual([250, 500, 1_000, 2_000]);
  expect(backoffDelay(1_000)).toBe(15_000);
});
