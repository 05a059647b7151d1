import { tmpdir } from "node:os";
import pino from "pino";
import { afterEach, expect, test } from "vitest";
import type { Listener } from "../../ports/listening.ts";
import { createFakeClock } from "../../testing.ts";
import type { MachineContainer } from "../container/container.ts";
import type { MachineInspection } from "../namespace/inspection.ts";
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

/** A machine that was looked into just now. `sleeping` counts pending sleeps of that many milliseconds. */
function watch(listening: readonly Listener[]) {
  const clock = createFakeClock();
  const sleeps = new Set<{ ms: number }>();
  const began = clock.monotonic();
  const woken: number[] = [];
  const news: string[] = [];
  const machines = createMachineWatch({
    stateDirectory: tmpdir(),
    onNews(what) {
      news.push(what);
      woken.push(clock.monotonic() - began);
    },
    onNotify: () => undefined,
    probeControl: async () => {},
    clock: {
      ...clock,
      async sleep(ms, signal) {
        const one = { ms };
        sleeps.add(one);
        await clock.sleep(ms, signal).finally(() => sleeps.delete(one));
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
  const inspection = () => machines.inspection(KEY);
  const sleeping = (least: number, most: number) =>
    [...sleeps].map(({ ms }) => ms).filter((ms) => ms >= least && ms <= most);
  const finds = (found: Partial<MachineInspection>) => machines.saw(KEY, found);
  return { ...machines, machines, inspection, saw, finds, clock, sleeping, woken, news };
}

test("takes what was found listening in the meantime, whatever clients' sockets have come and gone", () => {
  const { found, inspection } = watch([on(80, "127.0.0.1"), on(40_000, "0.0.0.0", "udp")]);
  const before = inspection();
  found("machine", [on(80, "127.0.0.1"), on(50_000, "0.0.0.0", "udp")]);
  expect(inspection()).toBe(before);
  found("machine", [on(80, "0.0.0.0")]);
  expect(inspection()?.listening).toEqual([on(80, "0.0.0.0")]);
  found("another", []);
  expect(inspection()?.listening).toEqual([on(80, "0.0.0.0")]);
});

test("a visit causes a look, but not within a minute of the last one", async () => {
  const { visited, inspection, clock, saw } = watch([]);
  visited(KEY);
  expect(inspection()?.stale).toBe(false);
  await clock.advance(60_000);
  visited(KEY);
  expect(inspection()?.stale).toBe(true);
  saw(300_000);
  visited(KEY);
  expect(inspection()?.stale).toBe(false);
});

test("wakes the loop once for those who watch and once for the usual look, however many looks there were", async () => {
  const { saw, sleeping, clock, woken } = watch([]);
  for (let ms = 200_000; ms < 200_100; ms += 1) saw(ms);
  await clock.advance(0);
  expect(sleeping(5_000, 10_000)).toEqual([8_005]);
  expect(woken.filter((at) => at > 0)).toEqual([]);
  await clock.advance(199_000);
  expect(woken.filter((at) => at > 7_000 && at < 9_000)).toEqual([8_015]);
  expect(sleeping(150_000, 400_000)).toEqual([192_099]);
});

test("reports what a look has found, and nothing when that is the same as before", () => {
  const { saw, finds, news } = watch([on(80, "127.0.0.1"), on(40_000, "0.0.0.0", "udp")]);
  expect(news).toEqual(["found"]);
  saw(200_000);
  finds({ listening: [on(80, "127.0.0.1"), on(50_000, "0.0.0.0", "udp")] });
  expect(news).toEqual(["found"]);
  finds({ ipv6: ["::1"] });
  finds({ listening: [] });
  finds({ listening: null });
  finds({ serve: { TCP: { 443: { HTTPS: true } } } });
  expect(news).toEqual(["found", "found", "found", "found", "found"]);
});

test("machines that are due within milliseconds wake the loop together", async () => {
  const { clock, woken, news, observe, machines } = watch([]);
  const others = ["1", "2", "3"].map((one) => ({ ...MACHINE, key: `another-${one}`, containerId: one }));
  observe([MACHINE, ...others]);
  for (const { key } of others) {
    await clock.advance(1);
    machines.saw(key, { lookedAt: clock.monotonic(), lookAgainAt: clock.monotonic() + 100_000 });
  }
  news.length = 0;
  woken.length = 0;
  await clock.advance(150_000);
  expect(news.filter((what) => what === "due")).toHaveLength(2);
  expect(woken[0]).toBe(8_015);
});
