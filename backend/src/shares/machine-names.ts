import { createHash } from "node:crypto";
import type { Settings } from "@tailnet-share/contract/settings";

/** Longest DNS label. */
const MOST = 63;

/**
 * The tailnet name that a workload's machine gets by itself, an RFC 1123 label: its own name, with its compose project's before
 * it where that is chosen. A project's name gives way to the service's, which tells more. Pure.
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

/** The name itself where it is free, else the next like it: `web-2`, `web-3`, … Pure. */
export function freeName(wanted: string, taken: ReadonlySet<string>): string {
  for (let number = 1; ; number += 1) {
    const ending = number === 1 ? "" : `-${number}`;
    const name = `${wanted.slice(0, MOST - ending.length).replace(/-+$/, "")}${ending}`;
    if (!taken.has(name)) return name;
  }
}

/**
 * What a machine's state directory is called: derived from the workload, so that a workload finds its identity again although the
 * store was lost. `taken` are those of other shares, and of machines that are kept for others: a renamed container keeps the key that it had.
 */
export function machineKey(workload: string, taken: ReadonlySet<string>): string {
  for (let number = 1; ; number += 1) {
    const text = number === 1 ? workload : `${workload} ${number}`;
    const key = createHash("sha256").update(text).digest("hex").slice(0, 16);
    if (!taken.has(key)) return key;
  }
}
