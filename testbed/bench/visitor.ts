import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Bed } from "../src/bed.ts";
import { copyIn } from "../src/lib/copy-in.ts";
import { converse } from "./interactive-process.ts";

const SCRIPT = fileURLToPath(new URL("./visitor.py", import.meta.url));

export interface Visit {
  /** Resolves when every port has answered, with the time of that report by `performance.now()`. */
  answered(timeoutMs: number): Promise<number>;
}

/** Polls from inside the peer. One visit at a time. */
export interface Visitor {
  /** Resolves when polling has started. Each try times out after `tryMs`. */
  visit(host: string, ports: readonly number[], tryMs: number): Promise<Visit>;
  close(): void;
}

export async function openVisitor({ engine, peer }: Bed): Promise<Visitor> {
  await copyIn(engine, peer.containerId, { "/opt/visitor.py": await readFile(SCRIPT, "utf8") });
  const conversation = converse(engine, ["exec", "-i", peer.containerId, "python3", "-u", "/opt/visitor.py"]);

  async function expectLine(wanted: string, timeoutMs: number): Promise<number> {
    const { text, at } = await conversation.next(timeoutMs);
    if (text !== wanted) throw new Error(`the visitor said '${text}' instead of '${wanted}'`);
    return at;
  }

  return {
    async visit(host, ports, tryMs) {
      conversation.say(`visit ${tryMs / 1000} ${host} ${ports.join(" ")}`);
      await expectLine("polling", 10_000);
      return { answered: (timeoutMs) => expectLine("answered", timeoutMs) };
    },
    close: conversation.close,
  };
}
