import { z } from "zod";
import type { Migrations } from "../store/format.ts";

/* Migrations from each version of a file to the next. Never change an existing step: it reads files that a release has written. */

const SharesV1 = z.looseObject({ shares: z.array(z.looseObject({})) });
const SharesV2 = z.looseObject({ retiring: z.array(z.looseObject({})) });
const SharesV3 = z.looseObject({ shares: z.array(z.looseObject({})) });
const SharesV4 = z.looseObject({});
const SharesV5 = z.looseObject({ retiring: z.array(z.looseObject({})) });

export const sharesMigrations: Migrations = {
  /** Version 2 adds machines and shares that expire. */
  1: (old) => {
    const { shares, ...rest } = SharesV1.parse(old);
    return {
      retiring: [],
      ...rest,
      shares: shares.map((share) => ({ machine: null, until: null, ...share })),
    };
  },
  /** Version 3 adds the workload of a retiring machine. */
  2: (old) => {
    const { retiring, ...rest } = SharesV2.parse(old);
    return { ...rest, retiring: retiring.map((machine) => ({ workload: null, ...machine })) };
  },
  /** Version 4 adds the choice of a share's network. */
  3: (old) => {
    const { shares, ...rest } = SharesV3.parse(old);
    return { ...rest, shares: shares.map((share) => ({ network: null, ...share })) };
  },
  /** Version 5 adds HTTPS to a port on the node; the field is absent if it is off. */
  4: (old) => SharesV4.parse(old),
  /** Version 6 lets the user give up removing a machine from its tailnet. */
  5: (old) => {
    const { retiring, ...rest } = SharesV5.parse(old);
    return { ...rest, retiring: retiring.map((machine) => ({ dismissed: false, ...machine })) };
  },
};
