import { z } from "zod";
import { Fault } from "./errors.ts";
import { AuthKey, Hostname } from "./log-in.ts";
import { PortNumber } from "./port.ts";

/** Options of a share in mode `machine`. */
export const MachineOptions = z.object({
  name: Hostname,
  /** The application may open connections to other tailnet devices; answering its clients is always possible. */
  reachTailnet: z.boolean(),
  /** The container's port that `https://<name>` leads to, with the tailnet's certificate; null for none. */
  httpsPort: PortNumber.nullable(),
  /** Serves the same to anyone on the internet (Funnel). Needs `httpsPort`. */
  funnel: z.boolean(),
});
export type MachineOptions = z.infer<typeof MachineOptions>;

/** A machine's options with its current state. */
export const MachineView = MachineOptions.extend({
  /** Full MagicDNS name: the current one, else the one that it will get. Empty while the tailnet's domain is unknown. */
  dnsName: z.string(),
  /** Tailnet addresses, IPv4 first; empty until it has some. */
  addresses: z.array(z.string()),
  /** The tailscale version that it runs; null while it does not run. */
  version: z.string().nullable(),
  /** Why the requested HTTPS or Funnel does not work, and the page that turns it on; null if nothing is wrong. */
  web: z.object({ fault: Fault, url: z.string().nullable() }).nullable(),
  /** When its key expires, ISO 8601; null while it does not run, and for a key that does not expire. */
  keyExpiry: z.string().nullable(),
  /**
   * TCP ports of the share whose program listens on an address that clients can't reach, such as 127.0.0.1: tailscaled accepts their
   * connections and forwards them.
   */
  forwarded: z.array(PortNumber),
});
export type MachineView = z.infer<typeof MachineView>;

/**
 * The credential that machines log in with, without its secrets. Without a credential, each machine waits for its own login link to be
 * opened.
 */
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
  /** A reusable key for all machines. */
  z.object({ kind: z.literal("auth-key"), ending: z.string() }),
]);
export type MachineCredential = z.infer<typeof MachineCredential>;

/** Identifies a machine in the store and in the routes: a hash of its workload. */
export const MachineKey = z.string().regex(/^[0-9a-f]{16}$/);

/** A tag in the form of Tailscale's policy file. */
export const Tag = z
  .string()
  .max(64)
  .regex(/^tag:[a-zA-Z][a-zA-Z0-9-]*$/, "must be 'tag:' and letters, digits or dashes");

/** A new credential for machines. Accepted, but never returned. */
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

/** Whether a workload's machine may have this name. The names of others are never listed; the answer is only about this one. */
export const NameCheck = z.object({
  name: Hostname,
  taken: z.boolean(),
  /** A free name: the requested one, else the next free one like it. */
  proposal: Hostname,
  /** Full MagicDNS name for the requested name; empty while the tailnet's domain is unknown. */
  dnsName: z.string(),
});
export type NameCheck = z.infer<typeof NameCheck>;
