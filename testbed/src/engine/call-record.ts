import { appendFile, mkdir, readFile, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { callOf, type EngineCall, strangeness } from "./engine-calls.ts";

const FOLDER = fileURLToPath(new URL("../../../.artifacts/", import.meta.url));
const Line = z.object({ call: z.string(), query: z.array(z.string()), body: z.array(z.string()) });

/** What one relay has seen, each kind of call once. */
export interface CallRecord {
  note(method: string, url: string, body: string): void;
  /** Resolves when all is in the file. Rejects with those that the backend may not make, or when nothing at all was seen. */
  judge(): Promise<void>;
}

/** Where the calls of all beds of one run are collected, from whatever process. */
export function recordFile(run: string): string {
  return `${FOLDER}engine-calls-${run}.jsonl`;
}

export function createCallRecord(file: string): CallRecord {
  const seen = new Map<string, EngineCall>();
  let written: Promise<unknown> = mkdir(dirname(file), { recursive: true });
  return {
    note(method, url, body) {
      const call = callOf(method, url, body);
      const line = JSON.stringify(call);
      if (seen.has(line)) return;
      seen.set(line, call);
      // As it comes: a run that is killed has told what it saw.
      written = written.then(async () => await appendFile(file, `${line}\n`));
    },
    async judge() {
      await written;
      if (seen.size === 0) throw new Error("the relay before the engine's socket has seen no call at all");
      refuseStrange([...seen.values()]);
    },
  };
}

/** The calls of a whole run, each once; answers how many. Rejects with those that the backend may not make. */
export async function judgeRun(file: string): Promise<number> {
  const text = await readFile(file, "utf8").catch(() => "");
  const lines = [...new Set(text.split("\n").filter((line) => line !== ""))];
  const calls = lines.map((line) => Line.parse(JSON.parse(line)));
  refuseStrange(calls);
  return calls.length;
}

/** What an earlier run of the same name has left. */
export async function forgetRun(file: string): Promise<void> {
  await rm(file, { force: true });
}

function refuseStrange(calls: readonly EngineCall[]): void {
  const strange = calls.flatMap((call) => strangeness(call) ?? []);
  if (strange.length > 0) throw new Error(`the backend has asked the engine: ${strange.join("; ")}`);
}
