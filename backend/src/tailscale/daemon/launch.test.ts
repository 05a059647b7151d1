import { expect, test } from "vitest";
import { createFakeClock } from "../../testing.ts";
import { comesUp } from "./launch.ts";

type Answer = "at once" | "after 15 s" | "never" | "ends after 5 s" | "is stopped after 5 s" | "hangs";

test.each<[Answer, { up: boolean; atMs: number; isSlow: boolean }]>([
  ["at once", { up: true, atMs: 0, isSlow: false }],
  ["after 15 s", { up: true, atMs: 15_000, isSlow: true }],
  ["never", { up: false, atMs: 30_000, isSlow: true }],
  ["ends after 5 s", { up: false, atMs: 5_000, isSlow: false }],
  ["is stopped after 5 s", { up: false, atMs: 5_000, isSlow: false }],
  ["hangs", { up: false, atMs: 30_000, isSlow: true }],
])("waiting for the first answer of a tailscaled that answers: %s", async (answer, expected) => {
  const clock = createFakeClock();
  const startedAt = clock.monotonic();
  const elapsed = () => clock.monotonic() - startedAt;
  const stopping = new AbortController();
  let isSlow = false;
  let result = { up: false, atMs: -1 };
  const signOfLife = async (signal: AbortSignal) => {
    if (answer === "hangs") await clock.sleep(3_600_000, signal);
    const isUp = answer === "at once" || (answer === "after 15 s" && elapsed() >= 15_000);
    if (!isUp) throw new Error("nobody listens");
    return { outOfSync: false };
  };
  const hasEnded = () => answer === "ends after 5 s" && elapsed() >= 5_000;
  const onSlow = () => {
    isSlow = true;
  };
  const waiting = comesUp(
    { hasEnded },
    { signOfLife, withinMs: 30_000, onSlow, clock },
    stopping.signal,
  ).then((up) => {
    result = { up, atMs: elapsed() };
  });
  await clock.advance(5_000);
  if (answer === "is stopped after 5 s") stopping.abort();
  await clock.advance(35_000);
  await waiting;
  expect({ up: result.up, isSlow }).toEqual({ up: expected.up, isSlow: expected.isSlow });
  expect(Math.abs(result.atMs - expected.atMs), `${result.atMs} ms`).toBeLessThan(3_100);
});
