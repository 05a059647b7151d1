import type { Fault } from "@tailnet-share/contract/errors";
import type { MachineView } from "@tailnet-share/contract/machine";
import type { NodeState } from "@tailnet-share/contract/node";
import type { You } from "@tailnet-share/contract/session";
import { Settings } from "@tailnet-share/contract/settings";
import type { Endpoint, SharedPort, ShareView, Visitor } from "@tailnet-share/contract/share";
import { Snapshot } from "@tailnet-share/contract/snapshot";
import { Workload } from "@tailnet-share/contract/workload";
import { Problem } from "../host/problem.ts";

/** Fixtures must pass the contract's schemas when built, so that no test relies on a value that no backend may send. */

const TAILNET = "tail1234.ts.net";
const NODE = `docker-anna.${TAILNET}`;

/** A user of a panel in a browser who may only look. */
export const LOOKING: You = { name: "bob@example.com", role: "view", door: "tailnet" };

export function workload(input: Partial<Workload> = {}): Workload {
  return Workload.parse({
    id: "compose:shop/web/1",
    identity: input.id?.startsWith("name:") ? "name" : "compose",
    name: "web",
    project: "shop",
    image: "nginx:1.29",
    run: "running",
    containerId: "a".repeat(64),
    ports: [{ port: 80, protocol: "tcp" }],
    portRanges: [],
    portsKnown: true,
    refusal: null,
    machine: { name: input.name && /^[a-z0-9-]+$/.test(input.name) ? input.name : "web", refusal: null },
    share: null,
    ending: null,
    ...input,
  });
}

function endpoint(port: SharedPort, name: string, ip: string): Endpoint {
  const at = (host: string) => `http://${host}${port.nodePort === 80 ? "" : `:${port.nodePort}`}`;
  if (!port.https) return { ...port, address: at(name), ipAddress: at(ip), web: true };
  const address = `https://${name}:${port.nodePort}`;
  return { ...port, address, ipAddress: address, web: true };
}

export function share(input: Partial<ShareView> = {}): ShareView {
  const ports: SharedPort[] = input.ports ?? [{ port: 80, protocol: "tcp", nodePort: 8080 }];
  return {
    mode: "node",
    ports,
    machine: null,
    exposure: {
      state: "live",
      endpoints: ports.map((port) => endpoint(port, NODE, "100.64.0.7")),
      unanswered: [],
    },
    traffic: { received: 4_200, sent: 1_310_000, since: "2026-03-01T09:05:00Z" },
    visitors: [],
    network: { available: [], chosen: null, used: null },
    until: null,
    ...input,
  };
}

export function machine(input: Partial<MachineView> = {}): MachineView {
  const name = input.name ?? "web";
  return {
    name,
    reachTailnet: false,
    httpsPort: null,
    funnel: false,
    dnsName: `${name}.${TAILNET}`,
    addresses: ["100.64.0.21", "fd7a:115c:a1e0::21"],
    version: "1.92.3",
    web: null,
    keyExpiry: null,
    forwarded: [],
    ...input,
  };
}

/** A share in mode `machine`; with ports, each has an address. */
export function machineShare(view: Partial<MachineView> = {}, input: Partial<ShareView> = {}): ShareView {
  const own = machine(view);
  const ports = input.ports ?? [{ port: 80, protocol: "tcp" as const, nodePort: 80 }];
  const endpoints = ports.map((port) => endpoint(port, own.dnsName, own.addresses[0] ?? ""));
  return share({
    mode: "machine",
    ports,
    machine: own,
    exposure: { state: "live", endpoints, unanswered: [] },
    ...input,
  });
}

export const APPROVAL_URL = "https://login.tailscale.com/a/9d2e4c1b7f00";

export const IDENTITY = {
  name: "docker-anna",
  dnsName: NODE,
  addresses: ["100.64.0.7", "fd7a:115c:a1e0::7"],
  tailnet: "example.com",
  user: "anna@example.com",
  magicDns: true,
  keyExpiry: null,
};

/** A healthy node. */
export function connected(input: Partial<Extract<NodeState, { state: "connected" }>> = {}) {
  return {
    ...IDENTITY,
    state: "connected" as const,
    paths: { direct: 0, relayed: 0, relay: "fra" },
    renewal: null,
    ...input,
  };
}

export function visitor(device: string, user = "", path: Visitor["path"] = null): Visitor {
  return { device, user, path };
}

export function fault(input: Partial<Fault> = {}): Fault {
  return {
    code: "NOT_LISTENING",
    message: "Nothing in the container takes connections on port 3000.",
    hint: "Check that the application is up, uses this port and listens on 0.0.0.0 and not on 127.0.0.1.",
    ...input,
  };
}

/** The backend's answer to a click that names no port of a container that declares none. */
export function noPort(): Problem {
  return new Problem("NO_PORTS_KNOWN", "The image exposes no ports.", "Enter the port.");
}

export function settings(input: Partial<Settings> = {}): Settings {
  return Settings.parse({
    controlUrl: "",
    hostname: "docker-anna",
    oneClick: "auto",
    oneClickMode: "node",
    machineCredential: { kind: "none" },
    machineTailscale: "",
    machineNames: "service",
    updateNotices: "all",
    authorities: [],
    panelOnTailnet: false,
    ...input,
  });
}

let revisions = 0;

export function snapshot(input: Partial<Snapshot> = {}): Snapshot {
  revisions += 1;
  return Snapshot.parse({
    revision: `r${revisions}`,
    node: connected(),
    accounts: [
      {
        id: "acc1",
        user: "anna@example.com",
        tailnet: "example.com",
        controlUrl: "https://controlplane.tailscale.com",
        current: true,
      },
    ],
    engine: { state: "connected", version: "29.0.1", apiVersion: "1.52" },
    dataPlane: { mode: "kernel", fault: null, missing: [] },
    alerts: [],
    workloads: [workload()],
    skipped: 0,
    settings: settings(),
    panelOnTailnet: null,
    versions: { backend: "0.1.0", tailscale: "1.92.3" },
    updates: [],
    ...input,
  });
}

export const LOGIN_URL = "https://login.tailscale.com/a/1f0c9a7b2d3e";

export function loggedOut(url?: string | null): Snapshot {
  return snapshot({
    node: { state: "logged-out", login: url === undefined ? null : { url }, fault: null },
    accounts: [],
  });
}
