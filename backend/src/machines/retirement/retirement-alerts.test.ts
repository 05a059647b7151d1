import type { Fault } from "@tailnet-share/contract/errors";
import { expect, test } from "vitest";
import type { MachineStepId } from "../step.ts";
import { retirementAlerts } from "./retirement-alerts.ts";

const DEFAULT = "https://controlplane.tailscale.com";
const fault = (message: string): Fault => ({ code: "MACHINE_NOT_REMOVED", message, hint: "" });
const retiring = (key: string, dismissed = false) => ({ key, name: `name-${key}`, dismissed });
const alerts = (
  machines: ReturnType<typeof retiring>[],
  failures: readonly [MachineStepId["kind"], string, string][],
  homes: Record<string, string> = {},
) =>
  retirementAlerts(
    machines,
    {
      of(step) {
        const failure = failures.find(([kind, key]) => kind === step.kind && key === step.key);
        return failure && fault(failure[2]);
      },
    },
    new Map(
      Object.entries(homes).map(([key, home]) => [
        key,
        { version: 1 as const, workload: "name:web", deviceId: "1", home },
      ]),
    ),
    DEFAULT,
  );

test("one alert for each reason, with the machines that it holds up and where they are", () => {
  const failures: [MachineStepId["kind"], string, string][] = [
    ["machine-retire", "a", "gone"],
    ["machine-retire", "b", "gone"],
    ["machine-retire", "c", "refused"],
  ];
  const homes = { a: "https://headscale.example.com example.com" };
  expect(
    alerts(
      ["a", "b", "c", "d"].map((key) => retiring(key)),
      failures,
      homes,
    ),
  ).toEqual([
    {
      ...fault("gone"),
      machines: [
        { key: "a", name: "name-a", controlUrl: "https://headscale.example.com" },
        { key: "b", name: "name-b", controlUrl: DEFAULT },
      ],
    },
    { ...fault("refused"), machines: [{ key: "c", name: "name-c", controlUrl: DEFAULT }] },
  ]);
});

test("nothing is said of a dismissed machine, unless it can't be forgotten", () => {
  const dismissed = [retiring("a", true)];
  expect(alerts(dismissed, [["machine-retire", "a", "gone"]])).toEqual([]);
  expect(alerts(dismissed, [["machine-forget", "a", "disk full"]])).toMatchObject([{ message: "disk full" }]);
});

test("a step of a machine that is shared again is no retirement", () => {
  expect(alerts([], [["machine-retire", "a", "gone"]])).toEqual([]);
});
