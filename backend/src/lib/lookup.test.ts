import { expect, test } from "vitest";
import { createFakeClock } from "../testing.ts";
import { createLookup } from "./lookup.ts";

/** A lookup that the test answers by hand. */
function world({ strict = false } = {}) {
  const clock = createFakeClock();
  const asked: string[] = [];
  const lateAnswers: string[] = [];
  const trouble: string[] = [];
  const answers = new Map<string, (answer: string | null | Error) => void>();
  const lookup = createLookup<string>({
    ask: async (id) => {
      asked.push(id);
      const answer = await new Promise<string | null | Error>((resolve) => answers.set(id, resolve));
      if (answer instanceof Error) throw answer;
      return answer;
    },
    waitMs: 1_000,
    strict,
    onLateAnswer: () => lateAnswers.push("answered"),
    onTrouble: (id) => trouble.push(id),
    clock,
  });
  const answer = async (id: string, value: string | null | Error) => {
    answers.get(id)?.(value);
    await clock.advance(0);
  };
  return { clock, lookup, asked, lateAnswers, trouble, answer };
}

test("is asked for once, however often it is wanted", async () => {
  const { lookup, asked, answer } = world();
  const both = Promise.all([lookup.get("a"), lookup.get("a")]);
  await answer("a", "known");
  expect(await both).toEqual(["known", "known"]);
  expect(await lookup.get("a")).toBe("known");
  expect(asked).toEqual(["a"]);
  lookup.keepOnly(new Set());
  void lookup.get("a");
  expect(asked).toEqual(["a", "a"]);
});

test("a hanging lookup is waited for once, is not started twice, and its late answer is used", async () => {
  const { clock, lookup, asked, lateAnswers, answer } = world();
  const first = lookup.get("a");
  await clock.advance(1_000);
  expect(await first).toBeUndefined();
  expect(await lookup.get("a")).toBeUndefined();
  expect(asked).toEqual(["a"]);
  await answer("a", "late");
  expect(lateAnswers).toHaveLength(1);
  expect(await lookup.get("a")).toBe("late");
});

test("a failed lookup is retried in the background and reported once", async () => {
  const { lookup, asked, trouble, answer } = world();
  for (let time = 0; time < 3; time += 1) {
    const value = lookup.get("a");
    await answer("a", new Error("no"));
    expect(await value).toBeUndefined();
  }
  expect(asked).toHaveLength(3);
  expect(trouble).toEqual(["a"]);
  void lookup.get("a");
  await answer("a", "at last");
  expect(await lookup.get("a")).toBe("at last");
});

test("a required lookup fails the whole answer the first time only", async () => {
  const { lookup, answer } = world({ strict: true });
  const value = lookup.get("a");
  const rejected = expect(value).rejects.toThrow("no");
  await answer("a", new Error("no"));
  await rejected;
  expect(await lookup.get("a")).toBeUndefined();
  await answer("a", new Error("no"));
  expect(await lookup.get("a")).toBeUndefined();
});

test("forgets a lookup whose subject is gone", async () => {
  const { lookup, asked, answer } = world();
  const value = lookup.get("a");
  await answer("a", null);
  expect(await value).toBeUndefined();
  void lookup.get("a");
  expect(asked).toEqual(["a", "a"]);
});
