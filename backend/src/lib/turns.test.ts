import { expect, test } from "vitest";
import { createTurns } from "./turns.ts";

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
