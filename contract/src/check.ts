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

/** One hop on the way between the container and the tailnet's other devices. `not-tried`: nobody can tell, for a reason that is no fault. */
export const CheckHop = z.discriminatedUnion("outcome", [
  z.object({ hop: Hop, outcome: z.literal("passed"), detail: z.string() }),
  z.object({ hop: Hop, outcome: z.literal("not-tried"), detail: z.string() }),
  z.object({ hop: Hop, outcome: z.literal("failed"), fault: Fault }),
]);
export type CheckHop = z.infer<typeof CheckHop>;

/** Hops in order; one that failed is the last that was tried. */
export const CheckReport = z.object({
  hops: z.array(CheckHop),
  /** What was in place when it was checked: a row that shows anything else has changed since. */
  of: z.object({ run: RunState, containerId: z.string().nullable(), exposure: Exposure }),
});
export type CheckReport = z.infer<typeof CheckReport>;

/** Why a check failed, and what to do about it; null when it did not. */
export function faultOf({ hops }: Pick<CheckReport, "hops">): Fault | null {
  const last = hops.at(-1);
  return last?.outcome === "failed" ? last.fault : null;
}
