import type { Clock } from "../host/clock.ts";

/** Time that advances only when a test says so. */
export interface ManualClock extends Clock {
  advance(ms: number): void;
  /** Returns true when a timer is due in exactly `ms`. */
  due(ms: number): boolean;
}

export function createManualClock(): ManualClock {
  let time = Date.parse("2026-03-01T12:00:00Z");
  let timers: Array<{ at: number; run: () => void }> = [];
  return {
    now: () => time,
    after(ms, run) {
      const timer = { at: time + ms, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    due: (ms) => timers.some(({ at }) => at === time + ms),
    advance(ms) {
      time += ms;
      const due = timers.filter(({ at }) => at <= time).sort((a, b) => a.at - b.at);
      timers = timers.filter(({ at }) => at > time);
      for (const { run } of due) run();
    },
  };
}
