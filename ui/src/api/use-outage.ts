import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { type Outage, outageOf } from "../model/outage.ts";
import { useSession } from "./session.tsx";
import { useStore } from "./store.ts";

/** The outage that makes the panel's contents doubtful; null while all is well. */
export function useOutage(snapshot: Snapshot): Outage | null {
  return outageOf(snapshot, useStore(useSession().link));
}
