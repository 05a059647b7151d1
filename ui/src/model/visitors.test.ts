import { describe, expect, it } from "vitest";
import { visitorWords } from "./visitors.ts";

const visitors = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ device: `d${index + 1}`, user: "" }));

describe("who is connected now", () => {
  it("is each device with its user, where it has one", () => {
    expect(
      visitorWords([
        { device: "phone", user: "anna@example.com" },
        { device: "ci", user: "" },
      ]),
    ).toBe("Connected now: phone (anna@example.com), ci");
  });

  it("is eight by name and the rest by number", () => {
    expect(visitorWords(visitors(8))).toBe("Connected now: d1, d2, d3, d4, d5, d6, d7, d8");
    expect(visitorWords(visitors(11))).toBe("Connected now: d1, d2, d3, d4, d5, d6, d7, d8 and 3 more");
  });

  it("is nothing to say of nobody", () => {
    expect(visitorWords([])).toBeNull();
  });
});
