import { z } from "zod";
import { ErrorCode } from "./errors.ts";
import { Snapshot } from "./snapshot.ts";

/** A step that would run now: its kind and its subject, which is a workload, network or image; empty for all of them. */
export const PlannedStep = z.object({ step: z.string(), on: z.string() });
export type PlannedStep = z.infer<typeof PlannedStep>;

/** A step whose last attempt failed. Times are ISO 8601. */
export const FailedStep = PlannedStep.extend({
  code: ErrorCode,
  /** Consecutive attempts. */
  attempts: z.int().min(1),
  failedAt: z.string(),
  retryAt: z.string(),
});
export type FailedStep = z.infer<typeof FailedStep>;

/**
 * A redacted report for a bug tracker: contains no secrets, and no addresses, names or users of other devices, as far as those are known.
 */
export const Diagnostics = z.object({
  createdAt: z.string(),
  snapshot: Snapshot,
  /** The steps that the loop would run now, in order; empty if everything is in place. */
  plan: z.array(PlannedStep),
  failures: z.array(FailedStep),
  health: z.array(z.string()),
  backendLog: z.array(z.string()),
  tailscaledLog: z.array(z.string()),
});
export type Diagnostics = z.infer<typeof Diagnostics>;

/** The last lines, oldest first, redacted as in `Diagnostics`. */
export const Logs = z.object({ backend: z.array(z.string()), tailscaled: z.array(z.string()) });
export type Logs = z.infer<typeof Logs>;

/** Each hop that the extension as a whole needs, in order; true only if it was checked just now. */
export const Health = z.object({
  ok: z.boolean(),
  hops: z.array(
    z.object({
      hop: z.enum(["loop", "engine", "tailscaled", "data-plane", "store", "egress", "tailnet", "machines"]),
      ok: z.boolean(),
      detail: z.string(),
    }),
  ),
});
export type Health = z.infer<typeof Health>;
