import type { CheckReport } from "@tailnet-share/contract/check";
import { expect, it } from "vitest";
import { fault, share, workload } from "../../testing/fixtures.ts";
import { conclusion, isOutdated } from "./check-report.ts";

const row = workload({ share: share() });
const report: CheckReport = {
  hops: [],
  of: { run: row.run, containerId: row.containerId, exposure: share().exposure },
};

it("a report is current as long as the row shows the checked state, whatever clients connect meanwhile", () => {
  const visited = workload({ share: share({ traffic: { ...share().traffic, received: 9, sent: 9 } }) });
  expect(isOutdated(report, row)).toBe(false);
  expect(isOutdated(report, visited)).toBe(false);
});

it.each([
  ["the container has stopped", workload({ run: "stopped", share: share() })],
  ["it is another container", workload({ containerId: "b".repeat(64), share: share() })],
  [
    "it cannot be reached any more",
    workload({ share: share({ exposure: { state: "failed", fault: fault() } }) }),
  ],
  ["it is no longer shared", workload()],
])("a report is outdated when %s", (_when, now) => {
  expect(isOutdated(report, now)).toBe(true);
});

const live = share().exposure;
const silent = (...reasons: ("refused" | "loopback-only")[]) => {
  if (live.state !== "live") throw new Error("the fixture is not live");
  const unanswered = reasons.map((reason) => ({ port: 80, protocol: "tcp" as const, reason }));
  return { ...live, unanswered };
};
const failedHop = { hop: "listening" as const, outcome: "failed" as const, fault: fault() };

it.each([
  [
    "a failed check stays valid when the row learns why a port is silent",
    [failedHop],
    silent("refused"),
    silent("loopback-only"),
    false,
  ],
  [
    "a failed check stays valid when the row learns that a port is silent",
    [failedHop],
    silent(),
    silent("refused"),
    false,
  ],
  ["a passed check is outdated when a port falls silent", [], silent(), silent("refused"), true],
])("%s", (_what, hops, checked, shown, outdated) => {
  const of = { ...report.of, exposure: checked };
  expect(isOutdated({ hops, of }, workload({ share: share({ exposure: shown }) }))).toBe(outdated);
});

it("counts what was skipped apart from what passed", () => {
  const hop = { hop: "tailnet" as const, detail: "" };
  expect(conclusion({ hops: [{ ...hop, outcome: "passed" }] })).toBe("All tests passed.");
  expect(conclusion({ hops: [{ ...hop, outcome: "not-tried" }] })).toBe("All tests passed, 1 skipped.");
});
