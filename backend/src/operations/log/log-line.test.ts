import { AppError } from "@tailnet-share/contract/errors";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readableLine, toldError } from "./log-line.ts";

const entry = (more: object) => ({
  time: "2026-11-23T10:00:00.000Z",
  level: "info",
  event: "share.added",
  msg: "a share was added",
  ...more,
});

test("an entry is one line: time, level, event, message, and what belongs to it", () => {
  expect(readableLine(entry({ workload: "compose:shop/web/1", ports: 2 }))).toBe(
    "2026-11-23T10:00:00.000Z INFO  share.added: a share was added workload=compose:shop/web/1 ports=2",
  );
});

test("a value with blanks is quoted, so that it can be told where it ends", () => {
  expect(readableLine(entry({ reason: 'no "such" network', list: [1, 2] }))).toContain(
    String.raw`reason="no \"such\" network" list=[1,2]`,
  );
});

test("an expected failure is told by its code and its causes, without a stack", () => {
  const err = toldError(new AppError("ENGINE_REFUSED", "It refused.", "", { cause: new Error("no space") }));
  const line = readableLine(entry({ level: "warn", err }));
  expect(line).toContain('err="ENGINE_REFUSED: It refused.; because: no space"');
  expect(line).not.toContain(" at ");
});

test("an unexpected one says where it was thrown", () => {
  const line = readableLine(entry({ level: "error", err: toldError(new TypeError("not a function")) }));
  expect(line).toContain("TypeError: not a function | at ");
});

test("fields that somebody hung on an error are not told", () => {
  const err = Object.assign(new Error("refused"), { headers: { authorization: "Bearer hidden" } });
  expect(JSON.stringify(toldError(err))).not.toContain("hidden");
});

test("an error that causes itself comes to an end", () => {
  const err = new Error("again");
  err.cause = err;
  expect(toldError(err)).toMatchObject({ causes: ["again", "again", "again", "again"] });
});

test("whatever stands in an entry stays in its line, and neither moves the cursor nor turns the writing [S082]", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (msg, value) => {
      const line = readableLine(
        entry({ msg, value, err: { type: "Error", message: value, causes: [value] } }),
      );
      expect(line).toMatch(/^[^\p{Cc}\p{Cf}\u2028\u2029]*$/u);
    }),
  );
}, 30_000);

test("a line that is not a log entry is shown unchanged", () => {
  expect(readableLine("Killed\n")).toBe(String.raw`Killed\u000a`);
});
