import { availableParallelism, cpus, loadavg, release, totalmem } from "node:os";
import type { AnyBed } from "../src/bed.ts";
import type { Table } from "./measurement.ts";

/** The machine that the absolute figures belong to. */
export interface Machine {
  readonly cores: number;
  readonly processor: string;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly engine: string;
  readonly tailscale: string;
}

export async function describeMachine({ engine, api }: AnyBed): Promise<Machine> {
  const { versions } = await api.snapshot();
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model.trim() ?? "unknown",
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    engine: engine.version,
    tailscale: versions.tailscale ?? "unknown",
  };
}

/** Running processes over the last minute. More than the number of cores means that the machine was busy with something else. */
export function load(): number {
  return loadavg()[0] ?? Number.NaN;
}

export function machineTable(machine: Machine, rounds: number): Table {
  return {
    title: "Machine",
    columns: ["cores", "processor", "memory", "kernel", "engine", "tailscale", "rounds"],
    rows: [
      [
        String(machine.cores),
        machine.processor,
        `${machine.memoryGiB} GiB`,
        machine.kernel,
        machine.engine,
        machine.tailscale,
        String(rounds),
      ],
    ],
  };
}
