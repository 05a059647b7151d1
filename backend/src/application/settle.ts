import { SETTLE_MS } from "@tailnet-share/contract/limits";
import type { Snapshot } from "@tailnet-share/contract/snapshot";
import type { ApplicationDependencies } from "./dependencies.ts";

/** How a use case lets its change take effect. */
export interface Settle {
  /** Has the loop look at everything, and waits briefly for it. */
  look(): Promise<void>;
  /** The snapshot after such a look. */
  settledSnapshot(): Promise<Snapshot>;
  /** Handles a container that just started: with no panel open, unshared containers are polled only every few seconds. */
  catchUp(workload: string): Promise<void>;
}

export function createSettle({ loop, feed }: Pick<ApplicationDependencies, "loop" | "feed">): Settle {
  async function look(): Promise<void> {
    loop.trigger("user");
    await loop.settled(SETTLE_MS);
  }

  return {
    look,

    async settledSnapshot() {
      feed.refresh();
      await look();
      return feed.current();
    },

    async catchUp(workload) {
      const shown = feed.current().workloads.find(({ id }) => id === workload);
      if (feed.watched() && shown?.run === "running") return;
      await look();
    },
  };
}
