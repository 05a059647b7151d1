import type { Fault } from "@tailnet-share/contract/errors";
import type { CheckReport } from "@tailnet-share/contract/routes";

type Hop = CheckReport["hops"][number]["hop"];

/** Collects the hops of a check in order. */
export interface HopList {
  pass(hop: Hop, detail: string): void;
  /** The report that ends with this hop. */
  fail(hop: Hop, fault: Fault): CheckReport;
  done(): CheckReport;
}

export function createHopList(): HopList {
  const hops: CheckReport["hops"] = [];
  return {
    pass: (hop, detail) => void hops.push({ hop, ok: true, detail }),
    fail: (hop, fault) => ({ hops: [...hops, { hop, ok: false, detail: fault.message }], fault }),
    done: () => ({ hops, fault: null }),
  };
}

export const NOT_RUNNING: Fault = {
  code: "NOT_LISTENING",
  message: "The container is not running.",
  hint: "Start it; the share comes back by itself.",
};

export function nothingListens(port: number): Fault {
  return {
    code: "NOT_LISTENING",
    message: `Nothing in the container takes connections on port ${port}.`,
    hint: "Check that the application is up, uses this port and listens on 0.0.0.0 and not on 127.0.0.1.",
  };
}

/** Nothing is wrong; it only is not there yet. */
export function notYet(code: Fault["code"], message: string): Fault {
  return { code, message, hint: "Wait a moment and check again." };
}
