import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { clockAheadBy, systemClock } from "./clock.ts";

let folder: string;
let file: string;
const standing = { ...systemClock, now: () => 1_000 };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tailnet-share-clock-"));
  file = join(folder, "ahead");
});
afterEach(async () => await rm(folder, { recursive: true }));

it("is the usual time as long as there is no file", () => {
  expect(clockAheadBy(file, standing).now()).toBe(1_000);
});

it("is ahead by what stands in the file right now", async () => {
  const clock = clockAheadBy(file, standing);
  await writeFile(file, "3600000\n");
  expect(clock.now()).toBe(3_601_000);
  await writeFile(file, "0");
  expect(clock.now()).toBe(1_000);
});

it.each(["", "an hour", "Infinity"])("is the usual time with '%s' in the file", async (text) => {
  await writeFile(file, text);
  expect(clockAheadBy(file, standing).now()).toBe(1_000);
});

it("waits as long as ever", async () => {
  await writeFile(file, "3600000");
  const ended: number[] = [];
  const clock = clockAheadBy(file, { ...standing, sleep: async (ms) => void ended.push(ms) });
  await clock.sleep(250);
  expect(ended).toEqual([250]);
});

it("puts durations ahead as well, so that what is due in hours is due", async () => {
  const clock = clockAheadBy(file, { ...standing, monotonic: () => 5 });
  await writeFile(file, "3600000");
  expect(clock.monotonic()).toBe(3_600_005);
});
