import { z } from "zod";
import { Fault } from "./errors.ts";
import { Exposure } from "./share.ts";
import { RunState } from "./workload.ts";

const Hop = z.enum([
  "container",
  "network",
  "listening",
  "data-plane",
  "machine",
  "visit",
  "node",
  "machine-visit",
  "way-back",
  "tailnet",
]);

/**
 * One hop on the path between the container and the tailnet's other devices. `passed`: `detail` is a phrase to follow the hop's name.
 * `not-tried`: can't be checked, for a reason that is no fault; `detail` says why in a sentence.
 */
export const CheckHop = z.discriminatedUnion("outcome", [
  z.object({ hop: Hop, outcome: z.literal("passed"), detail: z.string() }),
  z.object({ hop: Hop, outcome: z.literal("not-tried"), detail: z.string() }),
  z.object({ hop: Hop, outcome: z.literal("failed"), fault: Fault }),
]);
export type CheckHop = z.infer<typeof CheckHop>;

/** Hops in order; a failed hop is the last one. */
export const CheckReport = z.object({
  hops: z.array(CheckHop),
  /** The state at the time of the check: if a row shows another state, it has changed since. */
  of: z.object({ run: RunState, containerId: z.string().nullable(), exposure: Exposure }),
});
export type CheckReport = z.infer<typeof CheckReport>;

/** Returns why a check failed and what to do about it; null if it did not fail. */
export function faultOf({ hops }: Pick<CheckReport, "hops">): Fault | null {
  const last = hops.at(-1);
  return last?.outcome === "failed" ? last.fault : null;
}
