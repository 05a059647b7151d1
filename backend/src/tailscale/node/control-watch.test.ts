import pino from "pino";
import { expect, test } from "vitest";
import { createFakeClock } from "../../testing.ts";
import { watchControl } from "./control-watch.ts";

const OWN = "https://control.example";

function watching({ url = OWN as string | null, suspicious = true, watched = true } = {}) {
  const clock = createFakeClock();
  const stopping = new AbortController();
  const world = { url, server: "answers" as "answers" | "away" | "hangs", lost: false };
  const done: string[] = [];
  const asked: string[] = [];
  const end = watchControl(
    {
      probeControl: async (address, signal) => {
        asked.push(address);
        if (world.server === "away") throw new Error("ECONNREFUSED");
        if (world.server === "hangs") await clock.sleep(3_600_000, signal);
      },
      controlUrl: () => world.url,
      isLost: () => world.lost,
      async untilLost(signal) {
        while (!world.lost && !signal.aborted) await clock.sleep(1_000, signal).catch(() => undefined);
      },
      onChange: (isSilent) => done.push(isSilent ? "silent" : "answers"),
      nudge: async () => void (await Promise.resolve(done.push("nudge"))),
      suspicious,
      watched: () => watched,
      clock,
      log: pino({ level: "silent" }),
    },
    stopping.signal,
  );
  const stop = async () => {
    stopping.abort();
    await clock.advance(0);
    await end;
  };
  return { clock, world, done, asked, stop };
}

test("a control server that hangs is said to be silent within 20 seconds, and to answer again within seven", async () => {
  const { clock, world, done, stop } = watching();
  await clock.advance(60_000);
  expect(done).toEqual([]);
  world.server = "hangs";
  await clock.advance(20_000);
  expect(done).toEqual(["silent"]);
  world.server = "answers";
  await clock.advance(7_000);
  expect(done).toEqual(["silent", "answers"]);
  await stop();
});

test("Tailscale's own is asked once a minute, and its key is what tailscaled asks for as well", async () => {
  const { clock, asked, stop } = watching({ url: "https://controlplane.tailscale.com" });
  await clock.advance(600_000);
  expect(asked.length).toBeLessThanOrEqual(10);
  expect(new Set(asked)).toEqual(new Set(["https://controlplane.tailscale.com/key?v=142"]));
  await stop();
});

test("nobody is asked while there is no control server to be heard, and what was said of it is taken back", async () => {
  const { clock, world, asked, done, stop } = watching({ url: null });
  await clock.advance(60_000);
  expect(asked).toEqual([]);
  world.url = OWN;
  world.server = "away";
  await clock.advance(20_000);
  world.url = null;
  await clock.advance(3_000);
  expect(done).toEqual(["silent", "answers"]);
  await stop();
});

test("a machine's is asked only when that is lost", async () => {
  const { clock, world, asked, stop } = watching({ suspicious: false });
  await clock.advance(600_000);
  expect(asked).toEqual([]);
  world.lost = true;
  await clock.advance(4_000);
  expect(asked).toHaveLength(1);
  await stop();
});

test("tailscaled is told to try when the server answers again, not before, and not when it has found out by itself", async () => {
  const { clock, world, done, stop } = watching();
  world.lost = true;
  world.server = "away";
  await clock.advance(180_000);
  expect(done).toEqual([]);
  world.server = "answers";
  await clock.advance(3_000);
  expect(done).toEqual([]);
  await clock.advance(4_000);
  expect(done).toEqual(["nudge"]);
  world.lost = false;
  await clock.advance(60_000);
  expect(done).toEqual(["nudge"]);
  await stop();
});

test("a tailscaled that still does not reach the control server is restarted less and less often", async () => {
  const { clock, world, done, stop } = watching();
  world.lost = true;
  await clock.advance(600_000);
  expect(done.length).toBeGreaterThan(5);
  expect(done.length).toBeLessThan(15);
  await stop();
});

test("keeps probing after the clock is set back two hours", async () => {
  const { clock, world, done, stop } = watching();
  await clock.advance(30_000);
  clock.setBack(7_200_000);
  world.server = "hangs";
  await clock.advance(20_000);
  expect(done).toEqual(["silent"]);
  await stop();
});
