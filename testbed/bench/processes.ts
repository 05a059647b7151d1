import { readFile } from "node:fs/promises";
import { request } from "node:http";
import { z } from "zod";
import type { Backend } from "../src/desktop/backend.ts";
import type { Engine } from "../src/engine/engine.ts";

export interface Usage {
  /** Millions of bytes. */
  readonly residentMB: number;
  /** The part of it that is not backed by a file. The rest are pages of its program, which every Node of this image shares. */
  readonly ownMB: number;
  /** Processor seconds since it started, including its ended children. */
  readonly cpuSeconds: number;
}

/** Unit of Linux's clock in /proc, the same on every platform that we support. */
const TICKS_A_SECOND = 100;

/** PID on this machine of one of the backend's programs: the oldest with its name, because a health check's Node is short-lived. */
export async function mainPid(backend: Backend, program: string): Promise<number> {
  const pids = await backend.pidsOf(program);
  const started = await Promise.all(
    pids.map(async (pid) => ({ pid, at: Number((await statFields(pid))[19] ?? Number.POSITIVE_INFINITY) })),
  );
  const [oldest] = started.toSorted((a, b) => a.at - b.at);
  if (oldest === undefined) throw new Error(`no ${program} runs in the backend`);
  return oldest.pid;
}

/** proc_pid_stat(5), from the third field on: the second is a name in brackets, which may contain anything. Empty for an ended process. */
async function statFields(pid: number): Promise<readonly string[]> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return text === "" ? [] : (text.split(") ").at(-1)?.split(" ") ?? []);
}

/** Resource usage of one of the backend's programs, from this machine's /proc. NaN when the engine runs on another machine. */
export async function processes(backend: Backend, program: string): Promise<Usage> {
  const pid = await mainPid(backend, program).catch(() => Number.NaN);
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  const megabytes = (field: RegExp): number => (Number(field.exec(status)?.[1] ?? Number.NaN) * 1024) / 1e6;
  // utime, stime, cutime and cstime.
  const fields = (await statFields(pid)).slice(11, 15);
  const ticks = fields.reduce((sum, field) => sum + Number(field), 0);
  return {
    residentMB: megabytes(/^VmRSS:\s+(\d+) kB/m),
    ownMB: megabytes(/^RssAnon:\s+(\d+) kB/m),
    cpuSeconds: fields.length === 4 ? ticks / TICKS_A_SECOND : Number.NaN,
  };
}

const Stats = z.object({
  cpu_stats: z.object({ cpu_usage: z.object({ total_usage: z.number() }) }),
  memory_stats: z.object({
    usage: z.number().optional(),
    stats: z
      .object({ inactive_file: z.number().optional(), total_inactive_file: z.number().optional() })
      .optional(),
  }),
});

export interface ContainerUsage {
  /** Processor seconds of all of its processes. */
  readonly cpuSeconds: number;
  /** Memory in MiB as `docker stats` counts it, without memory that the kernel may drop at once. */
  readonly memoryMiB: number;
}

/** A container's resource usage by its cgroup, from the engine's API. */
export async function containerUsage(engine: Engine, containerId: string): Promise<ContainerUsage> {
  if (!engine.host.startsWith("unix://")) return { cpuSeconds: Number.NaN, memoryMiB: Number.NaN };
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
  const { cpu_stats: cpu, memory_stats: memory } = Stats.parse(JSON.parse(text));
  const droppable = memory.stats?.inactive_file ?? memory.stats?.total_inactive_file ?? 0;
  return {
    cpuSeconds: cpu.cpu_usage.total_usage / 1e9,
    memoryMiB: ((memory.usage ?? Number.NaN) - droppable) / 1024 ** 2,
  };
}
