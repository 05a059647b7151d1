import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { useSession } from "../api/session.tsx";
import { useStore } from "../api/store.ts";
import { type Outage, outageOf } from "../model/outage.ts";

/** The outage that makes the panel's contents doubtful; null while all is well. */
export function useOutage(snapshot: Snapshot): Outage | null {
  return outageOf(snapshot, useStore(useSession().link));
}
