import type { Clock } from "../../lib/clock.ts";

/** Limits wrong one-time codes, of all visitors together: behind a published port, all have the same address. */
export interface WrongTries {
  isOver(): boolean;
  note(): void;
}

const MOST = 10;
/** Milliseconds. */
const WITHIN_MS = 60_000;

export function createWrongTries(clock: Pick<Clock, "monotonic">): WrongTries {
  let times: readonly number[] = [];
  const recent = () => times.filter((time) => clock.monotonic() - time < WITHIN_MS);
  return {
    isOver: () => recent().length >= MOST,
    note() {
      times = [...recent(), clock.monotonic()];
    },
  };
}
