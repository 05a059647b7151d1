import { z } from "zod";
import { Fault } from "./errors.ts";
import { Account, DataPlane, EngineState, NodeState, Update } from "./node.ts";

/** A TCP or UDP port number. */
export const PortNumber = z.int().min(1).max(65_535);

export const Protocol = z.enum(["tcp", "udp"]);
export type Protocol = z.infer<typeof Protocol>;

/** A port inside a container. */
export const ContainerPort = z.object({ port: PortNumber, protocol: Protocol });
export type ContainerPort = z.infer<typeof ContainerPort>;

/** Ports in a row that a container declares, first and last included. */
export const PortRange = z.object({ from: PortNumber, to: PortNumber, protocol: Protocol });
export type PortRange = z.infer<typeof PortRange>;

/**
 * Identity of a workload: survives re-creation, so never a container ID. `compose:<project>/<service>/<replica>`,
 * `swarm:<service>/<slot or node>`, `devcontainer:<hash of folder and configuration>` or `name:<container name>`.
 */
export const WorkloadId = z
  .string()
  .max(600)
  .regex(
    /^(compose:[^/\s]+\/[^/\s]+\/\d+|swarm:[^/\s]+\/[^/\s]+|devcontainer:[^/\s]+|name:[^/\s]+)$/,
    "not a workload's identity",
  );
export type WorkloadId = z.infer<typeof WorkloadId>;

/** Where a workload's identity comes from. An `invented-name` is one that the engine made up: the next container gets another one. */
export const IdentityKind = z.enum(["compose", "swarm", "dev-container", "name", "invented-name"]);
export type IdentityKind = z.infer<typeof IdentityKind>;

/** RFC 1123 label, as a tailnet device name. */
export const Hostname = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    "must be 1 to 63 lower-case letters, digits or dashes, and neither begin nor end with a dash",
  );

/**
 * How a share is reached. `node`: at the extension's own node, on a port. `machine`: the workload becomes a tailnet machine
 * of its own, reached by its own name on its own ports.
 */
export const Mode = z.enum(["node", "machine"]);
export type Mode = z.infer<typeof Mode>;

/**
 * A port of a share: `port` inside the container, `nodePort` where the node answers for it. Kept for the share. A machine
 * answers on the container's own ports, so there both are the same. `https`: the node answers with HTTPS and the tailnet's
 * certificate instead of passing the connection through. TCP in mode `node` only; absent where it is off.
 */
export const SharedPort = ContainerPort.extend({
  nodePort: PortNumber,
  https: z.literal(true).optional(),
});
export type SharedPort = z.infer<typeof SharedPort>;

/** Where a shared port can be reached, ready to be copied. */
export const Endpoint = SharedPort.extend({
  /**
   * By the device's name with the port's usual scheme: `http://docker.tail.test:8080`, or `host:port` where there is none.
   * By its IPv4 address only where it has no name. Without MagicDNS (`magicDns` of the node) names lead nowhere by themselves.
   */
  address: z.string(),
  /** The same by IPv4 address; what works in a tailnet without MagicDNS. */
  ipAddress: z.string(),
  /** A browser can open it. */
  web: z.boolean(),
});
export type Endpoint = z.infer<typeof Endpoint>;

/**
 * Why a shared port gives its visitors nothing.
 * - `refused`: nothing listens on it. `not-started`: neither, but its container was started moments ago.
 * - `no-answer`: packets get no answer. `filtered`: its network lets no container reach another, or a firewall refuses.
 * - `loopback-only`, `other-address`, `ipv6-only`: its program listens where visitors do not come in.
 */
export const UnansweredReason = z.enum([
  "refused",
  "not-started",
  "no-answer",
  "filtered",
  "loopback-only",
  "other-address",
  "ipv6-only",
]);
export type UnansweredReason = z.infer<typeof UnansweredReason>;

export const Unanswered = ContainerPort.extend({ reason: UnansweredReason });
export type Unanswered = z.infer<typeof Unanswered>;

/** What is really in place for a share, as observed. */
export const Exposure = z.discriminatedUnion("state", [
  /** Wanted, not in place yet; `waitsFor` ends the sentence 'Waiting for …'. */
  z.object({ state: z.literal("pending"), waitsFor: z.string() }),
  z.object({
    state: z.literal("live"),
    endpoints: z.array(Endpoint),
    /** The container's ports that visitors get no answer from, as far as that is known: without a TUN it is not tried. */
    unanswered: z.array(Unanswered),
  }),
  /** Nothing is wrong, but something outside has to happen first. */
  z.object({
    state: z.literal("waiting"),
    reason: z.enum(["container-stopped", "container-paused", "container-removed", "node-offline"]),
  }),
  /** The machine waits for a person. `log-in`: its link has to be opened; `admin`: the tailnet's admin has to approve it. */
  z.object({
    state: z.literal("needs-approval"),
    by: z.enum(["log-in", "admin"]),
    /** Null while the control server has not answered. */
    url: z.string().nullable(),
  }),
  z.object({ state: z.literal("failed"), fault: Fault }),
]);
export type Exposure = z.infer<typeof Exposure>;

/** Bytes. */
export const Traffic = z.object({ received: z.int().min(0), sent: z.int().min(0) });
export type Traffic = z.infer<typeof Traffic>;

/** What a share in mode `machine` asks for. */
export const MachineOptions = z.object({
  name: Hostname,
  /** The application may open connections to other tailnet devices; answering its visitors is always possible. */
  reachTailnet: z.boolean(),
  /** The container's port that `https://<name>` leads to, with the tailnet's certificate; null for none. */
  httpsPort: PortNumber.nullable(),
  /** The same for anyone on the internet (Funnel). Needs `httpsPort`. */
  funnel: z.boolean(),
});
export type MachineOptions = z.infer<typeof MachineOptions>;

/** A machine's intention with what runs for it. */
export const MachineView = MachineOptions.extend({
  /** Full MagicDNS name: the one it has, else the one it will get. Empty while the tailnet's domain is unknown. */
  dnsName: z.string(),
  /** Tailnet addresses, IPv4 first; empty until it has some. */
  addresses: z.array(z.string()),
  /** tailscale's version that runs in it; null while none runs. */
  version: z.string().nullable(),
  /** Why HTTPS or Funnel is not there although asked for, and the page that turns it on; null when all is well. */
  web: z.object({ fault: Fault, url: z.string().nullable() }).nullable(),
  /** When its key ends, ISO 8601; null while it does not run, and for one that does not end. */
  keyExpiry: z.string().nullable(),
  /**
   * TCP ports of the share whose program listens where visitors do not come in, such as 127.0.0.1: tailscaled takes their
   * connections and hands them on.
   */
  forwarded: z.array(PortNumber),
});
export type MachineView = z.infer<typeof MachineView>;

/** A tailnet device that has a connection open to a share. */
export const Visitor = z.object({
  /** Its name in the tailnet; its address where it is not known. */
  device: z.string(),
  /** Empty for a tagged device, and for one that is not known. */
  user: z.string(),
  /** How its packets come: straight, or through a relay, which is slower. Null while that is not known. */
  path: z.enum(["direct", "relayed"]).nullable(),
});
export type Visitor = z.infer<typeof Visitor>;

/** A network's name as a user may choose it. */
export const NetworkName = z.string().min(1).max(255);

/** By which of its container's networks a share on the node goes. */
export const ShareNetwork = z.object({
  /** The names of those that it can go by, in order. Empty for a machine, and where there is no choice to make. */
  available: z.array(NetworkName),
  /** The one that the user wants; null leaves it to the extension. */
  chosen: NetworkName.nullable(),
  /** The one that it goes by now; null while it goes by none. */
  used: z.string().nullable(),
});
export type ShareNetwork = z.infer<typeof ShareNetwork>;

/** A stored intention with what is in place for it. */
export const ShareView = z.object({
  mode: Mode,
  /** May be empty for a machine whose container declares none. */
  ports: z.array(SharedPort),
  /** Null in mode `node`. */
  machine: MachineView.nullable(),
  network: ShareNetwork,
  exposure: Exposure,
  /** Since it was switched on or the backend started, whichever came later: that time, ISO 8601. */
  traffic: Traffic.extend({ since: z.string() }),
  /** Who is connected now: by open connections (`node`), by recent traffic (`machine`). */
  visitors: z.array(Visitor),
  /** When it ends by itself, ISO 8601; null for never. */
  until: z.string().nullable(),
});
export type ShareView = z.infer<typeof ShareView>;

export const RunState = z.enum(["running", "paused", "restarting", "stopped", "removed"]);
export type RunState = z.infer<typeof RunState>;

/** One row of the panel. */
export const Workload = z.object({
  id: WorkloadId,
  identity: IdentityKind,
  /** The service, the dev container's folder, else the container's name; cut where it is too long to read. */
  name: z.string(),
  project: z.string().nullable(),
  image: z.string(),
  run: RunState,
  /** Full container ID of where the workload is right now, for the host's 'view container'; null when removed. */
  containerId: z.string().nullable(),
  /** What the container declares one by one, the port of a single click first. Empty when it declares none. */
  ports: z.array(ContainerPort),
  /** False while the engine has listed the container but not yet reported the ports that it declares. */
  portsKnown: z.boolean(),
  /** What it declares by the dozen, such as a telephone system's 10,000 ports. A few of them may be in `ports` as well. */
  portRanges: z.array(PortRange),
  /** Null when it can be shared, else why not. */
  refusal: Fault.nullable(),
  /** As a machine of its own: the name that it would get, and why it cannot be one; null when it can. */
  machine: z.object({ name: Hostname, refusal: Fault.nullable() }),
  share: ShareView.nullable(),
  /**
   * It is shared no more, but what was set up for that is still there, so others may still reach it: null otherwise. `fault`
   * says why it could not be taken away; it is tried again by itself.
   */
  ending: z.object({ fault: Fault.nullable() }).nullable(),
});
export type Workload = z.infer<typeof Workload>;

/** How machines log in, as far as it may be shown. Without one each machine waits for its own log-in link to be opened. */
export const MachineCredential = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("none") }),
  /** Makes a single-use, pre-approved, tagged key for each machine. */
  z.object({
    kind: z.literal("oauth"),
    clientId: z.string(),
    tags: z.array(z.string()),
    /** The secret's last four characters. */
    ending: z.string(),
  }),
  /** One reusable key for all. */
  z.object({ kind: z.literal("auth-key"), ending: z.string() }),
]);
export type MachineCredential = z.infer<typeof MachineCredential>;

/** What the user may set. Secrets are never part of it. */
/** A certificate authority that is trusted beside the usual ones. */
export const Authority = z.object({ name: z.string(), until: z.iso.datetime({ offset: true }) });
export type Authority = z.infer<typeof Authority>;

export const Settings = z.object({
  /** Control server; empty for Tailscale's own. */
  controlUrl: z.string(),
  /** The device name asked for at log-in. */
  hostname: z.string(),
  /** What one click means. `auto`: `node` until a credential for machines is saved, then `machine`. */
  oneClick: z.enum(["auto", "node", "machine"]),
  /** What `oneClick` comes to right now. */
  oneClickMode: Mode,
  machineCredential: MachineCredential,
  /** Tag of the image `tailscale/tailscale` that machines run; empty for the bundled version. */
  machineTailscale: z.string(),
  /** What a new machine is called by itself: `service`, or `project-service`. */
  machineNames: z.enum(["service", "project-service"]),
  /** Which newer releases the panel tells of. */
  updateNotices: z.enum(["all", "security", "none"]),
  /** Trusted beside the usual ones, e.g. for a control server of one's own. */
  authorities: z.array(Authority),
});
export type Settings = z.infer<typeof Settings>;

/** Names a machine in the store and in the routes: a hash of its workload. */
export const MachineKey = z.string().regex(/^[0-9a-f]{16}$/);

/** A lasting fault that belongs to no single share. */
export const Alert = Fault.extend({
  /**
   * With `MACHINE_NOT_REMOVED`: the machines that are no longer shared and are still in their tailnet. `controlUrl`: that tailnet's
   * control server.
   */
  machines: z
    .array(z.object({ key: MachineKey, name: z.string(), controlUrl: z.string() }))
    .min(1)
    .optional(),
});
export type Alert = z.infer<typeof Alert>;

/** Everything the panel shows, as one versioned value. */
export const Snapshot = z.object({
  /** Opaque; differs whenever anything else differs, also across restarts of the backend. */
  revision: z.string(),
  node: NodeState,
  accounts: z.array(Account),
  engine: EngineState,
  dataPlane: DataPlane,
  alerts: z.array(Alert),
  workloads: z.array(Workload),
  /** How many containers are left out because they cannot be read, or not be shown. */
  skipped: z.int().min(0),
  settings: Settings,
  versions: z.object({ backend: z.string(), tailscale: z.string().nullable() }),
  /** As far as the control server or the shipped list of security faults tells of them and `Settings.updateNotices` wants them. */
  updates: z.array(Update),
});
export type Snapshot = z.infer<typeof Snapshot>;
