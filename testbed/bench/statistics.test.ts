import { describe, expect, it } from "vitest";
import { pairedRatios, rotated, summarize } from "./statistics.ts";

describe("summarize", () => {
  it("returns the median of an odd and of an even number of values", () => {
    expect(summarize([3, 1, 2]).median).toBe(2);
    expect(summarize([4, 1, 2, 3]).median).toBe(2.5);
  });

  it("returns a measured value as p95", () => {
    const values = Array.from({ length: 20 }, (_, index) => index + 1);
    expect(summarize(values)).toEqual({ count: 20, min: 1, median: 10.5, p95: 19, max: 20 });
  });

  it("returns no figure without values", () => {
    expect(summarize([]).median).toBeNaN();
  });
});

describe("pairedRatios", () => {
  it("compares round by round, not the medians", () => {
    expect(pairedRatios([10, 40], [20, 40])).toEqual([0.5, 1]);
  });

  it("refuses rounds with only one of the two", () => {
    expect(() => pairedRatios([1], [1, 2])).toThrow(RangeError);
  });
});

describe("rotated", () => {
  it("starts one position later each round and keeps every item", () => {
    expect([0, 1, 2, 3].map((round) => rotated(["a", "b", "c"], round).join(""))).toEqual([
      "abc",
      "bca",
      "cab",
      "abc",
    ]);
  });
});
