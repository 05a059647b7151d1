import type { CheckHop } from "@tailnet-share/contract/check";
import type { Fault } from "@tailnet-share/contract/errors";
import type { RunState } from "@tailnet-share/contract/workload";

type Hop = CheckHop["hop"];

/** Collects the hops of a check in order. */
export interface HopList {
  pass(hop: Hop, detail: string): void;
  /** Adds a hop that can't be checked; `why` is no fault. */
  skip(hop: Hop, why: string): void;
  /** Returns the report, ending with this hop. */
  fail(hop: Hop, fault: Fault): CheckHop[];
  done(): CheckHop[];
}

export function createHopList(): HopList {
  const hops: CheckHop[] = [];
  return {
    pass: (hop, detail) => void hops.push({ hop, outcome: "passed", detail }),
    skip: (hop, why) => void hops.push({ hop, outcome: "not-tried", detail: why }),
    fail: (hop, fault) => [...hops, { hop, outcome: "failed", fault }],
    done: () => hops,
  };
}

export function notRunning(run: RunState): Fault {
  const fault = (message: string, hint: string): Fault => ({ code: "CONTAINER_NOT_RUNNING", message, hint });
  switch (run) {
    case "paused":
      return fault("The container is paused.", "Unpause it and sharing resumes.");
    case "restarting":
      return fault("The container keeps restarting.", "Check its logs. Sharing resumes when it runs.");
    case "removed":
      return fault("The container was removed.", "Re-create it and sharing resumes.");
    default:
      return fault("The container is not running.", "Start it and sharing resumes.");
  }
}

/** A fault for a part that is not ready yet, although nothing is wrong. */
export function notYet(code: Fault["code"], message: string): Fault {
  return { code, message, hint: "Wait a moment and test again." };
}
