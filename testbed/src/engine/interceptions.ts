import type { IncomingMessage, ServerResponse } from "node:http";
import { gate } from "../lib/gate.ts";

/** Single requests that a test has asked to hold or to leave unanswered. Each rule applies to the first request that matches. */
export interface Interceptions {
  /** Holds the next matching request; resolves when it has arrived. `release` passes it on. */
  hold(method: string, path: RegExp): Promise<{ release(): void }>;
  /** Executes the next matching request and withholds its answer; resolves when the engine has answered. `drop` closes its connection. */
  keepBack(method: string, path: RegExp): Promise<{ drop(): void }>;
  /** Resolves when the request may go on to the engine. */
  pass(incoming: IncomingMessage): Promise<void>;
  /** Returns what to do with the answer instead of sending it; undefined to send it. */
  takeKeep(incoming: IncomingMessage): ((answer: ServerResponse) => void) | undefined;
}

export function createInterceptions(): Interceptions {
  const holds = new Set<Rule<() => Promise<void>>>();
  const keeps = new Set<Rule<(answer: ServerResponse) => void>>();

  return {
    async pass(incoming) {
      await takeRule(holds, incoming)?.();
    },
    takeKeep: (incoming) => takeRule(keeps, incoming),
    async hold(method, path) {
      const arrived = gate();
      const released = gate();
      const act = async (): Promise<void> => {
        arrived.open();
        await released.opened;
      };
      holds.add({ method, path, act });
      await arrived.opened;
      return { release: released.open };
    },
    async keepBack(method, path) {
      return await new Promise((resolve) => {
        const act = (answer: ServerResponse) => resolve({ drop: () => void answer.destroy() });
        keeps.add({ method, path, act });
      });
    },
  };
}

interface Rule<Act> {
  readonly method: string;
  readonly path: RegExp;
  readonly act: Act;
}

/** Removes the first rule for the request and returns its action. */
function takeRule<Act>(rules: Set<Rule<Act>>, { method, url = "" }: IncomingMessage): Act | undefined {
  const rule = [...rules].find((candidate) => candidate.method === method && candidate.path.test(url));
  if (rule !== undefined) rules.delete(rule);
  return rule?.act;
}
