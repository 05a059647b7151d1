import { describe, expect, it } from "vitest";
import { visitor } from "../../testing/fixtures.ts";
import { visitorWords } from "./visitor-words.ts";

const visitors = (count: number) => Array.from({ length: count }, (_, index) => visitor(`d${index + 1}`));

describe("who is connected now", () => {
  it("is each device with its user, where it has one", () => {
    expect(visitorWords([visitor("phone", "anna@example.com"), visitor("ci"), visitor("100.64.0.9")])).toBe(
      "Connected now: phone (anna@example.com), ci, 100.64.0.9",
    );
  });

  it("says of each how its packets come, where that is known", () => {
    expect(visitorWords([visitor("phone", "anna@example.com", "direct"), visitor("ci", "", "relayed")])).toBe(
      "Connected now: phone (anna@example.com, direct), ci (relayed)",
    );
  });

  it("is eight by name and the rest by number", () => {
    expect(visitorWords(visitors(8))).toBe("Connected now: d1, d2, d3, d4, d5, d6, d7, d8");
    expect(visitorWords(visitors(11))).toBe("Connected now: d1, d2, d3, d4, d5, d6, d7, d8 and 3 more");
  });

  it("is nothing to say of nobody", () => {
    expect(visitorWords([])).toBeNull();
  });
});
