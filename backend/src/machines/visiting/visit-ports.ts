import { randomInt } from "node:crypto";
import { z } from "zod";
import type { Answer } from "../../ports/answer.ts";

/** A TCP flow from a machine to the node, by both of its ends. Addresses are IPv4. */
export interface Flow {
  from: string;
  fromPort: number;
  to: string;
  port: number;
}

/** What came of visiting a port. `unable`: the machine could not visit at all, which says nothing about the port. */
export const VisitAnswer = z.enum(["taken", "refused", "none", "unable"]);
export type VisitAnswer = z.infer<typeof VisitAnswer>;

/** The way that the guard opens for one flow. */
export interface VisitGate {
  /** Answers false when it cannot be opened. */
  open(flow: Flow): boolean;
  /** Answers false when it was not open any more: whatever came of the flow may have been the guard's doing. */
  close(flow: Flow): boolean;
}

/** Opens and ends a connection from exactly this port. `busy`: the port is in use. */
export type ConnectFrom = (flow: Flow) => Promise<Answer | "busy">;

/** Local ports of visits. Kernels assign none this high, and `forwards` uses lower ones. */
const FIRST_PORT = 63_000;
const PORT_COUNT = 2_000;
/** The port may be in use, and the guard may have been put in place again during a visit. */
const ATTEMPTS = 4;

/** Visits the ports one after the other and stops at the first that is not open. Each answer belongs to the port at its place. */
export async function visitPorts(
  { from, to, ports }: { from: string; to: string; ports: readonly number[] },
  gate: VisitGate,
  connect: ConnectFrom,
): Promise<VisitAnswer[]> {
  const answers: VisitAnswer[] = [];
  for (const port of ports) {
    const answer = await visit({ from, to, port }, gate, connect);
    answers.push(answer);
    if (answer !== "taken") break;
  }
  return answers;
}

async function visit(
  ends: Omit<Flow, "fromPort">,
  gate: VisitGate,
  connect: ConnectFrom,
): Promise<VisitAnswer> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    // Not to be guessed: whoever shares the namespace could take the port first.
    const flow = { ...ends, fromPort: FIRST_PORT + randomInt(PORT_COUNT) };
    if (!gate.open(flow)) return "unable";
    let answer: Answer | "busy" = null;
    let wasOpen = false;
    try {
      answer = await connect(flow);
    } finally {
      wasOpen = gate.close(flow);
    }
    if (answer === "taken") return answer;
    if (answer !== "busy" && wasOpen) return answer ?? "unable";
  }
  return "unable";
}
