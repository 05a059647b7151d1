import { AppError } from "@tailnet-share/contract/errors";
import { pino } from "pino";
import { expect, test } from "vitest";
import { createFakeClock } from "../../testing.ts";
import { createAttempt } from "./attempt.ts";
import { createFailures } from "./failures.ts";
import type { Step } from "./step.ts";

const look: Step = {
  ...{ kind: "machine-look", key: "k", targetId: "web", life: null },
  ...{ reachTailnet: false, ports: [], askTls: null },
};
const retire: Step = { kind: "machine-retire", key: "k", name: "web" };

/** Runs attempts with a log. Returns the log's lines at `info` and above. */
function attempts(outcome: () => Promise<void>) {
  const lines: { level: number; event: string; attempts?: number }[] = [];
  const log = pino({ level: "info" }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const executors = { [look.kind]: outcome, [retire.kind]: outcome } as unknown;
  const attempt = createAttempt({
    executors: executors as Parameters<typeof createAttempt>[0]["executors"],
    ownContainerId: () => "self",
    failures: createFailures(createFakeClock()),
    log,
    meter: undefined,
  });
  const many = async (step: Step, times: number) => {
    for (let time = 0; time < times; time += 1) await attempt(step, new AbortController().signal);
    return lines;
  };
  return { many };
}

const fine = async () => await Promise.resolve();
const fails = async () => await Promise.reject(new AppError("MACHINE_NOT_REMOVED", "no"));

test("writes nothing about the looks of twenty machines in a day", async () => {
  expect(await attempts(fine).many(look, 20 * 288)).toEqual([]);
});

test("writes a change, each time", async () => {
  expect(await attempts(fine).many(retire, 3)).toHaveLength(3);
});

test("writes of a step that fails for weeks the first time, the tenth, the hundredth and the thousandth", async () => {
  const lines = await attempts(fails).many(retire, 5_000);
  expect(lines.map((line) => line.attempts)).toEqual([1, 10, 100, 1_000]);
});
