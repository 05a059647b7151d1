import { readFile } from "node:fs/promises";
import { request } from "node:http";
import { z } from "zod";
import type { Backend } from "../src/desktop/backend.ts";
import type { Engine } from "../src/engine/engine.ts";

export interface Usage {
  /** Millions of bytes. */
  readonly residentMB: number;
  /** Processor seconds since it started, with those of ended children. */
  readonly cpuSeconds: number;
}

/** Of Linux's clock in /proc; the same on every platform that we run on. */
const TICKS_A_SECOND = 100;

/** What a program of the backend uses, from this machine's /proc. NaN where the engine runs on another machine. */
export async function processes(backend: Backend, program: string): Promise<Usage> {
  const [pid] = await backend.pidsOf(program);
  const read = (file: string): Promise<string> => readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "");
  const resident = /^VmRSS:\s+(\d+) kB/m.exec(await read("status"))?.[1];
  // proc_pid_stat(5): after the name in brackets, utime, stime, cutime and cstime are the 12th to 15th.
  const fields = (await read("stat")).split(") ").at(-1)?.split(" ").slice(11, 15) ?? [];
  const ticks = fields.reduce((sum, field) => sum + Number(field), 0);
  return {
    residentMB: resident === undefined ? Number.NaN : (Number(resident) * 1024) / 1e6,
    cpuSeconds: fields.length === 4 ? ticks / TICKS_A_SECOND : Number.NaN,
  };
}

const Stats = z.object({ cpu_stats: z.object({ cpu_usage: z.object({ total_usage: z.number() }) }) });

/** Processor seconds that a container has used, all of its processes, from the engine's API. */
export async function containerCpuSeconds(engine: Engine, containerId: string): Promise<number> {
  if (!engine.host.startsWith("unix://")) return Number.NaN;
  const text = await new Promise<string>((resolve, reject) => {
    const path = `/containers/${containerId}/stats?stream=false&one-shot=true`;
    const socketPath = engine.host.slice("unix://".length);
    request({ socketPath, path, signal: AbortSignal.timeout(10_000) }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("error", reject);
      incoming.on("end", () => resolve(Buffer.concat(chunks).toString()));
    })
      .on("error", reject)
      .end();
  });
  return Stats.parse(JSON.parse(text)).cpu_stats.cpu_usage.total_usage / 1e9;
}
