import { type ErrorCode, Fault } from "@tailnet-share/contract/errors";
import { expect, test } from "vitest";
import { createFakeClock } from "../../testing.ts";
import { createFailures } from "./failures.ts";
import type { Step } from "./step.ts";

const join = (held: readonly string[] = []): Step => ({
  kind: "join",
  networkId: "app",
  networkName: "app",
  refusal: null,
  neighbours: { asked: [], held, waiting: 0 },
});
const wish = { key: "k", name: "web", targetId: "web", reachTailnet: false, tag: "" };
const start = (targetStartedAt = "first"): Step => ({
  kind: "machine-start",
  key: "k",
  wish: { ...wish, targetStartedAt },
  home: null,
});
const retire: Step = { kind: "machine-retire", key: "k", name: "web" };
const fault = (code: ErrorCode) => Fault.parse({ code, message: "no", hint: "" });

/** Counts the attempts at a step within this many milliseconds. */
async function triesWithin(ms: number, step: Step, code: ErrorCode): Promise<number> {
  const clock = createFakeClock();
  const failures = createFailures(clock);
  let tries = 0;
  for (const end = clock.monotonic() + ms; clock.monotonic() < end; ) {
    tries += 1;
    failures.add(step, fault(code));
    const [next = end] = failures.dueAfter(clock.monotonic());
    await clock.advance(Math.min(next, end) - clock.monotonic());
  }
  return tries;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

test.each<[string, Step, ErrorCode, number]>([
  ["a network that would move the way out", join(), "EGRESS_MOVED", 1],
  ["a swarm's network that takes no containers", join(), "NETWORK_NOT_JOINABLE", 1],
  ["a network that the engine refuses", join(), "ENGINE_REFUSED", 300],
  ["a network without an address to spare", join(), "NETWORK_FULL", 300],
  ["a container that runs a tailscaled", start(), "TAILSCALED_PRESENT", 300],
  ["a container that cannot be a machine", start(), "NOT_A_MACHINE", 300],
])("tries %s less often than every five minutes", async (_what, step, code, most) => {
  const tries = await triesWithin(DAY, step, code);
  expect(tries).toBeGreaterThan(0);
  expect(tries).toBeLessThanOrEqual(most);
});

test("tries a machine that can't be removed from its tailnet half an hour apart in the end", async () => {
  const tries = await triesWithin(DAY, retire, "MACHINE_NOT_REMOVED");
  expect(tries).toBeGreaterThan(48);
  expect(tries).toBeLessThan(64);
});

test("keeps retrying while the engine is unreachable", async () => {
  expect(await triesWithin(HOUR, join(), "ENGINE_UNREACHABLE")).toBeGreaterThan(200);
});

test.each<[string, Step, ErrorCode]>([
  ["a standing failure", join(), "EGRESS_MOVED"],
  ["a machine that can't be removed from its tailnet", retire, "MACHINE_NOT_REMOVED"],
])("retries %s at once on a click, new credentials or a change of the node", (_what, step, code) => {
  const failures = createFailures(createFakeClock());
  failures.add(step, fault(code));
  expect(failures.isWaiting(step)).toBe(true);
  failures.hurry();
  expect(failures.isWaiting(step)).toBe(false);
});

test.each<[string, ErrorCode, Step, Step]>([
  ["a container left the full network", "NETWORK_FULL", join(["10.0.0.2"]), join()],
  ["the container with a tailscaled was started again", "TAILSCALED_PRESENT", start(), start("second")],
])("tries at once when %s", (_what, code, before, after) => {
  const failures = createFailures(createFakeClock());
  failures.add(before, fault(code));
  expect(failures.isWaiting(before)).toBe(true);
  expect(failures.isWaiting(after)).toBe(false);
});

test("does not risk the default route again when containers come and go", () => {
  const failures = createFailures(createFakeClock());
  failures.add(join(["10.0.0.2"]), fault("EGRESS_MOVED"));
  expect(failures.isWaiting(join())).toBe(true);
});
