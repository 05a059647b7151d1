import { expect, test } from "vitest";
import { createWrongTries } from "./wrong-tries.ts";

test("wrong codes are over after ten within a minute, until the first of them is a minute old [S146]", () => {
  let now = 0;
  const tries = createWrongTries({ monotonic: () => now });
  for (let count = 0; count < 10; count += 1) {
    expect(tries.isOver()).toBe(false);
    tries.note();
    now += 1_000;
  }
  expect(tries.isOver()).toBe(true);
  now = 59_999;
  expect(tries.isOver()).toBe(true);
  now = 60_000;
  expect(tries.isOver()).toBe(false);
});
