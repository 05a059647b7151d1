import { expect, test } from "vitest";
import type { Answer } from "../ports/answer.ts";
import { createHopList } from "./report.ts";
import { type Visit, visitMachine } from "./visit.ts";

const WEB = { port: 80, protocol: "tcp" as const };
const DNS = { port: 53, protocol: "udp" as const };
const rule = (source: string, port: number) => ({
  IPProto: [6],
  Srcs: [source],
  Dsts: [{ Net: "100.64.0.9/32", Ports: { First: port, Last: port } }],
});
const VISIT: Visit = { from: ["100.64.0.1"], to: ["100.64.0.9", "fd7a::9"], ports: [WEB], filter: null };

async function visit(more: Partial<Visit>, answers: readonly Answer[] = ["taken"]) {
  const hops = createHopList();
  const asked: string[] = [];
  const connect = async (address: string, port: number) => {
    asked.push(`${address}:${port}`);
    return await Promise.resolve(answers[Math.min(asked.length, answers.length) - 1] ?? null);
  };
  const fault = await visitMachine({ ...VISIT, ...more }, hops, { connect });
  return { asked, came: fault?.code ?? hops.done().at(-1)?.outcome };
}

test.each<[string, Partial<Visit>, readonly Answer[], string, number]>([
  ["is answered", {}, ["taken"], "passed", 1],
  ["is answered the second time", {}, ["none", "taken"], "passed", 2],
  ["gets no answer, as behind a VPN's routes", {}, ["none"], "NO_ANSWER", 3],
  ["is refused by a firewall", {}, ["refused"], "NO_ANSWER", 1],
  ["is let in by the rules", { filter: [rule("100.64.0.0/10", 80)] }, ["taken"], "passed", 1],
  [
    "is not made where the rules allow another port",
    { filter: [rule("100.64.0.0/10", 81)] },
    [],
    "not-tried",
    0,
  ],
  [
    "is not made where they allow another device",
    { filter: [rule("100.64.0.2/32", 80)] },
    [],
    "not-tried",
    0,
  ],
  ["is not made by a node that is not connected", { from: null }, [], "not-tried", 0],
  ["is not made to a machine without IPv4", { to: ["fd7a::9"] }, [], "not-tried", 0],
  ["tells nothing of UDP", { ports: [DNS] }, [], "not-tried", 0],
])("a visit %s", async (_what, more, answers, came, tries) => {
  const visited = await visit(more, answers);
  expect(visited.came).toBe(came);
  expect(visited.asked).toEqual(Array.from({ length: tries }, () => "100.64.0.9:80"));
});
