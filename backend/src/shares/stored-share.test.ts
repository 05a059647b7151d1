import { expect, test } from "vitest";
import { share } from "../testing.ts";
import { StoredShare } from "./stored-share.ts";

test.each([Number.NaN, -1, 0.5, 8_640_000_000_000_001, 1e300, "soon"])(
  "a share that ends at a time that there is none of is no share: %s",
  (until) => {
    expect(StoredShare.safeParse({ ...share("web"), until }).success).toBe(false);
  },
);

test.each([null, 0, 253_402_300_799_999, 8_640_000_000_000_000])("one may end at %s", (until) => {
  const { data } = StoredShare.safeParse({ ...share("web"), until });
  expect(data?.until).toBe(until);
  if (data?.until != null) expect(() => new Date(data.until ?? 0).toISOString()).not.toThrow();
});
