import { expect, test } from "vitest";
import { createFakeClock } from "../../testing.ts";
import {
  createWatchedLooks,
  dueForVisitors,
  nextRoundAt,
  pauseBeforeLook,
  timesOfLook,
} from "./look-rhythm.ts";

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

test("a program that ends after a day and comes back is seen within seconds each time", () => {
  const day = 86_400_000;
  const up = timesOfLook(null, [tcp(80)], listening, 0);
  expect(timesOfLook({ ...up, listening }, [tcp(80)], listening, day).lookAgainAt).toBe(day + 300_000);
  const gone = timesOfLook({ ...up, listening }, [tcp(80)], [], day);
  expect(gone).toEqual({ lookedAt: day, lookAgainAt: day + 1_000, idleSince: day });
  const still = timesOfLook({ ...gone, listening: [] }, [tcp(80)], [], day + 30_000);
  expect(still).toMatchObject({ idleSince: day, lookAgainAt: day + 35_000 });
});

/** Looks into machines for ten minutes, with a pass of the loop every 3 s and when `watch` wakes it. Returns when, by key. */
async function looksInto(count: number, watched: boolean): Promise<Map<string, number[]>> {
  const clock = createFakeClock();
  const due = createWatchedLooks(() => watched, clock);
  const began = clock.monotonic();
  const machines = Array.from({ length: count }, (_, index) => ({ key: `${index}`, lookedAt: began }));
  const looks = new Map(machines.map(({ key }) => [key, [] as number[]]));
  const now = () => clock.monotonic() - began;
  while (now() < 600_000) {
    for (let [key] = due(machines); key !== undefined; [key] = due(machines)) {
      await clock.advance(200);
      for (const one of machines) if (one.key === key) one.lookedAt = clock.monotonic();
      looks.get(key)?.push(now());
    }
    const wakes = machines.map(({ lookedAt }) => nextRoundAt(lookedAt) - clock.monotonic());
    await clock.advance(Math.min(3_000, ...wakes.filter((ms) => ms > 0)));
  }
  return looks;
}

test.each([
  [1, 9_000],
  [3, 9_000],
  [20, 60_000],
])(
  "while somebody watches, %i machines are looked into at least every %i ms, and 23 times a minute at most",
  async (count, ms) => {
    const looks = await looksInto(count, true);
    for (const times of looks.values())
      for (const [index, at] of times.entries()) expect(at - (times[index - 1] ?? 0)).toBeLessThanOrEqual(ms);
    expect([...looks.values()].flat().length).toBeLessThanOrEqual(230);
    expect([...looks.values()].every((times) => times.length > 5)).toBe(true);
  },
);

test("machines that were looked into in one round wake the loop together, at the next one", () => {
  const wakes = [8_001, 8_300, 12_000, 15_999].map(nextRoundAt);
  expect(new Set(wakes)).toEqual(new Set([16_000]));
  expect(nextRoundAt(16_000)).toBe(24_000);
});

test("a round that begins right after a panel was opened leaves out machines that were just looked into", () => {
  const clock = createFakeClock();
  const due = createWatchedLooks(() => true, { ...clock, monotonic: () => now });
  let now = 7_900;
  expect([...due([{ key: "a", lookedAt: 0 }])]).toEqual(["a"]);
  now = 8_005;
  expect([...due([{ key: "a", lookedAt: 7_950 }])]).toEqual([]);
});

test("a machine that a visitor has a session with is looked into once a minute, three at a time, oldest look first", () => {
  const machines = ["a", "b", "c", "d", "e", "quiet"].map((key, index) => ({ key, lookedAt: index * 1_000 }));
  const visited = new Set(["e", "d", "c", "b", "a"]);
  expect([...dueForVisitors(machines, visited, 59_999)]).toEqual([]);
  expect([...dueForVisitors(machines, visited, 60_000)]).toEqual(["a"]);
  expect([...dueForVisitors(machines, visited, 90_000)]).toEqual(["a", "b", "c"]);
  expect([...dueForVisitors(machines, new Set(), 90_000)]).toEqual([]);
});

test("while nobody watches, no machine is looked into", async () => {
  expect([...(await looksInto(20, false)).values()].flat()).toEqual([]);
});

test("when somebody begins to watch, machines that were looked into a while ago are looked into at once", async () => {
  const clock = createFakeClock();
  let watched = false;
  const due = createWatchedLooks(() => watched, clock);
  const at = clock.monotonic();
  await clock.advance(60_000);
  watched = true;
  expect([...due([{ key: "a", lookedAt: at }])]).toEqual(["a"]);
  expect([...due([{ key: "a", lookedAt: clock.monotonic() }])]).toEqual([]);
});
