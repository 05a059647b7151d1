import { pino } from "pino";
import { expect, test } from "vitest";
import { createFakeClock } from "../testing.ts";
import type { Engine } from "./engine.ts";
import type { EngineEvent } from "./parse.ts";
import { watchEngine } from "./watch.ts";

const log = pino({ level: "silent" });

/** An engine whose event streams yield what the test sends, and stay open until the test ends them. */
function createStreams() {
  let opened = 0;
  let tell: (event: EngineEvent | "end") => void = () => undefined;
  const events: Engine["events"] = async (signal) => {
    opened += 1;
    async function* stream(): AsyncGenerator<EngineEvent> {
      for (;;) {
        const next = await new Promise<EngineEvent | "end">((resolve, reject) => {
          tell = resolve;
          signal.addEventListener("abort", () => reject(new Error("aborted")), { once: true });
        });
        if (next === "end") return;
        yield next;
      }
    }
    return await Promise.resolve(stream());
  };
  let tellEnd: (event: EngineEvent) => void = () => undefined;
  return {
    engine: {
      events,
      listenForEnds: (onEnd) => {
        tellEnd = onEnd;
      },
    } as Partial<Engine> as Engine,
    tellEnd: (action: string) => tellEnd({ Action: action } as EngineEvent),
    opened: () => opened,
    tell: (action: string) => tell({ Action: action } as EngineEvent),
    end: () => tell("end"),
  };
}

function watched() {
  const clock = createFakeClock();
  const streams = createStreams();
  const reported: (string | null)[] = [];
  const stopping = new AbortController();
  const ended = watchEngine(
    { engine: streams.engine, clock, log },
    (event) => reported.push(event === null ? null : event.Action),
    stopping.signal,
  );
  return { clock, ...streams, reported, stop: () => stopping.abort(), ended };
}

test("a stream that tells nothing for a minute is opened anew, and the containers are listed again", async () => {
  const { clock, opened, reported } = watched();
  await clock.advance(59_000);
  expect(opened()).toBe(1);
  expect(reported).toEqual([null]);
  await clock.advance(1_100);
  expect(opened()).toBe(2);
  expect(reported).toEqual([null, null]);
});

test("passes on an end that is not in the stream", async () => {
  const { clock, reported, tellEnd } = watched();
  await clock.advance(0);
  tellEnd("die");
  expect(reported).toEqual([null, "die"]);
});

test("keeps a stream that goes on reporting, and passes on every event", async () => {
  const { clock, opened, reported, tell } = watched();
  for (const action of ["start", "kill", "die"]) {
    await clock.advance(40_000);
    tell(action);
  }
  await clock.advance(40_000);
  expect(opened()).toBe(1);
  expect(reported).toEqual([null, "start", "kill", "die"]);
});

test("a stream that ends is opened again, later each time, and what happened in between is looked for", async () => {
  const { clock, opened, reported, end } = watched();
  await clock.advance(0);
  end();
  await clock.advance(110);
  expect(opened()).toBe(2);
  expect(reported).toEqual([null, null, null]);
  end();
  await clock.advance(110);
  expect(opened()).toBe(2);
  await clock.advance(110);
  expect(opened()).toBe(3);
});

test("ends with its signal", async () => {
  const { clock, stop, ended } = watched();
  await clock.advance(1_000);
  stop();
  await clock.advance(0);
  await expect(ended).resolves.toBeUndefined();
});
