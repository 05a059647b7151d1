import { z } from "zod";
import type { Migrations } from "../store/format.ts";

const VERSION = 2;

/** A record of earlier starts. */
export const FirstStartFile = z.object({
  version: z.literal(VERSION),
  /** Whether the node was ever logged in. If it is logged out since, a user did that. */
  wasLoggedIn: z.boolean(),
  /** The environment's values at the last start; null for none. A change in the panel stays until they change. */
  controlUrl: z.string().nullable(),
  hostname: z.string().nullable(),
  panelOnTailnet: z.boolean().nullable(),
});
export type FirstStartFile = z.infer<typeof FirstStartFile>;

export const INITIAL_FIRST_START: FirstStartFile = {
  version: VERSION,
  wasLoggedIn: false,
  controlUrl: null,
  hostname: null,
  panelOnTailnet: null,
};

export const firstStartMigrations: Migrations = {
  1: (old: unknown) => ({ panelOnTailnet: null, ...z.looseObject({}).parse(old) }),
};
