import type { Client } from "@tailnet-share/contract/client";
import type { ContainerPort } from "@tailnet-share/contract/port";
import type { PutShare } from "@tailnet-share/contract/share";
import type { Workload } from "@tailnet-share/contract/workload";
import type { Problem } from "../host/problem.ts";
import { displayName } from "../model/names.ts";
import { portName } from "../model/ports.ts";
import type { Notices } from "./notices.ts";
import type { ShareQueue } from "./share-queue.ts";
import { createShareUndo } from "./share-undo.ts";

export interface ShareActions {
  /** Shares the workload or changes its share. The backend chooses or keeps every field that `wanted` omits. */
  share(workload: Workload, wanted?: PutShare): Promise<boolean>;
  /** `wanted` lists the ports that remain. Offers an undo that restores all ports. */
  closePort(workload: Workload, port: ContainerPort, wanted: PutShare): Promise<boolean>;
  /** Offers an undo that restores the previous shares. */
  unshare(workloads: readonly Workload[], words: string): Promise<boolean>;
  /** Stops all shares in one call, so that none is missed. `workloads` are the shares that undo restores. */
  unshareAll(workloads: readonly Workload[], words: string): Promise<boolean>;
  /** Removes a share whose container is gone. Also offers an undo. */
  forget(workload: Workload): Promise<boolean>;
  shareAll(workloads: readonly Workload[]): Promise<boolean>;
}

/** Asks the user in the workload's row for what a request to share lacked. */
export type Ask = (workload: Workload, wanted: PutShare) => void;

export function createShareActions(
  client: Client,
  queue: ShareQueue,
  notices: Notices,
  ask: Ask,
): ShareActions {
  const undo = createShareUndo(client, queue, notices);

  const share = (workload: Workload, wanted: PutShare = {}) => {
    notices.settled([workload.id]);
    const done = put(client, queue, workload, wanted, ask);
    if (!workload.share) queue.asked.set(workload.id, wanted);
    return done;
  };

  async function unshare(workloads: readonly Workload[], words: string): Promise<boolean> {
    const kept = undo.keep(workloads);
    const done = await Promise.all(kept.map(({ workload }) => remove(client, queue, workload)));
    const gone = kept.filter(({ workload }, index) => done[index] && !queue.isBusy(workload.id));
    if (gone.length > 0) undo.offer(gone, words);
    return done.every(Boolean);
  }

  return {
    share,
    async closePort(workload, port, wanted) {
      const kept = undo.keep([workload]);
      const done = await put(client, queue, workload, wanted, ask);
      if (done && !queue.isBusy(workload.id)) undo.offer(kept, null, [portName(port)]);
      return done;
    },
    unshare,
    async unshareAll(workloads, words) {
      const kept = undo.keep(workloads);
      const done = await queue.change(workloads, "unshare", client.deleteShares, "Couldn't stop sharing.");
      if (done) undo.offer(kept, words);
      return done;
    },
    forget: (workload) => unshare([workload], `Removed the share of ${displayName(workload)}`),
    async shareAll(workloads) {
      const done = await Promise.all(workloads.map((workload) => share(workload)));
      return done.every(Boolean);
    },
  };
}

function put(
  client: Client,
  queue: ShareQueue,
  workload: Workload,
  wanted: PutShare,
  ask: Ask,
): Promise<boolean> {
  // The engine reports a container's ports after its start. The click then came before anybody knew that there are none.
  function dealt({ code }: Problem): boolean {
    if (code !== "NO_PORTS_KNOWN") return false;
    ask(workload, wanted);
    return true;
  }

  return queue.change(
    [workload],
    workload.share ? "change" : "share",
    () => client.putShare(workload.id, wanted),
    `Couldn't ${workload.share ? "change the share of" : "share"} ${displayName(workload)}.`,
    { dealt },
  );
}

function remove(client: Client, queue: ShareQueue, workload: Workload): Promise<boolean> {
  return queue.change(
    [workload],
    "unshare",
    () => client.deleteShare(workload.id),
    `Couldn't stop sharing ${displayName(workload)}.`,
    { unsure: `${displayName(workload)} may still be shared.` },
  );
}
