import { expect, test } from "vitest";
import { createFakeClock } from "../testing.ts";
import { createSharedProbe } from "./shared-probe.ts";

const TAILSCALE = "https://controlplane.tailscale.com/key?v=142";
const OWN = "https://control.example/key?v=142";
const HOUR = 3_600_000;

/** Runs 21 tailscaleds that lost a server and probe it every 3 s for an hour. Returns the number of requests, and the most per minute. */
async function hour(address: string, does: "answers" | "refuses" | "hangs") {
  const clock = createFakeClock();
  const asked: number[] = [];
  const probeControl = createSharedProbe(async (_address, signal) => {
    asked.push(clock.monotonic());
    if (does === "refuses") throw new Error("ECONNREFUSED");
    if (does === "hangs") await clock.sleep(HOUR, signal);
  }, clock);
  const never = new AbortController().signal;
  for (const end = clock.monotonic() + HOUR; clock.monotonic() < end; ) {
    for (let turn = 0; turn < 21; turn += 1) probeControl(address, never).catch(() => undefined);
    await clock.advance(3_000);
  }
  const most = Math.max(
    ...asked.map((at) => asked.filter((other) => other >= at && other < at + 60_000).length),
  );
  return { times: asked.length, most };
}

test("asks Tailscale's own server once a minute for all, while it answers", async () => {
  const { times, most } = await hour(TAILSCALE, "answers");
  expect(times).toBeLessThanOrEqual(60);
  expect(most).toBe(1);
});

test.each(["refuses", "hangs"] as const)(
  "asks Tailscale's own server once a minute on average for all, while it %s",
  async (does) => {
    const { times, most } = await hour(TAILSCALE, does);
    expect(times).toBeLessThanOrEqual(62);
    expect(most).toBeLessThanOrEqual(2);
  },
);

test.each(["answers", "refuses", "hangs"] as const)(
  "asks another server at most twice in three seconds for all, while it %s",
  async (does) => {
    const { times } = await hour(OWN, does);
    expect(times).toBeGreaterThan(600);
    expect(times).toBeLessThanOrEqual(2_400);
  },
);

test("gives everybody the same answer, and tries again at once when the first try failed", async () => {
  const clock = createFakeClock();
  let fails = true;
  const probeControl = createSharedProbe(async () => {
    if (fails) throw new Error("lost");
    await Promise.resolve();
  }, clock);
  const { signal } = new AbortController();
  await expect(probeControl(TAILSCALE, signal)).rejects.toThrow("lost");
  fails = false;
  await expect(probeControl(TAILSCALE, signal)).resolves.toBeUndefined();
  fails = true;
  await expect(probeControl(TAILSCALE, signal)).resolves.toBeUndefined();
});
