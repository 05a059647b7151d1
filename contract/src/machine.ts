import { z } from "zod";
import { Fault } from "./errors.ts";
import { AuthKey, Hostname } from "./log-in.ts";
import { PortNumber } from "./port.ts";

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

/** Names a machine in the store and in the routes: a hash of its workload. */
export const MachineKey = z.string().regex(/^[0-9a-f]{16}$/);

/** A tag as Tailscale's policy file names it. */
export const Tag = z
  .string()
  .max(64)
  .regex(/^tag:[a-zA-Z][a-zA-Z0-9-]*$/, "must be 'tag:' and letters, digits or dashes");

/** How machines are to log in; goes in, never out. */
export const NewMachineCredential = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("none") }),
  z.strictObject({
    kind: z.literal("oauth"),
    clientId: z
      .string()
      .min(4)
      .max(128)
      .regex(/^[\w-]+$/, "must be letters, digits and dashes"),
    clientSecret: AuthKey,
    tags: z.array(Tag).min(1).max(16),
  }),
  z.strictObject({ kind: z.literal("auth-key"), authKey: AuthKey }),
]);
export type NewMachineCredential = z.infer<typeof NewMachineCredential>;

/** Whether a workload's machine may have this name. Names in use by others are never listed, only answered for. */
export const NameCheck = z.object({
  name: Hostname,
  taken: z.boolean(),
  /** A free name: the one asked for, else the next like it. */
  proposal: Hostname,
  /** Full MagicDNS name of the one asked for; empty while the tailnet's domain is unknown. */
  dnsName: z.string(),
});
export type NameCheck = z.infer<typeof NameCheck>;
