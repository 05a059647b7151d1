import type { AnyBed } from "../src/bed.ts";
import { percent, type Windows, windows } from "./idle-windows.ts";
import { containerUsage, processes } from "./processes.ts";
import { number } from "./report.ts";
import { summarize } from "./statistics.ts";

const WINDOW_SECONDS = 60;

/** Percent of one core, and millions of bytes. The container's figure covers all of its programs, including short-lived ones. */
export type Idle = Readonly<
  Record<"container" | "node" | "tailscaled" | "nodeMB" | "nodeOwnMB" | "tailscaledMB", number>
>;

/** The backend's usage while idle: one value for each window. */
export async function idle(
  { engine, desktop }: AnyBed,
  options: Omit<Windows, "seconds">,
): Promise<readonly Idle[]> {
  const { backend } = desktop;
  const look = async () => {
    const [container, node, tailscaled] = await Promise.all([
      containerUsage(engine, backend.containerId),
      processes(backend, "node"),
      processes(backend, "tailscaled"),
    ]);
    return { container, node, tailscaled };
  };
  const all = await windows(look, { ...options, seconds: WINDOW_SECONDS });
  return all.map(({ before, after }) => ({
    container: percent(before.container.cpuSeconds, after.container.cpuSeconds, WINDOW_SECONDS),
    node: percent(before.node.cpuSeconds, after.node.cpuSeconds, WINDOW_SECONDS),
    tailscaled: percent(before.tailscaled.cpuSeconds, after.tailscaled.cpuSeconds, WINDOW_SECONDS),
    nodeMB: after.node.residentMB,
    nodeOwnMB: after.node.ownMB,
    tailscaledMB: after.tailscaled.residentMB,
  }));
}

/** The medians over the windows. */
export function idleMedians(rounds: readonly Idle[]): Idle {
  const median = (key: keyof Idle): number => summarize(rounds.map((round) => round[key])).median;
  return {
    container: median("container"),
    node: median("node"),
    tailscaled: median("tailscaled"),
    nodeMB: median("nodeMB"),
    nodeOwnMB: median("nodeOwnMB"),
    tailscaledMB: median("tailscaledMB"),
  };
}

/** A table of the medians. */
export function idleTable(title: string, idle: Idle) {
  return {
    title,
    columns: ["process", "% of a core", "resident, MB", "of it its own, MB"],
    rows: [
      ["container, with tailscaled and health checks", number(idle.container), "", ""],
      ["node", number(idle.node), number(idle.nodeMB), number(idle.nodeOwnMB)],
      ["tailscaled", number(idle.tailscaled), number(idle.tailscaledMB), ""],
    ],
  };
}
