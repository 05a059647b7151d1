import { expect, it } from "vitest";
import { secondsOf, weigh } from "./spec-seconds.ts";

it("weighs a spec file by its last duration, and a new one by its size at the others' pace", () => {
  const files = [
    { name: "tests/engine/a.spec.ts", bytes: 1_000 },
    { name: "b.spec.ts", bytes: 3_000 },
    { name: "new.spec.ts", bytes: 2_000 },
  ];
  expect(weigh(files, { "a.spec.ts": 60, "b.spec.ts": 20, "gone.spec.ts": 900 })).toEqual([
    { name: "tests/engine/a.spec.ts", weight: 60 },
    { name: "b.spec.ts", weight: 20 },
    { name: "new.spec.ts", weight: 40 },
  ]);
});

it("weighs files by their sizes without measurements", () => {
  expect(weigh([{ name: "a.spec.ts", bytes: 70 }], {})).toEqual([{ name: "a.spec.ts", weight: 70 }]);
});

it("takes a file's duration from its report, including its bed, and none for a file that did not run", () => {
  const files = [
    { name: "/somewhere/tests/a.spec.ts", startTime: 5_000, endTime: 65_400 },
    { name: "/somewhere/tests/broken.spec.ts", startTime: 5_000, endTime: 5_000 },
  ];
  expect(secondsOf(files)).toEqual({ "a.spec.ts": 70 });
});
