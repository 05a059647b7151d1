import { expect, it } from "vitest";
import { unreachable } from "../host/problem.ts";
import { DESKTOP_WORDS } from "../host/words.ts";
import { fault, loggedOut, snapshot } from "../testing/fixtures.ts";
import { lastingFaults, screenOf } from "./screen.ts";

const fine = { failures: 0, problem: null };
const down = (failures: number) => ({ failures, problem: unreachable(DESKTOP_WORDS) });

it("has patience with a backend that is still coming up, but not for ever", () => {
  expect(screenOf(undefined, fine).kind).toBe("loading");
  expect(screenOf(undefined, down(4)).kind).toBe("loading");
  expect(screenOf(undefined, down(5)).kind).toBe("unreachable");
});

it("does not wait for what waiting cannot mend", () => {
  expect(screenOf(undefined, { failures: 1, problem: { code: "NO_HOST" } }).kind).toBe("unreachable");
});

it("keeps showing what it knows when the backend goes away later", () => {
  expect(screenOf(snapshot(), down(50)).kind).toBe("list");
});

it("asks for a login before anything else", () => {
  expect(screenOf(loggedOut(), fine).kind).toBe("logged-out");
});

it("collects lasting faults from everywhere and says each once", () => {
  const noTun = fault({ code: "NO_TUN", message: "No TUN here." });
  const engine = fault({ code: "ENGINE_UNREACHABLE", message: "The engine does not answer." });
  const all = snapshot({
    alerts: [noTun],
    dataPlane: { mode: "userspace", fault: noTun, missing: [] },
    engine: { state: "unreachable", fault: engine },
  });
  expect(lastingFaults(all)).toEqual([engine, noTun]);
});
