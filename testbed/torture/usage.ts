import { readdir, readFile } from "node:fs/promises";
import { mainPid } from "../bench/processes.ts";
import type { Bed } from "../src/bed.ts";
import { readActualState } from "./actual-state.ts";

/** Resources of one of the backend's programs, from this machine's /proc. */
export interface Usage {
  /** Millions of bytes. */
  readonly residentMB: number;
  /** Open files, sockets and pipes. */
  readonly descriptors: number;
}

/** Rejects when the engine is on another machine. */
export async function usageOf({ desktop }: Bed, program: string): Promise<Usage> {
  const pid = await mainPid(desktop.backend, program);
  const resident = /^VmRSS:\s+(\d+) kB/m.exec(await readFile(`/proc/${pid}/status`, "utf8"))?.[1];
  if (resident === undefined) throw new Error(`the kernel does not report the memory of ${program}`);
  return {
    residentMB: (Number(resident) * 1024) / 1e6,
    descriptors: (await readdir(`/proc/${pid}/fd`)).length,
  };
}

/** Path, host name and answer are those of `ipn/localapi/pprof.go`. A second collection also empties Go's pools. */
const LIVE_HEAP = `
const options = { socketPath: "/var/run/tailscale/tailscaled.sock", headers: { Host: "local-tailscaled.sock" } };
const ask = () => new Promise((resolve, reject) => require("http").get(
  { ...options, path: "/localapi/v0/pprof?name=heap&debug=1&gc=1" },
  (answer) => { let text = ""; answer.on("data", (part) => (text += part)).on("end", () => resolve(text)); },
).on("error", reject));
ask().then(ask).then((text) => console.log(/^# HeapAlloc = (\\d+)$/m.exec(text)[1]));`;

/**
 * tailscaled's live heap after a collection, in millions of bytes. Resident memory is no measure: Go returns the rest at arbitrary times.
 */
export async function tailscaledHeap({ desktop }: Bed): Promise<number> {
  const { code, stdout, stderr } = await desktop.backend.exec(["/usr/local/bin/node", "-e", LIVE_HEAP]);
  if (code !== 0) throw new Error(`tailscaled's heap cannot be read: ${stderr}`);
  return Number(stdout) / 1e6;
}

/** Number of lines in the backend's whole ruleset: every rule, element and counter takes a line or part of one. */
async function ruleLines({ desktop }: Bed): Promise<number> {
  const { code, stdout, stderr } = await desktop.backend.exec(["nft", "list", "ruleset"]);
  if (code !== 0) throw new Error(`the backend's rules cannot be read: ${stderr}`);
  return stdout.split("\n").filter((line) => line.trim() !== "").length;
}

/** Resources held at one moment. */
export interface Holdings {
  readonly node: Usage;
  readonly tailscaled: Usage;
  readonly rules: number;
  /** Number of networks that the backend is attached to. */
  readonly attachments: number;
}

export async function holdings(bed: Bed): Promise<Holdings> {
  return {
    node: await usageOf(bed, "node"),
    tailscaled: await usageOf(bed, "tailscaled"),
    rules: await ruleLines(bed),
    attachments: (await readActualState(bed, "")).networks.length,
  };
}
