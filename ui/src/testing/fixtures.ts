import type { Fault } from "@tailnet-share/contract/errors";
import {
  type Endpoint,
  type SharedPort,
  type ShareView,
  Snapshot,
  Workload,
} from "@tailnet-share/contract/model";

/** Fixtures pass the contract's schemas when they are built, so a test cannot rest on a value no backend may send. */

const DOMAIN = "docker-anna.tail1234.ts.net";

export function workload(input: Partial<Workload> = {}): Workload {
  return Workload.parse({
    id: "compose:shop/web/1",
    name: "web",
    project: "shop",
    image: "nginx:1.29",
    run: "running",
    containerId: "a".repeat(64),
    ports: [{ port: 80, protocol: "tcp" }],
    refusal: null,
    share: null,
    ...input,
  });
}

function endpoint(port: SharedPort, scheme: string | null = "http"): Endpoint {
  const at = (name: string) => `${scheme === null ? "" : `${scheme}://`}${name}:${port.nodePort}`;
  return {
    ...port,
    address: at(DOMAIN),
    ipAddress: at("100.64.0.7"),
    web: scheme === "http" || scheme === "https",
  };
}

export function share(input: Partial<ShareView> = {}): ShareView {
  const ports: SharedPort[] = input.ports ?? [{ port: 80, protocol: "tcp", nodePort: 8080 }];
  return {
    mode: "node",
    ports,
    exposure: { state: "live", endpoints: ports.map((port) => endpoint(port)) },
    traffic: { received: 4_200, sent: 1_310_000 },
    ...input,
  };
}

export const IDENTITY = {
  name: "docker-anna",
  dnsName: DOMAIN,
  addresses: ["100.64.0.7", "fd7a:115c:a1e0::7"],
  tailnet: "example.com",
  user: "anna@example.com",
  magicDns: true,
  keyExpiry: null,
};

export function fault(input: Partial<Fault> = {}): Fault {
  return {
    code: "NOT_LISTENING",
    message: "Nothing listens on port 3000 in the container.",
    hint: "Start the program in it, or make it listen on all addresses instead of 127.0.0.1.",
    ...input,
  };
}

let revisions = 0;

export function snapshot(input: Partial<Snapshot> = {}): Snapshot {
  revisions += 1;
  return Snapshot.parse({
    revision: `r${revisions}`,
    node: { ...IDENTITY, state: "connected" },
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
    dataPlane: { mode: "kernel", fault: null },
    alerts: [],
    workloads: [workload()],
    settings: { controlUrl: "", hostname: "docker-anna" },
    versions: { backend: "0.1.0", tailscale: "1.92.3" },
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

/** One of everything, for looking at. */
export function everyKind(): Workload[] {
  return [
    workload({ share: share() }),
    workload({
      id: "compose:shop/api/1",
      name: "api",
      image: "registry.example.com/shop/api:2026.3-rc1-with-a-long-tag",
      ports: [8000, 9000, 9090].map((port) => ({ port, protocol: "tcp" as const })),
      share: share({
        ports: [
          { port: 8000, protocol: "tcp", nodePort: 8000 },
          { port: 9000, protocol: "tcp", nodePort: 9001 },
        ],
      }),
    }),
    workload({
      id: "compose:shop/db/1",
      name: "db",
      image: "postgres:18",
      ports: [{ port: 5432, protocol: "tcp" }],
    }),
    workload({
      id: "compose:shop/worker/1",
      name: "worker",
      image: "shop/worker",
      ports: [{ port: 3000, protocol: "tcp" }],
      share: share({
        ports: [{ port: 3000, protocol: "tcp", nodePort: 3000 }],
        exposure: { state: "failed", fault: fault() },
      }),
    }),
    workload({
      id: "compose:shop/worker/2",
      name: "worker",
      image: "shop/worker",
      ports: [],
    }),
    workload({
      id: "name:grafana",
      name: "grafana",
      project: null,
      image: "grafana/grafana:12.3",
      run: "stopped",
      ports: [{ port: 3000, protocol: "tcp" }],
      share: share({ exposure: { state: "waiting", reason: "container-stopped" } }),
    }),
    workload({
      id: "name:redis",
      name: "redis",
      project: null,
      image: "redis:8",
      ports: [{ port: 6379, protocol: "tcp" }],
      share: share({
        ports: [{ port: 6379, protocol: "tcp", nodePort: 6379 }],
        exposure: { state: "pending", waitsFor: "the container's network" },
      }),
    }),
    workload({
      id: "name:vpn",
      name: "vpn",
      project: null,
      image: "example/vpn",
      refusal: fault({
        code: "NOT_SHAREABLE",
        message: "This container uses the host's network.",
        hint: "Give it a network of its own to share it.",
      }),
    }),
    workload({
      id: "name:old-blog",
      name: "old-blog",
      project: null,
      image: "ghost:6",
      run: "removed",
      containerId: null,
      share: share({ exposure: { state: "waiting", reason: "container-removed" } }),
    }),
    workload({
      id: `name:${"x".repeat(200)}`,
      name: `<b>bold</b><img src=x onerror=alert(1)>${"-long".repeat(40)}`,
      project: null,
      image: "busybox",
      ports: [],
    }),
  ];
}
