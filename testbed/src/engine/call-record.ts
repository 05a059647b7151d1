import { appendFile, mkdir, readFile, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { callOf, type EngineCall, whyNotAllowed } from "./engine-calls.ts";

const FOLDER = fileURLToPath(new URL("../../../.artifacts/", import.meta.url));
const Line = z.object({ call: z.string(), query: z.array(z.string()), body: z.array(z.string()) });

/** Calls that one relay has seen, each kind once. */
export interface CallRecord {
  note(method: string, url: string, body: string): void;
  /** Resolves when the file is complete. Rejects with the calls that the backend may not make, or when there were no calls at all. */
  judge(): Promise<void>;
}

/** The file that collects the calls of all beds of one run, from every process. */
export function recordFile(run: string): string {
  return `${FOLDER}engine-calls-${run}.jsonl`;
}

export function createCallRecord(file: string): CallRecord {
  const calls = new Map<string, EngineCall>();
  let written: Promise<unknown> = mkdir(dirname(file), { recursive: true });
  return {
    note(method, url, body) {
      const call = callOf(method, url, body);
      const line = JSON.stringify(call);
      if (calls.has(line)) return;
      calls.set(line, call);
      // Append each call at once, so that a killed run leaves a record of what it saw.
      written = written.then(async () => await appendFile(file, `${line}\n`));
    },
    async judge() {
      await written;
      if (calls.size === 0) throw new Error("the relay before the engine's socket has seen no call at all");
      refuseStrange([...calls.values()]);
    },
  };
}

/** Checks the calls of a whole run, each once, and returns their number. Rejects with those that the backend may not make. */
export async function judgeRun(file: string): Promise<number> {
  const text = await readFile(file, "utf8").catch(() => "");
  const lines = [...new Set(text.split("\n").filter((line) => line !== ""))];
  const calls = lines.map((line) => Line.parse(JSON.parse(line)));
  refuseStrange(calls);
  return calls.length;
}

/** Removes the record of an earlier run with the same name. */
export async function forgetRun(file: string): Promise<void> {
  await rm(file, { force: true });
}

function refuseStrange(calls: readonly EngineCall[]): void {
  const strange = calls.flatMap((call) => whyNotAllowed(call) ?? []);
  if (strange.length > 0) throw new Error(`the backend has asked the engine: ${strange.join("; ")}`);
}
