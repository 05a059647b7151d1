import type { Backup, BackupRequest, Restore } from "@tailnet-share/contract/backup";
import type { CheckReport } from "@tailnet-share/contract/check";
import type { Client } from "@tailnet-share/contract/client";
import type { Listening } from "@tailnet-share/contract/listening";
import type { Login, PatchNode } from "@tailnet-share/contract/log-in";
import type { NameCheck } from "@tailnet-share/contract/machine";
import type { Diagnostics, Logs } from "@tailnet-share/contract/operations";
import type { ContainerPort } from "@tailnet-share/contract/port";
import type { PatchSettings } from "@tailnet-share/contract/settings";
import type { PutShare } from "@tailnet-share/contract/share";
import type { Snapshot } from "@tailnet-share/contract/snapshot";
import type { Workload, WorkloadId } from "@tailnet-share/contract/workload";
import { badAnswer, Problem } from "../host/problem.ts";
import { sameShare } from "../model/choice.ts";
import type { Intent, Intents } from "../model/intent.ts";
import type { LeftMachine } from "../model/left-machines.ts";
import { displayName } from "../model/names.ts";
import { portName } from "../model/ports.ts";
import type { Feed } from "./feed.ts";
import type { LinkOpener } from "./link-opener.ts";
import type { Notices } from "./notices.ts";
import type { Store } from "./store.ts";

/** Every action that a click can trigger. None of them rejects: a failure shows a notice and resolves to `false`. */
export interface Actions {
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
  /** Makes the backend retry failed steps at once. */
  retry(): Promise<boolean>;
  /** Gives up removing machines from their tailnet. Stops at the first failure. */
  forgetMachines(machines: readonly LeftMachine[]): Promise<boolean>;
  login(login: Login): Promise<boolean>;
  cancelLogin(): Promise<boolean>;
  /** Requests a new key for this node. Shares stay reachable meanwhile. */
  renewKey(): Promise<boolean>;
  logout(): Promise<boolean>;
  patchNode(patch: PatchNode): Promise<boolean>;
  /** Returns null when saved, otherwise the reason. Shows no notice: the reason appears beside the field. */
  saveSettings(patch: PatchSettings): Promise<Problem | null>;
  /** Returns the backup or the reason for the failure. Shows no notice. */
  backup(request: BackupRequest): Promise<Backup | Problem>;
  /** Returns null when restored, otherwise the reason. */
  restore(request: Restore): Promise<Problem | null>;
  /** Renames the device of a logged-in node. Returns null when saved, otherwise the reason. */
  renameNode(hostname: string): Promise<Problem | null>;
  /** Returns null without a notice when the check fails. Saving the name repeats the check. */
  checkName(id: WorkloadId, name: string): Promise<NameCheck | null>;
  check(workload: Workload): Promise<CheckReport | null>;
  diagnostics(): Promise<Diagnostics | null>;
  /** Returns the failure reason instead of a notice, because the panel shows it beside the ports. */
  listening(id: WorkloadId): Promise<Listening | Problem>;
  logs(): Promise<Logs | Problem>;
}

interface ActionDeps {
  readonly client: Client;
  readonly feed: Feed;
  readonly intents: Store<Intents>;
  readonly notices: Notices;
  readonly opener: LinkOpener;
}

export function createActions({ client, feed, intents, notices, opener }: ActionDeps): Actions {
  const queues = new Map<WorkloadId, Promise<unknown>>();
  /** Requests without an answer yet. A user who undoes and redoes at once wants the same request again. */
  const asked = new Map<WorkloadId, PutShare>();

  async function attempt(send: () => Promise<Snapshot>): Promise<Problem | null> {
    const mark = feed.mark();
    try {
      await feed.accept(await send(), mark);
      return null;
    } catch (reason) {
      return toProblem(reason);
    }
  }

  /** Shows `unsure` instead of `failed` when the answer was lost and the change may have been made. */
  async function change(send: () => Promise<Snapshot>, failed: string, unsure = failed): Promise<boolean> {
    const problem = await attempt(send);
    if (problem) report(problem, isUnsure(problem) ? unsure : failed);
    return problem === null;
  }

  function report({ message, hint }: Problem, failed: string): void {
    notices.error(failed, message, hint);
  }

  /** Serializes the changes of one workload, so that a quick off-and-on ends as the user left it. */
  function changeShares(
    workloads: readonly Workload[],
    intent: Intent,
    send: () => Promise<Snapshot>,
    failed: string,
    unsure?: string,
  ): Promise<boolean> {
    const ids = workloads.map(({ id }) => id);
    const before = Promise.all(ids.map((id) => queues.get(id)));
    intents.set(new Map([...intents.get(), ...ids.map((id) => [id, intent] as const)]));
    const mine: Promise<boolean> = before
      .then(() => change(send, failed, unsure))
      .finally(() => {
        const rest = new Map(intents.get());
        for (const id of ids) {
          if (queues.get(id) !== mine) continue;
          queues.delete(id);
          asked.delete(id);
          rest.delete(id);
        }
        intents.set(rest);
      });
    for (const id of ids) queues.set(id, mine);
    return mine;
  }

  const changeShare = (
    workload: Workload,
    intent: Intent,
    send: () => Promise<Snapshot>,
    failed: string,
    unsure?: string,
  ) => changeShares([workload], intent, send, failed, unsure);

  const share: Actions["share"] = (workload, wanted = {}) => {
    notices.settled([workload.id]);
    const done = changeShare(
      workload,
      workload.share ? "change" : "share",
      () => client.putShare(workload.id, wanted),
      `Couldn't ${workload.share ? "change the share of" : "share"} ${displayName(workload)}.`,
    );
    if (!workload.share) asked.set(workload.id, wanted);
    return done;
  };

  const remove = (workload: Workload) =>
    changeShare(
      workload,
      "unshare",
      () => client.deleteShare(workload.id),
      `Couldn't stop sharing ${displayName(workload)}.`,
      `${displayName(workload)} may still be shared.`,
    );

  const restore = ({ workload, before }: Kept, off: boolean) =>
    changeShare(
      workload,
      off ? "share" : "change",
      () => client.putShare(workload.id, before),
      `Couldn't ${off ? "share" : "restore the share of"} ${displayName(workload)}${off ? " again" : ""}.`,
    );

  /** Includes workloads whose share request is still pending, so that stopping one of those takes effect. */
  function keptOf(workloads: readonly Workload[]): Kept[] {
    return workloads.map((workload) => ({
      workload,
      before: workload.share ? sameShare(workload.share) : (asked.get(workload.id) ?? {}),
    }));
  }

  function offerUndo(gone: readonly Kept[], words: string | null, ports: readonly string[] = []): void {
    notices.undoable(
      words,
      gone.map((kept) => ({
        id: kept.workload.id,
        name: displayName(kept.workload),
        ports,
        bringBack: (off) => void restore(kept, off),
      })),
    );
  }

  async function removeAll(workloads: readonly Workload[], words: string): Promise<boolean> {
    const kept = keptOf(workloads);
    const done = await Promise.all(kept.map(({ workload }) => remove(workload)));
    const gone = kept.filter(({ workload }, index) => done[index] && !queues.has(workload.id));
    if (gone.length > 0) offerUndo(gone, words);
    return done.every(Boolean);
  }

  return {
    share,
    async closePort(workload, port, wanted) {
      const kept = keptOf([workload]);
      const done = await changeShare(
        workload,
        "change",
        () => client.putShare(workload.id, wanted),
        `Couldn't change the share of ${displayName(workload)}.`,
      );
      if (done && !queues.has(workload.id)) offerUndo(kept, null, [portName(port)]);
      return done;
    },
    unshare: removeAll,
    async unshareAll(workloads, words) {
      const kept = keptOf(workloads);
      const shared = kept.map(({ workload }) => workload);
      const done = await changeShares(shared, "unshare", client.deleteShares, "Couldn't stop sharing.");
      if (done) offerUndo(kept, words);
      return done;
    },
    forget: (workload) => removeAll([workload], `Removed the share of ${displayName(workload)}`),
    async shareAll(workloads) {
      const done = await Promise.all(workloads.map((workload) => share(workload)));
      return done.every(Boolean);
    },
    retry: () => change(client.retry, "Couldn't retry."),
    async forgetMachines(machines) {
      for (const { key, name } of machines) {
        const done = await change(() => client.deleteRetirement(key), `Couldn't forget ${name}.`);
        if (!done) return false;
      }
      return true;
    },
    login(login) {
      if (login.authKey === undefined) opener.expect(login.fresh ?? false);
      return change(() => client.login(login), "Couldn't start the login.");
    },
    cancelLogin() {
      opener.dismiss();
      return change(() => client.cancelLogin(), "Couldn't cancel the login.");
    },
    renewKey() {
      opener.expect(false);
      return change(() => client.login({}), "Couldn't renew the key.");
    },
    logout: () => change(() => client.logout(), "Couldn't log out."),
    patchNode: (patch) => change(() => client.patchNode(patch), "Couldn't save the change."),
    saveSettings: (patch) => attempt(() => client.patchSettings(patch)),
    backup: (request) => client.backup(request).catch(toProblem),
    restore: (request) => attempt(() => client.restore(request)),
    renameNode: (hostname) => attempt(() => client.patchNode({ hostname })),
    checkName: (id, name) => client.checkName(name, id).catch(() => null),
    async check(workload) {
      try {
        return await client.check(workload.id);
      } catch (reason) {
        report(toProblem(reason), `Couldn't test the connection to ${displayName(workload)}.`);
        return null;
      }
    },
    async diagnostics() {
      try {
        return await client.diagnostics();
      } catch (reason) {
        report(toProblem(reason), "Couldn't collect the diagnostics.");
        return null;
      }
    },
    listening: (id) => client.listening(id).catch(toProblem),
    logs: () => client.logs().catch(toProblem),
  };
}

/** Everything needed to restore a share as it was before its removal. */
interface Kept {
  readonly workload: Workload;
  readonly before: PutShare;
}

/** Returns true when the request may have arrived. */
function isUnsure({ code }: Problem): boolean {
  return code === "BACKEND_UNREACHABLE" || code === "BACKEND_SILENT" || code === "BAD_ANSWER";
}

function toProblem(reason: unknown): Problem {
  return reason instanceof Problem ? reason : badAnswer(reason);
}
