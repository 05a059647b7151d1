import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { knownFault, machineUpdates } from "./advisories.ts";

const DOCKERFILE = new URL("../../../../../Dockerfile", import.meta.url);

test("a release before the one that mends a fault has it, and no later one", () => {
  expect(knownFault("1.98.8")).toMatchObject({ bulletin: "TS-2026-010", mendedIn: "1.98.9" });
  expect(knownFault("1.98.9")).toBeNull();
  expect(knownFault("1.98.10")).toBeNull();
  expect(knownFault("1.100.0")).toBeNull();
  expect(knownFault("2.0.0")).toBeNull();
  expect(knownFault("1.9.0")).toMatchObject({ bulletin: "TS-2026-010" });
});

test("a tag without a patch stands for the last one, so a fault that a patch mends is not said of it", () => {
  expect(knownFault("1.98")).toBeNull();
  expect(knownFault("1.96")).toMatchObject({ bulletin: "TS-2026-010" });
});

test("the latest of several faults is told, because the release that mends it mends the others", () => {
  const both = [
    { bulletin: "TS-1", mendedIn: "1.10.0" },
    { bulletin: "TS-2", mendedIn: "1.20.0" },
  ];
  expect(knownFault("1.9.0", both)).toEqual(both[1]);
  expect(knownFault("1.15.0", both)).toEqual(both[1]);
});

test("of what is no version nothing is said", () => {
  for (const text of ["", "stable", "unstable", "1", "1.2.3.4", "1.x", "1.98.8-pre"])
    expect(knownFault(text)).toBeNull();
});

test("the release that comes with the extension has no known fault", async () => {
  const [, bundled = ""] = /tailscale:v([\d.]+)/.exec(await readFile(DOCKERFILE, "utf8")) ?? [];
  expect(bundled).toMatch(/^\d+\.\d+\.\d+$/);
  expect(knownFault(bundled)).toBeNull();
});

test("the version for machines is judged by its tag, else by the running one, and the bundled one only once", () => {
  expect(machineUpdates("", ["1.2.3"])).toEqual([]);
  expect(machineUpdates("v1.102", ["1.102.3"])).toEqual([]);
  expect(machineUpdates("v1.96.4", [])).toEqual([
    { part: "machines", running: "1.96.4", latest: "1.98.9", security: true, bulletin: "TS-2026-010" },
  ]);
  expect(machineUpdates("stable", ["1.102.3", "1.94.1"])).toMatchObject([{ running: "1.94.1" }]);
});
