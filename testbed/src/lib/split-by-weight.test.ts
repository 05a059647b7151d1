import { expect, it } from "vitest";
import { splitByWeight } from "./split-by-weight.ts";

const things = [
  { name: "b", weight: 3 },
  { name: "a", weight: 3 },
  { name: "c", weight: 5 },
  { name: "d", weight: 1 },
];

it("assigns every item once, to piles of about the same weight", () => {
  expect(splitByWeight(things, 2)).toEqual([
    ["c", "d"],
    ["a", "b"],
  ]);
});

it("does not depend on the order of the items", () => {
  expect(splitByWeight(things.toReversed(), 2)).toEqual(splitByWeight(things, 2));
});

it("may leave a pile empty", () => {
  expect(splitByWeight([{ name: "a", weight: 1 }], 2)).toEqual([["a"], []]);
});

it("keeps the names for the first pile there, and balances the piles with the others", () => {
  expect(splitByWeight(things, 2, ["a", "b"])).toEqual([
    ["a", "b"],
    ["c", "d"],
  ]);
});
