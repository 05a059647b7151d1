import { z } from "zod";

/** RFC 1123 label, as a tailnet device name. */
export const Hostname = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    "must be 1 to 63 lower-case letters, digits or dashes, and neither begin nor end with a dash",
  );

/** Control server's address; empty means Tailscale's own. */
export const ControlUrl = z.union([
  z.literal(""),
  z
    .url({ protocol: /^https?$/, hostname: /^[^\s/?#@]+$/ })
    .max(512)
    .refine((url) => !/[?#@]/.test(url), "must be a plain http or https address"),
]);

/** Pre-authentication key of Tailscale or Headscale. Accepted, but never returned. */
export const AuthKey = z
  .string()
  .min(8)
  .max(512)
  .regex(/^[\x21-\x7e]+$/, "must not contain spaces or control characters");

export const Login = z.strictObject({
  authKey: AuthKey.optional(),
  controlUrl: ControlUrl.optional(),
  hostname: Hostname.optional(),
  /** Discard a link that was given out before and ask for a new one. */
  fresh: z.boolean().optional(),
  /** Keep the present account and log in to another one beside it. */
  anotherAccount: z.boolean().optional(),
});
export type Login = z.infer<typeof Login>;

export const PatchNode = z.strictObject({
  /** False pauses: nothing is reachable, and intentions are kept. */
  connected: z.boolean().optional(),
  hostname: Hostname.optional(),
  /** Switch to an account of `Snapshot.accounts`, by its id. */
  account: z
    .string()
    .min(1)
    .max(64)
    .regex(/^[\w-]+$/)
    .optional(),
});
export type PatchNode = z.infer<typeof PatchNode>;
