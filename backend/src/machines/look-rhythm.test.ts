import { expect, test } from "vitest";
import { pauseBeforeLook } from "./look-rhythm.ts";

const tcp = (port: number) => ({ port, protocol: "tcp" as const });
const listening = [{ ...tcp(80), addresses: ["127.0.0.1"] }];

test.each<[string, Parameters<typeof pauseBeforeLook>, number]>([
  ["everything listens", [[tcp(80)], listening, 0], 300_000],
  ["nothing listens yet", [[tcp(80)], [], 0], 1_000],
  ["one of two does", [[tcp(80), tcp(81)], listening, 30_000], 5_000],
  ["one is idle for good", [[tcp(80), tcp(81)], listening, 86_400_000], 300_000],
  ["no port is named, and nothing listens", [[], [], 12_000], 2_000],
  ["no port is named", [[], listening, 12_000], 300_000],
  ["nothing is known", [[], null, 0], 1_000],
])("%s", (_what, looked, pause) => {
  expect(pauseBeforeLook(...looked)).toBe(pause);
});

test("a port that stays idle for a day costs fewer than 330 looks, and a program that starts after a minute is seen within ten seconds", () => {
  let elapsed = 0;
  const looks: number[] = [];
  while (elapsed < 86_400_000) {
    elapsed += pauseBeforeLook([tcp(80)], [], elapsed);
    looks.push(elapsed);
  }
  expect(looks.length).toBeLessThan(330);
  expect((looks.find((at) => at >= 60_000) ?? 0) - 60_000).toBeLessThan(10_500);
});
