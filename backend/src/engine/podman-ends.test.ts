import { expect, test } from "vitest";
import type { HttpAnswer, HttpRequest } from "../lib/net/unix-http.ts";
import { createFakeClock } from "../testing.ts";
import { createEndsWatch } from "./podman-ends.ts";

const ID = (letter: string) => letter.repeat(64);

function world() {
  const clock = createFakeClock();
  const waits: {
    path: string;
    fresh: boolean | undefined;
    signal: AbortSignal | undefined;
    answer: (status: number, error?: string) => void;
  }[] = [];
  const watch = createEndsWatch(
    {
      call: async ({ path, signal, fresh }: HttpRequest) =>
        await new Promise<HttpAnswer>((resolve, reject) => {
          signal?.addEventListener("abort", () => reject(new Error("aborted")));
          const answer = (status: number, error = "null") =>
            status === 200
              ? resolve({ status, headers: {}, body: `{"StatusCode":0,"Error":${error}}` })
              : reject(new Error("gone"));
          waits.push({ path, signal, fresh, answer });
        }),
    },
    clock,
  );
  const ended: string[] = [];
  const stopping = new AbortController();
  watch.listen(({ Action, Actor }) => ended.push(`${Action} ${Actor.ID[0]}`), stopping.signal);
  return { clock, watch, waits, ended, stop: () => stopping.abort() };
}

test("waits once for each container, and reports its end as the engine's event does", async () => {
  const { watch, waits, ended, clock } = world();
  watch.expect(new Set([ID("a"), ID("b")]));
  watch.expect(new Set([ID("a"), ID("b")]));
  expect(waits.map(({ path }) => path)).toEqual(
    ["a", "b"].map((letter) => `/containers/${ID(letter)}/wait?condition=not-running`),
  );
  waits[0]?.answer(200);
  await clock.advance(0);
  expect(ended).toEqual(["die a"]);
});

test("takes no connection that other calls need", () => {
  const { watch, waits } = world();
  watch.expect(new Set([ID("a")]));
  expect(waits.map(({ fresh }) => fresh)).toEqual([true]);
});

test("doesn't ask again at once for a container that has ended, and does later", async () => {
  const { watch, waits, clock } = world();
  watch.expect(new Set([ID("a")]));
  waits[0]?.answer(200);
  await clock.advance(0);
  watch.expect(new Set([ID("a")]));
  expect(waits).toHaveLength(1);
  await clock.advance(2_001);
  watch.expect(new Set([ID("a")]));
  expect(waits).toHaveLength(2);
});

test("reports nothing when the engine is away, and asks again", async () => {
  const { watch, waits, ended, clock } = world();
  watch.expect(new Set([ID("a")]));
  waits[0]?.answer(500);
  await clock.advance(0);
  expect(ended).toEqual([]);
  watch.expect(new Set([ID("a")]));
  expect(waits).toHaveLength(2);
});

test("reports nothing when the engine stops while it waits", async () => {
  const { watch, waits, ended, clock } = world();
  watch.expect(new Set([ID("a")]));
  waits[0]?.answer(200, '{"Message":"cancelled by user"}');
  await clock.advance(0);
  expect(ended).toEqual([]);
});

test("gives up waits for containers that aren't expected any more, and all at the end", async () => {
  const { watch, waits, ended, clock, stop } = world();
  watch.expect(new Set([ID("a"), ID("b")]));
  watch.expect(new Set([ID("b")]));
  expect(waits.map(({ signal }) => signal?.aborted)).toEqual([true, false]);
  stop();
  await clock.advance(0);
  expect(waits.map(({ signal }) => signal?.aborted)).toEqual([true, true]);
  expect(ended).toEqual([]);
});
