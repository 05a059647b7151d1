import type { Settings } from "@tailnet-share/contract/settings";
import type { Mode, PutShare } from "@tailnet-share/contract/share";
import type { JsonStore } from "../store/json-store.ts";
import { createFakeClock } from "../testing.ts";
import type { ContainerFacts } from "../workloads/facts.ts";
import type { TailnetNames } from "./machine-share.ts";
import { createShareService } from "./service.ts";
import { SHARES_VERSION, type SharesFile, type StoredShare } from "./stored-share.ts";

/** Creates a share service over an in-memory store. */
export function service(seen: ContainerFacts[], stored: StoredShare[] = []) {
  let value: SharesFile = { version: SHARES_VERSION, shares: stored, retiring: [] };
  const store: JsonStore<SharesFile> = {
    get: () => value,
    update: async (next) => {
      value = next(value);
      return await Promise.resolve(value);
    },
    fault: () => null,
  };
  const observed = () => ({
    containers: seen,
    byId: new Map(seen.map((container) => [container.id, container])),
    networks: new Map(),
  });
  const clock = createFakeClock();
  const shares = createShareService(store, observed, clock);
  return {
    ...shares,
    clock,
    put: async (
      workload: string,
      wanted: PutShare,
      {
        mode = "node" as Mode,
        taken = [] as string[],
        kept = [] as TailnetNames["kept"],
        machineNames = "service" as Settings["machineNames"],
      } = {},
    ) => {
      const names = { taken: new Set(taken), kept };
      await shares.put(workload, wanted, { mode, names, machineNames });
    },
  };
}

/** Describes a container after it got a new name. */
export const renamed = {
  workload: "name:new",
  name: "new",
  project: null,
  image: "new:latest",
  lastContainerId: null,
};
