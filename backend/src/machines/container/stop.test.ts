import { expect, test } from "vitest";
import { createFakeClock } from "../../testing.ts";
import { createStop } from "./stop.ts";

const STEP = {
  kind: "machine-stop",
  key: "00000000000000aa",
  containerId: "machine",
  targetId: "web",
  namespaceLives: true,
} as const;

/** The calls, in order, that stop a machine whose tailscaled handles `goodBye` like this. */
async function doneWith(goodBye: () => Promise<void>, waits = 0, isAtWork = false): Promise<string[]> {
  const done: string[] = [];
  const clock = createFakeClock();
  const stop = createStop({
    engine: {
      inspectContainer: async () => ({ startedAt: "", running: true, exitCode: 0, mounts: new Map() }),
      startOwn: async () => void done.push("start"),
      stopOwn: async () => void done.push("stop"),
      removeOwn: async () => void done.push("remove"),
    },
    goodBye,
    untilItAnswers: async () => undefined,
    tidy: async ({ containerId }) =>
      void done.push(`take the guard away ${containerId === null ? "from beside" : "in it"}`),
    mayBeAtWork: () => isAtWork,
    clock,
  });
  const over = stop(STEP, new AbortController().signal);
  await clock.advance(waits);
  await over;
  return done;
}

test("a machine that rests is tidied up in its own container, which then ends", async () => {
  expect(await doneWith(async () => undefined)).toEqual(["take the guard away in it", "stop", "remove"]);
});

test("the guard is taken away last where a look may still be at work in the container", async () => {
  const done = await doneWith(async () => undefined, 0, true);
  expect(done).toEqual(["stop", "take the guard away from beside", "remove"]);
});

test.each([
  ["does not say that it rests", async () => await Promise.reject(new Error("refused"))],
  ["hangs", async () => await new Promise<void>(() => undefined)],
])("the guard of a machine that %s stands until the machine has ended [S033]", async (_how, goodBye) => {
  expect(await doneWith(goodBye, 1_000)).toEqual(["stop", "take the guard away from beside", "remove"]);
});
