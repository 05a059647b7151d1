import { AppError } from "@tailnet-share/contract/errors";
import { createTurns } from "../lib/timing.ts";
import type { Application, ApplicationDependencies } from "./dependencies.ts";
import { createPutShare } from "./put-share.ts";
import type { Settle } from "./settle.ts";
import { createTailnetNames } from "./tailnet-names.ts";

/** Sharing, unsharing, and the names of machines. */
export function shareUseCases(
  dependencies: ApplicationDependencies,
  settle: Settle,
): Pick<Application, "putShare" | "deleteShare" | "deleteShares" | "deleteRetirement" | "checkName"> {
  const { shares, feed } = dependencies;
  const { catchUp, settledSnapshot } = settle;
  const tailnetNames = createTailnetNames(dependencies);
  const put = createPutShare({ ...dependencies, ...settle, tailnetNames });
  /** The last click on a share wins, however long the previous ones take. */
  const inTurn = createTurns();

  return {
    async putShare(workload, wanted) {
      await inTurn(workload, async () => await put(workload, wanted));
      return await settledSnapshot();
    },

    async deleteShare(workload) {
      await inTurn(workload, async () => await shares.remove(workload));
      return await settledSnapshot();
    },

    async deleteShares() {
      await shares.removeAll();
      return await settledSnapshot();
    },

    async deleteRetirement(machine) {
      await shares.dismiss(machine);
      return await settledSnapshot();
    },

    async checkName(name, workload) {
      await catchUp(workload);
      const { workloads, node: now } = feed.current();
      const domain = "dnsName" in now ? now.dnsName.split(".").slice(1).join(".") : "";
      if (!workloads.some(({ id }) => id === workload))
        throw new AppError("UNKNOWN_WORKLOAD", "There is no such container.", "Check the list.");
      return {
        ...shares.checkName(name, workload, await tailnetNames()),
        dnsName: domain === "" ? "" : `${name}.${domain}`,
      };
    },
  };
}
