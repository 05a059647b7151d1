import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const TESTS = join(import.meta.dirname, "..", "..", "tests");
/** Subnets that an engine chooses for networks without one. Source: moby's `libnetwork/ipamutils`. */
const CHOSEN_BY_ENGINES = /\b(?:172\.(?:1[7-9]|2\d|3[01])|192\.168)\.\d+\.\d+\/\d+/u;

it("no spec asks for a subnet that the engine may have given to another network", () => {
  const asking = readdirSync(TESTS, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .flatMap((path) =>
      readFileSync(join(TESTS, path), "utf8")
        .split("\n")
        .filter((line) => line.includes("subnet") && CHOSEN_BY_ENGINES.test(line))
        .map((line) => `${path}: ${line.trim()}`),
    );
  expect(asking).toEqual([]);
});
