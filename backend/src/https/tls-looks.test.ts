import { expect, test } from "vitest";
import { createFakeClock } from "../testing.ts";
import { createTlsLooks } from "./tls-looks.ts";

test("probes a target once, retries one that refuses, and probes one that came back", async () => {
  const clock = createFakeClock();
  const world = { answer: null as boolean | null, probes: 0, changes: 0 };
  const looks = createTlsLooks({
    speaksTls: async () => {
      world.probes += 1;
      return await Promise.resolve(world.answer);
    },
    onChange: () => {
      world.changes += 1;
    },
    clock,
  });
  const look = async () => {
    looks.see([{ address: "172.18.0.4", port: 8080 }]);
    await clock.advance(0);
  };
  await look();
  await look();
  expect([world.probes, world.changes]).toEqual([1, 0]);
  await clock.advance(2_000);
  world.answer = true;
  await look();
  await look();
  expect([world.probes, world.changes]).toEqual([2, 1]);
  expect([...looks.known()]).toEqual([["172.18.0.4:8080", true]]);
  looks.see([]);
  expect(looks.known().size).toBe(0);
  world.answer = false;
  await look();
  expect([...looks.known()]).toEqual([["172.18.0.4:8080", false]]);
});
