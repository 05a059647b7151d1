import { readdirSync } from "node:fs";
import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { type Family, renderExposition, type Sample } from "./exposition.ts";
import type { MeterReading } from "./meter.ts";

/** The process's own figures. Bytes and seconds. */
export interface ProcessReading {
  residentBytes: number;
  heapBytes: number;
  cpuSeconds: number;
  startedAt: number;
  /** Open file descriptors; null when unknown. */
  openFiles: number | null;
}

export interface MetricsInputs {
  meter: MeterReading;
  snapshot: Snapshot;
  process: ProcessReading;
}

const MODES = ["node", "machine"] as const;
const STATES = ["pending", "live", "waiting", "needs-approval", "failed"] as const;

/** Renders all metrics in Prometheus' text format. */
export function renderMetrics(inputs: MetricsInputs): string {
  return renderExposition(metricFamilies(inputs));
}

/** Builds the families. None contains a name that a user or a container chose. */
export function metricFamilies({ meter, snapshot, process: own }: MetricsInputs): Family[] {
  return [
    ...connections(snapshot),
    ...work(meter),
    ...shares(snapshot),
    gauge("tailnet_share_long_polls", "Panels that wait for a new snapshot.", [{ value: meter.openPolls }]),
    ...ofProcess(own),
  ];
}

function connections({ versions, dataPlane, node, engine }: Snapshot): Family[] {
  return [
    gauge("tailnet_share_info", "What runs; always 1.", [
      {
        labels: {
          version: versions.backend,
          tailscale: versions.tailscale ?? "",
          data_plane: dataPlane.mode,
        },
        value: 1,
      },
    ]),
    gauge("tailnet_share_node_connected", "Whether Tailnet Share's own node is on its tailnet.", [
      { value: node.state === "connected" ? 1 : 0 },
    ]),
    gauge("tailnet_share_engine_connected", "Whether the engine answered last time.", [
      { value: engine.state === "connected" ? 1 : 0 },
    ]),
  ];
}

function work({ passes, steps, tailscaledStarts, engineConnections, traffic }: MeterReading): Family[] {
  return [
    {
      name: "tailnet_share_reconcile_seconds",
      help: "Passes of the loop that brings what is in place to what is wanted, by how long they took.",
      type: "histogram",
      histogram: passes,
    },
    counter(
      "tailnet_share_steps_total",
      "Changes that the loop made, by kind and outcome.",
      steps.map(({ kind, outcome, count }) => ({ labels: { kind, outcome }, value: count })),
    ),
    counter("tailnet_share_tailscaled_restarts_total", "How often tailscaled had to be started again.", [
      { value: Math.max(0, tailscaledStarts - 1) },
    ]),
    counter(
      "tailnet_share_engine_reconnects_total",
      "How often the engine answered again after it had been away.",
      [{ value: Math.max(0, engineConnections - 1) }],
    ),
    counter("tailnet_share_bytes_total", "Bytes of all shares, from and to the tailnet.", [
      { labels: { direction: "received" }, value: traffic.received },
      { labels: { direction: "sent" }, value: traffic.sent },
    ]),
  ];
}

function shares({ workloads, alerts }: Snapshot): Family[] {
  const all = workloads.flatMap(({ share }) => share ?? []);
  return [
    gauge(
      "tailnet_share_shares",
      "Shares by mode and by what is in place for them.",
      MODES.flatMap((mode) =>
        STATES.map((state) => ({
          labels: { mode, state },
          value: all.filter((share) => share.mode === mode && share.exposure.state === state).length,
        })),
      ),
    ),
    gauge("tailnet_share_visitors", "Connected clients, summed over shares.", [
      { value: all.reduce((sum, { visitors }) => sum + visitors.length, 0) },
    ]),
    gauge("tailnet_share_alerts", "Lasting faults that belong to no single share.", [
      { value: alerts.length },
    ]),
  ];
}

function ofProcess({
  cpuSeconds,
  residentBytes,
  startedAt,
  openFiles: open,
  heapBytes,
}: ProcessReading): Family[] {
  return [
    counter("process_cpu_seconds_total", "Processor time of the backend itself.", [{ value: cpuSeconds }]),
    gauge("process_resident_memory_bytes", "Memory of the backend itself.", [{ value: residentBytes }]),
    gauge("process_start_time_seconds", "When the backend started, since the epoch.", [{ value: startedAt }]),
    gauge(
      "process_open_fds",
      "Open descriptors of the backend itself.",
      open === null ? [] : [{ value: open }],
    ),
    gauge("nodejs_heap_size_used_bytes", "Memory in use by the backend's own objects.", [
      { value: heapBytes },
    ]),
  ];
}

function counter(name: string, help: string, samples: readonly Sample[]): Family {
  return { name, help, type: "counter", samples };
}

function gauge(name: string, help: string, samples: readonly Sample[]): Family {
  return { name, help, type: "gauge", samples };
}

/** Reads this process's own figures. */
export function readProcess(now: number): ProcessReading {
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return {
    residentBytes: rss,
    heapBytes: heapUsed,
    cpuSeconds: (user + system) / 1e6,
    startedAt: Math.round(now / 1_000 - process.uptime()),
    openFiles: openFiles(),
  };
}

function openFiles(): number | null {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return null;
  }
}
