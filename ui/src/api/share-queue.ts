import type { PutShare } from "@tailnet-share/contract/share";
import type { Snapshot } from "@tailnet-share/contract/snapshot";
import type { Workload, WorkloadId } from "@tailnet-share/contract/workload";
import type { Intent, Intents } from "../model/intent.ts";
import type { Failing, Sender } from "./sender.ts";
import type { Store } from "./store.ts";

/** Serializes the changes of one workload, so that a quick off-and-on ends as the user left it. */
export interface ShareQueue {
  /** Sends after the earlier changes of all these workloads. Shows `intent` at their rows until the last answer. */
  change(
    workloads: readonly Workload[],
    intent: Intent,
    send: () => Promise<Snapshot>,
    failed: string,
    failing?: Failing,
  ): Promise<boolean>;
  /** Returns true while a change of the workload has no answer. */
  isBusy(id: WorkloadId): boolean;
  /** Requests without an answer yet. A user who undoes and redoes at once wants the same request again. */
  readonly asked: Map<WorkloadId, PutShare>;
}

export function createShareQueue(sender: Sender, intents: Store<Intents>): ShareQueue {
  const queues = new Map<WorkloadId, Promise<unknown>>();
  const asked = new Map<WorkloadId, PutShare>();

  /** Drops what belongs to `change`, unless a later change of the workload waits. */
  function settle(ids: readonly WorkloadId[], change: Promise<unknown>): void {
    const rest = new Map(intents.get());
    for (const id of ids) {
      if (queues.get(id) !== change) continue;
      queues.delete(id);
      asked.delete(id);
      rest.delete(id);
    }
    intents.set(rest);
  }

  return {
    asked,
    isBusy: (id) => queues.has(id),
    change(workloads, intent, send, failed, failing) {
      const ids = workloads.map(({ id }) => id);
      const before = Promise.all(ids.map((id) => queues.get(id)));
      intents.set(new Map([...intents.get(), ...ids.map((id) => [id, intent] as const)]));
      const mine: Promise<boolean> = before
        .then(() => sender.change(send, failed, failing))
        .finally(() => settle(ids, mine));
      for (const id of ids) queues.set(id, mine);
      return mine;
    },
  };
}
