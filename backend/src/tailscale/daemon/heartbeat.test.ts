import { expect, test } from "vitest";
import { createFakeClock } from "../../testing.ts";
import { MACHINE_RHYTHM, NODE_RHYTHM, type SignOfLife, watchHeartbeat } from "./heartbeat.ts";

function beating(rhythm = NODE_RHYTHM) {
  const clock = createFakeClock();
  const stopping = new AbortController();
  const reported: string[] = [];
  let answers: "yes" | "out of sync" | "no" | "hangs" = "yes";
  const signOfLife = async (signal: AbortSignal): Promise<SignOfLife> => {
    if (answers === "hangs") await clock.sleep(3_600_000, signal);
    if (answers === "no") throw new Error("nobody listens");
    return { outOfSync: answers === "out of sync" };
  };
  const onChange = (condition: string): void => void reported.push(condition);
  const end = watchHeartbeat({ signOfLife, onChange, rhythm, clock }, stopping.signal);
  return {
    clock,
    reported,
    end,
    stop: () => stopping.abort(),
    set: (next: typeof answers) => {
      answers = next;
    },
  };
}

test("a daemon that hangs is said to be silent within five seconds, and to be back when it answers", async () => {
  const { clock, reported, set } = beating();
  await clock.advance(10_000);
  set("hangs");
  await clock.advance(5_000);
  expect(reported).toEqual(["silent"]);
  set("yes");
  await clock.advance(5_000);
  expect(reported).toEqual(["silent", "well"]);
});

test("a daemon that stays silent is killed, but not within its first half minute", async () => {
  const { clock, reported, end, set } = beating();
  set("hangs");
  let ended = "";
  const waiting = end.then((how) => {
    ended = how;
  });
  await clock.advance(30_000);
  expect(ended).toBe("");
  await clock.advance(10_000);
  await waiting;
  expect([ended, reported]).toEqual(["silent", ["silent"]]);
});

test("a daemon that had lost the control server gets twice as long, because it may be waiting for its next try", async () => {
  const { clock, end, set } = beating();
  set("out of sync");
  await clock.advance(5_000);
  set("hangs");
  let ended = "";
  const waiting = end.then((how) => {
    ended = how;
  });
  await clock.advance(60_000);
  expect(ended).toBe("");
  await clock.advance(20_000);
  await waiting;
  expect(ended).toBe("silent");
});

test("a machine that hangs is said to be silent within eight seconds, and is to be made anew within a minute", async () => {
  const { clock, end, reported, set } = beating(MACHINE_RHYTHM);
  set("hangs");
  await clock.advance(8_000);
  expect(reported).toEqual(["silent"]);
  await clock.advance(40_000);
  await expect(end).resolves.toBe("silent");
});

test("one whose socket is not there is to be ended sooner", async () => {
  const { clock, end, set } = beating();
  set("no");
  await clock.advance(13_000);
  await expect(end).resolves.toBe("silent");
});

test("a daemon that answers now and then is left alone", async () => {
  const { clock, reported, set, stop, end } = beating();
  for (let turn = 0; turn < 10; turn += 1) {
    set("hangs");
    await clock.advance(9_000);
    set("yes");
    await clock.advance(5_000);
  }
  stop();
  await clock.advance(0);
  await expect(end).resolves.toBe("over");
  expect(reported).toHaveLength(20);
});

test("a lost control server is reported within five seconds, and a short loss is not", async () => {
  const { clock, reported, set } = beating();
  set("out of sync");
  await clock.advance(2_000);
  set("yes");
  await clock.advance(10_000);
  expect(reported).toEqual([]);
  set("out of sync");
  await clock.advance(4_000);
  expect(reported).toEqual(["out-of-sync"]);
  set("hangs");
  await clock.advance(6_000);
  set("yes");
  await clock.advance(5_000);
  expect(reported).toEqual(["out-of-sync", "silent", "well"]);
});
