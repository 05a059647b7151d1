import { expect, test } from "vitest";
import { createFakeClock } from "../testing.ts";
import { createTrafficCounter } from "./traffic.ts";

type Counter = readonly [name: string, received: number];
const counters = (...bytes: readonly Counter[]) =>
  new Map(bytes.map(([name, received]) => [name, { received, sent: received * 2 }]));

test("bytes are counted from when a share is first seen, and that time stays", async () => {
  const clock = createFakeClock();
  const traffic = createTrafficCounter(clock);
  const since = new Date(clock.now()).toISOString();
  expect(traffic.count("web", counters())).toEqual({ received: 0, sent: 0, since });
  await clock.advance(60_000);
  expect(traffic.count("web", counters(["tcp_80", 5]))).toEqual({ received: 5, sent: 10, since });
  expect(traffic.count("web", counters(["tcp_80", 7]))).toEqual({ received: 7, sent: 14, since });
});

test("nothing is lost when a counter goes, comes back or begins anew", () => {
  const traffic = createTrafficCounter(createFakeClock());
  const received = (...now: readonly Counter[]) => traffic.count("web", counters(...now)).received;
  expect(received(["tcp_80", 100], ["tcp_81", 50])).toBe(150);
  expect(received(["tcp_81", 50])).toBe(150);
  expect(received(["tcp_81", 3], ["tcp_90", 4])).toBe(157);
  expect(received()).toBe(157);
  expect(received(["tcp_81", 2])).toBe(159);
});

test("a share that was switched off begins anew, and others go on", () => {
  const traffic = createTrafficCounter(createFakeClock());
  traffic.count("web", counters(["tcp_80", 5]));
  traffic.count("api", counters(["tcp_81", 6]));
  traffic.keepOnly(["api"]);
  expect(traffic.count("web", counters()).received).toBe(0);
  expect(traffic.count("api", counters(["tcp_81", 6])).received).toBe(6);
});
