import { Hostname } from "@tailnet-share/contract/log-in";
import type { Mode, PutShare, ShareView } from "@tailnet-share/contract/share";
import type { Workload } from "@tailnet-share/contract/workload";

/** The user's choices in a row's details before there is a share. */
export interface Choice {
  readonly mode: Mode;
  /** The machine's name as typed; null for the backend's proposal. */
  readonly name: string | null;
}

/** Returns how a workload is exposed now, or would be after one click. */
export function modeOf({ share }: Workload, choice: Choice | undefined, oneClick: Mode): Mode {
  return share?.mode ?? choice?.mode ?? oneClick;
}

/** Returns whether the switch can use the choice. The user must fix an invalid name first. */
export function isComplete(choice: Choice | undefined): boolean {
  if (choice === undefined || choice.mode === "node" || choice.name === null) return true;
  return Hostname.safeParse(choice.name).success;
}

/** Fields other than ports of the request that creates a share. The backend decides whatever the user did not pick. */
export function newShare(choice: Choice | undefined): PutShare {
  if (choice === undefined) return {};
  const { mode, name } = choice;
  return mode === "machine" && name !== null ? { mode, machine: { name } } : { mode };
}

/** Restores a share as it was. */
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
