import { z } from "zod";
import { Fault } from "./errors.ts";

/** A TCP or UDP port number. */
export const PortNumber = z.int().min(1).max(65_535);

export const Protocol = z.enum(["tcp", "udp"]);
export type Protocol = z.infer<typeof Protocol>;

/** A port inside a container. */
export const ContainerPort = z.object({ port: PortNumber, protocol: Protocol });
export type ContainerPort = z.infer<typeof ContainerPort>;

/**
 * Identity of a workload: survives re-creation, so never a container ID.
 * `compose:<project>/<service>/<replica>` or `name:<container name>`.
 */
export const WorkloadId = z
  .string()
  .max(600)
  .regex(/^(compose:[^/\s]+\/[^/\s]+\/\d+|name:[^/\s]+)$/, "not a workload's identity");
export type WorkloadId = z.infer<typeof WorkloadId>;

/** How a share is reached. Only `node` exists so far: the extension's own node, on a port. */
export const Mode = z.enum(["node"]);
export type Mode = z.infer<typeof Mode>;

/** A port of a share: `port` inside the container, `nodePort` where the node answers for it. Kept for the share. */
export const SharedPort = ContainerPort.extend({ nodePort: PortNumber });
export type SharedPort = z.infer<typeof SharedPort>;

/** Where a shared port can be reached, ready to be copied. */
export const Endpoint = SharedPort.extend({
  /** By MagicDNS name with the port's usual scheme: `http://docker.tail.test:8080`, or `host:port` where there is none. */
  address: z.string(),
  /** The same by IPv4 address, for tailnets without MagicDNS. */
  ipAddress: z.string(),
  /** A browser can open `address`. */
  web: z.boolean(),
});
export type Endpoint = z.infer<typeof Endpoint>;

/** What is really in place for a share, as observed. */
export const Exposure = z.discriminatedUnion("state", [
  /** Wanted, not in place yet; `waitsFor` ends the sentence 'Waiting for …'. */
  z.object({ state: z.literal("pending"), waitsFor: z.string() }),
  z.object({ state: z.literal("live"), endpoints: z.array(Endpoint) }),
  /** Nothing is wrong, but something outside has to happen first. */
  z.object({
    state: z.literal("waiting"),
    reason: z.enum(["container-stopped", "container-removed", "node-offline"]),
  }),
  z.object({ state: z.literal("failed"), fault: Fault }),
]);
export type Exposure = z.infer<typeof Exposure>;

/** Bytes since the share was switched on or the backend started, whichever came later. */
export const Traffic = z.object({ received: z.int().min(0), sent: z.int().min(0) });
export type Traffic = z.infer<typeof Traffic>;

/** A stored intention with what is in place for it. */
export const ShareView = z.object({
  mode: Mode,
  ports: z.array(SharedPort),
  exposure: Exposure,
  traffic: Traffic,
});
export type ShareView = z.infer<typeof ShareView>;

export const RunState = z.enum(["running", "paused", "restarting", "stopped", "removed"]);
export type RunState = z.infer<typeof RunState>;

/** One row of the panel. */
export const Workload = z.object({
  id: WorkloadId,
  /** The compose service, else the container's name. */
  name: z.string(),
  project: z.string().nullable(),
  image: z.string(),
  run: RunState,
  /** Full container ID of where the workload is right now, for the host's 'view container'; null when removed. */
  containerId: z.string().nullable(),
  /** What the container declares, the likeliest web port first. Empty when it declares none. */
  ports: z.array(ContainerPort),
  /** Null when it can be shared, else why not. */
  refusal: Fault.nullable(),
  share: ShareView.nullable(),
});
export type Workload = z.infer<typeof Workload>;

const Identity = z.object({
  /** The device's name in the tailnet, without the domain. */
  name: z.string(),
  /** Full MagicDNS name, without the final dot; empty where the tailnet has none. */
  dnsName: z.string(),
  /** Tailnet addresses, IPv4 first. */
  addresses: z.array(z.string()),
  tailnet: z.string(),
  user: z.string(),
  magicDns: z.boolean(),
  /** ISO 8601; null when the key does not expire. */
  keyExpiry: z.string().nullable(),
});

/** The extension's own tailnet node. */
export const NodeState = z.discriminatedUnion("state", [
  z.object({ state: z.literal("starting"), waitsFor: z.string() }),
  /** `login` is null until somebody asks for a log-in; its `url` is null while the control server has not answered. */
  z.object({
    state: z.literal("logged-out"),
    login: z.object({ url: z.string().nullable() }).nullable(),
    fault: Fault.nullable(),
  }),
  z.object({ state: z.literal("needs-approval"), adminUrl: z.string() }),
  z.object({ state: z.literal("connecting"), waitsFor: z.string() }),
  Identity.extend({ state: z.literal("connected") }),
  Identity.extend({ state: z.literal("paused") }),
  z.object({
    state: z.literal("expired"),
    name: z.string(),
    login: z.object({ url: z.string().nullable() }).nullable(),
    fault: Fault.nullable(),
  }),
  z.object({ state: z.literal("failed"), fault: Fault }),
]);
export type NodeState = z.infer<typeof NodeState>;

/** An account this node has logged in with; its identity is kept until it logs out. */
export const Account = z.object({
  id: z.string(),
  user: z.string(),
  tailnet: z.string(),
  controlUrl: z.string(),
  current: z.boolean(),
});
export type Account = z.infer<typeof Account>;

export const EngineState = z.discriminatedUnion("state", [
  z.object({ state: z.literal("connecting") }),
  z.object({ state: z.literal("connected"), version: z.string(), apiVersion: z.string() }),
  z.object({ state: z.literal("unreachable"), fault: Fault }),
]);
export type EngineState = z.infer<typeof EngineState>;

/** `kernel`: TUN and nftables. `userspace`: no TUN; TCP only, slower. */
export const DataPlane = z.object({ mode: z.enum(["kernel", "userspace"]), fault: Fault.nullable() });
export type DataPlane = z.infer<typeof DataPlane>;

/** What the user may set. Secrets are never part of it. */
export const Settings = z.object({
  /** Control server; empty for Tailscale's own. */
  controlUrl: z.string(),
  /** The device name asked for at log-in. */
  hostname: z.string(),
});
export type Settings = z.infer<typeof Settings>;

/** Everything the panel shows, as one versioned value. */
export const Snapshot = z.object({
  /** Opaque; differs whenever anything else differs, also across restarts of the backend. */
  revision: z.string(),
  node: NodeState,
  accounts: z.array(Account),
  engine: EngineState,
  dataPlane: DataPlane,
  /** Lasting faults that belong to no single share. */
  alerts: z.array(Fault),
  workloads: z.array(Workload),
  settings: Settings,
  versions: z.object({ backend: z.string(), tailscale: z.string().nullable() }),
});
export type Snapshot = z.infer<typeof Snapshot>;
