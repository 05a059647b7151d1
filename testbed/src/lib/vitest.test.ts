import { describe, expect, it } from "vitest";
import { countLine, countOf, isWhole, sumOf } from "./vitest.ts";

const report = (changes: object) => ({
  numPassedTests: 3,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  testResults: [{ status: "passed", assertionResults: [{ status: "passed" }] }],
  ...changes,
});

describe("what Vitest's report comes to", () => {
  it("counts what passed, failed and was left out", () => {
    const json = report({ numFailedTests: 2, numPendingTests: 1, numTodoTests: 1 });
    expect(countOf(json, 1)).toEqual({ passed: 3, failed: 2, skipped: 2 });
  });

  it("a file that cannot be loaded has failed, though none of its tests has", () => {
    const json = report({ testResults: [{ status: "failed", assertionResults: [] }] });
    expect(countOf(json, 1)).toMatchObject({ failed: 1 });
  });

  it("so has a run whose tests passed and that ended badly all the same", () => {
    expect(countOf(report({}), 1)).toMatchObject({ passed: 3, failed: 1 });
    expect(countOf(report({}), 0)).toMatchObject({ passed: 3, failed: 0 });
  });

  it("several runs are summed in one line", () => {
    const sum = sumOf([
      { passed: 3, failed: 0, skipped: 1 },
      { passed: 4, failed: 2, skipped: 0 },
    ]);
    expect(countLine(sum)).toBe("7 passed, 2 failed, 1 skipped");
  });

  it.each([
    [{ passed: 1, failed: 0, skipped: 0 }, true],
    [{ passed: 1, failed: 1, skipped: 0 }, false],
    [{ passed: 1, failed: 0, skipped: 1 }, false],
    [{ passed: 0, failed: 0, skipped: 0 }, false],
  ])("%j is whole: %s", (count, whole) => {
    expect(isWhole(count)).toBe(whole);
  });
});
