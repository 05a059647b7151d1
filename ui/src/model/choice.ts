import { Hostname } from "@tailnet-share/contract/log-in";
import type { Mode, PutShare, ShareView } from "@tailnet-share/contract/share";
import type { Workload } from "@tailnet-share/contract/workload";

/** What the user picked in a row's details before there is a share. */
export interface Choice {
  readonly mode: Mode;
  /** The machine's name as typed; null for the one that the backend proposes. */
  readonly name: string | null;
}

/** How a workload is reached, or would be after one click. */
export function modeOf({ share }: Workload, choice: Choice | undefined, oneClick: Mode): Mode {
  return share?.mode ?? choice?.mode ?? oneClick;
}

/** Whether the switch can act on it: a name that no device can have is mended first. */
export function isComplete(choice: Choice | undefined): boolean {
  if (choice === undefined || choice.mode === "node" || choice.name === null) return true;
  return Hostname.safeParse(choice.name).success;
}

/** What the request that creates a share says beside its ports. Where nothing was picked the backend decides. */
export function newShare(choice: Choice | undefined): PutShare {
  if (choice === undefined) return {};
  const { mode, name } = choice;
  return mode === "machine" && name !== null ? { mode, machine: { name } } : { mode };
}

/** Brings back a share as it was. */
export function sameShare({ mode, ports, machine, network, until }: ShareView): PutShare {
  const options = machine && {
    name: machine.name,
    reachTailnet: machine.reachTailnet,
    httpsPort: machine.httpsPort,
    funnel: machine.funnel,
  };
  return {
    mode,
    ...(options ? { machine: options } : {}),
    ...(ports.length > 0 ? { ports } : {}),
    ...(network.chosen === null ? {} : { network: network.chosen }),
    ...(until === null ? {} : { until }),
  };
}
