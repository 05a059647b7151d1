import { expect, test } from "vitest";
import { reportStartWish, startAlerts } from "./report.ts";
import { readStartWish } from "./wish.ts";

const ENVIRONMENT = { TS_HOSTNAME: "a.b", TS_USERSPACE: "yes", TS_SERVE_CONFIG: "/serve.json" };

test("a panel gets one alert for all variables that can't be used, with each next step", async () => {
  const [alert, ...others] = startAlerts(await readStartWish(ENVIRONMENT, "/state"));
  expect(others).toEqual([]);
  expect(alert?.message).toBe(
    "TS_HOSTNAME is no name that a device can have. TS_USERSPACE is neither true nor false.",
  );
  expect(alert?.hint).toMatch(
    /^Use 1 to 63 letters.*Set it to true or false.*Then start the container again\.$/,
  );
  expect(startAlerts(await readStartWish({}, "/state"))).toEqual([]);
});

test("the log has a line for each variable that can't be used or has no effect", async () => {
  const lines: unknown[] = [];
  const note = (facts: unknown) => void lines.push(facts);
  reportStartWish(await readStartWish(ENVIRONMENT, "/state"), { warn: note, error: note });
  expect(lines).toMatchObject([
    { event: "first-start.refused", code: "ENVIRONMENT_UNUSABLE" },
    { event: "first-start.refused", code: "ENVIRONMENT_UNUSABLE" },
    { event: "first-start.ignored", variable: "TS_SERVE_CONFIG" },
  ]);
});
