import type { Workload } from "@tailnet-share/contract/workload";
import { APPROVAL_URL, fault, machineShare, share, workload } from "./fixtures.ts";

/** One workload of each kind, for visual review. */
export function everyKind(): Workload[] {
  return [...shop(), ...waiting(), ...machines(), ...unusual()];
}

/** A project's containers. */
function shop(): Workload[] {
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
  ];
}

/** Shares that wait for something. */
function waiting(): Workload[] {
  return [
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
        exposure: { state: "pending", progress: "Joining the network 'shop_default'…" },
      }),
    }),
  ];
}

function machines(): Workload[] {
  return [
    workload({
      id: "name:wiki",
      name: "wiki",
      project: null,
      image: "mediawiki:1.45",
      share: machineShare({ name: "wiki", httpsPort: 80 }),
    }),
    workload({
      id: "name:mail",
      name: "mail",
      project: null,
      image: "mailpit:1.28",
      share: machineShare(
        { name: "mail", addresses: [], version: null },
        { exposure: { state: "needs-approval", by: "log-in", url: APPROVAL_URL } },
      ),
    }),
  ];
}

/** Refused, removed, and with a hostile name. */
function unusual(): Workload[] {
  return [
    workload({
      id: "name:vpn",
      name: "vpn",
      project: null,
      image: "example/vpn",
      refusal: fault({
        code: "NO_NETWORK",
        message: "The container has no network (network mode 'none').",
        hint: "Give it a network to share it.",
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
