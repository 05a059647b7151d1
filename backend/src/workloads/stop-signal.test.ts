import { expect, test } from "vitest";
import { signalNumber, stopRequest } from "./stop-signal.ts";

test.each([
  ["15", 15],
  ["9", 9],
  ["SIGTERM", 15],
  ["TERM", 15],
  ["sigquit", 3],
  ["SIGINT", 2],
  ["SIGHUP", 1],
  ["SIGWINCH", 28],
  ["SIGRTMIN+3", 37],
  ["RTMIN", 34],
  ["SIGRTMAX-1", 63],
  ["37", 37],
  ["", null],
  ["0", null],
  ["65", null],
  ["SIGRTMIN-40", null],
  ["SIGNONE", null],
  ["constructor", null],
])("reads the signal %j as %j", (text, number) => {
  expect(signalNumber(text)).toBe(number);
});

test.each([
  [{}, { signal: 15, patienceMs: 10_000 }],
  [
    { StopSignal: "", StopTimeout: null },
    { signal: 15, patienceMs: 10_000 },
  ],
  [
    { StopSignal: "SIGQUIT", StopTimeout: 30 },
    { signal: 3, patienceMs: 30_000 },
  ],
  [
    { StopSignal: "37", StopTimeout: 0 },
    { signal: 37, patienceMs: 0 },
  ],
  [
    { StopSignal: "nonsense", StopTimeout: -1 },
    { signal: 15, patienceMs: 10_000 },
  ],
])("takes %j for a stop request of %j", (config, request) => {
  expect(stopRequest(config)).toEqual(request);
});
