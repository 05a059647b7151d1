import { z } from "zod";

/** A record of earlier starts. */
export const FirstStartFile = z.object({
  version: z.literal(1),
  /** Whether the node was ever logged in. If it is logged out since, a user did that. */
  wasLoggedIn: z.boolean(),
  /** The environment's values at the last start; null for none. A change in the panel stays until they change. */
  controlUrl: z.string().nullable(),
  hostname: z.string().nullable(),
});
export type FirstStartFile = z.infer<typeof FirstStartFile>;

export const INITIAL_FIRST_START: FirstStartFile = {
  version: 1,
  wasLoggedIn: false,
  controlUrl: null,
  hostname: null,
};
