import { beforeEach, describe, expect, it } from "vitest";
import { createOneTimeCodes, type OneTimeCodes } from "./one-time-codes.ts";

describe("a link's code", () => {
  let now: number;
  let codes: OneTimeCodes;
  beforeEach(() => {
    now = 5;
    codes = createOneTimeCodes({ monotonic: () => now });
  });

  it("has 128 bits and opens one session", () => {
    const code = codes.make();
    expect(Buffer.from(code, "base64url")).toHaveLength(16);
    expect([codes.take(code), codes.take(code)]).toEqual([true, false]);
  });

  it("is valid for ten minutes", () => {
    const [early, late] = [codes.make(), codes.make()];
    now += 599_999;
    expect(codes.take(early)).toBe(true);
    now += 1;
    expect(codes.take(late)).toBe(false);
  });

  it("is refused when it was never made", () => {
    const code = codes.make();
    for (const other of ["", code.slice(1), `${code}=`, "none"]) expect(codes.take(other)).toBe(false);
    expect(codes.take(code)).toBe(true);
  });

  it("is used up when ten newer ones were made", () => {
    const all = Array.from({ length: 11 }, () => codes.make());
    expect(all.map((code) => codes.take(code))).toEqual([false, ...Array(10).fill(true)]);
  });
});
