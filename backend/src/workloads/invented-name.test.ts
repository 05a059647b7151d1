import { expect, test } from "vitest";
import { isInventedName } from "./invented-name.ts";

test.each([
  "frosty_banzai",
  "zen_curie",
  "quirky_mccarthy3",
  "shop-web-run-0123456789ab",
  "shop_web_run_0a1b2c3d4e5f",
])("recognises %s as a name that an engine or compose made up", (name) =>
  expect(isInventedName(name)).toBe(true),
);

test("recognises a container's ID in the place of a name", () => {
  expect(isInventedName("4f5e6d7c8b9a")).toBe(true);
  expect(isInventedName("4f".repeat(32))).toBe(true);
});

test.each([
  "web",
  "my_app",
  "test_db",
  "shop-web-1",
  "shop_web_1",
  "happy",
  "happy-curie",
  "happy_1",
  "Happy_curie",
  "run",
  "facade",
  "deadbeef",
])("takes %s for a name that somebody chose", (name) => expect(isInventedName(name)).toBe(false));
