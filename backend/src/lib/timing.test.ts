import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { createFakeClock } from "../testing.ts";
import {
  createMutex,
  createSleeper,
  createTurns,
  deadlineSignal,
  limited,
  pause,
  unlessAborted,
  until,
  within,
} from "./timing.ts";

/** Time for a test: `clock` counts its sleeps that have not ended, `after` is not counted. */
function createTime() {
  const fake = createFakeClock();
  const startedAt = fake.monotonic();
  const time = {
    sleeping: 0,
    passed: () => fake.monotonic() - startedAt,
    advance: fake.advance,
    after: async <T>(ms: number, then: () => T): Promise<T> => {
      await fake.sleep(ms);
      return then();
    },
    clock: {
      ...fake,
      async sleep(ms: number, signal?: AbortSignal) {
        time.sleeping += 1;
        await fake.sleep(ms, signal).finally(() => {
          time.sleeping -= 1;
        });
      },
    },
  };
  return time;
}

/** The outcome of a wait and when it came. */
async function outcomeOf(wait: Promise<unknown>, time: ReturnType<typeof createTime>) {
  const outcome = wait.then(
    (value) => ({ value, at: time.passed() }),
    (error: unknown) => ({ error: error instanceof Error ? error.message : error, at: time.passed() }),
  );
  await time.advance(10_000);
  return await outcome;
}

const moment = fc.integer({ min: 1, max: 1_000 });
const moments = fc
  .record({ takes: moment, ms: moment, abortAt: fc.option(moment, { nil: 5_000 }), fails: fc.boolean() })
  .filter(({ takes, ms, abortAt }) => new Set([takes, ms, abortAt]).size === 3);
const workThatEnds = (fails: boolean) => () => {
  if (fails) throw new Error("no");
  return "value";
};

describe("within", () => {
  it("ends with the work, the deadline or the signal, whichever is first, and leaves no timer and no work behind", async () => {
    await fc.assert(
      fc.asyncProperty(moments, async ({ takes, ms, abortAt, fails }) => {
        const time = createTime();
        const stop = new AbortController();
        void time.after(abortAt, () => stop.abort());
        const given: AbortSignal[] = [];
        const work = async (signal: AbortSignal) => {
          given.push(signal);
          return await time.after(takes, workThatEnds(fails));
        };
        const options = { clock: time.clock, signal: stop.signal, otherwise: "late" };
        const at = Math.min(takes, ms, abortAt);
        const expected =
          at !== takes ? { value: "late", at } : fails ? { error: "no", at } : { value: "value", at };
        expect(await outcomeOf(within(work, ms, options), time)).toEqual(expected);
        expect(given.map(({ aborted }) => aborted)).toEqual([true]);
        expect(time.sleeping).toBe(0);
      }),
    );
  });

  it("takes a promise as well, whose late failure is nobody's", async () => {
    const time = createTime();
    const failing = time.after(50, workThatEnds(true));
    const wait = within(failing, 20, { clock: time.clock, otherwise: null });
    expect(await outcomeOf(wait, time)).toEqual({ value: null, at: 20 });
    const soon = within(time.after(10, workThatEnds(false)), 20, { clock: time.clock, otherwise: null });
    expect((await outcomeOf(soon, time)) as object).toMatchObject({ value: "value" });
  });

  it("prefers the result to a deadline that is over", async () => {
    const time = createTime();
    expect(await within(Promise.resolve("value"), 0, { clock: time.clock, otherwise: "late" })).toBe("value");
    const late = within(time.after(1, workThatEnds(false)), 0, { clock: time.clock, otherwise: "late" });
    expect(await outcomeOf(late, time)).toEqual({ value: "late", at: 0 });
  });

  it("gives up at once when the signal has aborted", async () => {
    const time = createTime();
    const options = { clock: time.clock, signal: AbortSignal.abort(), otherwise: "late" };
    expect(await outcomeOf(within(time.after(5, workThatEnds(false)), 10, options), time)).toEqual({
      value: "late",
      at: 0,
    });
  });
});

describe("limited", () => {
  it("tells the work to end at the deadline or the signal, waits for that, and leaves no timer behind", async () => {
    await fc.assert(
      fc.asyncProperty(moments, async ({ takes, ms, abortAt, fails }) => {
        const time = createTime();
        const stop = new AbortController();
        void time.after(abortAt, () => stop.abort());
        let toldAt: number | null = null;
        const work = async (signal: AbortSignal) => {
          signal.addEventListener("abort", () => {
            toldAt = time.passed();
          });
          return await time.after(takes, workThatEnds(fails));
        };
        const wait = limited(work, ms, { clock: time.clock, signal: stop.signal });
        const expected = fails ? { error: "no", at: takes } : { value: "value", at: takes };
        expect(await outcomeOf(wait, time)).toEqual(expected);
        const first = Math.min(ms, abortAt);
        if (first < takes) expect(toldAt).toBe(first);
        expect(time.sleeping).toBe(0);
      }),
    );
  });
});

describe("unlessAborted", () => {
  it.each<[string, number, number, object]>([
    ["the work's value when it ends first", 5, 10, { value: "value", at: 5 }],
    ["the other value when the signal aborts first", 10, 5, { value: "over", at: 5 }],
    ["the other value when the signal has aborted", 10, 0, { value: "over", at: 0 }],
  ])("resolves with %s", async (_what, takes, abortAt, expected) => {
    const time = createTime();
    const stop = new AbortController();
    if (abortAt === 0) stop.abort();
    else void time.after(abortAt, () => stop.abort());
    const wait = unlessAborted(time.after(takes, workThatEnds(false)), stop.signal, "over");
    expect(await outcomeOf(wait, time)).toEqual(expected);
  });

  it("rejects as the work does", async () => {
    const { signal } = new AbortController();
    await expect(unlessAborted(Promise.reject(new Error("no")), signal, "over")).rejects.toThrow("no");
  });
});

describe("deadlineSignal", () => {
  it("aborts when the other signal does, with its reason, or when the time is over", async () => {
    const stop = new AbortController();
    const signal = deadlineSignal(60_000, stop.signal);
    expect(signal.aborted).toBe(false);
    stop.abort(new Error("stopped"));
    expect(signal.reason).toMatchObject({ message: "stopped" });
    const alone = deadlineSignal(1);
    await new Promise<void>((resolve) => {
      alone.addEventListener("abort", () => resolve());
    });
    expect(alone.reason).toMatchObject({ name: "TimeoutError" });
  });
});

describe("until", () => {
  it.each<[string, unknown[], object, number]>([
    ["resolves with the first find", [null, false, "found"], { value: "found", at: 20 }, 3],
    ["needs no pause for an immediate find", ["found"], { value: "found", at: 0 }, 1],
    ["finds a zero and an empty text", [0], { value: 0, at: 0 }, 1],
    ["resolves with null at the deadline", [], { value: null, at: 50 }, 5],
    ["rejects as the probe does", [null, new Error("no")], { error: "no", at: 10 }, 2],
  ])("%s", async (_what, answers, expected, asked) => {
    const time = createTime();
    let calls = 0;
    const probe = async (): Promise<unknown> => {
      const answer = await Promise.resolve(answers[calls] ?? null);
      calls += 1;
      if (answer instanceof Error) throw answer;
      return answer;
    };
    const wait = until(probe, 50, { clock: time.clock, everyMs: 10 });
    expect(await outcomeOf(wait, time)).toEqual(expected);
    expect([calls, time.sleeping]).toEqual([asked, 0]);
  });

  it("rejects with the signal's reason, and probes no more", async () => {
    const time = createTime();
    const stop = new AbortController();
    void time.after(25, () => stop.abort(new Error("stopped")));
    let calls = 0;
    const probe = async () => {
      calls += 1;
      return await Promise.resolve(null);
    };
    const wait = until(probe, 100, { clock: time.clock, everyMs: 10, signal: stop.signal });
    expect(await outcomeOf(wait, time)).toEqual({ error: "stopped", at: 25 });
    expect([calls, time.sleeping]).toEqual([3, 0]);
  });
});

describe("pause and sleeper", () => {
  const stopAt = (time: ReturnType<typeof createTime>, ms: number): AbortSignal => {
    const stop = new AbortController();
    void time.after(ms, () => stop.abort());
    return stop.signal;
  };

  it.each<[string, number, number]>([
    ["its time is over", 5_000, 50],
    ["the signal aborts", 20, 20],
  ])("a pause ends when %s", async (_what, abortAt, at) => {
    const time = createTime();
    const wait = pause(50, time.clock, stopAt(time, abortAt));
    expect(await outcomeOf(wait, time)).toMatchObject({ at });
    expect(time.sleeping).toBe(0);
  });

  it.each<[string, number, number, number]>([
    ["its time is over", 5_000, 5_000, 50],
    ["the signal aborts", 20, 5_000, 20],
    ["it is woken", 30, 10, 10],
  ])("a sleep ends when %s", async (_what, abortAt, wakeAt, at) => {
    const time = createTime();
    const sleeper = createSleeper(time.clock);
    void time.after(wakeAt, () => sleeper.wake());
    const wait = sleeper.sleep(50, stopAt(time, abortAt));
    expect(await outcomeOf(wait, time)).toMatchObject({ at });
    expect(time.sleeping).toBe(0);
  });

  it("wakes everybody who sleeps, and nobody later", async () => {
    const time = createTime();
    const sleeper = createSleeper(time.clock);
    sleeper.wake();
    void time.after(10, () => sleeper.wake());
    const first = sleeper.sleep(50).then(() => time.passed());
    const second = sleeper.sleep(60).then(() => time.passed());
    const third = time
      .after(20, () => undefined)
      .then(async () => await sleeper.sleep(50))
      .then(() => time.passed());
    await time.advance(1_000);
    expect(await Promise.all([first, second, third])).toEqual([10, 10, 70]);
  });
});

test("a mutex runs work in the order of the calls, one at a time, whatever fails", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.record({ ms: moment, fails: fc.boolean() })), async (works) => {
      const time = createTime();
      const mutex = createMutex();
      const log: string[] = [];
      const ends = works.map(
        async ({ ms, fails }, index) =>
          await mutex(async () => {
            log.push(`begin ${index}`);
            await time.after(ms, () => log.push(`end ${index}`));
            if (fails) throw new Error(`no ${index}`);
            return index;
          }),
      );
      const results = Promise.allSettled(ends);
      await time.advance(1_000 * works.length);
      expect(log).toEqual(works.flatMap((_, index) => [`begin ${index}`, `end ${index}`]));
      expect((await results).map(({ status }) => status)).toEqual(
        works.map(({ fails }) => (fails ? "rejected" : "fulfilled")),
      );
    }),
  );
});

test("work on one thing is done in the order in which it was asked for, however long each takes", async () => {
  const inTurn = createTurns();
  const done: string[] = [];
  let finishFirst: () => void = () => undefined;
  const first = inTurn("web", async () => {
    await new Promise<void>((resolve) => {
      finishFirst = resolve;
    });
    done.push("first");
  });
  const second = inTurn("web", async () => await Promise.resolve(done.push("second")));
  await inTurn("another", async () => await Promise.resolve(done.push("another")));
  finishFirst();
  await Promise.all([first, second]);
  expect(done).toEqual(["another", "first", "second"]);
});

test("work that fails tells who asked for it, and does not hold up what comes next", async () => {
  const inTurn = createTurns();
  const failing = inTurn("web", async () => await Promise.reject(new Error("refused")));
  const next = inTurn("web", async () => await Promise.resolve("done"));
  await expect(failing).rejects.toThrow("refused");
  await expect(next).resolves.toBe("done");
});
