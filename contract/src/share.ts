import { z } from "zod";
import { Fault } from "./errors.ts";
import { MachineOptions, MachineView } from "./machine.ts";
import { ContainerPort, PortNumber } from "./port.ts";

/**
 * How a share is reached. `node`: at the extension's own node, on a port. `machine`: the workload becomes a tailnet machine of its own,
 * reached by its own name on its own ports.
 */
export const Mode = z.enum(["node", "machine"]);
export type Mode = z.infer<typeof Mode>;

/**
 * A port of a share: `port` inside the container, `nodePort` on the node. The share keeps its node port. A machine answers on the
 * container's own ports, so there both are the same. `https`: the node answers with HTTPS and the tailnet's certificate instead of passing
 * the connection through. TCP in mode `node` only; absent if off.
 */
export const SharedPort = ContainerPort.extend({
  nodePort: PortNumber,
  https: z.literal(true).optional(),
});
export type SharedPort = z.infer<typeof SharedPort>;

/** An address of a shared port, ready to be copied. */
export const Endpoint = SharedPort.extend({
  /**
   * By the device's name with the port's usual scheme: `http://docker.tail.test:8080`, or `host:port` if there is none. By its IPv4
   * address only if it has no name. Without MagicDNS (`magicDns` of the node), names don't resolve unless the user provides for that.
   */
  address: z.string(),
  /** The same by IPv4 address; works in a tailnet without MagicDNS. */
  ipAddress: z.string(),
  /** A browser can open it. */
  web: z.boolean(),
});
export type Endpoint = z.infer<typeof Endpoint>;

/**
 * The reason why a shared port does not work for its clients.
 * - `refused`: nothing listens on it. `not-started`: the same, but its container was started moments ago.
 * - `no-answer`: packets get no answer. `filtered`: its network isolates containers from each other, or a firewall refuses.
 * - `loopback-only`, `other-address`, `ipv6-only`, `ipv4-only`: its program listens on an address that clients can't reach.
 * - `no-ipv6`: its program listens over IPv6 only, and the container has no IPv6.
 */
export const UnansweredReason = z.enum([
  "refused",
  "not-started",
  "no-answer",
  "filtered",
  "loopback-only",
  "other-address",
  "ipv6-only",
  "ipv4-only",
  "no-ipv6",
]);
export type UnansweredReason = z.infer<typeof UnansweredReason>;

export const Unanswered = ContainerPort.extend({ reason: UnansweredReason });
export type Unanswered = z.infer<typeof Unanswered>;

/** A share's actual state, as observed. */
/** Stages before a machine is reachable, in their order. */
export const MACHINE_STAGES = ["create", "start", "join"] as const;
export type MachineStage = (typeof MACHINE_STAGES)[number];

export const Exposure = z.discriminatedUnion("state", [
  /** Requested, not in place yet; `progress` says what happens now, such as 'Joining the tailnet…'. `stage`: of a machine only. */
  z.object({
    state: z.literal("pending"),
    progress: z.string(),
    stage: z.enum(MACHINE_STAGES).optional(),
  }),
  z.object({
    state: z.literal("live"),
    endpoints: z.array(Endpoint),
    /** The container's ports that don't answer clients, as far as known: without a TUN, ports are not probed. */
    unanswered: z.array(Unanswered),
  }),
  /** Fine so far, but something outside has to happen first. */
  z.object({
    state: z.literal("waiting"),
    reason: z.enum(["container-stopped", "container-paused", "container-removed", "node-offline"]),
  }),
  /** The machine waits for a person. `log-in`: its link has to be opened; `admin`: the tailnet's admin has to approve it. */
  z.object({
    state: z.literal("needs-approval"),
    by: z.enum(["log-in", "admin"]),
    /** The page to open; null until the control server answers. A login link is null for the role `view`. */
    url: z.string().nullable(),
  }),
  z.object({ state: z.literal("failed"), fault: Fault }),
]);
export type Exposure = z.infer<typeof Exposure>;

/** Bytes. */
export const Traffic = z.object({ received: z.int().min(0), sent: z.int().min(0) });
export type Traffic = z.infer<typeof Traffic>;

/** A tailnet device that has a connection open to a share. */
export const Visitor = z.object({
  /** The device's name in the tailnet; its address if the name is unknown. */
  device: z.string(),
  /** The device's user; empty for a tagged or unknown device. */
  user: z.string(),
  /** The path of its packets: direct, or through a relay, which is slower. Null while unknown. */
  path: z.enum(["direct", "relayed"]).nullable(),
});
export type Visitor = z.infer<typeof Visitor>;

/** A network's name as a user may choose it. */
export const NetworkName = z.string().min(1).max(255);

/** The container's network that a share on the node uses. */
export const ShareNetwork = z.object({
  /** Names of the networks that it can use, in order. Empty for a machine, and if there is no choice to make. */
  available: z.array(NetworkName),
  /** The user's choice; null leaves it to the extension. */
  chosen: NetworkName.nullable(),
  /** The network in use; null if there is none. */
  used: z.string().nullable(),
});
export type ShareNetwork = z.infer<typeof ShareNetwork>;

/** A stored intention with its actual state. */
export const ShareView = z.object({
  mode: Mode,
  /** May be empty for a machine whose container declares none. */
  ports: z.array(SharedPort),
  /** The share's machine; null in mode `node`. */
  machine: MachineView.nullable(),
  network: ShareNetwork,
  exposure: Exposure,
  /** Bytes since it was switched on or the backend started, whichever came later. `since` is that time, ISO 8601. */
  traffic: Traffic.extend({ since: z.string() }),
  /** Current clients: by open connections (`node`), by recent traffic (`machine`). */
  visitors: z.array(Visitor),
  /** When the share expires, ISO 8601; null for never. */
  until: z.string().nullable(),
});
export type ShareView = z.infer<typeof ShareView>;

/** A share with more ports is refused with `BAD_REQUEST`. */
export const MAX_PORTS_PER_SHARE = 64;

const WantedPort = z.strictObject({
  ...ContainerPort.shape,
  nodePort: PortNumber.optional(),
  https: z.boolean().optional(),
});

/**
 * Without `mode`: the share's own, else `Settings.oneClickMode`. Without `ports`: the share's own, else one (`node`: published, else
 * answering HTTP, else the likeliest) or all that are declared individually (`machine`). A port without `nodePort` gets the next free one;
 * a port without `https` keeps its setting. Omitted fields of `machine` keep their values; an omitted name is derived from the workload's.
 */
export const PutShare = z.strictObject({
  mode: Mode.optional(),
  machine: z.strictObject(MachineOptions.partial().shape).optional(),
  ports: z.array(WantedPort).min(1).optional(),
  /** The container's network that the node uses; null lets the extension choose. Omitted, it stays unchanged. */
  network: NetworkName.nullable().optional(),
  /** When the share expires; null for never. If omitted, it stays unchanged. */
  until: z.iso.datetime({ offset: true }).nullable().optional(),
});
export type PutShare = z.infer<typeof PutShare>;
