import type { Snapshot, WorkloadId } from "@tailnet-share/contract/model";
import {
  Backup,
  type BackupRequest,
  CheckReport,
  Diagnostics,
  Listening,
  LONG_POLL_MS,
  type Login,
  Logs,
  NameCheck,
  type PatchNode,
  type PatchSettings,
  type PutShare,
  type Restore,
} from "@tailnet-share/contract/routes";
import { FIRST_CALL } from "../host/head-start.ts";
import type { Call, Host } from "../host/host.ts";
import { badAnswer } from "../host/problem.ts";
import { SnapshotByRow } from "./read-snapshot.ts";

/** The contract's routes as functions. Every one of them rejects with a `Problem`. */
export interface Client {
  snapshot(since: string | null, signal: AbortSignal): Promise<Snapshot>;
  putShare(id: WorkloadId, share: PutShare): Promise<Snapshot>;
  deleteShare(id: WorkloadId): Promise<Snapshot>;
  deleteShares(): Promise<Snapshot>;
  retry(): Promise<Snapshot>;
  /** By the key in `Alert.machines`. */
  deleteRetirement(machine: string): Promise<Snapshot>;
  check(id: WorkloadId): Promise<CheckReport>;
  login(login: Login): Promise<Snapshot>;
  cancelLogin(): Promise<Snapshot>;
  logout(): Promise<Snapshot>;
  patchNode(patch: PatchNode): Promise<Snapshot>;
  patchSettings(patch: PatchSettings): Promise<Snapshot>;
  checkName(id: WorkloadId, name: string): Promise<NameCheck>;
  /** What the workload's container listens on right now. */
  listening(id: WorkloadId): Promise<Listening>;
  backup(request: BackupRequest): Promise<Backup>;
  restore(request: Restore): Promise<Snapshot>;
  diagnostics(): Promise<Diagnostics>;
  logs(): Promise<Logs>;
}

/** What the calls need of a contract's schema. */
interface Schema<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false; error: Error };
}

const CHANGE_MS = 20_000;
/** The bridge and the backend both need a moment beyond the long poll itself. */
const POLL_MS = LONG_POLL_MS + 10_000;

export function createClient(host: Host): Client {
  async function ask<T>(answer: Schema<T>, call: Call): Promise<T> {
    const parsed = answer.safeParse(await host.call(call));
    if (!parsed.success) throw badAnswer(parsed.error);
    return parsed.data;
  }
  const change = (method: Call["method"], path: string, body?: unknown) =>
    ask(SnapshotByRow, { method, path, body, limitMs: CHANGE_MS });

  return {
    snapshot: (since, signal) =>
      since === null
        ? ask(SnapshotByRow, { ...FIRST_CALL, signal })
        : ask(SnapshotByRow, {
            method: "GET",
            path: `/snapshot?since=${encodeURIComponent(since)}`,
            limitMs: POLL_MS,
            signal,
          }),
    putShare: (id, share) => change("PUT", sharePath(id), share),
    deleteShare: (id) => change("DELETE", sharePath(id)),
    deleteShares: () => change("DELETE", "/shares"),
    retry: () => change("POST", "/retry"),
    deleteRetirement: (machine) => change("DELETE", `/retirements/${encodeURIComponent(machine)}`),
    check: (id) => ask(CheckReport, { method: "POST", path: `${sharePath(id)}/check`, limitMs: CHANGE_MS }),
    login: (login) => change("POST", "/login", login),
    cancelLogin: () => change("DELETE", "/login"),
    logout: () => change("POST", "/logout"),
    patchNode: (patch) => change("PATCH", "/node", patch),
    patchSettings: (patch) => change("PATCH", "/settings", patch),
    checkName: (id, name) =>
      ask(NameCheck, {
        method: "GET",
        path: `/names/${encodeURIComponent(name)}?workload=${encodeURIComponent(id)}`,
        limitMs: CHANGE_MS,
      }),
    listening: (id) =>
      ask(Listening, {
        method: "GET",
        path: `/workloads/${encodeURIComponent(id)}/listening`,
        limitMs: CHANGE_MS,
      }),
    backup: (body) => ask(Backup, { method: "POST", path: "/backup", body, limitMs: CHANGE_MS }),
    restore: (request) => change("POST", "/restore", request),
    diagnostics: () => ask(Diagnostics, { method: "GET", path: "/diagnostics", limitMs: CHANGE_MS }),
    logs: () => ask(Logs, { method: "GET", path: "/logs", limitMs: CHANGE_MS }),
  };
}

function sharePath(id: WorkloadId): string {
  return `/shares/${encodeURIComponent(id)}`;
}
