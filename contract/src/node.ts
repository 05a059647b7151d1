import { z } from "zod";
import { EngineKind } from "./engine-name.ts";
import { Fault } from "./errors.ts";

const Identity = z.object({
  /** The device's name in the tailnet, without the domain. */
  name: z.string(),
  /** Full MagicDNS name, without the final dot; empty if the tailnet has none. */
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
  /** `login` is null until a login is requested; its `url` is null until the control server answers, and for the role `view`. */
  z.object({
    state: z.literal("logged-out"),
    login: z.object({ url: z.string().nullable() }).nullable(),
    fault: Fault.nullable(),
  }),
  z.object({ state: z.literal("needs-approval"), adminUrl: z.string() }),
  z.object({ state: z.literal("connecting"), waitsFor: z.string() }),
  Identity.extend({
    state: z.literal("connected"),
    /**
     * Counts of the tailnet devices that this node currently exchanges traffic with, by path; and its own relay, empty while it has none.
     */
    paths: z.object({ direct: z.int().min(0), relayed: z.int().min(0), relay: z.string() }),
    /** A key renewal in progress, in the same form as for `logged-out`. Everything stays reachable meanwhile. */
    renewal: z.object({ url: z.string().nullable(), fault: Fault.nullable() }).nullable(),
  }),
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
  EngineKind.extend({ state: z.literal("connecting") }),
  EngineKind.extend({ state: z.literal("connected"), version: z.string(), apiVersion: z.string() }),
  EngineKind.extend({ state: z.literal("unreachable"), fault: Fault }),
]);
export type EngineState = z.infer<typeof EngineState>;

/** Parts of the kernel data plane that some kernels are built without. Sharing works without any of them. */
export const KernelAbility = z.enum([
  "byte-counts",
  "refusals",
  "large-udp-answers",
  "instant-endings",
  "late-endings",
  "untracked-wireguard",
  "machine-seal",
  "machine-visits",
]);
export type KernelAbility = z.infer<typeof KernelAbility>;

/** `kernel`: TUN and nftables. `userspace`: no TUN; TCP only, slower. */
export const DataPlane = z.object({
  mode: z.enum(["kernel", "userspace"]),
  fault: Fault.nullable(),
  /** Abilities that the kernel lacks, with the consequence in plain words. Empty in userspace mode. */
  missing: z.array(z.object({ ability: KernelAbility, cost: z.string() })),
});
export type DataPlane = z.infer<typeof DataPlane>;

/** A release of a part of the extension that is newer than the running one. */
export const Update = z.object({
  /** `tailscale`: the bundled version. `machines`: the version chosen for machines. */
  part: z.enum(["tailscale", "machines"]),
  running: z.string(),
  /** The newer version's number; empty if unknown. */
  latest: z.string(),
  /** Fixes a known vulnerability. */
  security: z.boolean(),
  /** Tailscale's bulletin about the vulnerability, such as `TS-2026-010`; empty if unknown. */
  bulletin: z.string(),
});
export type Update = z.infer<typeof Update>;
