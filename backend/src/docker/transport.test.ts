import { expect, test } from "vitest";
import { olderVersion } from "./transport.ts";

test("speaks the older of the engine's version and the newest that is known, compared as numbers", () => {
  expect(olderVersion("1.41", "1.54")).toBe("1.41");
  expect(olderVersion("1.60", "1.54")).toBe("1.54");
  expect(olderVersion("1.9", "1.41")).toBe("1.9");
  expect(olderVersion("2.0", "1.54")).toBe("1.54");
});
