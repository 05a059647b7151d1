import { expect, it } from "vitest";
import { specFilters } from "./spec-filters.ts";

it.each([
  ["tests/share.spec.ts", "/share.spec.ts"],
  ["testbed/tests/share.spec", "/share.spec"],
  ["tests/sharing/share.spec.ts", "tests/sharing/share.spec.ts"],
  ["tests/sharing/", "tests/sharing/"],
  ["share", "share"],
  ["-t", "-t"],
])("finds a spec by its file name with or without its folder: %s", (arg, filter) => {
  expect(specFilters([arg])).toEqual([filter]);
});
