import { expect, test } from "vitest";
import { container, createFakeClock } from "../testing.ts";
import { BELIEVED_MS, createEnds, MOMENT_MS } from "./ends.ts";

const web = container("web", { life: "first", stop: { signal: 15, patienceMs: 10_000 } });
const runs = [web];
const stops = [{ ...web, run: "stopped" as const }];
const runOf = (list: readonly { run: string }[]) => list.map(({ run }) => run);

function world() {
  const clock = createFakeClock();
  return { clock, ends: createEnds(clock) };
}

test("takes a container that died for stopped until the list agrees, and then believes the list", () => {
  const { ends } = world();
  ends.died(web.id, web.life);
  expect(runOf(ends.applyTo(runs, true))).toEqual(["stopped"]);
  expect(runOf(ends.applyTo(stops, true))).toEqual(["stopped"]);
  expect(ends.dueIn()).toBeNull();
  expect(runOf(ends.applyTo(runs, true))).toEqual(["running"]);
});

test("does not settle an end by a list that is only remembered", () => {
  const { ends } = world();
  ends.died(web.id, web.life);
  ends.applyTo(stops, false);
  expect(runOf(ends.applyTo(runs, true))).toEqual(["stopped"]);
});

test("believes a list that shows another life of the container, also when its start was missed", () => {
  const { ends } = world();
  ends.died(web.id, web.life);
  expect(runOf(ends.applyTo([{ ...web, life: "second" }], true))).toEqual(["running"]);
  expect(ends.dueIn()).toBeNull();
});

test("believes a start at once", () => {
  const { ends } = world();
  ends.died(web.id, web.life);
  ends.started(web.id);
  expect(runOf(ends.applyTo(runs, true))).toEqual(["running"]);
});

test("takes a paused container that was killed for stopped, and a restarting one as the list shows it", () => {
  const { ends } = world();
  ends.died(web.id, web.life);
  expect(runOf(ends.applyTo([{ ...web, run: "paused" }], true))).toEqual(["stopped"]);
  expect(runOf(ends.applyTo([{ ...web, run: "restarting" }], true))).toEqual(["restarting"]);
});

test("gives up an end that the list contradicts for ten seconds, and looks again more and more rarely until then", async () => {
  const { clock, ends } = world();
  ends.died(web.id, web.life);
  let looks = 0;
  for (let due = ends.dueIn(); due !== null; due = ends.dueIn()) {
    await clock.advance(due);
    ends.applyTo(runs, true);
    looks += 1;
    expect(looks).toBeLessThan(20);
  }
  expect(runOf(ends.applyTo(runs, true))).toEqual(["running"]);
  expect(looks).toBeGreaterThan(5);
  await clock.advance(BELIEVED_MS);
  expect(ends.dueIn()).toBeNull();
});

test.each([
  ["its own stop signal", 15, 15, true],
  ["SIGKILL", 15, 9, true],
  ["another signal", 15, 1, false],
  ["SIGTERM while it stops by SIGQUIT", 3, 15, false],
  ["SIGQUIT while it stops by that", 3, 3, true],
  ["a signal that cannot be read", 15, null, false],
])("takes %s for a request to stop, or not", (_, own, sent, stopping) => {
  const { ends } = world();
  const facts = { ...web, stop: { signal: own, patienceMs: 10_000 } };
  expect(ends.signalled(facts, sent)).toBe(stopping);
  expect(ends.isStopping(web.id)).toBe(stopping);
});

test("gives back a network that was given up when the container has not ended within its patience and a moment", async () => {
  const { clock, ends } = world();
  ends.signalled(web, 15);
  ends.yieldFor([web.id]);
  expect([...ends.yielded()]).toEqual([web.id]);
  expect(ends.dueIn()).toBe(10_000 + MOMENT_MS);
  await clock.advance(10_000 + MOMENT_MS);
  expect([...ends.yielded()]).toEqual([]);
  expect(ends.isStopping(web.id)).toBe(false);
});

test("gives a network back when the container is started again, and keeps it given up for none that was not asked to stop", () => {
  const { ends } = world();
  ends.signalled(web, 9);
  ends.yieldFor([web.id, "other"]);
  expect([...ends.yielded()]).toEqual([web.id]);
  expect(ends.isKilled(web.id)).toBe(true);
  ends.started(web.id);
  expect([...ends.yielded()]).toEqual([]);
});

test("forgets a container that is removed while it stops", () => {
  const { ends } = world();
  ends.signalled(web, 15);
  ends.yieldFor([web.id]);
  ends.applyTo([], true);
  expect([...ends.yielded()]).toEqual([]);
  expect(ends.dueIn()).toBeNull();
});

test("counts a new revision whenever what is believed changes", () => {
  const { ends } = world();
  const seen = [ends.revision()];
  ends.signalled(web, 15);
  ends.yieldFor([web.id]);
  seen.push(ends.revision());
  ends.died(web.id, web.life);
  seen.push(ends.revision());
  ends.started(web.id);
  seen.push(ends.revision());
  expect(new Set(seen).size).toBe(4);
  ends.started(web.id);
  expect(ends.revision()).toBe(seen.at(-1));
});
