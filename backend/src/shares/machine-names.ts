import { createHash } from "node:crypto";
import type { Settings } from "@tailnet-share/contract/settings";

/** Longest DNS label. */
const MOST = 63;

/**
 * A machine's default name in the tailnet, an RFC 1123 label: the workload's name, optionally with its compose project's name before it.
 * If the two are too long, the project's name is shortened first, because the service's is more informative. Pure.
 */
export function machineName(
  { name, project }: { name: string; project: string | null },
  style: Settings["machineNames"],
): string {
  const own = label(name, MOST) || "container";
  if (style === "service" || project === null) return own;
  const before = label(project, MOST - own.length - 1);
  return before === "" ? own : `${before}-${own}`;
}

function label(name: string, most: number): string {
  return name
    .toLowerCase()
    .normalize("NFKD")
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, Math.max(0, most))
    .replaceAll(/^-+|-+$/g, "");
}

/** Returns the name if it is free, else the next free one like it: `web-2`, `web-3`, … Pure. */
export function freeName(wanted: string, taken: ReadonlySet<string>): string {
  for (let number = 1; ; number += 1) {
    const ending = number === 1 ? "" : `-${number}`;
    const name = `${wanted.slice(0, MOST - ending.length).replace(/-+$/, "")}${ending}`;
    if (!taken.has(name)) return name;
  }
}

/**
 * The name of a machine's state directory. Derived from the workload, so that a workload finds its identity again even if the store is
 * lost. `taken` are the keys of other shares, and of machines kept for other workloads: a renamed container keeps its key.
 */
export function machineKey(workload: string, taken: ReadonlySet<string>): string {
  for (let number = 1; ; number += 1) {
    const text = number === 1 ? workload : `${workload} ${number}`;
    const key = createHash("sha256").update(text).digest("hex").slice(0, 16);
    if (!taken.has(key)) return key;
  }
}
