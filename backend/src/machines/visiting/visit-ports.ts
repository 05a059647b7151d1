import { randomInt } from "node:crypto";
import { z } from "zod";
import type { Answer } from "../../ports/answer.ts";
import { VISIT_PORTS } from "../namespace/guard.ts";

/** A TCP flow from a machine to the node, by both of its ends. Addresses are IPv4. */
export interface Flow {
  from: string;
  fromPort: number;
  to: string;
  port: number;
}

/** The result of visiting a port. `unable`: the machine could not visit at all, which says nothing about the port. */
export const VisitAnswer = z.enum(["taken", "refused", "none", "unable"]);
export type VisitAnswer = z.infer<typeof VisitAnswer>;

/** Opens the guard for one flow. */
export interface VisitGate {
  /** Returns false if it cannot be opened. */
  open(flow: Flow): boolean;
  /** Returns false if it was no longer open: the guard may have caused the flow's result. */
  close(flow: Flow): boolean;
}

/** Opens and ends a connection from exactly this port. `busy`: the port is in use. */
export type ConnectFrom = (flow: Flow) => Promise<Answer | "busy">;

/** The port may be in use, and the guard may have been put in place again during a visit. */
const ATTEMPTS = 4;

/** Visits the ports one after the other and stops at the first that is not open. Answers are in the order of the ports. */
export async function visitInOrder(
  ports: readonly number[],
  visitPort: (port: number) => Promise<VisitAnswer>,
): Promise<VisitAnswer[]> {
  const answers: VisitAnswer[] = [];
  for (const port of ports) {
    const answer = await visitPort(port);
    answers.push(answer);
    if (answer !== "taken") break;
  }
  return answers;
}

/** Visits the ports in order, each through the guard. */
export async function visitPorts(
  { from, to, ports }: { from: string; to: string; ports: readonly number[] },
  gate: VisitGate,
  connect: ConnectFrom,
): Promise<VisitAnswer[]> {
  return await visitInOrder(ports, async (port) => await visit({ from, to, port }, gate, connect));
}

async function visit(
  ends: Omit<Flow, "fromPort">,
  gate: VisitGate,
  connect: ConnectFrom,
): Promise<VisitAnswer> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    // The port must be unguessable: another program in the namespace could take it first.
    const flow = { ...ends, fromPort: randomInt(VISIT_PORTS.first, VISIT_PORTS.last + 1) };
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
