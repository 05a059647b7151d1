import { tmpdir } from "node:os";
import pino from "pino";
import { afterEach, expect, test } from "vitest";
import type { Listener } from "../ports/listening.ts";
import { createFakeClock } from "../testing.ts";
import type { MachineContainer } from "./container.ts";
import { createMachineWatch, type MachineWatch } from "./watch.ts";

const KEY = "0123456789abcdef";
const MACHINE: MachineContainer = {
  ...{ key: KEY, containerId: "machine", run: "running", targetId: "target", targetStartedAt: "1" },
  ...{ spec: "", tag: "" },
};
const on = (port: number, address: string, protocol: Listener["protocol"] = "tcp"): Listener => ({
  ...{ port, protocol, addresses: [address] },
});

const open: MachineWatch[] = [];
afterEach(() => {
  for (const machines of open.splice(0)) machines.close();
});

/** A machine that was looked into just now; `timers` are the pending sleeps until the next look. */
function watch(listening: readonly Listener[]) {
  const clock = createFakeClock();
  const timers = new Set<number>();
  const machines = createMachineWatch({
    stateDirectory: tmpdir(),
    onChange: () => undefined,
    onNotify: () => undefined,
    knock: async () => {},
    clock: {
      ...clock,
      async sleep(ms, signal) {
        timers.add(ms);
        await clock.sleep(ms, signal).finally(() => timers.delete(ms));
      },
    },
    log: pino({ level: "silent" }),
  });
  open.push(machines);
  machines.observe([MACHINE]);
  const saw = (lookAgainInMs: number) => {
    const now = clock.monotonic();
    machines.saw(KEY, { listening, lookedAt: now, lookAgainAt: now + lookAgainInMs });
  };
  saw(300_000);
  const inside = () => machines.inside(KEY);
  return { ...machines, inside, saw, clock, timers };
}

test("takes what was found listening in the meantime, whatever clients' sockets have come and gone", () => {
  const { found, inside } = watch([on(80, "127.0.0.1"), on(40_000, "0.0.0.0", "udp")]);
  const before = inside();
  found("machine", [on(80, "127.0.0.1"), on(50_000, "0.0.0.0", "udp")]);
  expect(inside()).toBe(before);
  found("machine", [on(80, "0.0.0.0")]);
  expect(inside()?.listening).toEqual([on(80, "0.0.0.0")]);
  found("another", []);
  expect(inside()?.listening).toEqual([on(80, "0.0.0.0")]);
});

test("a visit causes a look, but not within a minute of the last one", async () => {
  const { visited, inside, clock, saw } = watch([]);
  visited(KEY);
  expect(inside()?.stale).toBe(false);
  await clock.advance(60_000);
  visited(KEY);
  expect(inside()?.stale).toBe(true);
  saw(300_000);
  visited(KEY);
  expect(inside()?.stale).toBe(false);
});

test("waits for one next look, however many looks there were", async () => {
  const { saw, timers, clock } = watch([]);
  for (let ms = 200_000; ms < 200_100; ms += 1) saw(ms);
  await clock.advance(0);
  expect([...timers].filter((ms) => ms > 150_000 && ms < 400_000)).toEqual([200_104]);
});
