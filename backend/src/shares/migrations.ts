import { z } from "zod";
import type { Migrations } from "../store/format.ts";

/* From each version of a file to the next. A step is never changed again: what it reads was written by a release. */

const SharesV1 = z.looseObject({ shares: z.array(z.looseObject({})) });
const SharesV2 = z.looseObject({ retiring: z.array(z.looseObject({})) });
const SharesV3 = z.looseObject({ shares: z.array(z.looseObject({})) });
const SharesV4 = z.looseObject({});
const SharesV5 = z.looseObject({ retiring: z.array(z.looseObject({})) });

export const sharesMigrations: Migrations = {
  /** Machines of their own and shares that end by themselves came with version 2. */
  1: (old) => {
    const { shares, ...rest } = SharesV1.parse(old);
    return {
      retiring: [],
      ...rest,
      shares: shares.map((share) => ({ machine: null, until: null, ...share })),
    };
  },
  /** Whose a machine was that retires came with version 3. */
  2: (old) => {
    const { retiring, ...rest } = SharesV2.parse(old);
    return { ...rest, retiring: retiring.map((machine) => ({ workload: null, ...machine })) };
  },
  /** The network that a share goes by can be chosen from version 4 on. */
  3: (old) => {
    const { shares, ...rest } = SharesV3.parse(old);
    return { ...rest, shares: shares.map((share) => ({ network: null, ...share })) };
  },
  /** A port on the node can have HTTPS from version 5 on; it is absent where that is off. */
  4: (old) => SharesV4.parse(old),
  /** From version 6 on, the user can give up removing a machine from its tailnet. */
  5: (old) => {
    const { retiring, ...rest } = SharesV5.parse(old);
    return { ...rest, retiring: retiring.map((machine) => ({ dismissed: false, ...machine })) };
  },
};

const SettingsV1 = z.looseObject({});
const SettingsV2 = z.looseObject({});
const SettingsV3 = z.looseObject({});

export const settingsMigrations: Migrations = {
  /** What one click means, which tailscale machines run, and whose they are came with version 2. */
  1: (old) => ({ oneClick: "auto", machineTailscale: "", installation: "", ...SettingsV1.parse(old) }),
  /** How machines are named and which updates are told of came with version 3; some files of version 2 have them already. */
  2: (old) => ({ machineNames: "service", updateNotices: "all", ...SettingsV2.parse(old) }),
  /** Authorities of one's own came with version 4. */
  3: (old) => ({ authorities: "", ...SettingsV3.parse(old) }),
};
