import { expect, test } from "vitest";
import { createRandom } from "./random.ts";

const draws = (seed: number, purpose: string): number[] => {
  const random = createRandom(seed, purpose);
  return Array.from({ length: 200 }, () => random.below(1_000));
};

test("a seed repeats its choices, and another seed or purpose gives others", () => {
  expect(draws(7, "crash")).toEqual(draws(7, "crash"));
  expect(draws(7, "crash")).not.toEqual(draws(8, "crash"));
  expect(draws(7, "crash")).not.toEqual(draws(7, "load"));
});

test("a fork is the same, however many choices were made before", () => {
  const [fresh, used] = [createRandom(7, "day"), createRandom(7, "day")];
  used.shuffled([1, 2, 3]);
  const drawn = (random: typeof fresh, part: string): number[] => {
    const row = random.fork(part);
    return Array.from({ length: 50 }, () => row.below(1_000));
  };
  expect(drawn(used, "hand 1")).toEqual(drawn(fresh, "hand 1"));
  expect(drawn(fresh, "hand 1")).not.toEqual(drawn(fresh, "hand 2"));
});

test("choices are spread over all options", () => {
  const random = createRandom(1, "spread");
  const counts = new Map<string, number>();
  for (let draw = 0; draw < 3_000; draw += 1) {
    const picked = random.pick(["a", "b", "c"]);
    counts.set(picked, (counts.get(picked) ?? 0) + 1);
  }
  for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  expect(counts.size).toBe(3);
});

test("shuffling loses nothing, and nothing can be picked from an empty list", () => {
  const random = createRandom(1, "shuffle");
  expect(random.shuffled([1, 2, 3, 4]).toSorted()).toEqual([1, 2, 3, 4]);
  expect(() => random.pick([])).toThrow(RangeError);
});
