import type { Client } from "@tailnet-share/contract/client";
import type { PutShare } from "@tailnet-share/contract/share";
import type { Workload } from "@tailnet-share/contract/workload";
import { sameShare } from "../model/choice.ts";
import { displayName } from "../model/names.ts";
import type { Notices } from "./notices.ts";
import type { ShareQueue } from "./share-queue.ts";

/** Everything needed to restore a share as it was before its removal. */
export interface Kept {
  readonly workload: Workload;
  readonly before: PutShare;
}

export interface ShareUndo {
  /** Includes workloads whose share request is still pending, so that stopping one of those takes effect. */
  keep(workloads: readonly Workload[]): Kept[];
  offer(gone: readonly Kept[], words: string | null, ports?: readonly string[]): void;
}

export function createShareUndo(client: Client, queue: ShareQueue, notices: Notices): ShareUndo {
  const restore = ({ workload, before }: Kept, off: boolean) =>
    queue.change(
      [workload],
      off ? "share" : "change",
      () => client.putShare(workload.id, before),
      `Couldn't ${off ? "share" : "restore the share of"} ${displayName(workload)}${off ? " again" : ""}.`,
    );

  return {
    keep: (workloads) =>
      workloads.map((workload) => ({
        workload,
        before: workload.share ? sameShare(workload.share) : (queue.asked.get(workload.id) ?? {}),
      })),
    offer: (gone, words, ports = []) =>
      notices.undoable(
        words,
        gone.map((kept) => ({
          id: kept.workload.id,
          name: displayName(kept.workload),
          ports,
          bringBack: (off) => void restore(kept, off),
        })),
      ),
  };
}
