import { expect, test } from "vitest";
import type { Answer } from "../../ports/answer.ts";
import { type Flow, visitPorts } from "./visit-ports.ts";

const ENDS = { from: "100.64.0.5", to: "100.64.0.1", ports: [80, 81] };

/** A guard and a node that gives these answers. `replacedAt`: connections during which the guard is put in place again. */
function namespace(
  answers: readonly (Answer | "busy")[],
  { refuses = false, replacedAt = [] as readonly number[] } = {},
) {
  const open = new Set<string>();
  const seen: Flow[] = [];
  let most = 0;
  const key = (flow: Flow) => JSON.stringify(flow);
  return {
    open,
    seen,
    most: () => most,
    gate: {
      open(flow: Flow) {
        if (refuses) return false;
        open.add(key(flow));
        most = Math.max(most, open.size);
        return true;
      },
      close: (flow: Flow) => open.delete(key(flow)),
    },
    async connect(flow: Flow) {
      expect([...open]).toEqual([key(flow)]);
      seen.push(flow);
      if (replacedAt.includes(seen.length)) open.clear();
      return await Promise.resolve(answers[Math.min(seen.length, answers.length) - 1] ?? null);
    },
  };
}

test.each<{
  what: string;
  answers: readonly (Answer | "busy")[];
  more?: Parameters<typeof namespace>[1];
  came: readonly string[];
  tries: number;
}>([
  { what: "visits one port after the other", answers: ["taken"], came: ["taken", "taken"], tries: 2 },
  { what: "stops at the first that refuses", answers: ["refused"], came: ["refused"], tries: 1 },
  {
    what: "stops at the first without an answer",
    answers: ["taken", "none"],
    came: ["taken", "none"],
    tries: 2,
  },
  {
    what: "takes another local port for one in use",
    answers: ["busy", "taken"],
    came: ["taken", "taken"],
    tries: 3,
  },
  { what: "gives up when every local port is in use", answers: ["busy"], came: ["unable"], tries: 4 },
  { what: "says nothing of a port after a local error", answers: [null], came: ["unable"], tries: 1 },
  {
    what: "connects to nothing when the guard opens no way",
    answers: [],
    more: { refuses: true },
    came: ["unable"],
    tries: 0,
  },
  {
    what: "doesn't take the guard's refusal for the node's when the guard was replaced meanwhile",
    answers: ["refused", "taken"],
    more: { replacedAt: [1] },
    came: ["taken", "taken"],
    tries: 3,
  },
  {
    what: "gives up when the guard is replaced every time",
    answers: ["refused"],
    more: { replacedAt: [1, 2, 3, 4] },
    came: ["unable"],
    tries: 4,
  },
])("$what", async ({ answers, more, came, tries }) => {
  const { gate, connect, open, seen, most } = namespace(answers, more);
  expect(await visitPorts(ENDS, gate, connect)).toEqual(came);
  expect(seen).toHaveLength(tries);
  expect(most()).toBeLessThanOrEqual(1);
  expect(open).toEqual(new Set());
  for (const { fromPort } of seen) {
    expect(fromPort).toBeGreaterThanOrEqual(63_000);
    expect(fromPort).toBeLessThan(65_000);
  }
});

test("closes the way when connecting fails unexpectedly [S038]", async () => {
  const { gate, open } = namespace([]);
  await expect(
    visitPorts(ENDS, gate, async () => await Promise.reject(new Error("no sockets"))),
  ).rejects.toThrow("no sockets");
  expect(open).toEqual(new Set());
});
