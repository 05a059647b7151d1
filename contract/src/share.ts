import { z } from "zod";
import { Fault } from "./errors.ts";
import { MachineOptions, MachineView } from "./machine.ts";
import { ContainerPort, PortNumber } from "./port.ts";

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

/** More are refused with `BAD_REQUEST`. */
export const MAX_PORTS_PER_SHARE = 64;

const WantedPort = z.strictObject({
  ...ContainerPort.shape,
  nodePort: PortNumber.optional(),
  https: z.boolean().optional(),
});

/**
 * `mode` left out: the share's own, else `Settings.oneClickMode`. `ports` left out: the share's own, else one (`node`:
 * published, else answering HTTP, else the likeliest) or all that are declared one by one (`machine`). A port without `nodePort` gets
 * the next free one; a port without `https` keeps its setting. Omitted fields of `machine` stay as they are; an omitted name is made from
 * the workload's.
 */
export const PutShare = z.strictObject({
  mode: Mode.optional(),
  machine: z.strictObject(MachineOptions.partial().shape).optional(),
  ports: z.array(WantedPort).min(1).optional(),
  /** The container's network that the node uses; null lets the extension choose. Omitted, it stays unchanged. */
  network: NetworkName.nullable().optional(),
  /** When it ends by itself; null for never. Left out, it stays as it is. */
  until: z.iso.datetime({ offset: true }).nullable().optional(),
});
export type PutShare = z.infer<typeof PutShare>;
