import { describe, expect, it } from "vitest";
import { countLine, countOf, isWhole, sumOf } from "./vitest.ts";

const file = (status: string, tests: readonly string[]) => ({
  ...{ name: "/somewhere/tests/a.spec.ts", status, message: "cannot be loaded" },
  assertionResults: tests.map((test, index) => ({
    ...{ status: test, fullName: `does ${index}` },
    failureMessages: test === "failed" ? ["Error: no\n    at here"] : [],
  })),
});
const report = (changes: object) => ({
  numPassedTests: 3,
  numPendingTests: 0,
  numTodoTests: 0,
  testResults: [file("passed", ["passed"])],
  ...changes,
});

describe("the counts from Vitest's report", () => {
  it("include what passed, failed and was skipped, and name what failed", () => {
    const testResults = [file("failed", ["passed", "failed", "failed"])];
    expect(countOf(report({ numPendingTests: 1, numTodoTests: 1, testResults }), 1)).toEqual({
      ...{ passed: 3, failed: 2, skipped: 2 },
      failures: ["a.spec.ts: does 1: Error: no at here", "a.spec.ts: does 2: Error: no at here"],
    });
  });

  it("show the end of the details that a spec added to a failure", () => {
    const failed = file("failed", ["failed"]);
    const failureMessages = ["Error: no", `log:\n${"x".repeat(2_000)} the last line`];
    const assertionResults = failed.assertionResults.map((test) => ({ ...test, failureMessages }));
    const { failures } = countOf(report({ testResults: [{ ...failed, assertionResults }] }), 1);
    expect(failures).toEqual([expect.stringMatching(/^a\.spec\.ts: does 0: Error: no … x+ the last line$/)]);
  });

  it("count a file that cannot be loaded as failed, although it has no tests", () => {
    expect(countOf(report({ testResults: [file("failed", [])] }), 1)).toMatchObject({
      failed: 1,
      failures: ["a.spec.ts: as a whole: cannot be loaded"],
    });
  });

  it("name a failing hook with both ends of its reason, beside the tests that failed", () => {
    const message = `the backend does not answer. Its log: ${"x".repeat(2_000)} the last line`;
    const hook = { file: "/somewhere/tests/a.spec.ts", title: "on an engine", messages: [message, "closed"] };
    const changes = { hookFailures: [hook], testResults: [file("failed", ["failed"])] };
    expect(countOf(report(changes), 1)).toMatchObject({
      failed: 3,
      failures: [
        expect.stringMatching(
          /^a\.spec\.ts: on an engine: the backend does not answer\..*x … x.* the last line$/,
        ),
        "a.spec.ts: on an engine: closed",
        "a.spec.ts: does 0: Error: no at here",
      ],
    });
  });

  it("count a run that ended with an error as failed, although every test passed", () => {
    expect(countOf(report({}), 1)).toMatchObject({ passed: 3, failed: 1 });
    expect(countOf(report({}), 0)).toMatchObject({ passed: 3, failed: 0 });
  });

  it("add up over several runs in one line", () => {
    const sum = sumOf([
      { passed: 3, failed: 0, skipped: 1, failures: [] },
      { passed: 4, failed: 2, skipped: 0, failures: ["a", "b"] },
    ]);
    expect(sum.failures).toEqual(["a", "b"]);
    expect(countLine(sum)).toBe("7 passed, 2 failed, 1 skipped");
  });

  it.each([
    [{ passed: 1, failed: 0, skipped: 0 }, true],
    [{ passed: 1, failed: 1, skipped: 0 }, false],
    [{ passed: 1, failed: 0, skipped: 1 }, false],
    [{ passed: 0, failed: 0, skipped: 0 }, false],
  ])("%j has passed: %s", (count, whole) => {
    expect(isWhole(count)).toBe(whole);
  });
});
