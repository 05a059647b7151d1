import { expect, test } from "vitest";
import { createFakeClock } from "../testing.ts";
import { type Cause, createPace } from "./pace.ts";

/** Start of the next pass, in milliseconds after the last one. `asks` lists requests and their times. */
async function begins(
  asks: readonly (readonly [at: number, Cause])[],
  { lookMs = 10, dueMs = 60_000, watched = true } = {},
): Promise<number> {
  const clock = createFakeClock();
  const pace = createPace(clock, () => watched);
  const began = clock.now();
  let at = -1;
  pace.begin();
  pace.next({ lookMs, dueMs }, new AbortController().signal).then(
    () => {
      at = clock.now() - began;
    },
    () => undefined,
  );
  for (const [when, cause] of asks) {
    await clock.advance(began + when - clock.now());
    pace.ask(cause);
  }
  await clock.advance(120_000);
  return at;
}

const table: [string, readonly (readonly [number, Cause])[], Parameters<typeof begins>[1], number][] = [
  ["at once for a click", [[0, "user"]], {}, 0],
  ["at once for a click after a long look", [[0, "user"]], { lookMs: 2_000 }, 0],
  ["at once for what was waited for", [[3, "urgent"]], {}, 3],
  ["at once for a share when nothing happened for a while", [[5_000, "event"]], {}, 5_000],
  ["at once for others as well while somebody watches", [[5_000, "hint"]], {}, 5_000],
  ["after a moment for a share in a burst", [[0, "event"]], {}, 50],
  ["after five times the last look", [[0, "event"]], { lookMs: 60 }, 300],
  ["after five times the last look, for others", [[20, "hint"]], { lookMs: 60 }, 300],
  ["after a second for a share, however long looks take", [[0, "event"]], { lookMs: 2_000 }, 1_000],
  ["after ten seconds for others, however long looks take", [[0, "hint"]], { lookMs: 5_000 }, 10_000],
  ["after five seconds for others while nobody watches", [[20, "hint"]], { watched: false }, 5_000],
  ["at once for others after those five seconds", [[7_000, "hint"]], { watched: false }, 7_000],
  ["soon for a share although nobody watches", [[20, "event"]], { watched: false }, 50],
  ["when something is due", [], { dueMs: 250 }, 250],
  ["when something is due, also while nobody watches", [[10, "hint"]], { dueMs: 250, watched: false }, 250],
  ["when something is due, also after a long look", [[10, "hint"]], { dueMs: 250, lookMs: 1_000 }, 250],
  ["never sooner than after a moment for what is due", [], { dueMs: 0 }, 50],
];

test.each(table)("looks again %s", async (_, asks, options, at) => {
  expect(await begins(asks, options)).toBe(at);
});
