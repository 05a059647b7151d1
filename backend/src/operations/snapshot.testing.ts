import type { ShareView } from "@tailnet-share/contract/share";
import type { Snapshot } from "@tailnet-share/contract/snapshot";
import type { Workload } from "@tailnet-share/contract/workload";
import { connectedNode } from "../testing.ts";

/* Small fixtures for the tests in this folder. */

export function snapshotWith(more: Partial<Snapshot> = {}): Snapshot {
  return {
    revision: "1",
    node: connectedNode,
    accounts: [],
    engine: { state: "connected", version: "28.2.2", apiVersion: "1.50" },
    dataPlane: { mode: "kernel", fault: null, missing: [] },
    alerts: [],
    workloads: [],
    skipped: 0,
    settings: {
      controlUrl: "",
      hostname: "docker",
      oneClick: "auto",
      oneClickMode: "node",
      machineCredential: { kind: "none" },
      machineTailscale: "",
      machineNames: "service",
      updateNotices: "all",
      authorities: [],
      panelOnTailnet: false,
    },
    panelOnTailnet: null,
    versions: { backend: "0.1.0", tailscale: "1.102.3" },
    updates: [],
    ...more,
  };
}

export function workload(name: string, share: Partial<ShareView> | null): Workload {
  return {
    id: `name:${name}`,
    identity: "name",
    name,
    project: null,
    image: "image",
    run: "running",
    containerId: null,
    ports: [],
    portRanges: [],
    portsKnown: true,
    refusal: null,
    machine: { name: "web", refusal: null },
    ending: null,
    share: share && {
      mode: "node",
      ports: [],
      machine: null,
      exposure: { state: "live", endpoints: [], unanswered: [] },
      traffic: { received: 0, sent: 0, since: "2026-03-01T12:00:00.000Z" },
      visitors: [],
      network: { available: [], chosen: null, used: null },
      until: null,
      ...share,
    },
  };
}
